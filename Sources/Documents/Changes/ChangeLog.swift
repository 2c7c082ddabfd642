internal import Kernel
internal import Storage

/// The log of changes of one environment: what watches resume from, what triggers work through, what goes back in time.
///
/// A row is written in the transaction of its change. It keeps the document as it was before; as it was after only where a
/// trigger will want it, since that is otherwise what the next change found, or what is stored now.
struct ChangeLog {
    /// The most changes that are read at once.
    static let readMax = 1000

    let connection: Connection

    /// Writes down one change.
    /// - Parameter isAsked: whether somebody wants to know its place.
    /// - Returns: its place; 0 where nobody asks.
    func append(
        _ kind: DocumentChange.Kind, at: Int64, collection: Int64, id: String, before: [UInt8]?, after: [UInt8]?, isAsked: Bool
    ) throws -> Int64 {
        let sql = "INSERT INTO changes (at, collection, kind, id, before, after) VALUES ($1, $2, $3, $4, $5, $6)"
        let before: SQLValue = before.map { .blob($0) } ?? .null
        let after: SQLValue = after.map { .blob($0) } ?? .null
        if isAsked {
            return try connection.insertReturning(
                "seq", sql, .int(at), .int(collection), .int(kind.rawValue), .verbatim(id), before, after)
        }
        try connection.enqueue(sql, .int(at), .int(collection), .int(kind.rawValue), .verbatim(id), before, after)
        return 0
    }

    /// The place of the last change; 0 where there was none.
    func last() throws -> Int64 { try connection.first("SELECT coalesce(max(seq), 0) FROM changes") { $0.int(0) } ?? 0 }

    /// The place of the oldest change that is kept; 0 where there is none.
    func oldest() throws -> Int64 { try connection.first("SELECT coalesce(min(seq), 0) FROM changes") { $0.int(0) } ?? 0 }

    /// Whether everything that has happened since a moment is here.
    ///
    /// It is where the first change of all is still there, unless that stands for documents that are older than the log (collection 0).
    func reaches(back moment: Int64) throws -> Bool {
        try connection.first("SELECT seq, at, collection FROM changes ORDER BY seq LIMIT 1") { row in
            row.int(1) <= moment || (row.int(0) == 1 && row.int(2) != 0)
        } ?? true
    }

    /// The place of the last change up to a moment; 0 where all came later.
    func place(upTo moment: Int64) throws -> Int64 {
        try connection.first("SELECT coalesce(max(seq), 0) FROM changes WHERE at <= $1", .int(moment)) { $0.int(0) } ?? 0
    }

    /// A row of the log.
    struct Row {
        let sequence: Int64
        let at: Int64
        let collection: Int64
        let kind: DocumentChange.Kind
        let id: String
        let before: JSONObject?
        let after: JSONObject?
    }

    /// The changes behind a place, in order.
    func rows(after sequence: Int64, collection: Int64? = nil, limit: Int = readMax) throws -> [Row] {
        var rows: [Row] = []
        let condition = collection == nil ? "" : " AND collection = $3"
        let values: [SQLValue] = [.int(sequence), .int(Int64(limit))] + (collection.map { [.int($0)] } ?? [])
        try connection.rows("SELECT seq, at, collection, kind, id, before, after FROM changes WHERE seq > $1\(condition) ORDER BY seq LIMIT $2", values) {
            row in
            rows.append(
                Row(
                    sequence: row.int(0), at: row.int(1), collection: row.int(2), kind: DocumentChange.Kind(rawValue: row.int(3)) ?? .update, id: row.text(4),
                    before: row.isNull(5) ? nil : try row.document(5), after: row.isNull(6) ? nil : try row.document(6)))
            return true
        }
        return rows
    }

    /// What a row takes beside its texts and documents: numbers, lengths, its place in a page.
    private static let rowBytes: Int64 = 32

    static func bytes(id: String, before: [UInt8]?, after: [UInt8]?) -> Int64 {
        // Documents do not fill pages to the last byte.
        rowBytes + Int64(id.utf8.count + ((before?.count ?? 0) + (after?.count ?? 0)) * 5 / 4)
    }

    /// About how many bytes the log takes.
    func bytes() throws -> Int64 {
        try connection.first(
            "SELECT coalesce(sum(\(Self.rowBytes) + length(id) + (coalesce(length(before), 0) + coalesce(length(after), 0)) * 5 / 4), 0) FROM changes"
        ) { $0.int(0) } ?? 0
    }

    /// Forgets what is older than a moment, but the last change, which numbers go on from.
    /// - Returns: how many were forgotten; at most `limit`, so that no writer waits long.
    func forget(before moment: Int64, limit: Int) throws -> Int {
        try connection.execute(
            "DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE at < $1 AND seq < (SELECT max(seq) FROM changes) ORDER BY seq LIMIT $2)",
            .int(moment), .int(Int64(limit)))
    }

    /// Forgets the oldest beyond so many.
    func forgetOldest(keeping count: Int64) throws {
        try connection.execute("DELETE FROM changes WHERE seq <= (SELECT coalesce(max(seq), 0) FROM changes) - $1", .int(count))
    }
}
