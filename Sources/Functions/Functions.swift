public import Foundation
internal import HTTPSupport
public import Kernel
public import Logging
public import NIOCore
public import ServiceLifecycle
public import Storage
internal import Synchronization
public import Workers

/// Cloud functions: deployed versions, the share of calls that each gets, and calling them.
public final class Functions: Service {
    private struct State {
        var records: [EnvironmentID: [String: FunctionRecord]] = [:]
        /// Functions that answer HTTP, longest path first.
        var httpPaths: [EnvironmentID: [(path: String, name: String)]] = [:]
    }

    let store: FunctionStore
    /// Log lines and executions.
    public let logBook: LogBook
    let blobs: @Sendable (EnvironmentID) -> BlobStore
    private let versionsFolder: @Sendable (EnvironmentID) -> URL
    private let state: Mutex<State>
    private let deploying = DeploymentTurns()
    private let pool: WorkerPool
    private let services: any FunctionServices
    let limits: Limits
    let clock: WallClock
    private let logger: Logger

    /// Opens functions in the control database.
    /// - Parameters:
    ///   - folder: the folder of an environment, which holds its blobs and versions.
    ///   - secrets: seal and open for environment variables at rest.
    public init(
        control: Database, folder: @escaping @Sendable (EnvironmentID) -> URL, workers: WorkerConfiguration, services: any FunctionServices,
        logBook: LogBook, secrets: (seal: @Sendable (String) throws -> String, open: @Sendable (String) throws -> String), limits: Limits,
        clock: WallClock, logger: Logger
    ) throws {
        try control.migrate(functionsMigrations)
        store = FunctionStore(control: control, sealVariables: secrets.seal, openVariables: secrets.open)
        blobs = { BlobStore(folder: folder($0).appendingPathComponent("blobs")) }
        versionsFolder = { folder($0).appendingPathComponent("functions") }
        self.services = services
        self.logBook = logBook
        self.limits = limits
        self.clock = clock
        self.logger = logger
        var state = State()
        for record in try store.load() {
            state.records[record.environment, default: [:]][record.name] = record
            Self.indexPaths(&state, record.environment)
        }
        self.state = Mutex(state)
        let entry = Entry()
        let bridge = WorkerBridge(services: services, logBook: logBook, clock: clock) { name, event, context in
            guard let functions = entry.functions.withLock({ $0.value }) else { throw SampanError.functionBusy }
            return try await functions.call(name, event, source: "function", context)
        }
        pool = WorkerPool(configuration: workers, delegate: bridge, logger: logger)
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
        let record = try record(name, context.environment)
        guard let version = record.draw() else { throw SampanError.noFunction(name, context.environment) }
        let seconds = min(version.settings.timeoutSeconds, FunctionSettings.timeoutSecondsMax)
        return try await run(record, version, event, source: source, timeoutSeconds: seconds, context)
    }

    /// Calls a function for the queue, with the long timeout.
    func callInBackground(_ item: FunctionStore.Queued) async throws -> ByteBuffer {
        let context = CallContext(environment: item.environment, caller: .function(name: "", user: item.user), requestID: item.requestID)
        let record = try record(item.function, item.environment)
        guard let version = record.draw() else { throw SampanError.noFunction(item.function, item.environment) }
        return try await run(
            record, version, ByteBuffer(bytes: item.event), source: item.source, timeoutSeconds: version.settings.timeoutSeconds, context)
    }

    /// Queues an invocation; when this returns it is on disk.
    public func enqueue(_ name: String, _ event: ByteBuffer, source: String, _ context: CallContext) async throws -> Int64 {
        _ = try record(name, context.environment)
        return try await store.enqueue(
            context.environment, name, requestID: context.requestID, source: source, user: context.caller.user ?? .nobody,
            event: Array(event.readableBytesView), now: clock.now())
    }

    /// The function bound to the longest prefix of `path`.
    func function(at path: String, in environment: EnvironmentID) -> String? {
        state.withLock { $0.httpPaths[environment] }?.first { bound, _ in
            bound == "/" || path == bound || path.hasPrefix(bound + "/")
        }?.name
    }

