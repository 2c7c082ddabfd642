import Kernel
import Testing

@testable import LoadGenerator

@Suite struct LoadRunTests {
    private func path(_ text: String) throws -> JSONPath { try #require(JSONPath(text)) }

    private func body(_ request: Simulation.Request) throws -> JSON {
        try JSON(parsing: String(try #require(request.text.split(separator: "\r\n\r\n").last)))
    }

    /// Take a coupon, open the shop, order, redeem.
    private func shop(retry: RetryPolicy = .never) throws -> Scenario {
        let token = [(name: "Authorization", value: "Bearer {{token}}")]
        return try Scenario(
            [
                Journey(
                    "coupon", retry: retry,
                    steps: [
                        JourneyStep(
                            "claim", RequestTemplate(.post, "/claim", headers: token, body: #"{"outBizNo":"{{unique}}"}"#),
                            success: SuccessRule(acceptedCodes: ["SOLD_OUT"]), captures: [("coupon", try path("coupons[0].id"))]),
                        JourneyStep("open", RequestTemplate(.get, "/shop", headers: token), pause: Pause(from: 1, to: 1)),
                        JourneyStep(
                            "redeem", RequestTemplate(.post, "/redeem", headers: token, body: #"{"coupon":"{{coupon}}","outBizNo":"{{unique}}"}"#),
                            pause: Pause(from: 2, to: 4)),
                    ])
            ], users: UserTable(columns: ["token"], rows: [["anna"], ["bo"]]))
    }

    @Test func aUserDoesTheStepsInOrderWithPausesAndOwnValues() throws {
        var simulation = Simulation(try shop(), try .constant(1, seconds: 3))
        simulation.play { text, _ in text.hasPrefix("POST /claim") ? .ok(#"{"coupons":[{"id":"c-\#(text.contains("anna") ? 1 : 2)"}]}"#) : .ok() }
        #expect(simulation.requests.count == 9)
        #expect(simulation.requests.count { $0.text.contains("Bearer anna\r\n") } == 6, "the first and the third user")
        let bos = simulation.requests.filter { $0.text.contains("Bearer bo\r\n") }
        #expect(bos.map { String($0.text.prefix(11)) } == ["POST /claim", "GET /shop H", "POST /redee"])
        #expect(bos[0].at == 1000 && bos[1].at == 2001 && (4002.0...6002.0).contains(bos[2].at))
        let redeems = simulation.requests.filter { $0.text.hasPrefix("POST /redeem") }
        #expect(try Set(redeems.map { try body($0)["coupon"]?.stringValue }) == ["c-1", "c-2"])
        #expect(try Set(redeems.map { try body($0)["outBizNo"]?.stringValue }) == ["run-0-2", "run-1-2", "run-2-2"])
        #expect(simulation.run.isOver)
        #expect(simulation.run.recorder.journeys[0].completed == 3)
        // 1 s, then 2 to 4 s, and three answers of 1 ms.
        #expect(simulation.run.recorder.journeys[0].duration.minimum >= 3_003_000)
        #expect(simulation.run.recorder.journeys[0].duration.maximum <= 5_003_000)
    }

    @Test func anAcceptedCodeIsAResultAndTheEnd() throws {
        var simulation = Simulation(try shop(), try .constant(10, seconds: 1))
        simulation.play { _, _ in .status(409, #"{"code":"SOLD_OUT"}"#) }
        let recorder = simulation.run.recorder
        #expect(recorder.steps[0].accepted == ["SOLD_OUT": 10] && recorder.steps[0].statuses == [409: 10] && recorder.steps[0].failures == 0)
        #expect(recorder.journeys[0].accepted == 10 && recorder.journeys[0].abandoned == 0)
        #expect(simulation.requests.count == 10)
    }

    @Test func failuresAreToldApart() throws {
        var simulation = Simulation(try shop(), try .constant(10, seconds: 0.6))
        var replies: [Simulation.Reply] = [
            .status(500, #"{"code":"BROKEN"}"#), .status(429), .status(503), .status(302), .ok(#"{"coupons":[]}"#), Simulation.Reply(after: 5000, answer: nil),
        ]
        simulation.play { _, _ in replies.removeFirst() }
        let step = simulation.run.recorder.steps[0]
        #expect(step.statuses == [500: 1, 429: 1, 503: 1, 302: 1, 200: 1])
        #expect(step.refused == 2 && step.failed == 2 && step.codes == ["BROKEN": 1] && step.lost == [.captureMissing: 1, .timedOut: 1])
        #expect(step.latency.count == 1 && step.latency.maximum == 5_000_000, "what timed out counts with its time, what failed does not")
        #expect(simulation.run.recorder.journeys[0].abandoned == 6)
        #expect(simulation.requests.count == 6, "a redirection is not followed")
    }

    @Test func aGatewaysCodesBesideSuccessCount() throws {
        let rule = SuccessRule(acceptedCodes: ["EMPTY"], codePath: try path("error.code"), successCodes: ["10000"])
        let scenario = try Scenario([Journey("j", steps: [JourneyStep("s", RequestTemplate(.get, "/"), success: rule)])])
        var simulation = Simulation(scenario, try .constant(4, seconds: 1))
        var bodies = [#"{"error":{"code":"10000"}}"#, #"{"ok":1}"#, #"{"error":{"code":"EMPTY"}}"#, #"{"error":{"code":"20000"}}"#]
        simulation.play { _, _ in .ok(bodies.removeFirst()) }
        let step = simulation.run.recorder.steps[0]
        #expect(step.served == 2 && step.accepted == ["EMPTY": 1] && step.codes == ["20000": 1] && step.failed == 1)
    }

    @Test func aRetryIsTheSameRequestAndCountsFromItsOwnMoment() throws {
        var simulation = Simulation(try shop(retry: .courteous(triesMax: 2, budget: 1)), try .constant(1, seconds: 1))
        var isFirst = true
        simulation.play { text, _ in
            defer { isFirst = false }
            return isFirst ? .status(503, retryAfter: 4) : .ok(#"{"coupons":[{"id":"c"}]}"#)
        }
        #expect(simulation.requests[0].text == simulation.requests[1].text)
        #expect((2001.0...6001.0).contains(simulation.requests[1].at))
        let step = simulation.run.recorder.steps[0]
        #expect(step.sent == 2 && step.retries == 1 && step.refused == 1 && step.served == 1)
        #expect(step.latency.maximum == 1000)
        #expect(simulation.run.recorder.journeys[0].completed == 1)
    }

    @Test func rudeClientsMultiplyTheLoadOfARefusingServer() throws {
        let scenario = try Scenario("rush", RequestTemplate(.get, "/"), retry: .rude(triesMax: 5))
        var simulation = Simulation(scenario, try .constant(100, seconds: 2))
        simulation.play { _, _ in .status(429) }
        #expect(simulation.requests.count == 1000)
        #expect(simulation.run.recorder.journeys[0].abandoned == 200)
        let courteous = try Scenario("rush", RequestTemplate(.get, "/"), retry: .courteous())
        var calm = Simulation(courteous, try .constant(100, seconds: 2))
        calm.play { _, _ in .status(429) }
        #expect(calm.requests.count <= 220)
        #expect(calm.requests.count > 200)
    }

    @Test func latencyCountsFromTheIntendedMoment() throws {
        let scenario = try Scenario("hello", RequestTemplate(.get, "/"))
        var run = LoadRun(scenario, try .constant(100, seconds: 0.02), host: "h", runID: "r", seed: 1, usersMax: 10, secondsMax: 10)
        // Meant for 0 and 10 ms. The generator turns to both at 30 ms, gets a connection at 50 ms, and has the answers at 57 ms.
        let users = [run.takeDue(at: 30_000_000), run.takeDue(at: 30_000_000)].compactMap { $0 }
        #expect(users.count == 2)
        for user in users { run.sent(user, at: 50_000_000) }
        for user in users { run.answered(user, Answer(status: 200, keepsConnection: true), at: 57_000_000) }
        let step = run.recorder.steps[0]
        #expect([step.latency.minimum, step.latency.maximum] == [47_000, 57_000])
        #expect([step.service.minimum, step.service.maximum] == [7000, 7000])
        #expect([run.recorder.lag.minimum, run.recorder.lag.maximum] == [20_000, 30_000])
        #expect([run.recorder.connectionWait.minimum, run.recorder.connectionWait.maximum] == [20_000, 20_000])
        #expect(run.isOver)
    }

    @Test func usersBeyondTheBoundAreDropped() throws {
        var simulation = Simulation(try Scenario("slow", RequestTemplate(.get, "/")), try .constant(10, seconds: 1), usersMax: 3)
        simulation.play { _, _ in .ok(after: 10_000) }
        #expect(simulation.run.recorder.arrivals == 10 && simulation.run.recorder.dropped == 7 && simulation.requests.count == 3)
        let faults = VoidReason.all(simulation.run.recorder, processorShareMost: 0, LoadSettings())
        #expect(faults.map(\.code) == ["ARRIVALS_DROPPED"])
    }

    @Test func theEndSendsEverybodyHome() throws {
        var simulation = Simulation(try shop(), try .constant(10, seconds: 100))
        simulation.play(untilMilliseconds: 500) { _, _ in .ok(#"{"coupons":[{"id":"c"}]}"#) }
        simulation.run.end(at: 500_000_000)
        #expect(simulation.run.nextDue == nil)
        let journey = simulation.run.recorder.journeys[0]
        // The sixth user arrived at 500 ms and waits for the answer.
        #expect(journey.started == 6 && journey.unfinished == 5 && simulation.run.usersPresent == 1)
    }

    @Test func eachSecondHasItsRow() throws {
        var simulation = Simulation(try Scenario("x", RequestTemplate(.get, "/")), try .steps([10, 20, 30], secondsEach: 1))
        simulation.play { _, now in now < 2000 ? .ok(after: 5) : .status(429, after: 1) }
        simulation.run.end(at: 3_500_000_000)
        let rows = simulation.run.recorder.seconds.rows
        #expect(rows.map(\.second) == [0, 1, 2, 3])
        #expect(rows.map(\.arrivals) == [10, 20, 30, 0] && rows.map(\.sent) == [10, 20, 30, 0])
        #expect(rows.map(\.served) == [10, 20, 0, 0] && rows.map(\.refused) == [0, 0, 30, 0] && rows.map(\.answered) == [10, 20, 30, 0])
        #expect(rows.map(\.p99).map { $0 / 1000 } == [5, 5, 0, 0])
    }

    @Test func voidReasonsSayWhy() throws {
        var simulation = Simulation(try Scenario("x", RequestTemplate(.get, "/")), try .constant(100, seconds: 1))
        simulation.play { _, _ in .ok() }
        #expect(VoidReason.all(simulation.run.recorder, processorShareMost: 0.85, LoadSettings()).isEmpty)
        #expect(VoidReason.all(simulation.run.recorder, processorShareMost: 0.86, LoadSettings()).map(\.code) == ["GENERATOR_BUSY"])
        let scenario = try Scenario("x", RequestTemplate(.get, "/"))
        var late = LoadRun(scenario, try .constant(100, seconds: 1), host: "h", runID: "r", seed: 1, usersMax: 9, secondsMax: 9)
        let taken = late.takeDue(at: 1_100_000)
        let user = try #require(taken)
        #expect(VoidReason.all(late.recorder, processorShareMost: 0, LoadSettings()).map(\.code) == ["GENERATOR_LATE"])
        late.lost(user, .noSocket, at: 1_200_000)
        #expect(VoidReason.all(late.recorder, processorShareMost: 0, LoadSettings()).map(\.code) == ["GENERATOR_LATE", "SOCKETS_EXHAUSTED"])
    }
}
