internal import Kernel
internal import NIOCore
internal import Storage

/// Operations inside a transaction: on documents by id, and additions. Functions only.
extension OperationPerformer {
    func endOrBegin(_ operation: DocumentOperation, scope: UInt64?) async throws -> ByteBuffer {
        guard let scope, !context.caller.isClient else { throw clientsMayNot() }
        switch operation.kind {
        case .begin:
            return answer(["transaction": .string(try store.transactions.begin(scope: scope, now: clock.now()).name)])
        case .rollback:
            store.transactions.end(try store.transactions.find(operation.transaction ?? "", scope: scope, now: clock.now()))
        default:
            let transaction = try store.transactions.find(operation.transaction ?? "", scope: scope, now: clock.now())
            defer { store.transactions.end(transaction) }
            try await commit(transaction)
        }
        return answer([:])
    }

    func readInTransaction(_ operation: DocumentOperation, scope: UInt64?) async throws -> ByteBuffer {
        guard case .getOne(let id, let projection) = operation.kind else { throw onlyByID() }
        return try await touch(operation, id, scope: scope) { entry in
            guard let document = entry.current else { throw SampanError.noDocument(id) }
            return answer(["data": .object(projection?.apply(document) ?? document)])
        }
    }

    func writeInTransaction(_ operation: DocumentOperation, scope: UInt64?) async throws -> ByteBuffer {
        _ = try await writable(operation)
        switch operation.kind {
        case .add(let documents, let single): return try await add(documents, single: single, operation, scope: scope)
        case .set(let id, let document):
            let stamped = try stamped(document, id: id).document
            return try await touch(operation, id, scope: scope) { entry in
                let isNew = entry.current == nil
                entry.current = stamped
                entry.isChanged = true
                return ByteBuffer(bytes: Self.setAnswer(stamped["_id"] ?? .string(id), created: isNew ? 1 : 0, updated: isNew ? 0 : 1))
            }
        case .update(.id(let id), let update, _):
            return try await touch(operation, id, scope: scope) { entry in
                guard let old = entry.current else { return ByteBuffer(bytes: Self.counts(matched: 0, updated: 0)) }
                let new = try changed(old, by: update)
                let isChanged = new != old
                if isChanged {
                    entry.current = new
                    entry.isChanged = true
                }
                return ByteBuffer(bytes: Self.counts(matched: 1, updated: isChanged ? 1 : 0))
            }
        case .remove(.id(let id)):
            return try await touch(operation, id, scope: scope) { entry in
                let was = entry.current != nil
                entry.current = nil
                entry.isChanged = entry.isChanged || was
                return answer(["removed": .int(was ? 1 : 0)])
            }
        default: throw onlyByID()
        }
    }

    private func add(_ documents: [JSONObject], single: Bool, _ operation: DocumentOperation, scope: UInt64?) async throws -> ByteBuffer {
        var ids: [JSON] = []
        for document in documents {
            let (id, stamped) = try stamped(document, id: DocumentOperation.id(of: document, now: clock.now()))
            ids.append(stamped["_id"] ?? .string(id))
            // Nobody else knows an id that was made just now, so there is nothing to look for.
            let isMade = document["_id"]?.isNull ?? true
            _ = try await touch(operation, id, isMade: isMade, scope: scope) { entry in
                guard entry.current == nil else { throw SampanError.duplicate("_id", " _id ") }
                entry.current = stamped
                entry.isChanged = true
                return ByteBuffer()
            }
        }
        return answer(single ? ["id": ids[0]] : ["ids": .array(ids)])
    }

    /// Locks a document for the transaction, reads it if it has not been, and works on it.
    private func touch(
        _ operation: DocumentOperation, _ id: String, isMade: Bool = false, scope: UInt64?, _ body: (inout OpenTransaction.Entry) throws -> ByteBuffer
    ) async throws -> ByteBuffer {
        guard let scope, let name = operation.transaction else { throw clientsMayNot() }
        let transaction = try store.transactions.find(name, scope: scope, now: clock.now())
        let collection = try store.collection(operation.collection)
        let key = DocumentLocks.Key(collection: collection.name, id: id)
        try await store.transactions.lock(key, for: transaction, now: clock.now())
        return try transaction.change(key, load: { isMade ? .made : try load(collection, id) }, body)
    }

    private func load(_ collection: Collection, _ id: String) throws -> OpenTransaction.Entry {
        let original = try store.read { connection in
            try store.reader(connection, collection).one(id) { row in
                (seq: row.int(0), document: try row.document(2), bytes: row.bytes(2))
            }
        }
        return OpenTransaction.Entry(original: original, current: original?.document)
    }

    /// Writes everything in one job, if nothing that the transaction has read was changed by a plain write meanwhile.
    private func commit(_ transaction: OpenTransaction) async throws {
        let entries = try transaction.entries()
        guard entries.contains(where: { $0.1.isChanged }) else { return }
        let bytesMax = documentBytesMax
        // One that only removes is let through where there is no room.
        let grows = entries.contains { $0.1.isChanged && $0.1.current != nil }
        do {
            try await store.inTurn { [store] connection in
                func work(_ connection: Connection) throws {
                    for (key, entry) in entries {
                        let collection = try store.collection(key.collection)
                        if !entry.isMade { try Self.check(entry, key.id, store.reader(connection, collection)) }
                        if entry.isChanged { try Self.store(entry, key, store.mutator(connection, collection), bytesMax: bytesMax) }
                    }
                }
                try grows ? store.withinQuota(connection, work) : work(connection)
            }
        } catch {
            throw DocumentStore.told(error)
        }
    }

    private static func check(_ entry: OpenTransaction.Entry, _ id: String, _ reader: DocumentReader) throws {
        let now = try reader.one(id) { row in
            (seq: row.int(0), isSame: entry.original.map { original in row.withBytes(2) { $0.elementsEqual(original.bytes) } } ?? false)
        }
        guard now?.seq == entry.original?.seq, now?.isSame ?? true else { throw SampanError.transactionConflict }
    }

    private static func store(
        _ entry: OpenTransaction.Entry, _ key: DocumentLocks.Key, _ mutator: DocumentMutator, bytesMax: Int
    ) throws {
        switch (entry.original, entry.current) {
        case (nil, nil): break
        case (nil, let new?):
            try mutator.insert(DocumentMutator.Prepared(new, id: key.id, mutator.collection, bytesMax: bytesMax), new)
        case (let old?, nil): try mutator.remove(old.seq, old.document)
        case (let old?, let new?): try mutator.replace(old.seq, old: old.document, new: new, bytesMax: bytesMax)
        }
    }

    private func onlyByID() -> SampanError {
        SampanError.badRequest(
            "UNSUPPORTED_IN_TRANSACTION", Localized("A transaction works on documents by id.", zh: "事务中只能按 id 操作文档。"),
            remedy: Localized("Use doc(id) and add inside a transaction; query before it.", zh: "请在事务中使用 doc(id) 与 add;查询请在事务之前进行。"))
    }
}
