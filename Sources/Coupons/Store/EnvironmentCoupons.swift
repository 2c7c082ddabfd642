internal import Crypto
internal import HTTPSupport
internal import Kernel
internal import Storage
internal import Synchronization

/// The coupons of one environment: its journal, its tables, and what is held in memory of them.
final class EnvironmentCoupons: Sendable {
    /// How many entries one turn settles: a few milliseconds for whoever waits behind it.
    private static let settleMax = 500
    /// So many coupons that were loaded to decide something may stay while it is busy.
    private static let spareMax = 10_000
    private static let sweepMax = 500
    private static let holdersAtOnce = 20_000
    private static let holdersRounds = 5
    private static let holdersAtStart = 2000

    let database: Database
    let writer: LedgerWriter
    let numbers: CouponNumbers
    let invitations: CouponNumbers
    let codes: GeneratedCodes
    let links: ClaimLinks
    private let limits: Limits
    private let clock: WallClock
    private let lull = Mutex(Lull())

    init(_ database: Database, secret: SymmetricKey, limits: Limits, clock: WallClock) throws {
        try database.migrate(couponsMigrations)
        self.database = database
        self.limits = limits
        self.clock = clock
        numbers = CouponNumbers(secret: secret)
        invitations = CouponNumbers(secret: secret, .invitations)
        codes = GeneratedCodes(secret: secret)
        links = ClaimLinks(secret: secret)
        writer = LedgerWriter(database, queueMax: limits.writeQueueMax, clock: clock)
        try database.writeNow { connection in try LedgerTurn(memory: writer.memory, store: CouponTables(connection: connection)).catchUp() }
        writer.memory.committed()
        // The few of a small shop at once.
        _ = try database.read { try CouponTables(connection: $0).learnHolders(writer.memory.holders, atMost: Self.holdersAtStart) }
    }

    /// Looks at the state of which everything is on disk, with what other nodes have written.
    ///
    /// Where memory is ahead of the disk, the look rides on the commit that it waits for.
    func ledger<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        if !database.isShared {
            let found: T? = try writer.memory.look { ledger in ledger.page == ledger.durablePage ? try body(copy ledger) : nil }
            if let found { return found }
        }
        do {
            return try await writer.turn { [writer] turn, _ in
                try turn.catchUp()
                return try writer.memory.change { try body($0) }
            }
        } catch {
            throw Coupons.told(error)
        }
    }

    /// The number of a batch, which never changes.
    func batchNumber(_ id: String) async throws -> Int64? {
        if let number = writer.memory.look({ $0.numbers[id] }) { return number }
        return try await ledger { $0.numbers[id] }
    }

    /// Reads who has settled coupons, after a start with many of them.
    func learnHolders() async throws {
        let holders = writer.memory.holders
        guard let settled = writer.memory.look({ $0.settledCoupon }), holders.through < settled else { return }
        // Some pieces a round: others are cared for as well.
        for _ in 0..<Self.holdersRounds {
            let hasMore = try await offEventLoop { [database] in
                try database.read { try CouponTables(connection: $0).learnHolders(holders, atMost: Self.holdersAtOnce) }
            }
            if !hasMore { return }
        }
    }

    /// Moves what nobody changes any more from the journal into the tables.
    func settle() async throws {
        let unsettled = writer.memory.unsettled
        let isCalm = lull.withLock { $0.look(unsettled: unsettled, questions: writer.memory.questions) }
        guard unsettled > 0, isCalm || unsettled > limits.couponTailMax else { return }
        var settled = 0
        var last: SettledPiece?
        while settled < unsettled {
            // While it is busy only as much as must be.
            if !isCalm, unsettled - settled < limits.couponTailMax / 2 { break }
            let piece = try await settlePiece(last)
            last = piece
            if piece.entries == 0 { break }
            settled += piece.entries
            if isCalm, !isStillCalm, unsettled - settled < limits.couponTailMax { break }
        }
        guard let last else { return }
        let isDone = isCalm && settled >= unsettled
        // In a turn, like every change: what another one has loaded to decide by must not go meanwhile.
        try await writer.turn { turn, _ in
            try turn.catchUp()
            try turn.memory.forget(last)
            let spare = turn.memory.spare
            if spare > Self.spareMax || isDone && spare > 0 { try turn.memory.forgetAll(through: last) }
        }
    }

    private var isStillCalm: Bool { writer.isIdle && !lull.withLock { $0.isOver(questions: writer.memory.questions) } }

    /// Settles some entries, and forgets those that were settled before: they are on disk now, where whoever does not find them here looks next.
    private func settlePiece(_ before: SettledPiece? = nil) async throws -> SettledPiece {
        try await writer.turn { turn, tables in
            try turn.catchUp()
            if let before { try turn.memory.forget(before) }
            return try tables.settle(entriesMax: Self.settleMax)
        }
    }

    /// Moves everything that was there when it was asked into the tables, for whoever reads these.
    func settleNow() async throws {
        do {
            let page = try await writer.turn { turn, _ in
                try turn.catchUp()
                return try turn.memory.change { $0.page }
            }
            while true {
                let piece = try await settlePiece()
                if piece.entries == 0 || piece.page >= page { return }
            }
        } catch {
            throw Coupons.told(error)
        }
    }

    /// Ends the lives of coupons whose time is over, and the locks.
    func sweep() async throws {
        let now = clock.now()
        // What was swept is still due in the tables until it is settled, so it is passed by and not waited for.
        for account in [CouponAccount.locked, .held] {
            var last = DueCoupon(at: .min, number: 0)
            while true {
                let due = try database.read { try CouponTables(connection: $0).due(account, now, after: last, atMost: Self.sweepMax) }
                guard let newest = due.last else { break }
                last = newest
                _ = try await writer.turn { turn, _ in try turn.sweep(due.map(\.number), now: now) }
                try await settle()
            }
        }
    }
}
