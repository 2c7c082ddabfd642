internal import HTTPSupport
internal import Kernel
internal import Logging
internal import Storage
internal import Synchronization

/// The backups that are being put back: one of an environment at a time, out of sight until all of it is there.
final class Restores: Sendable {
    /// The most restores that are told of.
    static let keptMax = 50
    /// Where several nodes share a database, another one's restore counts as lost when it was silent for so long.
    private static let silenceMilliseconds: Int64 = 10 * 60_000

    private struct State {
        /// The restores of this process, from before they are written down.
        var mine: Set<String> = []
        var runs: [EnvironmentID: (id: String, task: Task<Void, Never>)] = [:]
        var isOver = false
    }

    private let clock: WallClock
    private let logger: Logger
    private let state = Mutex(State())

    init(clock: WallClock, logger: Logger) {
        self.clock = clock
        self.logger = logger
    }

    /// What is put back where.
    struct Work: Sendable {
        let environment: EnvironmentID
        /// Where the documents go.
        let store: DocumentStore
        /// The backup, which is closed in the end.
        let source: DocumentStore
        /// The collections of the backup that are restored.
        let collections: [Collection]
        /// Whether others are dropped.
        let dropsOthers: Bool
    }

    /// Begins to put back a backup.
    func start(_ work: Work, _ record: RestoreRecord) async throws {
        try await tidy(work.store)
        state.withLock { _ = $0.mine.insert(record.id) }
        do {
            try await work.store.turn { try Self.add(record, $0) }
        } catch {
            state.withLock { _ = $0.mine.remove(record.id) }
            throw error
        }
        state.withLock { state in
            let task = Task { [self] in
                await run(work, record.id)
                self.state.withLock { state in
                    state.runs[work.environment] = nil
                    state.mine.remove(record.id)
                }
            }
            if state.isOver { task.cancel() }
            state.runs[work.environment] = (record.id, task)
        }
    }

    private static func add(_ record: RestoreRecord, _ connection: Connection) throws {
        let table = RestoreTable(connection: connection)
        let all = try table.all()
        guard !all.contains(where: { $0.state == .running }) else { throw SampanError.restoreBusy }
        for old in all.dropFirst(keptMax - 1) { try table.remove(old.id) }
        try table.add(record)
    }

    private func run(_ work: Work, _ id: String) async {
        do {
            do {
                try await putBack(work, id)
            } catch {
                try work.source.database.close()
                throw error
            }
            try work.source.database.close()
        } catch {
            await end(work, id, because: error)
        }
    }

    private func putBack(_ work: Work, _ id: String) async throws {
        var fillings: [DocumentStore.Filling] = []
        for collection in work.collections {
            let filling = try await work.store.beginFilling(collection, for: id)
            fillings.append(filling)
            try await work.store.fill(filling, from: collection, of: work.source) { [clock] connection, count in
                try Self.change(id, connection) { record in
                    record.documents += count
                    record.touchedAt = clock.now()
                }
            }
        }
        let dropped = try await work.store.takePlaces(fillings, dropsOthers: work.dropsOthers) { [clock] connection, dropped in
            try Self.change(id, connection) { record in
                record.state = .done
                record.dropped = dropped
                record.endedAt = clock.now()
            }
        }
        for name in dropped { work.store.watches.end(collection: name, because: .noCollection(name)) }
        // Whoever watches begins again and is told all that is there now.
        for filling in fillings { work.store.watches.end(collection: filling.name, because: .collectionReplaced) }
    }

    /// Changes the record of a restore that is under way.
    /// - Throws: `CancellationError` where it is not any more.
    private static func change(_ id: String, _ connection: Connection, _ body: (inout RestoreRecord) throws -> Void) throws {
        let table = RestoreTable(connection: connection)
        guard var record = try table.find(id), record.state == .running else { throw CancellationError() }
        try body(&record)
        try table.put(record)
    }

    private func end(_ work: Work, _ id: String, because error: any Error) async {
        // The server ends: the next start tells that the restore was cut off.
        if error is CancellationError, state.withLock({ $0.isOver }) { return }
        let told = error is CancellationError ? .restoreCancelled : SampanError(reporting: error)
        if told.status >= 500 { logger.error("a backup could not be restored", metadata: ["restore": "\(id)", "error": "\(error)"]) }
        do {
            try await fail(id, told, work.store)
            try await forgetFillings(work.store)
        } catch {
            // Tried again by `tidy`.
            logger.warning("what a restore has left could not be removed", metadata: ["restore": "\(id)", "error": "\(error)"])
        }
    }

    private func fail(_ id: String, _ error: SampanError, _ store: DocumentStore) async throws {
        try await store.turn { [clock] connection in
            let table = RestoreTable(connection: connection)
            guard var record = try table.find(id), record.state == .running else { return }
            record.state = .failed
            record.failure = KeptError.told(error)
            record.endedAt = clock.now()
            try table.put(record)
        }
    }

    private func forgetFillings(_ store: DocumentStore) async throws {
        let running = try store.read { try RestoreTable(connection: $0).all() }.filter { $0.state == .running }
        try await store.forgetFillings(except: Set(running.map(\.id)))
    }

    // MARK: What one sees and does

    func all(_ store: DocumentStore) async throws -> [RestoreRecord] {
        try await tidy(store)
        return try store.read { try RestoreTable(connection: $0).all() }
    }

    func find(_ id: String, _ store: DocumentStore) async throws -> RestoreRecord {
        func look() throws -> RestoreRecord {
            guard let record = try store.read({ try RestoreTable(connection: $0).find(id) }) else { throw SampanError.noRestore(id) }
            return record
        }
        let record = try look()
        guard record.state == .running, !state.withLock({ $0.mine.contains(id) }) else { return record }
        // Another node's, or nobody's any more.
        try await tidy(store)
        return try look()
    }

    /// Stops a restore, which has then changed nothing; one that is over is forgotten.
    func cancel(_ id: String, _ store: DocumentStore, _ environment: EnvironmentID) async throws {
        guard try await find(id, store).state == .running else {
            try await store.turn { try RestoreTable(connection: $0).remove(id) }
            return
        }
        // Whoever fills sees that in the transaction of the next batch, on whichever node it is.
        try await fail(id, .restoreCancelled, store)
        let run = state.withLock { $0.runs[environment] }
        if let run, run.id == id {
            run.task.cancel()
            await run.task.value
        }
    }

    // MARK: Life

    /// Ends the restores that nobody works on any more, and removes what they have left.
    func tidy(_ store: DocumentStore) async throws {
        let mine = state.withLock { $0.mine }
        let latest = store.database.isShared ? clock.now() - Self.silenceMilliseconds : .max
        let lost = try store.read { try RestoreTable(connection: $0).all() }.filter {
            $0.state == .running && !mine.contains($0.id) && $0.touchedAt < latest
        }
        for record in lost { try await fail(record.id, .restoreInterrupted, store) }
        try await forgetFillings(store)
    }

    /// Ends what is under way in an environment, whose documents go.
    func leave(_ environment: EnvironmentID) async {
        let run = state.withLock { $0.runs[environment] }
        run?.task.cancel()
        await run?.task.value
    }

    /// Stops between two batches.
    func stop() async {
        let runs = state.withLock { state in
            state.isOver = true
            return state.runs.values.map(\.task)
        }
        for run in runs { run.cancel() }
        for run in runs { await run.value }
    }
}
