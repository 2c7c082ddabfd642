internal import HTTPSupport
public import Kernel
public import Logging
internal import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// Runs what has no caller waiting: timers when they are due, and queued invocations with retries and destinations.
///
/// An invocation leaves the queue in the same commit that queues what follows from it, after it has run: whatever dies in
/// between, it runs again. So functions that are called asynchronously run at least once.
public final class Scheduler: Service {
    private struct State {
        /// Whose invocations run, by their number in the queue.
        var running: [Int64: EnvironmentID] = [:]
        var timers: [FunctionStore.Timer: Int64] = [:]
        var loaded = false
    }

    /// How many background invocations run at once on this node.
    private static let runningMax = 32
    /// How many of them one environment may have: its long queue must not hold up the others'.
    private static let runningMaxOfOne = 8
    private static let pollEvery = Duration.milliseconds(100)
    private static let retryFirstMilliseconds: Int64 = 1000
    private static let retryLongestMilliseconds: Int64 = 300_000

    private let functions: Functions
    private let clock: WallClock
    private let logger: Logger
    private let isServing: @Sendable (EnvironmentID) -> Bool
    private let state = Mutex(State())

    /// Makes the scheduler.
    /// - Parameter isServing: whether an environment serves; nothing of one that does not is started.
    public init(_ functions: Functions, clock: WallClock, logger: Logger, isServing: @escaping @Sendable (EnvironmentID) -> Bool) {
        self.functions = functions
        self.clock = clock
        self.logger = logger
        self.isServing = isServing
    }

    /// Runs until shutdown; then waits for what is running.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                do {
                    try await fireTimers()
                    for item in try takeDue() { start(item, in: &group) }
                } catch {
                    logger.error("the scheduler failed and goes on", metadata: ["error": "\(error)"])
                }
                // Cancelled: the loop ends.
                try? await Task.sleep(for: Self.pollEvery)
            }
        }
    }

    // MARK: Timers

    func fireTimers() async throws {
        try loadTimers()
        let now = clock.now()
        let wanted = wantedTimers()
        let known = state.withLock { $0.timers }
        for timer in known.keys where wanted[timer] == nil { try await setTimer(timer, run: nil, nextAt: nil, now) }
        for (timer, trigger) in wanted {
            let following = trigger.schedule.next(after: now)
            guard let next = known[timer] else {
                // A schedule whose years have passed has no next time, and so nothing to keep.
                if following != nil { try await setTimer(timer, run: nil, nextAt: following, now) }
                continue
            }
            if next <= now {
                // Missed by more than two seconds: the server was down or the environment suspended.
                let isMissed = next < now - 2000
                let runs = isServing(timer.environment) && !(isMissed && trigger.catchUp == .skip)
                try await setTimer(timer, run: runs ? (RequestID.make(), event(trigger, next)) : nil, nextAt: following, now)
            } else if following != next {
                // The schedule was changed.
                try await setTimer(timer, run: nil, nextAt: following, now)
            }
        }
    }

    private func loadTimers() throws {
        if state.withLock({ $0.loaded }) { return }
        let timers = try functions.store.timers()
        state.withLock { state in
            state.timers = timers
            state.loaded = true
        }
    }

    private func wantedTimers() -> [FunctionStore.Timer: Trigger] {
        var wanted: [FunctionStore.Timer: Trigger] = [:]
        for record in functions.allRecords() {
            for trigger in record.triggers {
                wanted[FunctionStore.Timer(environment: record.environment, function: record.name, name: trigger.name)] = trigger
            }
        }
        return wanted
    }

    private func setTimer(_ timer: FunctionStore.Timer, run: (requestID: String, event: [UInt8])?, nextAt: Int64?, _ now: Int64) async throws {
        try await functions.store.fire(timer, run: run, nextAt: nextAt, now: now)
        state.withLock { $0.timers[timer] = nextAt }
    }

    /// As both platforms hand it over: `{Type, TriggerName, Time}`.
    private func event(_ trigger: Trigger, _ time: Int64) -> [UInt8] {
        var event: JSONObject = [
            "Type": "Timer", "TriggerName": .string(trigger.name), "Time": .string(DateText.iso8601(fromMilliseconds: time)),
        ]
        if let argument = trigger.argument { event["Argument"] = (try? JSON(parsing: Array(argument.utf8))) ?? .string(argument) }
        return JSON.object(event).serialized()
    }

    // MARK: Queue

    func takeDue() throws -> [FunctionStore.Queued] {
        let running = state.withLock { $0.running }
        guard running.count < Self.runningMax else { return [] }
        var shares: [EnvironmentID: Int] = [:]
        for environment in running.values { shares[environment, default: 0] += 1 }
        let due = try functions.store.due(now: clock.now(), running: Set(running.keys), max: Self.runningMax - running.count) { environment in
            guard shares[environment, default: 0] < Self.runningMaxOfOne, isServing(environment) else { return false }
            shares[environment, default: 0] += 1
            return true
        }
        state.withLock { state in for item in due { state.running[item.id] = item.environment } }
        return due
    }

    private func start(_ item: FunctionStore.Queued, in group: inout DiscardingTaskGroup) {
        group.addTask { [self] in
            do {
                try await run(item)
            } catch {
                logger.error("a queued invocation could not be recorded and will run again", metadata: ["id": "\(item.id)", "error": "\(error)"])
            }
            state.withLock { _ = $0.running.removeValue(forKey: item.id) }
        }
    }

    func run(_ item: FunctionStore.Queued) async throws {
        let settings = (try? functions.record(item.function, item.environment))?.primary?.settings ?? FunctionSettings()
        do {
            let result = try await functions.callInBackground(item)
            let follow = settings.onSuccess.map { ($0, outcome(item, "success", "result", (try? JSON(result)) ?? .null)) }
            try await functions.store.finish(item, follow: follow, now: clock.now())
        } catch let error where !(error is CancellationError) {
            let known = SampanError(reporting: error)
            if item.attempt < settings.asyncRetries && known.code != "FUNCTION_NOT_FOUND" {
                let wait = min(Self.retryFirstMilliseconds << item.attempt, Self.retryLongestMilliseconds)
                return try await functions.store.retry(item, dueAt: clock.now() + wait)
            }
            let problem = JSON.object(known.problem(requestID: item.requestID, language: .en))
            let follow = settings.onFailure.map { ($0, outcome(item, "failed", "error", problem)) }
            try await functions.store.finish(item, follow: follow, now: clock.now())
        }
    }

    private func outcome(_ item: FunctionStore.Queued, _ status: String, _ member: String, _ value: JSON) -> [UInt8] {
        let event = (try? JSON(parsing: item.event)) ?? .null
        let outcome: JSONObject = [
            "requestId": .string(item.requestID), "function": .string(item.function), "status": .string(status), "event": event, member: value,
        ]
        return JSON.object(outcome).serialized()
    }
}
