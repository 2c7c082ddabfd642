extension Ledger {
    /// Lets coupons take a step, all of them or none.
    mutating func decide(_ move: LedgerCommand.Move, now: Int64) throws -> LedgerOutcome {
        if let outcome = repeated(move) { return outcome }
        do throws(LedgerRefusal) {
            // First everything is looked at, then everything is done.
            for (position, number) in move.coupons.enumerated() { try check(number, position, move, now: now) }
        } catch {
            return .refused(error)
        }
        var receipts: [Receipt] = []
        for (position, number) in move.coupons.enumerated() {
            guard let coupon = coupons[number] else { continue }
            if let entry = entry(coupon, position, move, now: now) {
                try append(entry)
                receipts.append(Receipt(entry))
            } else {
                // It is already as it shall be.
                receipts.append(
                    Receipt(coupon: number, batch: coupon.batch, at: now, account: coupon.account, amount: 0, balance: coupon.balance))
            }
        }
        return .moved(receipts, isRepeat: false)
    }

    /// What became of coupons whose time was over at a moment: those that are in here and can take the step, the others stay.
    mutating func sweep(_ numbers: [Int64], now: Int64) throws -> Int {
        var count = 0
        for number in numbers {
            guard var coupon = coupons[number] else { continue }
            if coupon.account == .locked, coupon.lockedUntil <= now {
                try append(entry(.release, coupon, .held, now: now))
                coupon.account = .held
                count += 1
            }
            if coupon.account == .held, coupon.until <= now {
                try append(entry(.expire, coupon, .expired, now: now))
                count += 1
            }
        }
        return count
    }

    private func repeated(_ move: LedgerCommand.Move) -> LedgerOutcome? {
        guard !move.key.isEmpty, let step = steps[StepKey(kind: move.kind, key: move.key)] else { return nil }
        return step.hash == move.hash ? .moved(step.receipts, isRepeat: true) : .refused(.keyReused)
    }

    // MARK: May it?

    private func check(_ number: Int64, _ position: Int, _ move: LedgerCommand.Move, now: Int64) throws(LedgerRefusal) {
        guard let coupon = coupons[number], move.user == nil || move.user == coupon.user, let batch = batch(coupon.batch) else { throw .noCoupon(number) }
        switch move.kind {
        case .lock: try checkUsable(coupon, batch, move.order, now: now)
        case .redeem: try checkRedeem(coupon, batch, position, move, now: now)
        case .release:
            guard coupon.account == .locked, coupon.order == move.order else { throw .notLocked(number) }
        case .refund: try checkRefund(coupon, move)
        case .void:
            guard coupon.account == .held || coupon.account == .locked else { throw .wrongState(number, coupon.account) }
        case .freeze, .unfreeze:
            guard coupon.account == .held || coupon.account == .locked else { throw .wrongState(number, coupon.account) }
        case .claim, .expire, .batch: throw .wrongState(number, coupon.account)
        }
    }

    private func checkUsable(_ coupon: Coupon, _ batch: Batch, _ order: String, now: Int64) throws(LedgerRefusal) {
        if coupon.isFrozen { throw .frozen(coupon.number) }
        switch coupon.account {
        case .held: break
        case .locked:
            // Whoever has it may take it again; after its time anybody may.
            if coupon.order == order { return }
            if coupon.isLocked(at: now) { throw .lockedByOther(coupon.number) }
        case .stock, .redeemed, .voided: throw .wrongState(coupon.number, coupon.account)
        case .expired: throw .expired(coupon.number)
        }
        if now < coupon.from { throw .notYetValid(coupon.number, from: coupon.from) }
        if now >= coupon.until { throw .expired(coupon.number) }
        if !batch.definition.useTimes.contain(now, zone: batch.definition.zone) { throw .wrongTime(coupon.number) }
    }

    private func checkRedeem(_ coupon: Coupon, _ batch: Batch, _ position: Int, _ move: LedgerCommand.Move, now: Int64) throws(LedgerRefusal) {
        // A lock that its order holds is a promise: it can be redeemed although its time ended meanwhile.
        if coupon.account == .locked, coupon.order == move.order {
            if coupon.isFrozen { throw .frozen(coupon.number) }
        } else {
            try checkUsable(coupon, batch, move.order, now: now)
        }
        let amount = amount(coupon, batch, position, move)
        let isStored = Self.isStored(batch)
        let most = isStored ? coupon.balance : batch.definition.terms.value.exposure ?? BatchDefinition.moneyMax
        guard amount <= most, amount > 0 || !isStored else { throw .tooMuch(coupon.number, most: most) }
        guard coupon.uses.count < Self.usesMax else { throw .tooManyUses(coupon.number) }
        if coupon.uses.contains(where: { $0.order == move.order && !$0.isRefunded }) { throw .wrongState(coupon.number, coupon.account) }
    }

    private func checkRefund(_ coupon: Coupon, _ move: LedgerCommand.Move) throws(LedgerRefusal) {
        let uses = coupon.uses.filter { $0.order == move.order }
        if uses.contains(where: { !$0.isRefunded }) { return }
        if uses.isEmpty { throw .noSuchUse(coupon.number) }
        throw .alreadyRefunded(coupon.number)
    }

    // MARK: What happens

    /// How often one coupon of stored value can be used.
    private static let usesMax = 100

    private static func isStored(_ batch: Batch) -> Bool {
        if case .storedValue = batch.definition.terms.value { true } else { false }
    }

    /// What a use takes off: what was said, or else what an amount or gift is worth.
    private func amount(_ coupon: Coupon, _ batch: Batch, _ position: Int, _ move: LedgerCommand.Move) -> Int64 {
        if position < move.amounts.count { return move.amounts[position] }
        if Self.isStored(batch) { return coupon.balance }
        return switch batch.definition.terms.value {
        case .amount(let amount): amount
        case .gift(let gift): gift.worth
        // Only whoever has the order knows.
        default: 0
        }
    }

    /// - Returns: `nil` where nothing changes.
    private func entry(_ coupon: Coupon, _ position: Int, _ move: LedgerCommand.Move, now: Int64) -> LedgerEntry? {
        guard let batch = batch(coupon.batch) else { return nil }
        var entry = entry(move.kind, coupon, coupon.account, now: now)
        entry.order = move.order
        entry.key = move.key
        entry.hash = move.key.isEmpty ? 0 : move.hash
        switch move.kind {
        case .lock:
            entry.account = .locked
            entry.until = now + move.milliseconds
        case .release: entry.account = .held
        case .redeem:
            entry.amount = amount(coupon, batch, position, move)
            entry.place = move.shop
            if Self.isStored(batch) { entry.balance = coupon.balance - entry.amount }
            entry.account = entry.balance > 0 ? .held : .redeemed
        case .refund:
            let use = coupon.uses.first { $0.order == move.order && !$0.isRefunded }
            entry.amount = use?.amount ?? 0
            entry.place = use?.shop ?? ""
            if Self.isStored(batch) { entry.balance = coupon.balance + entry.amount }
            entry.account = afterRefund(coupon, batch, now: now)
        case .void: entry.account = .voided
        case .freeze, .unfreeze:
            if coupon.isFrozen == (move.kind == .freeze), move.key.isEmpty { return nil }
        case .claim, .expire, .batch: return nil
        }
        return entry
    }

    /// A refunded coupon can be used again while it is valid, if its batch wants that; one that was voided or locked meanwhile stays so.
    private func afterRefund(_ coupon: Coupon, _ batch: Batch, now: Int64) -> CouponAccount {
        switch coupon.account {
        case .locked, .voided: coupon.account
        case .expired: .expired
        case .stock, .held, .redeemed:
            if !batch.definition.returnsOnRefund { coupon.account == .held ? .held : .voided } else { now < coupon.until ? .held : .expired }
        }
    }

    private func entry(_ kind: LedgerEntry.Kind, _ coupon: Coupon, _ account: CouponAccount, now: Int64) -> LedgerEntry {
        var entry = LedgerEntry(kind: kind, batch: coupon.batch, coupon: coupon.number, at: now, account: account)
        entry.balance = coupon.balance
        return entry
    }

    // MARK: Batches

    /// Makes or changes a batch.
    mutating func decide(_ change: LedgerCommand.BatchChange, now: Int64) throws -> LedgerOutcome {
        var batch: Batch
        if let number = change.batch {
            guard let known = self.batch(number) else { return .refused(.noBatch) }
            if let revision = change.revision, revision != known.revision { return .refused(.changedMeanwhile) }
            batch = known
            batch.revision += 1
        } else if let new = change.new {
            // A sample that is made again is the one that is there.
            if let known = self.batch(id: new.id) { return .batch(known) }
            batch = Batch(number: Int64(batches.count) + 1, id: new.id, definition: new.definition, createdAt: now)
        } else {
            return .refused(.noBatch)
        }
        do throws(LedgerRefusal) { batch = try change.change(batch) } catch { return .refused(error) }
        if let most = change.stockMax {
            let before = self.batch(batch.number)?.definition.stock ?? 0
            if batch.definition.stock > before, stock - before + batch.definition.stock > most { return .refused(.beyondQuota(most)) }
        }
        try append(LedgerEntry(kind: .batch, batch: batch.number, at: now, account: .stock, text: batch.record))
        return .batch(self.batch(batch.number) ?? batch)
    }

    mutating func decide(_ command: LedgerCommand, now: Int64) throws -> LedgerOutcome {
        switch command {
        case .claim(let claim): try decide(claim, now: now)
        case .move(let move): try decide(move, now: now)
        case .batch(let change): try decide(change, now: now)
        }
    }

    /// What must always be so; says what is not.
    func violations() -> [String] {
        var violations: [String] = []
        for batch in batches {
            let accounts = batch.accounts
            if accounts.claimed != batch.claimed { violations.append("\(batch.id): claimed \(batch.claimed), in accounts \(accounts.claimed)") }
            if batch.claimed > batch.definition.stock { violations.append("\(batch.id): claimed \(batch.claimed) of \(batch.definition.stock)") }
            for account in CouponAccount.allCases where accounts[account] < 0 { violations.append("\(batch.id): \(account.word) is below zero") }
            if let budget = batch.definition.budget, accounts.reserved > budget { violations.append("\(batch.id): \(accounts.reserved) of budget \(budget)") }
            if accounts.reserved < 0 || accounts.spent < 0 { violations.append("\(batch.id): money below zero") }
        }
        return violations
    }
}
