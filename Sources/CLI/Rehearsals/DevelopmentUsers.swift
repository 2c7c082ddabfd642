import AsyncHTTPClient
import Foundation
import Kernel
import NIOCore
import NIOHTTP1

/// Signs users in by the development login, so that a run begins with people who have a token.
struct DevelopmentUsers {
    private static let atOnce = 16
    private static let attemptsMax = 8

    let origin: String
    let environment: String

    /// Token and openid of each user.
    func signIn(_ count: Int, prefix: String, in context: CommandContext) async throws -> [[String]] {
        let progress = ProgressLine(context.say("signing in", zh: "登录用户"), total: count, on: context.console)
        defer { progress.finish() }
        return try await concurrently(Array(0..<count), limit: Self.atOnce) { number in
            let row = try await signIn("\(prefix)\(number)")
            progress.advance()
            return row
        }
    }

    private func signIn(_ name: String) async throws -> [String] {
        var request = HTTPClientRequest(url: origin + "/v1/login")
        request.method = .POST
        request.headers = ["content-type": "application/json", "x-sampan-env": environment]
        request.body = .bytes(ByteBuffer(bytes: (["platform": "development", "user": .string(name)] as JSON).serialized()))
        var attempt = 0
        while true {
            attempt += 1
            let response = try await HTTPConnections.client.execute(request, timeout: .seconds(30))
            let bytes = Array(buffer: try await response.body.collect(upTo: 1 << 20))
            let status = Int(response.status.code)
            if status == 200, let answer = try? JSON(parsing: bytes), let token = answer["accessToken"]?.stringValue, let openid = answer["openid"]?.stringValue
            {
                return [token, openid]
            }
            guard [429, 503].contains(status), attempt < Self.attemptsMax else {
                throw ServerProblem.error(status: status, body: bytes, requestID: response.headers.first(name: "x-request-id"), endpoint: origin)
            }
            try await Task.sleep(for: .milliseconds(200 * attempt))
        }
    }
}
