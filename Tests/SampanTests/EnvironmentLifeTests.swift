import Documents
import Foundation
import HTTPTypes
import Kernel
import NIOCore
import Tenancy
import TestSupport
import Testing

@testable import Sampan

@Suite(.needsNode) struct EnvironmentLifeTests {
    @Test func secretsAreWrittenAndNeverReadBack() async throws {
        try await NodeFixture.with { node async throws in
            let secrets = ["S3CRET-wechat", "S3CRET-alipay", "S3CRET-variable"]
            let answers = [
                try await node.manage(
                    .patch, "/settings",
                    [
                        "wechat": ["appId": "wx1", "appSecret": "S3CRET-wechat"], "alipay": ["appId": "2021", "privateKey": "S3CRET-alipay"],
                        "variables": ["TOKEN": "S3CRET-variable", "OTHER": "S3CRET-variable"],
                    ]),
                try await node.manage(.patch, "/settings", ["variables": ["OTHER": .null]]), try await node.manage(.get, "/settings"),
                try await node.manage(.get, ""), try await node.send(.get, "/admin/v1/environments", bearer: node.sampan.operatorKey),
            ]
            for answer in answers {
                #expect(answer.status == 200)
                for secret in secrets { #expect(!answer.text.contains(secret)) }
            }
            let shown = answers[2].json
            #expect(shown["wechat"]?["appSecretSet"] == true && shown["alipay"]?["privateKeySet"] == true)
            #expect(shown["variables"]?.objectValue?.keys.map { $0 } == ["TOKEN"])
            let settings = try node.sampan.tenancy.settings(node.environment)
            #expect(settings.wechat.secret == secrets[0] && settings.variables == ["TOKEN": secrets[2]], "they are kept all the same")
            try expectNotOnDisk(secrets, node)
        }
    }

    /// Neither secrets nor keys and tokens lie readable in the control database.
    private func expectNotOnDisk(_ secrets: [String], _ node: NodeFixture) throws {
        for name in ["control.sqlite", "control.sqlite-wal"] {
            guard let bytes = FileManager.default.contents(atPath: node.configuration.data.appendingPathComponent(name).path) else { continue }
            for secret in secrets + [node.sampan.operatorKey] { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name) holds \(secret)") }
        }
    }

    @Test func keysAndTokensLieHashedOnDisk() async throws {
        try await NodeFixture.with { node async throws in
            let login = try await node.login(["platform": "development", "user": "alice"])
            let key = try await node.manage(.post, "/keys", ["name": "ci"])
            let access = try await node.manage(.post, "/keys", ["name": "alipay", "kind": "access"])
            let secrets = [login.json["refreshToken"], key.json["secret"], access.json["secret"]].compactMap { $0?.stringValue }
            #expect(secrets.count == 3)
            try expectNotOnDisk(secrets, node)
        }
    }

    @Test(arguments: [
        #"{"wechat":{"gateway":"ftp://x"}}"#, #"{"wechat":5}"#, #"{"wechat":{"appId":5}}"#, #"{"developmentLogin":"yes"}"#, #"{"variables":{"A B":"x"}}"#,
        #"{"variables":{"A":[5]}}"#, #"{"variables":{"A":"\u0000"}}"#, #"{"internet":1}"#, "[]",
    ])
    func settingsThatMakeNoSenseChangeNothing(_ patch: String) async throws {
        try await NodeFixture.with { node async throws in
            let before = try await node.manage(.get, "/settings").json
            let answer = try await node.manage(.patch, "/settings", try JSON(parsing: patch))
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try await node.manage(.get, "/settings").json == before)
        }
    }

