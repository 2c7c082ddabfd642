internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Storage
internal import Synchronization

/// Takes the bytes of a file in pieces and stores its documents in batches, each in one transaction.
///
/// A document that is refused undoes its batch, and the error names its place; where refusals are only to be told of, what stands before it is
/// stored and the import goes on behind it.
struct DocumentImporter {
    /// Called in the transaction of each batch with the counts as they are when it is committed.
    typealias Recorder = @Sendable (Connection, ImportCounts) throws -> Void

    private static let batchDocumentsMax = 500
    private static let batchBytesMax = 8 << 20

    private let store: DocumentStore
    private let plan: ImportPlan
    private let recorder: Recorder?
    private let source: ImportSource
    /// What was read and not stored yet.
    private var waiting: [ImportSource.Entry] = []
    private(set) var counts: ImportCounts

    /// - Parameters:
    ///   - after: what an earlier run of the same file has dealt with already, which is passed over.
    ///   - recorder: keeps the counts where they survive as the documents do.
    init(_ store: DocumentStore, _ plan: ImportPlan, after: ImportCounts = ImportCounts(), recorder: Recorder? = nil) {
        self.store = store
        self.plan = plan
        self.recorder = recorder
        counts = after
        source = ImportSource(plan, skipping: after.read)
    }

    /// Takes the next bytes of the file.
    mutating func take(_ bytes: ByteBuffer) async throws {
        // Parsing hundreds of megabytes: not on the event loop that serves others.
        try await store(all: false) { [source] in source.take(bytes) }
    }

    /// Says that the file is over, and stores what is left.
    mutating func finish() async throws {
        try await store(all: true) { [source] in source.finish() }
    }

    private mutating func store(all: Bool, after feed: @escaping @Sendable () -> Void) async throws {
        let (store, name, now) = (store, plan.collection, store.clock.now())
        var isFed = false
        while true {
            let (first, held) = (!isFed, waiting.count)
            let entries = try await offEventLoop { [source] in
                if first { feed() }
                return try source.entries(upTo: Self.batchDocumentsMax - held, bytes: Self.batchBytesMax, for: store.collection(name), store.limits, now: now)
            }
            isFed = true
            waiting += entries
            let isFull = waiting.count >= Self.batchDocumentsMax || waiting.reduce(0) { $0 + $1.bytes } >= Self.batchBytesMax
            guard isFull || (all && !waiting.isEmpty) else { return }
            let batch = waiting
            waiting = []
            try await keep(batch[...])
        }
    }

    /// Stores a batch; what is refused is thrown, or left out and told of.
    private mutating func keep(_ batch: ArraySlice<ImportSource.Entry>) async throws {
        var (rest, size) = (batch, batch.count)
        while !rest.isEmpty {
            do {
                counts = try await write(Array(rest.prefix(size)), from: counts)
                rest = rest.dropFirst(size)
            } catch let refusal as ImportRefusal {
                guard !plan.stopsOnError else { throw refusal.error }
                // What stands before it is stored next; then it is the first and left out.
                if refusal.index > 0 {
                    size = refusal.index
                    continue
                }
                guard !refusal.endsReading else { throw refusal.error }
                counts.refuse(refusal.error)
                rest = rest.dropFirst()
            }
            size = rest.count
        }
    }

    private func write(_ batch: [ImportSource.Entry], from before: ImportCounts) async throws -> ImportCounts {
        // What the reader refused is known without the writer.
        for (index, entry) in batch.enumerated() {
            if case .failure(let refusal) = entry.content { throw ImportRefusal(index: index, error: refusal.error, endsReading: refusal.endsReading) }
        }
        return try await store.write { [store, plan, recorder] connection in
            var counts = before
            // Read in the writer's turn: an index may have come since the last batch.
            let collection = try store.collection(plan.collection)
            for (index, entry) in batch.enumerated() {
                guard case .success(let ready) = entry.content else { continue }
                var mutator = store.mutator(connection, collection)
                mutator.telling = { ImportRefusal(index: index, error: ready.place.naming($0)) }
                let isNew = try ImportRefusal.at(index, ready.place) { try Self.keep(ready, mutator, store, upserts: plan.upserts) }
                if isNew { counts.inserted += 1 } else { counts.updated += 1 }
            }
            counts.read += Int64(batch.count)
            try recorder?(connection, counts)
            return counts
        }
    }

    /// - Returns: whether the document is new.
    private static func keep(_ ready: ImportSource.Ready, _ mutator: DocumentMutator, _ store: DocumentStore, upserts: Bool) throws -> Bool {
        let (collection, id) = (mutator.collection, ready.prepared.id)
        try store.requireFree(collection, id)
        if upserts, let old = try store.reader(mutator.connection, collection).one(id, { (seq: $0.int(0), document: try $0.document(2)) }) {
            try mutator.replace(old.seq, old: old.document, new: ready.document, bytesMax: store.limits.documentBytesMax)
            return false
        }
        try mutator.insert(ready.prepared, ready.document)
        return true
    }
}

/// A document of a batch that cannot be stored.
struct ImportRefusal: Error {
    /// Where in its batch it stands.
    let index: Int
    let error: SampanError
    var endsReading = false

