internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Logging
internal import NIOCore
internal import Storage
internal import Synchronization

/// The imports of this server: files come into the spool whole, however often the connection breaks, and then documents go from
/// there into a collection, one import of an environment after the other.
///
/// How far an import is stands in the transaction of each batch. So it goes on where it was after a restart, with nothing twice and nothing left out.
final class Imports: Sendable {
    /// How long a file waits for the rest of it, or for somebody who lets a failed import go on.
    static let fileMillisecondsMax: Int64 = 24 * 3_600_000
    /// The most imports of an environment that are not over.
    static let unfinishedMax = 10
    /// The most imports that are told of afterwards.
    static let keptMax = 50
    private static let pieceBytes = 256 << 10

    private struct State {
        /// One task for each environment that has something to do.
        var runs: [EnvironmentID: Task<Void, Never>] = [:]
        /// Where there is more to do than the task may have seen.
        var hasMore: Set<EnvironmentID> = []
        /// What is being received, so that nobody else writes to the same file.
        var receiving: Set<String> = []
        var isOver = false
    }

    let spool: ImportSpool
    private let opener = Mutex<@Sendable (EnvironmentID) throws -> DocumentStore>({ _ in throw CancellationError() })
    private let clock: WallClock
    private let logger: Logger
    private let state = Mutex(State())

    init(_ spool: ImportSpool, clock: WallClock, logger: Logger) {
        self.spool = spool
        self.clock = clock
        self.logger = logger
    }

    /// Says how an environment's documents are opened, before anything else is asked.
    func attach(_ open: @escaping @Sendable (EnvironmentID) throws -> DocumentStore) { opener.withLock { $0 = open } }

    private func open(_ environment: EnvironmentID) throws -> DocumentStore { try opener.withLock { $0 }(environment) }

    // MARK: Files

    /// Notes an import whose file is about to come.
    func begin(_ plan: ImportPlan, fileName: String?, bytes: Int64?, _ environment: EnvironmentID) async throws -> ImportRecord {
        let store = try open(environment)
        let record = ImportRecord(
            id: "imp-" + RandomText.make(12, alphabet: RandomText.readable), plan: plan, fileName: fileName, bytes: bytes, createdAt: clock.now())
        if let bytes, bytes > store.limits.importBytesMax { throw SampanError.tooLarge(Int(store.limits.importBytesMax)) }
        try await store.turn { connection in
            let table = ImportTable(connection: connection)
            let all = try table.all()
            guard all.count(where: { !$0.isOver }) < Self.unfinishedMax else { throw SampanError.tooManyImports(Self.unfinishedMax) }
            for old in all.filter(\.isOver).dropFirst(Self.keptMax - 1) { try table.remove(old.id) }
            try table.add(record)
        }
        return record
    }

    /// What takes the bytes of a file from `offset` on.
    func receive(_ id: String, from offset: Int64, _ environment: EnvironmentID) throws -> ImportUpload {
        let store = try open(environment)
        let record = try find(id, store)
        guard record.state == .receiving else { throw SampanError.importNotReceiving }
        guard state.withLock({ $0.receiving.insert(id).inserted }) else { throw SampanError.importBusy }
        do {
            let received = spool.size(id, environment) ?? 0
            guard offset == received else { throw SampanError.importOffset(expected: received) }
            let max = record.bytes ?? store.limits.importBytesMax
            return ImportUpload(
                id: id, handle: try spool.open(id, environment), size: received, bytesMax: max, isMaxExact: record.bytes != nil
            ) { [self] in
                state.withLock { _ = $0.receiving.remove(id) }
            }
        } catch {
            state.withLock { _ = $0.receiving.remove(id) }
            throw error
        }
    }

