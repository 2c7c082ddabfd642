internal import HTTPSupport
public import Kernel
public import Logging
internal import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// Calls functions when documents change or coupons take a step: each change at least once, those of one document or coupon in order.
///
/// Every trigger has a cursor in the log of changes, kept on disk; it moves behind a change when its call has ended. A call that fails
/// is tried again as queued invocations are, and then given up, so that one bad document does not hold up the others.
public final class ChangeTriggers: Service {
    private static let readAtOnce = 200
    private static let retryFirst = Duration.milliseconds(1000)
    private static let retryLongest = Duration.seconds(300)
    /// How often triggers are looked for that nobody told of, and cursors written.
    private static let roundMilliseconds: Int64 = 1000

    /// One trigger at work.
    private final class Worker: Sendable {
        let key: FunctionStore.Timer
        let trigger: ChangeTrigger
        let argument: String?
        let lanes: Mutex<ChangeLanes<TriggeringChange>>
        let written: Mutex<Int64>

        init(_ key: FunctionStore.Timer, _ trigger: ChangeTrigger, argument: String?, from place: Int64) {
            self.key = key
            self.trigger = trigger
            self.argument = argument
            lanes = Mutex(ChangeLanes(from: place))
            written = Mutex(place)
        }
    }

    private struct State {
        var workers: [FunctionStore.Timer: Worker] = [:]
        var listening: [EnvironmentID: @Sendable () -> Void] = [:]
    }

    private let functions: Functions
    private let feed: any ChangeFeed
    private let clock: WallClock
    private let logger: Logger
    private let isServing: @Sendable (EnvironmentID) -> Bool
    private let state = Mutex(State())
    private let wake: WakeSignal

    /// Makes the service.
    /// - Parameter isServing: whether an environment serves; nothing of one that does not is started.
    public init(
        _ functions: Functions, feed: any ChangeFeed, clock: WallClock, logger: Logger, isServing: @escaping @Sendable (EnvironmentID) -> Bool
    ) {
        self.functions = functions
        wake = functions.changesWake
        self.feed = feed
        self.clock = clock
        self.logger = logger
        self.isServing = isServing
    }

