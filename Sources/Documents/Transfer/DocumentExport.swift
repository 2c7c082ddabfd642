internal import HTTPSupport
public import Kernel
public import NIOCore
internal import Storage
internal import Synchronization

extension Documents {
    /// The documents of a collection as pieces of a file, read as they are asked for.
    public func export(_ plan: ExportPlan, _ environment: EnvironmentID) async throws -> DocumentExport {
        let store = try store(environment)
        let collection = try store.collection(plan.collection)
        let filter = try plan.condition.map { try Filter($0) }
        // The columns are known when every document has been looked at once.
        return try await offEventLoop { try DocumentExport(store, collection, plan, filter) }
    }
}

/// A collection that is being written to a file, page by page in the order of the rows, so that no read stays open while a client is slow.
public final class DocumentExport: Sendable {
    private static let rowsMax = 500
    /// A page ends with the document that makes it this large.
    private static let bytesMax = 1 << 20

    private struct State {
        var after: Int64 = -1
        var isBegun = false
    }

    /// How many documents there are, before any condition.
    public let total: Int64
    private let store: DocumentStore
    private let collection: Collection
    private let filter: Filter?
    private let form: Writer
    private let state = Mutex(State())

    init(_ store: DocumentStore, _ collection: Collection, _ plan: ExportPlan, _ filter: Filter?) throws {
        self.store = store
        self.collection = collection
        self.filter = filter
        total = try store.read { try store.count(collection, $0) }
        form = try Writer(plan) { each in
            var after: Int64 = -1
            let look = { (bytes: UnsafeRawBufferPointer) in
                if let document = try Self.wanted(bytes, filter) { try each(document) }
                return bytes.count
            }
            while try Self.page(store, collection, after: &after, look) {}
        }
    }

    /// The next piece, `nil` at the end.
    public func next() async throws -> ByteBuffer? { try await offEventLoop { [self] in try piece() } }

    /// The next piece, `nil` at the end; reads on the calling thread.
    func piece() throws -> ByteBuffer? {
        try state.withLock { state in
            var out: [UInt8] = []
            if !state.isBegun { form.begin(&out) }
            state.isBegun = true
            // A page of which nothing is wanted is no end.
            while true {
                let isMore = try Self.page(store, collection, after: &state.after) { try append($0, to: &out) }
                if !out.isEmpty { return ByteBuffer(bytes: out) }
                if !isMore { return nil }
            }
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) throws -> Int {
        let before = out.count
        if case .lines = form, filter == nil {
            out.append(contentsOf: bytes)
            out.append(10)
        } else {
            if let document = try Self.wanted(bytes, filter) { try form.append(document, to: &out) }
        }
        return out.count - before
    }

    /// The document, if it fits the condition.
    private static func wanted(_ bytes: UnsafeRawBufferPointer, _ filter: Filter?) throws -> JSONObject? {
        let document = try JSON(parsing: Array(bytes)).objectValue ?? [:]
        return filter?.matches(document) ?? true ? document : nil
    }

    /// Reads documents behind row `after`.
    /// - Parameter take: answers how many bytes it has made of one.
    /// - Returns: whether there were any.
    private static func page(
        _ store: DocumentStore, _ collection: Collection, after: inout Int64, _ take: (UnsafeRawBufferPointer) throws -> Int
    ) throws -> Bool {
        var (rows, size) = (0, 0)
        try store.read { connection in
            let sql = "SELECT seq, body FROM d\(collection.number) WHERE seq > $1 ORDER BY seq LIMIT \(rowsMax)"
            try connection.rows(sql, [.int(after)], wanted: .some) { row in
                after = row.int(0)
                size += try row.withBytes(1, take)
                rows += 1
                return size < bytesMax
            }
        }
        return rows > 0
    }

    /// What writes one document.
    private enum Writer: Sendable {
        case lines
        case extendedJSON(ExtendedJSON)
        case csv(CSVWriter)
        case bson(BSONWriter)

        init(_ plan: ExportPlan, _ documents: (_ each: (JSONObject) throws -> Void) throws -> Void) throws {
            switch plan.form {
            case .lines: self = .lines
            case .extendedJSON(let form): self = .extendedJSON(ExtendedJSON(form, objectIDs: plan.objectIDs))
            case .bson: self = .bson(BSONWriter(objectIDs: plan.objectIDs))
            case .csv:
                var fields = plan.fields
                if fields == nil {
                    var columns = CSVColumns()
                    try documents { document in try Self.refusing { () throws(FormatError) in try columns.add(document) } }
                    // A table of no documents still names its first column.
                    fields = columns.paths.isEmpty ? ["_id"] : columns.paths
                }
                // Excel takes UTF-8 for what it is only with the mark.
                self = .csv(
                    try Self.refusing { () throws(FormatError) in
                        try CSVWriter(columns: fields ?? [], separator: plan.separator, guardsFormulas: plan.guards, byteOrderMark: true)
                    })
            }
        }

        func begin(_ out: inout [UInt8]) {
            if case .csv(let writer) = self { writer.appendHeader(to: &out) }
        }

        func append(_ document: JSONObject, to out: inout [UInt8]) throws {
            switch self {
            case .lines:
                JSON.object(document).write(to: &out)
                out.append(10)
            case .extendedJSON(let writer):
                writer.append(document, to: &out)
                out.append(10)
            case .csv(let writer): writer.append(document, to: &out)
            case .bson(let writer): try Self.refusing { () throws(FormatError) in try writer.append(document, to: &out) }
            }
        }

        private static func refusing<T>(_ body: () throws(FormatError) -> T) throws -> T {
            do throws(FormatError) { return try body() } catch { throw error.queryError }
        }
    }
}
