import Foundation
import Kernel
import Testing

@testable import CLI

/// `sampan env copy`, `export` and `quotas`.
struct WholeEnvironmentCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: [String], _ answer: JSON) async throws -> (CommandLineRun, [RecordingServer.Request]) {
        try await RecordingServer.run({ _ in .json(answer) }) { server in
            (try await CommandLineRun(["env"] + arguments, in: folder, server: server), server.requests)
        }
    }

    @Test func copySaysWhatComesAlong() async throws {
        let (run, requests) = try await run(["copy", "env-5", "--name", "副本", "--no-files", "--triggers", "--stage", "production", "--json"], ["id": "env-2"])
        #expect(requests.map(\.line) == ["POST /admin/v1/environments/env-5/copies"])
        #expect(requests.first?.json == ["name": "副本", "documents": true, "files": false, "triggers": true, "stage": "production"])
        #expect(run.json["id"] == "env-2")
    }

    @Test func exportWritesTheArchive() async throws {
        let archive = [UInt8](repeating: 7, count: 3 << 20)
        try await RecordingServer.run({ _ in .init(body: archive) }) { server in
            let run = try await CommandLineRun(["env", "export", "env-5", "--output", "shop.tar", "--json"], in: folder, server: server)
            #expect(server.requests.map(\.line) == ["GET /admin/v1/environments/env-5/archive"])
            let file = folder["project/shop.tar"]
            #expect(run.json == ["file": .string(file.path), "bytes": .int(3 << 20)])
            #expect(try Array(Data(contentsOf: file)) == archive)
            _ = try await CommandLineRun(["env", "export"], in: folder, server: server)
            #expect(FileManager.default.fileExists(atPath: folder["project/env-1.tar"].path))
        }
    }

    @Test func anExportThatIsRefusedLeavesNoFile() async throws {
        try await RecordingServer.run({ _ in .problem(403, code: "PERMISSION_DENIED", detail: "No.", remedy: "Ask.") }) { server in
            let run = try await CommandLineRun(["env", "export", "--output", "shop.tar"], in: folder, server: server)
            #expect(!run.succeeded && run.notices.contains("PERMISSION_DENIED"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder["project"].path).filter { $0.hasPrefix("shop") } == [])
        }
    }

    @Test func quotasAreShownAndSet() async throws {
        let answer: JSON = ["quotas": ["files": 5], "usage": ["files": 2, "fileBytes": 100]]
        let (shown, own) = try await run(["quotas"], answer)
        #expect(own.map(\.line) == ["GET /admin/v1/environments/env-1/quotas"])
        let rows = shown.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows == [["USED", "QUOTA"], ["files", "2", "5"], ["fileBytes", "100", "-"]])
        let (_, set) = try await run(["quotas", "env-5", "--set", "files=7", "--set", "functions=none"], answer)
        #expect(set.map(\.line) == ["PATCH /admin/v1/environments/env-5/quotas"])
        #expect(set.first?.json == ["files": 7, "functions": .null])
        for wrong in ["files", "files=many", "files=-"] {
            let (run, none) = try await run(["quotas", "--set", wrong], answer)
            #expect(!run.succeeded && none.isEmpty)
        }
    }
}
