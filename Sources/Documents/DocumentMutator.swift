internal import Kernel
internal import Storage

/// Changes the documents of one collection inside the writer's transaction, indexes included.
struct DocumentMutator {
    let connection: Connection
    let collection: Collection
    let catalog: Catalog
    let limits: Limits
    let recorder: ChangeRecorder

    /// A document ready to be stored.
    struct Prepared: Sendable {
        let id: String
        let owner: String
        let body: [UInt8]
        /// Keys by index number, computed before the writer's turn; used while the indexes are still the same.
        let entries: [(index: Int64, entries: IndexEntries)]

        init(_ document: JSONObject, id: String, _ collection: Collection, bytesMax: Int) throws {
            self.id = id
            owner = document["_openid"]?.stringValue ?? ""
            var bytes: [UInt8] = []
            bytes.reserveCapacity(256)
            JSON.object(document).write(to: &bytes)
            guard bytes.count <= bytesMax else { throw SampanError.tooLargeDocument(bytesMax) }
            body = bytes
            entries = try collection.indexes.map { ($0.number, try $0.definition.entries(for: document)) }
        }

        fileprivate func fits(_ collection: Collection) -> Bool {
            entries.count == collection.indexes.count && zip(entries, collection.indexes).allSatisfy { $0.index == $1.number }
        }
    }

    /// Stores a new document.
    func insert(_ prepared: Prepared, _ document: JSONObject) throws {
        // An index may have come or gone since the keys were computed.
        let prepared = prepared.fits(collection) ? prepared : try Prepared(document, id: prepared.id, collection, bytesMax: limits.documentBytesMax)
        do {
            try connection.execute(collection.sql.insert, .text(prepared.id), .text(prepared.owner), .blob(prepared.body))
        } catch let error as StorageError where error.isUniqueViolation {
            throw SampanError.duplicate("_id", " _id ")
        }
        let seq = connection.lastInsertedRow
        for (index, entry) in zip(collection.indexes, prepared.entries) { try add(entry.entries, of: seq, to: index) }
        try recorder.note(.insert, collection, id: prepared.id, before: nil, after: document)
    }

    /// Replaces the document in row `seq`.
    /// - Parameter kind: `update` where fields were changed, `replace` where the whole was written.
    func replace(_ seq: Int64, old: JSONObject, new: JSONObject, bytesMax: Int, as kind: DocumentChange.Kind = .update) throws {
        let prepared = try Prepared(new, id: "", collection, bytesMax: bytesMax)
        for (index, entry) in zip(collection.indexes, prepared.entries) {
            let before = try index.definition.keys(for: old)
            if before == entry.entries.keys && !entry.entries.isMultikey { continue }
            let kept = Set(before).intersection(entry.entries.keys)
            try remove(before.filter { !kept.contains($0) }, of: seq, from: index)
            var added = entry.entries
            added.keys.removeAll { kept.contains($0) }
            try add(added, of: seq, to: index)
        }
        try connection.execute(collection.sql.update, .int(seq), .text(prepared.owner), .blob(prepared.body))
        try recorder.note(kind, collection, id: new.storedID, before: old, after: new)
    }

    /// Removes the document in row `seq`.
    func remove(_ seq: Int64, _ document: JSONObject) throws {
        for index in collection.indexes { try remove(index.definition.keys(for: document), of: seq, from: index) }
        try connection.execute(collection.sql.delete, .int(seq))
        try recorder.note(.remove, collection, id: document.storedID, before: document, after: nil)
    }

    /// Fills a new index from the documents that are there.
    func fill(_ index: StoredIndex) throws {
        try connection.rows(collection.sql.scan) { row in
            try add(index.definition.entries(for: row.document(2)), of: row.int(0), to: index)
            return true
        }
    }

    private func add(_ entries: IndexEntries, of seq: Int64, to index: StoredIndex) throws {
        for key in entries.keys {
            if index.definition.unique, try connection.first(index.sql.holder, .blob(key), transform: { $0.int(0) }).map({ $0 != seq }) == true {
                throw SampanError.duplicate("value of the unique index \(index.definition.name)", "唯一索引 \(index.definition.name) 值")
            }
            try connection.execute(index.sql.insert, .blob(key), .int(seq))
        }
        if entries.isMultikey { try markMultikey(index) }
    }

    private func remove(_ keys: [[UInt8]], of seq: Int64, from index: StoredIndex) throws {
        for key in keys { try connection.execute(index.sql.delete, .blob(key), .int(seq)) }
    }

    private func markMultikey(_ index: StoredIndex) throws {
        // An index that is still being filled is not in the catalog; its flag is read when it gets there.
        let known = catalog[collection.name]?.indexes.first { $0.number == index.number } ?? index
        if !known.definition.isMultikey {
            // Before the commit that needs it: too early is only slower, too late would be wrong.
            catalog.changeIndex(index.number, of: collection.name) { $0.definition.isMultikey = true }
        }
        // Each time: an earlier mark may have been undone with the job that made it, while the catalog kept it.
        try connection.execute("UPDATE indexes SET is_multikey = 1 WHERE number = $1 AND is_multikey = 0", .int(index.number))
    }
}
