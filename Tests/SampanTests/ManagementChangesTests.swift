import Foundation
import HTTPSupport
import HTTPTypes
import Kernel
import NIOCore
import Testing

@testable import Sampan
@testable import Tenancy

/// Changes by two people, requests that come twice, and lists in pages.
@Suite(.needsNode) struct ManagementChangesTests {
    private struct Thing: Sendable {
        let path: String
        var change: HTTPRequest.Method = .patch
        var changePath: String?
        let first: JSON
        let second: JSON
    }

    /// Whatever has a tag refuses a change by somebody who has seen an older state, and does nothing.
    @Test func whatOneHasNotSeenOneDoesNotOverwrite() async throws {
        try await NodeFixture.with { node async throws in
            for thing in try await Self.things(node) {
                let read = try await Self.send(node, .get, thing.path)
                let tag = try #require(read.headers[.eTag], "\(thing.path)")
                #expect(try await Self.send(node, .get, thing.path).headers[.eTag] == tag)
                let target = thing.changePath ?? thing.path
                let changed = try await Self.send(node, thing.change, target, thing.first, ifMatch: tag)
                #expect(changed.status == 200, "\(thing.path) \(changed.text)")
                let between = try await Self.send(node, .get, thing.path)
                #expect(between.headers[.eTag] != tag, "\(thing.path)")
                let refused = try await Self.send(node, thing.change, target, thing.second, ifMatch: tag)
                #expect(refused.status == 412 && refused.code == "CHANGED_MEANWHILE", "\(thing.path) \(refused.text)")
                let after = try await Self.send(node, .get, thing.path)
                #expect(after.text == between.text && after.headers[.eTag] == between.headers[.eTag])
                let several = try await Self.send(
                    node, thing.change, target, thing.second, ifMatch: "\"other\", \(between.headers[.eTag] ?? "")")
                #expect(several.status == 200, "\(several.text)")
                #expect(try await Self.send(node, thing.change, target, thing.first, ifMatch: "*").status == 200)
                #expect(try await Self.send(node, thing.change, target, thing.second).status == 200)
            }
        }
    }

    private static func things(_ node: NodeFixture) async throws -> [Thing] {
        let tenancy = node.sampan.tenancy
        let organization = try #require(tenancy.organizations.all().first?.id)
        let app = try await tenancy.organizations.createApp(.init(["name": "a"]), in: organization)
        let account = try await member("an@example.com", .viewer, organization, node)
        let environment = "/admin/v1/environments/\(node.environment)"
        #expect(try await node.manage(.post, "/collections", ["name": "goods"]).status == 201)
        return [
            Thing(path: "/admin/v1/organizations/\(organization)", first: ["name": "x"], second: ["name": "y"]),
            Thing(path: "/admin/v1/apps/\(app.id)", first: ["wechatAppId": "wx1"], second: ["wechatAppId": "wx2"]),
            Thing(path: environment, first: ["name": "x"], second: ["stage": "production"]),
            Thing(path: "\(environment)/settings", first: ["wechat": ["appSecret": "one"]], second: ["wechat": ["appSecret": "two"]]),
            Thing(path: "\(environment)/collections/goods", first: ["permission": "READONLY"], second: ["permission": "ADMINONLY"]),
            Thing(
                path: "/admin/v1/organizations/\(organization)/members", change: .put,
                changePath: "/admin/v1/organizations/\(organization)/members/\(account.id)", first: ["role": "analyst"], second: ["role": "operator"]),
        ]
    }

    /// Of many who change the same state at once, one may.
    @Test func ofManyAtOnceOneMay() async throws {
        try await NodeFixture.with { node async throws in
            let path = "/admin/v1/environments/\(node.environment)"
            let tag = try #require(try await Self.send(node, .get, path).headers[.eTag])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<20 { group.addTask { try await Self.send(node, .patch, path, ["name": .string("n\(number)")], ifMatch: tag).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 412 } == 19)
        }
    }

    // MARK: Requests that come twice

