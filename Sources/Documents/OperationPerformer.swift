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
            case .scan, .text, .geo, .near, .union: return !(selection.filter.isAll && selection.sort == nil && selection.skip < 1000)
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
        let filter = try restricted(pipeline.leadingMatch ?? .all, collection)
        var random = SystemRandomNumberGenerator()
        let result = try store.database.read { connection in
            let input = try store.reader(connection, collection).documents(filter, max: limits.scanDocumentsMax)
            return try pipeline.run(
                input,
                foreign: { name in
                    guard let foreign = store.catalog[name] else { return [] }
                    return try store.reader(connection, foreign).documents(restricted(.all, foreign), max: limits.scanDocumentsMax)
                }, now: clock.now(), random: &random)
        }
        return answer(["data": .array(result)])
    }

    /// The part of `filter` that the caller may read.
    private func restricted(_ filter: Filter, _ collection: Collection) throws -> Filter {
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
