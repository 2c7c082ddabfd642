import Kernel
import Testing

@testable import LoadGenerator

@Suite struct ArrivalPlanTests {
    private func times(_ plan: ArrivalPlan) -> [Double] { IteratorSequence(plan.times()).map { Double($0) / 1e9 } }

    @Test func aConstantRateIsEvenlySpaced() throws {
        let plan = try ArrivalPlan.constant(100, seconds: 2)
        let times = times(plan)
        #expect(times.count == 200 && plan.arrivals == 200 && plan.peakRate == 100)
        for (place, time) in times.enumerated() { #expect(abs(time - Double(place) / 100) < 1e-8) }
    }

    @Test func stepsFollowEachOther() throws {
        let plan = try ArrivalPlan.steps([10, 0, 40], secondsEach: 5)
        let times = times(plan)
        #expect(times.count == 250 && plan.arrivals == 250)
        #expect(times.count { $0 < 5 } == 50)
        #expect(times.count { (5..<10).contains($0) } == 0)
        #expect(times.count { $0 >= 10 } == 200)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func aRampGrowsWithTheSquareOfTime() throws {
        let times = times(try .ramp(from: 0, to: 1000, seconds: 10))
        #expect(times.count == 5000)
        // By t seconds, 50·t² have arrived.
        for moment in 1...10 { #expect(abs(times.count { $0 < Double(moment) } - 50 * moment * moment) <= 1) }
        let falling = self.times(try .ramp(from: 1000, to: 0, seconds: 10))
        #expect(falling.count == 5000)
        for moment in 0...9 { #expect(abs(falling.count { $0 >= 10 - Double(moment) } - 50 * moment * moment) <= 1) }
    }

    @Test func aLaunchHalves() throws {
        let plan = try ArrivalPlan.launch(peak: 1000, base: 100, halfLife: 2, seconds: 40)
        let times = times(plan)
        #expect(plan.peakRate == 1000)
        #expect(abs(times.count - Int(plan.arrivals)) <= 1)
        // The part above the base: 900·2/ln 2 in all, half of it in each half-life.
        let above = 900 * 2 / 0.693_147
        for (from, share) in [(0.0, 0.5), (2.0, 0.25), (4.0, 0.125)] {
            let counted = Double(times.count { (from..<from + 2).contains($0) })
            #expect(abs(counted - 200 - above * share) < 0.003 * above, "\(from)")
        }
        #expect(abs(times.count { $0 >= 35 } - 500) <= 2)
        let short = try ArrivalPlan.launch(peak: 1000, halfLife: 10, seconds: 1)
        #expect(abs(short.seconds - 1) < 1e-9)
    }

    @Test func aReplayKeepsTheTotalAndHasNoJumps() throws {
        let plan = try ArrivalPlan.replay(perMinute: [60, 600, 6000, 300, 0], times: 3)
        let times = times(plan)
        #expect(times.count == 3 * 6960)
        #expect(plan.peakRate == 300 && plan.seconds == 300)
        #expect(zip(plan.stages, plan.stages.dropFirst()).allSatisfy { $0.to == $1.from })
    }

    @Test func chanceHasTheRateOnAverageAndTheSpreadOfAPoissonProcess() throws {
        let plan = try ArrivalPlan.steps([50, 150], secondsEach: 100, spacing: .poisson(seed: 42))
        let times = times(plan)
        // 20,000 expected; the standard deviation is 141.
        #expect(abs(Double(times.count) - plan.arrivals) < 5 * 141)
        let perSecond = (0..<100).map { second in Double(times.count { (Double(second)..<Double(second + 1)).contains($0) }) }
        let mean = perSecond.reduce(0, +) / 100
        let variance = perSecond.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 99
        #expect(abs(mean - 50) < 4)
        // The variance of a Poisson process is its mean; that of even spacing would be 0.
        #expect((25...100).contains(variance), "\(variance)")
        #expect(self.times(plan) == times)
        #expect(self.times(try .steps([50, 150], secondsEach: 100, spacing: .poisson(seed: 43))) != times)
    }

    @Test func evenArrivalsAreAsManyAsTheySay() throws {
        for rate in [0.1, 0.3, 1, 7.7, 333.333] {
            for seconds in [0.01, 1, 3.3, 10] {
                let plan = try ArrivalPlan([.init(rate: rate, seconds: seconds), .init(from: rate, to: 2 * rate, seconds: seconds)])
                #expect(Double(times(plan).count) == plan.arrivals, "\(rate) \(seconds)")
            }
        }
    }

    @Test func whatIsNoPlanIsRefused() {
        for stage in [
            ArrivalPlan.Stage(rate: -1, seconds: 1), .init(rate: .nan, seconds: 1), .init(rate: .infinity, seconds: 1), .init(rate: 1, seconds: 0),
            .init(rate: 1, seconds: -1), .init(rate: 1, seconds: .nan), .init(rate: 1, seconds: 90_000), .init(rate: 2e6, seconds: 1),
        ] {
            let error = #expect(throws: SampanError.self) { try ArrivalPlan([stage]) }
            #expect(error?.code == "BAD_ARRIVAL_PLAN")
        }
        #expect(throws: SampanError.self) { try ArrivalPlan([]) }
        #expect(throws: SampanError.self) { try ArrivalPlan.launch(peak: 10, halfLife: 0, seconds: 10) }
        #expect(throws: SampanError.self) { try ArrivalPlan.replay(perMinute: []) }
        #expect(throws: SampanError.self) { try ArrivalPlan.steps([1, 1], secondsEach: 50_000) }
    }
}
