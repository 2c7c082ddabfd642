internal import HTTPSupport
internal import Kernel
internal import Storage

/// All SQL of organizations, apps, members and invitations.
struct OrganizationStore: Sendable {
    let control: Database

    // MARK: Organizations and apps

    func organizations() throws -> [Organization] {
        try control.read { connection in
            try connection.all("SELECT id, name, kind, status, created_at FROM organizations ORDER BY created_at, id") { row in
                guard let id = OrganizationID(row.text(0)), let kind = Organization.Kind(rawValue: row.text(2)),
                    let status = Organization.Status(rawValue: row.text(3))
                else { throw StorageError.damaged("organization \(row.text(0))") }
                return Organization(id: id, name: row.text(1), kind: kind, status: status, createdAt: row.int(4))
            }
        }
    }

    func insert(_ organization: Organization) async throws { try await control.write { try Self.insert(organization, $0) } }

    /// Before anyone waits.
    func insertNow(_ organization: Organization) throws { try control.writeNow { try Self.insert(organization, $0) } }

    private static func insert(_ organization: Organization, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO organizations (id, name, kind, status, created_at) VALUES ($1, $2, $3, $4, $5)", .text(organization.id.text),
            .text(organization.name), .text(organization.kind.rawValue), .text(organization.status.rawValue), .int(organization.createdAt))
    }

    func update(_ organization: Organization) async throws {
        try await control.write { connection in
            try connection.execute(
                "UPDATE organizations SET name = $2, status = $3 WHERE id = $1", .text(organization.id.text), .text(organization.name),
                .text(organization.status.rawValue))
        }
    }

    func apps() throws -> [App] {
        try control.read { connection in
            try connection.all("SELECT id, organization, name, alipay_app_id, wechat_app_id, created_at FROM apps ORDER BY created_at, id") { row in
                guard let id = AppID(row.text(0)), let organization = OrganizationID(row.text(1)) else { throw StorageError.damaged("app \(row.text(0))") }
                return App(
                    id: id, organization: organization, name: row.text(2), alipayAppID: row.text(3), wechatAppID: row.text(4), createdAt: row.int(5))
            }
        }
    }

    func save(_ app: App) async throws {
        try await control.write { connection in
            try connection.execute(
                """
                INSERT INTO apps (id, organization, name, alipay_app_id, wechat_app_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, alipay_app_id = excluded.alipay_app_id, wechat_app_id = excluded.wechat_app_id
                """,
                .text(app.id.text), .text(app.organization.text), .text(app.name), .text(app.alipayAppID), .text(app.wechatAppID), .int(app.createdAt))
        }
    }

    /// Removes an app with the roles and invitations that are limited to it.
    func remove(_ app: AppID) async throws {
        try await control.write { connection in
            for statement in ["DELETE FROM members WHERE app = $1", "DELETE FROM invitations WHERE app = $1", "DELETE FROM apps WHERE id = $1"] {
                try connection.execute(statement, .text(app.text))
            }
        }
    }

    // MARK: Members

    func grants(of account: AccountID) throws -> [Grant] {
        try control.read { connection in
            try connection.all("SELECT organization, app, role FROM members WHERE account = $1", .text(account.text)) { row in
                guard let organization = OrganizationID(row.text(0)), let role = Role(rawValue: row.text(2)) else {
                    throw StorageError.damaged("membership of \(account)")
                }
                return Grant(role, at: AppID(row.text(1)).map { .app($0) } ?? .organization(organization))
            }
        }
    }

    func members(of organization: OrganizationID) throws -> [Membership] {
        try control.read { connection in
            try connection.all(
                """
                SELECT m.account, a.email, a.name, m.app, m.role, m.created_at FROM members m JOIN accounts a ON a.id = m.account
                WHERE m.organization = $1 ORDER BY m.created_at, m.account, m.app
                """, .text(organization.text)
            ) { row in
                guard let account = AccountID(row.text(0)), let role = Role(rawValue: row.text(4)) else {
                    throw StorageError.damaged("members of \(organization)")
                }
                return Membership(account: account, email: row.text(1), name: row.text(2), app: AppID(row.text(3)), role: role, createdAt: row.int(5))
            }
        }
    }

    /// Gives a role, in place of the one that the account has there.
    static func setRole(
        _ role: Role, of account: AccountID, in organization: OrganizationID, app: AppID?, now: Int64, _ connection: Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO members (organization, account, app, role, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (organization, account, app) DO UPDATE SET role = excluded.role
            """,
            .text(organization.text), .text(account.text), .text(app?.text ?? ""), .text(role.rawValue), .int(now))
    }

    static func removeRole(of account: AccountID, in organization: OrganizationID, app: AppID?, _ connection: Connection) throws -> Bool {
        try connection.execute(
            "DELETE FROM members WHERE organization = $1 AND account = $2 AND app = $3", .text(organization.text), .text(account.text),
            .text(app?.text ?? "")) > 0
    }

    static func ownerCount(_ organization: OrganizationID, _ connection: Connection) throws -> Int64 {
        try connection.first("SELECT count(*) FROM members WHERE organization = $1 AND app = '' AND role = 'owner'", .text(organization.text)) { $0.int(0) }
            ?? 0
    }

    // MARK: Invitations

    private static let invitationColumns = "id, organization, email, app, role, invited_by, created_at, expires_at"

    func insert(_ invitation: Invitation, tokenHash: String) async throws {
        try await control.write { connection in
            // One for each address and place: the newest holds.
            try connection.execute(
                "DELETE FROM invitations WHERE organization = $1 AND email = $2 AND app = $3", .text(invitation.organization.text), .text(invitation.email),
                .text(invitation.app?.text ?? ""))
            try connection.execute(
                """
                INSERT INTO invitations (id, token_hash, organization, email, app, role, invited_by, created_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                .text(invitation.id), .text(tokenHash), .text(invitation.organization.text), .text(invitation.email), .text(invitation.app?.text ?? ""),
                .text(invitation.role.rawValue), .text(invitation.invitedBy), .int(invitation.createdAt), .int(invitation.expiresAt))
        }
    }

    func invitations(of organization: OrganizationID, now: Int64) throws -> [Invitation] {
        try control.read { connection in
            try connection.all(
                "SELECT \(Self.invitationColumns) FROM invitations WHERE organization = $1 AND expires_at > $2 ORDER BY created_at, id",
                .text(organization.text), .int(now), transform: Self.invitation)
        }
    }

    func invitation(tokenHash: String, now: Int64) throws -> Invitation? {
        try control.read { connection in
            try connection.first(
                "SELECT \(Self.invitationColumns) FROM invitations WHERE token_hash = $1 AND expires_at > $2", .text(tokenHash), .int(now),
                transform: Self.invitation)
        }
    }

    private static func invitation(_ row: Row) throws -> Invitation {
        guard let organization = OrganizationID(row.text(1)), let role = Role(rawValue: row.text(4)) else {
            throw StorageError.damaged("invitation \(row.text(0))")
        }
        return Invitation(
            id: row.text(0), organization: organization, email: row.text(2), app: AppID(row.text(3)), role: role, invitedBy: row.text(5),
            createdAt: row.int(6), expiresAt: row.int(7))
    }

    /// Takes an invitation back, or uses it up.
    static func removeInvitation(_ id: String, of organization: OrganizationID, _ connection: Connection) throws -> Bool {
        try connection.execute("DELETE FROM invitations WHERE id = $1 AND organization = $2", .text(id), .text(organization.text)) > 0
    }
}
