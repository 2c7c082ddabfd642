/// The state of all coupons of an environment: what the pages of its journal come to.
///
/// Pure: it knows no storage and no clock. What was settled into tables long ago is not held; whoever decides something first
/// loads what `needs` names.
struct Ledger: Sendable {
    /// Who can have coupons of a batch up to a limit: a user, a device, or a code, which gives one.
    struct TakerKey: Hashable, Sendable {
        enum Kind { case user(String), device(String), code(Int64) }

        let batch: Int64
        /// A user, or a device behind U+0000, or a code behind U+0001: neither is in a text that is sent.
        let holder: String

        static func device(_ batch: Int64, _ device: String) -> TakerKey { TakerKey(batch: batch, holder: "\u{0}" + device) }
        static func code(_ batch: Int64, _ code: Int64) -> TakerKey { TakerKey(batch: batch, holder: "\u{1}\(code)") }

        /// All that have a coupon.
        static func of(_ coupon: Coupon) -> [TakerKey] { all(batch: coupon.batch, user: coupon.user, device: coupon.device, code: coupon.code) }

        static func all(batch: Int64, user: String, device: String, code: Int64) -> [TakerKey] {
            var keys = [TakerKey(batch: batch, holder: user)]
            if !device.isEmpty { keys.append(.device(batch, device)) }
            if code >= 0 { keys.append(.code(batch, code)) }
            return keys
        }

        var kind: Kind {
            switch holder.utf8.first {
            case 0: .device(String(holder.dropFirst()))
            case 1: .code(Int64(holder.dropFirst()) ?? -1)
            default: .user(holder)
            }
        }
    }

    /// The coupons of a batch that one user or device has.
    struct Taker: Sendable {
        var newest: Int64
        private(set) var older: [Int64] = []
        /// Whether those that were settled are among them.
        var isWhole: Bool

        init(_ number: Int64, isWhole: Bool) {
            newest = number
            self.isWhole = isWhole
        }

        var count: Int { older.count + (newest == 0 ? 0 : 1) }
        var numbers: [Int64] { newest == 0 ? older : older + [newest] }

        /// Without those that are in tables; `nil` where nothing is left.
        func without(_ isGone: (Int64) -> Bool) -> Taker? {
            let numbers = numbers.filter { !isGone($0) }
            if numbers.count == count { return self }
            guard let first = numbers.first else { return nil }
            var rest = Taker(first, isWhole: false)
            for number in numbers.dropFirst() { rest.add(number) }
            return rest
        }

        mutating func add(_ number: Int64) {
            if number == newest || older.contains(number) { return }
            if newest != 0 { older.append(min(number, newest)) }
            newest = max(number, newest)
        }
    }

    /// A step is known again by its kind and its `outBizNo`.
    struct StepKey: Hashable, Sendable {
        let kind: LedgerEntry.Kind
        let key: String
    }

    struct Step: Sendable {
        let hash: UInt64
        var receipts: [Receipt]
        var page: Int64
    }

    /// The last page that is in here.
    var page: Int64 = 0
    /// The last page that is known to be on disk: what came later may yet be undone.
    var durablePage: Int64 = 0
    var nextCoupon: Int64 = 1
    /// By their numbers, which begin at 1.
    private(set) var batches: [Batch] = []
    private(set) var numbers: [String: Int64] = [:]
    private(set) var coupons = PartedDictionary<Int64, Coupon>()
    private(set) var takers = PartedDictionary<TakerKey, Taker>()
    private(set) var steps = PartedDictionary<StepKey, Step>()
    /// Everything up to this page was settled.
    private(set) var settledPage: Int64 = 0
    /// Coupons up to this number, and all steps that need not be in here, were settled.
    private(set) var settledCoupon: Int64 = 0
    private(set) var hasSettledSteps = false
    /// How many entries each page has that is not settled yet, in order.
    private var tail: [(page: Int64, entries: Int)] = []
    /// How many entries these are.
    private(set) var unsettled = 0
    /// What the decisions since the last page append to the journal.
    var pending: [LedgerEntry] = []

    /// Who has settled coupons.
    let holders: SettledHolders

    init(holders: SettledHolders = SettledHolders()) { self.holders = holders }

    /// The state at a page up to which everything was settled.
    init(_ settled: SettledState, holders: SettledHolders = SettledHolders()) {
        self.holders = holders
        page = settled.page
        durablePage = settled.page
        settledPage = settled.page
        nextCoupon = settled.nextCoupon
        settledCoupon = settled.nextCoupon - 1
        hasSettledSteps = settled.page > 0
        for batch in settled.batches { put(batch) }
    }

    func batch(_ number: Int64) -> Batch? { number >= 1 && number <= batches.count ? batches[Int(number) - 1] : nil }

    func batch(id: String) -> Batch? { numbers[id].flatMap(batch) }