    /// Starts an import whose file has come whole.
    func start(_ id: String, bytes: Int64, _ environment: EnvironmentID) async throws {
        let store = try open(environment)
        try await offEventLoop { [spool] in
            try DurableFile.sync(spool.file(id, environment).path)
            try DurableFile.sync(spool.folder(environment).path)
        }
        try await change(id, store) { record in
            guard record.state == .receiving else { throw SampanError.importNotReceiving }
            record.bytes = bytes
            record.state = .running
        }
        run(environment)
    }

    // MARK: What one sees and does

    func find(_ id: String, _ store: DocumentStore) throws -> ImportRecord {
        guard let record = try store.read({ try ImportTable(connection: $0).find(id) }) else { throw SampanError.noImport(id) }
        return record
    }

    func shown(_ id: String, _ environment: EnvironmentID, _ language: Language) throws -> JSON {
        shown(try find(id, open(environment)), environment, language)
    }

    func all(_ environment: EnvironmentID, _ language: Language) throws -> [JSON] {
        try open(environment).read { try ImportTable(connection: $0).all() }.map { shown($0, environment, language) }
    }

    private func shown(_ record: ImportRecord, _ environment: EnvironmentID, _ language: Language) -> JSON {
        let size = spool.size(record.id, environment)
        return record.shown(language, received: record.state == .receiving ? size ?? 0 : record.bytes, isHere: size != nil)
    }

    /// Ends an import, whose stored documents stay; one that is over is forgotten.
    func cancel(_ id: String, _ environment: EnvironmentID) async throws {
        let store = try open(environment)
        let record = try find(id, store)
        if record.isOver {
            try await store.turn { try ImportTable(connection: $0).remove(id) }
            spool.remove(id, environment)
            return
        }
        // Whoever runs it sees that in the transaction of the next batch.
        try await end(id, .cancelled, nil, store, environment)
    }

    /// Lets a failed import go on behind what it has stored.
    /// - Parameter skips: whether what is refused from now on is left out.
    func resume(_ id: String, skips: Bool?, _ environment: EnvironmentID) async throws {
        let store = try open(environment)
        guard spool.size(id, environment) != nil else { throw SampanError.importFileGone }
        try await change(id, store) { record in
            guard record.state == .failed else { throw SampanError.importNotFailed }
            record.state = .running
            record.failure = nil
            record.endedAt = nil
            if let skips { record.plan.stopsOnError = !skips }
        }
        run(environment)
    }

    private func change(_ id: String, _ store: DocumentStore, _ body: @escaping @Sendable (inout ImportRecord) throws -> Void) async throws {
        try await store.turn { connection in
            let table = ImportTable(connection: connection)
            guard var record = try table.find(id) else { throw SampanError.noImport(id) }
            try body(&record)
            try table.put(record)
        }
    }

    private func end(_ id: String, _ how: ImportRecord.State, _ failure: JSON?, _ store: DocumentStore, _ environment: EnvironmentID) async throws {
        let now = clock.now()
        try await change(id, store) { record in
            guard !record.isOver else { return }
            record.state = how
            record.failure = failure
            record.endedAt = now
            if how == .done { record.bytesTaken = record.bytes ?? record.bytesTaken }
        }
        // A failed one may go on later.
        if how != .failed { spool.remove(id, environment) }
    }

    // MARK: The work

    /// Works through what an environment has to do, unless somebody does already.
    private func run(_ environment: EnvironmentID) {
        state.withLock { state in
            guard !state.isOver else { return }
            guard state.runs[environment] == nil else {
                state.hasMore.insert(environment)
                return
            }
            state.runs[environment] = Task { [self] in
                repeat { await work(environment) } while isWanted(environment)
            }
        }
    }

    /// Whether whoever has worked for an environment has to look once more; otherwise it is gone.
    private func isWanted(_ environment: EnvironmentID) -> Bool {
        state.withLock { state in
            if state.hasMore.remove(environment) != nil, !Task.isCancelled { return true }
            state.runs[environment] = nil
            return false
        }
    }

