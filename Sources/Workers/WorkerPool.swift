public import Logging
internal import LoopTasks
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// Runs functions in sandboxed Node processes.
///
/// A few *generic* workers wait without code, so that the first call of a function needs only to load it. A worker that has loaded
/// one version of a function serves only that, several invocations at a time, until it is idle, old or broken.
///
/// ```swift
/// let pool = WorkerPool(configuration: configuration, delegate: platform, logger: logger)
/// // pool.run() belongs to the service group
/// let report = await pool.invoke(request, code: code, caller: callContext)
/// ```
public final class WorkerPool: Service {
    let configuration: WorkerConfiguration
    let delegate: any WorkerDelegate
    let logger: Logger
    private let eventLoopGroup: any EventLoopGroup
    private let lanes: [ObjectIdentifier: CallLane]
    private let lastInvocation = Atomic<UInt64>(0)
    let shared: Mutex<Shared>

    typealias State = PoolState<Invocation>

    /// What is decided under one lock, so that handing out an invocation takes no hop.
    struct Shared: Sendable {
        var state: State
        var isRunning = false
        var machinery: WorkerMachinery?
        var connections: [WorkerID: WorkerConnection] = [:]
        /// What a worker's waiting invocations are told when it did not get to serve them.
        var loadFailures: [WorkerID: InvocationOutcome] = [:]
        var counters = PoolCounters()
    }

    /// A pool that starts its workers when it is run.
    /// - Parameters:
    ///   - configuration: folders and limits.
    ///   - delegate: who answers the functions' calls and takes their logs.
    ///   - logger: for the pool's own doings.
    ///   - eventLoopGroup: where the connections to the workers live.
    public init(
        configuration: WorkerConfiguration, delegate: any WorkerDelegate, logger: Logger,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        self.delegate = delegate
        self.logger = logger
        self.eventLoopGroup = eventLoopGroup
        lanes = Dictionary(uniqueKeysWithValues: eventLoopGroup.makeIterator().map { (ObjectIdentifier($0), CallLane($0)) })
        shared = Mutex(Shared(state: State(limits: PoolLimits(configuration))))
    }

    // MARK: Invoking

    /// Runs a function and answers how that went.
    ///
    /// Cancelling the calling task does not end the invocation: a function that has begun is not torn off.
    /// - Parameters:
    ///   - request: the event and who calls.
    ///   - code: what is to run.
    ///   - caller: handed to the delegate with every call and log line of this invocation.
    public func invoke(_ request: InvocationRequest, code: FunctionCode, caller: any Sendable) async -> InvocationReport {
        await withCheckedContinuation { continuation in
            admit(request, code: code, caller: caller, continuation)
        }
    }

    private func admit(
        _ request: InvocationRequest, code: FunctionCode, caller: any Sendable, _ continuation: CheckedContinuation<InvocationReport, Never>
    ) {
        let id = lastInvocation.add(1, ordering: .relaxed).newValue
        let context = InvocationContext(id: id, requestID: request.requestID, code: code, caller: caller)
        let invocation = Invocation(request: request, context: context, arrivedAt: .now(), continuation: continuation)
        if let failure = failure(of: request) { refuse(invocation, failure) } else { place(invocation) }
    }

    /// Gives an invocation to a worker or to the line of its function.
    private func place(_ invocation: Invocation) {
        let admission: Admission = shared.withLock { shared in
            guard shared.isRunning else { return .refused }
            switch shared.state.admit(invocation, code: invocation.context.code, deadline: invocation.deadline, now: .now()) {
            case .dispatch(let worker): return .dispatch(shared.connections[worker])
            case .queued: return .queued(shared.state.takeActions())
            case .refused: return .refused
            }
        }
        switch admission {
        case .dispatch(let connection?): connection.send(.invoke(invocation, cold: false))
        case .dispatch(nil): refuse(invocation, .crashed(reason: "the worker has ended"))
        case .queued(let actions): perform(actions)
        case .refused: refuse(invocation, .busy)
        }
    }

    private enum Admission: Sendable {
        case dispatch(WorkerConnection?)
        case queued([State.Action])
        case refused
    }

    private func failure(of request: InvocationRequest) -> InvocationOutcome? {
        let bytes = Frame.headBytes + 2 + request.meta.count + request.event.readableBytes
        guard request.meta.count > UInt16.max || bytes > configuration.frameBytesMax else { return nil }
        let failure = WorkerFailure(name: "EventTooLarge", message: "The event is larger than a worker takes.", code: "EVENT_TOO_LARGE")
        return .failed(failure.json)
    }

    private func refuse(_ invocation: Invocation, _ outcome: InvocationOutcome) {
        delegate.invocationEnded(invocation.context)
        invocation.refuse(outcome, now: .now())
    }

    // MARK: Looking after workers

    /// Lets the workers of versions that nobody needs any more end after what they are doing.
    public func retire(where isRetired: (FunctionCode) -> Bool) {
        update { $0.state.retire(where: isRetired, now: .now()) }
    }

