import Kernel
import Testing

@testable import Rehearsals

@Suite struct DangerWatchTests {
    private let shadow = EnvironmentID(wellFormed: "env-shadow")
    private let shop = EnvironmentID(wellFormed: "env-shop")

    @Test func whatHappensToTheCopyIsNoDanger() {
        var watch = DangerWatch(shadow: shadow)
        for look in 0..<30 { #expect(watch.look([shadow: Traffic(admitted: look, shed: look * 100, longestWaitMilliseconds: 5000)]) == nil) }
    }

    @Test func refusalsOfRealUsersAre() {
        var watch = DangerWatch(shadow: shadow)
        // What was refused before the rehearsal is not its fault.
        #expect(watch.look([shop: Traffic(shed: 500)]) == nil)
        #expect(watch.look([shop: Traffic(shed: 502)]) == nil)
        #expect(watch.look([shop: Traffic(shed: 503)]) != nil)
    }

    @Test func aFewRefusalsOverMinutesAreNot() {
        var watch = DangerWatch(shadow: shadow)
        for look in 0..<200 { #expect(watch.look([shop: Traffic(shed: look / 10)]) == nil, "\(look)") }
    }

    @Test func longWaitsAre() {
        var watch = DangerWatch(shadow: shadow)
        #expect(watch.look([shop: Traffic(longestWaitMilliseconds: 900)]) == nil, "that was before")
        #expect(watch.look([shop: Traffic(longestWaitMilliseconds: 100)]) == nil)
        #expect(watch.look([shop: Traffic(longestWaitMilliseconds: 300)])?.en.contains("300 ms") == true)
    }
}

@Suite struct RehearsalRequestTests {
    private static func request(_ change: (inout JSONObject) -> Void = { _ in }) throws -> RehearsalRequest {
        var request: JSONObject = [
            "promise": ["peak": 50, "p99Milliseconds": 200],
            "plan": ["journeys": [["name": "a", "steps": [["path": "/v1/database", "body": ["who": "{{openid}}"]]]]]],
        ]
        change(&request)
        return try RehearsalRequest(request, listeners: ["127.0.0.1:9800"])
    }

    private static func code(_ change: (inout JSONObject) -> Void) -> String? {
        do {
            _ = try request(change)
            return nil
        } catch { return (error as? SampanError)?.code }
    }

    @Test func whatIsLeftOut() throws {
        let request = try Self.request()
        #expect(request.promise.successShare == 0.999 && request.rateMax == 200 && request.findsCapacity && request.shape == nil)
        #expect(request.plan["settings"]?["timeoutMilliseconds"] == 1000)
    }

    @Test func aShapeIsMadeAsDenseAsThePromise() throws {
        let request = try Self.request {
            guard var plan = $0["plan"]?.objectValue else { return }
            plan["arrivals"] = ["shape": "launch", "peak": 10, "halfLife": 2, "seconds": 10]
            $0["plan"] = .object(plan)
        }
        #expect(request.shapeTimes == 5)
    }

    @Test(arguments: ["http://example.com:80", "http://10.0.0.1:9800", "http://127.0.0.1:9801", "https://127.0.0.1:9800", "http://127.0.0.1:9800@evil.cn:1"])
    func noOtherTargetThanItself(url: String) {
        #expect(Self.code { $0["url"] = .string(url) } == "LOAD_TARGET_REFUSED")
    }

    @Test func itselfIsATarget() { #expect(Self.code { $0["url"] = "http://127.0.0.1:9800" } == nil) }

    @Test func whatIsWrongIsToldBeforeAnythingIsCopied() {
        #expect(Self.code { $0["promise"] = ["peak": 0, "p99Milliseconds": 1] } == "BAD_MEMBER")
        #expect(Self.code { $0["promise"] = nil } == "BAD_MEMBER")
        #expect(Self.code { $0["plan"] = ["journeys": []] } == "BAD_JOURNEY")
        #expect(Self.code { $0["plan"] = ["journeys": [["name": "a", "steps": [["path": "no"]]]]] } == "BAD_JOURNEY")
        #expect(Self.code { $0["stepSecond"] = 1 } == "BAD_MEMBER")
        #expect(Self.code { $0["rateMax"] = 10 } == "BAD_MEMBER")
    }
}

@Suite struct StepOutcomeTests {
    @Test func aReportIsRead() throws {
        let report: JSON = [
            "end": "completed", "seconds": 5, "arrivals": 10, "processorShareMost": 0.5, "voidReasons": [["code": "GENERATOR_LATE"]],
            "latency": ["percentiles": [["percentile": 50, "ms": 3], ["percentile": 99, "ms": 12.5]]],
            "steps": [
                ["sent": 8, "served": 4, "accepted": ["SOLD_OUT": 1], "refused": 1, "failed": 1, "codes": ["X": 1], "lost": ["timedOut": 3]]
            ],
        ]
        let outcome = try #require(StepOutcome(rate: 2, report: report))
        // Eight were sent, of which seven were answered; of three that timed out, two never got a connection.
        #expect(outcome.sent == 10)
        #expect(outcome.served == 5 && outcome.refused == 1 && outcome.p99Milliseconds == 12.5 && outcome.codes == ["X": 1, "timedOut": 3])
        #expect(StepOutcome(rate: 2, report: ["error": 1]) == nil)
    }

    @Test func aPromiseIsAboutTimeAndSuccess() {
        let promise = Promise(peak: 10, p99Milliseconds: 100)
        func outcome(_ p99: Double, _ served: Int) -> StepOutcome {
            StepOutcome(rate: 10, seconds: 1, arrivals: 10, sent: 1000, served: served, p50Milliseconds: 1, p99Milliseconds: p99)
        }
        #expect(promise.isKept(by: outcome(100, 999)))
        #expect(!promise.isKept(by: outcome(101, 1000)))
        #expect(!promise.isKept(by: outcome(5, 998)))
        #expect(!promise.isKept(by: StepOutcome(rate: 10, seconds: 1, arrivals: 0, sent: 0, served: 0, p50Milliseconds: 0, p99Milliseconds: 0)))
    }
}
