/// One step of a schema: appended, never changed once released.
public struct Migration: Sendable {
    /// Unique within its database.
    public let name: String
    private let text: @Sendable (Dialect) -> String

    /// Makes a step that is the same for both engines.
    public init(_ name: String, _ sql: String) { self.init(name) { _ in sql } }

    /// Makes a step from what each engine calls its types.
    public init(_ name: String, _ sql: @escaping @Sendable (Dialect) -> String) {
        self.name = name
        text = sql
    }

    /// The statements.
    public func sql(_ dialect: Dialect) -> String { text(dialect) }
}

extension Database {
    /// Applies the steps that this database does not have yet, all or none.
    public func migrate(_ migrations: [Migration]) throws {
        try writeNow { connection in
            try connection.script("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
            let applied = Set(try connection.all("SELECT name FROM migrations") { $0.text(0) })
            for migration in migrations where !applied.contains(migration.name) {
                try connection.script(migration.sql(connection.dialect))
                try connection.execute("INSERT INTO migrations (name) VALUES ($1)", .text(migration.name))
            }
        }
    }
}