    @Test func nullTakesASettingBack() async throws {
        try await NodeFixture.with { node async throws in
            let path = "/settings"
            let unset = try await node.manage(.patch, path, ["developmentLogin": .null]).json
            #expect(unset["developmentLogin"] == false, "what nobody sets is off")
            let set: JSON = [
                "wechat": ["appId": "wx1", "appSecret": "s", "gateway": "http://weixin.test"],
                "alipay": ["appId": "2021", "privateKey": "k", "publicKey": "p", "gateway": "http://alipay.test"], "anonymousLogin": false,
                "internet": true, "variables": ["A": "1", "B": "2"],
            ]
            _ = try await node.manage(.patch, path, set)
            let nulls: JSON = [
                "wechat": ["appId": .null, "appSecret": .null, "gateway": .null],
                "alipay": ["appId": .null, "privateKey": .null, "publicKey": .null, "gateway": .null], "anonymousLogin": .null, "internet": .null,
                "variables": .null,
            ]
            #expect(try await node.manage(.patch, path, nulls).json == unset)
            #expect(try node.sampan.tenancy.settings(node.environment).wechat.secret == nil)
            _ = try await node.manage(.patch, path, set)
            #expect(try await node.manage(.patch, path, ["wechat": ["appSecret": .null]]).json["wechat"]?["appSecretSet"] == false)
            #expect(try node.sampan.tenancy.settings(node.environment).wechat.appID == "wx1", "what is not named stays")
            _ = try await node.manage(.patch, path, ["wechat": .null, "alipay": .null, "variables": .null, "anonymousLogin": .null, "internet": .null])
            #expect(try await node.manage(.get, path).json == unset)
        }
    }

    /// The server itself sends requests to a gateway, from where a tenant's functions could not.
    @Test func onlyTheOperatorPointsGatewaysElsewhere() async throws {
        try await NodeFixture.with { node async throws in
            let key = try #require(try await node.manage(.post, "/keys", ["name": "tenant"]).json["secret"]?.stringValue)
            func patch(_ body: JSON) async throws -> Answer {
                try await node.send(.patch, "/admin/v1/environments/\(node.environment)/settings", body, bearer: key)
            }
            let ours: JSON = ["gateway": "http://weixin.test"]
            #expect(try await node.manage(.patch, "/settings", ["wechat": ours, "alipay": ours]).status == 200)
            let before = try await node.manage(.get, "/settings").json
            for name in ["wechat", "alipay"] {
                for change in [["gateway": "http://169.254.169.254"], ["gateway": .null], ["appId": "x", "gateway": "http://other.test"], .null] as [JSON] {
                    let answer = try await patch(.object(JSONObject([(name, change)])))
                    #expect(answer.status == 403 && answer.code == "PERMISSION_DENIED", "\(name) \(change.text): \(answer.text)")
                }
            }
            #expect(try await node.manage(.get, "/settings").json == before)
            #expect(try await patch(["wechat": ["appId": "wx1", "gateway": "http://weixin.test"]]).json["wechat"]?["appId"] == "wx1", "as it is")
        }
    }

