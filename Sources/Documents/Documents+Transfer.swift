internal import HTTPSupport
public import Kernel
public import NIOCore
internal import Storage
internal import Synchronization

/// Import and export of a collection as JSON lines.
extension Documents {
    /// Inserts or replaces one document a line.
    ///
    /// A line that fails undoes its batch; earlier batches stay in, and the error names the line.
    public func importLines(_ body: ByteBuffer, into name: String, upserts: Bool, _ context: CallContext) async throws -> JSON {
        let store = try store(context.environment)
        if store.catalog[name] == nil { _ = try await createCollection(name, permission: nil, context.environment) }
        var inserted: Int64 = 0
        var updated: Int64 = 0
        var left = ImportLines(body)
        while true {
            // Hundreds of megabytes are looked through: not on the event loop that serves others.
            let (batch, rest) = try await offEventLoop { [left] in left.takingBatch() }
            if batch.isEmpty { break }
            left = rest
            let now = clock.now()
            let limits = limits
            let counts = try await store.write() { connection in
                var counts = (inserted: Int64(0), updated: Int64(0))
                // Read in the writer's turn: an index may have come since the last batch.
                let collection = try store.collection(name)
                for line in batch {
                    var mutator = store.mutator(connection, collection)
                    mutator.telling = { Self.naming(line: line.number, $0) }
                    let isNew = try Self.importing(line: line.number) {
                        try Self.importOne(line.bytes, mutator, store, upserts: upserts, now: now, limits: limits)
                    }
                    if isNew { counts.inserted += 1 } else { counts.updated += 1 }
                }
                return counts
            }
            inserted += counts.inserted
            updated += counts.updated
        }
        return ["inserted": .int(inserted), "updated": .int(updated)]
    }

    private static func importing<T>(line: Int, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as JSONError {
            throw naming(line: line, SampanError.malformedJSON(error))
        } catch let error as any SampanErrorConvertible {
            throw naming(line: line, error.sampanError)
        } catch let error as SampanError {
            throw naming(line: line, error)
        }
        // Whatever else it is, it is not about this line: a document that a transaction holds, for which the batch waits.
    }

    private static func naming(line: Int, _ cause: SampanError) -> SampanError {
        // Named already: an earlier line's refusal that came back while this one was looked at.
        if cause.members["line"] != nil { return cause }
        return SampanError(
            cause.code, status: cause.status, Localized("Line \(line): \(cause.detail.en)", zh: "第 \(line) 行:\(cause.detail.zh)"), remedy: cause.remedy,
            members: ["line": .int(Int64(line))])
    }

    /// - Returns: whether the document is new.
    private static func importOne(
        _ bytes: ByteBuffer, _ mutator: DocumentMutator, _ store: DocumentStore, upserts: Bool, now: Int64, limits: Limits
    ) throws -> Bool {
        guard case .object(let object) = try bytes.withUnsafeReadableBytes({ try JSON(parsing: $0) }) else {
            throw SampanError.badMember("line", Localized("an object", zh: "对象"))
        }
        try validateDocument(object)
        let id = try DocumentOperation.id(of: object, now: now)
        let document = object.stored(under: id)
        let collection = mutator.collection
        try store.requireFree(collection, id)
        if upserts, let old = try store.reader(mutator.connection, collection).one(id, { (seq: $0.int(0), document: try $0.document(2)) }) {
            try mutator.replace(old.seq, old: old.document, new: document, bytesMax: limits.documentBytesMax)
            return false
        }
        try mutator.insert(DocumentMutator.Prepared(document, id: id, collection, bytesMax: limits.documentBytesMax), document)
        return true
    }

    /// The documents of a collection in pages of lines, read as they are sent.
    func exportPages(_ name: String, _ environment: EnvironmentID) throws -> ExportPages {
        let store = try store(environment)
        return ExportPages(store: store, collection: try store.collection(name))
    }
}

/// What is left of an import: the lines that were not taken yet.
private struct ImportLines: Sendable {
    private static let linesMax = 500
    private static let bytesMax = 8 << 20

    private var body: ByteBuffer
    /// How many lines were taken, empty ones too.
    private var taken = 0

    init(_ body: ByteBuffer) { self.body = body }

    /// The next lines that hold something, with their numbers, and what is left after them; no lines at the end.
    func takingBatch() -> (batch: [(number: Int, bytes: ByteBuffer)], rest: ImportLines) {
        var rest = self
        var batch: [(number: Int, bytes: ByteBuffer)] = []
        var size = 0
        while batch.count < Self.linesMax, size < Self.bytesMax, let line = rest.nextLine() {
            guard line.readableBytesView.contains(where: { $0 > 32 }) else { continue }
            batch.append((rest.taken, line))
            size += line.readableBytes
        }
        return (batch, rest)
    }

    /// Takes one line; its bytes stay where they are.
    private mutating func nextLine() -> ByteBuffer? {
        guard body.readableBytes > 0 else { return nil }
        taken += 1
        let length = body.withUnsafeReadableBytes { bytes in bytes.firstIndex(of: 10) ?? bytes.count }
        let line = body.readSlice(length: length)
        body.moveReaderIndex(forwardBy: min(1, body.readableBytes))
        return line
    }
}

/// Reads a collection page by page, by row number, so that no read stays open while a client is slow.
final class ExportPages: Sendable {
    private static let rowsMax = 500
    /// A page ends with the document that makes it this large.
    private static let bytesMax = 1 << 20
    private let store: DocumentStore
    private let collection: Collection
    private let after = Mutex<Int64>(-1)

    init(store: DocumentStore, collection: Collection) {
        self.store = store
        self.collection = collection
    }

    /// The next lines, `nil` at the end.
    func next() throws -> ByteBuffer? {
        try after.withLock { after in
            var page = ByteBuffer()
            var rows = 0
            try store.read { connection in
                try connection.rows(
                    "SELECT seq, body FROM d\(collection.number) WHERE seq > $1 ORDER BY seq LIMIT \(Self.rowsMax)", [.int(after)], wanted: .some
                ) { row in
                    after = row.int(0)
                    row.withBytes(1) { _ = page.writeBytes($0) }
                    page.writeInteger(UInt8(10))
                    rows += 1
                    return page.readableBytes < Self.bytesMax
                }
            }
            return rows == 0 ? nil : page
        }
    }
}
