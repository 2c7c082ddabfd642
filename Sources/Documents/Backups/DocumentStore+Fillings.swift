internal import HTTPSupport
internal import Kernel
internal import Storage

/// Collections that are filled where nobody sees them, and then take the place of those that are there, all in one step.
///
/// A filling is a row of `collections` that names its restore; its tables are a collection's. Whatever ends before the step leaves
/// fillings, which ``forgetFillings(except:)`` removes, and has changed nothing.
extension DocumentStore {
    private static let filledAtOnce = 500
    private static let filledBytesAtOnce = 4 << 20

    /// A collection that is being filled.
    struct Filling: Sendable {
        /// What it will be called.
        let name: String
        /// What it is until then.
        let collection: Collection
        /// The indexes that the collection had when this was begun in its place; `nil` where there was none.
        let replaced: [IndexDefinition]?
    }

    /// Begins to fill a collection that is to take the place of the one with its name, with the indexes of that, or its own where there is none.
    func beginFilling(_ source: Collection, for restore: String) async throws -> Filling {
        try await turn { [self] connection in
            let there = catalog[source.name]
            let model = there ?? source
            let filling = try withinQuota(connection) { connection in
                // A name that no collection can have.
                let name = "\(restore)/\(source.name)"
                var filling = try addCollection(name, model.access, model.validator, restore: restore, connection, now: clock.now())
                for index in model.readable { filling.indexes.append(try addIndex(index.unmarked, to: filling.number, isReady: true, connection)) }
                return filling
            }
            try connection.flush()
            return Filling(name: source.name, collection: filling, replaced: there?.readable.map(\.unmarked))
        }
    }

    /// Fills a collection with the documents of one in another store, in turns that keep no writer waiting.
    /// - Parameter progress: called in each turn with how many documents it has added.
    func fill(
        _ filling: Filling, from source: Collection, of store: DocumentStore, progress: @escaping @Sendable (Connection, Int64) throws -> Void
    ) async throws {
        var after: Int64 = -1
        while true {
            try Task.checkCancellation()
            let start = after
            let page = try await offEventLoop { try Self.page(source, of: store, after: start, for: filling.collection) }
            guard let last = page.last else { return }
            after = last.seq
            try await write { [self] connection in
                var mutator = silentMutator(connection, filling.collection)
                mutator.validates = false
                for row in page { try mutator.insert(row.prepared, row.document) }
                try progress(connection, Int64(page.count))
            }
        }
    }

    private struct Page: Sendable {
        let seq: Int64
        let document: JSONObject
        let prepared: DocumentMutator.Prepared
    }

    private static func page(_ source: Collection, of store: DocumentStore, after: Int64, for target: Collection) throws -> [Page] {
        var (page, bytes) = ([Page](), 0)
        try store.read { connection in
            let sql = "SELECT seq, id, body FROM d\(source.number) WHERE seq > $1 ORDER BY seq LIMIT \(filledAtOnce)"
            try connection.rows(sql, [.int(after)], wanted: .some) { row in
                let document = try row.document(2)
                // What was stored once is stored again, whatever the limit is today.
                let prepared = try DocumentMutator.Prepared(document, id: row.text(1), target, bytesMax: .max)
                page.append(Page(seq: row.int(0), document: document, prepared: prepared))
                bytes += prepared.body.count
                return bytes < filledBytesAtOnce
            }
        }
        return page
    }

    /// Nobody is told of documents that nobody sees yet, and the log has none of them: a collection begins with what it is filled with.
    private func silentMutator(_ connection: Connection, _ collection: Collection) -> DocumentMutator {
        DocumentMutator(
            connection: connection, collection: collection, catalog: catalog, limits: limits,
            recorder: ChangeRecorder(log: nil, pending: nil, now: clock.now(), keepsImages: false, size: history), warnings: warnings)
    }

