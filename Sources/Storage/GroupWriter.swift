internal import Dispatch
internal import Synchronization

/// Group commit: whatever waits goes into one transaction, each job in a savepoint of its own,
/// and every caller is answered after the commit that holds its write.
final class GroupWriter: Sendable {
    struct Job: Sendable {
        /// Does the work; answers what to call once it is durable.
        let run: @Sendable (Connection) throws -> @Sendable () -> Void
        /// Called instead when the work or the commit failed.
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isDraining = false
        var commits: UInt64 = 0
        var afterCommit: @Sendable () -> Void = {}
    }

    /// The most jobs in one transaction: bounds the time that the first of them waits for the last.
    private static let batchMax = 512

    /// Writes happen here, one batch after the other.
    private let queue = DispatchQueue(label: "sampan.writer")
    private let engine: any WriteEngine
    private let queueMax: Int
    private let state = Mutex(State())

    init(_ engine: any WriteEngine, queueMax: Int) {
        self.engine = engine
        self.queueMax = queueMax
    }

    /// How many transactions have been committed since the database was opened; counted before anybody who wrote in one is answered.
    var commits: UInt64 { state.withLock { $0.commits } }

    func submit(_ job: Job) {
        enum Next { case refuse, wait, start }
        let next: Next = state.withLock { state in
            if state.waiting.count >= queueMax { return .refuse }
            state.waiting.append(job)
            if state.isDraining { return .wait }
            state.isDraining = true
            return .start
        }
        switch next {
        case .refuse: job.fail(StorageError.busy)
        case .wait: break
        case .start: queue.async { [self] in drain() }
        }
    }

    func afterFailedCommit(_ body: @escaping @Sendable (Connection) throws -> Void) { engine.afterFailedCommit(body) }

    func afterCommit(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.afterCommit = body } }

    func writeNow<T>(_ body: (Connection) throws -> T) throws -> T {
        try queue.sync {
            let value = try engine.commit(body)
            state.withLock { $0.commits += 1 }
            return value
        }
    }

    func close() {
        engine.beforeClose()
        queue.sync { engine.close() }
    }

    private func drain() {
        while let batch = takeBatch() {
            engine.commit(batch) {
                let afterCommit = state.withLock { state in
                    state.commits += 1
                    return state.afterCommit
                }
                afterCommit()
            }
        }
    }

    private func takeBatch() -> [Job]? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.isDraining = false
                return nil
            }
            if state.waiting.count <= Self.batchMax {
                defer { state.waiting = [] }
                return state.waiting
            }
            let batch = Array(state.waiting.prefix(Self.batchMax))
            state.waiting.removeFirst(Self.batchMax)
            return batch
        }
    }
}

/// How an engine carries out writes; called by one thread at a time.
protocol WriteEngine: Sendable {
    /// Carries out the jobs in one transaction and answers every one of them.
    ///
    /// `isCommitted` is called between the commit and the first answer.
    func commit(_ batch: [GroupWriter.Job], isCommitted: () -> Void)

    /// Runs `body` in a transaction of its own.
    func commit<T>(_ body: (Connection) throws -> T) throws -> T

    /// What lets what is held in memory follow the disk again.
    func afterFailedCommit(_ body: @escaping @Sendable (Connection) throws -> Void)

    /// No more writes will come; those that wait are still carried out. Called by any thread.
    func beforeClose()

    func close()
}
