internal import Foundation
internal import GRDB

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

    private let pool: DatabasePool
    private let writer: GroupWriter

    /// Opens or creates the file.
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - durability: what a commit promises.
    ///   - readers: how many reads may run at once.
    ///   - queueMax: how many writes may wait.
    public init(path: String, durability: Durability = .full, readers: Int = 4, queueMax: Int = 10_000) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: durability == .full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA cache_size = -4096")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch let error as DatabaseError {
            throw StorageError(code: error.extendedResultCode.rawValue, message: "\(path): \(error.message ?? "cannot open")")
        }
        writer = GroupWriter(pool: pool, queueMax: queueMax)
    }

    /// Runs `body` with a reading connection on this thread. Each statement sees the last commit.
    public func read<T>(_ body: (Connection) throws -> T) throws -> T {
        try pool.unsafeRead { try body(Connection($0)) }
    }

    /// Runs `body` in the writer's next transaction and returns once that is on disk.
    ///
    /// If `body` throws, what it wrote is undone and nobody else's write is touched.
    /// - Throws: what `body` throws, or `StorageError` when the commit fails or too many writes wait.
    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
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

    /// Runs `body` in a transaction of its own on this thread; for start-up, before anyone waits.
    public func writeNow<T>(_ body: (Connection) throws -> T) throws -> T {
        try pool.writeWithoutTransaction { database in
            let connection = Connection(database)
            try connection.execute("BEGIN IMMEDIATE")
            do {
                let value = try body(connection)
                try connection.execute("COMMIT")
                return value
            } catch {
                try connection.execute("ROLLBACK")
                throw error
            }
        }
    }

    /// Closes the file after the writes that wait. Further use throws.
    public func close() throws { try pool.close() }

    /// Takes every committed page into the main file, so that copying it copies everything.
    public func checkpoint() throws {
        _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }
}
