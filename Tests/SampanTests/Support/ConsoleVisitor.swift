import Foundation
import HTTPTypes
import Kernel
import NIOCore
import Tenancy
import Testing

@testable import Sampan

/// A browser that has signed in to a node's console as the operator.
struct ConsoleVisitor {
    private static let boundary = "----x7"

    let node: NodeFixture
    let cookie: String
    let token: String

    init(_ node: NodeFixture) async throws {
        self.node = node
        let form = ByteBuffer(string: "key=\(node.sampan.operatorKey)&next=%2Fconsole")
        let signedIn = try await node.send(.post, "/console/sign-in", bytes: form, headers: ["content-type": "application/x-www-form-urlencoded"])
        #expect(signedIn.status == 303)
        cookie = String(try #require(signedIn.headers[.setCookie]).prefix { $0 != ";" })
        let page = try await node.send(.get, "/console", headers: ["cookie": cookie])
        token = String(try #require(page.text.firstMatch(of: /data-form-token="([0-9a-f]{64})"/)).1)
    }

    var home: String { "/console/env/\(node.environment)" }

    func get(_ path: String, language: String = "en") async throws -> Answer {
        try await node.send(.get, path, headers: ["cookie": cookie, "accept-language": language])
    }

    func post(_ path: String, _ fields: [(String, String)], token: String? = nil) async throws -> Answer {
        let all = [("form-token", token ?? self.token)] + fields
        let text = all.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }.joined(separator: "&")
        return try await send(path, ByteBuffer(string: text), "application/x-www-form-urlencoded")
    }

    /// Sends a form with a file, as a browser does.
    func upload(_ path: String, _ fields: [(String, String)], _ file: [UInt8], token: String? = nil) async throws -> Answer {
        var body = ByteBuffer()
        for (name, value) in [("form-token", token ?? self.token)] + fields {
            body.writeString("--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        body.writeString("--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n")
        body.writeBytes(file)
        body.writeString("\r\n--\(Self.boundary)--\r\n")
        return try await send(path, body, "multipart/form-data; boundary=\(Self.boundary)")
    }

    private func send(_ path: String, _ body: ByteBuffer, _ type: String) async throws -> Answer {
        try await node.send(
            .post, path, bytes: body,
            headers: ["cookie": cookie, "origin": "http://localhost", "host": "localhost", "accept-language": "en", "content-type": type])
    }

    /// The tag that the form with this action carries on a page.
    func tag(of action: String, on path: String) async throws -> String {
        let page = try await get(path).text
        let form = try #require(
            page.range(of: "action=\"\(action)\"") ?? page.range(of: "action=\"\(action)#"), "\(path) has no form for \(action)")
        let rest = page[form.upperBound...]
        let inside = rest[..<(rest.range(of: "</form>")?.lowerBound ?? rest.endIndex)]
        return String(try #require(inside.firstMatch(of: /name="tag" value="([^"]+)"/), "the form for \(action) has no tag").1)
            .replacingOccurrences(of: "&quot;", with: "\"")
    }

    /// What was written down, newest first.
    func audited() async throws -> [String] {
        let organization = try node.sampan.tenancy.environment(node.environment).organization
        return try node.sampan.tenancy.audit.entries(of: organization, AuditLog.Query()).compactMap { $0["target"]?.stringValue }
    }
}
