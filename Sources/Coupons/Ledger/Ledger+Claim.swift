extension Ledger {
    /// Gives somebody a coupon, or says why not.
    mutating func decide(_ claim: LedgerCommand.Claim, now: Int64) throws -> LedgerOutcome {
        guard let batch = batch(claim.batch) else { return .refused(.noBatch) }
        // A repeat answers what was answered first, whatever has become of the batch since.
        if let outcome = repeated(claim) { return outcome }
        if let refusal = Self.closedFor(claim, batch, now: now) ?? atLimit(claim, batch.definition, now: now) ?? Self.nothingLeft(batch) {
            return .refused(refusal)
        }
        let entry = entry(claim, batch, now: now)
        try append(entry)
        // Once for each whom they brought, however many these may have.
        let isFirst = takers[TakerKey(batch: claim.batch, holder: claim.user)]?.count == 1
        if isFirst { try reward(claim.inviter, for: entry.coupon, now: now) }
        return .claimed(Coupon(entry, page: page + 1), isRepeat: false)
    }

    private func entry(_ claim: LedgerCommand.Claim, _ batch: Batch, now: Int64) -> LedgerEntry {
        let definition = batch.definition
        let window = definition.validity.window(claimedAt: now, zone: definition.zone)
        var entry = LedgerEntry(kind: .claim, batch: batch.number, coupon: nextCoupon, at: now)
        entry.amount = definition.terms.value.exposure ?? 0
        if case .storedValue(let amount) = definition.terms.value { entry.balance = amount }
        entry.from = window.from
        entry.until = window.until
        entry.text = claim.user
        entry.order = claim.device
        entry.key = claim.key
        entry.hash = claim.key.isEmpty ? 0 : claim.hash
        entry.place = claim.channel
        entry.inviter = claim.inviter?.coupon ?? 0
        // Uploaded codes are given in their order: as many coupons were claimed, as many are gone.
        entry.code = definition.namesCoupons ? batch.claimed : claim.code
        return entry
    }

    /// Gives whoever invited somebody what was promised, once for each whom they brought; where their own limit or the stock is reached, nothing.
    private mutating func reward(_ inviter: LedgerCommand.Inviter?, for coupon: Int64, now: Int64) throws {
        guard let inviter, let number = inviter.reward, let batch = batch(number) else { return }
        var claim = LedgerCommand.Claim(batch: number, user: inviter.user)
        claim.key = "invited-\(coupon)"
        if Self.closedFor(claim, batch, now: now) != nil || atLimit(claim, batch.definition, now: now) != nil || Self.nothingLeft(batch) != nil { return }
        try append(entry(claim, batch, now: now))
    }

    /// What can be answered at once, without a turn of the writer, because it is on disk and stays so; `nil` where it takes one.
    func answerAtOnce(_ claim: LedgerCommand.Claim, now: Int64) -> LedgerOutcome? {
        guard let batch = batch(claim.batch) else { return nil }
        guard claim.key.isEmpty || isWhole(TakerKey(batch: claim.batch, holder: claim.user)) else { return nil }
        if let outcome = repeated(claim) {
            if case .claimed(let coupon, _) = outcome { return coupon.page <= durablePage ? outcome : nil }
            return outcome
        }
        if let refusal = Self.closedFor(claim, batch, now: now) { return .refused(refusal) }
        if let refusal = atLimit(claim, batch.definition, now: now) {
            guard case .limitReached(_, let number) = refusal, let coupon = coupons[number], coupon.page <= durablePage else { return nil }
            return .refused(refusal)
        }
        // What the last page took may come back if it does not reach the disk.
        guard page == durablePage, let refusal = Self.nothingLeft(batch) else { return nil }
        return .refused(refusal)
    }

    private func repeated(_ claim: LedgerCommand.Claim) -> LedgerOutcome? {
        guard !claim.key.isEmpty, let taker = takers[TakerKey(batch: claim.batch, holder: claim.user)] else { return nil }
        for number in taker.numbers {
            guard let coupon = coupons[number], coupon.claimKey == claim.key else { continue }
            return coupon.claimHash == claim.hash ? .claimed(coupon, isRepeat: true) : .refused(.keyReused)
        }
        return nil
    }

    /// Whether the batch is closed to this claim, whoever has what.
    static func closedFor(_ claim: LedgerCommand.Claim, _ batch: Batch, now: Int64) -> LedgerRefusal? {
        let definition = batch.definition
        switch batch.status {
        case .published: break
        case .paused: return .paused
        case .stopped: return .stopped
        case .draft, .submitted: return .notPublished
        }
        if claim.isClient, !definition.isPublic { return .notPublic }
        if now < definition.opensAt { return .notYetOpen(at: definition.opensAt) }
        if now >= definition.closesAt { return .closed(at: definition.closesAt) }
        // A coupon that could never be used would be a promise broken.
        if case .absolute(_, let until) = definition.validity, now >= until { return .closed(at: until) }
        let scope = definition.terms.scope
        if !scope.channels.isEmpty, !scope.channels.contains(claim.channel) { return .notForChannel }
        if !scope.levels.isEmpty, !scope.levels.contains(claim.level) { return .notForLevel }
        if claim.isClient, claim.device.isEmpty, definition.limits.perDevice != nil { return .deviceNeeded }
        if claim.isClient, let proof = definition.proof, !claim.has(proof) { return .proofNeeded(proof) }
        // Nobody invites themselves.
        if let inviter = claim.inviter, inviter.user == claim.user { return .ownInvitation }
        return nil
    }

    private static func nothingLeft(_ batch: Batch) -> LedgerRefusal? {
        if batch.left <= 0 || batch.definition.namesCoupons && batch.claimed >= batch.codes { return .soldOut }
        if let budget = batch.definition.budget, batch.accounts.reserved + (batch.definition.terms.value.exposure ?? 0) > budget { return .budgetExhausted }
        return nil
    }

    private func atLimit(_ claim: LedgerCommand.Claim, _ definition: BatchDefinition, now: Int64) -> LedgerRefusal? {
        let limits = definition.limits
        if let taker = takers[TakerKey(batch: claim.batch, holder: claim.user)], taker.count > 0 {
            if taker.count >= limits.perUser ?? ClaimLimits.most { return .limitReached(.user, coupon: taker.newest) }
            if let perDay = limits.perDay, count(taker, { definition.zone.day($0) >= definition.zone.day(now) }) >= perDay {
                return .limitReached(.day, coupon: taker.newest)
            }
            if let perWeek = limits.perWeek, count(taker, { definition.zone.week($0) >= definition.zone.week(now) }) >= perWeek {
                return .limitReached(.week, coupon: taker.newest)
            }
        }
        if let perDevice = limits.perDevice, let taker = takers[.device(claim.batch, claim.device)], taker.count >= perDevice {
            return .limitReached(.device, coupon: taker.newest)
        }
        if claim.code >= 0, let taker = takers[.code(claim.batch, claim.code)], taker.count > 0 { return .codeUsed }
        return nil
    }

    /// Of those of a day or later ones: a clock that was put back gives nobody a second day.
    private func count(_ taker: Taker, _ isIn: (Int64) -> Bool) -> Int {
        taker.numbers.reduce(0) { count, number in coupons[number].map { isIn($0.claimedAt) } == true ? count + 1 : count }
    }
}
