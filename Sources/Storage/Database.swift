/// One SQLite file: many readers at once, and one writer that carries all waiting writes in one commit.
///
/// `read` runs on the caller's thread: bounded point and index reads are faster than a hop to another thread.
/// `write` returns after the commit that holds it is on disk (`synchronous=FULL`): answered means durable.
public final class Database: Sendable {
    /// What a commit promises.
    public enum Durability: Sendable {
        /// Survives loss of power: every commit is synced. For everything that is acknowledged to someone.
        case full
        /// Survives the death of the process; a power cut may take the last moments. For logs.
        case normal
    }

    private let readers: ReaderPool
    private let writer: GroupWriter

    /// Opens or creates the file.
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - durability: what a commit promises.
    ///   - readers: how many reads may run at once.
    ///   - queueMax: how many writes may wait.
    public init(path: String, durability: Durability = .full, readers: Int = 8, queueMax: Int = 10_000) throws {
        // The writer first: it makes the file and its write-ahead log, without which nobody can read.
        writer = try GroupWriter(SQLiteHandle(path: path, role: .writer(durability)), checkpointer: Checkpointer(path: path), queueMax: queueMax)
        self.readers = ReaderPool(path: path, readers: readers)
    }

    /// Runs `body` with a reading connection on this thread.
    ///
    /// Each statement sees the last commit.
    public func read<T>(_ body: (Connection) throws -> T) throws -> T {
        try readers.read { try body(Connection($0)) }
    }

    /// Runs `body` with a reading connection whose statements all see the same commit.
    public func readAtOneMoment<T>(_ body: (Connection) throws -> T) throws -> T {
        try read { connection in
            try connection.execute("BEGIN")
            // Nothing was written: ending it either way leaves nothing.
            defer { _ = try? connection.execute("ROLLBACK") }
            return try body(connection)
        }
    }

    /// Runs `body` in the writer's next transaction and returns once that is on disk.
    ///
    /// If `body` throws, what it wrote is undone and nobody else's write is touched.
    /// - Throws: what `body` throws, or `StorageError` when the commit fails or too many writes wait.
    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        try await withUnsafeThrowingContinuation { continuation in
            writer.submit(
                GroupWriter.Job(
                    run: { connection in
                        let value = try body(connection)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    /// Has `body` run in the writer's turn after a commit that failed, before the next one: for what is held in memory.
    public func afterFailedCommit(_ body: @escaping @Sendable (Connection) throws -> Void) { writer.afterFailedCommit(body) }

    /// Has `body` run in the writer's turn after each commit of waiting writes, before anybody who wrote in it is answered.
    public func afterCommit(_ body: @escaping @Sendable () -> Void) { writer.afterCommit(body) }

    /// Runs `body` in a transaction of its own on this thread; for start-up, before anyone waits.
    public func writeNow<T>(_ body: (Connection) throws -> T) throws -> T { try writer.writeNow(body) }

    /// How many transactions this process has committed to the file; as long as it stays, what was read stays true.
    public var commits: UInt64 { writer.commits }

    /// Closes the file after the writes that wait.
    ///
    /// Further use throws.
    public func close() throws {
        readers.close()
        writer.close()
    }
}
