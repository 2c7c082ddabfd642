import Documents
import Foundation
import HTTPTypes
import Kernel
import NIOCore
import Tenancy
import Testing

@testable import Sampan

@Suite(.needsNode) struct ProblemTests {
    /// Bodies that are no JSON object at all.
    private static let malformed = [
        "{", "", "[]", "\"x\"", "5", "null", "{}{}", "{\"a\":1,\"a\":2}", "{\"a\":\"\u{0}\"}", "{'a':1}", "{\"a\":NaN}", String(repeating: "[", count: 200),
    ]

    /// What reads a JSON body, with an environment where its path has one.
    private static let readers: [(HTTPRequest.Method, String)] = [
        (.post, "/v1/login"), (.post, "/v1/login/refresh"), (.post, "/v1/database"), (.post, "/v1/files/urls"), (.post, "/v1/files/delete"),
        (.post, "/admin/v1/environments"), (.patch, "/admin/v1/environments/ENV/settings"), (.post, "/admin/v1/environments/ENV/keys"),
        (.post, "/admin/v1/environments/ENV/blobs/missing"), (.post, "/admin/v1/environments/ENV/functions/f/versions"),
        (.put, "/admin/v1/environments/ENV/functions/f/traffic"), (.put, "/admin/v1/environments/ENV/functions/f/triggers"),
        (.post, "/admin/v1/environments/ENV/collections"), (.patch, "/admin/v1/environments/ENV/collections/c"),
        (.post, "/admin/v1/environments/ENV/collections/c/indexes"), (.post, "/admin/v1/environments/ENV/database"),
    ]

    private func bearer(_ path: String, _ node: NodeFixture) async throws -> String? {
        if path.hasPrefix("/admin/") { return node.sampan.operatorKey }
        return path.hasPrefix("/v1/login") ? nil : try await node.token(of: "alice")
    }

    private func expectProblem(_ answer: Answer, _ language: String, _ what: String) {
        let problem = answer.json
        #expect((400..<500).contains(answer.status), "\(what): \(answer.status) \(answer.text)")
        #expect(answer.headers[.contentType] == "application/problem+json; charset=utf-8", "\(what)")
        #expect(problem["status"] == .int(Int64(answer.status)) && problem["type"] == "about:blank", "\(what)")
        #expect(problem["code"]?.stringValue?.wholeMatch(of: /[A-Z][A-Z_]+/) != nil, "\(what)")
        #expect(problem["requestId"]?.stringValue == answer.headers[HTTPField.Name("x-request-id") ?? .server], "\(what)")
        for member in ["detail", "remedy"] {
            let text = problem[member]?.stringValue ?? ""
            let isChinese = text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
            #expect(!text.isEmpty && isChinese == (language == "zh-CN"), "\(what): \(member) \(text)")
        }
    }

    @Test(arguments: ["en-US", "zh-CN"]) func aMalformedBodyIsAProblemDocument(_ language: String) async throws {
        try await NodeFixture.with { node async throws in
            _ = try await node.sampan.documents.createCollection("c", permission: nil, node.environment)
            for (method, template) in Self.readers {
                let path = template.replacingOccurrences(of: "ENV", with: node.environment.text)
                let bearer = try await bearer(path, node)
                for body in Self.malformed {
                    // An empty body stands for an empty object, which changes no setting.
                    if body.isEmpty, path.hasSuffix("/settings") { continue }
                    let answer = try await node.send(
                        method, path, bytes: ByteBuffer(string: body), bearer: bearer,
                        headers: ["accept-language": language, "x-sampan-env": node.environment.text])
                    expectProblem(answer, language, "\(method) \(template) \(body.prefix(20))")
                }
            }
        }
    }

    @Test(arguments: ["en-US", "zh-CN"]) func anAddressThatDoesNotExistIsAProblemDocument(_ language: String) async throws {
        try await NodeFixture.with { node async throws in
            for (method, path) in [(.get, "/nothing"), (.get, "/v1/database"), (.delete, "/v1/login"), (.get, "/admin/v1/nothing")]
                as [(HTTPRequest.Method, String)]
            {
                let answer = try await node.send(
                    method, path, bearer: path.hasPrefix("/admin") ? node.sampan.operatorKey : nil, headers: ["accept-language": language])
                expectProblem(answer, language, "\(method) \(path)")
            }
        }
    }

    @Test func aBrowserIsShownAPageAboutEveryErrorOfTheConsole() async throws {
        try await NodeFixture.with { node async throws in
            let session = try #require(try await node.sampan.tenancy.signIn(with: node.sampan.operatorKey))
            let foreign = ["cookie": "sampan_session=\(session)", "origin": "https://evil.example"]
            for (path, headers, status, code) in [
                ("/console/environments", foreign, 403, "CROSS_ORIGIN"), ("/console/sign-out", foreign, 403, "CROSS_ORIGIN"),
                ("/console/nothing", [:], 404, "ROUTE_NOT_FOUND"),
            ] {
                let answer = try await node.send(.post, path, headers: headers.merging(["accept-language": "zh-CN"]) { own, _ in own })
                #expect(answer.status == status && answer.headers[.contentType] == "text/html; charset=utf-8", "\(path): \(answer.text)")
                #expect(answer.text.contains("<html") && answer.text.contains(code))
            }
            let managed = try await node.send(.post, "/admin/v1/environments", headers: foreign)
            #expect(managed.code == "CROSS_ORIGIN" && managed.headers[.contentType] == "application/problem+json; charset=utf-8")
        }
    }