    @Test func aRepeatedRequestIsAnsweredAndDoesNothing() async throws {
        try await NodeFixture.with { node async throws in
            let organization = try #require(node.sampan.tenancy.organizations.all().first?.id)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await Self.send(node, .post, "/admin/v1/environments/\(node.environment)/keys", ["name": "ci"], key: "k1") }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(Set(answers.map(\.text)).count == 1 && answers.allSatisfy { $0.status == 201 })
            #expect(answers.count { $0.headers[HTTPField.Name("idempotent-replayed")!] == "true" } == 7)
            #expect(try node.sampan.tenancy.keys(node.environment).count == 1)
            let secret = try #require(answers[0].json["secret"]?.stringValue)
            #expect(try await node.send(.get, "/admin/v1/whoami", bearer: secret).status == 200)
            let kept = try Data(contentsOf: node.folder.appendingPathComponent("data/control.sqlite-wal"))
            #expect(kept.range(of: Data(secret.utf8)) == nil, "the kept answer shows the secret")
            let audit = try node.sampan.tenancy.audit.entries(of: organization, AuditLog.Query())
            #expect(audit.count { $0["action"]?.stringValue?.hasSuffix("/keys") == true } == 1)

            let other = try await Self.send(node, .post, "/admin/v1/environments/\(node.environment)/keys", ["name": "other"], key: "k1")
            #expect(other.status == 422 && other.code == "IDEMPOTENCY_MISMATCH")
            // Keys are the caller's own.
            let foreign = try await node.send(
                .post, "/admin/v1/environments/\(node.environment)/keys", ["name": "other"], bearer: secret, headers: ["idempotency-key": "k1"])
            #expect(foreign.status == 201)
            node.time.advance(milliseconds: 24 * 3_600_000)
            let late = try await Self.send(node, .post, "/admin/v1/environments/\(node.environment)/keys", ["name": "ci"], key: "k1")
            #expect(late.status == 201 && late.json["secret"] != answers[0].json["secret"])
        }
    }

    @Test func whatWasRefusedCanBeTriedAgain() async throws {
        try await NodeFixture.with { node async throws in
            #expect(try await Self.send(node, .post, "/admin/v1/environments", ["name": ""], key: "k").status == 400)
            #expect(try await Self.send(node, .post, "/admin/v1/environments", ["name": "n"], key: "k").status == 201)
            #expect(try await Self.send(node, .post, "/admin/v1/environments", ["name": "n"], key: String(repeating: "k", count: 129)).status == 400)
            let path = "/admin/v1/environments/\(node.environment)/import?collection=goods"
            #expect(try await Self.send(node, .post, path, [:], key: "k").code == "BAD_MEMBER")
        }
    }

    /// A request that the server did not live to answer.
    @Test func whatIsNotKnownIsNotDoneAgain() async throws {
        try await NodeFixture.with { node async throws in
            let body: JSON = ["name": "n"]
            #expect(try await Self.send(node, .post, "/admin/v1/environments", body, key: "k").status == 201)
            // As it stands after a crash: begun under this key, and no more.
            let kept = try #require(try node.sampan.tenancy.answers.find("k", of: "operator ", since: 0))
            try await node.sampan.tenancy.answers.begin("k", of: "operator ", fingerprint: kept.fingerprint, now: node.time.now)
            let unknown = try await Self.send(node, .post, "/admin/v1/environments", body, key: "k")
            #expect(unknown.status == 409 && unknown.code == "FIRST_ANSWER_UNKNOWN")
            #expect(node.sampan.tenancy.environments().count { $0.name == "n" } == 1)
            node.time.advance(milliseconds: 25 * 3_600_000)
            try await node.sampan.tenancy.sweep()
            #expect(try node.sampan.tenancy.answers.find("k", of: "operator ", since: 0) == nil)
        }
    }

    // MARK: Lists

