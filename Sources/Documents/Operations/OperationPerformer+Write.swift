internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Storage

/// Writes outside transactions: each is one job of the group writer.
extension OperationPerformer {
    /// - Parameter precondition: what has to be true of the document that a `set` replaces.
    func write(
        _ operation: DocumentOperation, scope: UInt64?, once: Idempotency?, if precondition: Precondition = .none
    ) async throws -> ByteBuffer {
        if operation.transaction != nil, !operation.isTransactionEnd { return try await writeInTransaction(operation, scope: scope) }
        switch operation.kind {
        case .createCollection:
            guard !context.caller.isClient else { throw clientsMayNot() }
            return answer(["created": .bool(try await store.createCollection(operation.collection, CollectionAccess(.private), now: clock.now()))])
        case .aggregate(let pipeline):
            guard let output = pipeline.output else { preconditionFailure("an aggregation without output is a read") }
            return try await remembered(once) { try await writeResults(of: pipeline, output, store.collection(operation.collection)) }
        case .bulk(let items, let ordered): return try await remembered(once) { try await bulk(items, ordered: ordered) }
        case .begin, .commit, .rollback: return try await endOrBegin(operation, scope: scope)
        default: break
        }
        do {
            return try await writeNow(operation, once, if: precondition)
        } catch let error as SampanError where error.isNoCollection && !context.caller.isClient && store.catalog[operation.collection] == nil {
            // Another node dropped it, which this one learnt in its turn: now it is made anew, where the operation makes one.
            return try await writeNow(operation, once, if: precondition)
        }
    }

    private func writeNow(_ operation: DocumentOperation, _ once: Idempotency?, if precondition: Precondition) async throws -> ByteBuffer {
        let collection = try await writable(operation)
        let work = try job(operation, collection, if: precondition)
        let grows = !operation.isRemoval
        guard let once else { return ByteBuffer(bytes: try await store.write(grows: grows, work)) }
        return ByteBuffer(bytes: try await store.write(grows: grows) { try self.once(once, $0, work) })
    }

    /// The collection, made first where a function or key writes to one that is not there.
    func writable(_ operation: DocumentOperation) async throws -> Collection {
        if store.catalog[operation.collection] == nil, !context.caller.isClient {
            switch operation.kind {
            case .add, .set: _ = try await store.createCollection(operation.collection, CollectionAccess(.private), now: clock.now())
            case .modify(let modification) where modification.upsert:
                _ = try await store.createCollection(operation.collection, CollectionAccess(.private), now: clock.now())
            default: break
            }
        }
        return try store.collection(operation.collection)
    }

    typealias Work = @Sendable (Connection) throws -> [UInt8]

    private func job(_ operation: DocumentOperation, _ collection: Collection, if precondition: Precondition) throws -> Work {
        if collection.access.reach(operation.action, context.caller).isNone {
            throw SampanError.permissionDenied(collection.name, collection.access.permission)
        }
        switch operation.kind {
        case .add(let documents, let single): return try add(documents, single: single, collection)
        case .set(let id, let document): return try set(id, document, collection, if: precondition)
        case .update(.id(let id), let update, _):
            return { connection in
                try changeOne(id, connection, .update) { try changed($0, by: update) }
            }
        case .update(.matching(let filter), let update, let multi):
            return { try changeMatching(filter, multi: multi, $0, .update) { try changed($0, by: update, matching: filter) } }
        case .modify(let modification): return modify(modification, of: collection.name)
        case .remove(.id(let id)):
            return { connection in try removed(changeOne(id, connection, .delete) { _ in nil }) }
        case .remove(.matching(let filter)):
            return { try removed(changeMatching(filter, multi: true, $0, .delete) { _ in nil }) }
        default: preconditionFailure("reads and transaction ends do not come here")
        }

        /// Runs `change` on one document; `nil` removes it.
        @Sendable func changeOne(
            _ id: String, _ connection: Connection, _ action: RuleSet.Action, _ change: (JSONObject) throws -> JSONObject?
        ) throws -> [UInt8] {
            let current = try store.collection(collection.name)
            let access = access(to: current, for: action, connection)
            try access.requireAny()
            try store.requireFree(current, id)
            let found = try store.reader(connection, current).one(id) { (seq: $0.int(0), owner: $0.text(1), document: try $0.document(2)) }
            guard let found, try access.reaches(owner: found.owner, { found.document }) else { return Self.counts(matched: 0, updated: 0) }
            let isChanged = try apply(change(found.document), to: found.seq, found.document, access, connection)
            return Self.counts(matched: 1, updated: isChanged ? 1 : 0)
        }

        @Sendable func changeMatching(
            _ filter: Filter, multi: Bool, _ connection: Connection, _ action: RuleSet.Action, _ change: (JSONObject) throws -> JSONObject?
        ) throws -> [UInt8] {
            let current = try store.collection(collection.name)
            let access = access(to: current, for: action, connection)
            let rows = try store.reader(connection, current).rows(access.restricted(filter), max: multi ? nil : 1)
            try access.check()
            var updated = 0
            for (seq, document) in rows {
                try store.requireFree(current, document.storedID)
                if try apply(change(document), to: seq, document, access, connection) { updated += 1 }
            }
            return Self.counts(matched: rows.count, updated: updated)
        }
    }

