internal import Crypto
public import HTTPSupport
public import Kernel
public import Logging
public import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Storage
internal import Synchronization

/// The document database: one file or PostgreSQL schema for each environment, opened when it is first needed.
///
/// The same operations come from clients over HTTP (permissions apply) and from functions through their worker's
/// channel (they do not); the answers are JSON bytes in which stored documents lie as they were stored.
public final class Documents: Service {
    private final class WeakStore: @unchecked Sendable {
        // Only touched under `stores`' mutex.
        weak var store: DocumentStore?
        init(_ store: DocumentStore) { self.store = store }
    }

    private struct Stores {
        var open: [EnvironmentID: DocumentStore] = [:]
        /// In order of use, the oldest first.
        var order: [EnvironmentID] = []
        /// Evicted ones that a request still uses: opening them twice would give two writers.
        var leaving: [EnvironmentID: WeakStore] = [:]
    }

    /// Every so many tenths of a second, what has expired is removed.
    private static let tidyRounds = 300

    private let stores = Mutex(Stores())
    let place: DocumentsPlace
    private let quotas: any QuotaSource
    let limits: Limits
    let clock: WallClock
    private let logger: Logger
    /// The collections whose documents are kept as they are after each change.
    let observed = Mutex<[EnvironmentID: Set<String>]>([:])
    private let scans: NIOThreadPool
    let imports: Imports
    let backups: Backups
    let restores: Restores

    /// Makes the room over files.
    /// - Parameter path: where an environment's `documents.sqlite` lies; its folder exists.
    public convenience init(
        limits: Limits, quotas: any QuotaSource = NoQuotas(), clock: WallClock, spool: ImportSpool, backups: BackupFolder, logger: Logger,
        path: @escaping @Sendable (EnvironmentID) throws -> String
    ) {
        self.init(engine: .files(path: path), limits: limits, quotas: quotas, clock: clock, spool: spool, backups: backups, logger: logger)
    }

    /// Makes the room over either engine.
    /// - Parameters:
    ///   - spool: where files lie that are being imported.
    ///   - backups: where backups lie.
    public init(
        engine: DocumentsEngine, limits: Limits, quotas: any QuotaSource = NoQuotas(), clock: WallClock, spool: ImportSpool, backups: BackupFolder,
        logger: Logger
    ) {
        self.backups = Backups(backups, limits: limits, clock: clock, logger: logger)
        restores = Restores(clock: clock, logger: logger)
        imports = Imports(spool, clock: clock, logger: logger)
        place = DocumentsPlace(engine)
        scans = NIOThreadPool(numberOfThreads: place.readersMax)
        self.quotas = quotas
        self.limits = limits
        self.clock = clock
        self.logger = logger
        scans.start()
        imports.attach { [weak self] environment in
            guard let self else { throw CancellationError() }
            return try store(environment)
        }
        // Before anything can be made.
        removeUnfinishedBackups()
    }

    // MARK: Operations

    /// Performs one operation of the database protocol.
    /// - Parameters:
    ///   - request: the operation as JSON (`docs/api/wire.md`).
    ///   - idempotencyKey: a repeat of a write with the same key answers the first answer.
    ///   - scope: what open transactions end with: the invocation's number. Those of keys end with nothing but their time, clients have none.
    ///   - mayWrite: whether somebody who manages may change anything; what others may is the collection's to say.
    /// - Returns: the answer as JSON.
    public func perform(
        _ request: ByteBuffer, idempotencyKey: String? = nil, scope: UInt64? = nil, mayWrite: Bool = true, _ context: CallContext
    ) async throws -> ByteBuffer {
        guard
            let object = try request.withUnsafeReadableBytes(DocumentOperation.parse, or: SampanError.malformedJSON).objectValue
        else {
            throw SampanError.badMember("body", Localized("a JSON object", zh: " JSON 对象"))
        }
        let operation = try DocumentOperation(object, caller: context.caller, limits: limits, now: clock.now())
        let scope = scope ?? (context.caller == .key ? TransactionTable.scopeOfKeys : nil)
        let performer = OperationPerformer(store: try store(context.environment), context: context, limits: limits, clock: clock)
        if operation.isRead {
            guard operation.transaction == nil else { return try await performer.readInTransaction(operation, scope: scope) }
            guard try place.isRemote || performer.isHeavy(operation) else { return try performer.observedRead(operation) }
            return try await scans.runIfActive { try performer.observedRead(operation) }
        }
        guard mayWrite else { throw SampanError.lacking(.documentsWrite) }
        if context.caller == .key { AuditNote.changed("documents of \(operation.collection)") }
        let once = idempotencyKey.map { Idempotency(key: "\(context.caller.idempotencyScope) \($0)", request: request) }
        return try await performer.write(operation, scope: scope, once: once)
    }

