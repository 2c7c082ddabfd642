internal import Foundation
public import Kernel
public import Logging
public import ServiceLifecycle
internal import Storage
internal import Synchronization

/// Log lines and executions: handed over in memory, written in batches behind the calls, and shown live to followers.
///
/// When a disk cannot follow, lines are dropped and counted; a call is never slowed by its log.
public final class LogBook: Service {
    /// One line of a function's log.
    struct Line: Sendable {
        let environment: EnvironmentID
        let at: Int64
        let function: String
        let version: Int
        let requestID: String
        let level: Int
        let text: String

        var json: JSONObject {
            [
                "at": .int(at), "function": .string(function), "version": .int(Int64(version)), "requestId": .string(requestID),
                "level": .string(LogBook.levels[level]), "text": .string(text),
            ]
        }
    }

    /// One run of a function.
    struct Execution: Sendable {
        let environment: EnvironmentID
        let requestID: String
        let function: String
        let version: Int
        let at: Int64
        let status: String
        let durationMs: Double
        let cold: Bool
        let coldMs: Double
        let memoryMB: Int
        let source: String
        let error: String?
    }

    static let levels = ["debug", "info", "warn", "error"]
    private static let pendingMax = 100_000
    private static let followerLinesMax = 10_000
    /// How many lines an environment keeps; older ones go first.
    private static let keptRowsMax: Int64 = 500_000

    private struct State {
        var lines: [Line] = []
        var executions: [Execution] = []
        var dropped: [EnvironmentID: Int] = [:]
        var followers: [UInt64: (EnvironmentID, AsyncStream<Line>.Continuation)] = [:]
        var lastFollower: UInt64 = 0
        var databases: [EnvironmentID: Database] = [:]
        var order: [EnvironmentID] = []
    }

    private let state = Mutex(State())
    private let flushes = Turns<Bool>()
    private let path: @Sendable (EnvironmentID) throws -> String
    private let limits: Limits
    private let clock: WallClock
    private let logger: Logger