    private func work(_ environment: EnvironmentID) async {
        do {
            while !Task.isCancelled {
                let store = try open(environment)
                // Where several nodes share a database, the others have the files of theirs.
                let waiting = try store.read { try ImportTable(connection: $0).all() }.filter { [spool] record in
                    record.state == .running && spool.size(record.id, environment) != nil
                }
                guard let record = waiting.last else { return }
                try await perform(record, store, environment)
            }
        } catch {
            if !Task.isCancelled { logger.error("an import could not be looked after", metadata: ["env": "\(environment)", "error": "\(error)"]) }
        }
    }

    /// Takes one import from where it is to its end.
    private func perform(_ record: ImportRecord, _ store: DocumentStore, _ environment: EnvironmentID) async throws {
        do {
            let counts = try await pour(record, store, environment)
            // What was refused at the end came into no batch.
            try await change(record.id, store) { $0.counts = counts }
            try await end(record.id, .done, nil, store, environment)
        } catch is CancellationError {
            // The server stops, and goes on with it at the next start; or somebody has ended it.
        } catch {
            let known = SampanError(reporting: error)
            if known.status >= 500 { logger.error("an import failed", metadata: ["import": "\(record.id)", "error": "\(error)"]) }
            try await end(record.id, .failed, KeptError.told(known), store, environment)
        }
    }

    private func pour(_ record: ImportRecord, _ store: DocumentStore, _ environment: EnvironmentID) async throws -> ImportCounts {
        let file = spool.file(record.id, environment)
        guard let handle = FileHandle(forReadingAtPath: file.path) else { throw SampanError.importFileGone }
        defer { try? handle.close() }  // Only read from.
        let taken = Mutex(Int64(0))
        var importer = DocumentImporter(store, record.plan, after: record.counts) { connection, counts in
            let table = ImportTable(connection: connection)
            guard var record = try table.find(record.id), record.state == .running else { throw CancellationError() }
            record.counts = counts
            record.bytesTaken = taken.withLock { $0 }
            try table.put(record)
        }
        while let piece = try await offEventLoop({ try handle.read(upToCount: Self.pieceBytes) }), !piece.isEmpty {
            try Task.checkCancellation()
            taken.withLock { $0 += Int64(piece.count) }
            try await importer.take(ByteBuffer(bytes: piece))
        }
        try await importer.finish()
        return importer.counts
    }

    // MARK: Life

    /// Goes on with what was under way when the server ended.
    func goOn() {
        do {
            for (environment, files) in try spool.all() where !files.isEmpty { run(environment) }
        } catch {
            logger.error("the folder of imports cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Removes files that nobody has come back for.
    func tidy() async {
        do {
            let latest = clock.now() - Self.fileMillisecondsMax
            for (environment, files) in try spool.all() {
                for file in files where file.changedAt < latest { try await expire(file.id, environment) }
            }
        } catch {
            logger.warning("old files of imports could not be removed", metadata: ["error": "\(error)"])
        }
    }

    private func expire(_ id: String, _ environment: EnvironmentID) async throws {
        let store = try open(environment)
        let record = try store.read { try ImportTable(connection: $0).find(id) }
        guard record?.state != .running else { return }
        if record?.state == .receiving { try await end(id, .cancelled, nil, store, environment) }
        spool.remove(id, environment)
    }

    /// Ends what is under way in an environment, whose documents go.
    func leave(_ environment: EnvironmentID) async throws {
        let run = state.withLock { $0.runs[environment] }
        run?.cancel()
        await run?.value
        try spool.remove(environment)
    }

    /// Stops between two batches.
    func stop() async {
        let runs = state.withLock { state in
            state.isOver = true
            return Array(state.runs.values)
        }
        for run in runs { run.cancel() }
        for run in runs { await run.value }
    }
}

extension ImportRecord {
    /// Whether nothing more happens unless somebody wants it.
    var isOver: Bool {
        switch state {
        case .receiving, .running: false
        case .done, .failed, .cancelled: true
        }
    }
}
