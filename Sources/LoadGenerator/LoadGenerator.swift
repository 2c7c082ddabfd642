public import Kernel
internal import LoopTasks
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Sends load as the public does: users arrive when they arrive, however slow the server is, and their wait counts from then.
///
/// A generator that waits for answers before it sends more slows down with the server, and hides what users suffer. This one
/// sends by its plan, from one thread with a connection pool of its own, and says so when it could not (``LoadReport/faults``).
///
/// ```swift
/// let target = try RehearsalTarget("http://127.0.0.1:9800", listeners: [server.address])
/// let scenario = try Scenario("menu", RequestTemplate(.get, "/v1/collections/dishes/documents"))
/// let plan = try ArrivalPlan.launch(peak: 5000, base: 200, halfLife: 10, seconds: 120, spacing: .poisson(seed: 7))
/// let report = try await LoadGenerator(scenario, plan, target: target).run()
/// print(report.isVoid, report.latency.percentile(99))
/// ```
public final class LoadGenerator: Sendable {
    private struct State {
        var hasStarted = false
        var stopReason: Localized?
    }

    private let scenario: Scenario
    private let plan: ArrivalPlan
    private let target: RehearsalTarget
    private let settings: LoadSettings
    private let danger: @Sendable () -> Localized?
    private let onSecond: @Sendable (SecondReport) -> Void
    private let state = Mutex(State())

    /// A run to be started.
    ///
    /// - Parameters:
    ///   - danger: Asked before the first user arrives and every 100 ms: answers why real users would be hurt, which ends the run. It runs on the
    ///     generator's thread and so answers at once, from what somebody else keeps watching.
    ///   - onSecond: Told of each second when it is over, on the generator's thread; must not block.
    /// - Throws: `BAD_LOAD_SETTING`, and `LOAD_PLAN_TOO_LARGE` where the plan is beyond the settings' bounds.
    public init(
        _ scenario: Scenario, _ plan: ArrivalPlan, target: RehearsalTarget, settings: LoadSettings = LoadSettings(),
        danger: @escaping @Sendable () -> Localized? = { nil }, onSecond: @escaping @Sendable (SecondReport) -> Void = { _ in }
    ) throws(SampanError) {
        try settings.check(plan)
        (self.scenario, self.plan, self.target, self.settings, self.danger, self.onSecond) = (scenario, plan, target, settings, danger, onSecond)
    }

    /// Runs the plan to its end, once.
    ///
    /// A cancelled task stops the run as ``stop(_:)`` does; the report comes all the same.
    ///
    /// - Throws: `LOAD_ALREADY_STARTED` the second time.
    public func run() async throws -> LoadReport {
        let isFirst = state.withLock { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        guard isFirst else { throw SampanError.generatorStartedBefore }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // As prompt as what it measures: otherwise its own wait for a processor would be told as the server's.
        ThreadPriority.prompt.apply(to: group)
        let report = await withTaskCancellationHandler {
            await start(on: group.next()).result
        } onCancel: {
            stop(Localized("The run was cancelled.", zh: "压测已取消。"))
        }
        try await group.shutdownGracefully()
        return try report.get()
    }

    /// Ends the run within some ten milliseconds: nobody arrives any more, and all connections are closed.
    public func stop(_ reason: Localized) {
        state.withLock { $0.stopReason = $0.stopReason ?? reason }
    }

    private func start(on loop: any EventLoop) -> EventLoopFuture<LoadReport> {
        let promise = loop.makePromise(of: LoadReport.self)
        let hooks = GeneratorLoop.Hooks(stopReason: { self.state.withLock { $0.stopReason } }, danger: danger, onSecond: onSecond)
        loop.execute { [scenario, plan, target, settings] in
            GeneratorLoop(scenario, plan, target: target, settings: settings, hooks: hooks, loop: loop, promise: promise).start()
        }
        return promise.futureResult
    }
}

extension EventLoopFuture where Value: Sendable {
    fileprivate var result: Result<Value, any Error> {
        get async {
            do { return .success(try await get()) } catch { return .failure(error) }
        }
    }
}
