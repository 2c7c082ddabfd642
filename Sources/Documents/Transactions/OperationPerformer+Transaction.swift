internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Storage

/// Operations inside a transaction: on documents by id, additions, and what a condition finds. Functions only.
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
        guard case .getOne(let id, let projection) = operation.kind else {
            return try await query(operation, scope: scope) { try $0.observedRead(operation) }
        }
        return try await touch(operation, id, scope: scope) { entry in
            guard let document = entry.current else { throw SampanError.noDocument(id) }
            return answer(["data": .object(try projection?.apply(document) ?? document)])
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
                guard entry.current != nil else { return ByteBuffer(bytes: Self.counts(matched: 0, updated: 0)) }
                let isChanged = try Self.change(&entry) { try changed($0, by: update) }
                return ByteBuffer(bytes: Self.counts(matched: 1, updated: isChanged ? 1 : 0))
            }
        case .remove(.id(let id)):
            return try await touch(operation, id, scope: scope) { entry in
                let was = entry.current != nil
                entry.current = nil
                entry.isChanged = entry.isChanged || was
                return answer(["removed": .int(was ? 1 : 0)])
            }
        case .update(.matching(let filter), let update, let multi):
            let ids = try await found(filter, most: multi ? nil : 1, operation, scope: scope)
            var updated = 0
            for id in ids {
                let isChanged = try await touch(operation, id, scope: scope) { try Self.change(&$0) { try changed($0, by: update, matching: filter) } }
                if isChanged { updated += 1 }
            }
            return ByteBuffer(bytes: Self.counts(matched: ids.count, updated: updated))
        case .remove(.matching(let filter)):
            let ids = try await found(filter, most: nil, operation, scope: scope)
            for id in ids { _ = try await touch(operation, id, scope: scope) { try Self.change(&$0) { _ in nil } } }
            return answer(["removed": .int(Int64(ids.count))])
        default: throw unsupported()
        }
    }

    /// Lets a document that is there become what `change` says.
    /// - Returns: whether that is anything else.
    private static func change(_ entry: inout OpenTransaction.Entry, _ change: (JSONObject) throws -> JSONObject?) throws -> Bool {
        guard let old = entry.current else { return false }
        let new = try change(old)
        guard new != old else { return false }
        entry.current = new
        entry.isChanged = true
        return true
    }

    /// The ids of what a condition finds in the transaction's moment.
    private func found(_ filter: Filter, most: Int?, _ operation: DocumentOperation, scope: UInt64?) async throws -> [String] {
        let limit = limits.addDocumentsMax
        let ids = try await query(operation, scope: scope) { performer in
            let collection = try performer.seen(operation.collection)
            return try performer.readable(collection, filter) { connection, filter in
                try performer.reader(connection, collection).found(filter, sort: nil, limit: most ?? limit + 1).map(\.storedID)
            }
        }
        guard ids.count <= limit else {
            throw SampanError.limitExceeded(
                Localized("One operation of a transaction changes at most \(limit) documents.", zh: "事务中的一次操作最多修改 \(limit) 个文档。"))
        }
        return ids
    }

    // MARK: The moment

    /// Looks at the moment that the transaction sees, with its own writes; the first query is what decides which moment that is.
    private func query<T: Sendable>(
        _ operation: DocumentOperation, scope: UInt64?, _ body: @escaping @Sendable (OperationPerformer) throws -> T
    ) async throws -> T {
        guard let scope, let name = operation.transaction else { throw clientsMayNot() }
        let transaction = try store.transactions.find(name, scope: scope, now: clock.now())
        let view = try await moment(of: transaction)
        return try await offEventLoop { [self] in
            var performer = self
            performer.sight = TransactionSight(view: view, written: try transaction.written())
            return try body(performer)
        }
    }

    private func moment(of transaction: OpenTransaction) async throws -> TransactionView {
        let deadline = monotonicMicroseconds() + Int64(limits.lockWaitMillisecondsMax) * 1000
        while true {
            if let view = transaction.view { return view }
            do {
                return try await offEventLoop { [store] in try Self.takeMoment(of: store, for: transaction) }
            } catch StorageError.busy {
                guard monotonicMicroseconds() < deadline else { throw SampanError.transactionsWaiting }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// What it has read by id before is locked and so still true, unless a plain write slipped in between reading and locking.
    private static func takeMoment(of store: DocumentStore, for transaction: OpenTransaction) throws -> TransactionView {
        let view = try TransactionView(of: store)
        while true {
            let entries = try transaction.entries()
            try view.read { connection in
                for (key, entry) in entries where !entry.isMade {
                    guard let collection = view.collection(key.collection) else {
                        guard entry.original == nil else { throw SampanError.transactionConflict }
                        continue
                    }
                    try check(entry, key.id, store.reader(connection, collection))
                }
            }
            if let seen = try transaction.see(view, having: entries.count) { return seen }
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
    private func touch<T>(
        _ operation: DocumentOperation, _ id: String, isMade: Bool = false, scope: UInt64?, _ body: (inout OpenTransaction.Entry) throws -> T
    ) async throws -> T {
        guard let scope, let name = operation.transaction else { throw clientsMayNot() }
        let transaction = try store.transactions.find(name, scope: scope, now: clock.now())
        let collection = try store.collection(operation.collection)
        let key = DocumentLocks.Key(collection: collection.name, id: id)
        try await store.transactions.lock(key, for: transaction, now: clock.now())
        while true {
            let view = transaction.view
            // The moment's connection may be in use by a query, for which no event loop waits.
            let early = view == nil || isMade || transaction.knows(key) ? nil : try await offEventLoop { [self] in try load(collection, id, in: view) }
            if let result = try transaction.change(key, in: view, load: { isMade ? .made : try early ?? load(collection, id, in: view) }, body) {
                return result
            }
        }
    }

    /// The document as it is now, or as it was at the transaction's moment.
    private func load(_ collection: Collection, _ id: String, in view: TransactionView?) throws -> OpenTransaction.Entry {
        func find(_ collection: Collection, _ connection: Connection) throws -> (seq: Int64, document: JSONObject, bytes: [UInt8])? {
            try store.reader(connection, collection).one(id) { row in (seq: row.int(0), document: try row.document(2), bytes: row.bytes(2)) }
        }
        guard let view else {
            let original = try store.read { try find(collection, $0) }
            return OpenTransaction.Entry(original: original, current: original?.document)
        }
        // A collection that was made later had nothing in it.
        let original = try view.collection(collection.name).flatMap { collection in try view.read { try find(collection, $0) } }
        return OpenTransaction.Entry(original: original, current: original?.document)
    }

    /// Writes everything in one job, if nothing that the transaction has read was changed by others meanwhile.
    private func commit(_ transaction: OpenTransaction) async throws {
        let entries = try transaction.entries()
        guard entries.contains(where: { $0.1.isChanged }) else { return }
        let bytesMax = documentBytesMax
        let view = transaction.view
        // One that only removes is let through where there is no room.
        let grows = entries.contains { $0.1.isChanged && $0.1.current != nil }
        do {
            try await store.inTurn { [store] connection in
                func work(_ connection: Connection) throws {
                    try view?.requireUnchanged(store, connection)
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

    private func unsupported() -> SampanError {
        SampanError.badRequest(
            "UNSUPPORTED_IN_TRANSACTION",
            Localized(
                "Inside a transaction there are get, count, distinct, aggregate without output, add, set, update and remove.",
                zh: "事务中只能使用 get、count、distinct、aggregate（不写出结果）、add、set、update 与 remove。"),
            remedy: Localized("Do the rest before or after it.", zh: "其余操作请在事务之前或之后进行。"))
    }
}
