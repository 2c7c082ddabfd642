import Foundation
import Functions
import HTTPSupport
import HTTPTypes
import Kernel
import NIOCore
import Tenancy
import Testing

@testable import Sampan

/// Two people at the same forms of the console: nobody overwrites what they have not seen.
@Suite(.needsNode, .timeLimit(.minutes(5)))
struct ConsoleChangesTests {
    /// A form that is opened once and sent twice, the second time with what was true before the first.
    private struct Change {
        let page: String
        let action: String
        let first: [(String, String)]
        let second: [(String, String)]
    }

    @Test func aFormThatShowedAnOlderStateChangesNothing() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            for change in try await Self.changes(node, visitor) {
                let tag = try await visitor.tag(of: change.action, on: change.page)
                #expect(try await visitor.post(change.action, change.first + [("tag", tag), ("confirmed", "yes")]).status == 303)
                #expect(try await !visitor.get(change.page).text.contains("CHANGED_MEANWHILE"), "\(change.action)")
                let fresh = try await visitor.tag(of: change.action, on: change.page)
                #expect(fresh != tag, "\(change.action)")
                #expect(try await visitor.post(change.action, change.second + [("tag", tag), ("confirmed", "yes")]).status == 303)
                // The page that comes back says so, with the state as it is.
                #expect(try await visitor.get(change.page).text.contains("CHANGED_MEANWHILE"), "\(change.action)")
                #expect(try await visitor.tag(of: change.action, on: change.page) == fresh, "\(change.action)")
            }
        }
    }

    private static func changes(_ node: NodeFixture, _ visitor: ConsoleVisitor) async throws -> [Change] {
        let tenancy = node.sampan.tenancy
        let organization = try #require(tenancy.organizations.all().first?.id)
        let app = try await tenancy.organizations.createApp(.init(name: "Tea", alipayAppID: "", wechatAppID: ""), in: organization)
        let (_, token, _) = try await tenancy.organizations.invite("an@tea.example", as: .viewer, app: nil, to: organization, by: "test", .en)
        let account = try await tenancy.organizations.accept(token: token, name: "An", password: "seven hens on a bridge").0
        #expect(try await node.manage(.post, "/collections", ["name": "goods"]).status == 201)
        try await deploy("greet", node)
        try await deploy("greet", node)
        let settings = "\(visitor.home)/settings"
        let people = "/console/people/\(organization)"
        let (goods, greet) = ("\(visitor.home)/database/goods", "\(visitor.home)/functions/greet")
        return [
            Change(
                page: settings, action: "\(settings)/environment", first: [("name", "one"), ("stage", "development")],
                second: [("name", "two"), ("stage", "production")]),
            Change(page: settings, action: "\(settings)/wechat", first: [("appId", "wx1"), ("secret", "s1")], second: [("appId", "wx1"), ("secret", "s2")]),
            Change(page: settings, action: "\(settings)/variables", first: [("name", "A"), ("value", "1")], second: [("name", "A"), ("value", "2")]),
            Change(
                page: "/console/organizations/\(organization)", action: "/console/organizations/\(organization)/name", first: [("name", "one")],
                second: [("name", "two")]),
            Change(
                page: "/console/organizations/\(organization)", action: "/console/organizations/\(organization)/apps/\(app.id)",
                first: [("name", "one"), ("wechatAppId", "wx1")], second: [("name", "two"), ("wechatAppId", "wx2")]),
            Change(page: people, action: "\(people)/members/\(account.id)/role", first: [("role", "analyst")], second: [("role", "developer")]),
            Change(page: goods, action: "\(goods)/permission", first: [("permission", "READONLY")], second: [("permission", "ADMINONLY")]),
            Change(page: greet, action: "\(greet)/traffic", first: [("share-1", "30"), ("share-2", "70")], second: [("share-1", "0"), ("share-2", "100")]),
            Change(
                page: greet, action: "\(greet)/triggers", first: [("name", "t1"), ("preset", "0 0 9 * * *"), ("catchUp", "once")],
                second: [("name", "t2"), ("preset", "0 0 9 * * *"), ("catchUp", "once")]),
        ]
    }

    private static func deploy(_ name: String, _ node: NodeFixture) async throws {
        let code = ByteBuffer(string: "exports.main = async () => 1")
        let hash = try await upload(code, node)
        let version: JSON = ["files": [["path": "index.js", "hash": .string(hash)]], "force": true]
        #expect(try await node.manage(.post, "/functions/\(name)/versions", version).status == 201)
    }

    private static func upload(_ bytes: ByteBuffer, _ node: NodeFixture) async throws -> String {
        let hash = String(buffer: bytes).sha256Hex
        let path = "/admin/v1/environments/\(node.environment)/blobs/\(hash)"
        #expect(try await node.send(.put, path, bytes: bytes, bearer: node.sampan.operatorKey).status == 204)
        return hash
    }

    // MARK: Functions

    @Test func aTriggerIsAddedAndRemovedByForms() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            try await Self.deploy("greet", node)
            let page = "\(visitor.home)/functions/greet"
            func triggers() throws -> [JSON] { try node.sampan.functions.detail(of: "greet", in: node.environment)["triggers"]?.arrayValue ?? [] }
            let typed = [("name", "n"), ("preset", "0 * * * * *"), ("schedule", "0 99 * * * *"), ("catchUp", "skip")]
            let wrong = try await visitor.post("\(page)/triggers", typed)
            #expect(wrong.status == 400 && wrong.text.contains("value=\"0 99 * * * *\"") && wrong.text.contains("aria-invalid=\"true\""))
            #expect(wrong.text.contains("does not fit field 2") && wrong.text.contains("<option value=\"skip\" selected>"))
            #expect(try triggers() == [])
            #expect(try await visitor.post("\(page)/triggers", [("name", "n"), ("preset", ""), ("catchUp", "once")]).status == 400)
            let fields = [("name", "mornings"), ("preset", "0 0 9 * * *"), ("schedule", ""), ("argument", "stock"), ("catchUp", "skip")]
            #expect(try await visitor.post("\(page)/triggers", fields).headers[.location] == "\(page)#triggers")
            #expect(try triggers() == [["name": "mornings", "type": "timer", "config": "0 0 9 * * *", "catchUp": "skip", "argument": "stock"]])
            let shown = try await visitor.get(page).text
            // The clock stands at 8 in the morning in Beijing.
            #expect(shown.contains("2026-11-22 01:00:00 UTC") && shown.contains("every day at 9:00"))
            #expect(try await visitor.post("\(page)/triggers", fields).status == 400, "each name once")
            let asked = try await visitor.post("\(page)/triggers/remove", [("name", "mornings")])
            #expect(asked.status == 200 && asked.text.contains("name=\"confirmed\""))
            #expect(try await visitor.post("\(page)/triggers/remove", [("name", "mornings"), ("confirmed", "yes")]).status == 303)
            #expect(try triggers() == [])
            #expect(try await visitor.audited().first == "function greet")
        }
    }

    @Test func callsAreDividedByAForm() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            for _ in 0..<3 { try await Self.deploy("greet", node) }
            let page = "\(visitor.home)/functions/greet"
            func traffic() throws -> JSON? { try node.sampan.functions.detail(of: "greet", in: node.environment)["traffic"] }
            _ = try await visitor.post("\(page)/traffic", [("share-3", "70"), ("share-1", "30"), ("share-2", "")])
            let divided: JSON = [["version": 1, "weight": 30], ["version": 3, "weight": 70]]
            #expect(try traffic() == divided)
            for wrong in [[("share-1", "x")], [("share-x", "1")], [("share-1", "0")], [("share-9", "1")], [("share-1", "-1")]] {
                #expect(try await visitor.post("\(page)/traffic", wrong).status == 303)
                #expect(try await visitor.get(page).text.contains("class=\"notice bad\""), "\(wrong)")
                #expect(try traffic() == divided)
            }
            _ = try await visitor.post("\(page)/current", [("version", "2"), ("confirmed", "yes")])
            #expect(try traffic() == [["version": 2, "weight": 100]])
            #expect(try await visitor.audited().first == "function greet")
        }
    }

    @Test func aFunctionIsDeletedByItsNameInProduction() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            try await Self.deploy("greet", node)
            _ = try await node.sampan.tenancy.change(node.environment, ["stage": "production"])
            let page = "\(visitor.home)/functions/greet"
            #expect(try await visitor.get(page).text.contains("name=\"typed\""))
            #expect(try await visitor.post("\(page)/delete", [("typed", "greet")]).text.contains("name=\"confirmed\""))
            _ = try await visitor.post("\(page)/delete", [("typed", "other"), ("confirmed", "yes")])
            #expect(try await visitor.get(page).text.contains("NAME_DIFFERS"))
            let deleted = try await visitor.post("\(page)/delete", [("typed", "greet"), ("confirmed", "yes")])
            #expect(deleted.headers[.location] == "\(visitor.home)/functions")
            #expect(!node.sampan.functions.exists("greet", in: node.environment))
        }
    }

    /// Log lines may say anything of customers: a role without logs is shown none on a function's page either.
    @Test func aFunctionsPageShowsItsLogsToWhoMaySeeLogs() async throws {
        try await NodeFixture.with { node async throws in
            try await Self.deploy("greet", node)
            let organizations = node.sampan.tenancy.organizations
            let organization = try #require(organizations.all().first?.id)
            let path = "/console/env/\(node.environment)/functions/greet"
            for (role, seesLogs) in [(Role.viewer, false), (.operator, true)] {
                let email = "\(role.rawValue)@tea.example"
                let (_, token, _) = try await organizations.invite(email, as: role, app: nil, to: organization, by: "test", .en)
                _ = try await organizations.accept(token: token, name: "An", password: "seven hens on a bridge")
                let form = ByteBuffer(string: "email=\(email)&password=seven+hens+on+a+bridge")
                let signedIn = try await node.send(
                    .post, "/console/sign-in", bytes: form, headers: ["content-type": "application/x-www-form-urlencoded"])
                let cookie = String(try #require(signedIn.headers[.setCookie]).prefix { $0 != ";" })
                let page = try await node.send(.get, path, headers: ["cookie": cookie])
                #expect(page.status == 200 && page.text.contains("id=\"log-lines\"") == seesLogs, "\(role)")
                // What neither may do they are not offered.
                #expect(!page.text.contains("id=\"trigger-form\"") && !page.text.contains("id=\"delete-form\""), "\(role)")
            }
        }
    }

    // MARK: Documents

    @Test func twoEditorsOfADocument() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            _ = try await visitor.post("\(visitor.home)/database", [("name", "goods")])
            let form = "\(visitor.home)/database/goods/document"
            _ = try await visitor.post(form, [("id", ""), ("body", #"{"_id":"cup","price":1,"at":{"$date":1769846400000}}"#)])
            let page = "\(form)?id=%22cup%22"
            let tag = try await visitor.tag(of: form, on: page)
            func save(_ price: Int, _ tag: String) async throws -> Answer {
                try await visitor.post(form, [("id", "\"cup\""), ("tag", tag), ("body", "{\"_id\":\"cup\",\"price\":\(price)}")])
            }
            #expect(try await save(2, tag).status == 303)
            let refused = try await save(3, tag)
            #expect(refused.status == 412 && refused.text.contains("&quot;price&quot;:3") && refused.text.contains("&quot;price&quot;: 2"))
            let next = String(try #require(refused.text.firstMatch(of: /name="tag" value="([^"]+)"/)).1).replacingOccurrences(of: "&quot;", with: "\"")
            #expect(next != tag)
            #expect(try await save(3, next).status == 303)
            #expect(try await visitor.get(page).text.contains("&quot;price&quot;: 3"))

            let last = try await visitor.tag(of: form, on: page)
            _ = try await visitor.post("\(form)/delete", [("id", "\"cup\""), ("confirmed", "yes")])
            let gone = try await save(4, last)
            #expect(gone.status == 412 && gone.text.contains("has deleted this document") && gone.text.contains("name=\"id\" value=\"\""))
            #expect(try await visitor.get(page).status == 404)
        }
    }

    @Test func ofManyEditorsAtOnceOneSaves() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            _ = try await visitor.post("\(visitor.home)/database", [("name", "goods")])
            let form = "\(visitor.home)/database/goods/document"
            _ = try await visitor.post(form, [("id", ""), ("body", #"{"_id":"cup"}"#)])
            let tag = try await visitor.tag(of: form, on: "\(form)?id=%22cup%22")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for price in 0..<20 {
                    group.addTask { try await visitor.post(form, [("id", "\"cup\""), ("tag", tag), ("body", "{\"price\":\(price)}")]).status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 303 } == 1 && statuses.count { $0 == 412 } == 19)
        }
    }
}
