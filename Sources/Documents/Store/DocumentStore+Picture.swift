internal import Storage

/// A picture of a database that is not a file.
extension DocumentStore {
    /// Copies collections, definitions of indexes and documents, as they are at one moment, to a new file.
    ///
    /// Indexes are empty there: whoever reads a picture reads all of it.
    func draw(to path: String) throws {
        let picture = try Database(path: path, durability: .normal)
        try picture.migrate(documentsMigrations)
        try database.readMoment { source in
            try picture.writeNow { target in
                try source.rows("SELECT number, name, permission, created_at, rules, validator FROM collections WHERE restore IS NULL ORDER BY number") { row in
                    try target.execute(
                        "INSERT INTO collections (number, name, permission, created_at, rules, validator) VALUES ($1, $2, $3, $4, $5, $6)", .int(row.int(0)),
                        .text(row.text(1)), .text(row.text(2)), .int(row.int(3)), .optional(row.optionalText(4)), .optional(row.optionalText(5)))
                    return true
                }
                try source.rows(
                    "SELECT number, collection, name, fields, is_unique, is_multikey, options, is_ready FROM indexes WHERE collection IN (SELECT number FROM collections WHERE restore IS NULL) ORDER BY number"
                ) { row in
                    try target.execute(
                        """
                        INSERT INTO indexes (number, collection, name, fields, is_unique, is_multikey, options, is_ready)
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                        """, .int(row.int(0)), .int(row.int(1)), .verbatim(row.text(2)), .text(row.text(3)), .int(row.int(4)), .int(row.int(5)),
                        .optional(row.optionalText(6)), .int(row.int(7)))
                    return true
                }
                for collection in try Self.loadCollections(target) {
                    try target.script(collection.sql.create)
                    for index in collection.indexes { try target.script(index.sql.create) }
                    // One row at a time on both sides.
                    try source.rows("SELECT seq, id, owner, body FROM d\(collection.number) ORDER BY seq") { row in
                        try target.execute(
                            "INSERT INTO d\(collection.number) (seq, id, owner, body) VALUES ($1, $2, $3, $4)", .int(row.int(0)), .text(row.text(1)),
                            .verbatim(row.text(2)), .blob(row.bytes(3)))
                        return true
                    }
                }
            }
        }
        try picture.close()
    }
}
