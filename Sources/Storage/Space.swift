/// How much room a database takes.
extension Connection {
    /// The bytes of one page: what a database grows by at least.
    public func pageBytes() throws -> Int64 { try number("page_size") }

    /// The pages that the contents take; those that were freed, and are used again before the file grows, do not count.
    ///
    /// Inside a transaction: with what that has changed so far.
    public func usedPages() throws -> Int64 { try number("page_count") - number("freelist_count") }

    private func number(_ pragma: String) throws -> Int64 { try first("PRAGMA \(pragma)") { $0.int(0) } ?? 0 }

    /// Runs `body` in a transaction, and undoes it where the contents then take more than `pagesMax` and more than before.
    ///
    /// Within the bound the engine is asked once; only beyond it is `body` undone, and done again to see whether it grows anything.
    /// - Returns: `nil` when it was undone.
    public func growing<T>(upToPages pagesMax: Int64, _ body: (Connection) throws -> T) throws -> T? {
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
    /// Writes what the last commit left to a new file, compacted, while reads and writes go on.
    ///
    /// It is not synced: whoever keeps the file does that.
    public func snapshot(to path: String) throws {
        try read { _ = try $0.execute("VACUUM INTO $1", .text(path)) }
    }
}