    func apply(
        _ new: JSONObject?, to seq: Int64, _ old: JSONObject, _ access: DocumentGuard, _ connection: Connection, as kind: DocumentChange.Kind = .update
    ) throws -> Bool {
        let mutator = store.mutator(connection, access.collection)
        guard let new else {
            try mutator.remove(seq, old)
            return true
        }
        if new == old { return false }
        try access.requireWrite(old, new)
        try mutator.replace(seq, old: old, new: new, bytesMax: documentBytesMax, as: kind)
        return true
    }

    private func add(_ documents: [JSONObject], single: Bool, _ collection: Collection) throws -> Work {
        let now = clock.now()
        let documents = try documents.map { try stamped($0, id: DocumentOperation.id(of: $0, now: now)) }
        let prepared = try documents.map { try DocumentMutator.Prepared($0.document, id: $0.id, collection, bytesMax: documentBytesMax) }
        let ids = documents.compactMap { $0.document["_id"] }
        let answer: JSON = single ? ["id": ids[0]] : ["ids": .array(ids)]
        return { connection in
            let mutator = store.mutator(connection, try store.collection(collection.name))
            let access = access(to: mutator.collection, for: .create, connection)
            try access.requireAny()
            for (prepared, document) in zip(prepared, documents) {
                try store.requireFree(collection, prepared.id)
                try access.requireWrite(nil, document.document)
                try mutator.insert(prepared, document.document)
            }
            return answer.serialized()
        }
    }

    private func set(
        _ id: String, _ document: JSONObject, _ collection: Collection, if precondition: Precondition
    ) throws -> Work {
        let (_, stamped) = try stamped(document, id: id)
        return { connection in
            let current = try store.collection(collection.name)
            try store.requireFree(current, id)
            let found = try store.reader(connection, current).one(id) { (seq: $0.int(0), owner: $0.text(1), document: try $0.document(2)) }
            try precondition.require(EntityTag(of: found.map { .object($0.document) } ?? .null))
            let access = access(to: current, for: found == nil ? .create : .update, connection)
            try access.requireAny()
            guard let found else {
                try access.requireWrite(nil, stamped)
                try store.mutator(connection, current).insert(
                    DocumentMutator.Prepared(stamped, id: id, current, bytesMax: documentBytesMax), stamped)
                return Self.setAnswer(stamped["_id"] ?? .string(id), created: 1, updated: 0)
            }
            guard try access.reaches(owner: found.owner, { found.document }) else {
                throw SampanError.permissionDenied(collection.name, current.access.permission)
            }
            let isChanged = try apply(stamped, to: found.seq, found.document, access, connection, as: .replace)
            return Self.setAnswer(stamped["_id"] ?? .string(id), created: 0, updated: isChanged ? 1 : 0)
        }
    }

