internal import Kernel
internal import NIOCore
internal import Storage

/// Authorises one caller's operation and carries it out on one environment's store.
struct OperationPerformer: Sendable {
    let store: DocumentStore
    let context: CallContext
    let limits: Limits
    let clock: WallClock

    // MARK: Reads

    /// The bare document.
    func document(_ name: String, id: String) throws -> ByteBuffer {
        let collection = try store.collection(name)
        let reach = collection.permission.reading(context.caller)
        if reach == .none { throw SampanError.permissionDenied(name, collection.permission) }
        let found = try store.database.read { connection in
            try store.reader(connection, collection).one(id) { row -> ByteBuffer? in
                if case .own(let openid) = reach, row.text(1) != openid { return nil }
                return row.withBytes(2) { ByteBuffer(bytes: $0) }
            }
        }
        guard let document = found ?? nil else { throw SampanError.noDocument(id) }
        return document
    }

    /// Whether a read may take long and so should not hold an event loop.
    func isHeavy(_ operation: DocumentOperation) throws -> Bool {
        let collection = try store.collection(operation.collection)
        switch operation.kind {
        case .getOne: return false
        case .get(let selection):
            let plan = plan(filter: selection.filter, sort: selection.sort, indexes: collection.readable)
            switch plan {
            case .ids: return false
            case .index: return selection.sort != nil && !plan.isOrdered
            case .scan: return !(selection.filter.isAll && selection.sort == nil && selection.skip < 1000)
            }
        default: return true
        }
    }

    func read(_ operation: DocumentOperation) throws -> ByteBuffer {
        let collection = try store.collection(operation.collection)
        switch operation.kind {
        case .getOne(let id, let projection): return try one(collection, id, projection)
        case .get(var selection):
            selection.filter = try restricted(selection.filter, collection)
            var out = ByteBuffer(string: #"{"data":["#)
            try store.database.read { try store.reader($0, collection).select(selection, into: &out) }
            out.writeStaticString("]}")
            return out
        case .count(let filter):
            let restricted = try restricted(filter, collection)
            let total = try store.database.read { connection in
                try restricted.isAll ? store.count(collection, connection) : store.reader(connection, collection).count(restricted)
            }
            return answer(["total": .int(total)])
        case .aggregate(let pipeline): return try aggregate(pipeline, collection)
        default: preconditionFailure("only reads come here; `isRead` says which they are")
        }
    }

    private func one(_ collection: Collection, _ id: String, _ projection: Projection?) throws -> ByteBuffer {
        let bytes = try document(collection.name, id: id)
        var out = ByteBuffer(string: #"{"data":"#)
        if let projection {
            let document = try bytes.withUnsafeReadableBytes { try JSON(parsing: $0) }.objectValue ?? [:]
            out.writeBytes(JSON.object(projection.apply(document)).serialized())
        } else {
            out.writeImmutableBuffer(bytes)
        }
        out.writeStaticString("}")
        return out
    }

    private func aggregate(_ pipeline: Pipeline, _ collection: Collection) throws -> ByteBuffer {
        if pipeline.output != nil {
            throw QueryError(
                .unsupported, "$out and $merge are not supported yet; write the results with add or update.",
                zh: "暂不支持 $out 和 $merge；请用 add 或 update 写入结果。")
        }
        let leading = pipeline.leading
        let filter = try restricted(leading.filter, collection)
        let plan = plan(filter: filter, sort: leading.sort, indexes: collection.readable)
        // Without an index in that order the pipeline sorts, and keeps no more than later stages want.
        let isSorted = leading.sort != nil && plan.isOrdered
        let window = leading.sort == nil || isSorted ? leading : Pipeline.Leading()
        return try store.database.read { connection in
            var out = ByteBuffer(string: #"{"data":["#)
            var writer = DocumentWriter(projection: nil, bytesMax: limits.answerBytesMax)
            let run = try PipelineRun(
                pipeline.rest(sorted: isSorted), foreign: ReadableCollections(performer: self, connection: connection), now: clock.now()
            ) { document in
                try writer.append(document, to: &out)
                return true
            }
            var skip = window.skip
            var left = window.limit ?? .max
            try store.reader(connection, collection).visit(filter, plan) { document in
                if skip > 0 {
                    skip -= 1
                    return true
                }
                left -= 1
                return try run.take(document) && left > 0
            }
            try run.finish()
            out.writeStaticString("]}")
            return out
        }
    }

    /// The part of `filter` that the caller may read.
    fileprivate func restricted(_ filter: Filter, _ collection: Collection) throws -> Filter {
        try restricted(filter, collection, collection.permission.reading(context.caller))
    }

    func restricted(_ filter: Filter, _ collection: Collection, _ reach: Permission.Reach) throws -> Filter {
        switch reach {
        case .all: return filter
        case .own(let openid): return filter.and(try Filter(["_openid": .string(openid)]))
        case .none: throw SampanError.permissionDenied(collection.name, collection.permission)
        }
    }

    func answer(_ json: JSON) -> ByteBuffer { ByteBuffer(bytes: json.serialized()) }
}

extension DocumentOperation {
    /// Whether it changes nothing.
    var isRead: Bool {
        switch kind {
        case .get, .getOne, .count, .aggregate: true
        default: false
        }
    }
}

/// The other collections of an aggregation, as far as the caller may read them.
private struct ReadableCollections: ForeignCollections {
    let performer: OperationPerformer
    let connection: Connection

    func visit(_ collection: String, matching filter: Filter, fields: Set<String>?, _ body: (JSONObject) throws -> Bool) throws {
        guard let foreign = performer.store.catalog[collection] else { return }
        let restricted = try performer.restricted(filter, foreign)
        let plan = plan(filter: restricted, sort: nil, indexes: foreign.readable)
        try performer.store.reader(connection, foreign).visit(restricted, plan, body)
    }

    func isIndexed(_ collection: String, field: String) -> Bool {
        guard let foreign = performer.store.catalog[collection] else { return true }
        return field == "_id" || foreign.readable.contains { $0.fields.first?.path == field }
    }
}
