internal import Kernel
internal import Storage

/// All SQL of environments.
struct EnvironmentStore: Sendable {
    let control: Database

    func environments() throws -> [(Environment, settings: String, quotas: String)] {
        try control.read { connection in
            try connection.all(
                "SELECT id, organization, app, name, stage, status, created_at, delete_after, settings, quotas, rehearsal_of FROM environments ORDER BY created_at, id"
            ) { row in
                guard let id = EnvironmentID(row.text(0)), let organization = OrganizationID(row.text(1)),
                    let stage = Environment.Stage(rawValue: row.text(4)), let status = Environment.Status(rawValue: row.text(5))
                else { throw StorageError.damaged("environment \(row.text(0))") }
                let environment = Environment(
                    id: id, organization: organization, app: AppID(row.text(2)), name: row.text(3), stage: stage, status: status, createdAt: row.int(6),
                    deleteAfter: row.isNull(7) ? nil : row.int(7), rehearsalOf: EnvironmentID(row.text(10)))
                return (environment, row.text(8), row.text(9))
            }
        }
    }

    /// Gives environments from before there were organizations to one.
    func adoptEnvironments(by organization: OrganizationID) throws {
        try control.writeNow { _ = try $0.execute("UPDATE environments SET organization = $1 WHERE organization = ''", .text(organization.text)) }
    }

    func insert(_ environment: Environment, settings: String, quotas: String = "{}") async throws {
        try await control.write { connection in
            try connection.execute(
                """
                INSERT INTO environments (id, organization, app, name, stage, status, created_at, settings, quotas, rehearsal_of)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                .text(environment.id.text), .text(environment.organization.text), .text(environment.app?.text ?? ""), .text(environment.name),
                .text(environment.stage.rawValue), .text(environment.status.rawValue), .int(environment.createdAt), .text(settings), .text(quotas),
                .text(environment.rehearsalOf?.text ?? ""))
            try connection.execute("DELETE FROM unfinished_environments WHERE id = $1", .text(environment.id.text))
        }
    }

    /// Those that are being made, or were when the server ended.
    func unfinished() throws -> [EnvironmentID] {
        try control.read { try $0.all("SELECT id FROM unfinished_environments") { EnvironmentID($0.text(0)) } }.compactMap { $0 }
    }

    func insertUnfinished(_ environment: EnvironmentID) async throws {
        try await control.write { _ = try $0.execute("INSERT INTO unfinished_environments (id) VALUES ($1)", .text(environment.text)) }
    }

    func update(_ environment: Environment) async throws {
        try await control.write { connection in
            try connection.execute(
                "UPDATE environments SET name = $2, status = $3, delete_after = $4, app = $5, stage = $6 WHERE id = $1",
                .text(environment.id.text), .text(environment.name), .text(environment.status.rawValue), .optional(environment.deleteAfter),
                .text(environment.app?.text ?? ""), .text(environment.stage.rawValue))
        }
    }

    func update(_ environment: EnvironmentID, settings: String) async throws {
        try await control.write {
            try $0.execute("UPDATE environments SET settings = $2 WHERE id = $1", .text(environment.text), .text(settings))
        }
    }

    func update(_ environment: EnvironmentID, quotas: String) async throws {
        try await control.write {
            _ = try $0.execute("UPDATE environments SET quotas = $2 WHERE id = $1", .text(environment.text), .text(quotas))
        }
    }

    func remove(_ environment: EnvironmentID) async throws {
        try await control.write { connection in
            try connection.execute("DELETE FROM keys WHERE environment = $1", .text(environment.text))
            try connection.execute("DELETE FROM environments WHERE id = $1", .text(environment.text))
            try connection.execute("DELETE FROM unfinished_environments WHERE id = $1", .text(environment.text))
        }
    }
}
