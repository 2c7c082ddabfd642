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
        var afterFailedCommit: @Sendable (Connection) throws -> Void = { _ in }
        var afterCommit: @Sendable () -> Void = {}
    }

    /// The most jobs in one transaction: bounds the time that the first of them waits for the last.
    private static let batchMax = 512

    /// Writes happen here, one batch after the other.
    private let queue = DispatchQueue(label: "sampan.writer")
    /// Touched on `queue` only; `nil` once closed.
    private let handle: Mutex<SQLiteHandle?>
    private let checkpointer: Checkpointer
    private let queueMax: Int
    private let state = Mutex(State())

    init(_ handle: SQLiteHandle, checkpointer: Checkpointer, queueMax: Int) {
        self.handle = Mutex(handle)
        self.checkpointer = checkpointer
        self.queueMax = queueMax
    }

    /// How many transactions have been committed since the file was opened; counted before anybody who wrote in one is answered.
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

    func afterFailedCommit(_ body: @escaping @Sendable (Connection) throws -> Void) {
        state.withLock { $0.afterFailedCommit = body }
    }

    func afterCommit(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.afterCommit = body } }

    func writeNow<T>(_ body: (Connection) throws -> T) throws -> T {
        try queue.sync {
            let connection = Connection(try open())
            try connection.execute("BEGIN IMMEDIATE")
            do {
                let value = try body(connection)
                try connection.execute("COMMIT")
                state.withLock { $0.commits += 1 }
                return value
            } catch {
                rollBack(connection)
                throw error
            }
        }
    }

    func close() {
        // First, so that the writer is the last to close the file: SQLite then takes the whole log back.
        checkpointer.close()
        queue.sync { handle.withLock { $0 = nil } }
    }

    private func open() throws -> SQLiteHandle {
        guard let open = handle.withLock({ $0 }) else { throw StorageError.closed }
        return open
    }

    private func drain() {
        while let batch = takeBatch() {
            do {
                let handle = try open()
                commit(batch, Connection(handle))
                checkpointer.committed(pages: handle.pagesInLog, by: handle)
            } catch {
                for job in batch { job.fail(error) }
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

    private func commit(_ batch: [Job], _ connection: Connection) {
        var answers: [@Sendable () -> Void] = []
        answers.reserveCapacity(batch.count)
        do {
            try connection.execute("BEGIN IMMEDIATE")
            for job in batch { answers.append(try attempt(job, connection)) }
            try connection.execute("COMMIT")
        } catch {
            // The whole transaction is gone, so nobody who was in it is told otherwise.
            rollBack(connection)
            let failure = correct(connection, after: error)
            for job in batch { job.fail(failure) }
            return
        }
        let afterCommit = state.withLock { state in
            state.commits += 1
            return state.afterCommit
        }
        afterCommit()
        for answer in answers { answer() }
    }

    /// Runs one job in its savepoint.
    ///
    /// A job that throws is undone; an error of the savepoint itself ends the batch.
    /// - Returns: what to call after the commit.
    private func attempt(_ job: Job, _ connection: Connection) throws -> @Sendable () -> Void {
        try connection.execute("SAVEPOINT job")
        do {
            let answer = try job.run(connection)
            try connection.execute("RELEASE job")
            return answer
        } catch {
            try connection.execute("ROLLBACK TO job")
            try connection.execute("RELEASE job")
            return { job.fail(error) }
        }
    }

    /// Lets what is held in memory follow the disk again.
    ///
    /// If even that cannot be read, both errors are told.
    private func correct(_ connection: Connection, after error: any Error) -> any Error {
        do {
            try state.withLock { $0.afterFailedCommit }(connection)
            return error
        } catch let unreadable {
            return StorageError(code: -4, message: "\(error); then \(unreadable)")
        }
    }

    private func rollBack(_ connection: Connection) {
        // SQLite may already have rolled back by itself (disk full, I/O error); then this fails and that is fine.
        _ = try? connection.execute("ROLLBACK")
    }
}
