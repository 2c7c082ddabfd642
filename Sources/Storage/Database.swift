internal import Kernel
internal import Synchronization

/// One database: many readers at once, and one writer that carries all waiting writes in one commit.
///
/// It is a SQLite file, or a namespace of a PostgreSQL that other nodes write to as well; whoever uses it need not know which.
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

    enum Engine {
        case sqlite(ReaderPool)
        case postgres(PostgresSpace)
    }

    let engine: Engine
    private let writer: GroupWriter
    /// What the signals of other nodes are forgotten by.
    private let signals = Mutex<[UInt64]>([])

    /// Opens or creates the file.
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - durability: what a commit promises.
    ///   - readers: how many reads may run at once.
    ///   - queueMax: how many writes may wait.
    public init(path: String, durability: Durability = .full, readers: Int = 8, queueMax: Int = 10_000) throws {
        // The writer first: it makes the file and its write-ahead log, without which nobody can read.
        let handle = try SQLiteHandle(path: path, role: .writer(durability))
        writer = GroupWriter(SQLiteWriter(handle, checkpointer: Checkpointer(path: path)), queueMax: queueMax)
        engine = .sqlite(ReaderPool(path: path, readers: readers))
    }

    /// Opens or creates a namespace: a schema of that name, which this room alone writes to.
    /// - Parameters:
    ///   - server: shared by all databases that are there.
    ///   - namespace: at most 60 lower-case letters, digits, `_` and `-`.
    ///   - queueMax: how many writes of this node may wait.
    public init(postgres server: PostgresServer, namespace: String, queueMax: Int = 10_000) throws {
        let space = PostgresSpace(server, name: namespace)
        try space.create()
        writer = GroupWriter(PostgresWriter(space), queueMax: queueMax)
        engine = .postgres(space)
    }

    /// The engine behind it.
    public var dialect: Dialect { if case .sqlite = engine { .sqlite } else { .postgres } }

    /// The namespace that it is; empty for a file.
    public var namespace: String { if case .postgres(let space) = engine { space.name } else { "" } }

    /// Runs `body` with a reading connection on this thread.
    ///
    /// Each statement sees the last commit.
    public func read<T>(_ body: (Connection) throws -> T) throws -> T {
        guard let meter = CostMeter.current else { return try readUnmetered(body) }
        return try meter.measure { try readUnmetered(body) }
    }

    private func readUnmetered<T>(_ body: (Connection) throws -> T) throws -> T {
        switch engine {
        case .sqlite(let readers): try readers.read { try body(Connection($0)) }
        case .postgres(let space): try space.server.lend(.reading, in: space.name) { try body(Connection($0, space)) }
        }
    }

    /// Runs `body` in the writer's next transaction and returns once that is on disk.
    ///
    /// If `body` throws, what it wrote is undone and nobody else's write is touched.
    /// - Throws: what `body` throws, or `StorageError` when the commit fails or too many writes wait.
    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        let meter = CostMeter.current
        return try await withUnsafeThrowingContinuation { continuation in
            writer.submit(
                GroupWriter.Job(
                    run: { connection in
                        let value = try meter.map { meter in try meter.measure { try body(connection) } } ?? body(connection)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    /// Runs `body` in the writer's next transaction and calls `then` on the writer's thread, once that is on disk or has failed.
    ///
    /// For whoever answers many at once; what `then` writes next begins without another thread in between.
    public func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        writer.submit(
            GroupWriter.Job(
                run: { connection in
                    let value = try body(connection)
                    return { then(.success(value)) }
                }, fail: { then(.failure($0)) }))
    }

    /// Has `body` run in the writer's turn after a commit that failed, before the next one: for what is held in memory.
    public func afterFailedCommit(_ body: @escaping @Sendable (Connection) throws -> Void) { writer.afterFailedCommit(body) }

    /// Has `body` run in the writer's turn after each commit of waiting writes, before anybody who wrote in it is answered.
    public func afterCommit(_ body: @escaping @Sendable () -> Void) { writer.afterCommit(body) }

    /// Runs `body` in a transaction of its own on this thread; for start-up, before anyone waits.
    public func writeNow<T>(_ body: (Connection) throws -> T) throws -> T { try writer.writeNow(body) }

    /// How many transactions this process has committed to the database.
    public var commits: UInt64 { writer.commits }

    /// Whether other nodes write to it too.
    public var isShared: Bool { if case .postgres = engine { true } else { false } }

    /// What stays the same as long as nobody, on any node, has committed anything: what was read since is still true.
    public func moment(_ connection: Connection) throws -> DatabaseMoment {
        guard isShared else { return DatabaseMoment(commits: commits, snapshot: "") }
        return DatabaseMoment(commits: 0, snapshot: try connection.first("SELECT pg_current_snapshot()::text") { $0.text(0) } ?? "")
    }

    /// Closes the database after the writes that wait.
    ///
    /// Further use throws.
    public func close() throws {
        switch engine {
        case .sqlite(let readers): readers.close()
        case .postgres: forgetSignals()
        }
        writer.close()
    }

    deinit { forgetSignals() }

    private func forgetSignals() {
        guard case .postgres(let space) = engine else { return }
        let tokens = signals.withLock { tokens in
            defer { tokens = [] }
            return tokens
        }
        for token in tokens { space.server.listener.forget(space.name, token) }
    }

    /// Has `body` run in the writer's turn when another node has changed the schema: for what is held in memory.
    ///
    /// It is called before this node's next write, and as soon as the other node's signal arrives. Never on SQLite.
    public func whenChangedElsewhere(_ body: @escaping @Sendable (Connection) throws -> Void) {
        guard case .postgres(let space) = engine else { return }
        space.whenChanged(body)
        let token = space.server.listener.listen(space.name) { [weak self, weak space] version in
            guard let self, let space, version > space.version else { return }
            // A write of nothing: it begins like every other one with a look at the version.
            writer.submit(GroupWriter.Job(run: { _ in {} }, fail: { _ in }))
        }
        signals.withLock { $0.append(token) }
    }
}

/// See `Database.moment`.
public struct DatabaseMoment: Sendable, Equatable {
    let commits: UInt64
    let snapshot: String
}