    // MARK: Change

    /// Notes an entry that was decided now.
    mutating func append(_ entry: LedgerEntry) throws {
        pending.append(entry)
        try apply(entry, page: page + 1)
    }

    /// Does what an entry says, which was decided here or elsewhere.
    /// - Throws: `JournalPage.Damage` where it does not fit what is here: `missing` must have been loaded.
    mutating func apply(_ entry: LedgerEntry, page: Int64) throws {
        note(page)
        switch entry.kind {
        case .batch:
            var batch = try Batch(record: entry.text)
            if let known = self.batch(batch.number) {
                batch.claimed = known.claimed
                batch.accounts = known.accounts
            }
            put(batch)
        case .claim:
            try claimed(Coupon(entry, page: page))
        default:
            guard var coupon = coupons[entry.coupon], let index = index(entry.batch) else { throw JournalPage.Damage.form }
            coupon.page = page
            coupon.take(entry, &batches[index].accounts)
            coupons[entry.coupon] = coupon
            guard !entry.key.isEmpty else { return }
            steps[StepKey(kind: entry.kind, key: entry.key), default: Step(hash: entry.hash, receipts: [], page: page)].receipts.append(Receipt(entry))
        }
    }

    private mutating func note(_ page: Int64) {
        unsettled += 1
        if tail.last?.page == page { tail[tail.count - 1].entries += 1 } else { tail.append((page, 1)) }
    }

    private mutating func claimed(_ coupon: Coupon) throws {
        guard let index = index(coupon.batch) else { throw JournalPage.Damage.form }
        batches[index].add(coupon)
        nextCoupon = max(nextCoupon, coupon.number + 1)
        keep(coupon)
    }

    /// Holds a coupon and notes whose it is.
    private mutating func keep(_ coupon: Coupon) {
        coupons[coupon.number] = coupon
        for key in TakerKey.of(coupon) {
            if takers[key]?.add(coupon.number) == nil { takers[key] = Taker(coupon.number, isWhole: hasNothingSettled(key)) }
        }
    }

    /// How many coupons are in here although nothing about them waits to be settled, at least: they were loaded to decide something.
    var spare: Int { max(0, coupons.count - unsettled) }

    /// Whether nothing of what somebody has lies in tables.
    func hasNothingSettled(_ key: TakerKey) -> Bool { settledCoupon == 0 || !holders.mayHold(key, settled: settledCoupon) }

    /// Whether all that somebody has is in here.
    func isWhole(_ key: TakerKey) -> Bool { takers[key]?.isWhole ?? hasNothingSettled(key) }

    private mutating func put(_ batch: Batch) {
        if let index = index(batch.number) {
            batches[index] = batch
        } else {
            batches.append(batch)
            numbers[batch.id] = batch.number
        }
    }

    private func index(_ batch: Int64) -> Int? { batch >= 1 && batch <= batches.count ? Int(batch) - 1 : nil }

    // MARK: What must be loaded

    /// What is in tables and must be in here before something can be decided.
    struct Needs: Sendable {
        var coupons: Set<Int64> = []
        var takers: Set<TakerKey> = []
        var steps: Set<StepKey> = []

        var isEmpty: Bool { coupons.isEmpty && takers.isEmpty && steps.isEmpty }
    }

    func add(_ command: LedgerCommand, to needs: inout Needs) {
        switch command {
        case .claim(let claim):
            guard settledCoupon > 0 else { return }
            add(TakerKey(batch: claim.batch, holder: claim.user), to: &needs)
            if !claim.device.isEmpty { add(.device(claim.batch, claim.device), to: &needs) }
            if claim.code >= 0 { add(.code(claim.batch, claim.code), to: &needs) }
            if let inviter = claim.inviter, let reward = inviter.reward { add(TakerKey(batch: reward, holder: inviter.user), to: &needs) }
        case .move(let move):
            for number in move.coupons where number <= settledCoupon && coupons[number] == nil { needs.coupons.insert(number) }
            let key = StepKey(kind: move.kind, key: move.key)
            if hasSettledSteps, !move.key.isEmpty, steps[key] == nil { needs.steps.insert(key) }
        case .batch: break
        }
    }

    private func add(_ key: TakerKey, to needs: inout Needs) {
        if !isWhole(key) { needs.takers.insert(key) }
    }

    /// The coupons that the entries of a page change and that are not in here.
    func missing(_ entries: [LedgerEntry]) -> Set<Int64> {
        var missing: Set<Int64> = []
        var claimed: Set<Int64> = []
        for entry in entries where entry.kind != .batch {
            if entry.kind == .claim {
                claimed.insert(entry.coupon)
            } else if coupons[entry.coupon] == nil, !claimed.contains(entry.coupon) {
                missing.insert(entry.coupon)
            }
        }
        return missing
    }

