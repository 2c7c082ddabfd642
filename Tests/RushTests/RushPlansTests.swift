import Foundation
import Kernel
import Synchronization
import Testing

@testable import Rush

@Suite("Announced rushes") struct RushPlansTests {
    private static let noon = ElasticFixture.monday + 12 * 3_600_000
    private static let launch: JSONObject = [
        "name": "coupons at noon", "startsAt": .int(noon), "endsAt": .int(noon + 3_600_000), "ratePerSecond": .double(100),
    ]

    private func with(_ members: JSONObject) -> JSONObject { members.reduce(into: Self.launch) { $0[$1.key] = $1.value } }

    @Test func theyAreKeptAndTakenBack() async throws {
        try await ElasticFixture.with { fixture in
            let rushes = try fixture.rushes()
            let rush = try await rushes.add(Self.launch, to: fixture.shop)
            let second = try await rushes.add(
                with(["startsAt": "2026-05-31T20:00:00+08:00", "ratePerSecond": .null, "expectedArrivals": 5000, "freezeDeployments": false]), to: fixture.shop)
            #expect(rushes.rushes(of: fixture.shop) == [second, rush])
            #expect(try fixture.rushes().rushes(of: fixture.shop) == [second, rush])
            #expect(rushes.rushes(of: EnvironmentID(wellFormed: "env-other")).isEmpty)
            try await rushes.remove(rush.id, from: fixture.shop)
            await #expect(throws: SampanError.self) { try await rushes.remove(rush.id, from: fixture.shop) }
            #expect(try fixture.rushes().rushes(of: fixture.shop) == [second])
        }
    }

    @Test(
        arguments: [
            ("name", ["name": ""]), ("name", ["name": .string(String(repeating: "a", count: 61))]), ("startsAt", ["startsAt": "noon"]),
            ("startsAt", ["startsAt": .int(noon + 500 * 86_400_000)]), ("endsAt", ["endsAt": .int(noon)]), ("endsAt", ["endsAt": .int(noon + 40 * 86_400_000)]),
            ("endsAt", ["startsAt": 0, "endsAt": 1]), ("expectedArrivals", ["expectedArrivals": 5]), ("expectedArrivals", ["ratePerSecond": .null]),
            ("expectedArrivals", ["ratePerSecond": .null, "expectedArrivals": 0]), ("ratePerSecond", ["ratePerSecond": "many"]),
            ("ratePerSecond", ["ratePerSecond": .double(.infinity)]), ("freezeDeployments", ["freezeDeployments": "yes"]), ("other", ["other": 1]),
        ] as [(String, JSONObject)]) func whatMakesNoSenseIsRefused(_ one: (member: String, change: JSONObject)) async throws
    {
        try await ElasticFixture.with { fixture in
            let rushes = try fixture.rushes()
            let error = await #expect(throws: SampanError.self) { try await rushes.add(with(one.change), to: fixture.shop) }
            #expect(error?.code == "BAD_MEMBER" && error?.members["member"] == .string(one.member))
        }
    }

    @Test func onlyAHundredAreAhead() async throws {
        try await ElasticFixture.with { fixture in
            let rushes = try fixture.rushes()
            for _ in 0..<100 { _ = try await rushes.add(Self.launch, to: fixture.shop) }
            let error = await #expect(throws: SampanError.self) { try await rushes.add(Self.launch, to: fixture.shop) }
            #expect(error?.code == "LIMIT_EXCEEDED")
            fixture.time.set(Self.noon + 2 * 3_600_000)
            _ = try await rushes.add(with(["endsAt": .int(Self.noon + 9 * 3_600_000)]), to: fixture.shop)
        }
    }

    @Test func deploymentsRestFromTenMinutesBeforeToTheEnd() async throws {
        try await ElasticFixture.with { fixture in
            let rushes = try fixture.rushes()
            _ = try await rushes.add(with(["freezeDeployments": false]), to: fixture.shop)
            let rush = try await rushes.add(Self.launch, to: fixture.shop)
            for (seconds, isFrozen) in [(-601, false), (-600, true), (0, true), (3599, true), (3600, false)] as [(Int64, Bool)] {
                fixture.time.set(Self.noon + seconds * 1000)
                #expect((rushes.refusal(in: fixture.shop)?.code == "DEPLOYMENTS_FROZEN") == isFrozen, "\(seconds)")
                #expect(rushes.freeze(of: fixture.shop)?.id == (isFrozen ? rush.id : nil))
            }
            fixture.time.set(Self.noon)
            #expect(rushes.refusal(in: EnvironmentID(wellFormed: "env-other")) == nil)
            #expect(rushes.refusal(in: fixture.shop)?.members["rush"] == .string(rush.id))
        }
    }

    /// Nobody has ever called; workers for the plan are there from two minutes before, and gone after the end.
    @Test func workersForThePlanAreThereBeforeTheStart() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            _ = try await elastic.rushes.add(Self.launch, to: fixture.shop)
            for (seconds, workers) in [(-3600, 0), (-130, 0), (-120, 4), (0, 4), (3590, 4), (3601, 0)] as [(Int64, Int)] {
                fixture.time.set(Self.noon + seconds * 1000)
                await elastic.look(afterLaunches: false)
                elastic.round()
                // 100 a second of 0.2 s in places of 4: nine workers, of which one function gets four.
                #expect(fixture.fleet.floor(of: "order", in: fixture.shop) == workers, "\(seconds)")
            }
        }
    }

    /// Coupons that open are announced by themselves: their crowd is expected, but nothing is frozen.
    @Test func couponsThatOpenAreAnnouncedByThemselves() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.plantLunches(7, perMinute: 0, in: elastic)
            fixture.launches.found.withLock {
                $0[fixture.shop] = [Launch(name: "5 off", opensAt: Self.noon, closesAt: Self.noon + 86_400_000, count: 1_000_000_000)]
            }
            for (seconds, isReady) in [(-600, false), (-119, true), (60, true), (9000, false)] as [(Int64, Bool)] {
                fixture.time.set(Self.noon + seconds * 1000)
                await elastic.look(afterLaunches: true)
                elastic.round()
                #expect((fixture.fleet.floor(of: "order", in: fixture.shop) > 0) == isReady, "\(seconds)")
                #expect(elastic.rushes.refusal(in: fixture.shop) == nil)
            }
            let shown = try await elastic.shown(fixture.shop, step: 10)
            #expect(shown["launches"]?.arrayValue?.count == 1)
        }
    }

    @Test func anEnvironmentThatIsGoneHasNoRushes() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            _ = try await elastic.rushes.add(Self.launch, to: fixture.shop)
            fixture.fleet.state.withLock { $0.functions = [:] }
            await elastic.look(afterLaunches: false)
            #expect(elastic.rushes.rushes(of: fixture.shop).isEmpty)
            #expect(try fixture.rushes().rushes(of: fixture.shop).isEmpty)
        }
    }
}