    /// Runs until shutdown; then waits for the calls that run, and writes how far they came.
    public func run() async throws {
        wake.send(.triggers)
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !Task.isShuttingDownGracefully, !Task.isCancelled {
                    await round(in: &group)
                    await wake.sleep(upTo: .milliseconds(Self.roundMilliseconds))
                }
            }
        } onGracefulShutdown: { [wake] in
            wake.send([])
        }
        await writeCursors()
    }

    // MARK: Rounds

    private func round(in group: inout DiscardingTaskGroup) async {
        if wake.take().contains(.triggers) { await follow() }
        for worker in state.withLock({ Array($0.workers.values) }) where isServing(worker.key.environment) {
            do {
                try read(worker)
            } catch {
                logger.error("changes of documents could not be read", metadata: ["trigger": "\(worker.key)", "error": "\(error)"])
            }
            for next in worker.lanes.withLock({ $0.start() }) { start(next, of: worker, in: &group) }
        }
        await writeCursors()
    }

    private func read(_ worker: Worker) throws {
        guard worker.lanes.withLock({ $0.hasRoom }) else { return }
        let place = worker.lanes.withLock { $0.read }
        let found = try feed.changes(of: worker.trigger.source, after: place, limit: Self.readAtOnce, in: worker.key.environment)
        let wanted = found.changes.filter { worker.trigger.events.contains($0.operation) }
        worker.lanes.withLock { $0.add(wanted.map { ($0.sequence, $0.subject, $0) }, upTo: found.upTo) }
        if found.changes.count == Self.readAtOnce { wake.send(.queue) }
    }

    private func start(_ next: (place: Int64, document: String, change: TriggeringChange), of worker: Worker, in group: inout DiscardingTaskGroup) {
        group.addTask { [self] in
            if await call(next.change, worker) {
                worker.lanes.withLock { $0.finish(next.place, of: next.document) }
                wake.send(.queue)
            }
        }
    }

    /// Calls the function until it has taken the change, or is given up.
    /// - Returns: `false` when the server stops first.
    private func call(_ change: TriggeringChange, _ worker: Worker) async -> Bool {
        let settings = functions.catalog.find(worker.key.function, in: worker.key.environment)?.primary?.settings ?? FunctionSettings()
        var event = change.event
        event["triggerName"] = .string(worker.key.name)
        if let argument = worker.argument { event["argument"] = (try? JSON(parsing: Array(argument.utf8))) ?? .string(argument) }
        var wait = Self.retryFirst
        for attempt in 0... {
            do {
                _ = try await functions.callForChange(
                    worker.key.function, JSON.object(event).serialized(), source: worker.trigger.source.word, in: worker.key.environment)
                return true
            } catch {
                if Task.isShuttingDownGracefully || Task.isCancelled { return false }
                let known = SampanError(reporting: error)
                if attempt >= settings.asyncRetries || known.code == "FUNCTION_NOT_FOUND" {
                    await giveUp(event, known, settings, worker)
                    return true
                }
                do { try await Task.sleep(for: wait) } catch { return false }
                wait = min(wait * 2, Self.retryLongest)
            }
        }
        return true
    }

    private func giveUp(_ event: JSONObject, _ error: SampanError, _ settings: FunctionSettings, _ worker: Worker) async {
        logger.warning("a change of a document was given up", metadata: ["trigger": "\(worker.key)", "error": "\(error.code)"])
        guard let destination = settings.onFailure else { return }
        let context = CallContext(environment: worker.key.environment, caller: .function(name: "", user: .nobody), requestID: RequestID.make())
        let outcome: JSON = [
            "requestId": .string(context.requestID), "function": .string(worker.key.function), "status": "failed", "event": .object(event),
            "error": .object(error.problem(requestID: context.requestID, language: .en)),
        ]
        do {
            _ = try await functions.enqueue(destination, ByteBuffer(bytes: outcome.serialized()), source: "queue", context)
        } catch {
            logger.error("the destination of a failed trigger could not be queued", metadata: ["trigger": "\(worker.key)", "error": "\(error)"])
        }
    }

    // MARK: Which triggers there are

    /// Makes the workers those that are deployed.
    private func follow() async {
        var wanted: [FunctionStore.Timer: (ChangeTrigger, String?)] = [:]
        for record in functions.catalog.all {
            for trigger in record.triggers {
                guard case .changes(let change) = trigger.source else { continue }
                wanted[FunctionStore.Timer(environment: record.environment, function: record.name, name: trigger.name)] = (change, trigger.argument)
            }
        }
        observe(wanted)
        for (key, worker) in state.withLock({ $0.workers }) where wanted[key]?.0 != worker.trigger || wanted[key]?.1 != worker.argument {
            state.withLock { $0.workers[key] = nil }
            if wanted[key]?.0.source.word != worker.trigger.source.word { await forgetCursor(worker.trigger.source.cursor(of: key)) }
        }
        for (key, (trigger, argument)) in wanted where state.withLock({ $0.workers[key] == nil }) {
            do {
                let place = try await place(of: key, trigger.source)
                let worker = Worker(key, trigger, argument: argument, from: place)
                state.withLock { $0.workers[key] = worker }
            } catch {
                logger.error("a trigger could not begin", metadata: ["trigger": "\(key)", "error": "\(error)"])
                wake.send(.triggers)
            }
        }
    }

    /// Where a trigger goes on: a new one begins with what comes from now on.
    private func place(of key: FunctionStore.Timer, _ source: ChangeSource) async throws -> Int64 {
        let key = source.cursor(of: key)
        if let known = try functions.store.cursor(of: key) { return known }
        let place = try feed.lastPlace(of: source, in: key.environment)
        try await functions.store.setCursor(of: key, to: place)
        return place
    }

    private func observe(_ wanted: [FunctionStore.Timer: (ChangeTrigger, String?)]) {
        var collections: [EnvironmentID: Set<String>] = [:]
        for (key, (trigger, _)) in wanted {
            // Steps of coupons need no images, and are looked for in each round.
            if case .documents(let collection) = trigger.source { collections[key.environment, default: []].insert(collection) }
        }
        for (environment, names) in collections { feed.keepImages(of: names, in: environment) }
        let old = state.withLock { $0.listening }
        for (environment, stop) in old where collections[environment] == nil {
            stop()
            feed.keepImages(of: [], in: environment)
            state.withLock { $0.listening[environment] = nil }
        }
        for environment in collections.keys where old[environment] == nil {
            do {
                let stop = try feed.listen(in: environment) { [wake] in wake.send(.queue) }
                state.withLock { $0.listening[environment] = stop }
            } catch {
                logger.error("changes of documents are not heard", metadata: ["environment": "\(environment)", "error": "\(error)"])
            }
        }
    }

    private func writeCursors() async {
        for worker in state.withLock({ Array($0.workers.values) }) {
            let done = worker.lanes.withLock { $0.done }
            guard worker.written.withLock({ $0 != done }) else { continue }
            do {
                try await functions.store.setCursor(of: worker.trigger.source.cursor(of: worker.key), to: done)
                worker.written.withLock { $0 = done }
            } catch {
                // Nothing is lost: from the old place on, changes are told again.
                logger.warning("a trigger's place was not written", metadata: ["trigger": "\(worker.key)", "error": "\(error)"])
            }
        }
    }

    private func forgetCursor(_ key: FunctionStore.Timer) async {
        do {
            try await functions.store.forgetCursor(of: key)
        } catch {
            logger.warning("a trigger's place was not forgotten", metadata: ["trigger": "\(key)", "error": "\(error)"])
        }
    }
}

extension ChangeSource {
    /// The name of a trigger's place: documents and coupons are counted apart, so a trigger that follows the other from now on begins anew.
    fileprivate func cursor(of key: FunctionStore.Timer) -> FunctionStore.Timer {
        guard case .coupons = self else { return key }
        return FunctionStore.Timer(environment: key.environment, function: key.function, name: "\u{1}\(word) \(key.name)")
    }
}
