public import Foundation
internal import HTTPSupport
public import Kernel
public import Logging
public import NIOCore
public import ServiceLifecycle
public import Storage
internal import Synchronization
public import Workers

/// Cloud functions: calling what is deployed.
///
/// What is deployed is changed through `deployments` and looked up in `catalog`.
public final class Functions: Service {
    let store: FunctionStore
    let catalog: FunctionCatalog
    let deployments: Deployments
    let folders: FunctionFolders
    /// Log lines and executions.
    public let logBook: LogBook
    /// Tells the scheduler of what it has to do.
    let wake = WakeSignal()
    /// Tells those who start functions when documents change.
    let changesWake = WakeSignal()
    let pool: WorkerPool
    private let observer: any InvocationObserver
    private let services: any FunctionServices
    let limits: Limits
    let clock: WallClock

    /// Opens functions in the control database.
    /// - Parameters:
    ///   - folder: the folder of an environment, which holds its blobs and versions.
    ///   - secrets: seal and open for environment variables at rest.
    ///   - observer: hears of each invocation.
    ///   - refusal: what deployments in an environment are refused with at the moment; `nil`: nothing.
    public init(
        control: Database, folder: @escaping @Sendable (EnvironmentID) -> URL, workers: WorkerConfiguration, services: any FunctionServices,
        logBook: LogBook, secrets: (seal: @Sendable (String) throws -> String, open: @Sendable (String) throws -> String), limits: Limits,
        quotas: any QuotaSource = NoQuotas(), observer: any InvocationObserver = NoObserver(),
        refusal: @escaping @Sendable (EnvironmentID) -> SampanError? = { _ in nil }, clock: WallClock, logger: Logger
    ) throws {
        try control.migrate(functionsMigrations)
        store = FunctionStore(control: control, sealVariables: secrets.seal, openVariables: secrets.open)
        catalog = FunctionCatalog(try store.load())
        folders = FunctionFolders(environment: folder)
        self.services = services
        self.observer = observer
        self.logBook = logBook
        self.limits = limits
        self.clock = clock
        let entry = Entry()
        let bridge = WorkerBridge(services: services, logBook: logBook, clock: clock) { name, event, context in
            guard let functions = entry.functions.withLock({ $0.value }) else { throw SampanError.functionBusy }
            return try await functions.call(name, event, source: "function", context)
        }
        pool = WorkerPool(configuration: workers, delegate: bridge, logger: logger)
        deployments = Deployments(store: store, catalog: catalog, folders: folders, pool: pool, quotas: quotas, refusal: refusal, clock: clock) {
            [wake, changesWake] in
            wake.send(.triggers)
            changesWake.send(.triggers)
        }
        entry.functions.withLock { $0 = Weak(self) }
    }

    /// Safe unchecked: only read and written under the mutex of `Entry`.
    private struct Weak: @unchecked Sendable {
        weak var value: Functions?
        init(_ value: Functions?) { self.value = value }
    }

    /// Lets the bridge find the functions that own it without keeping them alive.
    private final class Entry: Sendable {
        let functions = Mutex(Weak(nil))
    }

    /// Runs the workers until shutdown.
    public func run() async throws { try await pool.run() }

    /// Whether calls are taken: the workers run and are not being shut down.
    public var isReady: Bool { pool.isRunning }

    /// Waits until calls are taken.
    ///
    /// Ends early, with an error, when its task is cancelled.
    public func untilReady() async throws {
        while !isReady { try await Task.sleep(for: .milliseconds(2)) }
    }

    // MARK: Calls

    /// Calls a function and answers its return value as JSON bytes.
    public func call(_ name: String, _ event: ByteBuffer, source: String, _ context: CallContext) async throws -> ByteBuffer {
        let record = try catalog.record(name, in: context.environment)
        guard let version = record.draw() else { throw SampanError.noFunction(name, context.environment) }
        let seconds = min(version.settings.timeoutSeconds, FunctionSettings.timeoutSecondsMax)
        return try await run(record, version, event, source: source, timeoutSeconds: seconds, context)
    }

    /// Calls a function for the queue, with the long timeout.
    func callInBackground(_ item: FunctionStore.Queued) async throws -> ByteBuffer {
        let context = CallContext(environment: item.environment, caller: .function(name: "", user: item.user), requestID: item.requestID)
        let record = try catalog.record(item.function, in: item.environment)
        guard let version = record.draw() else { throw SampanError.noFunction(item.function, item.environment) }
        return try await run(
            record, version, ByteBuffer(bytes: item.event), source: item.source, timeoutSeconds: version.settings.timeoutSeconds, context)
    }

    /// Calls a function because a document has changed, with the long timeout.
    func callForChange(_ name: String, _ event: [UInt8], source: String, in environment: EnvironmentID) async throws -> ByteBuffer {
        let context = CallContext(environment: environment, caller: .function(name: "", user: .nobody), requestID: RequestID.make())
        let record = try catalog.record(name, in: environment)
        guard let version = record.draw() else { throw SampanError.noFunction(name, environment) }
        return try await run(
            record, version, ByteBuffer(bytes: event), source: source, timeoutSeconds: version.settings.timeoutSeconds, context)
    }

