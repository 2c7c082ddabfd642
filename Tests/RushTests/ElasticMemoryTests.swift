import Forecast
import Foundation
import Kernel
import Synchronization
import Testing

@testable import Rush

@Suite("What is known of load outlives the node") struct ElasticMemoryTests {
    private func file(_ fixture: ElasticFixture) -> URL { fixture.folder.appendingPathComponent("env-shop/load") }

    @Test func aRestartKeepsTheHistoryAndLeavesAGap() async throws {
        try await ElasticFixture.with { fixture in
            let first = try fixture.elastic()
            fixture.plantLunches(14, in: first)
            for _ in 0..<30 {
                fixture.call(first, 3)
                first.round()
                fixture.time.advance(seconds: 60)
            }
            first.round(isLast: true)
            let before = try #require(first.state.withLock { $0.environments[fixture.shop] })
            let stopped = Minute(fixture.time.now / 60_000)
            fixture.time.advance(seconds: 3600)
            let second = try fixture.elastic()
            second.round()
            fixture.time.advance(seconds: 120)
            second.round()
            fixture.time.advance(seconds: 120)
            second.round()
            let after = try #require(second.state.withLock { $0.environments[fixture.shop] })
            #expect(after.history.counts(in: stopped - 20_000..<stopped) == before.history.counts(in: stopped - 20_000..<stopped))
            #expect(abs((after.functions["order"]?.weight ?? 0) - (before.functions["order"]?.weight ?? 0)) < 0.001)
            #expect(after.functions["order"]?.duration == before.functions["order"]?.duration && after.coldStarts == before.coldStarts)
            for minute in stride(from: stopped - 60, to: stopped, by: 5) {
                #expect(abs((after.said[minute]?.upper ?? -1) - (before.said[minute]?.upper ?? -1)) < 0.01)
            }
            // Nobody saw the hour; the minutes after the start were quiet.
            #expect(after.history.counts(in: stopped + 1..<stopped + 61).allSatisfy { $0 == -1 })
            #expect(after.history[stopped + 62] == 0 && after.history[stopped + 63] == 0)
        }
    }

    /// Killed without a word: the last minutes are lost and are a gap, not a quiet time.
    @Test func aKilledNodeLosesSomeMinutes() async throws {
        try await ElasticFixture.with { fixture in
            let first = try fixture.elastic()
            for _ in 0..<240 {
                fixture.call(first, 1)
                first.round()
                fixture.time.advance(seconds: 10)
            }
            let killed = Minute(fixture.time.now / 60_000)
            let second = try fixture.elastic()
            let load = try #require(second.state.withLock { $0.environments[fixture.shop] })
            let known = load.history.counts(in: killed - 40..<killed)
            #expect(known.count { $0 == 6 } >= 33)
            #expect(!known.contains(0))
        }
    }

    @Test func damagedFilesAreBegunAnewAndSaid() async throws {
        try await ElasticFixture.with { fixture in
            let first = try fixture.elastic()
            fixture.call(first, 5)
            first.round(isLast: true)
            let whole = try Data(contentsOf: file(fixture))
            for place in [0, 20, whole.count / 2, whole.count - 1] {
                var damaged = whole
                damaged[place] ^= 1
                try damaged.write(to: file(fixture))
                let again = try fixture.elastic()
                #expect(again.state.withLock { $0.environments[fixture.shop] } == nil, "byte \(place)")
                fixture.call(again, 1)
                again.round()
                #expect(again.state.withLock { $0.environments[fixture.shop]?.history.isEmpty } == false)
            }
            try whole.prefix(whole.count / 2).write(to: file(fixture))
            try Data("nonsense".utf8).write(to: fixture.folder.appendingPathComponent("load"))
            let again = try fixture.elastic()
            #expect(again.state.withLock { $0.environments.isEmpty && $0.pool == .meals })
            let lines = fixture.logged.lines.withLock { $0 }
            #expect(lines.contains { $0.contains("begun anew") } && lines.contains { $0.contains("learned anew") })
        }
    }

    /// Whoever is quiet for long is only on the disk, and comes back with the first call.
    @Test func whoeverSleepsTakesNoMemory() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.plantLunches(14, in: elastic)
            fixture.call(elastic, 1)
            elastic.round()
            for _ in 0..<9 {
                fixture.time.advance(seconds: 86_400)
                elastic.round()
            }
            #expect(elastic.state.withLock { $0.environments.isEmpty })
            #expect(try await elastic.shown(fixture.shop, step: 10)["knownDays"]?.doubleValue ?? 0 > 13)
            fixture.call(elastic, 2)
            elastic.round()
            let load = try #require(elastic.state.withLock { $0.environments[fixture.shop] })
            #expect(load.history.counts(in: load.history.span).contains(120))
        }
    }

    @Test func anEnvironmentThatIsGoneIsForgotten() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.call(elastic, 1)
            elastic.round()
            fixture.fleet.state.withLock { $0.functions = [:] }
            try FileManager.default.removeItem(at: fixture.folder.appendingPathComponent("env-shop"))
            fixture.call(elastic, 1)
            elastic.round()
            elastic.round(isLast: true)
            #expect(elastic.state.withLock { $0.environments.isEmpty } && elastic.recorder.read().isEmpty)
            #expect(!FileManager.default.fileExists(atPath: fixture.folder.appendingPathComponent("env-shop").path))
        }
    }

    @Test func thePoolLearnsFromEverybodyAndIsKept() async throws {
        try await ElasticFixture.with { fixture in
            let elastic = try fixture.elastic()
            fixture.plantLunches(14, in: elastic)
            elastic.round(isLast: false)
            elastic.round(isLast: true)
            let pool = elastic.state.withLock { $0.pool }
            #expect(pool != .meals)
            let again = try fixture.elastic()
            #expect(again.state.withLock { $0.pool } == pool)
            // The same day teaches once.
            again.round()
            #expect(again.state.withLock { $0.pool } == pool)
        }
    }

    @Test func upTimesKnowWhenNobodyWasThere() {
        var up = UpTimes()
        for minute in [100, 100, 101, 102, 104] { up.runs(at: minute) }
        #expect(up.ranges == [101..<104])
        up.runs(at: 90)
        up.runs(at: 160)
        up.runs(at: 163)
        #expect(up.ranges == [101..<104, 161..<163])
        #expect(up.seen(in: 103..<162) == [103..<104, 161..<162])
        var again = UpTimes(up.json)
        again.runs(at: 164)
        #expect(again.ranges == [101..<104, 161..<163, 165..<165])
        #expect(UpTimes(["x"]).ranges.isEmpty && UpTimes([[5, 1], [-1, 3], [7, 9]]).ranges == [7..<9])
    }
}
