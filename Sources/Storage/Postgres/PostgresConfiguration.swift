internal import CPostgres

/// Where a PostgreSQL 15 or newer is and how it is used.
///
/// Its description, for logs, has no password.
public struct PostgresConfiguration: Sendable, CustomStringConvertible {
    /// The connection string was not understood; what is wrong with it is not told, as it may hold a password.
    public struct Malformed: Error, Sendable, CustomStringConvertible {
        /// The text for people.
        public let description = "the address of PostgreSQL is neither a URL (postgres://user:password@host:5432/database) nor keywords and values"
    }

    /// How many reads may run at once.
    public var readersMax = 8
    /// How many namespaces may write at once.
    public var writersMax = 8
    /// How many moments may be held at once, for transactions that query.
    public var snapshotsMax = 16
    /// How long making a connection may take.
    public var connectSeconds = 5
    /// How long a statement may take, also one that waits for another node's turn to end.
    public var statementMilliseconds = 30_000
    /// The prepared statements that one connection keeps.
    public var statementsMax = 500
    /// Settings of each connection, such as those of the planner.
    public var settings: [String: String] = [:]

    /// The address without its password.
    public let description: String
    private let address: String
    private let password: String

    /// Takes a URL or libpq's keywords and values.
    /// - Throws: `Malformed`.
    public init(_ address: String) throws {
        guard !address.utf8.contains(0), let options = PQconninfoParse(address, nil) else { throw Malformed() }
        defer { PQconninfoFree(options) }
        var known: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { known[String(cString: keyword)] = String(cString: value) }
            option = option.advanced(by: 1)
        }
        self.address = address
        password = known["password"] ?? ""
        description =
            "postgres://\(known["user"].map { "\($0)@" } ?? "")\(known["host"] ?? known["hostaddr"] ?? "")\(known["port"].map { ":\($0)" } ?? "")"
            + "/\(known["dbname"] ?? "")"
    }

    /// Makes a connection; a dead network is noticed by its keepalives.
    func connect() throws -> OpaquePointer {
        // A later one wins; what the address says about waiting is the operator's to say.
        let parameters: [(String, String)] = [
            ("connect_timeout", "\(max(2, connectSeconds))"), ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"), ("application_name", "sampan"), ("dbname", address), ("client_encoding", "UTF8"),
        ]
        guard let connection = Self.connect(parameters) else { throw StorageError.lost("out of memory") }
        guard PQstatus(connection) == CONNECTION_OK else {
            defer { PQfinish(connection) }
            throw StorageError.lost("\(description): \(withoutPassword(String(cString: PQerrorMessage(connection))))")
        }
        // What the server remarks ("schema exists, skipping") is for nobody.
        _ = PQsetNoticeReceiver(connection, { _, _ in }, nil)
        return connection
    }

    /// What every connection of this room relies on, then what is asked for.
    var sessionSettings: [(name: String, value: String)] {
        let ours = [
            "statement_timeout": "\(statementMilliseconds)", "default_transaction_isolation": "read committed", "synchronous_commit": "on",
            // A node that dies without a word must not keep its turn: the others wait for that.
            "tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
            "idle_in_transaction_session_timeout": "\(max(60_000, 2 * statementMilliseconds))",
            // Statements are prepared once: to plan them again for their first five uses is not worth it.
            "plan_cache_mode": "force_generic_plan",
        ]
        return ours.merging(settings) { _, asked in asked }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func withoutPassword(_ text: String) -> String {
        var text = text
        while text.last?.isNewline == true { text.removeLast() }
        return password.isEmpty ? text : text.replacing(password, with: "…")
    }

    private static func connect(_ parameters: [(String, String)]) -> OpaquePointer? {
        let texts = parameters.flatMap { [$0.0, $0.1] }.map { text -> UnsafeMutablePointer<CChar> in
            let bytes = text.utf8CString
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (position, byte) in bytes.enumerated() { copy[position] = byte }
            return copy
        }
        defer { for text in texts { text.deallocate() } }
        var names: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        for position in stride(from: 0, to: texts.count, by: 2) {
            names.append(UnsafePointer(texts[position]))
            values.append(UnsafePointer(texts[position + 1]))
        }
        return PQconnectdbParams(names + [nil], values + [nil], 1)
    }
}

extension PostgresConfiguration {
    /// The same with a planner that goes by indexes, unless something else was asked for.
    ///
    /// Ranges of an index lead to single rows, and the first ones are wanted at once: whatever reads all of both tables first is
    /// wrong here, however few rows the planner has last counted.
    /// What is disabled and yet the only way, reading a table of one row, counts as very dear, for which PostgreSQL would compile the
    /// statement: 50 ms, each time it is run.
    public var readingByIndex: PostgresConfiguration {
        var configuration = self
        let planner = ["jit": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_bitmapscan": "off", "enable_seqscan": "off"]
        configuration.settings.merge(planner) { asked, _ in asked }
        return configuration
    }
}
