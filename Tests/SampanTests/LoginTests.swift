import Documents
import Foundation
import HTTPTypes
import Kernel
import Tenancy
import Testing

@testable import Sampan

@Suite(.needsNode) struct LoginTests {
    private func count(_ node: NodeFixture, _ token: String, headers: [String: String] = [:]) async throws -> Answer {
        _ = try await node.sampan.documents.createCollection("c", permission: "READONLY", node.environment)
        return try await node.send(.post, "/v1/database", ["op": "count", "collection": "c"], bearer: token, headers: headers)
    }

    @Test func aTokenOpensTheClientAPIForTwoHours() async throws {
        try await NodeFixture.with { node async throws in
            let answer = try await node.login(["platform": "development", "user": "alice"])
            #expect(answer.status == 200 && answer.headers[.cacheControl] == "no-store")
            #expect(answer.json["openid"] == "dev-alice" && answer.json["anonymous"] == false && answer.json["expiresIn"] == 7200)
            let token = try #require(answer.json["accessToken"]?.stringValue)
            node.time.advance(milliseconds: 7_199_000)
            #expect(try await count(node, token).json == ["total": 0])
            node.time.advance(milliseconds: 1000)
            let late = try await count(node, token)
            #expect(late.status == 401 && late.code == "TOKEN_EXPIRED")
        }
    }

    @Test func aRefreshTokenWorksOnce() async throws {
        try await NodeFixture.with { node async throws in
            let first = try await node.login(["platform": "development", "user": "alice"])
            let request: JSON = ["refreshToken": first.json["refreshToken"] ?? .null]
            node.time.advance(milliseconds: 8_000_000)
            // The expired access token may be sent along: it is what the refresh is for.
            let second = try await node.send(.post, "/v1/login/refresh", request, bearer: first.json["accessToken"]?.stringValue)
            #expect(second.status == 200 && second.json["openid"] == "dev-alice")
            #expect(try await count(node, second.json["accessToken"]?.stringValue ?? "").status == 200)
            let again = try await node.send(.post, "/v1/login/refresh", request)
            #expect(again.status == 401 && again.code == "REFRESH_TOKEN_INVALID")
        }
    }

