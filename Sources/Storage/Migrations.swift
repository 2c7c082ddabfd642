/// One step of a schema: appended, never changed once released.
public struct Migration: Sendable {
    /// Unique within its database.
    public let name: String
    /// The statements.
    public let sql: String

    /// Makes a step.
    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

extension Database {
    /// Applies the steps that this file does not have yet, all or none.
    public func migrate(_ migrations: [Migration]) throws {
        try writeNow { connection in
            try connection.script("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
            let applied = Set(try connection.all("SELECT name FROM migrations") { $0.text(0) })
            for migration in migrations where !applied.contains(migration.name) {
                try connection.script(migration.sql)
                try connection.execute("INSERT INTO migrations (name) VALUES ($1)", .text(migration.name))
            }
        }
    }
}
