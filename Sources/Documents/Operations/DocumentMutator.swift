internal import Kernel
internal import Storage

/// Changes the documents of one collection inside the writer's transaction, indexes included.
struct DocumentMutator {
    let connection: Connection
    let collection: Collection
    let catalog: Catalog
    let limits: Limits
    let recorder: ChangeRecorder
    /// What a refusal is told as: where a statement is sent and answered later, nobody is left to catch it.
    var telling: @Sendable (SampanError) -> any Error = { $0 }
    /// Who is told of documents that a validator only warns of.
    let warnings: ValidationWarnings
    /// Whether the collection's validator looks at documents: not where they are put back as they were.
    var validates = true

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
        try validate(document, id: prepared.id, replacing: nil)
        // An index may have come or gone since the keys were computed.
        let prepared = prepared.fits(collection) ? prepared : try Prepared(document, id: prepared.id, collection, bytesMax: limits.documentBytesMax)
        try connection.enqueue(collection.sql.insert, .text(prepared.id), .verbatim(prepared.owner), .blob(prepared.body)) { [telling] error in
            error.isUniqueViolation ? telling(.duplicate("_id", " _id ")) : nil
        }
        // PostgreSQL would have to be asked for the number; an index entry can look for it by itself.
        let row: NewRow = connection.dialect == .sqlite ? .number(connection.lastInsertedRow) : .id(prepared.id)
        for (index, entry) in zip(collection.indexes, prepared.entries) { try add(entry.entries, of: row, to: index) }
        try recorder.note(.insert, collection, id: prepared.id, before: nil, after: document)
    }

    /// Whose keys are added.
    private enum NewRow {
        case number(Int64)
        case id(String)
    }

    /// Replaces the document in row `seq`.
    /// - Parameter kind: `update` where fields were changed, `replace` where the whole was written.
    func replace(_ seq: Int64, old: JSONObject, new: JSONObject, bytesMax: Int, as kind: DocumentChange.Kind = .update) throws {
        try validate(new, id: new.storedID, replacing: old)
        let prepared = try Prepared(new, id: "", collection, bytesMax: bytesMax)
        for (index, entry) in zip(collection.indexes, prepared.entries) {
            let before = try index.definition.keys(for: old)
            if before == entry.entries.keys && !entry.entries.isMultikey { continue }
            let kept = Set(before).intersection(entry.entries.keys)
            try remove(before.filter { !kept.contains($0) }, of: seq, from: index)
            var added = entry.entries
            added.keys.removeAll { kept.contains($0) }
            try add(added, of: .number(seq), to: index)
        }
        try connection.enqueue(collection.sql.update, .int(seq), .verbatim(prepared.owner), .blob(prepared.body))
        try recorder.note(kind, collection, id: new.storedID, before: old, after: new)
    }

    /// Throws where the collection's validator does not let a document be as it is to be.
    private func validate(_ new: JSONObject, id: String, replacing old: JSONObject?) throws {
        guard validates, let validator = collection.validator, let failure = validator.failure(of: new, replacing: old) else { return }
        guard validator.action == .warn else { throw SampanError.documentInvalid(failure, id, collection.name) }
        warnings.note(failure, id: id, in: collection, at: recorder.now)
    }

    /// Removes the document in row `seq`.
    func remove(_ seq: Int64, _ document: JSONObject) throws {
        for index in collection.indexes { try remove(index.definition.keys(for: document), of: seq, from: index) }
        try connection.enqueue(collection.sql.delete, .int(seq))
        try recorder.note(.remove, collection, id: document.storedID, before: document, after: nil)
    }

    /// Adds a document that was there before to a new index, which later writes may have done already.
    func fill(_ index: StoredIndex, from document: JSONObject, in seq: Int64) throws {
        let entries = try index.definition.entries(for: document)
        for key in entries.keys {
            if index.definition.unique, let holder = try connection.first(index.sql.holder, .blob(key), transform: { $0.int(0) }), holder != seq {
                throw SampanError.duplicate(inIndex: index.definition.name)
            }
            try connection.enqueue(index.sql.insertIfMissing, .blob(key), .int(seq))
        }
        if entries.isMultikey { try markMultikey(index) }
    }

    private func add(_ entries: IndexEntries, of row: NewRow, to index: StoredIndex) throws {
        let orThrow = refusal(by: index)
        for key in entries.keys {
            switch row {
            case .id(let id): try connection.enqueue(index.sql.insertByID, .blob(key), .text(id), orThrow: orThrow)
            case .number(let seq):
                // On PostgreSQL the table itself refuses.
                if index.definition.unique, connection.dialect == .sqlite,
                    try connection.first(index.sql.holder, .blob(key), transform: { $0.int(0) }).map({ $0 != seq }) == true
                {
                    throw SampanError.duplicate(inIndex: index.definition.name)
                }
                try connection.enqueue(index.sql.insert, .blob(key), .int(seq), orThrow: orThrow)
            }
        }
        if entries.isMultikey { try markMultikey(index) }
    }

    /// What the refusal of a unique index is told as.
    private func refusal(by index: StoredIndex) -> (@Sendable (StorageError) -> (any Error)?)? {
        guard index.definition.unique else { return nil }
        let name = index.definition.name
        return { [telling] error in
            guard error.isUniqueViolation else { return nil }
            return telling(SampanError.duplicate(inIndex: name))
        }
    }

    private func remove(_ keys: [[UInt8]], of seq: Int64, from index: StoredIndex) throws {
        for key in keys { try connection.enqueue(index.sql.delete, .blob(key), .int(seq)) }
    }

    private func markMultikey(_ index: StoredIndex) throws {
        // An index that is still being filled is not in the catalog; its flag is read when it gets there.
        let known = catalog[collection.name]?.indexes.first { $0.number == index.number } ?? index
        if !known.definition.isMultikey {
            // Before the commit that needs it: too early is only slower, too late would be wrong.
            catalog.changeIndex(index.number, of: collection.name) { $0.definition.isMultikey = true }
        }
        // Each time: an earlier mark may have been undone with the job that made it, while the catalog kept it.
        try connection.enqueueSchemaChange("UPDATE indexes SET is_multikey = 1 WHERE number = $1 AND is_multikey = 0", .int(index.number))
    }
}

extension SampanError {
    fileprivate static func duplicate(inIndex name: String) -> SampanError { duplicate("value of the unique index \(name)", "唯一索引 \(name) 值") }
}
