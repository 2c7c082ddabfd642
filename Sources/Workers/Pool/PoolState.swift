import NIOCore

/// Names a worker for as long as the pool lives.
typealias WorkerID = Int

/// Decides which worker does what: a value that is told what happened and says what is to be done.
///
/// A worker is *starting*, then *generic* (without code), then *loading* the code of one function, then *serving* it, and at last
/// *ending*. Invocations (`Ticket`s) wait in one line per function version. A function that needs another worker stands in `demand`,
/// once for each; generic workers are given out in that order, so that a function with many callers does not keep others from
/// getting their first worker.
///
/// Nothing here knows of processes, sockets or clocks.
struct PoolState<Ticket: Sendable>: Sendable {
    /// What has to be done.
    enum Action: Sendable {
        /// Start a process with room for a heap of this size.
        case start(WorkerID, memoryMB: Int)
        /// Give a generic worker its code.
        case specialise(WorkerID, FunctionCode)
        /// Hand an invocation over; `cold`: it waited for this worker to load its code.
        case dispatch(Ticket, WorkerID, cold: Bool)
        /// Answer an invocation that no worker will serve.
        case refuse(Ticket, Refusal)
        /// End a worker that has nothing to do.
        case end(WorkerID)
    }

    /// Why no worker serves an invocation.
    enum Refusal: Hashable, Sendable {
        /// It waited too long, the line was full, or the node shuts down.
        case busy
        /// This worker could not load its code.
        case notLoaded(by: WorkerID)
        /// No worker can be started on this machine.
        case noWorkerStarts
    }

    /// What becomes of an invocation at once.
    ///
    /// `actions` may hold more to do.
    enum Admission: Hashable, Sendable {
        case dispatch(WorkerID)
        case queued
        case refused
    }

    enum Phase: Hashable, Sendable {
        case starting, generic, loading, serving, ending
    }

    struct Worker: Sendable {
        var phase = Phase.starting
        var memoryMB: Int
        var startedAt: NIODeadline
        var key: String?
        var inFlight = 0
        var served = 0
        var idleSince: NIODeadline
        /// Takes no further invocations and ends after its last one.
        var drains = false
        /// Serves until its successor has loaded the code, then drains.
        var awaitsSuccessor = false
    }

    struct Waiting: Sendable {
        var ticket: Ticket
        var deadline: NIODeadline
    }

    struct Function: Sendable {
        var code: FunctionCode
        /// Its loading and serving workers.
        var workers: [WorkerID] = []
        var queue = CircularBuffer<Waiting>()
        /// How often it stands in `demand`.
        var requested = 0
        /// Nobody should need it any more: its workers end as soon as they have nothing to do.
        var retired = false
    }

    var limits: PoolLimits
    var workers: [WorkerID: Worker] = [:]
    var functions: [String: Function] = [:]
    /// Keys of functions that need another worker; a key whose function no longer does is skipped.
    var demand = CircularBuffer<String>()
    var generic: [WorkerID] = []
    /// What has been decided since `takeActions` was called last.
    var actions: [Action] = []
    var shutsDown = false
    var failedStarts = 0
    var startsPausedUntil = NIODeadline.uptimeNanoseconds(0)
    /// What was wished for each function version, by its key, as long as the wish lasts.
    var wishes: [String: KeepAlive] = [:]
    private var lastID = 0

    init(limits: PoolLimits) { self.limits = limits }