    /// The document as it is stored: `_id` first, and the creator where a user writes it.
    func stamped(_ document: JSONObject, id: String) throws -> (id: String, document: JSONObject) {
        var stamped = document.stored(under: id)
        if case .user(let user) = context.caller { stamped["_openid"] = .string(user.openid) }
        return (id, stamped)
    }

    /// The document after `update`.
    ///
    /// A client cannot make it someone else's.
    func changed(_ document: JSONObject, by update: Update, matching filter: Filter? = nil) throws -> JSONObject {
        var new = document
        _ = try update.apply(to: &new, now: clock.now(), isInsert: false, matching: filter)
        if context.caller.isClient, new["_openid"] != document["_openid"] {
            throw SampanError.forbidden(
                Localized("_openid names the creator and cannot be changed.", zh: "_openid 表示创建者,不可修改。"),
                remedy: Localized("Leave _openid out of the update.", zh: "请勿在更新中包含 _openid。"))
        }
        return new
    }

    var documentBytesMax: Int { context.caller.isClient ? limits.clientDocumentBytesMax : limits.documentBytesMax }

    func clientsMayNot() -> SampanError {
        SampanError.forbidden(
            Localized("Clients may not do this.", zh: "客户端不能执行此操作。"),
            remedy: Localized("Do it in a cloud function.", zh: "请在云函数中执行。"))
    }

    static func counts(matched: Int, updated: Int) -> [UInt8] {
        Array(#"{"matched":\#(matched),"updated":\#(updated)}"#.utf8)
    }

    static func setAnswer(_ id: JSON, created: Int64, updated: Int64) -> [UInt8] {
        (["created": .int(created), "updated": .int(updated), "id": id] as JSON).serialized()
    }

    private func removed(_ counts: [UInt8]) throws -> [UInt8] {
        (["removed": try JSON(parsing: counts)["updated"] ?? 0] as JSON).serialized()
    }

    /// Does what takes several writes, unless a request with the same key was answered before; then answers that.
    ///
    /// The answer is kept after the work: whoever dies in between does it again.
    private func remembered(_ once: Idempotency?, _ work: () async throws -> ByteBuffer) async throws -> ByteBuffer {
        guard let once else { return try await work() }
        if let earlier = try store.read({ try earlierAnswer(once, $0) }) { return ByteBuffer(bytes: earlier) }
        let answer = try await work()
        let bytes = Array(answer.readableBytesView)
        _ = try await store.write { try self.once(once, $0) { _ in bytes } }
        return answer
    }

    private func earlierAnswer(_ once: Idempotency, _ connection: Connection) throws -> [UInt8]? {
        let earlier = try connection.first("SELECT request_hash, answer FROM answers WHERE key = $1", .verbatim(once.key)) {
            (hash: $0.text(0), answer: $0.bytes(1))
        }
        guard let earlier else { return nil }
        guard earlier.hash == once.requestHash else { throw SampanError.idempotencyMismatch }
        return earlier.answer
    }

    /// Does `work` unless a request with the same key was answered before; then answers that.
    private func once(_ once: Idempotency, _ connection: Connection, _ work: Work) throws -> [UInt8] {
        if let earlier = try earlierAnswer(once, connection) { return earlier }
        let answer = try work(connection)
        try connection.enqueue(
            "INSERT INTO answers (key, request_hash, answer, at) VALUES ($1, $2, $3, $4)", .verbatim(once.key), .text(once.requestHash), .blob(answer),
            .int(clock.now()))
        return answer
    }
}

extension DocumentOperation {
    /// Whether it begins or ends a transaction.
    fileprivate var isTransactionEnd: Bool {
        switch kind {
        case .begin, .commit, .rollback: true
        default: false
        }
    }

    /// Whether it only removes documents.
    fileprivate var isRemoval: Bool {
        switch kind {
        case .remove: true
        case .modify(let modification): modification.action == .delete
        default: false
        }
    }

    /// What it does to documents, as rules name it.
    fileprivate var action: RuleSet.Action {
        switch kind {
        case .add: .create
        case .remove: .delete
        case .modify(let modification): modification.action
        // A set of a document that is not there yet is looked at again in the writer's turn.
        default: .update
        }
    }
}
