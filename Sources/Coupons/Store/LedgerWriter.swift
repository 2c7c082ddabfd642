internal import Kernel
internal import Storage
internal import Synchronization

/// Gathers what waits while a commit is under way, and carries it out in the next: the busier, the more at once.
///
/// There is no timer: the commit before is the time in which a group comes together.
final class LedgerWriter: Sendable {
    typealias Answer = @Sendable (Result<LedgerOutcome, any Error>) -> Void

    private struct Waiting {
        let command: LedgerCommand
        let answer: Answer
    }

    private struct Line {
        var waiting: [Waiting] = []
        var isBusy = false
    }

    /// The most commands of one turn: bounds the time that the first of them waits for the last.
    private static let turnMax = 1024
    private static let attemptsMax = 3

    let database: Database
    let memory = LedgerMemory()
    private let clock: WallClock
    private let queueMax: Int
    private let line = Mutex(Line())

    init(_ database: Database, queueMax: Int, clock: WallClock) {
        self.database = database
        self.queueMax = queueMax
        self.clock = clock
    }

    /// Whether nobody waits.
    var isIdle: Bool { line.withLock { !$0.isBusy } }

    /// Carries a command out; `answer` is called once that is on disk, on the writer's thread.
    func submit(_ command: LedgerCommand, _ answer: @escaping Answer) {
        enum Next { case refuse, wait, start }
        let next: Next = line.withLock { line in
            if line.waiting.count >= queueMax { return .refuse }
            line.waiting.append(Waiting(command: command, answer: answer))
            if line.isBusy { return .wait }
            line.isBusy = true
            return .start
        }
        switch next {
        case .refuse: answer(.failure(StorageError.busy))
        case .wait: break
        case .start: turn()
        }
    }

    func submit(_ command: LedgerCommand) async throws -> LedgerOutcome {
        try await withUnsafeThrowingContinuation { continuation in submit(command) { continuation.resume(with: $0) } }
    }

    /// Runs `body` in a turn of its own.
    func turn<T: Sendable>(_ body: @escaping @Sendable (LedgerTurn, CouponTables) throws -> T) async throws -> T {
        try await withUnsafeThrowingContinuation { continuation in
            perform(body) { continuation.resume(with: $0) }
        }
    }

    /// Takes in what other nodes have written.
    func catchUp() async throws { try await turn { turn, _ in try turn.catchUp() } }

    private func turn() {
        let group: [Waiting] = line.withLock { line in
            guard !line.waiting.isEmpty else {
                line.isBusy = false
                return []
            }
            guard line.waiting.count > Self.turnMax else {
                defer { line.waiting = [] }
                return line.waiting
            }
            defer { line.waiting.removeFirst(Self.turnMax) }
            return Array(line.waiting.prefix(Self.turnMax))
        }
        if !group.isEmpty { carryOut(group, attempt: 1) }
    }

    private func carryOut(_ group: [Waiting], attempt: Int) {
        let commands = group.map(\.command)
        perform { [clock] turn, _ in
            try turn.run(commands, now: clock.now())
        } then: { [self] result in
            switch result {
            case .success(let outcomes):
                for (waiting, outcome) in zip(group, outcomes) { waiting.answer(.success(outcome)) }
            case .failure(let error as StorageError) where (error.isUniqueViolation || error.isConflict) && attempt < Self.attemptsMax:
                // Somebody else's page has that number, so nothing of ours was written: once more, behind it.
                return carryOut(group, attempt: attempt + 1)
            case .failure(let error):
                for waiting in group { waiting.answer(.failure(error)) }
            }
            turn()
        }
    }

    /// Runs `body` in a transaction; whatever goes wrong, what is in memory is read again from the disk before the next turn.
    private func perform<T: Sendable>(
        _ body: @escaping @Sendable (LedgerTurn, CouponTables) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        database.write { [memory] connection in
            let tables = CouponTables(connection: connection)
            do {
                return try body(LedgerTurn(memory: memory, store: tables), tables)
            } catch {
                memory.forget()
                throw error
            }
        } then: { [memory] result in
            switch result {
            case .success: memory.committed()
            case .failure: memory.forget()
            }
            then(result)
        }
    }
}
