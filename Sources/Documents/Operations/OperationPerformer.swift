internal import Kernel
internal import NIOCore
internal import Storage

/// Authorises one caller's operation and carries it out on one environment's store.
struct OperationPerformer: Sendable {
    let store: DocumentStore
    let context: CallContext
    let limits: Limits
    let clock: WallClock
    /// What is read instead of what is stored now: inside a transaction.
    var sight: TransactionSight?
    /// How documents are found.
    let observation = QueryObservation()

    // MARK: Reads

    /// The bare document.
    func document(_ name: String, id: String) throws -> ByteBuffer {
        let collection = try store.collection(name)
        let found = try store.read { connection in
            let access = access(to: collection, for: .read, connection)
            try access.requireAny()
            return try store.reader(connection, collection).one(id) { row -> ByteBuffer? in
                guard try access.reaches(owner: row.text(1), { try row.document(2) }) else { return nil }
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
        let collection = try seen(operation.collection)
        switch operation.kind {
        case .getOne(let id, let projection): return try one(collection, id, projection)
        case .get(let selection):
            var out = ByteBuffer(string: #"{"data":["#)
            let hasMore = try readable(collection, selection.filter) { connection, filter in
                var selection = selection
                selection.filter = filter
                return try observing(connection, collection).select(selection, into: &out)
            }
            // Whoever asked for fewer than there are, or was given fewer than asked for, is told.
            out.writeString(hasMore ? #"],"more":true}"# : "]}")
            return out
        case .count(let filter):
            let total = try readable(collection, filter) { connection, filter in
                try filter.isAll && sight == nil ? store.count(collection, connection) : observing(connection, collection).count(filter)
            }
            return answer(["total": .int(total)])
        case .aggregate(let pipeline): return try aggregate(pipeline, collection)
        case .distinct(let path, let filter): return try distinct(path, filter, collection)
        default: preconditionFailure("only reads come here; `isRead` says which they are")
        }
    }

    private func one(_ collection: Collection, _ id: String, _ projection: Projection?) throws -> ByteBuffer {
        let bytes = try document(collection.name, id: id)
        var out = ByteBuffer(string: #"{"data":"#)
        if let projection {
            let document = try bytes.withUnsafeReadableBytes { try JSON(parsing: $0) }.objectValue ?? [:]
            out.writeBytes(JSON.object(try projection.apply(document)).serialized())
        } else {
            out.writeImmutableBuffer(bytes)
        }
        out.writeStaticString("}")
        return out
    }

    /// Reads with the part of `filter` that the caller may read.
    func readable<T>(_ collection: Collection, _ filter: Filter, _ body: (Connection, Filter) throws -> T) throws -> T {
        try reading { connection in
            let access = access(to: collection, for: .read, connection)
            let result = try body(connection, access.restricted(filter))
            try access.check()
            return result
        }
    }

    /// A reader of the operation's own documents, which notes how they are found.
    func observing(_ connection: Connection, _ collection: Collection) -> DocumentReader {
        var reader = reader(connection, collection)
        reader.observation = observation
        return reader
    }

    func reader(_ connection: Connection, _ collection: Collection) -> DocumentReader {
        var reader = store.reader(connection, collection)
        reader.overlay = sight?.overlay(of: collection)
        return reader
    }

    private func reading<T>(_ body: (Connection) throws -> T) throws -> T {
        guard let sight else { return try store.read(body) }
        return try sight.view.read(body)
    }

    /// A collection with the indexes that may be used; inside a transaction those of its moment.
    func seen(_ name: String) throws -> Collection {
        guard let collection = known(name) else { throw SampanError.noCollection(name) }
        return collection
    }

    /// The same; `nil` where there is none.
    func known(_ name: String) -> Collection? { sight?.view.collection(name) ?? store.catalog[name] }

    /// What the caller may do in a collection.
    func access(to collection: Collection, for action: RuleSet.Action, _ connection: Connection) -> DocumentGuard {
        DocumentGuard(collection, for: action, context.caller, now: clock.now()) { [store] name, id in
            guard let other = store.catalog[name] else { return nil }
            return try store.reader(connection, other).one(id) { try $0.document(2) }
        }
    }

    func answer(_ json: JSON) -> ByteBuffer { ByteBuffer(bytes: json.serialized()) }
}

extension DocumentOperation {
    /// Whether it changes nothing.
    var isRead: Bool {
        switch kind {
        case .get, .getOne, .count, .distinct: true
        case .aggregate(let pipeline): pipeline.output == nil
        default: false
        }
    }
}
