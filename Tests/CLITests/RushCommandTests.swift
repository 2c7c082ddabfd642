import ArgumentParser
import Foundation
import Kernel
import Testing

@testable import CLI

/// `sampan rush`, `sampan forecast`, and deploying although deployments rest.
@Suite struct RushCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(
        _ arguments: [String], _ answer: JSON, status: Int = 200, language: Language = .en
    ) async throws -> (CommandLineRun, [RecordingServer.Request]) {
        try await RecordingServer.run({ _ in status == 204 ? .init(status: 204) : .json(answer, status: status) }) { server in
            (try await CommandLineRun(arguments, in: folder, server: server, language: language), server.requests)
        }
    }

    @Test func rushesAreAnnouncedListedAndTakenBack() async throws {
        let rush: JSON = [
            "id": "rush-1", "name": "noon", "status": "planned", "startsAt": 0, "endsAt": 3_600_000, "ratePerSecond": 200, "freezeDeployments": true,
        ]
        let words = ["rush", "add", "noon", "--from", "2026-12-12T12:00+08:00", "--until", "17", "--rate", "200"]
        let (added, sent) = try await run(words, rush, status: 201)
        #expect(sent.map(\.line) == ["POST /admin/v1/environments/env-1/rushes"])
        #expect(
            sent.first?.json == ["name": "noon", "startsAt": "2026-12-12T12:00+08:00", "endsAt": 17, "freezeDeployments": true, "ratePerSecond": 200.0])
        #expect(added.output == "rush-1 is announced.\n")
        let (_, counted) = try await run(["rush", "add", "live", "--from", "1", "--until", "2", "--arrivals", "9", "--no-freeze"], rush, status: 201)
        #expect(counted.first?.json == ["name": "live", "startsAt": 1, "endsAt": 2, "freezeDeployments": false, "expectedArrivals": 9])
        let (listed, _) = try await run(["rush", "list"], ["rushes": [rush]])
        #expect(listed.output.contains("rush-1  noon  planned  1970-01-01T00:00:00.000Z") && listed.output.contains("200/s  yes"))
        let (removed, asked) = try await run(["rush", "remove", "rush-1"], .null, status: 204)
        #expect(asked.map(\.line) == ["DELETE /admin/v1/environments/env-1/rushes/rush-1"] && removed.output == "rush-1 is removed.\n")
    }

    @Test func aRushHasOneSize() async throws {
        #expect(throws: (any Error).self) { try AddRush.parse(["noon", "--from", "1", "--until", "2"]) }
        #expect(throws: (any Error).self) { try AddRush.parse(["noon", "--from", "1", "--until", "2", "--rate", "1", "--arrivals", "1"]) }
    }

    private static func step(_ number: Int64) -> JSON {
        let isNoon = number / 6 == 12
        return ["at": .int(number * 600_000), "expected": .int(isNoon ? 50 : 0), "upper": .int(isNoon ? 100 : 0)]
    }

    private static let forecast: JSON = [
        "stepMinutes": 10, "next": .array((0..<144).map { step($0) }),
        "functions": [["name": "order", "floor": 3, "workers": 2, "share": 0.75, "meanMs": 41.6]],
        "accuracy": ["coverage": 0.96, "waste": 0.28, "weightedError": 0.127], "coldStarts": ["had": 1, "avoided": 5],
        "rushes": [["name": "noon", "startsAt": 0]],
    ]

    @Test func theForecastIsDrawn() async throws {
        let (run, requests) = try await run(["forecast"], Self.forecast)
        #expect(requests.map(\.line) == ["GET /admin/v1/environments/env-1/forecast"] && requests.first?.query == ["step": "10"])
        #expect(run.output.contains(String(repeating: "#", count: 25) + String(repeating: ".", count: 25) + "  50.0  < 100.0"))
        #expect(run.output.contains("order     3      2        75.0 %  42 ms"))
        #expect(run.output.contains("96.0 % of minutes") && run.output.contains("avoided: 5") && run.output.contains("Announced: noon"))
        #expect(try await self.run(["forecast", "--json"], Self.forecast).0.json == Self.forecast)
        var young = Self.forecast.objectValue ?? [:]
        young["accuracy"] = .null
        #expect(try await self.run(["forecast"], .object(young), language: .zh).0.output.contains("历史数据不足"))
    }

    @Test func theChartHasTheHoursOfItsZone() throws {
        let chart = ForecastChart(Self.forecast, timeZone: try #require(TimeZone(secondsFromGMT: 8 * 3600)))
        #expect(chart.lines.count == 24 && chart.lines[0].hasPrefix("08:00") && chart.lines[12].hasPrefix("20:00  #"))
        #expect(ForecastChart([:]).lines.isEmpty)
    }

    @Test func somebodyInsists() async throws {
        let function: JSON = ["name": "pay", "version": 1, "traffic": [["version": 1, "weight": 1]], "versions": [["version": 1]]]
        let (_, divided) = try await run(["functions", "traffic", "pay", "v1=1", "--despite-freeze"], function)
        let (_, back) = try await run(["functions", "rollback", "pay", "v1", "--despite-freeze"], function)
        let (_, deleted) = try await run(["functions", "delete", "pay", "--yes", "--despite-freeze"], .null, status: 204)
        for requests in [divided, back, deleted] { #expect(requests.last?.query == ["despiteFreeze": "1"]) }
        let (_, plain) = try await run(["functions", "traffic", "pay", "v1=1"], function)
        #expect(plain.last?.line == "PUT /admin/v1/environments/env-1/functions/pay/traffic" && plain.last?.query == [:])
    }
}
