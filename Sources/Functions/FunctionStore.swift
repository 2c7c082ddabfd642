internal import HTTPSupport
internal import Kernel
internal import Storage

/// All SQL of functions in the control database.
struct FunctionStore: Sendable {
    let control: Database
    let sealVariables: @Sendable (String) throws -> String
    let openVariables: @Sendable (String) throws -> String

    // MARK: Functions and versions

    func load() throws -> [FunctionRecord] {
        try control.read { connection in
            var versions: [String: [FunctionVersion]] = [:]
            try connection.rows(
                """
                SELECT environment, function, version, fingerprint, settings, variables, description, files, size, created_at
                FROM versions ORDER BY environment, function, version
                """
            ) { row in
                versions["\(row.text(0))/\(row.text(1))", default: []].append(try version(row))
                return true
            }
            return try connection.all("SELECT environment, name, traffic, triggers, http_path, updated_at FROM functions") { row in
                guard let environment = EnvironmentID(row.text(0)) else { throw StorageError.damaged("function \(row.text(1))") }
                return FunctionRecord(
                    environment: environment, name: row.text(1), traffic: try TrafficShare.list(JSON(parsing: Array(row.text(2).utf8))),
                    triggers: try Trigger.list(JSON(parsing: Array(row.text(3).utf8))), httpPath: row.optionalText(4), updatedAt: row.int(5),
                    versions: versions["\(row.text(0))/\(row.text(1))"] ?? [])
            }
        }
    }

    private func version(_ row: Row) throws -> FunctionVersion {
        let settings = try JSON(parsing: Array(row.text(4).utf8)).objectValue ?? [:]
        return FunctionVersion(
            number: Int(row.int(2)), fingerprint: row.text(3), settings: try FunctionSettings(settings, base: FunctionSettings()),
            variables: try EnvironmentVariables.stored(openVariables(row.text(5))), description: row.text(6),
            files: Int(row.int(7)), size: row.int(8), createdAt: row.int(9))
    }

    func save(_ record: FunctionRecord, newVersion: FunctionVersion? = nil) async throws {
        let sealed = try newVersion.map { version in
            var object: JSONObject = [:]
            for (name, value) in version.variables.sorted(by: { $0.key < $1.key }) { object[name] = .string(value) }
            return try sealVariables(JSON.object(object).text)
        }
        try await control.write { connection in
            try connection.execute(
                """
                INSERT INTO functions (environment, name, traffic, triggers, http_path, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (environment, name) DO UPDATE SET traffic = excluded.traffic, triggers = excluded.triggers,
                    http_path = excluded.http_path, updated_at = excluded.updated_at
                """,
                .text(record.environment.text), .text(record.name), .text(JSON.array(record.traffic.map(\.json)).text),
                .text(JSON.array(record.triggers.map(\.json)).text), .optional(record.httpPath), .int(record.updatedAt))
            if let version = newVersion, let sealed {
                try connection.execute(
                    """
                    INSERT INTO versions (environment, function, version, fingerprint, settings, variables, description, files, size, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                    """,
                    .text(record.environment.text), .text(record.name), .int(Int64(version.number)), .text(version.fingerprint),
                    .text(JSON.object(version.settings.json).text), .text(sealed), .text(version.description), .int(Int64(version.files)),
                    .int(version.size), .int(version.createdAt))
            }
        }
    }

    func remove(_ name: String, of environment: EnvironmentID) async throws {
        try await control.write { connection in
            let values: (SQLValue, SQLValue) = (.text(environment.text), .text(name))
            try connection.execute("DELETE FROM functions WHERE environment = $1 AND name = $2", values.0, values.1)
            try connection.execute("DELETE FROM versions WHERE environment = $1 AND function = $2", values.0, values.1)
            try connection.execute("DELETE FROM timers WHERE environment = $1 AND function = $2", values.0, values.1)
            try connection.execute("DELETE FROM cursors WHERE environment = $1 AND function = $2", values.0, values.1)
            try connection.execute("DELETE FROM queue WHERE environment = $1 AND function = $2", values.0, values.1)
        }
    }

    func removeAll(of environment: EnvironmentID) async throws {
        try await control.write { connection in
            for table in ["functions", "versions", "timers", "queue", "cursors"] {
                try connection.execute("DELETE FROM \(table) WHERE environment = $1", .text(environment.text))
            }
        }
    }

    // MARK: Queue

    /// An asynchronous invocation that is on disk.
    struct Queued: Sendable {
        let id: Int64
        let environment: EnvironmentID
        let function: String
        let requestID: String
        let source: String
        let user: User
        let event: [UInt8]
        let attempt: Int
    }

    func enqueue(
        _ environment: EnvironmentID, _ function: String, requestID: String, source: String, user: User, event: [UInt8], now: Int64
    ) async throws -> Int64 {
        try await control.write { try Self.enqueue($0, environment, function, requestID: requestID, source: source, user: user, event: event, now: now) }
    }