    @Test func aRefreshTokenIsNotUsedUpWhileItsEnvironmentIsSuspended() async throws {
        try await NodeFixture.with { node async throws in
            let token = try await node.login(["platform": "development", "user": "alice"]).json["refreshToken"] ?? .null
            func refresh() async throws -> Answer { try await node.send(.post, "/v1/login/refresh", ["refreshToken": token]) }
            _ = try await node.manage(.post, "/suspend")
            for _ in 0..<2 { #expect(try await refresh().code == "ENVIRONMENT_SUSPENDED") }
            _ = try await node.manage(.post, "/resume")
            #expect(try await refresh().json["openid"] == "dev-alice")
            #expect(try await refresh().code == "REFRESH_TOKEN_INVALID", "once it was taken it is used up")
        }
    }

    @Test func aSuspendedEnvironmentServesNobodyUntilItIsResumed() async throws {
        try await NodeFixture.with { node async throws in
            let login = try await node.login(["platform": "development", "user": "alice"])
            let token = login.json["accessToken"]?.stringValue
            #expect(try await node.manage(.post, "/suspend").json["status"] == "suspended")
            for (method, path) in [
                (.post, "/v1/database"), (.get, "/v1/database/c/x"), (.post, "/v1/functions/f"), (.post, "/v1/files"), (.post, "/v1/files/urls"),
                (.get, "/files/\(node.environment)/a"), (.get, "/http/\(node.environment)/a"), (.post, "/v1/login"),
            ] as [(HTTPRequest.Method, String)] {
                let body = path == "/v1/login" ? #"{"platform":"development","user":"alice"}"# : #"{"op":"count","collection":"c"}"#
                let answer = try await node.send(method, path, bytes: .init(string: body), bearer: token, headers: ["x-sampan-env": node.environment.text])
                #expect(answer.status == 403 && answer.code == "ENVIRONMENT_SUSPENDED", "\(method) \(path): \(answer.text)")
            }
            #expect(try await node.manage(.get, "/collections").status == 200, "it is still managed")
            #expect(try await node.manage(.post, "/restore").code == "WRONG_STATUS")
            #expect(try await node.manage(.post, "/resume").json["status"] == "active")
            #expect(try await node.send(.post, "/v1/files/urls", ["fileList": []], bearer: token).status == 200)
        }
    }

    @Test func aDeletedEnvironmentCanBeRestoredForSevenDaysAndThenIsGone() async throws {
        try await NodeFixture.with { node async throws in
            let token = try await node.token(of: "alice")
            _ = try await node.sampan.documents.createCollection("c", permission: "READONLY", node.environment)
            let deleted = try await node.manage(.delete, "")
            #expect(deleted.json["status"] == "deleted" && deleted.json["deleteAfter"] == .int(node.time.now + 7 * 86_400_000))
            let count: JSON = ["op": "count", "collection": "c"]
            #expect(try await node.send(.post, "/v1/database", count, bearer: token).code == "ENVIRONMENT_NOT_FOUND")

            node.time.advance(milliseconds: 3_600_000)
            try await runCaretaker(node, until: { true })
            #expect(try await node.manage(.post, "/restore").json["status"] == "active")
            #expect(try await node.send(.post, "/v1/database", count, bearer: token).json == ["total": 0])

            _ = try await node.manage(.delete, "")
            node.time.advance(milliseconds: 7 * 86_400_000)
            try await runCaretaker(node) { (try? node.sampan.tenancy.environment(node.environment)) == nil }
            #expect(!FileManager.default.fileExists(atPath: node.configuration.data.appendingPathComponent("env/\(node.environment)").path))
            #expect(try await node.manage(.post, "/restore").code == "ENVIRONMENT_NOT_FOUND")
        }
    }

    /// Runs the caretaker until `isDone`, at least for its first round.
    private func runCaretaker(_ node: NodeFixture, until isDone: @escaping @Sendable () -> Bool) async throws {
        let caretaker = try #require(node.sampan.services.compactMap { $0 as? Caretaker }.first)
        let run = Task { try await caretaker.run() }
        _ = try await eventually { isDone() }
        run.cancel()
        try await run.value
        #expect(isDone())
    }

    @Test func twoServersDoNotShareAFolder() async throws {
        try await NodeFixture.with { node async throws in
            let error = await #expect(throws: StartError.self) { try await Sampan.build(node.configuration, logger: NodeFixture.logger) }
            #expect(error?.description.contains("Another server") == true)
        }
    }

    @Test func onlyTheOwnerReadsTheFolder() async throws {
        try await NodeFixture.with { node async throws in
            for (path, mode) in [("", 0o700), ("operator.key", 0o600), ("keys/master.key", 0o600)] {
                let attributes = try FileManager.default.attributesOfItem(atPath: node.configuration.data.appendingPathComponent(path).path)
                #expect((attributes[.posixPermissions] as? Int) == mode, "\(path)")
            }
        }
    }
}
