internal import Forecast
internal import Kernel

/// What is coming to an environment in the next minutes, in invocations a minute.
struct ComingLoad: Sendable, Equatable {
    /// What the busiest of the coming minutes stays below in 95 of 100 cases, announced rushes left out.
    var upper = 0.0
    /// What is expected in all of them together.
    var expected = 0.0
    /// What was announced for the busiest of them beyond that.
    var announced = 0.0
    /// Whether a rush that was announced begins within two minutes or is under way.
    var isAnnounced = false
}

/// How many workers of a function should be ready.
struct WorkerWish: Sendable, Hashable {
    let environment: EnvironmentID
    let function: String
    var workers: Int
    /// How long the last worker stays beyond that; `nil`: as long as any.
    let lastIdleSeconds: Double?
    let memoryMB: Int
    /// Invocations a minute that the wish is about; the busiest get their workers first.
    let rate: Double
    /// Somebody has announced a rush, which goes before what is only expected.
    let isAnnounced: Bool
}

/// From what comes to how many workers should be ready: pure.
enum FloorPlan {
    /// Of fewer calls than this in the coming ten minutes nobody makes a worker ready.
    static let callsMin = 1.0
    /// Of fewer than this, a function's own idle times say more than its share of a forecast, where they have a pattern.
    static let patternCallsMin = 2.0
    /// How long the last worker of a function waits that is started again before it is needed.
    static let graceSeconds = 10.0

    /// The wishes for an environment's functions.
    static func wishes(
        _ environment: EnvironmentID, _ functions: [ElasticFunction], _ load: EnvironmentLoad, _ coming: ComingLoad, now: Int64, limits: ElasticLimits
    ) -> [WorkerWish] {
        zip(functions, load.shares(functions.map(\.name))).map { function, share in
            let known = load.functions[function.name]
            let (lastIdle, isDue) = lastWorker(known, now: now, limits: limits)
            let ordinary = coming.expected * share >= (lastIdle == graceSeconds ? patternCallsMin : callsMin) ? coming.upper * share : 0
            let rate = ordinary + coming.announced * share
            let plan = WorkerPlan(
                meanDuration: known?.meanDuration ?? FunctionLoad.durationDefault, concurrency: function.concurrency, maximum: limits.workersPerFunctionMax)
            return WorkerWish(
                environment: environment, function: function.name, workers: max(plan.workers(invocationsPerMinute: rate), isDue ? 1 : 0),
                lastIdleSeconds: lastIdle, memoryMB: function.memoryMB, rate: rate, isAnnounced: coming.isAnnounced)
        }
    }

    /// By its idle times: how long the last worker stays, and whether one should be ready now because the next call is likely soon.
    private static func lastWorker(_ load: FunctionLoad?, now: Int64, limits: ElasticLimits) -> (lastIdleSeconds: Double?, isDue: Bool) {
        guard let load, case .pattern(let start, let stop) = load.idle.decision(fixedKeepAlive: Double(limits.idleSeconds) / 60) else { return (nil, false) }
        guard start > 0 else { return (stop * 60, false) }
        let idle = load.idleMinutes(at: now)
        return (graceSeconds, idle.map { $0 >= start && $0 <= stop } ?? false)
    }

    /// Grants as much as there is: the first worker of everybody, then the second, and so on; announced rushes first, then the busiest.
    static func grant(_ wishes: [WorkerWish], limits: ElasticLimits) -> [WorkerWish] {
        let order = wishes.indices.sorted { left, right in
            let (one, other) = (wishes[left], wishes[right])
            return (other.isAnnounced ? 1 : 0, other.rate, left) < (one.isAnnounced ? 1 : 0, one.rate, right)
        }
        var granted = wishes.map { _ in 0 }
        var (workers, memory, level) = (limits.workersMax, limits.memoryMB, 1)
        var isDone = false
        while !isDone {
            isDone = true
            for place in order where wishes[place].workers >= level && workers > 0 && wishes[place].memoryMB <= memory {
                granted[place] += 1
                (workers, memory) = (workers - 1, memory - wishes[place].memoryMB)
                isDone = false
            }
            level += 1
        }
        return zip(wishes, granted).map { wish, count in
            var wish = wish
            wish.workers = count
            return wish
        }
    }
}