    /// Lets all that a restore has filled take its place, in one transaction; what was there before is dropped and can be brought back.
    /// - Parameters:
    ///   - dropsOthers: whether collections that have no filling are dropped too.
    ///   - alsoWriting: written in the same transaction.
    /// - Returns: the names of the collections that were dropped without another one in their place.
    func takePlaces(
        _ fillings: [Filling], dropsOthers: Bool, alsoWriting: @escaping @Sendable (Connection, _ dropped: [String]) throws -> Void
    ) async throws -> [String] {
        try await turn { [self] connection in
            let names = Set(fillings.map(\.name))
            let others = dropsOthers ? catalog.all.filter { !names.contains($0.name) } : []
            let left = catalog.count - others.count + fillings.count { catalog[$0.name] == nil }
            guard left <= limits.collectionsMax else { throw SampanError.tooManyCollections(limits.collectionsMax) }
            try quotas().require(.collections, before: Int64(catalog.count), after: Int64(left))
            for other in others { try takeAway(other, connection) }
            let indexes = try Self.loadIndexes(connection)
            let taken = try fillings.map {
                try takePlace($0, indexes.filter { [number = $0.collection.number] in $0.collection == number }.map(\.index), connection)
            }
            try alsoWriting(connection, others.map(\.name))
            try connection.schemaChanged()
            try connection.flush()
            // Last, as with every change of the catalog: what was thrown before has changed nothing.
            for other in others { catalog.remove(other.name) }
            for collection in taken { catalog.put(collection) }
            history.bytes = nil
            return others.map(\.name)
        }
    }

    private func takePlace(_ filling: Filling, _ indexes: [StoredIndex], _ connection: Connection) throws -> Collection {
        let there = catalog[filling.name]
        guard there?.readable.map(\.unmarked) == filling.replaced else { throw SampanError.restoreOvertaken(filling.name) }
        if let there { try takeAway(there, connection) }
        // Who may do what may have changed meanwhile.
        let (access, validator) = there.map { ($0.access, $0.validator) } ?? (filling.collection.access, filling.collection.validator)
        let changed = try connection.execute(
            "UPDATE collections SET name = $2, permission = $3, rules = $4, validator = $5, created_at = $6, restore = NULL WHERE number = $1",
            .int(filling.collection.number), .text(filling.name), .text(access.permission.rawValue), .optional(access.storedRules),
            .optional(validator?.stored), .int(clock.now()))
        guard changed == 1 else { throw SampanError.restoreOvertaken(filling.name) }
        return Collection(
            number: filling.collection.number, name: filling.name, access: access, validator: validator, indexes: indexes, sql: filling.collection.sql)
    }

    /// Removes what restores have left that are not under way any more.
    /// - Parameter alive: the restores that are.
    func forgetFillings(except alive: Set<String>) async throws {
        let found = try database.read { try Self.fillings($0) }
        for filling in found where !alive.contains(filling.restore) {
            try await turn { [self] connection in
                // It may have taken its place since it was looked at.
                guard let left = try Self.fillings(connection).first(where: { $0.collection.number == filling.collection.number }) else { return }
                try takeAway(left.collection, keepsPast: false, connection)
                try connection.flush()
            }
        }
    }

    private static func fillings(_ connection: Connection) throws -> [(restore: String, collection: Collection)] {
        let rows = try connection.all("SELECT number, name, permission, rules, validator, restore FROM collections WHERE restore IS NOT NULL") { row in
            (restore: row.text(5), collection: try collection(row, connection.dialect))
        }
        guard !rows.isEmpty else { return [] }
        let indexes = try loadIndexes(connection)
        return rows.map { row in
            var filling = row
            filling.collection.indexes = indexes.filter { $0.collection == row.collection.number }.map(\.index)
            return filling
        }
    }
}

extension IndexDefinition {
    /// As it is made: whether it has met an array is found out anew.
    var unmarked: IndexDefinition {
        var definition = self
        definition.isMultikey = false
        return definition
    }
}

extension SampanError {
    fileprivate static func restoreOvertaken(_ name: String) -> SampanError {
        SampanError(
            "RESTORE_OVERTAKEN", status: 409,
            Localized("The indexes of \"\(name)\" were changed while the backup was being restored.", zh: "恢复备份期间，集合 “\(name)” 的索引发生了变化。"),
            remedy: Localized("Nothing was restored. Start it again.", zh: "未恢复任何内容，请重新开始。"))
    }
}