    @Test func oneOfManyRefreshesWithTheSameTokenSucceeds() async throws {
        try await NodeFixture.with { node async throws in
            let first = try await node.login(["platform": "development", "user": "alice"])
            let request: JSON = ["refreshToken": first.json["refreshToken"] ?? .null]
            let succeeded = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 { group.addTask { try await node.send(.post, "/v1/login/refresh", request).status } }
                return try await group.reduce(into: 0) { $0 += $1 == 200 ? 1 : 0 }
            }
            #expect(succeeded == 1)
        }
    }

    @Test func aRefreshTokenLivesThirtyDays() async throws {
        try await NodeFixture.with { node async throws in
            let tokens = [
                try await node.login(["platform": "development", "user": "alice"]), try await node.login(["platform": "development", "user": "alice"]),
            ].map { $0.json["refreshToken"] ?? .null }
            node.time.advance(milliseconds: 30 * 86_400_000 - 1)
            #expect(try await node.send(.post, "/v1/login/refresh", ["refreshToken": tokens[0]]).status == 200)
            node.time.advance(milliseconds: 1)
            #expect(try await node.send(.post, "/v1/login/refresh", ["refreshToken": tokens[1]]).code == "REFRESH_TOKEN_INVALID")
        }
    }

    @Test func aRefreshForAnotherEnvironmentIsRefusedAndTheTokenStays() async throws {
        try await NodeFixture.with { node async throws in
            let (other, _) = try await node.keyOfAnotherEnvironment()
            let first = try await node.login(["platform": "development", "user": "alice"])
            let request: JSON = ["refreshToken": first.json["refreshToken"] ?? .null]
            let wrong = try await node.send(.post, "/v1/login/refresh", request, headers: ["x-sampan-env": other.text])
            #expect((400..<500).contains(wrong.status))
            #expect(try await node.send(.post, "/v1/login/refresh", request, headers: ["x-sampan-env": node.environment.text]).status == 200)
        }
    }

    @Test func aForgedTokenIsRefused() async throws {
        try await NodeFixture.with { node async throws in
            let token = try await node.token(of: "alice")
            let parts = token.split(separator: ".").map(String.init)
            #expect(parts.count == 3)
            let expiry = node.time.now / 1000 + 7200
            let claims = Data("\(node.environment)|dev-bob|||development|\(expiry)".utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
            let other = try await node.token(of: "bob").split(separator: ".").map(String.init)
            let flipped = String(parts[2].prefix(10)) + (parts[2].dropFirst(10).hasPrefix("A") ? "B" : "A") + parts[2].dropFirst(11)
            let forged = [
                ".", "..", "v1..", "v1.\(parts[1])", "v1.\(parts[1]).", "v2.\(parts[1]).\(parts[2])", "v1.\(claims).\(parts[2])", "v1.\(claims).",
                "v1.\(other[1]).\(parts[2])", "v1.\(parts[1]).\(flipped)", "v1.\(parts[1]).\(parts[2].prefix(20))", token + "x", "x" + token,
                token + token, String(repeating: "a", count: 100_000), "v1.\u{FFFD}.\u{FFFD}",
            ]
            for text in forged {
                let answer = try await count(node, text)
                #expect(answer.status == 401 && answer.code == "TOKEN_INVALID", "\(text.prefix(60)): \(answer.text)")
            }
            #expect(try await count(node, token).status == 200)
        }
    }

    @Test func aTokenCountsInItsEnvironmentOnly() async throws {
        try await NodeFixture.with { node async throws in
            let (other, _) = try await node.keyOfAnotherEnvironment()
            let token = try await node.token(of: "alice")
            #expect(try await count(node, token, headers: ["x-sampan-env": node.environment.text]).status == 200)
            let answer = try await count(node, token, headers: ["x-sampan-env": other.text])
            #expect(answer.status == 403 && answer.code == "ENVIRONMENT_MISMATCH")
        }
    }

    @Test(arguments: ["/v1/database", "/v1/functions/f", "/v1/files", "/v1/files/urls", "/v1/files/delete"]) func clientCallsNeedAToken(_ path: String)
        async throws
    {
        try await NodeFixture.with { node async throws in
            let answer = try await node.send(.post, path, [:], headers: ["x-sampan-env": node.environment.text])
            #expect(answer.status == 401 && answer.code == "TOKEN_MISSING")
            #expect(try await node.send(.post, path, [:], bearer: node.sampan.operatorKey).code == "TOKEN_INVALID")
        }
    }

    @Test func aLoginThatIsOffIsRefused() async throws {
        try await NodeFixture.with { node async throws in
            _ = try await node.manage(.patch, "/settings", ["developmentLogin": false, "anonymousLogin": false])
            for body in [["platform": "development", "user": "alice"], ["platform": "anonymous"]] as [JSON] {
                let answer = try await node.login(body)
                #expect(answer.status == 403 && answer.code == "LOGIN_NOT_ALLOWED")
            }
            let (other, _) = try await node.keyOfAnotherEnvironment()
            #expect(try await node.login(["platform": "development", "user": "alice"], to: other).code == "LOGIN_NOT_ALLOWED", "a new environment has it off")
        }
    }

    @Test func everyAnonymousUserIsSomeoneElse() async throws {
        try await NodeFixture.with { node async throws in
            let (one, two) = (try await node.login(["platform": "anonymous"]), try await node.login(["platform": "anonymous"]))
            #expect(one.json["anonymous"] == true && one.json["openid"] != nil && one.json["openid"] != two.json["openid"])
        }
    }

    @Test(arguments: [
        #"{"platform":"development","user":"a|b"}"#, #"{"platform":"development","user":"a b"}"#, #"{"platform":"development","user":"\u0000"}"#,
        #"{"platform":"development","user":""}"#, #"{"platform":"development"}"#, #"{"platform":"development","user":5}"#, #"{"platform":"qq"}"#, "{}",
        #"{"platform":"development","user":"商品"}"#,
    ])
    func aLoginThatMakesNoSenseIsRefused(_ body: String) async throws {
        try await NodeFixture.with { node async throws in
            let answer = try await node.login(try JSON(parsing: body))
            #expect(answer.status == 400 && answer.code == "BAD_MEMBER", "\(answer.text)")
        }
    }

    @Test func aLoginSaysItsEnvironment() async throws {
        try await NodeFixture.with { node async throws in
            let body: JSON = ["platform": "anonymous"]
            #expect(try await node.send(.post, "/v1/login", body).code == "ENVIRONMENT_MISSING")
            #expect(try await node.send(.post, "/v1/login", body, headers: ["x-sampan-env": "env-unknown"]).code == "ENVIRONMENT_NOT_FOUND")
        }
    }
}