    /// Makes the log book.
    /// - Parameter path: where an environment's `logs.sqlite` lies; its folder exists.
    public init(limits: Limits, clock: WallClock, logger: Logger, path: @escaping @Sendable (EnvironmentID) throws -> String) {
        self.path = path
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    func append(_ line: Line) {
        state.withLock { state in
            if state.lines.count >= Self.pendingMax { state.dropped[line.environment, default: 0] += 1 } else { state.lines.append(line) }
            for (environment, follower) in state.followers.values where environment == line.environment { follower.yield(line) }
        }
    }

    func append(_ execution: Execution) {
        state.withLock { state in
            if state.executions.count < Self.pendingMax { state.executions.append(execution) }
        }
    }

    /// Lines of an environment as they come, until the reader leaves or `end` is called.
    func follow(_ environment: EnvironmentID) -> (lines: AsyncStream<Line>, end: @Sendable () -> Void) {
        let (lines, continuation) = AsyncStream.makeStream(of: Line.self, bufferingPolicy: .bufferingNewest(Self.followerLinesMax))
        let id = state.withLock { state in
            state.lastFollower += 1
            state.followers[state.lastFollower] = (environment, continuation)
            return state.lastFollower
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { _ = $0.followers.removeValue(forKey: id) } }
        return (lines, { continuation.finish() })
    }

    /// Writes what has gathered, five times a second, until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                // Cancelled by shutdown: the loop ends and the last lines are written below.
                try? await Task.sleep(for: .milliseconds(200))
                await flush()
            }
        }
        await flush()
    }

    /// Writes what has gathered; when this returns, whatever was appended before it is on the disk, also what another flush had taken.
    func flush() async {
        await flushes.enter(true)
        await writeGathered()
        await flushes.leave(true)
    }

    private func writeGathered() async {
        let (lines, executions, dropped) = state.withLock { state in
            defer {
                state.lines = []
                state.executions = []
                state.dropped = [:]
            }
            return (state.lines, state.executions, state.dropped)
        }
        if lines.isEmpty && executions.isEmpty && dropped.isEmpty { return }
        let linesByEnvironment = Dictionary(grouping: lines, by: \.environment)
        let executionsByEnvironment = Dictionary(grouping: executions, by: \.environment)
        for environment in Set(linesByEnvironment.keys).union(executionsByEnvironment.keys).union(dropped.keys) {
            do {
                try await write(
                    linesByEnvironment[environment] ?? [], executionsByEnvironment[environment] ?? [], dropped: dropped[environment] ?? 0, environment)
            } catch {
                logger.warning("logs could not be written", metadata: ["environment": "\(environment)", "error": "\(error)"])
            }
        }
    }

    private func write(_ lines: [Line], _ executions: [Execution], dropped: Int, _ environment: EnvironmentID) async throws {
        let now = clock.now()
        try await database(environment).write { connection in
            for line in lines { try Self.insert(line, connection) }
            if dropped > 0 {
                try Self.insert(
                    Line(
                        environment: environment, at: now, function: "", version: 0, requestID: "", level: 2,
                        text: "\(dropped) log lines were dropped because they came faster than the disk could take them"), connection)
            }
            for execution in executions { try Self.insert(execution, connection) }
            for table in ["logs", "executions"] {
                try connection.execute(
                    "DELETE FROM \(table) WHERE id <= (SELECT max(id) FROM \(table)) - $1", .int(Self.keptRowsMax))
            }
        }
    }

    private static func insert(_ line: Line, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO logs (at, function, version, request_id, level, text) VALUES ($1, $2, $3, $4, $5, $6)",
            .int(line.at), .text(line.function), .int(Int64(line.version)), .text(line.requestID), .int(Int64(line.level)), .text(line.text))
    }

    private static func insert(_ execution: Execution, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO executions (request_id, function, version, at, status, duration_us, cold, cold_us, memory_mb, source, error)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            .text(execution.requestID), .text(execution.function), .int(Int64(execution.version)), .int(execution.at), .text(execution.status),
            .int(Int64(execution.durationMs * 1000)), .int(execution.cold ? 1 : 0), .int(Int64(execution.coldMs * 1000)),
            .int(Int64(execution.memoryMB)), .text(execution.source), .optional(execution.error))
    }

    // MARK: Search

    /// What to look for.
    struct Query: Sendable {
        var function: String?
        var requestID: String?
        var text: String?
        var level: Int?
        var status: String?
        var since: Int64?
        var until: Int64?
        /// Continue before this id.
        var after: Int64?
        var limit = 100
    }

    /// Log lines, newest first.
    func lines(_ query: Query, of environment: EnvironmentID) async throws -> [JSON] {
        await flush()
        var conditions = Conditions(query)
        if let text = query.text { conditions.add("text LIKE $ ESCAPE '\\'", .text("%\(Self.escaped(text))%")) }
        if let level = query.level { conditions.add("level >= $", .int(Int64(level))) }
        var result: [JSON] = []
        try database(environment).read { connection in
            try connection.rows(
                "SELECT id, at, function, version, request_id, level, text FROM logs\(conditions.sql) ORDER BY id DESC LIMIT \(query.limit)", conditions.values
            ) { row in
                var object = Line(
                    environment: environment, at: row.int(1), function: row.text(2), version: Int(row.int(3)), requestID: row.text(4),
                    level: Int(row.int(5)), text: row.text(6)
                ).json
                object["id"] = .int(row.int(0))
                result.append(.object(object))
                return true
            }
        }
        return result
    }

    /// Executions, newest first.
    func executions(_ query: Query, of environment: EnvironmentID) async throws -> [JSON] {
        await flush()
        var conditions = Conditions(query)
        if let status = query.status { conditions.add("status = $", .text(status)) }
        var result: [JSON] = []
        try database(environment).read { connection in
            try connection.rows(
                """
                SELECT id, request_id, function, version, at, status, duration_us, cold, cold_us, memory_mb, source, error
                FROM executions\(conditions.sql) ORDER BY id DESC LIMIT \(query.limit)
                """, conditions.values
            ) { row in
                var object: JSONObject = [
                    "id": .int(row.int(0)), "requestId": .string(row.text(1)), "function": .string(row.text(2)), "version": .int(row.int(3)),
                    "at": .int(row.int(4)), "status": .string(row.text(5)), "durationMs": .double(Double(row.int(6)) / 1000),
                    "cold": .bool(row.int(7) == 1), "coldMs": .double(Double(row.int(8)) / 1000), "memoryMB": .int(row.int(9)),
                    "source": .string(row.text(10)),
                ]
                if let error = row.optionalText(11) { object["error"] = .string(error) }
                result.append(.object(object))
                return true
            }
        }
        return result
    }

    /// Closes an environment's file, before its folder is removed.
    public func close(_ environment: EnvironmentID) throws {
        try state.withLock { state in
            state.order.removeAll { $0 == environment }
            return state.databases.removeValue(forKey: environment)
        }?.close()
    }

    func database(_ environment: EnvironmentID) throws -> Database {
        try state.withLock { state in
            if let open = state.databases[environment] { return open }
            let database = try Database(path: path(environment), durability: .normal, readers: 2)
            try database.migrate(logsMigrations)
            state.databases[environment] = database
            state.order.append(environment)
            if state.order.count > limits.openDatabasesMax { state.databases[state.order.removeFirst()] = nil }
            return database
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "%", with: "\\%").replacingOccurrences(of: "_", with: "\\_")
    }
}

/// The WHERE clause of a search; `$` in a condition becomes the next parameter.
private struct Conditions {
    private var parts: [String] = []
    private(set) var values: [SQLValue] = []

    init(_ query: LogBook.Query) {
        if let function = query.function { add("function = $", .text(function)) }
        if let requestID = query.requestID { add("request_id = $", .text(requestID)) }
        if let since = query.since { add("at >= $", .int(since)) }
        if let until = query.until { add("at < $", .int(until)) }
        if let after = query.after { add("id < $", .int(after)) }
    }

    mutating func add(_ condition: String, _ value: SQLValue) {
        values.append(value)
        parts.append(condition.replacingOccurrences(of: "$", with: "$\(values.count)"))
    }

    var sql: String { parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND ") }
}