    /// Puts a document in place of the one with this id, looking at the one that is there and replacing it in one turn.
    /// - Parameter precondition: about the tag of the stored document, `EntityTag(of:)`, or of `null` where there is none.
    public func replace(
        _ id: JSON, of collection: String, by document: JSONObject, if precondition: Precondition, _ context: CallContext
    ) async throws {
        let request: JSONObject = ["op": "set", "collection": .string(collection), "id": id, "data": .object(document)]
        let operation = try DocumentOperation(request, caller: context.caller, limits: limits, now: clock.now())
        let performer = OperationPerformer(store: try store(context.environment), context: context, limits: limits, clock: clock)
        AuditNote.changed("documents of \(collection)")
        _ = try await performer.write(operation, scope: nil, once: nil, if: precondition)
    }

    /// One document by id, as it is stored: the shortest way from the socket to the disk and back.
    public func document(_ collection: String, id: String, _ context: CallContext) async throws -> ByteBuffer {
        let performer = OperationPerformer(store: try store(context.environment), context: context, limits: limits, clock: clock)
        guard place.isRemote else { return try performer.document(collection, id: id) }
        return try await scans.runIfActive { try performer.document(collection, id: id) }
    }

    /// Ends the transactions that an invocation left open.
    public func endScope(_ scope: UInt64, in environment: EnvironmentID) {
        stores.withLock { $0.open[environment] ?? $0.leaving[environment]?.store }?.transactions.endScope(scope)
    }

    // MARK: Life

    /// Throws where documents could not be kept: for a clear word at a start.
    public func check() throws { try place.check() }

