internal import Kernel
internal import Storage

/// Collections as they come and go.
///
/// One that is dropped keeps its tables until the history is over: only its row moves from `collections` to `dropped`. One that comes back
/// leaves a row there that says when it was away.
struct PastCollections {
    let connection: Connection

    /// A collection that was there at a moment.
    struct Life {
        let collection: Collection
        /// When it was dropped; `nil` where it is there now.
        let droppedAt: Int64?
    }

    /// A collection that can be brought back.
    struct Dropped {
        let collection: Collection
        let createdAt: Int64
        let droppedAt: Int64
    }

    private static let columns = "number, name, permission, rules, validator"

    /// Takes a collection away and keeps what it holds.
    /// - Returns: about how many bytes that is.
    func drop(_ collection: Collection, now: Int64) throws -> Int64 {
        for index in collection.indexes where !index.isReady {
            try connection.execute("DELETE FROM indexes WHERE number = $1", .int(index.number))
            try connection.script(index.sql.drop)
        }
        var bytes = try size("d\(collection.number)", "body")
        for index in collection.indexes where index.isReady { bytes += try size("i\(index.number)", "key") }
        try connection.execute(
            """
            INSERT INTO dropped (\(Self.columns), created_at, dropped_at, bytes)
            SELECT \(Self.columns), created_at, CAST($2 AS \(connection.dialect.integerType)), CAST($3 AS \(connection.dialect.integerType))
            FROM collections WHERE number = $1
            """, .int(collection.number), .int(now), .int(bytes))
        try connection.execute("DELETE FROM collections WHERE number = $1", .int(collection.number))
        return bytes
    }

    /// What rows take beside their bytes: numbers, lengths, their place in a page.
    private func size(_ table: String, _ column: String) throws -> Int64 {
        try connection.first("SELECT coalesce(sum(32 + length(\(column)) * 5 / 4), 0) FROM \(table)") { $0.int(0) } ?? 0
    }

    /// Brings back a collection that was dropped; its name is free.
    func bringBack(_ collection: Collection, now: Int64) throws {
        try connection.execute(
            """
            INSERT INTO collections (\(Self.columns), created_at)
            SELECT \(Self.columns), created_at FROM dropped WHERE number = $1 AND returned_at IS NULL
            """, .int(collection.number))
        try connection.execute("UPDATE dropped SET returned_at = $2 WHERE number = $1 AND returned_at IS NULL", .int(collection.number), .int(now))
    }

    /// The collections that were there at a moment.
    func all(at moment: Int64) throws -> [Life] {
        let found = try connection.all(
            """
            SELECT \(Self.columns), dropped_at FROM (
                SELECT \(Self.columns), created_at, CAST(NULL AS \(connection.dialect.integerType)) AS dropped_at FROM collections WHERE restore IS NULL
                UNION ALL SELECT \(Self.columns), created_at, dropped_at FROM dropped WHERE returned_at IS NULL AND dropped_at > $1
            ) lives
            WHERE created_at <= $1
                AND number NOT IN (SELECT number FROM dropped WHERE returned_at IS NOT NULL AND dropped_at <= $1 AND returned_at > $1)
            ORDER BY number
            """, .int(moment)
        ) { row in (collection: try DocumentStore.collection(row, connection.dialect), droppedAt: row.isNull(5) ? nil : row.int(5)) }
        return try found.map { Life(collection: try withIndexes($0.collection), droppedAt: $0.droppedAt) }
    }

    /// Those that can be brought back, the last dropped first.
    func dropped() throws -> [Dropped] {
        let found = try connection.all(
            "SELECT \(Self.columns), created_at, dropped_at FROM dropped WHERE returned_at IS NULL ORDER BY dropped_at DESC, id DESC"
        ) { row in Dropped(collection: try DocumentStore.collection(row, connection.dialect), createdAt: row.int(5), droppedAt: row.int(6)) }
        return try found.map { Dropped(collection: try withIndexes($0.collection), createdAt: $0.createdAt, droppedAt: $0.droppedAt) }
    }

    private func withIndexes(_ collection: Collection) throws -> Collection {
        var collection = collection
        collection.indexes = try DocumentStore.loadIndexes(connection).filter { $0.collection == collection.number }.map(\.index)
        return collection
    }

    /// About how many bytes are kept of collections that were dropped.
    func bytes() throws -> Int64 {
        try connection.first("SELECT coalesce(sum(bytes), 0) FROM dropped WHERE returned_at IS NULL") { Int64($0.int(0)) } ?? 0
    }

    /// Removes a dropped collection for good.
    func remove(_ collection: Collection) throws {
        for index in collection.indexes { try connection.script(index.sql.drop) }
        try connection.execute("DELETE FROM indexes WHERE collection = $1", .int(collection.number))
        try connection.script(collection.sql.drop)
        try connection.execute("DELETE FROM dropped WHERE number = $1", .int(collection.number))
    }

    /// Forgets when collections were away that came back before a moment.
    func forgetReturns(before moment: Int64) throws {
        try connection.execute("DELETE FROM dropped WHERE returned_at IS NOT NULL AND returned_at < $1", .int(moment))
    }
}
