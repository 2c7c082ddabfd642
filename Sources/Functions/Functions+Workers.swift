public import Kernel
internal import NIOCore
internal import Workers

/// The workers of functions, for whoever plans how many there should be.
extension Functions {
    /// What a worker of a function takes and serves.
    public struct WorkerShape: Sendable, Hashable {
        /// The function's name.
        public let name: String
        /// How many invocations one worker serves at once.
        public let concurrency: Int
        /// Its memory.
        public let memoryMB: Int
    }

    /// The functions of an environment, as the version that gets most calls is set.
    public func workerShapes(in environment: EnvironmentID) -> [WorkerShape] {
        catalog.records(of: environment).compactMap { record in
            record.primary.map { WorkerShape(name: record.name, concurrency: $0.settings.concurrency, memoryMB: $0.settings.memoryMB) }
        }
    }

    /// Wishes for a minute that so many workers of a function stay although they have no work; each version that gets calls has its part of them.
    /// - Parameter lastIdleSeconds: how long the last one stays beyond that; `nil`: as long as any.
    public func keepWorkers(_ count: Int, of name: String, in environment: EnvironmentID, lastIdleSeconds: Double?) {
        guard let record = catalog.find(name, in: environment) else { return }
        let lastIdle = lastIdleSeconds.map { TimeAmount.milliseconds(Int64($0 * 1000)) }
        let all = max(1, record.traffic.reduce(0) { $0 + $1.weight })
        for share in record.traffic where share.weight > 0 {
            // An environment that is suspended meanwhile needs none.
            guard let version = record.versions.first(where: { $0.number == share.version }), let code = try? code(record, version) else { continue }
            pool.keep(code, floor: (count * share.weight + all - 1) / all, lastIdle: lastIdle)
        }
    }

    /// How many workers serve each function of an environment.
    public func workerCounts(in environment: EnvironmentID) -> [String: Int] {
        pool.status().functions.reduce(into: [:]) { counts, function in
            if function.env == environment.text { counts[function.function, default: 0] += function.workers }
        }
    }
}