    @discardableResult
    private static func enqueue(
        _ connection: Connection, _ environment: EnvironmentID, _ function: String, requestID: String, source: String, user: User, event: [UInt8],
        now: Int64
    ) throws -> Int64 {
        try connection.execute(
            "INSERT INTO queue (environment, function, request_id, source, user, event, due_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
            .text(environment.text), .text(function), .text(requestID), .text(source), .text(user.stored), .blob(event), .int(now))
        return connection.lastInsertedRow
    }

    /// What is due, oldest first, without those already `running`.
    ///
    /// What waits in environments that do not serve is passed over, so that it keeps nobody else waiting.
    func due(now: Int64, running: Set<Int64>, max: Int, accepts: (EnvironmentID) -> Bool) throws -> [Queued] {
        try control.read { connection in
            var found: [Queued] = []
            try connection.rows(
                "SELECT id, environment, function, request_id, source, user, event, attempt FROM queue WHERE due_at <= $1 ORDER BY due_at, id",
                [.int(now)]
            ) { row in
                guard !running.contains(row.int(0)), let environment = EnvironmentID(row.text(1)), accepts(environment) else { return true }
                found.append(
                    Queued(
                        id: row.int(0), environment: environment, function: row.text(2), requestID: row.text(3), source: row.text(4),
                        user: User(stored: row.text(5)), event: row.bytes(6), attempt: Int(row.int(7))))
                return found.count < max
            }
            return found
        }
    }

    /// When the next of those becomes due that are not yet; `nil` when there is none.
    func nextDue(after now: Int64) throws -> Int64? {
        try control.read { try $0.first("SELECT due_at FROM queue WHERE due_at > $1 ORDER BY due_at LIMIT 1", .int(now)) { $0.int(0) } }
    }

    /// Makes due what a clock that has since been set back has queued for a time that is still far off.
    ///
    /// First tries are due when they are queued, and no retry waits longer than `waitMax`.
    func recallFromLater(than now: Int64, waitMax: Int64) async throws {
        try await control.write {
            _ = try $0.execute("UPDATE queue SET due_at = $1 WHERE due_at > $1 AND (attempt = 0 OR due_at > $2)", .int(now), .int(now + waitMax))
        }
    }

    /// Ends a queued invocation and, in the same commit, queues what follows from it.
    func finish(_ item: Queued, follow: (function: String, event: [UInt8])?, now: Int64) async throws {
        try await control.write { connection in
            try connection.execute("DELETE FROM queue WHERE id = $1", .int(item.id))
            if let follow {
                try Self.enqueue(
                    connection, item.environment, follow.function, requestID: item.requestID, source: "queue", user: item.user, event: follow.event, now: now)
            }
        }
    }

    func retry(_ item: Queued, dueAt: Int64) async throws {
        try await control.write {
            _ = try $0.execute("UPDATE queue SET attempt = $2, due_at = $3 WHERE id = $1", .int(item.id), .int(Int64(item.attempt + 1)), .int(dueAt))
        }
    }

    // MARK: Timers

    /// A trigger's next time.
    struct Timer: Sendable, Hashable {
        let environment: EnvironmentID
        let function: String
        let name: String
    }

    func timers() throws -> [Timer: Int64] {
        let rows = try control.read { connection in
            try connection.all("SELECT environment, function, name, next_at FROM timers") { row in
                EnvironmentID(row.text(0)).map { (Timer(environment: $0, function: row.text(1), name: row.text(2)), row.int(3)) }
            }
        }
        return Dictionary(uniqueKeysWithValues: rows.compactMap { $0 })
    }

    /// Queues a timer's run and moves the timer on, in one commit: a crash neither loses nor doubles it.
    func fire(_ timer: Timer, run: (requestID: String, event: [UInt8])?, nextAt: Int64?, now: Int64) async throws {
        try await control.write { connection in
            if let run {
                try Self.enqueue(
                    connection, timer.environment, timer.function, requestID: run.requestID, source: "timer", user: .nobody, event: run.event, now: now)
            }
            let names: (SQLValue, SQLValue, SQLValue) = (.text(timer.environment.text), .text(timer.function), .text(timer.name))
            if let nextAt {
                try connection.execute(
                    """
                    INSERT INTO timers (environment, function, name, next_at) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (environment, function, name) DO UPDATE SET next_at = excluded.next_at
                    """, names.0, names.1, names.2, .int(nextAt))
            } else {
                try connection.execute("DELETE FROM timers WHERE environment = $1 AND function = $2 AND name = $3", names.0, names.1, names.2)
            }
        }
    }
}

extension User {
    fileprivate var stored: String {
        (["openid": .string(openid), "unionid": .string(unionid), "appId": .string(appID), "platform": .string(platform)] as JSON).text
    }

    fileprivate init(stored: String) {
        let object = (try? JSON(parsing: Array(stored.utf8)))?.objectValue ?? [:]
        func text(_ name: String) -> String { object[name]?.stringValue ?? "" }
        self.init(openid: text("openid"), unionid: text("unionid"), appID: text("appId"), platform: text("platform"))
    }
}
