/// How much room a database takes.
extension Connection {
    /// The bytes of one page: what a database grows by at least.
    public func pageBytes() throws -> Int64 {
        switch engine {
        case .sqlite: try number("page_size")
        case .postgres: PostgresRoom.pageBytes
        }
    }

    /// The pages that the contents take.
    ///
    /// SQLite does not count those that were freed, which are used again before the file grows; PostgreSQL does, until its
    /// vacuum gives them back. Inside a transaction: with what that has changed so far.
    public func usedPages() throws -> Int64 {
        switch engine {
        case .sqlite: try number("page_count") - number("freelist_count")
        case .postgres(let session): try session.measure() / PostgresRoom.pageBytes
        }
    }

    private func number(_ pragma: String) throws -> Int64 { try first("PRAGMA \(pragma)") { $0.int(0) } ?? 0 }

    /// Runs `body` in a transaction, and undoes it where the contents then take more than `pagesMax` and more than before.
    ///
    /// SQLite is asked once within the bound; only beyond it is `body` undone, and done again to see whether it grows anything.
    /// On PostgreSQL, where a change is an insertion, a database that is beyond the bound takes nothing.
    /// - Returns: `nil` when it was undone.
    public func growing<T>(upToPages pagesMax: Int64, _ body: (Connection) throws -> T) throws -> T? {
        if case .postgres(let session) = engine, let space = session.space {
            return try session.growing(upTo: pagesMax * PostgresRoom.pageBytes, space) { try body(self) }
        }
        try execute("SAVEPOINT room")
        do {
            var value: T? = try body(self)
            if try usedPages() > pagesMax {
                try execute("ROLLBACK TO room")
                let before = try usedPages()
                value = try body(self)
                if try usedPages() > before {
                    try execute("ROLLBACK TO room")
                    value = nil
                }
            }
            try execute("RELEASE room")
            return value
        } catch {
            try execute("ROLLBACK TO room")
            try execute("RELEASE room")
            throw error
        }
    }
}

extension Database {
    /// Writes what the last commit left to a new SQLite file, compacted, while reads and writes go on.
    ///
    /// It is not synced: whoever keeps the file does that. PostgreSQL has no such files: its tables are copied one by one.
    public func snapshot(to path: String) throws {
        try read { _ = try $0.execute("VACUUM INTO $1", .text(path)) }
    }
}
