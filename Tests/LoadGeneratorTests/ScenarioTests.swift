import Kernel
import NIOCore
import Testing

@testable import LoadGenerator

@Suite struct ScenarioTests {
    private func bytes(_ request: RequestTemplate, columns: [String] = [], values: [String] = []) throws -> String {
        let scenario = try Scenario(
            [Journey("j", steps: [JourneyStep("s", request)])], users: columns.isEmpty ? .none : UserTable(columns: columns, rows: [values]))
        let own = ["7", "run", "run-7-0"]
        return String(buffer: scenario.journeys[0].steps[0].bytes(own + values, host: "127.0.0.1:9800"))
    }

    @Test func aRequestIsWrittenAsItIs() throws {
        #expect(try bytes(RequestTemplate(.get, "/a?b=c")) == "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:9800\r\n\r\n")
        #expect(
            try bytes(RequestTemplate(.post, "/a", headers: [("Host", "x"), ("X-Y", "z")], body: "{}"))
                == "POST /a HTTP/1.1\r\nContent-Type: application/json\r\nHost: x\r\nX-Y: z\r\nContent-Length: 2\r\n\r\n{}")
    }

    @Test func valuesStayValuesWhereverTheyStand() throws {
        let value = "a b/\"\\é&"
        let request = RequestTemplate(.post, "/u/{{v}}?n={{user}}", headers: [("X-V", "{{v}}")], body: #"{"v":"{{v}}","id":"{{unique}}"}"#)
        let text = try bytes(request, columns: ["v"], values: [value])
        #expect(text.hasPrefix("POST /u/a%20b%2F%22%5C%C3%A9%26?n=7 HTTP/1.1\r\n"))
        #expect(text.contains("\r\nX-V: a b/\"\\é&\r\n"))
        let body = text.components(after: "\r\n\r\n")
        #expect(try JSON(parsing: body) == ["v": .string(value), "id": "run-7-0"])
        #expect(text.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
        let form = RequestTemplate(.post, "/", headers: [("content-type", "application/x-www-form-urlencoded")], body: "v={{v}}")
        #expect(try bytes(form, columns: ["v"], values: ["a&b"]).hasSuffix("\r\n\r\nv=a%26b"))
    }

    @Test(arguments: [
        RequestTemplate(.get, "a"), RequestTemplate(.get, "/a b"), RequestTemplate(.get, "/\r\nX: y"), RequestTemplate(.get, "/{{nobody}}"),
        RequestTemplate(.get, "/", headers: [("A", "b\r\nC: d")]), RequestTemplate(.get, "/", headers: [("A B", "c")]),
        RequestTemplate(.get, "/", headers: [("Content-Length", "5")]), RequestTemplate(.get, "/", headers: [("transfer-encoding", "chunked")]),
    ]) func whatIsNoRequestIsRefused(request: RequestTemplate) {
        let error = #expect(throws: SampanError.self) { try Scenario("x", request) }
        #expect(error?.code == "BAD_JOURNEY")
    }

    @Test func aValueIsCapturedBeforeItIsUsed() throws {
        let path = try #require(JSONPath("id"))
        let take = JourneyStep("take", RequestTemplate(.post, "/take"), captures: [("coupon", path)])
        let use = JourneyStep("use", RequestTemplate(.post, "/use/{{coupon}}"))
        _ = try Scenario([Journey("j", steps: [take, use])])
        #expect(throws: SampanError.self) { try Scenario([Journey("j", steps: [use, take])]) }
        #expect(throws: SampanError.self) { try Scenario([Journey("j", steps: [JourneyStep("s", RequestTemplate(.get, "/"), captures: [("user", path)])])]) }
    }

    @Test func boundsAreKept() throws {
        let step = JourneyStep("s", RequestTemplate(.get, "/"))
        #expect(throws: SampanError.self) { try Scenario([]) }
        #expect(throws: SampanError.self) { try Scenario([Journey("a", steps: [])]) }
        #expect(throws: SampanError.self) { try Scenario([Journey("a", steps: [step]), Journey("a", steps: [step])]) }
        #expect(throws: SampanError.self) { try Scenario([Journey("a", weight: 0, steps: [step])]) }
        #expect(throws: SampanError.self) { try Scenario([Journey("a", retry: .rude(triesMax: 0), steps: [step])]) }
        #expect(throws: SampanError.self) { try Scenario([Journey("a", steps: [JourneyStep("s", RequestTemplate(.get, "/"), pause: Pause(from: 2, to: 1))])]) }
        #expect(throws: SampanError.self) { try UserTable(columns: ["a"], rows: [["x", "y"]]) }
        #expect(throws: SampanError.self) { try UserTable(columns: ["a"], rows: [["x\r\ny"]]) }
        #expect(throws: SampanError.self) { try Scenario([Journey("a", steps: [step])], users: UserTable(columns: ["user"], rows: [["x"]])) }
    }

    @Test func journeysComeByTheirWeights() throws {
        let step = JourneyStep("s", RequestTemplate(.get, "/"))
        let scenario = try Scenario([Journey("a", weight: 3, steps: [step]), Journey("b", weight: 1, steps: [step])])
        var random = SeededRandom(seed: 5)
        let first = (0..<10_000).count { _ in scenario.choose(&random) == 0 }
        #expect(abs(first - 7500) < 250)
    }

    @Test func pathsReachIntoAnswers() throws {
        let json = try JSON(parsing: #"{"data":{"items":[{"id":"a"},{"id":42,"on":true,"x":1.5,"bad":"a\nb"}]}}"#)
        #expect(JSONPath("data.items[0].id")?.text(in: json) == "a")
        #expect(JSONPath("data.items[1].id")?.text(in: json) == "42")
        #expect(JSONPath("data.items[1].on")?.text(in: json) == "true")
        #expect(JSONPath("data.items[1].x")?.text(in: json) == "1.5")
        #expect(JSONPath("data.items[1].bad")?.text(in: json) == nil)
        #expect(JSONPath("data.items[2].id")?.text(in: json) == nil)
        #expect(JSONPath("data.items")?.text(in: json) == nil)
        #expect(JSONPath("[1]")?.value(in: [1, 2]) == 2)
        for text in ["", "a..b", "a[", "a[x]", "a[-1]", ".a", "a."] { #expect(JSONPath(text) == nil, "\(text)") }
    }
}

extension String {
    fileprivate func components(after separator: String) -> String { firstRange(of: separator).map { String(self[$0.upperBound...]) } ?? "" }
}