    private func run(
        _ record: FunctionRecord, _ version: FunctionVersion, _ event: ByteBuffer, source: String, timeoutSeconds: Int, _ context: CallContext
    ) async throws -> ByteBuffer {
        let started = clock.now()
        let code = try code(record, version)
        let request = InvocationRequest(
            meta: meta(context, source: source, timeoutSeconds: timeoutSeconds), event: event, requestID: context.requestID,
            timeoutMs: timeoutSeconds * 1000)
        let report = await pool.invoke(request, code: code, caller: context)
        let result = result(of: report.outcome, timeoutSeconds: timeoutSeconds)
        logBook.append(
            LogBook.Execution(
                environment: context.environment, requestID: context.requestID, function: record.name, version: version.number, at: started,
                status: status(report.outcome), durationMs: report.durationMs, cold: report.cold, coldMs: report.coldMs,
                memoryMB: report.memoryMB, source: source, error: result.failure?.detail.en))
        return try result.get()
    }

    private func code(_ record: FunctionRecord, _ version: FunctionVersion) throws -> FunctionCode {
        let (variables, internet) = try services.environment(record.environment)
        return version.code.value(variables: variables, internet: internet) {
            // The network and the environment's own variables belong to a worker's identity: a change of them takes new workers.
            var hasher = Hasher()
            hasher.combine(internet)
            hasher.combine(variables)
            return FunctionCode(
                key: "\(record.environment)/\(record.name)/\(version.number)/\(UInt(bitPattern: hasher.finalize()))",
                directory: folder(record.environment, record.name, version.number).path, handler: version.settings.handler,
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

    func record(_ name: String, _ environment: EnvironmentID) throws -> FunctionRecord {
        guard let record = state.withLock({ $0.records[environment]?[name] }) else { throw SampanError.noFunction(name, environment) }
        return record
    }

    func records(_ environment: EnvironmentID) -> [FunctionRecord] {
        state.withLock { $0.records[environment]?.values.sorted { $0.name < $1.name } ?? [] }
    }

    func allRecords() -> [FunctionRecord] { state.withLock { $0.records.values.flatMap(\.values) } }

    /// Whether an environment has a function called `name`.
    public func exists(_ name: String, in environment: EnvironmentID) -> Bool { state.withLock { $0.records[environment]?[name] != nil } }

    /// Records an immutable version and, unless told otherwise, gives it all traffic.
    /// - Returns: the version's number, and whether it was there already.
    func deploy(_ name: String, to environment: EnvironmentID, _ request: DeploymentRequest) async throws -> (version: Int, reused: Bool) {
        guard FunctionRecord.isName(name) else {
            throw SampanError.badMember("name", Localized("1 to 60 letters, digits, _ or -", zh: " 1 到 60 个字母、数字、_ 或 -"))
        }
        return try await deploying.inTurn("\(environment)/\(name)") { [self] in
            var record =
                (try? record(name, environment))
                ?? FunctionRecord(environment: environment, name: name, traffic: [], triggers: [], updatedAt: 0, versions: [])
            let newest = record.versions.last
            let settings = try FunctionSettings(request.settings, base: newest?.settings ?? FunctionSettings())
            let variables = request.variables ?? newest?.variables ?? [:]
            let fingerprint = fingerprint(request.files, settings, variables)
            let isReused = newest?.fingerprint == fingerprint && !request.isForced
            let known = record
            let version = try await isReused ? newest : offEventLoop { [self] in try makeVersion(request, settings, variables, fingerprint, known) }
            guard let version else { preconditionFailure("a reused version is the newest one") }
            if !isReused { record.versions.append(version) }
            if request.activate || record.traffic.isEmpty { record.traffic = [TrafficShare(version: version.number, weight: 100)] }
            if let triggers = request.triggers { record.triggers = triggers }
            if let path = request.httpPath { record.httpPath = path }
            try await save(&record, newVersion: isReused ? nil : version)
            return (version.number, isReused)
        }
    }

    func setTraffic(_ shares: [TrafficShare], of name: String, in environment: EnvironmentID) async throws -> FunctionRecord {
        try await change(name, environment) { record in
            guard shares.contains(where: { $0.weight > 0 }), Set(shares.map(\.version)).count == shares.count else {
                throw SampanError.badMember("traffic", Localized("each version once, at least one with a weight", zh: "版本不可重复,且至少一个权重大于 0"))
            }
            for share in shares where !record.versions.contains(where: { $0.number == share.version }) {
                throw SampanError.notFound(
                    "VERSION_NOT_FOUND", Localized("\"\(name)\" has no version \(share.version).", zh: "“\(name)” 没有版本 \(share.version)。"),
                    remedy: Localized("The function's page lists its versions.", zh: "可在函数页查看版本列表。"))
            }
            record.traffic = shares
        }
    }

    func setTriggers(_ triggers: [Trigger], of name: String, in environment: EnvironmentID) async throws -> FunctionRecord {
        try await change(name, environment) { $0.triggers = triggers }
    }

    func remove(_ name: String, from environment: EnvironmentID) async throws {
        _ = try record(name, environment)
        try await store.remove(name, of: environment)
        state.withLock { state in
            state.records[environment]?[name] = nil
            Self.indexPaths(&state, environment)
        }
        pool.retire { $0.env == environment.text && $0.function == name }
        let folder = versionsFolder(environment).appendingPathComponent(name)
        try await offEventLoop { [self] in try removeFolder(folder) }
    }

    /// Ends an environment's workers and forgets its functions; its files are removed by who removes its folder.
    public func removeAll(of environment: EnvironmentID) async throws {
        try await store.removeAll(of: environment)
        state.withLock { state in
            state.records[environment] = nil
            state.httpPaths[environment] = nil
        }
        pool.retire { $0.env == environment.text }
    }

    private func change(_ name: String, _ environment: EnvironmentID, _ body: @Sendable (inout FunctionRecord) throws -> Void) async throws -> FunctionRecord {
        try await deploying.inTurn("\(environment)/\(name)") { [self] in
            var record = try record(name, environment)
            try body(&record)
            try await save(&record, newVersion: nil)
            return record
        }
    }

    private func save(_ record: inout FunctionRecord, newVersion: FunctionVersion?) async throws {
        record.updatedAt = clock.now()
        try await store.save(record, newVersion: newVersion)
        let saved = record
        state.withLock { state in
            state.records[saved.environment, default: [:]][saved.name] = saved
            Self.indexPaths(&state, saved.environment)
        }
        let serving = Set(saved.traffic.filter { $0.weight > 0 }.map(\.version))
        pool.retire { $0.env == saved.environment.text && $0.function == saved.name && !serving.contains($0.version) }
    }

    private func makeVersion(
        _ request: DeploymentRequest, _ settings: FunctionSettings, _ variables: [String: String], _ fingerprint: String, _ record: FunctionRecord
    ) throws -> FunctionVersion {
        let blobs = blobs(record.environment)
        let missing = request.files.filter { !blobs.has($0.hash) }
        guard missing.isEmpty else {
            throw SampanError(
                "BLOBS_MISSING", status: 409,
                Localized("\(missing.count) files were not uploaded, for example \(missing[0].path).", zh: "有 \(missing.count) 个文件尚未上传,例如 \(missing[0].path)。"),
                remedy: Localized("Ask /blobs/missing and PUT them first.", zh: "请先查询 /blobs/missing 并上传。"))
        }
        let number = (record.versions.map(\.number).max() ?? 0) + 1
        try blobs.materialize(request.files, at: folder(record.environment, record.name, number))
        return FunctionVersion(
            number: number, fingerprint: fingerprint, settings: settings, variables: variables, description: request.description,
            files: request.files.count, size: try request.files.reduce(0) { $0 + (try blobs.size($1.hash)) }, createdAt: clock.now())
    }

    private func fingerprint(_ files: [DeploymentRequest.File], _ settings: FunctionSettings, _ variables: [String: String]) -> String {
        var text = JSON.object(settings.json).text
        for file in files { text += "\n\(file.hash) \(file.isExecutable ? "x" : "-") \(file.path)" }
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) { text += "\n\(name)=\(value)" }
        return BlobStore.hash(text)
    }

    private func folder(_ environment: EnvironmentID, _ name: String, _ version: Int) -> URL {
        versionsFolder(environment).appendingPathComponent(name).appendingPathComponent(String(version))
    }

    private func removeFolder(_ url: URL) throws {
        if FileManager.default.fileExists(atPath: url.path) { try FileManager.default.removeItem(at: url) }
    }

    private static func indexPaths(_ state: inout State, _ environment: EnvironmentID) {
        let bound = state.records[environment]?.values.compactMap { record in record.httpPath.map { (path: $0, name: record.name) } } ?? []
        state.httpPaths[environment] = bound.sorted { ($0.path.count, $1.name) > ($1.path.count, $0.name) }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}

/// One deployment of a function at a time: version numbers are given in turn.
private actor DeploymentTurns {
    private var busy: [String: [CheckedContinuation<Void, Never>]] = [:]

    func inTurn<T: Sendable>(_ name: String, _ body: @Sendable () async throws -> T) async throws -> T {
        if busy[name] != nil {
            await withCheckedContinuation { busy[name]?.append($0) }
        } else {
            busy[name] = []
        }
        defer { leave(name) }
        return try await body()
    }

    private func leave(_ name: String) {
        guard var waiting = busy[name], !waiting.isEmpty else {
            busy[name] = nil
            return
        }
        waiting.removeFirst().resume()
        busy[name] = waiting
    }
}