    /// Ends transactions and waits that take too long, and forgets old answers, until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            imports.goOn()
            var rounds = 0
            while !Task.isCancelled {
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .milliseconds(100))
                let now = clock.now()
                let open = stores.withLock { Array($0.open.values) + $0.leaving.values.compactMap(\.store) }
                for store in open { store.transactions.sweep(now: now) }
                rounds += 1
                if rounds % 36_000 == 0 {
                    await forgetAnswers(open, before: now - Int64(limits.idempotencyHours) * 3_600_000)
                    await imports.tidy()
                }
                if rounds % Self.tidyRounds == 0 { await tidy(open) }
            }
        }
        await imports.stop()
        await restores.stop()
        try await scans.shutdownGracefully()
        place.close()
    }

    /// Removes an environment's documents; what of them lies in its folder goes with that.
    public func remove(_ environment: EnvironmentID) async throws {
        try await imports.leave(environment)
        await restores.leave(environment)
        try close(environment)
        try await offEventLoop { [place, backups] in
            try place.remove(environment)
            try backups.folder.remove(environment)
        }
    }

    /// Closes an environment's database.
    public func close(_ environment: EnvironmentID) throws {
        let store = stores.withLock { stores in
            stores.order.removeAll { $0 == environment }
            return stores.open.removeValue(forKey: environment)
        }
        store?.watches.end(collection: nil, because: .environmentGone)
        try store?.database.close()
    }

    func store(_ environment: EnvironmentID) throws -> DocumentStore {
        try stores.withLock { stores in
            if let open = stores.open[environment] { return open }
            let store =
                try stores.leaving[environment]?.store
                ?? open(environment)
            stores.leaving[environment] = nil
            stores.open[environment] = store
            stores.order.append(environment)
            if stores.order.count > limits.openDatabasesMax {
                let oldest = stores.order.removeFirst()
                if let leaving = stores.open.removeValue(forKey: oldest) { stores.leaving[oldest] = WeakStore(leaving) }
            }
            return store
        }
    }

    private func isObserved(_ collection: String, _ environment: EnvironmentID) -> Bool {
        observed.withLock { $0[environment]?.contains(collection) ?? false }
    }

    /// The store of an environment that is in use.
    func openStore(_ environment: EnvironmentID) -> DocumentStore? { stores.withLock { $0.open[environment] ?? $0.leaving[environment]?.store } }

    private func open(_ environment: EnvironmentID) throws -> DocumentStore {
        do {
            let database = try place.open(environment, queueMax: limits.writeQueueMax)
            let store = try DocumentStore(
                database, limits: limits, clock: clock, isObserved: { [weak self] in self?.isObserved($0, environment) ?? false },
                quotas: { [quotas] in quotas.quotas(of: environment) })
            resumeIndexes(of: store)
            return store
        } catch {
            throw DocumentStore.told(error)
        }
    }

    private func resumeIndexes(of store: DocumentStore) {
        guard store.catalog.all.contains(where: { $0.indexes.contains { !$0.isReady } }) else { return }
        Task { [logger] in
            do { try await store.resumeIndexes() } catch { logger.warning("an index that was begun could not be finished", metadata: ["error": "\(error)"]) }
        }
    }

    /// The open stores, and those that were evicted while a request still used them.
    private func inUse() -> [DocumentStore] {
        stores.withLock { stores in
            stores.leaving = stores.leaving.filter { $0.value.store != nil }
            return Array(stores.open.values) + stores.leaving.values.compactMap(\.store)
        }
    }

    /// Removes documents whose time is over, and changes that are older than the history.
    private func tidy(_ open: [DocumentStore]) async {
        for store in open {
            do {
                try await store.removeExpired()
                try await store.forgetHistory()
                try await restores.tidy(store)
            } catch {
                logger.warning("what is over could not be removed", metadata: ["error": "\(error)"])
            }
        }
    }

    private func removeUnfinishedBackups() {
        do {
            try backups.folder.removeUnfinished()
        } catch {
            logger.warning("backups that were not finished could not be removed", metadata: ["error": "\(error)"])
        }
    }

    private func forgetAnswers(_ open: [DocumentStore], before: Int64) async {
        for store in open {
            do {
                try await store.database.write { _ = try $0.execute("DELETE FROM answers WHERE at < $1", .int(before)) }
            } catch {
                logger.warning("old answers could not be forgotten", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// A write that may come twice.
struct Idempotency: Sendable {
    let key: String
    let requestHash: String

    init(key: String, request: ByteBuffer) {
        self.key = key
        requestHash = request.withUnsafeReadableBytes { SHA256.hash(data: $0) }.map { String($0, radix: 16) }.joined(separator: ".")
    }
}

extension Caller {
    /// Whose idempotency keys they are: nobody can replay another's answer.
    ///
    /// Ids and names have no space, so what follows one cannot be read as part of them.
    var idempotencyScope: String {
        switch self {
        case .user(let user): "u:\(user.openid)"
        case .function(let name, _): "f:\(name)"
        case .key: "k"
        }
    }
}

extension ByteBuffer {
    /// Runs `body` over the readable bytes and turns its error into another.
    func withUnsafeReadableBytes<T, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> T, or convert: (E) -> any Error
    ) throws -> T {
        let result: Result<T, E> = withUnsafeReadableBytes { bytes in
            do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw convert(error)
        }
    }
}
