import NIOCore

/// How long a function version's workers are kept without work: a wish that ends by itself when it is not repeated.
struct KeepAlive: Sendable, Hashable {
    /// So many stay, however long they have had no work.
    var floor = 0
    /// How long the last one stays beyond that; `nil`: as long as any worker.
    var lastIdle: TimeAmount?
    /// When the wish ends.
    var until: NIODeadline
}

/// Workers that stay on purpose, and the last one of a function that is hardly called.
extension PoolState {
    /// Wishes for a function's workers; those that are missing to the floor are asked for.
    mutating func keep(_ code: FunctionCode, _ wish: KeepAlive, now: NIODeadline) {
        if shutsDown { return }
        wishes[code.key] = wish
        if wish.floor > 0 { warm(code, count: wish.floor, now: now) }
        forgoUnneeded(code.key, floor: wish.floor)
    }

    /// Whether a worker is one of those that stay whatever happens.
    func isKept(_ worker: Worker, now: NIODeadline) -> Bool {
        guard let key = worker.key, let wish = wishes[key], wish.floor > 0, wish.until > now else { return false }
        // One that is loading does not serve yet: until then its predecessor is needed.
        let serving = functions[key]?.workers.count { workers[$0].map { $0.phase == .serving && !$0.drains } ?? false } ?? 0
        return serving <= wish.floor
    }

    /// Ends workers without work, those that have had none for longest first: down to the floor after the ordinary time, the last one after its own.
    mutating func endIdle(now: NIODeadline) {
        let shortest = wishes.values.reduce(limits.idle) { min($0, $1.lastIdle ?? limits.idle) }
        let idle = workers.filter { $0.value.phase == .serving && $0.value.inFlight == 0 && now - $0.value.idleSince >= shortest }
        for (id, worker) in idle.sorted(by: { ($0.value.idleSince, $0.key) < ($1.value.idleSince, $1.key) }) where !isKept(worker, now: now) {
            if now - worker.idleSince >= patience(with: worker) { end(id) }
        }
    }

    private func patience(with worker: Worker) -> TimeAmount {
        guard let key = worker.key, let own = wishes[key]?.lastIdle, usable(key) == 1 else { return limits.idle }
        return own
    }

    /// A worker of age goes; one that is kept on purpose when its successor has come.
    mutating func endAged(_ id: WorkerID, now: NIODeadline) {
        guard let worker = workers[id], worker.phase == .serving, let key = worker.key else { return }
        guard isKept(worker, now: now) else { return end(id) }
        let isComing = functions[key].map { $0.requested > 0 || $0.workers.contains { workers[$0]?.phase == .loading } } ?? false
        // Its successor may have died on the way.
        if !isComing { workers[id]?.awaitsSuccessor = false }
        replace(id, now: now)
        endIfDrained(id)
    }

    /// Whoever waits goes before what was only wished for.
    mutating func putWaitingFirst() {
        guard demand.count > 1, demand.contains(where: { !hasQueue($0) }) else { return }
        demand = CircularBuffer(demand.filter { hasQueue($0) } + demand.filter { !hasQueue($0) })
    }

    /// Workers of a function that serve or are about to.
    private func usable(_ key: String) -> Int {
        functions[key]?.workers.count { workers[$0].map { !$0.drains && $0.phase != .ending } ?? false } ?? 0
    }

    /// Takes back what was asked for and has not come, where nobody waits for it and the floor does not need it any more.
    private mutating func forgoUnneeded(_ key: String, floor: Int) {
        guard let function = functions[key], function.requested > 0, function.queue.isEmpty else { return }
        let awaited = function.workers.count { workers[$0]?.awaitsSuccessor == true }
        let needed = min(function.requested, max(0, floor - usable(key)) + awaited)
        functions[key]?.requested = needed
        if needed == 0, function.workers.isEmpty { functions[key] = nil }
    }
}
