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
        var agenda = Agenda()
    }

    /// When something has to be looked at again, by the wall clock; at first everything at once.
    private struct Agenda {
        /// When the next timer is due; `nil` when there is none.
        var timersAt: Int64? = .min
        /// When the queue has something more to run; `nil` when it has nothing that time alone makes due.
        var queueAt: Int64? = .min
        /// Whether something due had to wait for a place, or for its environment.
        var isCrowded = false
        /// The latest time seen; a clock that is behind it was set back.
        var seen: Int64 = .max

        var next: Int64? { [timersAt, queueAt].compactMap(\.self).min() }
    }

    /// How many background invocations run at once on this node.
    private static let runningMax = 32
    /// How many of them one environment may have: its long queue must not hold up the others'.
    private static let runningMaxOfOne = 8
    /// The longest sleep: a clock that is set forward makes things due that nobody waited for.
    ///
    /// Less than what counts as missed.
    private static let sleepMaxMilliseconds: Int64 = 1000
    /// The shortest time between two looks at a queue that has more due than may run: each reads all that waits.
    private static let crowdedPause = Duration.milliseconds(100)
    /// A run that is later than this was missed: the server was down or the environment suspended.
    private static let missedMilliseconds: Int64 = 2000
    private static let retryFirstMilliseconds: Int64 = 1000
    private static let retryLongestMilliseconds: Int64 = 300_000

    private let functions: Functions
    private let wake: WakeSignal
    private let clock: WallClock
    private let logger: Logger
    private let isServing: @Sendable (EnvironmentID) -> Bool
    private let state = Mutex(State())

    /// Makes the scheduler.
    /// - Parameter isServing: whether an environment serves; nothing of one that does not is started.
    public init(_ functions: Functions, clock: WallClock, logger: Logger, isServing: @escaping @Sendable (EnvironmentID) -> Bool) {
        self.functions = functions
        wake = functions.wake
        self.clock = clock
        self.logger = logger
        self.isServing = isServing
    }

    /// Runs until shutdown; then waits for what is running.
    ///
    /// Between two rounds it sleeps until the next thing is due, and looks at no database.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !Task.isShuttingDownGracefully, !Task.isCancelled {
                    await round(in: &group)
                    await sleep()
                }
            }
        } onGracefulShutdown: { [wake] in
            wake.send([])
        }
    }

    /// Does what is due.
    private func round(in group: inout DiscardingTaskGroup) async {
        do {
            let reasons = wake.take()
            let now = clock.now()
            if now < state.withLock({ $0.agenda.seen }) { try await clockWasSetBack(to: now) }
            let agenda = state.withLock { state in
                state.agenda.seen = now
                return state.agenda
            }
            let hasTimers = reasons.contains(.triggers) || agenda.timersAt.map { $0 <= now } ?? false
            if hasTimers { try await fireTimers() }
            if hasTimers || reasons.contains(.queue) || agenda.queueAt.map({ $0 <= now }) ?? false {
                for item in try takeDue() { start(item, in: &group) }
            }
        } catch {
            logger.error("the scheduler failed and goes on", metadata: ["error": "\(error)"])
            let again = clock.now() + Self.sleepMaxMilliseconds
            state.withLock { ($0.agenda.timersAt, $0.agenda.queueAt) = (again, again) }
        }
    }

    private func sleep() async {
        let agenda = state.withLock { $0.agenda }
        // Cancelled: the loop ends.
        if agenda.isCrowded { try? await Task.sleep(for: Self.crowdedPause) }
        let rest = agenda.next.map { max(0, $0 - clock.now()) } ?? Self.sleepMaxMilliseconds
        await wake.sleep(upTo: .milliseconds(min(rest, Self.sleepMaxMilliseconds)))
    }

    /// Also at the start: what is on disk may come from a clock that was ahead.
    private func clockWasSetBack(to now: Int64) async throws {
        try await functions.store.recallFromLater(than: now, waitMax: Self.retryLongestMilliseconds)
        state.withLock { ($0.agenda.timersAt, $0.agenda.queueAt) = (.min, .min) }
    }

    // MARK: Timers

    func fireTimers() async throws {
        try loadTimers()
        let now = clock.now()
        let wanted = wantedTimers()
        let known = state.withLock { $0.timers }
        for timer in known.keys where wanted[timer] == nil { try await setTimer(timer, run: nil, nextAt: nil, now) }
        for (timer, trigger) in wanted {
            let following = trigger.next(after: now)
            guard let next = known[timer] else {
                // A schedule whose years have passed has no next time, and so nothing to keep.
                if following != nil { try await setTimer(timer, run: nil, nextAt: following, now) }
                continue
            }
            if next <= now {
                let isMissed = next < now - Self.missedMilliseconds
                let runs = isServing(timer.environment) && !(isMissed && trigger.skipsMissed)
                try await setTimer(timer, run: runs ? (RequestID.make(), event(trigger, next)) : nil, nextAt: following, now)
            } else if following != next {
                // The schedule was changed.
                try await setTimer(timer, run: nil, nextAt: following, now)
            }
        }
        state.withLock { $0.agenda.timersAt = $0.timers.values.min() }
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
        for record in functions.catalog.all {
            for trigger in record.triggers where trigger.isTimer {
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
        guard running.count < Self.runningMax else {
            state.withLock { ($0.agenda.queueAt, $0.agenda.isCrowded) = (nil, true) }
            return []
        }
        let now = clock.now()
        var shares: [EnvironmentID: Int] = [:]
        for environment in running.values { shares[environment, default: 0] += 1 }
        var isCrowded = false
        let due = try functions.store.due(now: now, running: Set(running.keys), max: Self.runningMax - running.count) { environment in
            guard shares[environment, default: 0] < Self.runningMaxOfOne, isServing(environment) else {
                isCrowded = true
                return false
            }
            shares[environment, default: 0] += 1
            return true
        }
        let next = try functions.store.nextDue(after: now)
        state.withLock { state in
            for item in due { state.running[item.id] = item.environment }
            state.agenda.isCrowded = isCrowded
            // A place that becomes free wakes the scheduler; an environment that serves again does not.
            state.agenda.queueAt = isCrowded ? min(next ?? .max, now + Self.sleepMaxMilliseconds) : next
        }
        return due
    }

    private func start(_ item: FunctionStore.Queued, in group: inout DiscardingTaskGroup) {
        group.addTask { [self] in
            do {
                try await run(item)
            } catch {
                logger.error("a queued invocation could not be recorded and will run again", metadata: ["id": "\(item.id)", "error": "\(error)"])
                // Not at once: what keeps the outcome from the disk is seldom over in a moment. Cancelled: the process ends.
                try? await Task.sleep(for: .milliseconds(Self.sleepMaxMilliseconds))
            }
            state.withLock { _ = $0.running.removeValue(forKey: item.id) }
            wake.send(.queue)
        }
    }

    func run(_ item: FunctionStore.Queued) async throws {
        let settings = functions.catalog.find(item.function, in: item.environment)?.primary?.settings ?? FunctionSettings()
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
