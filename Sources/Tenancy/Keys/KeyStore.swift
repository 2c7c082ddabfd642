internal import HTTPSupport
internal import Kernel
internal import Storage

/// All SQL of keys.
struct KeyStore: Sendable {
    let control: Database

    private static let keyColumns = "id, organization, environment, name, kind, role, created_at, expires_at, last_used_at"

    func keys(of environment: EnvironmentID) throws -> [Key] { try keys("environment = $1", .text(environment.text)) }

    func keys(of organization: OrganizationID) throws -> [Key] { try keys("organization = $1", .text(organization.text)) }

    private func keys(_ condition: String, _ value: SQLValue) throws -> [Key] {
        try control.read { connection in
            try connection.all("SELECT \(Self.keyColumns) FROM keys WHERE \(condition) ORDER BY created_at, id", value, transform: Self.key)
        }
    }

    private static func key(_ row: Row) throws -> Key {
        guard let kind = Key.Kind(rawValue: row.text(4)), let role = Role(rawValue: row.text(5)) else { throw StorageError.damaged("key \(row.text(0))") }
        return Key(
            id: row.text(0), organization: OrganizationID(row.text(1)), environment: EnvironmentID(row.text(2)), name: row.text(3), kind: kind, role: role,
            createdAt: row.int(6), expiresAt: row.isNull(7) ? nil : row.int(7), lastUsedAt: row.isNull(8) ? nil : row.int(8))
    }

    func insert(_ key: Key, secretHash: String, sealedSecret: String?) async throws {
        try await control.write { connection in
            try connection.execute(
                """
                INSERT INTO keys (id, organization, environment, name, kind, role, secret_hash, sealed_secret, created_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                .text(key.id), .text(key.organization?.text ?? ""), .text(key.environment?.text ?? ""), .text(key.name), .text(key.kind.rawValue),
                .text(key.role.rawValue), .text(secretHash), .optional(sealedSecret), .int(key.createdAt), .optional(key.expiresAt))
        }
    }

    func removeKey(_ id: String, of environment: EnvironmentID) async throws -> Bool {
        try await control.write {
            try $0.execute("DELETE FROM keys WHERE id = $1 AND environment = $2", .text(id), .text(environment.text)) > 0
        }
    }

    func removeKey(_ id: String, of organization: OrganizationID) async throws -> Bool {
        try await control.write {
            try $0.execute("DELETE FROM keys WHERE id = $1 AND organization = $2", .text(id), .text(organization.text)) > 0
        }
    }

    func touchKey(_ id: String, now: Int64) async throws {
        try await control.write { _ = try $0.execute("UPDATE keys SET last_used_at = $2 WHERE id = $1", .text(id), .int(now)) }
    }

    func managementKey(secretHash: String) throws -> Key? {
        try control.read { connection in
            try connection.first(
                "SELECT \(Self.keyColumns) FROM keys WHERE secret_hash = $1 AND kind = 'management'", .text(secretHash), transform: Self.key)
        }
    }

    func accessKey(_ id: String) throws -> (Key, sealedSecret: String)? {
        try control.read { connection in
            try connection.first("SELECT \(Self.keyColumns), sealed_secret FROM keys WHERE id = $1 AND kind = 'access'", .text(id)) { row in
                (try Self.key(row), row.text(9))
            }
        }
    }
}
