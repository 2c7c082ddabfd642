internal import Synchronization

/// Writes to one file.
final class SQLiteWriter: WriteEngine {
    /// Touched by the writer's thread only; `nil` once closed.
    private let handle: Mutex<SQLiteHandle?>
    private let checkpointer: Checkpointer
    private let onFailedCommit = Mutex<@Sendable (Connection) throws -> Void>({ _ in })

    init(_ handle: SQLiteHandle, checkpointer: Checkpointer) {
        self.handle = Mutex(handle)
        self.checkpointer = checkpointer
    }

    func afterFailedCommit(_ body: @escaping @Sendable (Connection) throws -> Void) { onFailedCommit.withLock { $0 = body } }

    func commit(_ batch: [GroupWriter.Job], isCommitted: () -> Void) {
        do {
            let handle = try open()
            commit(batch, Connection(handle), isCommitted)
            checkpointer.committed(pages: handle.pagesInLog, by: handle)
        } catch {
            for job in batch { job.fail(error) }
        }
    }

    func commit<T>(_ body: (Connection) throws -> T) throws -> T {
        let connection = Connection(try open())
        try connection.execute("BEGIN IMMEDIATE")
        do {
            let value = try body(connection)
            try connection.execute("COMMIT")
            return value
        } catch {
            rollBack(connection)
            throw error
        }
    }

    // First, so that the writer is the last to close the file: SQLite then takes the whole log back.
    func beforeClose() { checkpointer.close() }

    func close() { handle.withLock { $0 = nil } }

    private func open() throws -> SQLiteHandle {
        guard let open = handle.withLock({ $0 }) else { throw StorageError.closed }
        return open
    }

    private func commit(_ batch: [GroupWriter.Job], _ connection: Connection, _ isCommitted: () -> Void) {
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
        isCommitted()
        for answer in answers { answer() }
    }

    /// Runs one job in its savepoint.
    ///
    /// A job that throws is undone; an error of the savepoint itself ends the batch.
    /// - Returns: what to call after the commit.
    private func attempt(_ job: GroupWriter.Job, _ connection: Connection) throws -> @Sendable () -> Void {
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
            try onFailedCommit.withLock { $0 }(connection)
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
