internal import HTTPSupport
internal import Kernel
internal import Storage
internal import Synchronization

/// Indexes come and go, without keeping writers for longer than a batch.
///
/// A new index is kept by every write from its first commit on, and filled behind them from the documents that were there, batch by
/// batch. Reads use it when it is whole. Whoever dies in between leaves an index that is not ready: nobody reads it, writes keep it,
/// and whoever opens the database next goes on.
extension DocumentStore {
    /// How many documents are indexed in one turn of the writer.
    private static let indexedAtOnce = 1000

    /// Makes an index and fills it.
    func createIndex(_ definition: IndexDefinition, on name: String) async throws {
        guard let made = try await begin(definition, on: name) else { return }
        do {
            var last: Int64? = -1
            while let after = last { last = try await fill(made, of: name, after: after) }
            try await finish(made, of: name)
        } catch {
            do { try await removeIndex(made.number, of: name) } catch { throw Self.told(error) }
            throw Self.told(error)
        }
    }

    /// Goes on with the indexes that a process has left half-made; what they hold already is passed over.
    ///
    /// Where several nodes share the database two may do it at once, with the same result.
    func resumeIndexes() async throws {
        for collection in catalog.all {
            for index in collection.indexes where !index.isReady && building.claim(index.number) {
                do {
                    var last: Int64? = -1
                    while let after = last { last = try await fill(index, of: collection.name, after: after) }
                    try await finish(index, of: collection.name)
                } catch let error as StorageError {
                    // The next process goes on.
                    building.remove(index.number)
                    throw error
                } catch {
                    // The documents do not allow it, as whoever asked for it would have been told.
                    try await removeIndex(index.number, of: collection.name)
                    throw error
                }
            }
        }
    }

    /// - Returns: `nil` when it was there.
    private func begin(_ definition: IndexDefinition, on name: String) async throws -> StoredIndex? {
        try await turn { [self] connection in
            var current = try collection(name)
            if let left = current.indexes.first(where: { $0.definition.name == definition.name && !$0.isReady && !building.contains($0.number) }) {
                try remove(left, connection)
                current.indexes.removeAll { $0.number == left.number }
            }
            guard try isNew(definition, in: current) else { return nil }
            let index = try addIndex(definition, to: current.number, isReady: false, connection)
            try connection.schemaChanged()
            try connection.flush()
            current.indexes.append(index)
            building.insert(index.number)
            catalog.put(current)
            return index
        }
    }

    /// Makes the row and the table of an index; the catalog is the caller's to change.
    /// - Parameter isReady: whether it has the keys of all documents, as that of an empty collection has.
    func addIndex(_ definition: IndexDefinition, to collection: Int64, isReady: Bool, _ connection: Connection) throws -> StoredIndex {
        let number = try connection.insertReturning(
            "number", "INSERT INTO indexes (collection, name, fields, is_unique, options, is_ready) VALUES ($1, $2, $3, $4, $5, $6)", .int(collection),
            .verbatim(definition.name), .text(definition.fieldsJSON.text), .int(definition.unique ? 1 : 0),
            .verbatim(JSON.object(definition.options).text), .int(isReady ? 1 : 0))
        let sql = IndexSQL(number, collection: collection, isUnique: definition.unique, connection.dialect)
        try connection.script(sql.create)
        return StoredIndex(number: number, definition: definition, sql: sql, isReady: isReady)
    }

    /// Indexes some documents behind a row.
    /// - Returns: the last row that was looked at; `nil` when there were no more.
    private func fill(_ index: StoredIndex, of name: String, after: Int64) async throws -> Int64? {
        try await write { [self] connection in
            let mutator = mutator(connection, try collection(name))
            var last: Int64?
            var found: [(seq: Int64, document: JSONObject)] = []
            try connection.rows(mutator.collection.sql.scanAfter, [.int(after), .int(Int64(Self.indexedAtOnce))]) { row in
                found.append((row.int(0), try row.document(2)))
                return true
            }
            for (seq, document) in found {
                try mutator.fill(index, from: document, in: seq)
                last = seq
            }
            return last
        }
    }

    private func finish(_ index: StoredIndex, of name: String) async throws {
        try await turn { connection in
            try connection.execute("UPDATE indexes SET is_ready = 1 WHERE number = $1", .int(index.number))
            try connection.schemaChanged()
            try connection.flush()
        }
        catalog.changeIndex(index.number, of: name) { $0.isReady = true }
        building.remove(index.number)
    }

    private func removeIndex(_ number: Int64, of name: String) async throws {
        try await turn { [self] connection in
            guard var current = catalog[name], let index = current.indexes.first(where: { $0.number == number }) else { return }
            try remove(index, connection)
            current.indexes.removeAll { $0.number == number }
            catalog.put(current)
        }
        building.remove(number)
    }

    private func remove(_ index: StoredIndex, _ connection: Connection) throws {
        try connection.execute("DELETE FROM indexes WHERE number = $1", .int(index.number))
        try connection.script(index.sql.drop)
        try connection.schemaChanged()
        try connection.flush()
    }

    /// Whether the collection lacks this index and may have it.
    ///
    /// Asked in the writer's turn, where nobody else makes one.
    private func isNew(_ definition: IndexDefinition, in collection: Collection) throws -> Bool {
        if let same = collection.indexes.first(where: { $0.definition.name == definition.name }) {
            var known = same.definition
            known.isMultikey = definition.isMultikey
            if known == definition { return false }
            throw SampanError(
                "INDEX_EXISTS", status: 409, Localized("There is another index named \"\(definition.name)\".", zh: "已存在同名索引 “\(definition.name)”。"),
                remedy: Localized("Use another name, or remove that one first.", zh: "请换用其他名称,或先删除该索引。"))
        }
        guard collection.indexes.count < limits.indexesMax else {
            throw SampanError.limitExceeded(
                Localized("A collection has at most \(limits.indexesMax) indexes.", zh: "每个集合至多 \(limits.indexesMax) 个索引。"))
        }
        if definition.textContext != nil, collection.indexes.contains(where: { $0.definition.textContext != nil }) {
            throw SampanError.limitExceeded(Localized("A collection has at most one text index.", zh: "每个集合至多一个文本索引。"))
        }
        return true
    }

    /// Removes an index.
    func dropIndex(_ indexName: String, of name: String) async throws {
        try await turn { [self] connection in
            var current = try collection(name)
            guard let index = current.indexes.first(where: { $0.definition.name == indexName }) else {
                throw SampanError.notFound(
                    "INDEX_NOT_FOUND", Localized("There is no index \"\(indexName)\".", zh: "索引 “\(indexName)” 不存在。"),
                    remedy: Localized("The collection's page lists its indexes.", zh: "可在集合页查看索引列表。"))
            }
            try remove(index, connection)
            current.indexes.removeAll { $0.number == index.number }
            catalog.put(current)
        }
    }
}

/// The indexes that this process fills.
final class IndexesUnderWay: Sendable {
    private let numbers = Mutex<Set<Int64>>([])

    func contains(_ number: Int64) -> Bool { numbers.withLock { $0.contains(number) } }
    func insert(_ number: Int64) { numbers.withLock { _ = $0.insert(number) } }
    /// Whether nobody has filled it so far; now the caller does.
    func claim(_ number: Int64) -> Bool { numbers.withLock { $0.insert(number).inserted } }
    func remove(_ number: Int64) { numbers.withLock { _ = $0.remove(number) } }
}
