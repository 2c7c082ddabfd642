/// Where the pages lie, and the tables into which they are settled; what it reads is of one moment.
protocol LedgerStore {
    /// The state up to the page until which everything is settled.
    func settled() throws -> SettledState
    /// The pages behind one, in order.
    /// - Throws: `LedgerBehind` where pages behind that one were settled, so that they can no longer be read.
    func pages(after page: Int64, _ each: (Int64, UnsafeRawBufferPointer) throws -> Void) throws
    /// Appends a page, which must be the next one.
    /// - Throws: where there is a page of that number, since somebody else writes too; then nothing is written.
    func append(_ bytes: [UInt8], at page: Int64) throws
    /// Those of the coupons that are settled.
    func coupons(_ numbers: Set<Int64>) throws -> [Coupon]
    /// The settled coupons of users and devices.
    func coupons(of takers: Set<Ledger.TakerKey>) throws -> [Coupon]
    /// Who has the settled coupons behind a number, and until which number that is; `nil` where there are none.
    func holders(behind number: Int64, atMost count: Int) throws -> (keys: [Ledger.TakerKey], through: Int64)?
    /// The settled steps with these keys.
    func steps(_ keys: Set<Ledger.StepKey>) throws -> [Ledger.StepKey: Ledger.Step]
}

extension LedgerStore {
    /// Reads who has settled coupons; never in a transaction that writes, which would see what may yet be undone.
    /// - Returns: whether there were any that were not known.
    @discardableResult
    func learnHolders(_ holders: SettledHolders, atMost count: Int) throws -> Bool {
        let through = holders.through
        guard let found = try self.holders(behind: through, atMost: count) else { return false }
        holders.add(found.keys, from: through + 1, through: found.through)
        return true
    }
}

/// What is in memory is too old to follow the journal: it must be read again from the tables.
struct LedgerBehind: Error {}

/// One turn of the writer: what waits is decided together and appended as one page.
///
/// The state in memory may be behind what others have written, so a turn begins by catching up; and it runs ahead of the disk
/// until the page is committed. Whoever cannot commit calls `forget`, and the next turn begins from the disk.
struct LedgerTurn {
    /// So many decisions at once keep others from looking at the state; 64 take less than 0.1 ms.
    private static let stride = 64

    let memory: LedgerMemory
    let store: any LedgerStore

    func run(_ commands: [LedgerCommand], now: Int64) throws -> [LedgerOutcome] {
        try catchUp()
        try load(commands)
        var outcomes: [LedgerOutcome] = []
        outcomes.reserveCapacity(commands.count)
        var start = 0
        while start < commands.count {
            let end = min(start + Self.stride, commands.count)
            try memory.change { ledger in
                for command in commands[start..<end] { outcomes.append(try ledger.decide(command, now: now)) }
            }
            start = end
        }
        try append()
        return outcomes
    }

    /// Ends the lives of coupons whose time is over.
    /// - Returns: how many steps were taken.
    func sweep(_ numbers: [Int64], now: Int64) throws -> Int {
        try catchUp()
        let missing = try memory.change { ledger in Set(numbers.filter { ledger.coupons[$0] == nil }) }
        if !missing.isEmpty {
            let loaded = try store.coupons(missing)
            try memory.change { $0.load(loaded) }
        }
        let count = try memory.change { try $0.sweep(numbers, now: now) }
        try append()
        return count
    }

    /// Takes in what was written since, by this node before it began or by another one.
    func catchUp() throws {
        if !memory.isKnown { try begin() }
        do {
            try follow()
        } catch is LedgerBehind {
            try begin()
            try follow()
        }
    }

    private func begin() throws {
        let settled = try store.settled()
        // A picture of the disk that is older than what was learned, as after a restored backup: what was learned is not to be trusted.
        if settled.nextCoupon - 1 < memory.holders.through { memory.holders.forget() }
        memory.begin(settled)
    }

    private func follow() throws {
        let page = try memory.change { $0.page }
        try store.pages(after: page) { page, bytes in
            let missing = try memory.change { ledger in
                guard page == ledger.page + 1 else { throw JournalPage.Damage.form }
                var entries: [LedgerEntry] = []
                try JournalPage.entries(in: bytes) { entries.append($0) }
                let missing = ledger.missing(entries)
                if missing.isEmpty { try Self.take(entries, page, &ledger) }
                return missing.isEmpty ? nil : (missing, entries)
            }
            guard let (numbers, entries) = missing else { return }
            let loaded = try store.coupons(numbers)
            try memory.change { ledger in
                ledger.load(loaded)
                try Self.take(entries, page, &ledger)
            }
        }
    }

    private static func take(_ entries: [LedgerEntry], _ page: Int64, _ ledger: inout Ledger) throws {
        for entry in entries { try ledger.apply(entry, page: page) }
        // Not known to be on disk before this turn's own commit: it may be a page of the same transaction.
        ledger.page = page
    }

    private func load(_ commands: [LedgerCommand]) throws {
        let needs = try memory.change { ledger in
            var needs = Ledger.Needs()
            for command in commands { ledger.add(command, to: &needs) }
            return needs
        }
        guard !needs.isEmpty else { return }
        var coupons = needs.coupons.isEmpty ? [] : try store.coupons(needs.coupons)
        if !needs.takers.isEmpty { coupons += try store.coupons(of: needs.takers) }
        let steps = needs.steps.isEmpty ? [:] : try store.steps(needs.steps)
        try memory.change { $0.load(coupons, takers: needs.takers, steps: steps) }
    }

    private func append() throws {
        let (bytes, page) = try memory.change { ledger in
            guard !ledger.pending.isEmpty else { return ([UInt8](), ledger.page) }
            defer { ledger.pending.removeAll(keepingCapacity: true) }
            ledger.page += 1
            return (JournalPage.bytes(of: ledger.pending), ledger.page)
        }
        if !bytes.isEmpty { try store.append(bytes, at: page) }
    }
}
