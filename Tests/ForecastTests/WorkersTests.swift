import TestSupport
import Testing

@testable import Forecast

@Suite("Workers and idle times") struct WorkersTests {
    @Test(
        arguments: [
            (0, 1.0, 1, 9, 0), (0.001, 0.001, 1, 9, 1), (6000, 0.6, 1, 1000, 100), (6000, 0.6, 32, 1000, 4), (6000, 0.6, 1, 7, 7), (60, 1, 1, 9, 5),
            (1e300, 1, 1, 9, 9), (-5, 1, 1, 9, 0), (.nan, 1, 1, 9, 0), (.infinity, 3600, 1, 9, 9), (100, 1, 1, -4, 0), (5, .nan, 0, 9, 1),
        ] as [(Double, Double, Int, Int, Int)])
    func theFloorFollowsLittlesLawAndStaysBelowItsMaximum(_ one: (rate: Double, duration: Double, concurrency: Int, maximum: Int, workers: Int)) {
        let plan = WorkerPlan(meanDuration: one.duration, concurrency: one.concurrency, maximum: one.maximum)
        #expect(plan.workers(invocationsPerMinute: one.rate) == one.workers)
    }

    @Test func moreLoadNeverNeedsFewer() {
        let plan = WorkerPlan(meanDuration: 0.35, concurrency: 3, maximum: 50, targetUtilisation: .nan)
        let workers = stride(from: 0.0, to: 30_000, by: 37).map { plan.workers(invocationsPerMinute: $0) }
        #expect(zip(workers, workers.dropFirst()).allSatisfy { $0 <= $1 } && workers.last == 50)
    }

    @Test func aPatternIsFoundAndOtherwiseTheFixedTimeHolds() {
        var regular = IdleHistogram()
        #expect(regular.decision() == .fixed(keepAlive: 10))
        for turn in 0..<9 { regular.record(idle: 29.5 + Double(turn % 3)) }
        #expect(regular.decision() == .fixed(keepAlive: 10))
        for turn in 0..<100 { regular.record(idle: 29.5 + Double(turn % 3)) }
        guard case .pattern(let start, let stop) = regular.decision() else {
            Issue.record("no pattern")
            return
        }
        #expect(abs(start - 29 * 0.9) < 1e-9 && abs(stop - 32 * 1.1) < 1e-9)
        var even = IdleHistogram()
        for turn in 0..<1000 { even.record(idle: Double(turn % 240)) }
        #expect(even.decision(fixedKeepAlive: 7) == .fixed(keepAlive: 7))
        var long = regular
        for _ in 0..<200 { long.record(idle: 500) }
        #expect(long.decision() == .fixed(keepAlive: 10) && long.shareBeyond > 0.5)
    }

    @Test func warmthIsCounted() {
        #expect(IdleHistogram.Decision.fixed(keepAlive: 10).isWarm(after: 10) && !IdleHistogram.Decision.fixed(keepAlive: 10).isWarm(after: 10.1))
        let pattern = IdleHistogram.Decision.pattern(start: 20, stop: 30)
        #expect(!pattern.isWarm(after: 19) && pattern.isWarm(after: 25) && !pattern.isWarm(after: 31))
        #expect([10, 25, 90].map { pattern.warmMinutes(until: $0) } == [0, 5, 10])
        #expect(IdleHistogram.Decision.fixed(keepAlive: 10).warmMinutes(until: 4) == 4)
    }

    /// An environment that is called each half hour or so: a fixed ten minutes never help it, the histogram almost always, for less memory.
    @Test func regularCallersFindAWorkerForLessThanTheFixedTimeCosts() {
        var (chance, histogram) = (Chance(seed: 9), IdleHistogram())
        var (cold, fixedCold, kept, fixedKept) = (0, 0, 0.0, 0.0)
        let fixed = IdleHistogram.Decision.fixed(keepAlive: 10)
        for turn in 0..<1200 {
            let idle = max(0.1, 30 + 1.5 * chance.normal())
            if turn >= 200 {
                let decision = histogram.decision()
                if !decision.isWarm(after: idle) { cold += 1 }
                if !fixed.isWarm(after: idle) { fixedCold += 1 }
                kept += decision.warmMinutes(until: idle)
                fixedKept += fixed.warmMinutes(until: idle)
            }
            histogram.record(idle: idle)
        }
        #expect(fixedCold == 1000 && cold <= 50, "\(cold)")
        #expect(kept < 0.8 * fixedKept, "\(kept) beside \(fixedKept)")
    }

    @Test func theHistogramForgetsAndComesBackFromBytes() throws {
        var histogram = IdleHistogram()
        for idle in [Double.nan, -1, -Double.infinity] { histogram.record(idle: idle) }
        #expect(histogram == IdleHistogram())
        for _ in 0..<100_000 { histogram.record(idle: 5.5) }
        for _ in 0..<5000 { histogram.record(idle: 60.5) }
        histogram.record(idle: .infinity)
        guard case .pattern(let start, _) = histogram.decision() else {
            Issue.record("no pattern")
            return
        }
        #expect(start > 50)
        let bytes = histogram.bytes()
        #expect(try IdleHistogram(bytes: bytes) == histogram && bytes.count < 40)
        try refusesDamage(bytes) { try IdleHistogram(bytes: $0) }
        #expect(try IdleHistogram(bytes: IdleHistogram().bytes()) == IdleHistogram())
    }
}