    /// Pages put together are the list, whatever their size, also when a row goes between two pages.
    @Test func pagesMakeTheWhole() async throws {
        try await NodeFixture.with { node async throws in
            let tenancy = node.sampan.tenancy
            let organization = try #require(tenancy.organizations.all().first?.id)
            for number in 0..<7 {
                if number.isMultiple(of: 2) { node.time.advance(milliseconds: 1) }
                _ = try await tenancy.create(name: "Shop \(number)", in: organization, stage: number < 3 ? .production : .development)
                _ = try await tenancy.organizations.createApp(.init(["name": .string("App \(number)")]), in: organization)
                _ = try await tenancy.createKey(of: organization, name: "key \(number)", role: number < 2 ? .viewer : .developer)
                _ = try await tenancy.organizations.create(name: "Org \(number)", kind: number < 4 ? .isv : .merchant)
                _ = try await Self.member("m\(number)@example.com", number < 5 ? .viewer : .analyst, organization, node)
                #expect(try await node.manage(.post, "/collections", ["name": .string("c\(number)")]).status == 201)
            }
            let place = "/admin/v1/organizations/\(organization)"
            let environment = "/admin/v1/environments/\(node.environment)"
            for (path, name, whole) in [
                ("/admin/v1/environments", "environments", 8), ("\(place)/apps", "apps", 7), ("\(place)/keys", "keys", 7),
                ("/admin/v1/organizations", "organizations", 8), ("\(place)/members", "members", 7), ("\(environment)/collections", "collections", 7),
                ("/admin/v1/accounts", "accounts", 7), ("/admin/v1/environments?stage=production", "environments", 3),
                ("/admin/v1/environments?search=SHOP", "environments", 7), ("/admin/v1/environments?search=shop+4", "environments", 1),
                ("\(place)/keys?role=viewer", "keys", 2), ("/admin/v1/organizations?kind=isv", "organizations", 4),
                ("\(place)/members?role=analyst", "members", 2), ("/admin/v1/accounts?search=M3@", "accounts", 1), ("\(place)/apps?search=app%206", "apps", 1),
            ] {
                for limit in [1, 3, 7, 1000] {
                    let rows = try await Self.pages(node, path, name, limit: limit)
                    #expect(rows.count == whole && Set(rows.map(\.text)).count == whole, "\(path) limit \(limit): \(rows.count)")
                }
            }
            for bad in ["limit=0", "limit=1001", "limit=x", "after=\(String(repeating: "9", count: 300))", "stage=x", "status=y"] {
                #expect(try await Self.send(node, .get, "/admin/v1/environments?\(bad)").code == "BAD_MEMBER", "\(bad)")
            }
            let page = try await Self.send(node, .get, "\(environment)/collections?limit=3")
            let next = try #require(page.json["next"]?.stringValue)
            #expect(try await node.manage(.delete, "/collections/c2").status == 204)
            let rest = try await Self.send(node, .get, "\(environment)/collections?limit=100&after=\(next)")
            #expect(rest.json["collections"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["c3", "c4", "c5", "c6"])
        }
    }

    private static func pages(_ node: NodeFixture, _ path: String, _ name: String, limit: Int) async throws -> [JSON] {
        var (rows, after): ([JSON], String?) = ([], nil)
        repeat {
            let mark = after.map { "&after=\($0)" } ?? ""
            let page = try await send(node, .get, "\(path)\(path.contains("?") ? "&" : "?")limit=\(limit)\(mark)")
            let found = page.json[name]?.arrayValue ?? []
            #expect(found.count <= limit)
            rows += found
            after = page.json["next"]?.stringValue
        } while after != nil && rows.count < 100
        return rows
    }

    // MARK: Accounts

    /// The members of the operator's own organization look after all of them; nobody else sees everybody's accounts.
    @Test func theOperatorsPeopleCareForAccounts() async throws {
        try await NodeFixture.with { node async throws in
            let tenancy = node.sampan.tenancy
            let place = try #require(tenancy.organizations.all().first?.id)
            let owner = try await Self.member("owner@example.com", .owner, place, node)
            let house = try await tenancy.organizations.create(name: "Platform", kind: .operator)
            let admin = try await Self.member("admin@example.com", .admin, house.id, node)
            let watcher = try await Self.member("watcher@example.com", .viewer, house.id, node)
            let (ownerToken, adminToken) = (try await tenancy.accounts.begin(owner.id, .test), try await tenancy.accounts.begin(admin.id, .test))
            let watcherToken = try await tenancy.accounts.begin(watcher.id, .test)

            #expect(try await node.send(.get, "/admin/v1/whoami", bearer: adminToken).json["operator"] == true)
            #expect(try await node.send(.get, "/admin/v1/whoami", bearer: watcherToken).json["operator"] == false)
            #expect(try await node.send(.get, "/admin/v1/environments/\(node.environment)", bearer: watcherToken).status == 200)
            #expect(try await node.send(.post, "/admin/v1/environments/\(node.environment)/suspend", bearer: watcherToken).status == 403)
            #expect(try await node.send(.post, "/admin/v1/organizations", ["name": "x"], bearer: watcherToken).status == 403)
            #expect(try await node.send(.post, "/admin/v1/organizations", ["name": "x"], bearer: adminToken).status == 201)

            for (method, path) in [
                (HTTPRequest.Method.get, ""), (.delete, "/\(admin.id)"), (.post, "/\(admin.id)/password-reset"), (.delete, "/\(admin.id)/second-factor"),
                (.delete, "/acc-unknown"),
            ] {
                for token in [ownerToken, watcherToken] {
                    let refused = try await node.send(method, "/admin/v1/accounts\(path)", bearer: token)
                    #expect(refused.status == 403 && refused.code == "PERMISSION_DENIED", "\(method) \(path)")
                }
            }
            #expect(try await node.send(.delete, "/admin/v1/accounts/\(owner.id)", bearer: adminToken).code == "LAST_OWNER")
            let reset = try await node.send(.post, "/admin/v1/accounts/\(owner.id)/password-reset", bearer: adminToken)
            let token = try #require(reset.json["token"]?.stringValue)
            #expect(reset.json["link"] == .string("https://cloud.example/console/password?token=\(token)"))
            let set = try await node.send(.put, "/admin/v1/password-resets", ["token": .string(token), "password": "another wooden boat"])
            #expect(set.status == 204)
            #expect(try await node.send(.get, "/admin/v1/whoami", bearer: ownerToken).status == 401)
            #expect(try await tenancy.accounts.signIn(email: "owner@example.com", password: "another wooden boat", code: nil, .test).1.id == owner.id)

            let gone = try await node.send(.delete, "/admin/v1/accounts/\(watcher.id)", bearer: adminToken)
            #expect(gone.status == 204)
            #expect(try await node.send(.get, "/admin/v1/whoami", bearer: watcherToken).status == 401)
            #expect(try tenancy.organizations.members(of: house.id).map(\.account) == [admin.id])
            #expect(try await node.send(.delete, "/admin/v1/accounts/\(watcher.id)", bearer: adminToken).code == "ACCOUNT_NOT_FOUND")
        }
    }

