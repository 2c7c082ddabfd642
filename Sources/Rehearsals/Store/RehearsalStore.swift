public import Kernel
public import Storage

/// Rehearsals in the control database.
public struct RehearsalStore: Sendable {
    /// How many an environment keeps; older ones go first.
    private static let keptMax = 50
    private let control: Database

    /// Opens them.
    public init(control: Database) throws {
        try control.migrate([
            Migration(
                "rehearsals-1",
                """
                CREATE TABLE rehearsals (
                    id TEXT PRIMARY KEY, environment TEXT NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL, report TEXT NOT NULL);
                CREATE INDEX rehearsals_by_environment ON rehearsals (environment, started_at);
                """)
        ])
        self.control = control
    }

    /// Forgets those of an environment that is removed.
    public func removeAll(of environment: EnvironmentID) async throws {
        try await control.write { _ = try $0.execute("DELETE FROM rehearsals WHERE environment = $1", .text(environment.text)) }
    }

    func save(_ rehearsal: Rehearsal) async throws {
        let text = JSON.object(rehearsal.json).text
        try await control.write { connection in
            try connection.execute(
                """
                INSERT INTO rehearsals (id, environment, status, started_at, report) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (id) DO UPDATE SET status = excluded.status, report = excluded.report
                """,
                .text(rehearsal.id), .text(rehearsal.environment.text), .text(rehearsal.status.rawValue), .int(rehearsal.startedAt), .text(text))
            try connection.execute(
                """
                DELETE FROM rehearsals WHERE environment = $1 AND id NOT IN
                    (SELECT id FROM rehearsals WHERE environment = $1 ORDER BY started_at DESC, id DESC LIMIT \(Self.keptMax))
                """, .text(rehearsal.environment.text))
        }
    }

    /// Those of an environment, the latest first.
    func all(of environment: EnvironmentID) throws -> [JSON] {
        try control.read { connection in
            try connection.all(
                "SELECT report FROM rehearsals WHERE environment = $1 ORDER BY started_at DESC, id DESC", .text(environment.text)
            ) { $0.text(0) }
        }.map { try JSON(parsing: $0) }
    }

    func find(_ id: String, of environment: EnvironmentID) throws -> JSON? {
        try control.read { connection in
            try connection.first("SELECT report FROM rehearsals WHERE id = $1 AND environment = $2", .text(id), .text(environment.text)) { $0.text(0) }
        }.map { try JSON(parsing: $0) }
    }

    /// Says of those that ran when the server ended that they were interrupted.
    func endUnfinished(now: Int64) async throws {
        let open = try control.read { connection in
            try connection.all("SELECT id, report FROM rehearsals WHERE status IN ('preparing', 'running')") { ($0.text(0), $0.text(1)) }
        }
        for (id, text) in open {
            var report = try JSON(parsing: text).objectValue ?? [:]
            report["status"] = .string(Rehearsal.Status.interrupted.rawValue)
            report["endedAt"] = .int(now)
            report["reason"] = Localized("The server ended meanwhile.", zh: "服务器在此期间停止。").both
            let ended = JSON.object(report).text
            try await control.write {
                _ = try $0.execute("UPDATE rehearsals SET status = 'interrupted', report = $2 WHERE id = $1", .text(id), .text(ended))
            }
        }
    }
}
