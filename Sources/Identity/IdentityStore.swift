public import Kernel
internal import Storage

/// The tables of identity in `control.sqlite`; append only.
let identityMigrations: [Migration] = [
    Migration(
        "identity-1",
        """
        CREATE TABLE users (
            environment TEXT NOT NULL, openid TEXT NOT NULL, unionid TEXT NOT NULL, app_id TEXT NOT NULL, platform TEXT NOT NULL,
            created_at INTEGER NOT NULL, last_login_at INTEGER NOT NULL, PRIMARY KEY (environment, openid)) WITHOUT ROWID;
        CREATE TABLE refresh_tokens (
            token_hash TEXT PRIMARY KEY, environment TEXT NOT NULL, openid TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX refresh_tokens_by_environment ON refresh_tokens (environment);
        """),
    // The list of users is read from its index alone, also where a search has to look at everybody.
    Migration(
        "identity-2",
        """
        CREATE INDEX users_by_login ON users (environment, last_login_at, openid, unionid, platform);
        CREATE INDEX refresh_tokens_by_user ON refresh_tokens (environment, openid);
        DROP INDEX refresh_tokens_by_environment;
        """),
]

/// All SQL of identity.
struct IdentityStore: Sendable {
    let control: Database

    /// Records a login and the refresh token that it hands out.
    func recordLogin(_ user: User, of environment: EnvironmentID, tokenHash: String, expiresAt: Int64, now: Int64) async throws {
        try await control.write { connection in
            try connection.execute(
                """
                INSERT INTO users (environment, openid, unionid, app_id, platform, created_at, last_login_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
                ON CONFLICT (environment, openid) DO UPDATE SET unionid = excluded.unionid, last_login_at = excluded.last_login_at
                """,
                .text(environment.text), .text(user.openid), .text(user.unionid), .text(user.appID), .text(user.platform), .int(now))
            try connection.execute(
                "INSERT INTO refresh_tokens (token_hash, environment, openid, expires_at) VALUES ($1, $2, $3, $4)",
                .text(tokenHash), .text(environment.text), .text(user.openid), .int(expiresAt))
        }
    }

    /// Uses up a refresh token: two requests with the same one cannot both succeed.
    /// - Parameter admit: throws where the token's environment may not be entered now; the token then stays usable.
    func takeRefreshToken(
        _ hash: String, named: String?, now: Int64, admit: @escaping @Sendable (EnvironmentID) throws -> Void
    ) async throws -> (EnvironmentID, User)? {
        try await control.write { connection in
            let found = try connection.first(
                """
                SELECT t.environment, u.openid, u.unionid, u.app_id, u.platform FROM refresh_tokens t
                JOIN users u ON u.environment = t.environment AND u.openid = t.openid WHERE t.token_hash = $1 AND t.expires_at > $2
                """, .text(hash), .int(now)
            ) { row in
                EnvironmentID(row.text(0)).map {
                    ($0, User(openid: row.text(1), unionid: row.text(2), appID: row.text(3), platform: row.text(4)))
                }
            }
            guard let (environment, user) = found ?? nil else { return nil }
            if let named, named != environment.text { throw SampanError.tokenOfAnotherEnvironment }
            try admit(environment)
            try connection.execute("DELETE FROM refresh_tokens WHERE token_hash = $1", .text(hash))
            return (environment, user)
        }
    }

    // MARK: Lists

    private static let userColumns = "openid, unionid, app_id, platform, created_at, last_login_at"