    /// One's own account ends with the password, unless an organization would have no owner.
    @Test func oneMayLeave() async throws {
        try await NodeFixture.with { node async throws in
            let tenancy = node.sampan.tenancy
            let place = try #require(tenancy.organizations.all().first?.id)
            let (owner, viewer) = (
                try await Self.member("owner@example.com", .owner, place, node), try await Self.member("viewer@example.com", .viewer, place, node)
            )
            let (ownerToken, viewerToken) = (try await tenancy.accounts.begin(owner.id, .test), try await tenancy.accounts.begin(viewer.id, .test))
            let password: JSON = ["password": .string(Self.password)]
            #expect(try await node.send(.delete, "/admin/v1/account", password, bearer: ownerToken).code == "LAST_OWNER")
            #expect(try await node.send(.delete, "/admin/v1/account", ["password": "wrong"], bearer: viewerToken).code == "PASSWORD_WRONG")
            #expect(try await node.send(.delete, "/admin/v1/account", password, bearer: viewerToken).status == 204)
            #expect(try await node.send(.get, "/admin/v1/whoami", bearer: viewerToken).status == 401)
            #expect(try tenancy.organizations.members(of: place).map(\.account) == [owner.id])
            let seen = try tenancy.audit.entries(of: place, AuditLog.Query())
            #expect(seen.contains { $0["action"] == "account-removed" && $0["target"] == .string("account \(viewer.id)") })
            // What somebody does about themselves is seen where they work.
            #expect(try await node.send(.patch, "/admin/v1/account", ["name": "Mei"], bearer: ownerToken).status == 200)
            let named = try tenancy.audit.entries(of: place, AuditLog.Query())
            #expect(named.contains { $0["action"] == "PATCH /admin/v1/account" && $0["after"]?["name"] == "Mei" })
        }
    }

    private static let password = "a wooden boat at night"

    private static func member(_ email: String, _ role: Role, _ organization: OrganizationID, _ node: NodeFixture) async throws -> Account {
        let organizations = node.sampan.tenancy.organizations
        let (_, token, _) = try await organizations.invite(email, as: role, app: nil, to: organization, by: "test", .en)
        return try await organizations.accept(token: token, name: "A", password: password).0
    }

    private static func send(
        _ node: NodeFixture, _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, ifMatch: String? = nil, key: String? = nil
    ) async throws -> Answer {
        var headers: [String: String] = [:]
        if let ifMatch { headers["if-match"] = ifMatch }
        if let key { headers["idempotency-key"] = key }
        return try await node.send(
            method, path, bytes: body.map { .init(bytes: $0.serialized()) }, bearer: node.sampan.operatorKey, headers: headers)
    }
}

extension Accounts.Client {
    fileprivate static let test = Accounts.Client(userAgent: "test", ip: "127.0.0.1")
}
