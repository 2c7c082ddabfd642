import Coupons
import Foundation
import HTTPSupport
import HTTPTypes
import Hummingbird
import Kernel
import Testing

@testable import Sampan
@testable import Tenancy

/// Who may use the management API: walked over the router's own list, so that a new route cannot be forgotten.
@Suite(.needsNode) struct ManagementAccessTests {
    private struct Route: Sendable {
        let method: HTTPRequest.Method
        let template: String

        /// The address of the route in an environment.
        func path(in environment: String) -> String {
            let parts = template.split(separator: "/").map { part -> String in
                if part == ":env" || part == "{env}" { return environment }
                return part.hasPrefix(":") || part.hasPrefix("{") || part.hasPrefix("*") ? "x" : String(part)
            }
            return "/" + parts.joined(separator: "/")
        }

        var hasEnvironment: Bool { path(in: "#").contains("#") }
    }

    private func routes(_ node: NodeFixture) -> [Route] {
        let router = Router(context: SampanRequestContext.self)
        let sampan = node.sampan
        Sampan.addRoutes(
            to: router, node.configuration,
            Sampan.Rooms(
                tenancy: sampan.tenancy, identity: sampan.identity, documents: sampan.documents, coupons: sampan.coupons,
                facade: CouponFacade(sampan.coupons, sampan.tenancy), files: sampan.files, functions: sampan.functions, elastic: sampan.elastic,
                shop: sampan.shop, waitingRooms: sampan.waitingRooms, publicURL: { "" }))
        return router.routes.map { Route(method: $0.method, template: "\($0.path)") }.filter { $0.path(in: "x").hasPrefix("/admin/") }
    }

    private func send(_ node: NodeFixture, _ route: Route, in environment: String, bearer: String?) async throws -> Answer {
        let hasBody = [.post, .put, .patch].contains(route.method)
        return try await node.send(
            route.method, route.path(in: environment), bytes: hasBody ? .init(string: "{}") : nil, bearer: bearer)
    }

    @Test func withoutAKeyNothingIsManaged() async throws {
        try await NodeFixture.with { node async throws in
            let routes = routes(node).filter { Authorisation.rule($0.method.rawValue, $0.template) != .anyone }
            #expect(routes.count >= 66, "the walk covers the API")
            let token = try await node.token(of: "alice")
            for route in routes {
                for (bearer, code) in [(nil, "KEY_MISSING"), ("sk-wrong", "KEY_INVALID"), ("", "KEY_MISSING"), (token, "KEY_INVALID")] {
                    let answer = try await send(node, route, in: node.environment.text, bearer: bearer)
                    #expect(answer.status == 401 && answer.code == code, "\(route.method) \(route.template) with \(bearer ?? "no key"): \(answer.text)")
                }
            }
        }
    }

    /// An answer without what names the request and the environment.
    private static func shape(_ answer: Answer) -> String {
        var object = answer.json.objectValue ?? [:]
        object["requestId"] = nil
        return JSON.object(object).text.replacing(#/env-[a-z0-9]+/#, with: "env")
    }

    @Test func theKeyOfAnotherEnvironmentFindsNothing() async throws {
        try await NodeFixture.with { node async throws in
            let (other, key) = try await node.keyOfAnotherEnvironment()
            let routes = routes(node).filter(\.hasEnvironment)
            #expect(routes.count >= 34)
            for route in routes {
                let answer = try await send(node, route, in: node.environment.text, bearer: key)
                #expect(answer.status == 404 && answer.code == "ENVIRONMENT_NOT_FOUND", "\(route.method) \(route.template): \(answer.status) \(answer.text)")
                let unknown = try await send(node, route, in: "env-unknown", bearer: key)
                #expect(unknown.status == 404)
                #expect(Self.shape(answer) == Self.shape(unknown), "what is another's answers like what does not exist")
            }
            let own = try await node.send(.get, "/admin/v1/environments/\(other)", bearer: key)
            #expect(own.status == 200, "its own it reaches")
            #expect(try node.sampan.tenancy.environment(node.environment).status == .active)
        }
    }

    @Test func anEnvironmentThatDoesNotExistIsNotMade() async throws {
        try await NodeFixture.with { node async throws in
            for route in routes(node) where route.hasEnvironment {
                for name in ["env-unknown", "nonsense", "env-..%2F.."] {
                    let answer = try await send(node, route, in: name, bearer: node.sampan.operatorKey)
                    #expect(
                        answer.status == 404 && answer.code == "ENVIRONMENT_NOT_FOUND",
                        "\(route.method) \(route.template) \(name): \(answer.status) \(answer.text)")
                }
            }
            let folder = node.configuration.data.appendingPathComponent("env")
            let made = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(made.filter { $0 != node.environment.text }.isEmpty)
        }
    }

