import Foundation
import HTTPSupport
import HTTPTypes
import Hummingbird
import Kernel
import Testing

@testable import Sampan
@testable import Tenancy

/// The authorisation table against the API's description, and every endpoint against every role.
@Suite(.needsNode) struct AuthorisationTests {
    /// `GET /admin/v1/…` for every operation of the description.
    private static let described: Set<String> = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/api/openapi.yaml")
        var operations: Set<String> = []
        var path = ""
        for line in ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n") {
            if line.hasPrefix("  /") { path = line.dropFirst(2).split(separator: ":")[0].description }
            if let match = line.wholeMatch(of: #/    (get|put|post|patch|delete):/#), path.hasPrefix("/admin/") {
                operations.insert("\(match.1.uppercased()) \(path)")
            }
        }
        return operations
    }()

    @Test func theTableHasEveryEndpointOfTheDescriptionAndNoOther() {
        // A path at the end is one parameter in the description and a wildcard in the router.
        let table = Set(Authorisation.endpoints.keys.map { $0.replacing("/files/**", with: "/files/{path}") })
        #expect(Self.described.count >= 70)
        #expect(table.subtracting(Self.described) == [], "not described")
        #expect(Self.described.subtracting(table) == [], "without a rule")
    }

    @Test func nobodyButTheOperatorHasThePlatform() {
        for role in Role.allCases { #expect(!Authorisation.permissions(of: role).contains(.platformManage)) }
        #expect(Authorisation.permissions(of: .owner) == Set(Permission.allCases).subtracting([.platformManage]))
        for role in Role.allCases where role != .owner { #expect(!Authorisation.permissions(of: role).contains(.organizationOwn)) }
    }

    /// What a role may not do is refused with 403; what it may is not.
    @Test(arguments: Role.allCases) func everyEndpointAsksForItsPermission(role: Role) async throws {
        try await NodeFixture.with { node async throws in
            let organization = try #require(node.sampan.tenancy.organizations.all().first?.id)
            let (_, key) = try await node.sampan.tenancy.createKey(of: organization, name: "role", role: role)
            for (endpoint, rule) in Authorisation.endpoints {
                guard case .may(let permission) = rule else { continue }
                let allowed = Authorisation.permissions(of: role).contains(permission)
                // It never ends by itself.
                if endpoint.hasSuffix("/logs/follow"), allowed { continue }
                let answer = try await Self.call(endpoint, node, organization, key)
                if allowed {
                    #expect(answer.code != "PERMISSION_DENIED" && answer.status != 401, "\(role) \(endpoint): \(answer.text)")
                } else {
                    #expect(answer.status == 403 && answer.code == "PERMISSION_DENIED", "\(role) \(endpoint): \(answer.status) \(answer.text)")
                    #expect(answer.text.contains(permission.rawValue))
                }
            }
        }
    }

    /// An owner of another organization is told nothing: each answer is that of something that does not exist.
    @Test func theOwnerOfAnotherOrganizationLearnsNothing() async throws {
        try await NodeFixture.with { node async throws in
            let own = try #require(node.sampan.tenancy.organizations.all().first?.id)
            let other = try await node.sampan.tenancy.organizations.create(name: "other", kind: .merchant)
            let (_, key) = try await node.sampan.tenancy.createKey(of: other.id, name: "owner", role: .owner)
            for (endpoint, rule) in Authorisation.endpoints {
                guard case .may = rule else { continue }
                let foreign = try await Self.call(endpoint, node, own, key)
                let unknown = try await Self.call(endpoint, node, nil, key)
                #expect(foreign.status == 404 && foreign.code?.hasSuffix("_NOT_FOUND") == true, "\(endpoint): \(foreign.status) \(foreign.text)")
                #expect(Self.shape(foreign) == Self.shape(unknown), "\(endpoint)")
            }
            let listed = try await node.send(.get, "/admin/v1/organizations", bearer: key)
            #expect(listed.json["organizations"]?.arrayValue?.map { $0["id"] } == [.string(other.id.text)])
            #expect(try await node.send(.get, "/admin/v1/environments", bearer: key).json["environments"] == [])
            let made = try await node.send(.post, "/admin/v1/environments", ["name": "x", "organization": .string(own.text)], bearer: key)
            #expect(made.status == 404 && made.code == "ORGANIZATION_NOT_FOUND")
        }
    }

    /// Calls an endpoint in things of `organization` that were made for this call; without one, in things that do not exist.
    private static func call(_ endpoint: String, _ node: NodeFixture, _ organization: OrganizationID?, _ key: String) async throws -> Answer {
        let parts = endpoint.split(separator: " ")
        let method = try #require(HTTPRequest.Method(String(parts[0])))
        var path = String(parts[1])
        var (environment, app) = ("env-unknown", "app-unknown")
        if let organization {
            let tenancy = node.sampan.tenancy
            if path.contains("{env}") { environment = try await tenancy.create(name: "e", in: organization).id.text }
            if path.contains("{app}") { app = try await tenancy.organizations.createApp(.init(["name": "a"]), in: organization).id.text }
        }
        path = path.replacing("{env}", with: environment).replacing("{app}", with: app)
            .replacing("{organization}", with: organization?.text ?? "org-unknown").replacing("{account}", with: "acc-unknown").replacing("**", with: "x")
            .replacing(#/\{[a-z]+\}/#, with: "x")
        let hasBody = [.post, .put, .patch].contains(method)
        return try await node.send(method, path, bytes: hasBody ? .init(string: "{}") : nil, bearer: key)
    }

    private static func shape(_ answer: Answer) -> String {
        var object = answer.json.objectValue ?? [:]
        object["requestId"] = nil
        return JSON.object(object).text.replacing(#/(env|org|app)-[a-z0-9]+/#, with: "id")
    }
}
