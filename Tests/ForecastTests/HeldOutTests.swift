import Testing

@testable import Forecast

/// Held-out weeks of made-up shops.
///
/// The first has Labour Day behind it and 20 May in it; the second ends in the Dragon Boat holiday.
@Suite("Held-out weeks") struct HeldOutTests {
    private static func week(_ place: Int) -> Day { Day(2026, place == 0 ? 4 : 5, place == 0 ? 13 : 11) ?? Day(number: 0) }

    /// Mean workers that a plan keeps for what was said ten minutes before, and that would have been enough for what came.
    private func workers(_ run: HeldOut, _ plan: WorkerPlan) -> (kept: Double, enough: Double, covered: Double) {
        let pairs = run.judged.map { (plan.workers(invocationsPerMinute: $0.upper), plan.workers(invocationsPerMinute: $0.actual)) }
        let count = Double(pairs.count)
        return (
            Double(pairs.reduce(0) { $0 + $1.0 }) / count, Double(pairs.reduce(0) { $0 + $1.1 }) / count, Double(pairs.count { $0.1 <= $0.0 }) / count
        )
    }

    @Test(arguments: [(Shop.restaurant, 0), (Shop.bubbleTea, 0), (Shop.retail, 1), (Shop.clinic, 1)])
    func theFloorOfABusyShopHoldsNineteenOfTwentyMinutesAndWastesLessThanAThird(_ shop: Shop, _ place: Int) throws {
        let run = HeldOut(shop, seed: UInt64(place + 1), first: Self.week(place))
        #expect(run.coverage >= 0.95, "\(run.coverage)")
        #expect(run.waste <= 0.30, "\(run.waste)")
        #expect(run.weightedError <= 0.16, "\(run.weightedError)")
        #expect(run.dayAhead >= 0.88, "\(run.dayAhead)")
        let claimed = try #require(run.claimed)
        #expect(claimed.minutes == 7 * 1440)
        #expect(abs(claimed.coverage - run.coverage) < 0.03 && abs(claimed.waste - run.waste) < 0.1 && abs(claimed.weightedError - run.weightedError) < 0.05)
        let starts = Starts(run)
        // Of the bubble tea shop's, most come with campaigns that nobody announced, which no forecast can know.
        #expect(starts.fixed.cold >= 50)
        #expect(starts.left <= (shop.description == Shop.bubbleTea.description ? 0.25 : 0.05), "\(starts)")
        #expect(starts.cost <= 1.2, "\(starts)")
    }

    @Test func announcedCampaignsFindTheirWorkersWarm() throws {
        let run = HeldOut(.bubbleTea, seed: 1, first: Self.week(0), announced: true)
        let starts = Starts(run)
        #expect(run.coverage >= 0.95 && run.waste <= 0.30)
        #expect(starts.left <= 0.05 && starts.cost <= 1.25, "\(starts)")
    }

    /// Workers that were started while somebody waited, in a week, for three kinds of function; keeping each for ten minutes after it was needed, beside that
    /// and the floor.
    private struct Starts {
        private(set) var fixed = ColdStarts.none
        private(set) var floored = ColdStarts.none
        var left: Double { Double(floored.cold) / Double(fixed.cold) }
        var cost: Double { floored.workerMinutes / fixed.workerMinutes }

        init(_ run: HeldOut) {
            for (duration, concurrency) in [(0.2, 32), (0.2, 4), (1.0, 4)] {
                let plan = WorkerPlan(meanDuration: duration, concurrency: concurrency, maximum: 200)
                var (one, same) = (Chance(seed: 5), Chance(seed: 5))
                fixed += ColdStarts(counts: run.counts[...], duration: duration, concurrency: concurrency, chance: &one)
                floored += ColdStarts(
                    counts: run.counts[...], duration: duration, concurrency: concurrency, chance: &same,
                    floor: { plan.floor(for: [run.ahead[$0 / HeldOut.every]]) })
            }
        }
    }

    /// With an invocation each ten minutes, 95 % of minutes are held by one invocation or none: requests cannot be had at 30 % waste, so workers are counted.
    @Test func aSparseShopHasAWorkerWhileItIsOpen() throws {
        let run = HeldOut(.sparse, seed: 11, first: Self.week(1))
        #expect(run.coverage >= 0.95)
        let kept = workers(run, WorkerPlan(meanDuration: 0.2, concurrency: 32, maximum: 10))
        #expect(kept.covered >= 0.95)
        #expect((0.35...0.65).contains(kept.kept), "\(kept)")
        var (one, same) = (Chance(seed: 5), Chance(seed: 5))
        let plan = WorkerPlan(meanDuration: 0.2, concurrency: 32, maximum: 10)
        let cold = ColdStarts(counts: run.counts[...], duration: 0.2, concurrency: 32, chance: &one)
        let both = ColdStarts(
            counts: run.counts[...], duration: 0.2, concurrency: 32, chance: &same, floor: { plan.floor(for: [run.ahead[$0 / HeldOut.every]]) },
            last: { $0.decision() })
        #expect(cold.cold >= 100)
        #expect(Double(both.cold) <= 0.05 * Double(cold.cold), "\(both.cold) of \(cold.cold)")
        #expect(both.workerMinutes <= 0.7 * 7 * 1440)
    }
}
