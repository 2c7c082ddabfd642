internal import Foundation
internal import Kernel

/// Gathers what the platform sees during one step: looks ten times a second, and asks for the books at the end.
struct EvidenceRecorder {
    private let ground: any RehearsalGround
    private let shadow: EnvironmentID
    private let clock: WallClock
    private let since: Int64
    private let before: [Evidence.Query]
    private let began = monotonicMicroseconds()
    private var meter: ProcessorMeter
    private var looks = 0
    private var sums: [String: (inFlight: Int, queued: Int, workers: Int, concurrency: Int)] = [:]

    /// Begins.
    init(_ ground: any RehearsalGround, _ shadow: EnvironmentID, generator: Int?, clock: WallClock) async throws {
        (self.ground, self.shadow, self.clock) = (ground, shadow, clock)
        since = clock.now()
        before = try await ground.tally(of: shadow, since: since).queries
        meter = ProcessorMeter(generator: generator)
    }

    mutating func look() {
        looks += 1
        // A walk through all processes costs a millisecond or so.
        if looks.isMultiple(of: 5) { meter.look() }
        for function in ground.load(of: shadow) {
            let sum = sums[function.name] ?? (0, 0, 0, 0)
            sums[function.name] = (
                sum.inFlight + function.inFlight, sum.queued + function.queued, max(sum.workers, function.workers), function.concurrency
            )
        }
    }

    /// What was seen until now.
    mutating func evidence() async throws -> Evidence {
        let seconds = Double(monotonicMicroseconds() - began) / 1e6
        let processors = meter.use()
        let tally = try await ground.tally(of: shadow, since: since)
        let functions = tally.functions.map { calls in
            let sum = sums[calls.name] ?? (0, 0, 0, 0)
            let looks = Double(max(1, looks))
            return Evidence.Function(
                name: calls.name, concurrency: max(1, sum.concurrency), workers: sum.workers, inFlight: Double(sum.inFlight) / looks,
                queued: Double(sum.queued) / looks, calls: calls.calls, refused: calls.refused, coldStarts: calls.coldStarts,
                meanMilliseconds: calls.meanMilliseconds)
        }
        let queries = tally.queries.compactMap { query -> Evidence.Query? in
            let earlier = before.first { $0.collection == query.collection && $0.operation == query.operation && $0.shape == query.shape }
            var more = query
            more.count -= earlier?.count ?? 0
            more.totalMilliseconds -= earlier?.totalMilliseconds ?? 0
            return more.count > 0 ? more : nil
        }
        return Evidence(seconds: seconds, functions: functions, queries: queries, processors: processors)
    }
}
