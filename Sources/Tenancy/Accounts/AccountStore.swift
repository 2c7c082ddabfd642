internal import Kernel
internal import Storage

/// All SQL of accounts and their sessions.
struct AccountStore: Sendable {
    /// What signing in needs to know of an account.
    struct Credentials: Sendable {
        let account: Account
        let passwordHash: String
        let sealedSecondFactor: String?
        /// The step of the last code that was accepted.
        let secondFactorStep: Int64
        let recoveryHashes: [String]
    }

    private static let columns = "id, email, name, second_factor, created_at, password_hash, second_factor_step, recovery_hashes"
    let control: Database

    // MARK: Accounts

    func find(_ id: AccountID) throws -> Credentials? { try first("id = $1", .text(id.text)) }

    func find(email: String) throws -> Credentials? { try first("email = $1", .text(email)) }

    private func first(_ condition: String, _ value: SQLValue) throws -> Credentials? {
        try control.read { try $0.first("SELECT \(Self.columns) FROM accounts WHERE \(condition)", value, transform: Self.credentials) ?? nil }
    }

    private static func credentials(_ row: Row) throws -> Credentials? {
        guard let id = AccountID(row.text(0)) else { throw StorageError.damaged("account \(row.text(0))") }
        let sealed = row.optionalText(3)
        let account = Account(
            id: id, email: row.text(1), name: row.text(2), hasSecondFactor: sealed != nil, createdAt: row.int(4))
        return Credentials(
            account: account, passwordHash: row.text(5), sealedSecondFactor: sealed, secondFactorStep: row.int(6),
            recoveryHashes: row.text(7).split(separator: " ").map(String.init))
    }

    /// - Throws: `EMAIL_TAKEN` when there is such an account.
    static func insert(_ account: Account, passwordHash: String, _ connection: Connection) throws {
        do {
            try connection.execute(
                "INSERT INTO accounts (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
                .text(account.id.text), .text(account.email), .text(account.name), .text(passwordHash), .int(account.createdAt))
        } catch let error as StorageError where error.isUniqueViolation {
            throw SampanError.emailTaken
        }
    }

    /// Accounts whose email or name has `search`, oldest first, from a position of `ListWindow` on.
    func accounts(search: String?, after: String?, limit: Int) throws -> [Account] {
        try control.read { connection in
            try connection.all(
                """
                SELECT \(Self.columns) FROM accounts
                WHERE ($1 IS NULL OR instr(lower(email), $1) > 0 OR instr(lower(name), $1) > 0) AND ($2 IS NULL OR printf('%015d.%s', created_at, id) > $2)
                ORDER BY created_at, id LIMIT $3
                """, .optional(search?.lowercased()), .optional(after), .int(Int64(limit)), transform: Self.credentials
            ).compactMap { $0?.account }
        }
    }

    /// Removes an account with everything that it has been given; what it did stays in the audit log.
    /// - Throws: `LAST_OWNER` where an organization would have no owner any more.
    func remove(_ id: AccountID) async throws {
        try await control.write { connection in
            let owned = try connection.all(
                "SELECT organization FROM members WHERE account = $1 AND app = '' AND role = 'owner'", .text(id.text)
            ) { OrganizationID($0.text(0)) }
            for organization in owned.compactMap(\.self) where try OrganizationStore.ownerCount(organization, connection) == 1 {
                throw SampanError.lastOwner
            }
            for statement in [
                "DELETE FROM sessions WHERE account = $1", "DELETE FROM password_resets WHERE account = $1", "DELETE FROM members WHERE account = $1",
                "DELETE FROM accounts WHERE id = $1",
            ] { try connection.execute(statement, .text(id.text)) }
        }
    }

    func rename(_ id: AccountID, _ name: String) async throws {
        try await control.write { _ = try $0.execute("UPDATE accounts SET name = $2 WHERE id = $1", .text(id.text), .text(name)) }
    }

    /// Sets the password and ends all sessions but `kept`.
    func setPassword(_ id: AccountID, hash: String, keeping kept: String?) async throws {
        try await control.write { connection in
            try connection.execute("UPDATE accounts SET password_hash = $2 WHERE id = $1", .text(id.text), .text(hash))
            try connection.execute("DELETE FROM sessions WHERE account = $1 AND id <> $2", .text(id.text), .text(kept ?? ""))
            try connection.execute("DELETE FROM password_resets WHERE account = $1", .text(id.text))
        }
    }

    /// A better hash of the same password.
    func rehash(_ id: AccountID, hash: String) async throws {
        try await control.write { _ = try $0.execute("UPDATE accounts SET password_hash = $2 WHERE id = $1", .text(id.text), .text(hash)) }
    }

    func setSecondFactor(_ id: AccountID, sealed: String?, step: Int64, recoveryHashes: [String]) async throws {
        try await control.write { connection in
            try connection.execute(
                "UPDATE accounts SET second_factor = $2, second_factor_step = $3, recovery_hashes = $4 WHERE id = $1",
                .text(id.text), .optional(sealed), .int(step), .text(recoveryHashes.joined(separator: " ")))
        }
    }

