import CryptoExtras
import Foundation
import HTTPTypes
import Identity
import Kernel
import Tenancy
import Testing

@testable import Sampan

@Suite(.needsNode) struct WeChatLoginTests {
    private func configure(_ node: NodeFixture) async throws {
        let answer = try await node.manage(.patch, "/settings", ["wechat": ["appId": "wx-1", "appSecret": "s&crét", "gateway": "http://weixin.test"]])
        #expect(answer.status == 200)
    }

    @Test func aCodeIsTradedForTheUser() async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            node.platform.answers { _ in #"{"openid":"o-1","unionid":"u-1","session_key":"SECRET-KEY"}"# }
            let answer = try await node.login(["platform": "wechat", "code": "c/1"])
            #expect(answer.status == 200 && answer.json["openid"] == "o-1" && answer.json["anonymous"] == false)
            #expect(!answer.text.contains("SECRET-KEY"), "the session key stays here")
            let request = try #require(node.platform.requests.first)
            #expect(request.method == "GET")
            #expect(request.url == "http://weixin.test/sns/jscode2session?appid=wx-1&secret=s%26cr%C3%A9t&js_code=c%2F1&grant_type=authorization_code")
            let (_, user) = try node.sampan.identity.verify(try #require(answer.json["accessToken"]?.stringValue))
            #expect(user == User(openid: "o-1", unionid: "u-1", appID: "wx-1", platform: "wechat"))
        }
    }

    @Test(arguments: [
        (#"{"errcode":40029,"errmsg":"invalid code"}"#, 401, "LOGIN_REFUSED"), (#"{"errcode":40163,"errmsg":"code been used"}"#, 401, "LOGIN_REFUSED"),
        (#"{"errcode":40013,"errmsg":"invalid appid"}"#, 502, "PLATFORM_REFUSED"), (#"{"errcode":-1,"errmsg":"busy"}"#, 502, "PLATFORM_REFUSED"),
        ("{}", 502, "PLATFORM_UNREACHABLE"), (#"{"openid":""}"#, 502, "PLATFORM_UNREACHABLE"), ("<html>", 502, "PLATFORM_UNREACHABLE"),
        ("", 502, "PLATFORM_UNREACHABLE"), ("[]", 502, "PLATFORM_UNREACHABLE"), (#"{"openid":"a|b"}"#, 400, "BAD_MEMBER"),
        (#"{"openid":5}"#, 502, "PLATFORM_UNREACHABLE"),
    ])
    func whatThePlatformRefusesIsSaid(_ body: String, status: Int, code: String) async throws {
        try await NodeFixture.with { node async throws in
            // An app id that may travel in a token, so that nothing else is in the way.
            _ = try await node.manage(.patch, "/settings", ["wechat": ["appId": "wx1", "appSecret": "s", "gateway": "http://weixin.test"]])
            node.platform.answers { _ in body }
            let answer = try await node.login(["platform": "wechat", "code": "c"])
            #expect(answer.status == status && answer.code == code, "\(answer.text)")
        }
    }

    @Test func aGatewayThatCannotBeReachedIsSaid() async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            node.platform.answers { _ in throw CocoaError(.fileReadUnknown) }
            let answer = try await node.login(["platform": "wechat", "code": "c"])
            #expect(answer.status == 502 && answer.code == "PLATFORM_UNREACHABLE")
        }
    }

    @Test(arguments: ["wechat", "alipay"]) func aPlatformThatIsNotSetUpIsSaid(_ platform: String) async throws {
        try await NodeFixture.with { node async throws in
            let answer = try await node.login(["platform": .string(platform), "code": "c"])
            #expect(answer.status == 501 && answer.code == "PLATFORM_NOT_CONFIGURED")
            #expect(node.platform.requests.isEmpty)
            #expect(try await node.login(["platform": .string(platform)]).code == "BAD_MEMBER")
        }
    }

    @Test func anAccessTokenIsFetchedOnceUntilShortlyBeforeItExpires() async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            node.platform.answers { $0.url.contains("/cgi-bin/token") ? #"{"access_token":"T1","expires_in":7200}"# : #"{"errcode":0}"# }
            func call() async throws {
                _ = try await node.sampan.identity.openAPI(
                    node.environment, platform: "wechat", api: "security.msgSecCheck", parameters: ["content": "x"], appAuthToken: nil)
            }
            try await call()
            try await call()
            node.time.advance(milliseconds: 6_899_000)
            try await call()
            #expect(node.platform.requests.filter { $0.url.contains("/cgi-bin/token") }.count == 1)
            node.time.advance(milliseconds: 1000)
            try await call()
            #expect(node.platform.requests.filter { $0.url.contains("/cgi-bin/token") }.count == 2)
            #expect(node.platform.requests.last?.url == "http://weixin.test/wxa/msg_sec_check?access_token=T1")
        }
    }

    private func checkText(_ node: NodeFixture) async throws -> [UInt8] {
        try await node.sampan.identity.openAPI(
            node.environment, platform: "wechat", api: "security.msgSecCheck", parameters: ["content": "x"], appAuthToken: nil)
    }

    /// A gateway that hands out T1, T2, … and takes only those that `takes` says.
    private func handsOutTokens(_ node: NodeFixture, code: Int, takes: @escaping @Sendable (String) -> Bool) {
        let platform = node.platform
        platform.answers { request in
            if request.url.contains("/cgi-bin/token") {
                let number = platform.requests.filter { $0.url.contains("/cgi-bin/token") }.count
                return #"{"access_token":"T\#(number)","expires_in":7200}"#
            }
            return takes(String(request.url.split(separator: "=").last ?? "")) ? #"{"errcode":0}"# : #"{"errcode":\#(code),"errmsg":"no"}"#
        }
    }

    @Test(arguments: [40001, 40014, 42001]) func aTokenThatWasRevokedIsFetchedAnew(_ code: Int) async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            handsOutTokens(node, code: code) { _ in true }
            _ = try await checkText(node)
            handsOutTokens(node, code: code) { $0 != "T1" }
            #expect(String(decoding: try await checkText(node), as: UTF8.self) == #"{"errcode":0}"#)
            let count = node.platform.requests.count
            _ = try await checkText(node)
            #expect(node.platform.requests.count == count + 1, "the new token is kept")
            #expect(node.platform.requests.last?.url.hasSuffix("access_token=T2") == true)
        }
    }

