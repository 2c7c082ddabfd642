internal import HTTPSupport
internal import Kernel
internal import Storage

/// Collections and indexes come and go.
///
/// The catalog in memory changes in the writer's turn, as the last step of a job, so that later writes of the same batch
/// already keep a new index; readers use it once the commit is on disk. If a commit fails the catalog is read again.
extension DocumentStore {
    /// Makes a collection; answers `false` when it was there.
    func createCollection(_ name: String, _ access: CollectionAccess, now: Int64) async throws -> Bool {
        if catalog[name] != nil { return false }
        return try await database.write { [self] connection in
            // Looked at in the writer's turn: nobody else makes one meanwhile.
            if catalog[name] != nil { return false }
            try requireRoomForOneMore()
            let made = try withinQuota(connection) { connection in
                let number = try connection.insertReturning(
                    "number", "INSERT INTO collections (name, permission, rules, created_at) VALUES ($1, $2, $3, $4)", .text(name),
                    .text(access.permission.rawValue), .optional(access.storedRules), .int(now))
                let sql = CollectionSQL(number, connection.dialect)
                try connection.script(sql.create)
                try connection.schemaChanged()
                return Collection(number: number, name: name, access: access, indexes: [], sql: sql)
            }
            try connection.flush()
            catalog.put(made)
            return true
        }
    }

    private func requireRoomForOneMore() throws {
        let count = catalog.count
        guard count < limits.collectionsMax else {
            throw SampanError.limitExceeded(
                Localized("An environment has at most \(limits.collectionsMax) collections.", zh: "每个环境至多 \(limits.collectionsMax) 个集合。"))
        }
        try quotas().require(.collections, before: Int64(count), after: Int64(count) + 1)
    }

    /// Changes what clients may do.
    func setAccess(_ name: String, _ access: CollectionAccess, if precondition: Precondition) async throws {
        try await database.write { [self] connection in
            var changed = try collection(name)
            try precondition.require(changed.tag)
            try connection.execute(
                "UPDATE collections SET permission = $2, rules = $3 WHERE number = $1", .int(changed.number), .text(access.permission.rawValue),
                .optional(access.storedRules))
            try connection.schemaChanged()
            try connection.flush()
            changed.access = access
            catalog.put(changed)
        }
    }

    /// Removes a collection with its documents.
    func dropCollection(_ name: String, if precondition: Precondition) async throws {
        try await database.write { [self] connection in
            let old = try collection(name)
            try precondition.require(old.tag)
            for index in old.indexes { try connection.script(index.sql.drop) }
            try connection.execute("DELETE FROM indexes WHERE collection = $1", .int(old.number))
            try connection.script(old.sql.drop)
            try connection.execute("DELETE FROM collections WHERE number = $1", .int(old.number))
            try connection.schemaChanged()
            try connection.flush()
            catalog.remove(name)
        }
    }

    /// Makes an index and fills it.
    func createIndex(_ definition: IndexDefinition, on name: String) async throws {
        let made = try await database.write { [self] connection -> Int64? in
            var current = try collection(name)
            guard try isNew(definition, in: current) else { return nil }
            let index = try withinQuota(connection) { [current] in try filledIndex(definition, on: current, $0) }
            try connection.flush()
            current.indexes.append(index)
            catalog.put(current)
            return index.number
        }
        if let made { catalog.changeIndex(made, of: name) { $0.isReady = true } }
    }

    private func filledIndex(_ definition: IndexDefinition, on collection: Collection, _ connection: Connection) throws -> StoredIndex {
        let number = try connection.insertReturning(
            "number", "INSERT INTO indexes (collection, name, fields, is_unique) VALUES ($1, $2, $3, $4)",
            .int(collection.number), .verbatim(definition.name), .text(definition.fieldsJSON.text), .int(definition.unique ? 1 : 0))
        let sql = IndexSQL(number, collection: collection.number, isUnique: definition.unique, connection.dialect)
        try connection.script(sql.create)
        try connection.schemaChanged()
        var index = StoredIndex(number: number, definition: definition, sql: sql, isReady: false)
        try mutator(connection, collection).fill(index)
        index.definition.isMultikey = try connection.first("SELECT is_multikey FROM indexes WHERE number = $1", .int(number)) { $0.int(0) == 1 } ?? false
        return index
    }

    /// Whether the collection lacks this index and may have it.
    ///
    /// Asked in the writer's turn, where nobody else makes one.
    private func isNew(_ definition: IndexDefinition, in collection: Collection) throws -> Bool {
        if let same = collection.indexes.first(where: { $0.definition.name == definition.name }) {
            if same.definition.fields == definition.fields && same.definition.unique == definition.unique { return false }
            throw SampanError(
                "INDEX_EXISTS", status: 409, Localized("There is another index named \"\(definition.name)\".", zh: "已存在同名索引 “\(definition.name)”。"),
                remedy: Localized("Use another name, or remove that one first.", zh: "请换用其他名称,或先删除该索引。"))
        }
        guard collection.indexes.count < limits.indexesMax else {
            throw SampanError.limitExceeded(
                Localized("A collection has at most \(limits.indexesMax) indexes.", zh: "每个集合至多 \(limits.indexesMax) 个索引。"))
        }
        return true
    }

    /// Removes an index.
    func dropIndex(_ indexName: String, of name: String) async throws {
        try await database.write { [self] connection in
            var current = try collection(name)
            guard let index = current.indexes.first(where: { $0.definition.name == indexName }) else {
                throw SampanError.notFound(
                    "INDEX_NOT_FOUND", Localized("There is no index \"\(indexName)\".", zh: "索引 “\(indexName)” 不存在。"),
                    remedy: Localized("The collection's page lists its indexes.", zh: "可在集合页查看索引列表。"))
            }
            try connection.execute("DELETE FROM indexes WHERE number = $1", .int(index.number))
            try connection.script(index.sql.drop)
            try connection.schemaChanged()
            try connection.flush()
            current.indexes.removeAll { $0.number == index.number }
            catalog.put(current)
        }
    }
}