    /// Takes in what was loaded; what is in here is newer.
    mutating func load(_ loaded: [Coupon], takers whole: Set<TakerKey> = [], steps loadedSteps: [StepKey: Step] = [:]) {
        for coupon in loaded {
            if coupons[coupon.number] == nil { coupons[coupon.number] = coupon }
            // Whoever is asked what a user has must find what changes in here.
            for key in TakerKey.of(coupon) { takers[key, default: Taker(coupon.number, isWhole: false)].add(coupon.number) }
        }
        for key in whole { takers[key, default: Taker(0, isWhole: true)].isWhole = true }
        for (key, step) in loadedSteps where steps[key] == nil { steps[key] = step }
    }

    // MARK: What need no longer be held

    /// What is in tables now, and was here: forgets what did not change since.
    ///
    /// Where it does not begin where the last one ended, another node has settled what is between: then `settled(through:)` has to look at all.
    /// - Returns: whether it could be forgotten.
    mutating func settled(_ piece: SettledPiece) -> Bool {
        guard piece.after == settledPage else { return false }
        let before = settledCoupon
        holders.add(
            piece.coupons.lazy.filter { $0 > before }.compactMap { [coupons] in coupons[$0] }.flatMap(TakerKey.of), from: before + 1, through: piece.coupon)
        advance(piece.page, piece.coupon)
        for number in piece.coupons {
            guard let coupon = coupons[number], coupon.page <= piece.page else { continue }
            coupons[number] = nil
            for key in TakerKey.of(coupon) { takers[key] = takers[key]?.without { $0 == number } }
        }
        for key in piece.steps where (steps[key]?.page ?? .max) <= piece.page { steps[key] = nil }
        return true
    }

    /// Everything up to a page is in tables: forgets what did not change since, also what was loaded to decide something.
    mutating func settled(through page: Int64, coupon: Int64) {
        // All of them are in here: whoever is behind begins anew.
        let fresh = coupons.values.lazy.filter { [settledCoupon] in $0.number > settledCoupon && $0.number <= coupon }
        holders.add(fresh.flatMap(TakerKey.of), from: settledCoupon + 1, through: coupon)
        advance(page, coupon)
        // What is not on disk yet may come back with another content, so it is not looked at.
        coupons.keep { $0.page > page }
        takers.map { [coupons] taker in taker.without { coupons[$0] == nil } }
        steps.keep { $0.page > page }
    }

    private mutating func advance(_ page: Int64, _ coupon: Int64) {
        settledPage = max(settledPage, page)
        settledCoupon = max(settledCoupon, coupon)
        let settled = tail.prefix { $0.page <= page }
        unsettled -= settled.reduce(0) { $0 + $1.entries }
        tail.removeFirst(settled.count)
        hasSettledSteps = true
    }
}

/// What tables say: the state up to a page.
struct SettledState: Sendable {
    var page: Int64 = 0
    var nextCoupon: Int64 = 1
    /// In the order of their numbers, with their accounts.
    var batches: [Batch] = []
}

extension Coupon {
    /// The coupon that a claim made.
    init(_ entry: LedgerEntry, page: Int64) {
        self.init(
            number: entry.coupon, batch: entry.batch, user: entry.text, claimKey: entry.key, claimHash: entry.hash, device: entry.order,
            claimedAt: entry.at, from: entry.from, until: entry.until, reserve: entry.amount, code: entry.code, balance: entry.balance, page: page)
    }

    /// Takes a step that was decided, and moves it between the accounts of its batch.
    mutating func take(_ entry: LedgerEntry, _ accounts: inout Batch.Accounts) {
        accounts[account] -= 1
        accounts.reserved -= reserved
        switch entry.kind {
        case .lock:
            order = entry.order
            lockedUntil = entry.until
        case .redeem:
            uses.append(Use(order: entry.order, amount: entry.amount, shop: entry.place))
            accounts.spent += entry.amount
            unlock()
        case .refund:
            if let use = uses.firstIndex(where: { $0.order == entry.order && !$0.isRefunded }) { uses[use].isRefunded = true }
            accounts.spent -= entry.amount
        case .freeze: isFrozen = true
        case .unfreeze: isFrozen = false
        case .release, .expire, .void: unlock()
        case .claim, .batch: break
        }
        account = entry.account
        balance = entry.balance
        accounts[account] += 1
        accounts.reserved += reserved
    }

    private mutating func unlock() {
        order = ""
        lockedUntil = 0
    }

    /// What the budget keeps for it: the most that it can cost until it can cost no more.
    private var reserved: Int64 {
        switch account {
        case .held, .locked, .redeemed: reserve
        case .stock, .expired, .voided: uses.reduce(0) { $1.isRefunded ? $0 : $0 + $1.amount }
        }
    }
}