    @Test func aTokenIsFetchedAnewOnceAndForNoOtherRefusal() async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            for (code, requests) in [(40001, 4), (45009, 1), (87014, 1)] {
                handsOutTokens(node, code: code) { _ in false }
                let before = node.platform.requests.count
                let error = await #expect(throws: SampanError.self) { try await checkText(node) }
                #expect(error?.code == "PLATFORM_REFUSED" && error?.members["platformCode"] == .string("\(code)"))
                #expect(node.platform.requests.count - before == requests, "\(code)")
            }
        }
    }

    /// App ids are public: whoever sets another's must not get the token that the other's secret was traded for.
    @Test func anotherEnvironmentWithTheSameAppIDGetsNoToken() async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            node.platform.answers { request in
                if request.url.hasPrefix("http://weixin.test/cgi-bin/token") { return #"{"access_token":"T-OF-THE-FIRST","expires_in":7200}"# }
                return request.url.contains("/cgi-bin/token") ? #"{"errcode":40125,"errmsg":"invalid appsecret"}"# : #"{"errcode":0}"#
            }
            _ = try await node.sampan.identity.openAPI(
                node.environment, platform: "wechat", api: "security.msgSecCheck", parameters: [:], appAuthToken: nil)
            let (other, _) = try await node.keyOfAnotherEnvironment()
            for gateway in ["http://evil.test", "http://weixin.test/x"] {
                try await node.sampan.tenancy.changeSettings(other, ["wechat": ["appId": "wx-1", "appSecret": "wrong", "gateway": .string(gateway)]])
                let error = await #expect(throws: SampanError.self) {
                    try await node.sampan.identity.openAPI(other, platform: "wechat", api: "security.msgSecCheck", parameters: [:], appAuthToken: nil)
                }
                #expect(error?.code == "PLATFORM_REFUSED")
            }
            #expect(!node.platform.requests.contains { $0.url.contains("evil.test") && $0.url.contains("T-OF-THE-FIRST") })
        }
    }
}

@Suite(.needsNode) struct AlipayLoginTests {
    private static let app = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    private static let alipay = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    /// A key as Alipay's tools hand it out: base64 without frame and line breaks.
    private static func bare(_ pem: String) -> String { pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined() }

    private func configure(_ node: NodeFixture, privateKey: String? = nil) async throws {
        let answer = try await node.manage(
            .patch, "/settings",
            [
                "alipay": [
                    "appId": "2021", "privateKey": .string(try privateKey ?? Self.bare(Self.app.get().pkcs8PEMRepresentation)),
                    "publicKey": .string(Self.bare(try Self.alipay.get().publicKey.pemRepresentation)), "gateway": "http://alipay.test/gateway.do",
                ]
            ])
        #expect(answer.status == 200 && answer.json["alipay"]?["privateKeySet"] == true && answer.json["alipay"]?["publicKeySet"] == true)
    }

