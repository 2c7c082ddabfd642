internal import Kernel
internal import Storage

/// All SQL of tenancy.
struct TenancyStore: Sendable {
    let control: Database

    func environments() throws -> [(Environment, settings: String)] {
        try control.read { connection in
            try connection.all("SELECT id, name, status, created_at, delete_after, settings FROM environments ORDER BY created_at, id") { row in
                guard let id = EnvironmentID(row.text(0)), let status = Environment.Status(rawValue: row.text(2)) else {
                    throw StorageError.damaged("environment \(row.text(0))")
                }
                let environment = Environment(
                    id: id, name: row.text(1), status: status, createdAt: row.int(3), deleteAfter: row.isNull(4) ? nil : row.int(4))
                return (environment, row.text(5))
            }
        }
    }

    func insert(_ environment: Environment, settings: String) async throws {
        try await control.write { connection in
            try connection.execute(
                "INSERT INTO environments (id, name, status, created_at, settings) VALUES ($1, $2, $3, $4, $5)",
                .text(environment.id.text), .text(environment.name), .text(environment.status.rawValue), .int(environment.createdAt), .text(settings))
        }
    }

    func update(_ environment: Environment) async throws {
        try await control.write { connection in
            try connection.execute(
                "UPDATE environments SET name = $2, status = $3, delete_after = $4 WHERE id = $1",
                .text(environment.id.text), .text(environment.name), .text(environment.status.rawValue), .optional(environment.deleteAfter))
        }
    }

    func update(_ environment: EnvironmentID, settings: String) async throws {
        try await control.write {
            try $0.execute("UPDATE environments SET settings = $2 WHERE id = $1", .text(environment.text), .text(settings))
        }
    }

    func remove(_ environment: EnvironmentID) async throws {
        try await control.write { connection in
            try connection.execute("DELETE FROM keys WHERE environment = $1", .text(environment.text))
            try connection.execute("DELETE FROM environments WHERE id = $1", .text(environment.text))
        }
    }

    func keys(of environment: EnvironmentID) throws -> [Key] {
        try control.read { connection in
            try connection.all(
                "SELECT id, name, kind, created_at FROM keys WHERE environment = $1 ORDER BY created_at, id", .text(environment.text)
            ) { Key(id: $0.text(0), name: $0.text(1), kind: Key.Kind(rawValue: $0.text(2)) ?? .management, createdAt: $0.int(3)) }
        }
    }

    func insert(_ key: Key, of environment: EnvironmentID, secretHash: String, sealedSecret: String?) async throws {
        try await control.write { connection in
            try connection.execute(
                "INSERT INTO keys (id, environment, name, kind, secret_hash, sealed_secret, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                .text(key.id), .text(environment.text), .text(key.name), .text(key.kind.rawValue), .text(secretHash), .optional(sealedSecret),
                .int(key.createdAt))
        }
    }

    func removeKey(_ id: String, of environment: EnvironmentID) async throws -> Bool {
        try await control.write {
            try $0.execute("DELETE FROM keys WHERE id = $1 AND environment = $2", .text(id), .text(environment.text)) > 0
        }
    }

    func environment(managedBy secretHash: String) throws -> EnvironmentID? {
        try control.read { connection in
            try connection.first("SELECT environment FROM keys WHERE secret_hash = $1 AND kind = 'management'", .text(secretHash)) {
                EnvironmentID($0.text(0))
            } ?? nil
        }
    }

    func accessKey(_ id: String) throws -> (EnvironmentID, sealedSecret: String)? {
        try control.read { connection in
            try connection.first("SELECT environment, sealed_secret FROM keys WHERE id = $1 AND kind = 'access'", .text(id)) { row in
                EnvironmentID(row.text(0)).map { ($0, row.text(1)) }
            } ?? nil
        }
    }

    func insertSession(_ tokenHash: String, expiresAt: Int64) async throws {
        try await control.write {
            try $0.execute("INSERT INTO console_sessions (token_hash, expires_at) VALUES ($1, $2)", .text(tokenHash), .int(expiresAt))
        }
    }

    func hasSession(_ tokenHash: String, now: Int64) throws -> Bool {
        try control.read { connection in
            try connection.first("SELECT 1 FROM console_sessions WHERE token_hash = $1 AND expires_at > $2", .text(tokenHash), .int(now)) { _ in
                true
            } ?? false
        }
    }

    func removeSession(_ tokenHash: String) async throws {
        try await control.write { _ = try $0.execute("DELETE FROM console_sessions WHERE token_hash = $1", .text(tokenHash)) }
    }
}
