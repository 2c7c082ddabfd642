import Foundation
import Kernel
import Synchronization
import Testing

@testable import CLI

@Suite struct DeployCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write([
            "project/project.config.json": #"{"cloudfunctionRoot":"cloudfunctions/"}"#,
            "project/cloudfunctions/pay/index.js": "exports.main = () => 'pay'",
            "project/cloudfunctions/pay/config.json": #"{"triggers":[{"name":"nightly","type":"timer","config":"0 0 2 1 * * *"}]}"#,
            "project/cloudfunctions/pay/same.js": "shared",
            "project/cloudfunctions/goods/index.js": "exports.main = () => 'goods'",
            "project/cloudfunctions/goods/same.js": "shared",
        ])
    }

    private func hash(_ path: String) throws -> String { try ContentHash.hex(of: folder["project/cloudfunctions/" + path]) }

    @Test func onlyWhatIsMissingIsUploaded() async throws {
        let known = try hash("goods/index.js")
        try await RecordingServer.run(SampanStandIn(blobs: [known]).answer) { server in
            let run = try await CommandLineRun(["deploy"], in: folder, server: server)
            #expect(run.succeeded)
            let uploads = server.requests("PUT", "/admin/v1/environments/env-1/blobs/")
            let expected = try Set(["pay/index.js", "pay/config.json", "pay/same.js"].map(hash))
            // What two functions share travels once.
            #expect(uploads.count == 3)
            #expect(Set(uploads.compactMap { $0.path.split(separator: "/").last.map(String.init) }) == expected)
            let payHash = try hash("pay/index.js")
            let pay = try #require(uploads.first { $0.path.hasSuffix(payHash) })
            #expect(String(decoding: pay.body, as: UTF8.self) == "exports.main = () => 'pay'")
            #expect(
                run.output == "goods  v1  new  2 files (1 uploaded)\npay  v1  new  3 files (3 uploaded)  timer nightly [0 0 2 1 * * *]\n")
            let versions = server.requests("POST", "/admin/v1/environments/env-1/functions/")
            #expect(versions.map(\.path).map { $0.split(separator: "/")[5] } == ["goods", "pay"])
            #expect(versions.last?.json["triggers"] == [["name": "nightly", "type": "timer", "config": "0 0 2 1 * * *"]])
            #expect(versions.last?.json["files"]?.arrayValue?.count == 3)
        }
    }

    @Test func theSecondTimeNothingIsUploaded() async throws {
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let first = try await CommandLineRun(["deploy", "pay", "--json"], in: folder, server: server)
            #expect(first.json["functions"]?.arrayValue?.first?["reused"] == false)
            #expect(first.json["functions"]?.arrayValue?.first?["uploaded"] == 3)
            let uploads = server.requests("PUT", "/admin").count
            let second = try await CommandLineRun(["deploy", "pay", "--json"], in: folder, server: server)
            #expect(second.json["functions"]?.arrayValue?.first?["reused"] == true)
            #expect(second.json["functions"]?.arrayValue?.first?["uploaded"] == 0)
            #expect(server.requests("PUT", "/admin").count == uploads)
            let human = try await CommandLineRun(["deploy", "pay"], in: folder, server: server, language: .zh)
            #expect(human.output.contains("未变化"))
        }
    }

    @Test func flagsReachTheServer() async throws {
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let run = try await CommandLineRun(
                ["deploy", "goods", "--path", "cloudfunctions", "--message", "half price", "--no-activate", "--force"], in: folder,
                server: server)
            #expect(run.succeeded)
            let body = try #require(server.requests("POST", "/admin/v1/environments/env-1/functions/goods").first?.json)
            #expect(body["description"] == "half price")
            #expect(body["activate"] == false)
            #expect(body["force"] == true)
        }
    }

    @Test func dryRunSendsNothing() async throws {
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let run = try await CommandLineRun(["deploy", "--dry-run", "--json"], in: folder, server: server)
            #expect(run.json["layout"] == "wechat")
            #expect(run.json["functions"]?.arrayValue?.map { $0["name"] } == ["goods", "pay"])
            #expect(server.requests.isEmpty)
        }
        let alone = try await CommandLineRun(["deploy", "--dry-run"], in: folder)
        #expect(alone.succeeded, "a dry run needs neither server nor key")
    }

    @Test func aBusyServerIsAskedAgain() async throws {
        let refusals = Mutex(2)
        let stand = SampanStandIn()
        try await RecordingServer.run({ request in
            let refuses =
                request.method == "PUT"
                && refusals.withLock { left in
                    guard left > 0 else { return false }
                    left -= 1
                    return true
                }
            guard refuses else { return stand.respond(request) }
            return .problem(503, code: "BUSY", detail: "Busy.", remedy: "Wait.", headers: [("retry-after", "0.05")])
        }) { server in
            let run = try await CommandLineRun(["deploy", "pay"], in: folder, server: server)
            #expect(run.succeeded)
            #expect(server.requests("PUT", "/admin").count == 5)
            // A body that is sent again is sent whole.
            let bodies = Dictionary(grouping: server.requests("PUT", "/admin"), by: \.path).values
            #expect(bodies.allSatisfy { Set($0.map(\.body)).count == 1 })
        }
    }

    @Test func aServerThatStaysBusyIsToldInTheEnd() async throws {
        try await RecordingServer.run({ _ in
            .problem(503, code: "BUSY", detail: "Busy.", remedy: "Come back.", headers: [("retry-after", "0.01")])
        }) { server in
            let run = try await CommandLineRun(["deploy", "pay"], in: folder, server: server)
            #expect(!run.succeeded)
            #expect(run.messages == ["error: Busy. Come back. (BUSY, r-1)"])
            #expect(server.requests.count == ManagementClient.attemptsMax)
        }
    }

    @Test func withoutRetryAfterThereIsNoRetry() async throws {
        try await RecordingServer.run({ _ in .problem(503, code: "DOWN", detail: "Down.", remedy: "Look.") }) { server in
            let run = try await CommandLineRun(["deploy", "pay"], in: folder, server: server)
            #expect(!run.succeeded)
            #expect(server.requests.count == 1)
        }
    }

    @Test func aBadKeyIsOneClearLine() async throws {
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let run = try await CommandLineRun(["deploy"], in: folder, server: server, variables: ["SAMPAN_KEY": "sk-wrong"])
            #expect(!run.succeeded)
            #expect(run.output.isEmpty)
            #expect(run.messages == ["error: The key is not known. Run `sampan login` again. (KEY_INVALID, r-1)"])
            let json = try await CommandLineRun(["deploy", "--json"], in: folder, server: server, variables: ["SAMPAN_KEY": "sk-wrong"])
            #expect(json.json["error"]?["code"] == "KEY_INVALID")
            #expect(server.requests("PUT", "/admin").isEmpty)
        }
    }

    @Test func anUnreachableServerIsOneClearLine() async throws {
        let endpoint = try await RecordingServer.run({ _ in .init() }) { $0.endpoint }
        let variables = ["SAMPAN_ENDPOINT": endpoint, "SAMPAN_KEY": "sk-test", "SAMPAN_ENV": "env-1"]
        let run = try await CommandLineRun(["deploy"], in: folder, variables: variables)
        #expect(!run.succeeded)
        #expect(
            run.messages == [
                "error: Cannot reach \(endpoint): connection refused. Start the server with `sampan serve`, or name another one with --endpoint."
            ])
        let chinese = try await CommandLineRun(["deploy"], in: folder, variables: variables, language: .zh)
        #expect(chinese.messages.first?.hasPrefix("错误：无法连接 \(endpoint)") == true)
    }

    @Test func withoutAnEnvironmentNothingIsDeployed() async throws {
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let run = try await CommandLineRun(["deploy"], in: folder, server: server, variables: ["SAMPAN_ENV": ""])
            #expect(run.notices.contains("No environment is chosen."))
            #expect(server.requests.map(\.line) == ["GET /admin/v1/whoami"])
        }
    }

    @Test func anEnvironmentsKeySaysWhichEnvironmentIsMeant() async throws {
        try await RecordingServer.run(SampanStandIn(keysEnvironment: "env-own").answer) { server in
            let run = try await CommandLineRun(["deploy"], in: folder, server: server, variables: ["SAMPAN_ENV": ""])
            #expect(run.succeeded)
            #expect(server.requests.dropFirst().allSatisfy { $0.path.hasPrefix("/admin/v1/environments/env-own/") })
            #expect(server.requests.count > 1)
        }
    }

    @Test func theProjectsOwnEnvironmentIsUsed() async throws {
        try folder.write(["elsewhere/.sampan.json": #"{"env":"env-9"}"#, "elsewhere/cloudfunctions/a/index.js": ""])
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let run = try await CommandLineRun(
                ["deploy", "--path", "../elsewhere"], in: folder, server: server, variables: ["SAMPAN_ENV": ""])
            #expect(run.succeeded)
            #expect(server.requests.first?.path.contains("/env-9/") == true)
        }
    }

    @Test func missingPackagesAndUnknownNamesAreTold() async throws {
        try folder.write(["project/cloudfunctions/pay/package.json": #"{"dependencies":{"sharp":"1","lodash":"4"}}"#])
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let run = try await CommandLineRun(["deploy", "pay"], in: folder, server: server)
            #expect(run.succeeded)
            #expect(
                run.notices.contains(
                    "warning: pay: sharp in package.json but not in node_modules; run `npm install` in cloudfunctions/pay and deploy again."
                ))
            #expect(!run.notices.contains("lodash"))
            let unknown = try await CommandLineRun(["deploy", "pya"], in: folder, server: server)
            #expect(unknown.notices.contains("There is no function \"pya\""))
            #expect(unknown.notices.contains("There are: goods, pay."))
        }
    }

    @Test func functionsOfAnotherLanguageArePassedOver() async throws {
        try folder.write([
            "project/cloudbaserc.json": #"{"functionRoot":"cloudfunctions","functions":[{"name":"pay","runtime":"Python3.7"}]}"#
        ])
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let all = try await CommandLineRun(["deploy"], in: folder, server: server)
            #expect(all.succeeded)
            #expect(all.notices.contains("Python3.7"))
            #expect(server.requests("POST", "/admin/v1/environments/env-1/functions/pay").isEmpty)
            let named = try await CommandLineRun(["deploy", "pay"], in: folder, server: server)
            #expect(!named.succeeded)
        }
    }

    @Test func aFileThatChangesMeanwhileIsNamed() async throws {
        let stand = SampanStandIn()
        try await RecordingServer.run({ request in
            request.method == "PUT" ? .problem(422, code: "HASH_MISMATCH", detail: "Differs.", remedy: "-") : stand.respond(request)
        }) { server in
            let run = try await CommandLineRun(["deploy", "goods"], in: folder, server: server)
            #expect(run.notices.contains("changed while it was uploaded. Deploy again."))
        }
    }

    @Test func manyHashesAreAskedInParts() async throws {
        let files = (0..<(BlobUpload.hashesPerQuestion + 5)).map {
            FunctionFiles.File(path: "f\($0)", location: folder["project"], bytes: 0, isExecutable: false)
        }
        let hashes = files.indices.map { String($0, radix: 16) }
        let known = Set(hashes)
        try await RecordingServer.run(SampanStandIn(blobs: known).answer) { server in
            let function = try #require(try FunctionSource(in: folder["project/cloudfunctions/pay"], cloudbase: nil))
            let upload = BlobUpload(
                client: ManagementClient(endpoint: server.endpoint, key: "sk-test", language: .en), environment: "env-1",
                console: RecordingConsole(), language: .en)
            let missing = try await upload.run([FunctionManifest(function: function, files: files, hashes: hashes)])
            #expect(missing.isEmpty)
            #expect(server.requests.map { $0.json["hashes"]?.arrayValue?.count } == [10_000, 5])
        }
    }
}

