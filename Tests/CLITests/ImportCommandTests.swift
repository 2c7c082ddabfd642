import Foundation
import Kernel
import Synchronization
import Testing

@testable import CLI

@Suite struct ImportCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The connection breaks after a part of the file, and the import stops at a document.
    @Test func anImportGoesOnWhereItsConnectionBrokeAndSaysWhyItStopped() async throws {
        try folder.write(["project/goods.jsonl": "{\"_id\":1}\n{\"_id\":2}\n"])
        let (id, path) = ("imp-1", "/admin/v1/environments/env-1/imports")
        let hasSentRest = Mutex(false)
        try await RecordingServer.run({ request in
            switch request.line {
            case "POST \(path)": return .json(["id": .string(id), "state": "receiving", "received": 0, "bytes": 20], status: 201)
            case "PATCH \(path)/\(id)":
                if request.headers["upload-offset"] == "0" { return .problem(409, code: "IMPORT_BUSY", detail: "Still coming.", remedy: "Wait.") }
                hasSentRest.withLock { $0 = true }
                return .json(["id": .string(id), "state": "running", "bytes": 20])
            // Asked after the broken upload, and then while it is imported.
            default:
                return .json(
                    !hasSentRest.withLock({ $0 })
                        ? ["id": .string(id), "state": "receiving", "received": 10, "bytes": 20]
                        : [
                            "id": .string(id), "state": "failed", "inserted": 1, "updated": 0,
                            "error": ["code": "DUPLICATE_KEY", "detail": "Line 2: there.", "line": 2],
                        ])
            }
        }) { server in
            let run = try await CommandLineRun(["db", "import", "goods.jsonl"], in: folder, server: server)
            #expect(!run.succeeded)
            #expect(run.notices.contains("Line 2: there. 1 inserted, 0 updated before."))
            #expect(run.notices.contains("sampan db imports resume imp-1 --on-error skip"))
            let sent = server.requests("PATCH", "\(path)/\(id)")
            #expect(sent.map { $0.headers["upload-offset"] } == ["0", "10"])
            #expect(sent.map { String(decoding: $0.body, as: UTF8.self) } == ["{\"_id\":1}\n{\"_id\":2}\n", "{\"_id\":2}\n"])
        }
    }
}