    /// An answer of Alipay's, signed with its key over the inner object as it is written.
    private static func signed(_ inner: String, by key: Result<_RSA.Signing.PrivateKey, any Error> = alipay) throws -> String {
        let signature = try key.get().signature(for: Data(inner.utf8), padding: .insecurePKCS1v1_5).rawRepresentation.base64EncodedString()
        return #"{"alipay_system_oauth_token_response":\#(inner),"sign":"\#(signature)"}"#
    }

    private static let inner = #"{"open_id":"o-1","union_id":"u-1","access_token":"SECRET-TOKEN"}"#

    private static func fields(_ body: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]).removingPercentEncoding }
        }
        return fields
    }

    @Test(arguments: ["PKCS#8", "PKCS#1", "PEM"]) func theRequestIsSignedAndTheAnswerChecked(_ form: String) async throws {
        try await NodeFixture.with { node async throws in
            let key = try Self.app.get()
            let forms = ["PKCS#8": Self.bare(key.pkcs8PEMRepresentation), "PKCS#1": Self.bare(key.pemRepresentation), "PEM": key.pkcs8PEMRepresentation]
            try await configure(node, privateKey: forms[form])
            let answerText = try Self.signed(Self.inner)
            node.platform.answers { _ in answerText }
            let answer = try await node.login(["platform": "alipay", "code": "c+/ 1"])
            #expect(answer.status == 200 && answer.json["openid"] == "o-1" && !answer.text.contains("SECRET-TOKEN"), "\(answer.text)")

            let request = try #require(node.platform.requests.first)
            #expect(request.url == "http://alipay.test/gateway.do" && request.method == "POST")
            var fields = Self.fields(request.body)
            #expect(fields["code"] == "c+/ 1" && fields["method"] == "alipay.system.oauth.token" && fields["sign_type"] == "RSA2")
            #expect(fields["timestamp"] == "2026-11-22 08:00:00", "Beijing's time")
            let signature = try #require(fields.removeValue(forKey: "sign").flatMap { Data(base64Encoded: $0) })
            let content = fields.keys.sorted().map { "\($0)=\(fields[$0] ?? "")" }.joined(separator: "&")
            #expect(key.publicKey.isValidSignature(.init(rawRepresentation: signature), for: Data(content.utf8), padding: .insecurePKCS1v1_5))
        }
    }

    @Test func anAnswerThatAlipayDidNotSignIsRefused() async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            let signed = try Self.signed(Self.inner)
            for forged in [
                signed.replacingOccurrences(of: "o-1", with: "o-2"), try Self.signed(Self.inner, by: Self.app),
                #"{"alipay_system_oauth_token_response":\#(Self.inner)}"#, #"{"alipay_system_oauth_token_response":\#(Self.inner),"sign":""}"#,
                #"{"alipay_system_oauth_token_response":\#(Self.inner),"sign":"AAAA"}"#,
                // The object that is read must be the one that was signed.
                #"{"x":"\"alipay_system_oauth_token_response\":\#(Self.inner.replacingOccurrences(of: "\"", with: "\\\""))",\#(signed.dropFirst().replacingOccurrences(of: "o-1", with: "o-2"))"#,
            ] {
                node.platform.answers { _ in forged }
                let answer = try await node.login(["platform": "alipay", "code": "c"])
                #expect(answer.status == 502 && answer.json["accessToken"] == nil, "\(forged.prefix(80)): \(answer.text)")
            }
        }
    }

    @Test(arguments: [
        (#"{"error_response":{"code":"20000","msg":"Service Currently Unavailable","sub_code":"isp.unknow-error"}}"#, 502, "PLATFORM_REFUSED"),
        (#"{"error_response":{"code":"40002","sub_code":"isv.code-invalid","sub_msg":"授权码code无效"}}"#, 401, "LOGIN_REFUSED"),
        ("{}", 502, "PLATFORM_UNREACHABLE"), ("<html>", 502, "PLATFORM_UNREACHABLE"),
        (#"{"alipay_system_oauth_token_response":[]}"#, 502, "PLATFORM_UNREACHABLE"),
    ])
    func whatAlipayRefusesIsSaid(_ body: String, status: Int, code: String) async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node)
            node.platform.answers { _ in body }
            let answer = try await node.login(["platform": "alipay", "code": "c"])
            #expect(answer.status == status && answer.code == code, "\(answer.text)")
        }
    }

    @Test func aPrivateKeyThatIsNoneIsSaid() async throws {
        try await NodeFixture.with { node async throws in
            try await configure(node, privateKey: "bm8ga2V5")
            #expect(try await node.login(["platform": "alipay", "code": "c"]).code == "PLATFORM_NOT_CONFIGURED")
            #expect(node.platform.requests.isEmpty)
        }
    }
}
