import Forecast
import Foundation
import Kernel
import Synchronization
import Testing

@testable import Rush

@Suite("Workers before they are needed") struct ElasticWorkersTests {
    private static let minute: Int64 = 60_000

    /// Three weeks of lunches from 11:30 on: none at night, all from 11:20 on, hardly any in the afternoon.
    @Test func workersAreThereBeforeTheLunch() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.plantLunches(21, perMinute: 1200, in: elastic)
            func floor(at minuteOfDay: Int64) -> Int {
                fixture.time.set(ElasticFixture.monday + minuteOfDay * Self.minute)
                elastic.round()
                return fixture.fleet.floor(of: "order", in: fixture.shop)
            }
            #expect(floor(at: 60) == 0)
            #expect(floor(at: 240) == 0)
            #expect(floor(at: 660) == 0)
            #expect(floor(at: 675) == 0)
            // 20 a second of 0.2 s: four places are busy, 3.7 standard deviations more are ready, four in a worker.
            #expect(floor(at: 684) >= 3)
            #expect(floor(at: 689) >= 3)
            for minute in stride(from: 690, to: 780, by: 5) {
                fixture.time.set(ElasticFixture.monday + Int64(minute) * Self.minute)
                fixture.call(elastic, 1200)
                #expect(floor(at: Int64(minute)) >= 3 || minute >= 770)
            }
            #expect(floor(at: 840) == 0)
            #expect(floor(at: 1500) == 0)
        }
    }

    /// The floor is that of the function's share, mean duration and concurrency.
    @Test func theFloorIsTheFunctionsOwn() throws {
        var load = EnvironmentLoad(at: 0)
        for (name, weight, duration) in [("slow", 50.0, 2.0), ("fast", 50, 0.01), ("rare", 0.01, 0.1)] {
            var function = FunctionLoad()
            (function.weight, function.duration) = (weight, duration)
            load.functions[name] = function
        }
        let functions = ["slow", "fast", "rare", "new"].map { ElasticFunction(name: $0, concurrency: 2, memoryMB: 128) }
        var limits = ElasticLimits()
        limits.workersPerFunctionMax = 10
        func wishes(_ coming: ComingLoad) -> [Int] {
            FloorPlan.wishes(EnvironmentID(wellFormed: "env-a"), functions, load, coming, now: 0, limits: limits).map(\.workers)
        }
        #expect(wishes(ComingLoad(upper: 120, expected: 1000)) == [4, 1, 0, 0])
        #expect(wishes(ComingLoad(upper: 100_000, expected: 1e6)) == [10, 10, 1, 0])
        #expect(wishes(ComingLoad()) == [0, 0, 0, 0])
        // Fewer than a call of each in ten minutes keep nobody ready.
        #expect(wishes(ComingLoad(upper: 3, expected: 1.9)) == [0, 0, 0, 0])
        #expect(wishes(ComingLoad(announced: 60)) == [3, 1, 1, 0])
        load.functions = [:]
        #expect(wishes(ComingLoad(announced: 4000)) == [6, 6, 6, 6])
    }

    @Test func nobodyGetsMoreThanThereIs() {
        func wish(_ name: String, _ workers: Int, rate: Double, memoryMB: Int = 100, announced: Bool = false) -> WorkerWish {
            WorkerWish(
                environment: EnvironmentID(wellFormed: "env-a"), function: name, workers: workers, lastIdleSeconds: nil, memoryMB: memoryMB, rate: rate,
                isAnnounced: announced)
        }
        var limits = ElasticLimits()
        (limits.workersMax, limits.memoryMB) = (5, 10_000)
        let wishes = [wish("a", 4, rate: 1), wish("b", 4, rate: 9), wish("c", 1, rate: 0.1, announced: true)]
        #expect(FloorPlan.grant(wishes, limits: limits).map(\.workers) == [2, 2, 1])
        limits.workersMax = 1
        #expect(FloorPlan.grant(wishes, limits: limits).map(\.workers) == [0, 0, 1])
        (limits.workersMax, limits.memoryMB) = (100, 450)
        #expect(FloorPlan.grant(wishes, limits: limits).map(\.workers) == [1, 2, 1])
        #expect(FloorPlan.grant([wish("big", 3, rate: 1, memoryMB: 4000), wish("small", 2, rate: 0.1)], limits: limits).map(\.workers) == [0, 2])
        limits.memoryMB = 0
        #expect(FloorPlan.grant(wishes, limits: limits).map(\.workers) == [0, 0, 0])
    }

    /// A function that is called each half hour: its worker goes at once, and one is there again before the next call.
    @Test func aSparseFunctionHasItsWorkerWhenItsHistogramSaysSo() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            for turn in 0..<150 {
                fixture.call(elastic, 1)
                if turn % 10 == 0 { elastic.round() }
                fixture.time.advance(seconds: 1800 + Int64(turn % 3) * 30)
            }
            fixture.call(elastic, 1)
            func wish(after minutes: Int64) -> StubFleet.Wish? {
                fixture.time.advance(seconds: minutes * 60)
                elastic.round()
                return fixture.fleet.state.withLock { $0.wishes[fixture.shop]?["order"] }
            }
            // The forecast alone would keep nobody: 0.3 calls in ten minutes.
            #expect(wish(after: 1) == .init(workers: 0, lastIdleSeconds: FloorPlan.graceSeconds))
            #expect(wish(after: 19) == .init(workers: 0, lastIdleSeconds: FloorPlan.graceSeconds))
            #expect(wish(after: 8) == .init(workers: 1, lastIdleSeconds: FloorPlan.graceSeconds))
            #expect(wish(after: 4) == .init(workers: 1, lastIdleSeconds: FloorPlan.graceSeconds))
            #expect(wish(after: 4) == .init(workers: 0, lastIdleSeconds: FloorPlan.graceSeconds))
        }
    }

    @Test func coldStartsAndThoseThatWereAvoidedAreCounted() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.call(elastic, 1, cold: true)
            fixture.time.advance(seconds: 100)
            fixture.call(elastic, 3)
            fixture.time.advance(seconds: 301)
            fixture.call(elastic, 2)
            fixture.time.advance(seconds: 301)
            fixture.call(elastic, 1, cold: true)
            elastic.round()
            let shown = try await elastic.shown(fixture.shop, step: 10)
            #expect(shown["coldStarts"] == ["had": 2, "avoided": 1])
            fixture.time.advance(seconds: 86_400)
            elastic.round()
            #expect(try await elastic.shown(fixture.shop, step: 10)["coldStarts"] == ["had": 0, "avoided": 0])
        }
    }

    @Test func theForecastIsShownBesideWhatCame() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.plantLunches(21, in: elastic)
            for minute in 0..<60 {
                fixture.time.set(ElasticFixture.monday + Int64(720 + minute) * Self.minute)
                fixture.call(elastic, 100)
                elastic.round()
            }
            for step in [5, 10] {
                let shown = try await elastic.shown(fixture.shop, step: step)
                let (next, last) = (shown["next"]?.arrayValue ?? [], shown["last"]?.arrayValue ?? [])
                #expect(next.count == 1440 / step && last.count == 1440 / step)
                #expect(next.allSatisfy { ($0["expected"]?.doubleValue ?? -1) >= 0 && ($0["upper"]?.doubleValue ?? -1) >= 0 })
                let rise = next.first { $0["at"] == .int(ElasticFixture.monday + ElasticFixture.day + 700 * Self.minute) }
                #expect((rise?["expected"]?.doubleValue ?? 0) > 60)
                let known = try #require(last.last { $0["expected"]?.isNull == false })
                #expect(known["actual"] == .double(100) && (known["upper"]?.doubleValue ?? 0) > 50)
                #expect(last.first?["expected"]?.isNull == true)
            }
            let shown = try await elastic.shown(fixture.shop, step: 10)
            #expect((shown["accuracy"]?["coverage"]?.doubleValue ?? 0) > 0.9)
            #expect((shown["knownDays"]?.doubleValue ?? 0) >= 21)
            #expect(shown["functions"]?.arrayValue?.first?["name"] == "order")
        }
    }
}
