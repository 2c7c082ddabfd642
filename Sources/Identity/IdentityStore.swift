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
        """)
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