    @Test func theKeyOfAnEnvironmentDoesNotDoTheOperatorsWork() async throws {
        try await NodeFixture.with { node async throws in
            let (_, key) = try await node.sampan.tenancy.createKey(node.environment, name: "", kind: .management)
            let base = "/admin/v1/environments/\(node.environment)"
            for (method, path) in [
                (.post, "/admin/v1/environments"), (.delete, base), (.post, base + "/suspend"), (.post, base + "/resume"), (.post, base + "/restore"),
            ] as [(HTTPRequest.Method, String)] {
                let answer = try await node.send(method, path, ["name": "x"], bearer: key)
                #expect(answer.status == 403 && answer.code == "PERMISSION_DENIED", "\(method) \(path)")
            }
            _ = try await node.sampan.tenancy.create(name: "other")
            let list = try await node.send(.get, "/admin/v1/environments", bearer: key)
            #expect(list.json["environments"]?.arrayValue?.map { $0["id"] } == [.string(node.environment.text)])
            let me = try await node.send(.get, "/admin/v1/whoami", bearer: key)
            #expect(me.json["kind"] == "key" && me.json["environment"] == .string(node.environment.text) && me.json["operator"] == false)
        }
    }

    @Test func aRevokedKeyStopsWorkingAtOnce() async throws {
        try await NodeFixture.with { node async throws in
            let made = try await node.manage(.post, "/keys", ["name": "ci"])
            let (id, secret) = (try #require(made.json["id"]?.stringValue), try #require(made.json["secret"]?.stringValue))
            let path = "/admin/v1/environments/\(node.environment)"
            #expect(try await node.send(.get, path, bearer: secret).status == 200)
            #expect(!(try await node.manage(.get, "/keys")).text.contains(secret))
            let (_, other) = try await node.keyOfAnotherEnvironment()
            #expect(try await node.send(.delete, "\(path)/keys/\(id)", bearer: other).status == 404)
            #expect(try await node.send(.get, path, bearer: secret).status == 200, "another environment's key cannot revoke it")
            #expect(try await node.manage(.delete, "/keys/\(id)").status == 204)
            #expect(try await node.send(.get, path, bearer: secret).code == "KEY_INVALID")
        }
    }

    @Test func theSecretOfAnAccessKeyOpensNoManagement() async throws {
        try await NodeFixture.with { node async throws in
            let made = try await node.manage(.post, "/keys", ["name": "alipay", "kind": "access"])
            for member in ["id", "secret"] {
                let answer = try await node.send(.get, "/admin/v1/whoami", bearer: made.json[member]?.stringValue)
                #expect(answer.code == "KEY_INVALID")
            }
        }
    }

    @Test func aSessionChangesNothingOnBehalfOfAnotherSite() async throws {
        try await NodeFixture.with { node async throws in
            let session = try #require(try await node.sampan.tenancy.signIn(with: node.sampan.operatorKey))
            func send(_ method: HTTPRequest.Method, _ origin: String?) async throws -> Answer {
                var headers = ["cookie": "sampan_session=\(session)"]
                if let origin { headers["origin"] = origin }
                return try await node.send(method, "/admin/v1/environments", ["name": "x"], headers: headers)
            }
            for origin in [nil, "https://evil.example", "http://localhost.evil.example", "null", "http://evil.example/localhost"] {
                #expect(try await send(.post, origin).code == "CROSS_ORIGIN", "\(origin ?? "none")")
            }
            #expect(node.sampan.tenancy.environments().count == 1)
            #expect(try await send(.post, "http://localhost").status == 201)
            #expect(try await send(.get, nil).status == 200)
        }
    }
}