@Suite struct SeedTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write([
            "project/cloudfunctions/a/index.js": "",
            "project/seed/collections.json": """
            [{"name":"goods","permission":"ADMINWRITE","indexes":[{"name":"sales","keys":[["sales","desc"]],"unique":false}]},
             {"name":"shop","permission":"READONLY"}]
            """,
            "project/seed/goods.jsonl": "{\"_id\":\"g1\"}\n\n{\"_id\":\"g2\"}\n", "project/seed/extra.jsonl": "{\"_id\":\"e1\"}",
        ])
    }

    @Test func collectionsIndexesAndDocuments() async throws {
        let stand = SampanStandIn()
        try await RecordingServer.run({ request in
            switch request.line {
            case "GET /admin/v1/environments/env-1/collections":
                .json(["collections": [["name": "shop", "permission": "PRIVATE", "documents": 0, "indexes": []]]])
            case "POST /admin/v1/environments/env-1/import": .json(["inserted": 2, "updated": 1])
            case let line where line.contains("/collections"): .json([:], status: 201)
            default: stand.respond(request)
            }
        }) { server in
            let run = try await CommandLineRun(["deploy", "--seed"], in: folder, server: server)
            #expect(run.succeeded)
            #expect(run.output.contains("goods  2 inserted, 1 updated"))
            let made = server.requests("POST", "/admin/v1/environments/env-1/collections")
            #expect(
                made.map(\.path).map { $0.split(separator: "/").dropFirst(3).joined(separator: "/") } == [
                    "env-1/collections", "env-1/collections/goods/indexes", "env-1/collections",
                ])
            #expect(made[0].json == ["name": "goods", "permission": "ADMINWRITE"])
            #expect(made[1].json == ["name": "sales", "keys": [["sales", "desc"]], "unique": false])
            let changed = server.requests("PATCH", "/admin/v1/environments/env-1/collections/shop")
            #expect(changed.map(\.json) == [["permission": "READONLY"]])
            let imports = server.requests("POST", "/admin/v1/environments/env-1/import")
            #expect(imports.map { $0.query["collection"] } == ["goods", "extra"])
            #expect(imports.allSatisfy { $0.query["mode"] == "upsert" })
            #expect(String(decoding: imports[0].body, as: UTF8.self) == "{\"_id\":\"g1\"}\n\n{\"_id\":\"g2\"}\n")
        }
    }

    @Test func aSeedThatCannotBeReadStopsBeforeAnythingIsSent() async throws {
        try folder.write(["project/seed/collections.json": #"{"goods":1}"#])
        try await RecordingServer.run(SampanStandIn().answer) { server in
            let run = try await CommandLineRun(["deploy", "--seed"], in: folder, server: server)
            #expect(run.notices.contains("collections.json is not a list of collections."))
            #expect(server.requests.isEmpty)
        }
    }
}

@Suite struct JSONLineReaderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func batches(_ text: String) throws -> [JSONLineReader.Batch] {
        try folder.write(["f.jsonl": text])
        var reader = try JSONLineReader(file: folder["f.jsonl"])
        var batches: [JSONLineReader.Batch] = []
        while let batch = try reader.nextBatch() { batches.append(batch) }
        return batches
    }

    @Test func everyLineArrivesOnceAndInOrder() throws {
        let lines = (0..<2500).map { "{\"n\":\($0),\"pad\":\"\(String(repeating: "x", count: $0 % 400))\"}" }
        let found = try batches(lines.joined(separator: "\n"))
        #expect(found.map(\.documents) == [1000, 1000, 500])
        #expect(found.map(\.firstLine) == [1, 1001, 2001])
        let text = found.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
        #expect(text == lines.joined(separator: "\n") + "\n")
    }

    @Test func largeDocumentsMakeSmallBatches() throws {
        let line = "\"" + String(repeating: "y", count: 1_500_000) + "\""
        #expect(try batches([line, line, line, line].joined(separator: "\n")).map(\.documents) == [3, 1])
    }

    @Test func emptyLinesKeepTheCount() throws {
        let found = try batches("\n \r\n{\"a\":1}\n\n{\"b\":1}\n\n")
        #expect(found.map(\.firstLine) == [3])
        #expect(found.map(\.documents) == [2])
        #expect(try batches("\n\n").isEmpty)
        #expect(try batches("").isEmpty)
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: CLIError.self) { try JSONLineReader(file: folder["gone.jsonl"]) }
        #expect(error?.what.en.contains("gone.jsonl") == true)
    }
}
