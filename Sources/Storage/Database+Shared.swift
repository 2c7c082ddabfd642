internal import CPostgres

/// What a database that several nodes share has, and a file does not need.
extension Database {
    /// Which version of the schema this node knows: it grows with every `Connection.schemaChanged`, here or elsewhere.
    public var version: Int64 { if case .postgres(let space) = engine { space.version } else { 0 } }

    /// Removes a namespace with everything in it; whoever has it open gets errors.
    public static func destroy(namespace: String, of server: PostgresServer) throws { try PostgresSpace(server, name: namespace).destroy() }

    /// Makes a new namespace of the same server with everything that this one has at one moment, while reads and writes go on.
    public func copy(toNamespace copy: String) throws {
        guard case .postgres(let space) = engine else { throw StorageError.damaged("only namespaces are copied to namespaces") }
        try space.copy(to: PostgresSpace(space.server, name: copy))
    }

    /// Runs `body` with a reading connection on which every statement sees the same moment.
    public func readMoment<T>(_ body: (Connection) throws -> T) throws -> T {
        try read { connection in
            guard case .postgres(let session) = connection.engine else {
                try connection.execute("BEGIN")
                // It has only read, so how it ends does not matter.
                defer { _ = try? connection.execute("ROLLBACK") }
                return try body(connection)
            }
            return try session.withTransaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { try body(connection) }
        }
    }
}

extension Connection {
    /// Runs one statement that changes what other nodes hold in memory, or nothing: they are told only where it changed something.
    ///
    /// Like `enqueue` otherwise. This node reads its own change again before its next write.
    /// - Parameter sql: without `RETURNING`.
    public func enqueueSchemaChange(_ sql: String, _ values: SQLValue...) throws {
        switch engine {
        case .sqlite(let handle): _ = try handle.execute(sql, values)
        case .postgres(let session):
            let count = values.count
            try session.send(
                """
                WITH changed AS (\(sql) RETURNING 1),
                bumped AS (UPDATE sampan_meta SET version = version + 1 WHERE EXISTS (SELECT 1 FROM changed) RETURNING version)
                SELECT pg_notify($\(count + 1), version || ' ' || $\(count + 2)) FROM bumped
                """, values + [.text(PostgresSpace.channel), .text(session.namespace)])
        }
    }
}

extension PostgresSession {
    /// Runs `body` in a transaction that only reads, or is about new tables.
    func withTransaction<T>(_ begin: String, _ body: () throws -> T) throws -> T {
        try requireUsable()
        isInTransaction = true
        do {
            try send(begin, [])
            let value = try body()
            if let fault { throw fault.error }
            guard try end("COMMIT") == "COMMIT" else { throw StorageError.refused("25P02", "the transaction had failed before") }
            return value
        } catch {
            if !isBroken, isInTransaction {
                fault = nil
                // What cannot be rolled back is a connection that nobody uses again.
                do { try end("ROLLBACK") } catch { isBroken = true }
            }
            throw (error as? PostgresFault)?.error ?? error
        }
    }
}

extension PostgresSpace {
    /// Makes `copy` from this namespace.
    func copy(to copy: PostgresSpace) throws {
        try server.lend(.writing, in: name) { session in
            try session.withTransaction("BEGIN ISOLATION LEVEL REPEATABLE READ") {
                let connection = Connection(session, self)
                try connection.execute("SET LOCAL statement_timeout = 0")
                try connection.script("CREATE SCHEMA \"\(copy.name)\"")
                let tables = try connection.all("SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1", .text(name)) { $0.text(0) }
                for table in tables { try self.copy(table, to: copy.name, connection) }
            }
        }
    }

    private func copy(_ table: String, to schema: String, _ connection: Connection) throws {
        let to = "\"\(schema)\".\"\(table)\""
        try connection.script("CREATE TABLE \(to) (LIKE \"\(table)\" INCLUDING ALL); INSERT INTO \(to) OVERRIDING SYSTEM VALUE SELECT * FROM \"\(table)\"")
        let numbered = try connection.all(
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'YES'",
            .text(schema), .text(table)
        ) { $0.text(0) }
        for column in numbered {
            // The sequence of the original, not the greatest number: one that is gone is not given again.
            guard let original = try sequence(of: column, in: name, table, connection), let copied = try sequence(of: column, in: schema, table, connection)
            else { continue }
            try connection.script("SELECT setval('\(copied)', last_value, is_called) FROM \(original)")
        }
    }

    private func sequence(of column: String, in schema: String, _ table: String, _ connection: Connection) throws -> String? {
        try connection.first("SELECT pg_get_serial_sequence($1, $2)", .text("\"\(schema)\".\"\(table)\""), .text(column)) { $0.optionalText(0) } ?? nil
    }
}
