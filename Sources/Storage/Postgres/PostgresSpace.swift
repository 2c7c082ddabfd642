internal import CPostgres
internal import Synchronization

/// One namespace of a PostgreSQL: a schema with the tables of one database, and what this node knows of it.
final class PostgresSpace: Sendable {
    private struct State {
        var version: Int64 = -1
        var catalogChanged: @Sendable (Connection) throws -> Void = { _ in }
        /// The version that the transaction under way makes, if it makes one.
        var nextVersion: Int64?
        /// Whether what is in memory may be other than the disk.
        var mustReload = false
        var room = PostgresRoom()
    }

    static let channel = "sampan"

    let server: PostgresServer
    let name: String
    /// What the writers of all nodes take turns by.
    let lock: Int64
    private let state = Mutex(State())

    /// - Parameter name: lower-case letters, digits, `_` and `-`.
    init(_ server: PostgresServer, name: String) {
        precondition(
            (1...60).contains(name.utf8.count) && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 45 },
            "a namespace is a name of lower-case letters, digits, _ and -: \(name)")
        self.server = server
        self.name = name
        // FNV-1a: the same on every node and in every release.
        let hash = "sampan.\(name)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        lock = Int64(bitPattern: hash)
    }

    /// Makes the schema where it is not there.
    func create() throws {
        try server.lend(.writing, in: name) { session in
            let isThere = try session.run(
                "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'sampan_meta'", [.text(name)])
            let count = PQntuples(isThere)
            PQclear(isThere)
            if count == 0 { try make(session) }
            let version = try session.run("SELECT version FROM sampan_meta", [])
            defer { PQclear(version) }
            guard let version, PQntuples(version) == 1 else { throw StorageError.damaged("sampan_meta has no row") }
            state.withLock { $0.version = Row(result: version, position: 0).int(0) }
        }
    }

    private func make(_ session: PostgresSession) throws {
        try PostgresTransaction(session, self).run { _ in
            try session.script(
                """
                CREATE SCHEMA IF NOT EXISTS "\(name)";
                CREATE TABLE IF NOT EXISTS sampan_meta (one BOOLEAN PRIMARY KEY DEFAULT true CHECK (one), version BIGINT NOT NULL);
                INSERT INTO sampan_meta (version) VALUES (1) ON CONFLICT DO NOTHING;
                """)
        }
    }

    /// Removes the schema with everything in it.
    ///
    /// Some tables at a time: the server has room for only so many locks in one transaction.
    func destroy() throws {
        try server.lend(.writing, in: name) { session in
            let transaction = PostgresTransaction(session, self)
            while try transaction.run({ try dropSome($0) }) {}
            try transaction.run { _ in try session.script("DROP SCHEMA IF EXISTS \"\(name)\" CASCADE") }
        }
    }

    /// - Returns: whether there were any.
    private func dropSome(_ connection: Connection) throws -> Bool {
        let tables = try connection.all("SELECT tablename::text FROM pg_tables WHERE schemaname = $1 LIMIT 200", .text(name)) { $0.text(0) }
        for table in tables { try connection.script("DROP TABLE \"\(name)\".\"\(table)\" CASCADE") }
        return !tables.isEmpty
    }

    // MARK: Versions

    var version: Int64 { state.withLock { $0.version } }

    func whenChanged(_ body: @escaping @Sendable (Connection) throws -> Void) { state.withLock { $0.catalogChanged = body } }

    /// Takes note of the version that a transaction has begun with.
    ///
    /// Called in the writer's turn: nobody else changes what it stands for meanwhile.
    func begins(with version: Int64, _ session: PostgresSession) throws {
        let changed = state.withLock { state -> (@Sendable (Connection) throws -> Void)? in
            state.nextVersion = nil
            return state.version != version || state.mustReload ? state.catalogChanged : nil
        }
        guard let changed else { return }
        try changed(Connection(session, self))
        state.withLock { state in
            state.version = version
            state.mustReload = false
        }
    }

    /// This node's next write begins with reading the schema again.
    func reloadLater() { state.withLock { $0.mustReload = true } }

    func schemaChanged(_ session: PostgresSession) throws {
        let result = try session.run("UPDATE sampan_meta SET version = version + 1 RETURNING version", [])
        defer { PQclear(result) }
        guard let result, PQntuples(result) == 1 else { throw StorageError.damaged("sampan_meta has no row") }
        let version = Row(result: result, position: 0).int(0)
        try session.send("SELECT pg_notify($1, $2)", [.text(Self.channel), .text("\(version) \(name)")])
        state.withLock { state in
            state.nextVersion = version
            state.mustReload = true
        }
    }

    /// A transaction is committed.
    /// - Parameter isWhole: whether nothing of it was undone, which may have been what changed the schema.
    func committed(isWhole: Bool) {
        state.withLock { state in
            guard let next = state.nextVersion else { return }
            state.nextVersion = nil
            guard isWhole else { return }
            state.version = next
            state.mustReload = false
        }
    }

    // MARK: Room

    /// What is known about the size of the tables.
    func withRoom<T>(_ body: (inout PostgresRoom) throws -> T) rethrows -> T { try state.withLock { try body(&$0.room) } }
}
