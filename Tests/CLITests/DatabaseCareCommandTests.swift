import Foundation
import Kernel
import Testing

@testable import CLI

/// `sampan db restore`, `dropped`, `schema`, `slow` and `rules`.
struct DatabaseCareCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(
        _ arguments: [String], _ answer: JSON, console: RecordingConsole = .init()
    ) async throws -> (CommandLineRun, [RecordingServer.Request]) {
        try await RecordingServer.run({ _ in .json(answer) }) { server in
            (try await CommandLineRun(["db"] + arguments, in: folder, server: server, console: console), server.requests)
        }
    }

    @Test func oneCollectionIsRestored() async throws {
        let answer: JSON = ["collection": "old", "documents": 5, "changed": 1]
        let (run, requests) = try await run(["restore", "goods", "--at", "2026-11-27T12:00:00Z", "--as", "old"], answer)
        #expect(requests.map(\.line) == ["POST /admin/v1/environments/env-1/collections/goods/restore"])
        #expect(requests.first?.json == ["at": "2026-11-27T12:00:00Z", "as": "old"])
        #expect(run.output == "old: 5 documents\n")
        let (_, plain) = try await self.run(["restore", "goods", "--at", "17"], answer)
        #expect(plain.first?.json == ["at": 17])
    }

    @Test func everythingIsRestoredOnlyWhenAnswered() async throws {
        let answer: JSON = ["at": 17, "collections": [["name": "c", "outcome": "changed", "changed": 3]]]
        let line = ["POST /admin/v1/environments/env-1/database/restore"]
        let (refused, none) = try await run(["restore", "--at", "17"], answer, console: .init(answers: ["no"]))
        #expect(!refused.succeeded && none.isEmpty)
        let (run, requests) = try await run(["restore", "--at", "17"], answer, console: .init(answers: ["yes"]))
        #expect(requests.map(\.line) == line && requests.first?.json == ["at": 17, "preview": false])
        #expect(run.output.split(separator: "\n").last?.split(separator: " ") == ["c", "changed", "3"])
        let (_, preview) = try await self.run(["restore", "--at", "17", "--preview"], answer)
        #expect(preview.first?.json == ["at": 17, "preview": true])
        let (_, sure) = try await self.run(["restore", "--at", "17", "--yes"], answer)
        #expect(sure.map(\.line) == line)
    }

    @Test func listsAreShown() async throws {
        let (dropped, asked) = try await run(["dropped"], ["collections": [["name": "c", "documents": 2, "droppedAt": 0, "restorableUntil": 0]]])
        #expect(asked.map(\.line) == ["GET /admin/v1/environments/env-1/database/dropped"])
        #expect(dropped.output.contains("1970-01-01"))
        let fields: JSON = ["fields": [["path": "n", "missing": 0.5, "types": [["type": "int", "share": 1.0]], "example": 1, "min": 1, "max": 9]]]
        let (schema, looked) = try await run(["schema", "c"], fields)
        #expect(looked.map(\.line) == ["GET /admin/v1/environments/env-1/collections/c/schema"])
        #expect(schema.output.contains("int 100%") && schema.output.contains("50%") && schema.output.contains("1 … 9"))
        let query: JSON = [
            "collection": "c", "operation": "get", "milliseconds": 120.5, "examined": 9, "matched": 1, "count": 2, "plan": "scan", "where": ["n": "?"],
        ]
        let (slow, listed) = try await run(["slow"], ["queries": [query]])
        #expect(listed.map(\.line) == ["GET /admin/v1/environments/env-1/database/slow"])
        #expect(slow.output.contains("120") && slow.output.contains(#"{"n":"?"}"#))
    }

    @Test func rulesAreShownSetAndTried() async throws {
        let (shown, _) = try await run(["rules", "get", "c", "--json"], ["permission": "CUSTOM", "rules": ["read": true]])
        #expect(shown.json == ["permission": "CUSTOM", "rules": ["read": true]])
        let (_, set) = try await run(["rules", "set", "c", #"{"read":true}"#], ["permission": "CUSTOM"])
        #expect(set.map(\.line) == ["PATCH /admin/v1/environments/env-1/collections/c"] && set.first?.json == ["rules": ["read": true]])
        let (_, preset) = try await run(["rules", "set", "c", "READONLY"], ["permission": "READONLY"])
        #expect(preset.first?.json == ["permission": "READONLY"])
        let verdict: JSON = ["allowed": false, "rule": "doc.a == 1", "parts": [["text": "doc.a == 1", "holds": false, "values": [2, 1]]]]
        let (tried, tries) = try await run(["rules", "test", "c", "update", "--openid", "alice", "--id", "d", "--data", #"{"n":1}"#], verdict)
        #expect(tries.first?.json == ["action": "update", "user": ["openid": "alice"], "id": "d", "data": ["n": 1]])
        #expect(!tried.succeeded && tried.output.contains("refused") && tried.output.contains("false doc.a == 1"))
        let (allowed, _) = try await run(["rules", "test", "c", "read"], ["allowed": true, "rule": "true", "parts": []])
        #expect(allowed.succeeded && allowed.output == "allowed\n")
    }

    @Test func backupsAreMadePlannedAndPutBack() async throws {
        let base = "/admin/v1/environments/env-1"
        let (made, asked) = try await run(["backup", "make"], ["id": "17-manual", "bytes": 4096])
        #expect(asked.map(\.line) == ["POST \(base)/backups"] && made.output == "17-manual: 4096 bytes\n")
        let (list, _) = try await run(
            ["backup", "list"], ["backups": [["id": "17-manual", "at": 17, "bytes": 1]], "failure": ["at": 1, "error": ["detail": "no room"]]])
        #expect(list.output.contains("17-manual") && list.output.contains("1970-01-01") && list.output.contains("no room"))
        let (_, planned) = try await run(["backup", "plan", "--hour", "19"], ["backups": ["hour": 19, "keep": 14]])
        #expect(planned.map(\.line) == ["PATCH \(base)/settings"] && planned.first?.json == ["backups": ["hour": 19]])
        let (_, off) = try await run(["backup", "plan", "--off"], ["backups": JSON.null])
        #expect(off.first?.json == ["backups": JSON.null])
        await #expect(throws: (any Error).self, "neither when nor off") { try await run(["backup", "plan"], [:]) }
        let done: JSON = ["id": "res-1", "state": "done", "documents": 5]
        let (refused, none) = try await run(["backup", "restore", "17-manual"], done, console: .init(answers: ["no"]))
        #expect(!refused.succeeded && none.isEmpty)
        let (_, all) = try await run(["backup", "restore", "17-manual", "--yes"], done)
        #expect(all.first?.json == ["collections": "all"])
        let (some, two) = try await run(["backup", "restore", "17-manual", "a", "b"], done, console: .init(answers: ["yes"]))
        #expect(two.map(\.line) == ["POST \(base)/backups/17-manual/restore"] && two.first?.json == ["collections": ["a", "b"]])
        #expect(some.output.contains("5 documents"))
        let failed: JSON = ["id": "res-1", "state": "failed", "error": ["detail": "There is no room.", "remedy": "Make some."]]
        let (over, _) = try await run(["backup", "restore", "17-manual", "--yes"], failed)
        #expect(!over.succeeded)
    }
}
