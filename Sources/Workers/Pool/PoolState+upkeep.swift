import NIOCore

/// What happens without an invocation: time passes, versions go, the node shuts down.
extension PoolState {
    /// Time has passed: who waited too long is answered, workers without work or of age go, and what is missing is started.
    mutating func tick(now: NIODeadline) {
        for key in Array(functions.keys) { refuseLate(in: key, now: now) }
        wishes = wishes.filter { $0.value.until > now }
        endIdle(now: now)
        // Those without code first: who is of age should not be followed by one who is, too.
        for (id, worker) in workers where worker.phase == .generic {
            let isUnusual = worker.memoryMB != limits.warmMemoryMB && now - worker.idleSince >= limits.idle
            if isUnusual || now - worker.startedAt >= limits.maxAge { end(id) }
        }
        for (id, worker) in workers where worker.phase == .serving && worker.inFlight == 0 && now - worker.startedAt >= limits.maxAge {
            endAged(id, now: now)
        }
        satisfyDemand(now: now)
    }

    /// Versions that nobody should get any more: their workers end after what they are doing.
    mutating func retire(where isRetired: (FunctionCode) -> Bool, now: NIODeadline) {
        for function in functions.values where isRetired(function.code) {
            functions[function.code.key]?.retired = true
            wishes[function.code.key] = nil
            for id in function.workers { endIfDrained(id) }
        }
        satisfyDemand(now: now)
    }

    /// Sees that at least `count` workers have loaded this code, or are about to.
    mutating func warm(_ code: FunctionCode, count: Int, now: NIODeadline) {
        if shutsDown { return }
        let function = functions[code.key] ?? Function(code: code)
        functions[code.key] = function
        let usable = function.workers.count { workers[$0]?.drains == false && workers[$0]?.phase != .ending }
        let missing = min(count, limits.maxWorkersPerFunction) - usable - function.requested
        functions[code.key]?.retired = false
        for _ in 0..<max(0, missing) { request(code.key) }
        satisfyDemand(now: now)
    }

    /// The node shuts down: nothing new is taken, who waits is told, workers end after what they are doing.
    mutating func shutDown() {
        shutsDown = true
        demand.removeAll()
        for key in Array(functions.keys) {
            for waiting in functions[key]?.queue ?? [] { actions.append(.refuse(waiting.ticket, .busy)) }
            functions[key]?.queue.removeAll()
            functions[key]?.requested = 0
        }
        for (id, worker) in workers where worker.inFlight == 0 && worker.phase != .ending { end(id) }
    }

    private mutating func refuseLate(in key: String, now: NIODeadline) {
        guard let queue = functions[key]?.queue, queue.contains(where: { $0.deadline <= now }) else { return }
        for waiting in queue where waiting.deadline <= now { actions.append(.refuse(waiting.ticket, .busy)) }
        functions[key]?.queue = CircularBuffer(queue.filter { $0.deadline > now })
    }
}
