import ArgumentParser
import Foundation
import Kernel
import Synchronization
import Testing

@testable import CLI

@Suite struct InvokeAndLogsTests {
    private let folder: TemporaryFolder
    private let logs: JSON = [
        "logs": [
            ["id": 2, "at": 1_700_000_000_500, "function": "pay", "version": 3, "requestId": "r-5", "level": "error", "text": "second"],
            ["id": 1, "at": 1_700_000_000_000, "function": "pay", "version": 3, "requestId": "r-5", "level": "info", "text": "first"],
        ], "next": 1,
    ]

    init() throws { folder = try TemporaryFolder() }

    @Test func resultIsPrintedAsItCame() async throws {
        try await RecordingServer.run({ _ in .init(headers: [("x-request-id", "r-5")], body: Array(#"{"b":1,"a":1.50}"#.utf8)) }) {
            server in
            let run = try await CommandLineRun(
                ["invoke", "pay", #"{"order":"o-1"}"#, "--openid", "alice & bob"], in: folder, server: server)
            #expect(run.output == #"{"b":1,"a":1.50}"# + "\n")
            let request = try #require(server.requests.first)
            #expect(request.line == "POST /admin/v1/environments/env-1/functions/pay/invoke")
            #expect(request.query == ["openid": "alice & bob"])
            #expect(request.json == ["order": "o-1"])
            #expect(request.headers["accept-language"] == "en")
        }
    }

    @Test func eventFromFileAndInput() async throws {
        try folder.write(["project/event.json": #"{"from":"file"}"#])
        try await RecordingServer.run({ _ in .json(.null) }) { server in
            _ = try await CommandLineRun(["invoke", "pay", "@event.json"], in: folder, server: server)
            _ = try await CommandLineRun(
                ["invoke", "pay", "-", "--async"], in: folder, server: server, console: .init(input: #"{"from":"input"}"#))
            _ = try await CommandLineRun(["invoke", "pay"], in: folder, server: server)
            #expect(server.requests.map(\.json) == [["from": "file"], ["from": "input"], [:]])
            #expect(server.requests[1].query == ["async": "1"])
            let wrong = try await CommandLineRun(["invoke", "pay", "{order:1}"], in: folder, server: server)
            #expect(wrong.notices.hasPrefix("error: The event is not JSON"))
            #expect(server.requests.count == 3)
        }
    }

    @Test(arguments: [true, false])
    func logsOfTheRequest(_ succeeds: Bool) async throws {
        let logs = logs
        try await RecordingServer.run({ request in
            guard request.path.hasSuffix("/logs") else {
                return succeeds
                    ? .json("done", headers: [("x-request-id", "r-5")])
                    : .json(["detail": "boom", "code": "FUNCTION_ERROR", "requestId": "r-5"], status: 500)
            }
            // The first look comes before the lines are written.
            return request.query["after"] != nil ? .json(["logs": []]) : .json(logs)
        }) { server in
            let run = try await CommandLineRun(["invoke", "pay", "--logs"], in: folder, server: server)
            #expect(run.succeeded == succeeds)
            let lines = run.notices.split(separator: "\n")
            #expect(lines[0].hasSuffix("INFO pay@3 first"))
            #expect(lines[1].hasSuffix("ERROR pay@3 second"))
            #expect(run.output == (succeeds ? "\"done\"\n" : ""))
            #expect(server.requests("GET", "/admin").allSatisfy { $0.query["requestId"] == "r-5" })
        }
    }

    @Test func logsAreOldestFirstAndFiltered() async throws {
        let logs = logs
        try await RecordingServer.run({ $0.query["after"] != nil ? .json(["logs": []]) : .json(logs) }) { server in
            let before = Timestamp.milliseconds(Date())
            let run = try await CommandLineRun(
                ["logs", "pay", "--since", "10m", "--text", "a b", "--level", "warn", "--request-id", "r-5", "--json"], in: folder,
                server: server)
            let after = Timestamp.milliseconds(Date())
            #expect(run.output.split(separator: "\n").map { try? JSON(parsing: String($0))["text"] } == ["first", "second"])
            let query = try #require(server.requests.first?.query)
            let since = try #require(query["since"].flatMap { Int64($0) })
            #expect((before - 600_000...after - 600_000).contains(since))
            #expect(query["function"] == "pay")
            #expect(query["text"] == "a b")
            #expect(query["level"] == "warn")
            #expect(query["requestId"] == "r-5")
        }
    }

    @Test func moreLinesThanOneAnswerHolds() async throws {
        try await RecordingServer.run({ request in
            let after = request.query["after"].flatMap { Int64($0) } ?? 1201
            let count = min(request.query["limit"].flatMap { Int64($0) } ?? 100, after - 1)
            let lines = (0..<count).map { JSON.object(["id": .int(after - 1 - $0), "text": .string("t\(after - 1 - $0)")]) }
            return .json(["logs": .array(lines), "next": .int(after - count)])
        }) { server in
            let run = try await CommandLineRun(["logs", "--limit", "1100"], in: folder, server: server)
            let lines = run.output.split(separator: "\n")
            #expect(lines.count == 1100)
            #expect(lines.first == "t101")
            #expect(lines.last == "t1200")
        }
    }

    @Test func followPrintsEventsAndFillsTheGap() async throws {
        let stream = "data: {\"at\":5,\"text\":\"one\"}\n\ndata: {\"at\":6,\"text\":\"two\"}\n\n"
        let calls = Mutex(0)
        try await RecordingServer.run({ request in
            if request.path.hasSuffix("/follow") {
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                return call == 1
                    ? .init(headers: [("content-type", "text/event-stream")], body: Array(stream.utf8))
                    : .problem(403, code: "STOP", detail: "Enough.", remedy: "-")
            }
            return .json(["logs": [["id": 3, "at": 7, "text": "three"], ["id": 2, "at": 6, "text": "two"]]])
        }) { server in
            let run = try await CommandLineRun(["logs", "--follow"], in: folder, server: server)
            #expect(run.output.split(separator: "\n").map { $0.split(separator: " ").last } == ["one", "two", "three"])
            #expect(run.notices.contains("connecting again"))
            #expect(run.notices.contains("Enough."))
            #expect(server.requests("GET", "/admin/v1/environments/env-1/logs").first { $0.path.hasSuffix("/logs") }?.query["since"] == "6")
        }
    }

    @Test(arguments: ["soon", "10", "-5m", "m"])
    func timesThatAreNone(_ text: String) {
        #expect(throws: CLIError.self) { try Timestamp.start(text) }
    }

    @Test func times() throws {
        let now = Date(timeIntervalSince1970: 1_000_000)
        #expect(try Timestamp.start("30s", now: now).timeIntervalSince1970 == 999_970)
        #expect(try Timestamp.start("2h", now: now).timeIntervalSince1970 == 992_800)
        #expect(try Timestamp.start("1d", now: now).timeIntervalSince1970 == 913_600)
        #expect(try Timestamp.start("1970-01-01T00:00:01.5Z").timeIntervalSince1970 == 1.5)
        #expect(Timestamp.milliseconds(of: "1970-01-01T00:00:01Z") == 1000)
    }
}

@Suite struct EventStreamParserTests {
    @Test func eventsSurviveAnyCut() {
        let text = ": hello\n\ndata: {\"a\":1}\n\nevent: x\r\ndata:two\r\ndata: lines\r\n\r\ndata: 中文\n\ndata: unfinished"
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var parser = EventStreamParser()
            let events = parser.take(bytes[..<cut]) + parser.take(bytes[cut...])
            #expect(events == ["{\"a\":1}", "two\nlines", "中文"])
        }
    }
}

@Suite struct DatabaseCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Runs a command against a server that answers `answer` and hands over what it was sent.
    private func run(_ arguments: [String], answer: JSON, input: String = "") async throws -> (CommandLineRun, [RecordingServer.Request]) {
        try await RecordingServer.run({ _ in .json(answer) }) { server in
            let run = try await CommandLineRun(["db"] + arguments, in: folder, server: server, console: .init(input: input))
            return (run, server.requests)
        }
    }

    @Test func get() async throws {
        let (run, requests) = try await run(
            [
                "get", "goods", "--where", #"{"price":{"$lt":100}}"#, "--order", "price", "--order", "sales:desc", "--limit", "5", "--skip",
                "2", "--fields", "a,b",
            ],
            answer: ["data": [["_id": "1"], ["_id": "2"]]])
        #expect(run.output == "{\"_id\":\"1\"}\n{\"_id\":\"2\"}\n")
        #expect(requests.map(\.line) == ["POST /admin/v1/environments/env-1/database"])
        #expect(
            requests.first?.json == [
                "op": "get", "collection": "goods", "where": ["price": ["$lt": 100]], "orderBy": [["price", "asc"], ["sales", "desc"]],
                "limit": 5,
                "skip": 2, "projection": ["a": 1, "b": 1],
            ])
        #expect(requests.first?.headers["idempotency-key"] == nil)
    }

    @Test func addUpdateRemoveCarryAnIdempotencyKey() async throws {
        let (add, added) = try await run(["add", "goods", "-"], answer: ["ids": ["1", "2"]], input: #"[{"a":1},{"a":2}]"#)
        #expect(add.output == "1\n2\n")
        let (update, updated) = try await run(
            ["update", "goods", "--id", "1", #"{"$set":{"a":2}}"#], answer: ["matched": 1, "updated": 1])
        #expect(update.output == "1 matched, 1 updated\n")
        let (remove, removed) = try await run(["remove", "goods", "--where", "{}"], answer: ["removed": 7])
        #expect(remove.output == "7 removed\n")
        #expect(added.first?.json == ["op": "add", "collection": "goods", "data": [["a": 1], ["a": 2]]])
        #expect(updated.first?.json == ["op": "update", "collection": "goods", "id": "1", "update": ["$set": ["a": 2]]])
        #expect(removed.first?.json == ["op": "remove", "collection": "goods", "where": [:]])
        let keys = (added + updated + removed).compactMap { $0.headers["idempotency-key"] }
        #expect(Set(keys).count == 3)
    }

    @Test(arguments: [["remove", "goods"], ["update", "goods", #"{"$set":{"a":1}}"#]])
    func aChangeOfEverythingMustBeWrittenOut(_ arguments: [String]) async throws {
        let (run, requests) = try await run(arguments, answer: [:])
        #expect(!run.succeeded)
        #expect(run.notices.contains("Which documents?"))
        #expect(requests.isEmpty)
    }

    @Test func countAndAggregate() async throws {
        let (count, _) = try await run(["count", "goods"], answer: ["total": 12])
        #expect(count.output == "12\n")
        let (aggregate, requests) = try await run(["aggregate", "goods", #"[{"$count":"n"}]"#], answer: ["data": [["n": 3]]])
        #expect(aggregate.output == "{\"n\":3}\n")
        #expect(requests.first?.json["pipeline"] == [["$count": "n"]])
    }

    @Test func importAndExport() async throws {
        try folder.write(["project/goods.jsonl": "{\"_id\":\"1\"}\n"])
        let asked = ["import", "goods.jsonl", "--mode", "upsert", "--on-error", "skip"]
        let (imported, requests) = try await run(asked, answer: ["id": "imp-1", "state": "done", "inserted": 1, "updated": 0])
        #expect(imported.output == "goods: 1 inserted, 0 updated\n")
        #expect(requests.first?.query == ["collection": "goods", "mode": "upsert", "onError": "skip", "fileName": "goods.jsonl"])
        #expect(requests.first?.headers["upload-length"] == "12")
        let lines = "{\"_id\":\"1\",\"name\":\"包子\"}\n{\"_id\":\"2\"}\n"
        try await RecordingServer.run({ _ in .init(body: Array(lines.utf8)) }) { server in
            let toOutput = try await CommandLineRun(["db", "export", "goods"], in: folder, server: server)
            #expect(toOutput.output == lines)
            let toFile = try await CommandLineRun(["db", "export", "goods", "--output", "out.jsonl"], in: folder, server: server)
            #expect(toFile.output.hasPrefix("2 documents in "))
            #expect(try String(contentsOf: folder["project/out.jsonl"], encoding: .utf8) == lines)
            #expect(!FileManager.default.fileExists(atPath: folder["project/out.jsonl.part"].path))
        }
    }

    @Test func collectionsAndIndexes() async throws {
        let goods: JSON = [
            "name": "goods", "permission": "PRIVATE", "documents": 3,
            "indexes": [["name": "p", "keys": [["price", "asc"]], "unique": true]],
        ]
        let (list, _) = try await run(["collections"], answer: ["collections": [goods]])
        #expect(list.output.split(separator: "\n").last == "goods  PRIVATE     3          p")
        let (_, created) = try await run(["create", "goods", "--permission", "ADMINONLY"], answer: goods)
        #expect(created.first?.json == ["name": "goods", "permission": "ADMINONLY"])
        let (indexes, _) = try await run(["index", "list", "goods"], answer: goods)
        #expect(indexes.output.contains("[[\"price\",\"asc\"]]"))
        let (_, made) = try await run(
            ["index", "create", "goods", "byUser", "--field", "user", "--field", "at:desc", "--unique"], answer: goods)
        #expect(made.first?.json == ["name": "byUser", "keys": [["user", "asc"], ["at", "desc"]], "unique": true])
        let (_, deleted) = try await run(["index", "delete", "goods", "a/b"], answer: .null)
        #expect(deleted.first?.line == "DELETE /admin/v1/environments/env-1/collections/goods/indexes/a%2Fb")
    }
}

@Suite struct EnvironmentCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let shop: JSON = ["id": "env-2", "name": "小店", "status": "active", "createdAt": 1_700_000_000_000]

    private func run(
        _ arguments: [String], answer: JSON = shop, console: RecordingConsole = .init(), variables: [String: String] = [:]
    ) async throws -> (CommandLineRun, [RecordingServer.Request]) {
        try await RecordingServer.run({ _ in .json(answer) }) { server in
            let run = try await CommandLineRun(["env"] + arguments, in: folder, server: server, variables: variables, console: console)
            return (run, server.requests)
        }
    }

    @Test func listMarksTheProjectsEnvironment() async throws {
        try folder.write(["project/.sampan.json": #"{"env":"env-2"}"#])
        let (run, requests) = try await run(["list"], answer: ["environments": [Self.shop]], variables: ["SAMPAN_ENV": ""])
        #expect(requests.map(\.line) == ["GET /admin/v1/environments"])
        #expect(run.output.split(separator: "\n").last?.hasPrefix("*  env-2  小店  active") == true)
    }

    @Test func createAndUse() async throws {
        let (run, requests) = try await run(["create", "小店", "--use", "--json"])
        #expect(requests.first?.json == ["name": "小店"])
        #expect(run.json["id"] == "env-2")
        let file = try ConfigurationFile.json(at: folder["project/.sampan.json"])
        #expect(file == ["env": "env-2"])
        let (_, used) = try await self.run(["use", "env-7"])
        #expect(used.map(\.line) == ["GET /admin/v1/environments/env-7"])
        #expect(try ConfigurationFile.json(at: folder["project/.sampan.json"]) == ["env": "env-7"])
    }

    @Test(arguments: ["suspend", "resume", "restore"])
    func changesOfState(_ verb: String) async throws {
        let (_, own) = try await run([verb])
        #expect(own.map(\.line) == ["POST /admin/v1/environments/env-1/\(verb)"])
        let (_, other) = try await run([verb, "env-5"])
        #expect(other.map(\.line) == ["POST /admin/v1/environments/env-5/\(verb)"])
    }

    @Test func deleteAsksFirst() async throws {
        let (refused, none) = try await run(["delete", "env-2"], console: .init(answers: ["yes"]))
        #expect(!refused.succeeded)
        #expect(none.isEmpty)
        let (_, confirmed) = try await run(["delete", "env-2"], console: .init(answers: ["env-2"]))
        #expect(confirmed.map(\.line) == ["DELETE /admin/v1/environments/env-2"])
        let (_, forced) = try await run(["delete", "env-2", "--yes"])
        #expect(forced.count == 1)
    }

    @Test func keys() async throws {
        let (list, listed) = try await run(["keys"], answer: ["keys": [["id": "k-1", "name": "ci", "kind": "management"]]])
        #expect(listed.map(\.line) == ["GET /admin/v1/environments/env-1/keys"])
        #expect(list.output.contains("k-1  ci    management"))
        let (create, created) = try await run(["keys", "create", "mini", "--kind", "access"], answer: ["id": "AK", "secret": "SK"])
        #expect(created.first?.json == ["name": "mini", "kind": "access"])
        #expect(create.output == "id      AK\nsecret  SK\n")
        let (_, deleted) = try await run(["keys", "delete", "k-1"], answer: .null)
        #expect(deleted.map(\.line) == ["DELETE /admin/v1/environments/env-1/keys/k-1"])
    }

    @Test func settings() async throws {
        try folder.write(["project/key.pem": "-----BEGIN-----\nabc\n"])
        let (_, shown) = try await run(["set"], answer: ["internet": true])
        #expect(shown.map(\.line) == ["GET /admin/v1/environments/env-1/settings"])
        let (_, changed) = try await run(
            [
                "set", "wechat.appId=wx=1", "wechat.appSecret=-", "alipay.privateKey=@key.pem", "internet=false", "variables.CITY=杭州",
                "variables.OLD=",
            ],
            console: .init(input: "s3cret\n"))
        #expect(changed.map(\.method) == ["PATCH"])
        #expect(
            changed.first?.json == [
                "wechat": ["appId": "wx=1", "appSecret": "s3cret"], "alipay": ["privateKey": "-----BEGIN-----\nabc"], "internet": false,
                "variables": ["CITY": "杭州", "OLD": .null],
            ])
    }

    @Test(arguments: ["internet=maybe", "wechat.appID=1", "nothing", "variables.=1"])
    func settingsThatAreNone(_ word: String) async throws {
        let (run, requests) = try await run(["set", word])
        #expect(!run.succeeded)
        #expect(requests.isEmpty)
    }
}

@Suite struct LoginCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func saved() throws -> CredentialsFile {
        try CredentialsFile(readingFrom: CredentialsFile.location(in: CommandContext.inTest(folder)))
    }

    private let knowsGood: RecordingServer.Answer = { request in
        request.headers["authorization"] == "Bearer sk-good"
            ? .json(["kind": "environment", "environment": "env-4"])
            : .problem(401, code: "KEY_INVALID", detail: "The key is not known.", remedy: "Make a new one.")
    }

    @Test func typedAnswers() async throws {
        try await RecordingServer.run(knowsGood) { server in
            let run = try await CommandLineRun(["login"], in: folder, console: .init(answers: [server.endpoint + "/", "sk-good"]))
            #expect(run.succeeded)
            #expect(run.output == "Signed in to \(server.endpoint) as env-4.\n")
            #expect(server.requests.map(\.line) == ["GET /admin/v1/whoami"])
            #expect(try saved().current == server.endpoint)
            #expect(try saved().servers[server.endpoint] == .init(key: "sk-good", environment: "env-4"))
            #expect(!run.output.contains("sk-good") && !run.notices.contains("sk-good"))
        }
    }

    @Test func keyFromInputOrFlag() async throws {
        try await RecordingServer.run(knowsGood) { server in
            let piped = try await CommandLineRun(
                ["login", "--endpoint", server.endpoint, "--key", "-", "--json"], in: folder, console: .init(input: "sk-good\n"))
            #expect(piped.json["environment"] == "env-4")
            let unasked = try await CommandLineRun(["login", "--endpoint", server.endpoint], in: folder, console: .init(input: "sk-good"))
            #expect(unasked.succeeded)
            let flag = try await CommandLineRun(["login", "--endpoint", server.endpoint, "--key", "sk-good"], in: folder)
            #expect(flag.succeeded)
        }
    }

    /// The password opens a session, whose token is kept; the code is asked for only where there is a second factor.
    @Test(arguments: [false, true]) func emailAndPassword(hasSecondFactor: Bool) async throws {
        let knowsMei: RecordingServer.Answer = { request in
            guard request.line == "POST /admin/v1/sessions" else { return .json(["kind": "account", "account": "acc-1", "name": "mei@example.com"]) }
            guard request.json["password"] == "a wooden boat" else { return .problem(401, code: "SIGN_IN_FAILED", detail: "No.", remedy: "Again.") }
            guard !hasSecondFactor || request.json["code"] == "123456" else {
                return .problem(401, code: "SECOND_FACTOR_NEEDED", detail: "A code.", remedy: "Send it.")
            }
            return .json(["token": "st-1"], status: 201)
        }
        try await RecordingServer.run(knowsMei) { server in
            let login = ["login", "--endpoint", server.endpoint, "--email", "mei@example.com"]
            let run = try await CommandLineRun(login, in: folder, console: .init(answers: ["a wooden boat", "123456"]))
            #expect(run.output == "Signed in to \(server.endpoint) as mei@example.com.\n", "\(run.notices)")
            #expect(server.requests.count == (hasSecondFactor ? 3 : 2))
            #expect(server.requests.last?.headers["authorization"] == "Bearer st-1")
            #expect(try saved().servers[server.endpoint] == .init(key: "st-1", environment: nil))
            #expect(!run.output.contains("wooden") && !run.notices.contains("wooden"))
            let wrong = try await CommandLineRun(login, in: folder, console: .init(answers: ["wrong"]))
            #expect(!wrong.succeeded && wrong.notices.contains("SIGN_IN_FAILED"))
            await #expect(throws: (any Error).self) { try await CommandLineRun(login + ["--key", "sk"], in: folder) }
        }
    }

    @Test func aKeyThatIsRefusedIsNotSaved() async throws {
        try await RecordingServer.run(knowsGood) { server in
            let run = try await CommandLineRun(["login", "--endpoint", server.endpoint, "--key", "sk-bad"], in: folder)
            #expect(!run.succeeded)
            #expect(run.notices == "error: The key is not known. Make a new one. (KEY_INVALID, r-1)\n")
            #expect(try saved().servers.isEmpty)
            let none = try await CommandLineRun(["login", "--endpoint", server.endpoint], in: folder)
            #expect(none.notices.contains("No key was given."))
        }
    }
}

@Suite struct InitCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func emptyProjectDeploys() async throws {
        let run = try await CommandLineRun(["init", "shop"], in: folder)
        #expect(run.succeeded)
        let layout = try ProjectLayout.read(at: folder["project/shop"], variables: [:])
        #expect(layout.functions.map(\.name) == ["hello"])
        #expect(try ProvidedPackages.missing(in: folder["project/shop/cloudfunctions/hello"]).isEmpty)
    }

    @Test(arguments: ["home", "beside"])
    func templateIsCopiedWhole(_ place: String) async throws {
        let root = place == "home" ? "elsewhere" : "bin"
        try folder.write([
            "\(root)/templates/retail/cloudfunctions/goods/index.js": "x", "\(root)/templates/retail/seed/goods.jsonl": "{}",
            "\(root)/templates/retail/.gitignore": "y", "\(root)/templates/retail/node_modules/x/index.js": "",
        ])
        let variables = place == "home" ? ["SAMPAN_HOME": folder["elsewhere"].path] : [:]
        let run = try await CommandLineRun(["init", "--template", "retail", "shop", "--json"], in: folder, variables: variables)
        #expect(run.json["files"] == 3)
        #expect(FileManager.default.isFile(folder["project/shop/.gitignore"]))
        #expect(!FileManager.default.fileExists(atPath: folder["project/shop/node_modules"].path))
    }

    @Test func aFolderWithSomethingInItIsLeftAlone() async throws {
        try folder.write(["project/shop/app.js": "mine"])
        let run = try await CommandLineRun(["init", "shop"], in: folder)
        #expect(run.notices.contains("is not empty"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["project/shop"].path) == ["app.js"])
    }

    @Test func unknownTemplate() async throws {
        let lost = try await CommandLineRun(["init", "--template", "retail", "shop"], in: folder)
        #expect(lost.notices.contains("SAMPAN_HOME"))
        try folder.write(["bin/templates/retail/README.md": ""])
        let unknown = try await CommandLineRun(["init", "--template", "game", "shop"], in: folder)
        #expect(unknown.notices.contains("There are: empty, retail."))
    }
}

@Suite struct HelpTests {
    /// Every command that does something, with the words that call it.
    private static func commands(_ types: [any ParsableCommand.Type], _ path: [String] = []) -> [([String], any ParsableCommand.Type)] {
        types.flatMap { type -> [([String], any ParsableCommand.Type)] in
            let own = path + [type.configuration.commandName ?? ""]
            return [(own, type)] + commands(type.configuration.subcommands, own)
        }
    }

    @Test func everyCommandHasAnExampleThatParses() throws {
        let all = Self.commands(SampanCLI.subcommands)
        #expect(all.count == 109)
        for (path, type) in all {
            let help = CommandLineRun.Root.helpMessage(for: type)
            let words = "sampan " + path.joined(separator: " ")
            #expect(help.contains("Example:") || help.contains("示例："), "\(words)")
            if type.configuration.subcommands.isEmpty {
                #expect(help.contains(words), "the example of \(words) calls another command")
                #expect(help.contains("--json"), "\(words)")
            }
        }
    }
}