    func users(of environment: EnvironmentID, _ query: UserQuery, max: Int) throws -> [KnownUser] {
        var values: [SQLValue] = [.text(environment.text)]
        var conditions = "environment = $1"
        func add(_ condition: (String) -> String, _ more: SQLValue...) {
            values += more
            conditions += " AND " + condition("$\(values.count)")
        }
        if let search = query.search {
            add({ "(openid LIKE \($0) ESCAPE '\\' OR unionid LIKE \($0) ESCAPE '\\')" }, .text("%\(Self.escapedForLike(search))%"))
        }
        if let platform = query.platform { add({ "platform = \($0)" }, .text(platform)) }
        if let after = query.after {
            add({ "(last_login_at, openid) < ($\(values.count - 1), \($0))" }, .int(after.lastLoginAt), .text(after.openid))
        }
        values.append(.int(Int64(max)))
        // First who, from the index alone; then what else is known of those few.
        let sql = """
            SELECT \(Self.userColumns.split(separator: ", ").map { "u.\($0)" }.joined(separator: ", ")) FROM (
                SELECT openid, last_login_at FROM users WHERE \(conditions) ORDER BY last_login_at DESC, openid DESC LIMIT $\(values.count)) p
            CROSS JOIN users u ON u.environment = $1 AND u.openid = p.openid ORDER BY p.last_login_at DESC, p.openid DESC
            """
        return try control.read { connection in
            var users: [KnownUser] = []
            try connection.rows(sql, values) { row in
                users.append(Self.user(row))
                return true
            }
            return users
        }
    }

    func users(of environment: EnvironmentID, afterOpenid openid: String, max: Int) throws -> [KnownUser] {
        try control.read { connection in
            try connection.all(
                "SELECT \(Self.userColumns) FROM users WHERE environment = $1 AND openid > $2 ORDER BY openid LIMIT $3", .text(environment.text),
                .text(openid), .int(Int64(max)), transform: Self.user)
        }
    }

    private static func user(_ row: Row) -> KnownUser {
        KnownUser(
            openid: row.text(0), unionid: row.text(1), appID: row.text(2), platform: row.text(3), createdAt: row.int(4), lastLoginAt: row.int(5))
    }

    /// A text in which `%`, `_` and the escape itself stand for themselves.
    private static func escapedForLike(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if ["%", "_", "\\"].contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
    }

    /// - Returns: how many sessions ended; `nil` when there is no such user.
    func endSessions(of openid: String, in environment: EnvironmentID) async throws -> Int? {
        try await control.write { connection in
            let names: (SQLValue, SQLValue) = (.text(environment.text), .text(openid))
            let isKnown = try connection.first("SELECT 1 FROM users WHERE environment = $1 AND openid = $2", names.0, names.1) { _ in true }
            guard isKnown != nil else { return nil }
            return try connection.execute("DELETE FROM refresh_tokens WHERE environment = $1 AND openid = $2", names.0, names.1)
        }
    }

    // MARK: Environments

    private static let usersCopiedAtOnce: Int64 = 5000

    /// Copies some users: few enough that other writes do not wait long.
    /// - Returns: the last one's openid; `nil` when there were no more.
    func copyUsers(of source: EnvironmentID, to copy: EnvironmentID, afterOpenid openid: String) async throws -> String? {
        try await control.write { connection in
            let some = "FROM users WHERE environment = $1 AND openid > $2 ORDER BY openid LIMIT $3"
            let values: (SQLValue, SQLValue, SQLValue) = (.text(source.text), .text(openid), .int(Self.usersCopiedAtOnce))
            try connection.execute(
                """
                INSERT INTO users (environment, openid, unionid, app_id, platform, created_at, last_login_at)
                SELECT $4, openid, unionid, app_id, platform, created_at, last_login_at \(some)
                """, values.0, values.1, values.2, .text(copy.text))
            return try connection.first("SELECT max(openid) FROM (SELECT openid \(some))", values.0, values.1, values.2) { $0.optionalText(0) } ?? nil
        }
    }

    func purge(now: Int64) async throws {
        try await control.write { _ = try $0.execute("DELETE FROM refresh_tokens WHERE expires_at <= $1", .int(now)) }
    }

    func remove(_ environment: EnvironmentID) async throws {
        try await control.write { connection in
            try connection.execute("DELETE FROM refresh_tokens WHERE environment = $1", .text(environment.text))
            try connection.execute("DELETE FROM users WHERE environment = $1", .text(environment.text))
        }
    }
}

extension SampanError {
    /// 403: the request names one environment and its token belongs to another.
    public static let tokenOfAnotherEnvironment = forbidden(
        "ENVIRONMENT_MISMATCH", Localized("The token belongs to another environment.", zh: "令牌属于其他环境。"),
        remedy: Localized("Log in to the environment that you call.", zh: "请登录到要调用的环境。"))
}
