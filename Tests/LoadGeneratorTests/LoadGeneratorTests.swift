import Kernel
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import LoadGenerator

/// The whole generator against real sockets.
///
/// Bounds are wide, since other tests run beside: none of them asks whether the run is valid as to time.
@Suite struct LoadGeneratorTests {
    private func hello(retry: RetryPolicy = .never) throws -> Scenario { try Scenario("hello", RequestTemplate(.get, "/hello"), retry: retry) }

    /// Milliseconds.
    private func percentile(_ percent: Double, _ histogram: LatencyHistogram) -> Double { Double(histogram.percentile(percent)) / 1000 }

    @Test func knownDelaysComeOut() async throws {
        // Two of a hundred take 80 ms instead of 5.
        let report = try await ScriptedServer.with({ number, _ in .ok(after: number % 50 == 7 ? 80 : 5) }) { server in
            try await LoadGenerator(hello(), .constant(400, seconds: 2), target: server.target()).run()
        }
        #expect(report.arrivals == 800 && report.steps[0].served == 800 && report.steps[0].statuses == [200: 800] && report.dropped == 0)
        #expect(report.latency.minimum >= 5000)
        #expect((5...30).contains(percentile(50, report.latency)), "\(percentile(50, report.latency))")
        #expect(percentile(90, report.latency) < 70)
        #expect((80...130).contains(percentile(99, report.latency)), "\(percentile(99, report.latency))")
        guard case .completed = report.end else { return #expect(Bool(false), "\(report.end)") }
    }

    @Test func aStallOfTheServerIsSeenByEverybodyWhoCameMeanwhile() async throws {
        // Nothing is answered from 1000 to 1500 ms. With four connections, only four requests are underway when it begins.
        let script: @Sendable (Int, Double) -> ScriptedServer.Reply = { _, now in .ok(after: (1000..<1500).contains(now) ? 1501 - now : 1) }
        var settings = LoadSettings()
        settings.connectionsMax = 4
        let report = try await ScriptedServer.with(script) { server in
            try await LoadGenerator(hello(), .constant(400, seconds: 2.5), target: server.target(), settings: settings).run()
        }
        #expect(report.steps[0].served == 1000 && report.connectionsMost == 4)
        // 200 of 1000 arrive during the stall and wait between 500 and 0 ms: one in ten longer than 250 ms, one in a hundred longer than 475 ms.
        #expect((200...400).contains(percentile(90, report.latency)), "\(percentile(90, report.latency))")
        #expect((450...700).contains(percentile(99, report.latency)), "\(percentile(99, report.latency))")
        #expect(percentile(50, report.latency) < 100)
        // A generator that waits for answers would have measured this, and seen nothing.
        #expect(percentile(99, report.service) < 150, "\(percentile(99, report.service))")
        #expect(percentile(90, report.connectionWait) > 150, "the wait was for a connection")
        #expect(report.perSecond.map(\.arrivals).reduce(0, +) == 1000)
        #expect(report.perSecond[1].p99 > 400_000 && report.perSecond[0].p50 < 100_000)
    }

    @Test func aJourneyCarriesWhatItLearns() async throws {
        let path = try #require(JSONPath("id"))
        let scenario = try Scenario([
            Journey(
                "j",
                steps: [
                    JourneyStep("take", RequestTemplate(.post, "/take", body: "{}"), captures: [("id", path)]),
                    JourneyStep("use", RequestTemplate(.post, "/use/{{id}}", body: #"{"id":"{{id}}"}"#), pause: Pause(from: 0.01, to: 0.05)),
                ])
        ])
        let script: @Sendable (Int, Double) -> ScriptedServer.Reply = { _, _ in
            .answer(after: 1, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id\":42}\r\n0\r\n\r\n")
        }
        let report = try await ScriptedServer.with(script) { server in
            try await LoadGenerator(scenario, .constant(100, seconds: 0.5, spacing: .poisson(seed: 2)), target: server.target()).run()
        }
        #expect(report.arrivals > 20)
        #expect(report.steps.map(\.served) == [report.arrivals, report.arrivals] && report.journeys[0].completed == report.arrivals)
        #expect(report.journeys[0].duration.minimum >= 12_000)
        let json = report.json(.en)
        #expect(json["arrivals"]?.intValue == Int64(report.arrivals) && json["steps"]?.arrayValue?.count == 2 && json["end"] == "completed")
    }

    @Test func whatGoesWrongIsToldApart() async throws {
        let script: @Sendable (Int, Double) -> ScriptedServer.Reply = { number, _ in
            switch number % 5 {
            case 0: .ok(after: 0)
            case 1: .silence
            case 2: .close
            case 3: .answer(after: 0, "220 smtp ready\r\n")
            default: .answer(after: 0, "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            }
        }
        var settings = LoadSettings()
        (settings.timeoutMilliseconds, settings.drainSeconds) = (400, 5)
        let report = try await ScriptedServer.with(script) { server in
            try await LoadGenerator(hello(), .constant(100, seconds: 1), target: server.target(), settings: settings).run()
        }
        let step = report.steps[0]
        #expect(step.served == 20 && step.refused == 20)
        #expect(step.lost == [.timedOut: 20, .connectionClosed: 20, .malformedAnswer: 20])
        #expect(step.statuses == [200: 20, 503: 20])
        #expect(percentile(100, step.latency) >= 400)
        #expect(report.perSecond.map(\.failed).reduce(0, +) == 60)
    }

    @Test func aServerThatIsAwayIsSaidToBe() async throws {
        let target = try await ScriptedServer.with({ _, _ in .silence }) { try $0.target() }
        let report = try await LoadGenerator(hello(retry: .rude(triesMax: 2)), .constant(50, seconds: 0.5), target: target).run()
        #expect(report.steps[0].lost == [.connectFailed: 50] && report.steps[0].served == 0)
        #expect(report.journeys[0].abandoned == 25)
    }

    @Test func theFirstUserFindsAConnection() async throws {
        var settings = LoadSettings()
        settings.connectionsAtStart = 8
        let report = try await ScriptedServer.with({ _, _ in .ok(after: 0) }) { server in
            try await LoadGenerator(hello(), .constant(10, seconds: 0.5), target: server.target(), settings: settings).run()
        }
        #expect(report.connectionsMost == 8 && report.steps[0].served == 5)
        #expect(report.connectionWait.maximum == 0, "sent in the same moment")
    }

    @Test func whoFindsNoRoomVoidsTheRun() async throws {
        var settings = LoadSettings()
        (settings.connectionsMax, settings.waitingMax) = (2, 3)
        let report = try await ScriptedServer.with({ _, _ in .ok(after: 500) }) { server in
            try await LoadGenerator(hello(), .constant(100, seconds: 0.3), target: server.target(), settings: settings).run()
        }
        #expect(report.dropped > 10 && report.connectionsMost == 2)
        #expect(report.isVoid && report.faults.map(\.code).contains("ARRIVALS_DROPPED"))
        #expect(report.dropped + report.steps[0].served == 30)
    }

    @Test func stoppingEndsIt() async throws {
        let report = try await ScriptedServer.with({ _, _ in .silence }) { server in
            let hasBegun = Mutex(false)
            let generator = try LoadGenerator(
                hello(), .constant(200, seconds: 600), target: server.target(), onSecond: { _ in hasBegun.withLock { $0 = true } })
            async let report = generator.run()
            #expect(try await eventually { hasBegun.withLock { $0 } })
            generator.stop(Localized("Enough.", zh: "够了。"))
            return try await report
        }
        // Where hundreds of tests share two processors the clock says little; a run that goes on would take ten minutes.
        #expect(report.seconds < 300)
        guard case .stopped(let reason) = report.end else { return #expect(Bool(false), "\(report.end)") }
        #expect(reason.en == "Enough.")
        #expect((190..<120_000).contains(report.arrivals) && report.journeys[0].unfinished == report.arrivals)
        #expect(report.steps[0].lost == [.unfinished: report.arrivals])
        #expect(report.steps[0].failures == 0)
    }

    @Test func dangerEndsTheRunAndIsAskedFirst() async throws {
        let asked = Mutex(0)
        let reports = try await ScriptedServer.with({ _, _ in .ok(after: 0) }) { server in
            let danger: @Sendable () -> Localized? = {
                asked.withLock { asked in
                    asked += 1
                    return asked >= 4 ? Localized("Users wait.", zh: "用户在等。") : nil
                }
            }
            var settings = LoadSettings()
            settings.connectionsAtStart = 0
            let plan = try ArrivalPlan.constant(200, seconds: 600)
            let late = try await LoadGenerator(hello(), plan, target: server.target(), settings: settings, danger: danger).run()
            let never = try await LoadGenerator(hello(), plan, target: server.target(), settings: settings, danger: danger).run()
            return [late, never]
        }
        guard case .stopped = reports[0].end, case .stopped = reports[1].end else { return #expect(Bool(false), "\(reports.map(\.end))") }
        #expect(reports[0].arrivals > 20 && reports[0].seconds < 60)
        #expect(reports[1].arrivals == 0)
    }

    @Test func aCancelledTaskStopsTheRun() async throws {
        let report = try await ScriptedServer.with({ _, _ in .ok(after: 0) }) { server in
            let generator = try LoadGenerator(hello(), .constant(200, seconds: 600), target: server.target())
            let task = Task { try await generator.run() }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            return try await task.value
        }
        guard case .stopped = report.end else { return #expect(Bool(false), "\(report.end)") }
    }

    @Test func secondsAreToldWhenTheyAreOver() async throws {
        let told = Mutex<[SecondReport]>([])
        let report = try await ScriptedServer.with({ _, _ in .ok(after: 0) }) { server in
            try await LoadGenerator(
                hello(), .constant(50, seconds: 2.2), target: server.target(), onSecond: { second in told.withLock { $0.append(second) } }
            ).run()
        }
        #expect(told.withLock { $0.map(\.second) } == [0, 1])
        #expect(told.withLock { $0.map(\.arrivals).reduce(0, +) } >= 90)
        #expect(report.processorShareMost > 0 && report.processorShareMost < 1.1)
        #expect(report.perSecond.count >= 3)
    }

    @Test func aRunIsRunOnceAndWithinItsBounds() async throws {
        let target = try await ScriptedServer.with({ _, _ in .silence }) { try $0.target() }
        let generator = try LoadGenerator(hello(), .constant(1, seconds: 0.01), target: target)
        _ = try await generator.run()
        let again = await #expect(throws: SampanError.self) { try await generator.run() }
        #expect(again?.code == "LOAD_ALREADY_STARTED")
        var settings = LoadSettings()
        settings.arrivalsMax = 99
        let tooMany = #expect(throws: SampanError.self) { try LoadGenerator(hello(), .constant(100, seconds: 1), target: target, settings: settings) }
        #expect(tooMany?.code == "LOAD_PLAN_TOO_LARGE")
        settings = LoadSettings()
        settings.secondsMax = 1
        #expect(throws: SampanError.self) { try LoadGenerator(hello(), .constant(1, seconds: 2), target: target, settings: settings) }
        let changes: [(inout LoadSettings) -> Void] = [
            { $0.connectionsMax = 0 }, { $0.timeoutMilliseconds = 0 }, { $0.runID = "a b" }, { $0.connectionsMax = 10_000_000 },
        ]
        for change in changes {
            settings = LoadSettings()
            change(&settings)
            let bad = #expect(throws: SampanError.self) { try LoadGenerator(hello(), .constant(1, seconds: 1), target: target, settings: settings) }
            #expect(bad?.code == "BAD_LOAD_SETTING")
        }
    }
}