    /// Everything that has to be done now, in order.
    mutating func takeActions() -> [Action] {
        if actions.isEmpty { return [] }
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    // MARK: Invocations

    /// An invocation arrives.
    mutating func admit(_ ticket: Ticket, code: FunctionCode, deadline: NIODeadline, now: NIODeadline) -> Admission {
        if shutsDown { return .refused }
        if let function = functions[code.key] {
            if function.queue.isEmpty, let id = freeWorker(of: function) {
                if workers[id]?.inFlight ?? 0 >= limits.busyInFlight { spread(code.key, now: now) }
                take(id)
                return .dispatch(id)
            }
            if function.queue.count >= limits.queueMax { return .refused }
        } else {
            functions[code.key] = Function(code: code)
        }
        functions[code.key]?.retired = false
        functions[code.key]?.queue.append(Waiting(ticket: ticket, deadline: deadline))
        requestWorkers(for: code.key)
        satisfyDemand(now: now)
        return .queued
    }

    /// A worker has finished an invocation; `memoryHigh`: it came close to its limit and should be replaced.
    mutating func finished(_ id: WorkerID, memoryHigh: Bool = false, now: NIODeadline) {
        guard var worker = workers[id], worker.phase == .serving, let key = worker.key else { return }
        worker.inFlight -= 1
        worker.idleSince = now
        if memoryHigh { worker.drains = true }
        workers[id] = worker
        if worker.served >= limits.maxInvocationsPerWorker || now - worker.startedAt >= limits.maxAge { replace(id, now: now) }
        serveQueue(of: id, key: key, cold: false, now: now)
        endIfDrained(id)
        if memoryHigh {
            requestWorkers(for: key)
            satisfyDemand(now: now)
        }
    }

    /// The least busy worker that has room.
    private func freeWorker(of function: Function) -> WorkerID? {
        var best: WorkerID?
        var bestInFlight = function.code.concurrency
        for id in function.workers {
            guard let worker = workers[id], worker.phase == .serving, !worker.drains, worker.inFlight < bestInFlight else { continue }
            best = id
            bestInFlight = worker.inFlight
        }
        return best
    }

    /// Even its least busy worker has much to do: while there are processors for more, another one shares the work.
    ///
    /// Beyond that more workers only add switching, so that from then on each is filled first.
    private mutating func spread(_ key: String, now: NIODeadline) {
        guard let function = functions[key] else { return }
        let usable = function.workers.count { workers[$0]?.drains == false && workers[$0]?.phase != .ending }
        guard usable + function.requested < min(limits.processors, limits.maxWorkersPerFunction) else { return }
        request(key)
        satisfyDemand(now: now)
    }

    private mutating func take(_ id: WorkerID) {
        workers[id]?.inFlight += 1
        workers[id]?.served += 1
    }

    /// Hands waiting invocations to a worker for as long as it has room.
    private mutating func serveQueue(of id: WorkerID, key: String, cold: Bool, now: NIODeadline) {
        guard let concurrency = functions[key]?.code.concurrency else { return }
        while let worker = workers[id], worker.phase == .serving, !worker.drains, worker.inFlight < concurrency,
            let next = functions[key]?.queue.popFirst()
        {
            if next.deadline <= now {
                actions.append(.refuse(next.ticket, .busy))
            } else {
                take(id)
                actions.append(.dispatch(next.ticket, id, cold: cold))
            }
        }
    }

    // MARK: Life of a worker

    /// A worker is up and waits for code.
    mutating func started(_ id: WorkerID, now: NIODeadline) {
        guard workers[id]?.phase == .starting else { return }
        failedStarts = 0
        workers[id]?.phase = .generic
        workers[id]?.idleSince = now
        generic.append(id)
        if shutsDown { end(id) } else { satisfyDemand(now: now) }
    }

    /// A worker has loaded its code.
    mutating func specialised(_ id: WorkerID, now: NIODeadline) {
        guard workers[id]?.phase == .loading, let key = workers[id]?.key, let function = functions[key] else { return }
        workers[id]?.phase = .serving
        workers[id]?.idleSince = now
        if let predecessor = function.workers.first(where: { workers[$0]?.awaitsSuccessor == true }) {
            workers[predecessor]?.drains = true
            endIfDrained(predecessor)
        }
        serveQueue(of: id, key: key, cold: true, now: now)
        endIfDrained(id)
    }

    /// A worker could not load its code: as a version never changes, whoever waits for it hears so, unless another worker serves it.
    mutating func specialiseFailed(_ id: WorkerID, now: NIODeadline) {
        guard workers[id]?.phase == .loading else { return }
        failLoading(id)
        end(id)
    }

    /// A worker's process is ending or being killed: it gets nothing more.
    ///
    /// What becomes of it is known when it has exited.
    ///
    /// - Returns: whether it was serving.
    @discardableResult
    mutating func condemned(_ id: WorkerID) -> Bool {
        guard let phase = workers[id]?.phase, phase == .serving || phase == .generic else { return false }
        workers[id]?.phase = .ending
        generic.removeAll { $0 == id }
        return phase == .serving
    }

    /// A worker's process is gone.
    mutating func exited(_ id: WorkerID, now: NIODeadline) {
        guard let worker = workers[id] else { return }
        if worker.phase == .starting, !shutsDown { startFailed(now: now) }
        if worker.phase == .loading { failLoading(id) }
        workers[id] = nil
        generic.removeAll { $0 == id }
        if let key = worker.key {
            functions[key]?.workers.removeAll { $0 == id }
            requestWorkers(for: key)
            forgetIfUnused(key)
        }
        satisfyDemand(now: now)
    }

    private mutating func failLoading(_ id: WorkerID) {
        guard let key = workers[id]?.key, let function = functions[key] else { return }
        for other in function.workers { workers[other]?.awaitsSuccessor = false }
        let served = function.workers.contains { $0 != id && workers[$0]?.phase == .serving && workers[$0]?.drains == false }
        if served { return }
        for waiting in function.queue { actions.append(.refuse(waiting.ticket, .notLoaded(by: id))) }
        functions[key]?.queue.removeAll()
        functions[key]?.requested = 0
    }

    /// After a start that failed the next one waits, and whoever has no worker to hope for hears so.
    private mutating func startFailed(now: NIODeadline) {
        failedStarts += 1
        let factor = Int64(1) << min(failedStarts - 1, 10)
        startsPausedUntil = now + min(limits.startPauseMax, limits.startPause * Int(factor))
        for (key, function) in functions where function.requested > 0 && function.workers.isEmpty {
            for waiting in function.queue { actions.append(.refuse(waiting.ticket, .noWorkerStarts)) }
            functions[key]?.queue.removeAll()
            functions[key]?.requested = 0
            forgetIfUnused(key)
        }
    }

    mutating func end(_ id: WorkerID) {
        workers[id]?.phase = .ending
        generic.removeAll { $0 == id }
        actions.append(.end(id))
    }

    mutating func endIfDrained(_ id: WorkerID) {
        guard let worker = workers[id], worker.phase == .serving, worker.inFlight == 0 else { return }
        let function = worker.key.flatMap { functions[$0] }
        let unwanted = function.map { $0.retired && $0.queue.isEmpty } ?? true
        if worker.drains || shutsDown || unwanted { end(id) }
    }

    /// Looks for a successor of a worker that has served long enough; it goes on until there is one.
    mutating func replace(_ id: WorkerID, now: NIODeadline) {
        guard let worker = workers[id], let key = worker.key, !worker.drains, !worker.awaitsSuccessor else { return }
        guard workers.count < limits.maxWorkers, !shutsDown else {
            workers[id]?.drains = true
            return
        }
        workers[id]?.awaitsSuccessor = true
        functions[key]?.requested += 1
        demand.append(key)
        satisfyDemand(now: now)
    }

    private mutating func forgetIfUnused(_ key: String) {
        guard let function = functions[key], function.workers.isEmpty, function.queue.isEmpty, function.requested == 0 else { return }
        functions[key] = nil
    }

    // MARK: Supply and demand

    /// Asks for as many workers as the line of a function needs.
    private mutating func requestWorkers(for key: String) {
        guard !shutsDown, let function = functions[key] else { return }
        let usable = function.workers.count { workers[$0]?.drains == false && workers[$0]?.phase != .ending }
        let loading = function.workers.count { workers[$0]?.phase == .loading }
        let coming = function.requested + loading
        let needed = (function.queue.count + function.code.concurrency - 1) / function.code.concurrency
        let allowed = limits.maxWorkersPerFunction - usable - function.requested
        for _ in 0..<max(0, min(needed - coming, allowed)) { request(key) }
    }

    mutating func request(_ key: String) {
        functions[key]?.requested += 1
        demand.append(key)
    }

    /// The heap that a worker for this code is started with.
    func heapMB(for code: FunctionCode) -> Int { max(limits.warmMemoryMB, code.memoryMB) }

    /// Gives generic workers to the functions that ask, oldest first, and starts what is missing.
    mutating func satisfyDemand(now: NIODeadline) {
        if shutsDown { return }
        if !wishes.isEmpty { putWaitingFirst() }
        var unmet = CircularBuffer<String>()
        while let key = demand.popFirst() {
            guard let function = functions[key], function.requested > 0 else { continue }
            let heap = heapMB(for: function.code)
            if let index = generic.firstIndex(where: { workers[$0]?.memoryMB == heap }) {
                assign(generic.remove(at: index), to: key, now: now)
            } else {
                unmet.append(key)
            }
        }
        demand = unmet
        startMissing(now: now)
    }

    private mutating func assign(_ id: WorkerID, to key: String, now: NIODeadline) {
        guard let code = functions[key]?.code else { return }
        functions[key]?.requested -= 1
        functions[key]?.workers.append(id)
        workers[id]?.phase = .loading
        workers[id]?.key = key
        workers[id]?.idleSince = now
        actions.append(.specialise(id, code))
    }

    /// Starts what functions wait for, then what is kept ready; makes room by ending a worker without work.
    private mutating func startMissing(now: NIODeadline) {
        guard now >= startsPausedUntil else { return }
        var starting: [Int: Int] = [:]
        for worker in workers.values where worker.phase == .starting { starting[worker.memoryMB, default: 0] += 1 }
        var toStart = limits.startingWorkersMax - starting.values.reduce(0, +)
        var ending = workers.values.count { $0.phase == .ending }
        for key in demand {
            guard let code = functions[key]?.code else { continue }
            let heap = heapMB(for: code)
            if let coming = starting[heap], coming > 0 {
                starting[heap] = coming - 1
            } else if workers.count < limits.maxWorkers {
                if toStart > 0 { start(memoryMB: heap, now: now) }
                toStart -= 1
            } else if ending > 0 {
                ending -= 1
            } else if let victim = leastUseful(for: key, now: now) {
                end(victim)
            } else if hasQueue(key) {
                return
            }
        }
        keepWarm(startable: toStart, starting: starting[limits.warmMemoryMB, default: 0], ending: ending, now: now)
    }

    /// Starts generic workers for functions that nobody has called yet.
    ///
    /// On a full node they take the place of workers whose functions are hardly called: otherwise every first call
    /// would have to wait for one process to end and for another to start.
    private mutating func keepWarm(startable: Int, starting: Int, ending: Int, now: NIODeadline) {
        var (startable, ending) = (startable, ending)
        var missing = limits.warmWorkers - starting - generic.count { workers[$0]?.memoryMB == limits.warmMemoryMB }
        while missing > 0, startable > 0 {
            if workers.count < limits.maxWorkers {
                start(memoryMB: limits.warmMemoryMB, now: now)
            } else if ending > 0 {
                ending -= 1
            } else if let victim = longestIdle(now: now), let worker = workers[victim], now - worker.idleSince >= limits.sparedIdle {
                end(victim)
            } else {
                return
            }
            missing -= 1
            startable -= 1
        }
    }

    private mutating func start(memoryMB: Int, now: NIODeadline) {
        lastID += 1
        workers[lastID] = Worker(memoryMB: memoryMB, startedAt: now, idleSince: now)
        actions.append(.start(lastID, memoryMB: memoryMB))
    }

    /// Whom to end when a function needs the place: a generic worker only when nobody else is free, and one that is kept on purpose
    /// only for somebody who waits.
    private func leastUseful(for key: String, now: NIODeadline) -> WorkerID? {
        longestIdle(now: now) ?? longestIdle { $0.phase == .generic } ?? (hasQueue(key) ? longestIdle { isFree($0) } : nil)
    }

    /// The serving worker that has been without work for the longest time, of those that nobody wished to be kept.
    private func longestIdle(now: NIODeadline) -> WorkerID? {
        longestIdle { isFree($0) && !isKept($0, now: now) }
    }

    private func isFree(_ worker: Worker) -> Bool { worker.phase == .serving && worker.inFlight == 0 && !hasQueue(worker.key) }

    private func longestIdle(where isCandidate: (Worker) -> Bool) -> WorkerID? {
        workers.filter { isCandidate($0.value) }.min { ($0.value.idleSince, $0.key) < ($1.value.idleSince, $1.key) }?.key
    }

    func hasQueue(_ key: String?) -> Bool {
        key.flatMap { functions[$0] }.map { !$0.queue.isEmpty } ?? false
    }
}
