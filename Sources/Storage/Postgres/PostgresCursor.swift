internal import CPostgres

/// The rows of a query page by page, through a cursor of the server: whoever stops early has read little more than needed,
/// and other statements may be run between the pages.
extension PostgresSession {
    private static let firstPage = 100
    private static let pageMax = 2000

    func pagedRows(_ sql: String, _ values: [SQLValue], each: (Row) throws -> Bool) throws {
        guard !isInTransaction else { return try pages(sql, values, each) }
        // A cursor lives in a transaction.
        try requireUsable()
        isInTransaction = true
        do {
            try send("BEGIN READ ONLY", [])
            try pages(sql, values, each)
            try end("COMMIT")
        } catch {
            // The transaction has only read. If it cannot be ended either, nobody uses the connection again.
            if !isBroken {
                fault = nil
                do { try end("ROLLBACK") } catch { isBroken = true }
            }
            throw error
        }
    }

    private func pages(_ sql: String, _ values: [SQLValue], _ each: (Row) throws -> Bool) throws {
        let cursor = "c\(cursors)"
        cursors += 1
        defer { cursors -= 1 }
        try send("DECLARE \(cursor) NO SCROLL CURSOR FOR \(sql)", values)
        var wanted = Self.firstPage
        do {
            while try page(cursor, wanted, each) { wanted = min(Self.pageMax, wanted * 4) }
        } catch {
            if fault == nil, !isBroken { try send("CLOSE \(cursor)", []) }
            throw error
        }
        try send("CLOSE \(cursor)", [])
    }

    /// - Returns: whether more is wanted, and may be there.
    private func page(_ cursor: String, _ wanted: Int, _ each: (Row) throws -> Bool) throws -> Bool {
        let result = try run("FETCH \(wanted) FROM \(cursor)", [])
        defer { PQclear(result) }
        guard let result else { return false }
        let count = PQntuples(result)
        for position in 0..<count where try !each(Row(result: result, position: position)) { return false }
        return count == wanted
    }

    /// Ends the transaction.
    /// - Returns: what the server has done.
    @discardableResult
    func end(_ sql: String) throws -> String {
        try send(sql, [])
        isEnding = true
        defer { isEnding = false }
        let result = try settle()
        defer { PQclear(result) }
        isInTransaction = false
        fault = nil
        job = 0
        return PQcmdStatus(result).map { String(cString: $0) } ?? ""
    }
}
