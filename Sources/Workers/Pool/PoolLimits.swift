import NIOCore

/// The numbers that `PoolState` decides by.
struct PoolLimits: Sendable {
    var warmWorkers: Int
    var warmMemoryMB: Int
    var maxWorkers: Int
    var startingWorkersMax: Int
    var maxWorkersPerFunction: Int
    /// From so many invocations on a worker counts as busy.
    var busyInFlight = 8
    /// JavaScript runs on one of them in each worker.
    var processors = System.coreCount
    var queueMax: Int
    var idle: TimeAmount
    /// On a full node a worker keeps its place against a generic one until it has had no work for this long.
    var sparedIdle: TimeAmount = .seconds(10)
    var maxAge: TimeAmount
    var maxInvocationsPerWorker: Int
    /// The pause after a worker that did not start; doubled with each further one up to `startPauseMax`.
    var startPause: TimeAmount = .seconds(1)
    var startPauseMax: TimeAmount = .seconds(30)

    init(_ configuration: WorkerConfiguration) {
        warmWorkers = min(configuration.warmWorkers, configuration.maxWorkers)
        warmMemoryMB = configuration.warmMemoryMB
        maxWorkers = configuration.maxWorkers
        startingWorkersMax = configuration.startingWorkersMax
        maxWorkersPerFunction = configuration.maxWorkersPerFunction
        queueMax = configuration.queueMax
        idle = .seconds(Int64(configuration.idleSeconds))
        maxAge = .seconds(Int64(configuration.maxAgeSeconds))
        maxInvocationsPerWorker = configuration.maxInvocationsPerWorker
    }
}