    @Test func anAnswerToHEADHasNoBody() async throws {
        try await NodeFixture.with { node async throws in
            for path in ["/nothing", "/files/\(node.environment)/a", "/admin/v1/whoami"] {
                let answer = try await node.send(.head, path)
                #expect(answer.status >= 400 && answer.body.readableBytes == 0, "\(path)")
            }
        }
    }

    @Test func theClientsRequestIDIsKeptIfItMayBeOne() async throws {
        try await NodeFixture.with { node async throws in
            let name = try #require(HTTPField.Name("x-request-id"))
            for (sent, isKept) in [("my-request-1", true), (String(repeating: "a", count: 65), false), ("a b", false), ("a\"b", false), ("", false)] {
                let answer = try await node.send(.get, "/nothing", headers: ["x-request-id": sent])
                #expect((answer.headers[name] == sent) == isKept, "\(sent)")
                #expect(answer.headers[name]?.isEmpty == false)
            }
        }
    }

    @Test(arguments: [
        ("/v1/login", 16 << 10), ("/v1/files/urls", 1 << 20), ("/admin/v1/environments", 256 << 10), ("/admin/v1/environments/ENV/settings", 256 << 10),
        ("/admin/v1/environments/ENV/collections", 64 << 10), ("/v1/database", 16 << 20),
    ])
    func aBodyBeyondItsLimitIsRefused(_ template: String, limit: Int) async throws {
        try await NodeFixture.with { node async throws in
            let path = template.replacingOccurrences(of: "ENV", with: node.environment.text)
            let method: HTTPRequest.Method = path.hasSuffix("/settings") ? .patch : .post
            let body = ByteBuffer(repeating: UInt8(ascii: " "), count: limit + 1)
            let answer = try await node.send(
                method, path, bytes: body, bearer: try await bearer(path, node), headers: ["x-sampan-env": node.environment.text])
            #expect(answer.status == 413 && answer.code == "TOO_LARGE", "\(answer.status) \(answer.text)")
        }
    }

    @Test func pagesOfOtherOriginsMayUseWhatClientsUseAndNothingElse() async throws {
        try await NodeFixture.with { node async throws in
            let allowed = try #require(HTTPField.Name("access-control-allow-origin"))
            let asking = ["origin": "https://shop.example", "access-control-request-method": "POST", "access-control-request-headers": "authorization"]
            for (path, isOpen) in [
                ("/v1/database", true), ("/files/\(node.environment)/a", true), ("/http/\(node.environment)/a", true), ("/admin/v1/environments", false),
                ("/console", false), ("/functions/invokeFunction", false),
            ] {
                let preflight = try await node.send(.options, path, headers: asking)
                #expect((preflight.headers[allowed] == "*") == isOpen, "\(path)")
                let answer = try await node.send(.post, path, headers: ["origin": "https://shop.example"])
                #expect((answer.headers[allowed] == "*") == isOpen, "\(path)")
                #expect(answer.headers[HTTPField.Name("access-control-allow-credentials") ?? .server] == nil)
            }
        }
    }

    @Test(arguments: [
        "/samples/retail/../secret.txt", "/samples/retail/%2e%2e/secret.txt", "/samples/retail/..%2fsecret.txt", "/samples/retail/%2e%2e%2fsecret.txt",
        "/samples/retail/sub/../../secret.txt", "/samples/retail/sub/%2e%2e/%2e%2e/secret.txt", "/samples/retail/%252e%252e/secret.txt",
        "/samples/retail//../secret.txt", "/samples/retail/..%5csecret.txt", "/samples/retail/index.html%00", "/samples/retail/%", "/samples/retail/sub",
        "/samples/retail/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/samples/retail//etc/passwd", "/samples/retail/%2fetc%2fpasswd",
        "/sdk/../secret.txt", "/console/assets/..%2f..%2fsecret.txt",
    ])
    func noPathLeavesTheSamplesPages(_ path: String) async throws {
        try await NodeFixture.with { node async throws in
            let answer = try await node.send(.get, path)
            #expect(!answer.text.contains("SECRET") && !answer.text.contains("root:"))
            #expect((400..<500).contains(answer.status), "\(answer.status)")
        }
    }

    @Test func theSamplesPagesAreServed() async throws {
        try await NodeFixture.with { node async throws in
            for path in ["/samples/retail/", "/samples/retail/index.html"] { #expect(try await node.send(.get, path).text == "<p>shop") }
            #expect(try await node.send(.get, "/samples/retail/sub/a%20b.js").text == "1")
            let redirect = try await node.send(.get, "/samples/retail?env=x")
            #expect(redirect.status == 301 && redirect.headers[.location] == "/samples/retail/?env=x")
        }
    }
}
