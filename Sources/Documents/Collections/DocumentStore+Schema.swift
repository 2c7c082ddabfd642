internal import HTTPSupport
internal import Kernel
internal import Storage

/// Collections and indexes come and go.
///
/// The catalog in memory changes in the writer's turn, as the last step of a job, so that later writes of the same batch
/// already keep a new index; readers use it once the commit is on disk. If a commit fails the catalog is read again.
extension DocumentStore {
    /// Makes a collection; answers `false` when it was there.
    func createCollection(_ name: String, _ access: CollectionAccess, _ validator: CollectionValidator? = nil, now: Int64) async throws -> Bool {
        if catalog[name] != nil { return false }
        return try await turn { [self] connection in
            // Looked at in the writer's turn: nobody else makes one meanwhile.
            if catalog[name] != nil { return false }
            try requireRoomForOneMore()
            let made = try withinQuota(connection) { try addCollection(name, access, validator, $0, now: now) }
            try connection.schemaChanged()
            try connection.flush()
            catalog.put(made)
            return true
        }
    }

    /// Makes the row and the table of a collection; the catalog is the caller's to change.
    /// - Parameter restore: what fills it where nobody sees it; `nil` for a collection like any other.
    func addCollection(
        _ name: String, _ access: CollectionAccess, _ validator: CollectionValidator?, restore: String? = nil, _ connection: Connection, now: Int64
    ) throws -> Collection {
        let number = try connection.insertReturning(
            "number", "INSERT INTO collections (name, permission, rules, validator, created_at, restore) VALUES ($1, $2, $3, $4, $5, $6)", .text(name),
            .text(access.permission.rawValue), .optional(access.storedRules), .optional(validator?.stored), .int(now), .optional(restore))
        let sql = CollectionSQL(number, connection.dialect)
        try connection.script(sql.create)
        return Collection(number: number, name: name, access: access, validator: validator, indexes: [], sql: sql)
    }

    private func requireRoomForOneMore() throws {
        let count = catalog.count
        guard count < limits.collectionsMax else { throw SampanError.tooManyCollections(limits.collectionsMax) }
        try quotas().require(.collections, before: Int64(count), after: Int64(count) + 1)
    }

    /// Changes what clients may do, and what documents must look like.
    /// - Returns: the collection before, and as it is now.
    func change(
        _ name: String, if precondition: Precondition, _ change: @escaping @Sendable (inout Collection) throws -> Void
    ) async throws -> (before: Collection, after: Collection) {
        try await turn { [self] connection in
            let before = try collection(name)
            try precondition.require(before.tag)
            var after = before
            try change(&after)
            try connection.execute(
                "UPDATE collections SET permission = $2, rules = $3, validator = $4 WHERE number = $1", .int(after.number),
                .text(after.access.permission.rawValue), .optional(after.access.storedRules), .optional(after.validator?.stored))
            try connection.schemaChanged()
            try connection.flush()
            catalog.put(after)
            return (before, after)
        }
    }

    /// Removes a collection with its documents, which can be brought back as long as there is a history.
    func dropCollection(_ name: String, if precondition: Precondition, keepsPast: Bool = true) async throws {
        try await turn { [self] connection in
            let old = try collection(name)
            try precondition.require(old.tag)
            try takeAway(old, keepsPast: keepsPast, connection)
            try connection.schemaChanged()
            try connection.flush()
            catalog.remove(name)
        }
    }

    /// Removes a collection that can be brought back as long as there is a history; the catalog is the caller's to change.
    func takeAway(_ collection: Collection, keepsPast: Bool = true, _ connection: Connection) throws {
        if keepsPast, limits.historyDays > 0 {
            history.grow(by: try PastCollections(connection: connection).drop(collection, now: clock.now()))
            return
        }
        for index in collection.indexes { try connection.script(index.sql.drop) }
        try connection.execute("DELETE FROM indexes WHERE collection = $1", .int(collection.number))
        try connection.script(collection.sql.drop)
        try connection.execute("DELETE FROM collections WHERE number = $1", .int(collection.number))
    }
}

extension SampanError {
    static func tooManyCollections(_ limit: Int) -> SampanError {
        limitExceeded(Localized("An environment has at most \(limit) collections.", zh: "每个环境至多 \(limit) 个集合。"))
    }
}