    /// Queues an invocation; when this returns it is on disk.
    public func enqueue(_ name: String, _ event: ByteBuffer, source: String, _ context: CallContext) async throws -> Int64 {
        _ = try catalog.record(name, in: context.environment)
        let id = try await store.enqueue(
            context.environment, name, requestID: context.requestID, source: source, user: context.caller.user ?? .nobody,
            event: Array(event.readableBytesView), now: clock.now())
        wake.send(.queue)
        return id
    }

    private func run(
        _ record: FunctionRecord, _ version: FunctionVersion, _ event: ByteBuffer, source: String, timeoutSeconds: Int, _ context: CallContext
    ) async throws -> ByteBuffer {
        let started = clock.now()
        let code = try code(record, version)
        let request = InvocationRequest(
            meta: meta(context, source: source, timeoutSeconds: timeoutSeconds), event: event, requestID: context.requestID,
            timeoutMs: timeoutSeconds * 1000)
        let mark = observer.began(record.name, in: record.environment, at: started)
        let report = await pool.invoke(request, code: code, caller: RunningInvocation(context))
        observer.ended(record.name, in: record.environment, at: clock.now(), mark: mark, durationMs: report.durationMs, cold: report.cold)
        let result = result(of: report.outcome, timeoutSeconds: timeoutSeconds)
        logBook.append(
            LogBook.Execution(
                environment: context.environment, requestID: context.requestID, function: record.name, version: version.number, at: started,
                status: status(report.outcome), durationMs: report.durationMs, cold: report.cold, coldMs: report.coldMs,
                memoryMB: report.memoryMB, source: source, error: result.failure?.detail.en))
        return try result.get()
    }

    func code(_ record: FunctionRecord, _ version: FunctionVersion) throws -> FunctionCode {
        let (variables, internet) = try services.environment(record.environment)
        return version.code.value(variables: variables, internet: internet) {
            // The network and the environment's own variables belong to a worker's identity: a change of them takes new workers.
            var hasher = Hasher()
            hasher.combine(internet)
            hasher.combine(variables)
            return FunctionCode(
                key: "\(record.environment)/\(record.name)/\(version.number)/\(UInt(bitPattern: hasher.finalize()))",
                directory: folders.version(version.number, of: record.name, in: record.environment).path, handler: version.settings.handler,
                environment: variables.merging(version.variables) { _, own in own }, env: record.environment.text, function: record.name,
                version: version.number, timeoutMs: version.settings.timeoutSeconds * 1000, memoryMB: version.settings.memoryMB,
                concurrency: version.settings.concurrency, internet: internet)
        }
    }

    private func meta(_ context: CallContext, source: String, timeoutSeconds: Int) -> [UInt8] {
        let user = context.caller.user ?? .nobody
        var meta: JSONObject = ["requestId": .string(context.requestID), "env": .string(context.environment.text), "source": .string(source)]
        if !user.openid.isEmpty { meta["openid"] = .string(user.openid) }
        if !user.unionid.isEmpty { meta["unionid"] = .string(user.unionid) }
        if !user.appID.isEmpty { meta["appid"] = .string(user.appID) }
        if !user.platform.isEmpty { meta["platform"] = .string(user.platform) }
        if !context.clientIP.isEmpty { meta["clientIp"] = .string(context.clientIP) }
        if !context.userAgent.isEmpty { meta["userAgent"] = .string(context.userAgent) }
        meta["deadlineMs"] = .int(Int64(timeoutSeconds) * 1000)
        return JSON.object(meta).serialized()
    }

    private func result(of outcome: InvocationOutcome, timeoutSeconds: Int) -> Result<ByteBuffer, SampanError> {
        func object(_ bytes: [UInt8]) -> JSONObject { (try? JSON(parsing: bytes))?.objectValue ?? [:] }
        return switch outcome {
        case .result(let bytes): .success(bytes.readableBytes == 0 ? ByteBuffer(string: "null") : bytes)
        case .failed(let error): .failure(.functionFailed(object(error)))
        case .loadFailed(let error): .failure(.functionNotLoaded(object(error)))
        case .timeout: .failure(.functionTimedOut(timeoutSeconds))
        case .crashed(let reason): .failure(.functionCrashed(reason))
        case .busy: .failure(.functionBusy)
        }
    }

    private func status(_ outcome: InvocationOutcome) -> String {
        switch outcome {
        case .result: "success"
        case .failed, .loadFailed: "failed"
        case .timeout: "timeout"
        case .crashed: "crashed"
        case .busy: "refused"
        }
    }

    // MARK: What is deployed

    /// Whether an environment has a function called `name`.
    public func exists(_ name: String, in environment: EnvironmentID) -> Bool { catalog.find(name, in: environment) != nil }

    /// Ends an environment's workers and forgets its functions; its files are removed by who removes its folder.
    public func removeAll(of environment: EnvironmentID) async throws { try await deployments.removeAll(of: environment) }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
