/// A pool's numbers at one moment.
public struct PoolStatus: Sendable, Hashable {
    /// The numbers of one function version.
    public struct Function: Sendable, Hashable {
        /// The version's key.
        public var key: String
        /// The environment's id.
        public var env: String
        /// The function's name.
        public var function: String
        /// The version's number.
        public var version: Int
        /// Workers that serve it.
        public var workers: Int
        /// Workers that are loading it.
        public var loading: Int
        /// Invocations that run.
        public var inFlight: Int
        /// Invocations that wait.
        public var queued: Int
        /// Memory of its workers together, as last measured.
        public var memoryMB: Int
    }

    /// Workers that are being started.
    public var starting = 0
    /// Workers that wait for code.
    public var generic = 0
    /// Workers that have or are loading code.
    public var specialised = 0
    /// Workers that are being ended.
    public var ending = 0
    /// Each function version that has workers or waits for one, in the order of the keys.
    public var functions: [Function] = []
    /// Invocations that a worker has answered since the pool was started.
    public var finishedInvocations: UInt64 = 0
    /// How often code was loaded.
    public var specialisations: UInt64 = 0
    /// Workers that were ended because of an invocation's time limit.
    public var timeouts: UInt64 = 0
    /// Workers that ended while they served.
    public var crashes: UInt64 = 0

    init(_ shared: WorkerPool.Shared) {
        finishedInvocations = shared.counters.finished
        specialisations = shared.counters.specialised
        timeouts = shared.counters.timeouts
        crashes = shared.counters.crashes
        for worker in shared.state.workers.values {
            switch worker.phase {
            case .starting: starting += 1
            case .generic: generic += 1
            case .loading, .serving: specialised += 1
            case .ending: ending += 1
            }
        }
        functions = shared.state.functions.values.map { Function($0, in: shared) }.sorted { $0.key < $1.key }
    }
}

extension PoolStatus.Function {
    init(_ function: WorkerPool.State.Function, in shared: WorkerPool.Shared) {
        let workers = function.workers.compactMap { shared.state.workers[$0] }
        self.init(
            key: function.code.key, env: function.code.env, function: function.code.function, version: function.code.version,
            workers: workers.count { $0.phase == .serving }, loading: workers.count { $0.phase == .loading },
            inFlight: workers.reduce(0) { $0 + $1.inFlight }, queued: function.queue.count,
            memoryMB: function.workers.reduce(0) { $0 + (shared.connections[$1]?.process.memoryMB ?? 0) })
    }
}

/// What a pool counts.
struct PoolCounters: Sendable {
    var finished: UInt64 = 0
    var specialised: UInt64 = 0
    var timeouts: UInt64 = 0
    var crashes: UInt64 = 0
}