    /// Sees that `count` workers have loaded this code or are about to, as before a peak.
    public func warm(_ code: FunctionCode, count: Int = 1) {
        update { shared in
            if shared.isRunning { shared.state.warm(code, count: count, now: .now()) }
        }
    }

    /// Wishes for the next minute how many of a version's workers stay although they have no work; those that are missing are started.
    ///
    /// A wish holds until the next one, and ends by itself after a minute. What the pool is allowed at most it does not exceed.
    /// - Parameters:
    ///   - floor: how many stay; 0 lets all of them go.
    ///   - lastIdle: how long the last one stays beyond that; `nil`: as long as any worker.
    public func keep(_ code: FunctionCode, floor: Int, lastIdle: TimeAmount? = nil) {
        update { shared in
            guard shared.isRunning else { return }
            let now = NIODeadline.now()
            shared.state.keep(code, KeepAlive(floor: floor, lastIdle: lastIdle, until: now + .seconds(60)), now: now)
        }
    }

    /// Numbers for the console and for metrics.
    public func status() -> PoolStatus {
        shared.withLock { PoolStatus($0) }
    }

    /// Whether invocations are taken.
    public var isRunning: Bool { shared.withLock { $0.isRunning } }

    // MARK: Service

    /// Keeps generic workers ready, answers calls, recycles workers, and on graceful shutdown lets invocations finish first.
    public func run() async throws {
        let launcher = try WorkerLauncher(configuration, logger: logger)
        let machinery = WorkerMachinery(launcher: launcher, loops: eventLoopGroup)
        let isFirst = shared.withLock { shared in
            guard shared.machinery == nil else { return false }
            shared.machinery = machinery
            shared.isRunning = true
            return true
        }
        guard isFirst else {
            try await machinery.stop()
            throw WorkersError(.notRunning, "A worker pool can be run only once.")
        }
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes.values { group.addTask(executorPreference: lane.executor) { await self.answerCalls(lane) } }
            group.addTask { await self.keepTime() }
            group.addTask { await self.measureMemory(machinery) }
            await waitForShutdown()
            await drain()
            for lane in lanes.values { lane.continuation.finish() }
            group.cancelAll()
        }
        try await machinery.stop()
        machinery.launcher.cleanUp()
    }

    private func waitForShutdown() async {
        // Either kind of end means the same here: finish what runs, then go.
        try? await gracefulShutdown()
    }

    /// Waits until the last invocation has ended, at most the configured time, and then until the last process is gone.
    private func drain() async {
        update { shared in
            shared.isRunning = false
            shared.state.shutDown()
        }
        let patience = NIODeadline.now() + .seconds(Int64(configuration.drainSeconds))
        while NIODeadline.now() < patience, !isEmpty { await pause(.milliseconds(10)) }
        for connection in shared.withLock({ Array($0.connections.values) }) { connection.process.kill(because: "the node shuts down") }
        while !isEmpty { await pause(.milliseconds(10)) }
    }

    private var isEmpty: Bool { shared.withLock { $0.state.workers.isEmpty } }

    /// Also in a task that was cancelled: a shutdown that is cut short must still not leave processes behind.
    private func pause(_ time: TimeAmount) async {
        let loop = eventLoopGroup.next()
        let over = loop.makePromise(of: Void.self)
        loop.scheduleTask(in: time) { over.succeed() }
        try? await over.futureResult.get()
    }

    private func answerCalls(_ lane: CallLane) async {
        await withDiscardingTaskGroup { group in
            for await pending in lane.stream {
                group.addTask {
                    let answer = await self.delegate.call(pending.call, from: pending.invocation)
                    pending.connection.send(.answer(pending.id, answer))
                }
            }
        }
    }

    private func keepTime() async {
        while !Task.isCancelled {
            update { $0.state.tick(now: .now()) }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func measureMemory(_ machinery: WorkerMachinery) async {
        while !Task.isCancelled {
            let processes = shared.withLock { $0.connections.values.map(\.process) }
            await machinery.measure(processes)
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    // MARK: Doing what was decided

    /// Changes what is shared, and does what follows from it.
    func update(_ change: (inout Shared) -> Void) {
        let actions = shared.withLock { shared in
            change(&shared)
            return shared.state.takeActions()
        }
        perform(actions)
    }

    private func perform(_ actions: [State.Action]) {
        for action in actions {
            switch action {
            case .start(let id, let memoryMB): start(id, memoryMB: memoryMB)
            case .specialise(let id, let code): specialise(id, code)
            case .dispatch(let invocation, let id, let cold): dispatch(invocation, to: id, cold: cold)
            case .refuse(let invocation, let refusal): refuse(invocation, outcome(of: refusal))
            case .end(let id): end(id)
            }
        }
    }

    private func dispatch(_ invocation: Invocation, to id: WorkerID, cold: Bool) {
        if let connection = shared.withLock({ $0.connections[id] }) {
            connection.send(.invoke(invocation, cold: cold))
        } else {
            // It ended between the decision and now.
            refuse(invocation, .crashed(reason: "the worker has ended"))
        }
    }

    private func outcome(of refusal: State.Refusal) -> InvocationOutcome {
        switch refusal {
        case .busy: .busy
        case .noWorkerStarts: .crashed(reason: "no worker could be started")
        case .notLoaded(let id): shared.withLock { $0.loadFailures[id] } ?? .crashed(reason: "its worker ended while loading the code")
        }
    }

    private func start(_ id: WorkerID, memoryMB: Int) {
        guard let machinery = shared.withLock({ $0.machinery }) else { return }
        machinery.start(id, memoryMB: memoryMB, for: self) { connection in
            switch connection {
            case .success(let connection): self.connected(id, connection)
            case .failure(let error):
                self.logger.error("A worker could not be started.", metadata: ["error": "\(error)"])
                self.update { $0.state.exited(id, now: .now()) }
            }
        }
    }

    private func connected(_ id: WorkerID, _ connection: WorkerConnection) {
        let isWanted = shared.withLock { shared in
            shared.connections[id] = connection
            return shared.state.workers[id].map { $0.phase != .ending } ?? false
        }
        if !isWanted { connection.process.kill() }
    }

    private func specialise(_ id: WorkerID, _ code: FunctionCode) {
        guard
            let (machinery, connection) = shared.withLock({ shared in
                shared.machinery.flatMap { machinery in shared.connections[id].map { (machinery, $0) } }
            })
        else { return }
        machinery.specialise(connection, code) { error in
            self.logger.error("A worker could not get its code.", metadata: ["function": "\(code.key)", "error": "\(error)"])
            let failure = WorkerFailure(name: "Error", message: error.message, code: error.code.rawValue)
            self.workerFailedToLoad(id, error: failure.json)
        }
    }

    private func end(_ id: WorkerID) {
        shared.withLock { $0.connections[id] }?.process.kill(because: "has nothing more to do")
    }
}

// MARK: - What workers tell

extension WorkerPool: WorkerEvents {
    func workerStarted(_ id: WorkerID) {
        update { $0.state.started(id, now: .now()) }
    }

    func workerSpecialised(_ id: WorkerID) {
        update { shared in
            shared.counters.specialised += 1
            shared.state.specialised(id, now: .now())
        }
    }

    func workerFailedToLoad(_ id: WorkerID, error: [UInt8]) {
        update { shared in
            shared.loadFailures[id] = .loadFailed(error)
            shared.state.specialiseFailed(id, now: .now())
        }
    }

    func workerFinishedInvocation(_ id: WorkerID, memoryHigh: Bool) {
        update { shared in
            shared.counters.finished += 1
            shared.state.finished(id, memoryHigh: memoryHigh, now: .now())
        }
    }

    func workerRanOutOfTime(_ id: WorkerID) {
        update { shared in
            shared.counters.timeouts += 1
            shared.state.condemned(id)
        }
    }

    func workerIsLost(_ id: WorkerID) {
        update { shared in
            if shared.state.condemned(id) { shared.counters.crashes += 1 }
        }
    }

    func workerDidNotTake(_ invocation: Invocation) { place(invocation) }

    func workerCalls(_ call: PendingCall, on loop: any EventLoop) {
        guard let lane = lanes[ObjectIdentifier(loop)] else { preconditionFailure("workers' connections live on the pool's event loops") }
        lane.continuation.yield(call)
    }

    func workerExited(_ id: WorkerID, _ ending: ProcessEnding, _ process: WorkerProcess) {
        let (phase, machinery) = shared.withLock { ($0.state.workers[id]?.phase, $0.machinery) }
        if phase == .starting {
            logger.error("A worker did not start.", metadata: ["reason": "\(ending.reason)", "output": "\(process.complaint ?? "")"])
        }
        update { shared in
            if phase == .loading, shared.loadFailures[id] == nil { shared.loadFailures[id] = Self.outcomeOfLoading(ending) }
            shared.connections[id] = nil
            shared.state.exited(id, now: .now())
        }
        shared.withLock { $0.loadFailures[id] = nil }
        machinery?.cleanUp(process)
    }

    private static func outcomeOfLoading(_ ending: ProcessEnding) -> InvocationOutcome {
        guard ending.reason == WorkerDeadlines.loading else { return .crashed(reason: ending.reason) }
        let failure = WorkerFailure(
            name: "LoadTimeout", message: "The code took too long to load: do less before the handler is exported.", code: "LOAD_TIMEOUT")
        return .loadFailed(failure.json)
    }
}

/// The calls that come in on one event loop, answered there: a hop to another thread and back costs more than most answers.
private struct CallLane: Sendable {
    let executor: EventLoopTaskExecutor
    let stream: AsyncStream<PendingCall>
    let continuation: AsyncStream<PendingCall>.Continuation

    init(_ loop: any EventLoop) {
        executor = EventLoopTaskExecutor(loop)
        (stream, continuation) = AsyncStream.makeStream(of: PendingCall.self)
    }
}