    /// Names the place in what `body` throws about the document.
    ///
    /// Whatever else it throws is not about this document: a document that a transaction holds, for which the batch waits.
    static func at<T>(_ index: Int, _ place: FormatPlace, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as any SampanErrorConvertible {
            throw ImportRefusal(index: index, error: place.naming(error.sampanError))
        } catch let error as SampanError {
            throw ImportRefusal(index: index, error: place.naming(error))
        }
    }
}

extension FormatPlace {
    /// The error with the place in front and as members.
    func naming(_ cause: SampanError) -> SampanError {
        var members = cause.members
        switch self {
        case .line(let number): members["line"] = .int(Int64(number))
        case .document(let number, let byte):
            members["document"] = .int(Int64(number))
            members["byte"] = .int(Int64(byte))
        case .unplaced: break
        }
        return SampanError(
            cause.code, status: cause.status, Localized(text.en + cause.detail.en, zh: text.zh + cause.detail.zh), remedy: cause.remedy,
            retryAfter: cause.retryAfter, members: members)
    }
}

/// Reads a file and makes its documents ready to be stored, before the writer's turn.
final class ImportSource: Sendable {
    /// A document that can be stored.
    struct Ready: Sendable {
        let place: FormatPlace
        let document: JSONObject
        let prepared: DocumentMutator.Prepared
    }

    /// A document of the file, or why it is none.
    struct Entry: Sendable {
        struct Refusal: Error {
            let error: SampanError
            var endsReading = false
        }

        let content: Result<Ready, Refusal>
        /// About how large it is.
        let bytes: Int
    }

    private struct State {
        var format: DocumentFormat?
        /// What came before the format was known.
        var start: [UInt8] = []
        var reader: (any DocumentReading)?
        var skipping: Int64
        /// Nothing can be read behind an error that ends reading.
        var isOver = false
    }

    /// So many bytes tell the format.
    private static let startBytes = 16
    private let csv: CSVOptions
    private let state: Mutex<State>

    init(_ plan: ImportPlan, skipping: Int64) {
        csv = plan.csv
        state = Mutex(State(format: plan.format, skipping: skipping))
    }

    /// Takes the next bytes.
    func take(_ bytes: ByteBuffer) {
        state.withLock { state in
            if state.reader == nil {
                state.start += bytes.readableBytesView
                if state.format != nil || state.start.count >= Self.startBytes { begin(&state) }
            } else {
                bytes.withUnsafeReadableBytes { state.reader?.append($0) }
            }
        }
    }

    /// Says that no bytes come any more.
    func finish() {
        state.withLock { state in
            if state.reader == nil { begin(&state) }
            state.reader?.finish()
        }
    }

    private func begin(_ state: inout State) {
        // Any text could be a table, so one has to say that it is: a slip in JSON lines would become a column's name.
        let isBSON = state.format == nil && DocumentFormat(detecting: state.start) == .bson
        var reader = (state.format ?? (isBSON ? .bson : .json)).reader(csv: csv)
        reader.append(state.start)
        state.start = []
        state.reader = reader
    }

    /// The next documents, none where more bytes are needed or the file is over.
    func entries(upTo count: Int, bytes: Int, for collection: Collection, _ limits: Limits, now: Int64) -> [Entry] {
        state.withLock { state in
            while state.skipping > 0, next(&state) != nil { state.skipping -= 1 }
            var (entries, size) = ([Entry](), 0)
            while entries.count < count, size < bytes, let found = next(&state) {
                let entry = Self.entry(found, collection, limits, now)
                size += entry.bytes
                entries.append(entry)
            }
            return entries
        }
    }

    /// The next document of the file, or why it cannot be read; `nil` where more bytes are needed or nothing comes any more.
    private func next(_ state: inout State) -> Result<FoundDocument, FormatError>? {
        guard !state.isOver else { return nil }
        do throws(FormatError) {
            return try (state.reader?.next()).map { .success($0) }
        } catch {
            state.isOver = error.endsReading
            return .failure(error)
        }
    }

    private static func entry(_ next: Result<FoundDocument, FormatError>, _ collection: Collection, _ limits: Limits, _ now: Int64) -> Entry {
        switch next {
        case .success(let found): return entry(found, collection, limits, now)
        case .failure(let error):
            let cause = QueryError(error.code, error.reason.en, zh: error.reason.zh).sampanError
            return Entry(content: .failure(.init(error: error.place.naming(cause), endsReading: error.endsReading)), bytes: 0)
        }
    }

    private static func entry(_ found: FoundDocument, _ collection: Collection, _ limits: Limits, _ now: Int64) -> Entry {
        do {
            try validateDocument(found.document)
            let id = try DocumentOperation.id(of: found.document, now: now)
            let document = found.document.stored(under: id)
            let prepared = try DocumentMutator.Prepared(document, id: id, collection, bytesMax: limits.documentBytesMax)
            return Entry(content: .success(Ready(place: found.place, document: document, prepared: prepared)), bytes: prepared.body.count)
        } catch {
            return Entry(content: .failure(.init(error: found.place.naming(SampanError(reporting: error)))), bytes: 0)
        }
    }
}
