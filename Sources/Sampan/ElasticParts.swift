internal import Coupons
internal import Foundation
internal import Functions
internal import Kernel
internal import Rush
internal import Tenancy
internal import Workers

/// Functions as those see them who plan their workers.
struct FunctionFleet: WorkerFleet {
    let functions: Functions
    let tenancy: Tenancy

    func environments() -> [EnvironmentID] { tenancy.environments().map(\.id) }

    func functions(of environment: EnvironmentID) -> [ElasticFunction] {
        // One that is suspended is not served.
        guard (try? tenancy.requireActive(environment)) != nil else { return [] }
        return functions.workerShapes(in: environment).map { ElasticFunction(name: $0.name, concurrency: $0.concurrency, memoryMB: $0.memoryMB) }
    }

    func keep(_ function: String, of environment: EnvironmentID, workers: Int, lastIdleSeconds: Double?) {
        functions.keepWorkers(workers, of: function, in: environment, lastIdleSeconds: lastIdleSeconds)
    }

    func workers(of environment: EnvironmentID) -> [String: Int] { functions.workerCounts(in: environment) }
}

/// Batches of coupons that open soon.
struct CouponLaunches: LaunchCalendar {
    let coupons: Coupons

    func launches(of environment: EnvironmentID, onlyAtHand: Bool) async throws -> [Launch]? {
        try await coupons.launches(in: environment, onlyOpen: onlyAtHand)?.map {
            Launch(name: $0.name, opensAt: $0.opensAt, closesAt: $0.closesAt, count: $0.count)
        }
    }
}

/// Tells the recorder of each invocation.
struct RecordedInvocations: InvocationObserver {
    let recorder: LoadRecorder

    func began(_ function: String, in environment: EnvironmentID, at now: Int64) -> Int64 { recorder.began(function, in: environment, at: now) }

    func ended(_ function: String, in environment: EnvironmentID, at now: Int64, mark: Int64, durationMs: Double, cold: Bool) {
        recorder.ended(function, in: environment, at: now, idleBefore: mark, durationMs: durationMs, cold: cold)
    }
}

extension ElasticLimits {
    /// A quarter of the workers stays for whoever is called without having been expected.
    private static let workersShare = 0.75

    /// What of a node the planned workers may have.
    init(_ workers: WorkerConfiguration, memoryPercent: Int) {
        self.init()
        workersMax = Int(Double(workers.maxWorkers - workers.warmWorkers) * Self.workersShare)
        workersPerFunctionMax = workers.maxWorkersPerFunction
        memoryMB = Int(ProcessInfo.processInfo.physicalMemory >> 20) * memoryPercent / 100
        idleSeconds = workers.idleSeconds
    }
}
