import Foundation
import Kernel
import Testing

@testable import CLI

@Suite struct FunctionsCommandTests {
    private let folder: TemporaryFolder
    private let function: JSON = [
        "name": "pay", "version": 4, "traffic": [["version": 4, "weight": 2], ["version": 3, "weight": 1], ["version": 1, "weight": 0]],
        "versions": [
            ["version": 5, "createdAt": 1_700_000_000_000, "files": 3, "size": 2048, "description": "not yet"],
            ["version": 4, "createdAt": 1_700_000_000_000, "files": 3, "size": 2048, "description": "half price"],
            ["version": 3, "createdAt": 1_600_000_000_000, "files": 2, "size": 100, "description": ""],
            ["version": 1, "createdAt": 1_500_000_000_000, "files": 2, "size": 100, "description": ""],
        ],
    ]

    init() throws { folder = try TemporaryFolder() }

    /// Runs a command against a server that answers `answer` and hands over what it was sent.
    private func run(
        _ arguments: [String], answer: JSON? = nil, status: Int = 200, language: Language = .en, answers: [String] = []
    ) async throws -> (CommandLineRun, [RecordingServer.Request]) {
        let answer = answer ?? function
        return try await RecordingServer.run({ _ in status == 204 ? .init(status: 204) : .json(answer, status: status) }) { server in
            let run = try await CommandLineRun(
                ["functions"] + arguments, in: folder, server: server, language: language, console: .init(answers: answers))
            return (run, server.requests)
        }
    }

    @Test(arguments: [["list"], []]) func list(_ arguments: [String]) async throws {
        let answer: JSON = [
            "functions": [
                [
                    "name": "pay", "version": 4, "updatedAt": 1_700_000_000_000, "timeoutSeconds": 20, "memoryMB": 512, "httpPath": "/pay",
                    "triggers": [["name": "nightly", "config": "0 0 2 * * *"]],
                ]
            ]
        ]
        let (run, requests) = try await run(arguments, answer: answer)
        #expect(requests.map(\.line) == ["GET /admin/v1/environments/env-1/functions"])
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("NAME  VERSION"))
        #expect(lines[1].hasPrefix("pay   v4       20 s     512 MB  /pay") && lines[1].hasSuffix("nightly [0 0 2 * * *]"))
        #expect(try await self.run(["list", "--json"], answer: answer).0.json == answer)
    }

    @Test func versions() async throws {
        let (run, requests) = try await run(["versions", "pay"])
        #expect(requests.map(\.line) == ["GET /admin/v1/environments/env-1/functions/pay"])
        let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.dropFirst().map { Array($0.prefix(2)).joined(separator: " ").prefix(8) } == ["v5 2023-", "v4 66.7%", "v3 33.3%", "v1 2017-"])
        #expect(rows[2].suffix(2) == ["half", "price"])
        let json = try await self.run(["versions", "pay", "--json"]).0.json
        #expect(json == ["versions": function["versions"] ?? .null, "traffic": function["traffic"] ?? .null])
    }

    @Test func rollbackGoesToTheVersionBefore() async throws {
        let (run, requests) = try await run(["rollback", "pay"])
        #expect(requests.map(\.method) == ["GET", "PUT"])
        #expect(requests.last?.path == "/admin/v1/environments/env-1/functions/pay/traffic")
        #expect(requests.last?.json == ["traffic": [["version": 3, "weight": 100]]])
        #expect(run.output == "pay is at v3.\n")
    }

    @Test(arguments: ["v1", "1", "V1"]) func rollbackToOneThatIsNamed(_ version: String) async throws {
        let (run, requests) = try await run(["rollback", "pay", version], language: .zh)
        #expect(requests.map { $0.json["traffic"] } == [[["version": 1, "weight": 100]]])
        #expect(run.output == "pay 现为 v1。\n")
    }

    @Test func withoutAnEarlierVersionNothingIsRolledBack() async throws {
        let (run, requests) = try await run(["rollback", "pay"], answer: ["version": 1, "versions": [["version": 2], ["version": 1]]])
        #expect(!run.succeeded && requests.map(\.method) == ["GET"])
        #expect(run.notices.hasPrefix("error: pay has no version before v1."))
    }

    @Test func trafficIsDivided() async throws {
        let (run, requests) = try await run(["traffic", "pay", "v3=90", "4=10"])
        #expect(requests.map(\.line) == ["PUT /admin/v1/environments/env-1/functions/pay/traffic"])
        #expect(requests.first?.json == ["traffic": [["version": 3, "weight": 90], ["version": 4, "weight": 10]]])
        #expect(run.output == "pay: v4 66.7%, v3 33.3%\n", "as the server says it")
    }

    @Test func trafficIsShown() async throws {
        let (run, requests) = try await run(["traffic", "pay", "--json"])
        #expect(requests.map(\.method) == ["GET"])
        #expect(run.json == ["traffic": function["traffic"] ?? .null])
    }

    @Test(arguments: ["v3", "v3=", "=5", "v3=x", "v3=-1", "x=5", "v0=5", "v3=5=5", "v=5"])
    func whatIsNoShareIsToldBeforeAnythingIsSent(_ word: String) async throws {
        let (run, requests) = try await run(["traffic", "pay", word])
        #expect(!run.succeeded && requests.isEmpty)
        #expect(run.notices.hasPrefix("error: \""))
    }

    @Test func deleteAsks() async throws {
        let (typed, requests) = try await run(["delete", "pay"], status: 204, answers: ["pay"])
        #expect(typed.output == "Deleted pay.\n")
        #expect(requests.map(\.line) == ["DELETE /admin/v1/environments/env-1/functions/pay"])
        for answers in [["pya"], []] {
            let (run, requests) = try await run(["delete", "pay"], status: 204, answers: answers)
            #expect(!run.succeeded && requests.isEmpty && run.notices.contains("Nothing was deleted."))
        }
        let (told, _) = try await run(["delete", "pay", "--yes", "--json"], status: 204)
        #expect(told.json == ["deleted": "pay"] && told.notices.isEmpty)
    }
}
