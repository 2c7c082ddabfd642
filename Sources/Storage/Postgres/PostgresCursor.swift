internal import CPostgres

/// The rows of a query page by page, through a cursor of the server: whoever stops early has read little more than needed,
/// and other statements may be run between the pages.
extension PostgresSession {
    private static let firstPage = 20
    private static let pageMax = 2000
    /// A page that is larger is followed by a smaller one.
    private static let pageBytes = 1 << 20

    func pagedRows(_ sql: String, _ values: [SQLValue], each: (Row) throws -> Bool) throws {
        guard !isInTransaction else { return try pages(sql, values, each) }
        // A cursor lives in a transaction.
        try withTransaction("BEGIN READ ONLY") { try pages(sql, values, each) }
    }

    private func pages(_ sql: String, _ values: [SQLValue], _ each: (Row) throws -> Bool) throws {
        let cursor = "c\(cursors)"
        cursors += 1
        defer { cursors -= 1 }
        try send("DECLARE \(cursor) NO SCROLL CURSOR FOR \(sql)", values)
        var wanted = Self.firstPage
        do {
            while let bytes = try page(cursor, wanted, each) {
                wanted = max(1, min(Self.pageMax, wanted * 4, wanted * Self.pageBytes / max(1, bytes)))
            }
        } catch {
            if fault == nil, !isBroken { try send("CLOSE \(cursor)", []) }
            throw error
        }
        try send("CLOSE \(cursor)", [])
    }

    /// - Returns: how large the page was; `nil` where no more is wanted, or there.
    private func page(_ cursor: String, _ wanted: Int, _ each: (Row) throws -> Bool) throws -> Int? {
        let result = try run("FETCH \(wanted) FROM \(cursor)", [])
        defer { PQclear(result) }
        guard let result else { return nil }
        let count = PQntuples(result)
        for position in 0..<count where try !each(Row(result: result, position: position)) { return nil }
        return count == wanted ? PQresultMemorySize(result) : nil
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