    /// Notes the step of an accepted code.
    /// - Returns: whether it is newer than the last one: of two sign-ins with one code only one may pass.
    func useStep(_ step: Int64, of id: AccountID) async throws -> Bool {
        try await control.write {
            try $0.execute("UPDATE accounts SET second_factor_step = $2 WHERE id = $1 AND second_factor_step < $2", .text(id.text), .int(step)) > 0
        }
    }

    /// Uses a recovery code up.
    /// - Returns: whether it was still there.
    func useRecovery(_ hash: String, of id: AccountID) async throws -> Bool {
        try await control.write { connection in
            let text = try connection.first("SELECT recovery_hashes FROM accounts WHERE id = $1", .text(id.text)) { $0.text(0) } ?? ""
            let hashes = text.split(separator: " ")
            let left = hashes.filter { $0 != hash }
            guard left.count < hashes.count else { return false }
            try connection.execute("UPDATE accounts SET recovery_hashes = $2 WHERE id = $1", .text(id.text), .text(left.joined(separator: " ")))
            return true
        }
    }

    // MARK: Sessions

    /// A session as it is stored; without an account it is the operator's, begun with the key or a one-time link.
    struct Session: Sendable {
        let id: String
        let account: AccountID?
        let lastSeenAt: Int64
    }

    static func insertSession(
        _ id: String, tokenHash: String, account: AccountID?, now: Int64, expiresAt: Int64, userAgent: String, clientIP: String, _ connection: Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO sessions (id, token_hash, account, created_at, last_seen_at, expires_at, user_agent, client_ip)
            VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
            """,
            .text(id), .text(tokenHash), .optional(account?.text), .int(now), .int(expiresAt), .text(String(userAgent.prefix(200))), .text(clientIP))
    }

    func session(_ tokenHash: String, now: Int64) throws -> Session? {
        try control.read { connection in
            try connection.first("SELECT id, account, last_seen_at FROM sessions WHERE token_hash = $1 AND expires_at > $2", .text(tokenHash), .int(now)) {
                Session(id: $0.text(0), account: $0.optionalText(1).flatMap { AccountID($0) }, lastSeenAt: $0.int(2))
            }
        }
    }

    func sessions(of account: AccountID, now: Int64) throws -> [AccountSession] {
        try control.read { connection in
            try connection.all(
                "SELECT id, created_at, last_seen_at, user_agent, client_ip FROM sessions WHERE account = $1 AND expires_at > $2 ORDER BY last_seen_at DESC, id",
                .text(account.text), .int(now)
            ) { AccountSession(id: $0.text(0), createdAt: $0.int(1), lastSeenAt: $0.int(2), userAgent: $0.text(3), clientIP: $0.text(4)) }
        }
    }

    func touchSession(_ id: String, now: Int64, expiresAt: Int64) async throws {
        try await control.write {
            _ = try $0.execute("UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE id = $1", .text(id), .int(now), .int(expiresAt))
        }
    }

    func removeSession(_ id: String, of account: AccountID?) async throws -> Bool {
        try await control.write {
            try $0.execute("DELETE FROM sessions WHERE id = $1 AND account IS $2", .text(id), .optional(account?.text)) > 0
        }
    }

    func removeSession(tokenHash: String) async throws {
        try await control.write { _ = try $0.execute("DELETE FROM sessions WHERE token_hash = $1", .text(tokenHash)) }
    }

    // MARK: Resets

    func insertReset(_ tokenHash: String, of account: AccountID, expiresAt: Int64) async throws {
        try await control.write { connection in
            // One at a time: an older mail that turns up later opens nothing.
            try connection.execute("DELETE FROM password_resets WHERE account = $1", .text(account.text))
            try connection.execute(
                "INSERT INTO password_resets (token_hash, account, expires_at) VALUES ($1, $2, $3)", .text(tokenHash), .text(account.text), .int(expiresAt))
        }
    }

    func resetAccount(_ tokenHash: String, now: Int64) throws -> AccountID? {
        try control.read { connection in
            try connection.first("SELECT account FROM password_resets WHERE token_hash = $1 AND expires_at > $2", .text(tokenHash), .int(now)) {
                AccountID($0.text(0))
            } ?? nil
        }
    }

    /// Uses a reset up, if nobody has meanwhile, and sets the password.
    func completeReset(_ tokenHash: String, of account: AccountID, passwordHash: String) async throws -> Bool {
        try await control.write { connection in
            guard try connection.execute("DELETE FROM password_resets WHERE token_hash = $1", .text(tokenHash)) > 0 else { return false }
            try connection.execute("UPDATE accounts SET password_hash = $2 WHERE id = $1", .text(account.text), .text(passwordHash))
            try connection.execute("DELETE FROM sessions WHERE account = $1", .text(account.text))
            return true
        }
    }

    /// Removes what has expired.
    func sweep(now: Int64) async throws {
        try await control.write { connection in
            try connection.execute("DELETE FROM sessions WHERE expires_at <= $1", .int(now))
            try connection.execute("DELETE FROM password_resets WHERE expires_at <= $1", .int(now))
        }
    }
}

extension SampanError {
    static let emailTaken = SampanError(
        "EMAIL_TAKEN", status: 409, Localized("There is an account with this email.", zh: "该邮箱已有账号。"),
        remedy: Localized("Sign in with it.", zh: "请直接登录。"))
}
