import Documents
import Foundation
import Functions
import HTTPSupport
import HTTPTypes
import Hummingbird
import Kernel
import NIOCore
import Tenancy
import Testing

@testable import Sampan

/// The console through a whole node: who is let in, what is refused, and what each page is made of.
@Suite(.needsNode, .timeLimit(.minutes(2)))
struct ConsolePagesTests {
    /// A browser that has signed in.
    private struct Visitor {
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

        func get(_ path: String, language: String = "en") async throws -> Answer {
            try await node.send(.get, path, headers: ["cookie": cookie, "accept-language": language])
        }

        func post(_ path: String, _ fields: [(String, String)], token: String? = nil) async throws -> Answer {
            let all = [("form-token", token ?? self.token)] + fields
            let text = all.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }.joined(separator: "&")
            return try await node.send(
                .post, path, bytes: ByteBuffer(string: text),
                headers: ["cookie": cookie, "origin": "http://localhost", "host": "localhost", "accept-language": "en"])
        }

        var home: String { "/console/env/\(node.environment)" }
    }

    @Test func everyPageOfTheNavigationOpensInBothLanguages() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            let home = try await visitor.get(visitor.home)
            let pages = home.text.matches(of: /<li><a href="(\/console[^"]*)"/).map { String($0.1) }
            #expect(Set(pages).count >= 8)
            for path in Set(pages) {
                for (language, tag) in [("en", "en"), ("zh-CN", "zh-CN")] {
                    let page = try await visitor.get(path, language: language)
                    #expect(page.status == 200 && page.text.contains("<html lang=\"\(tag)\""), "\(path)")
                    #expect(page.text.contains("aria-current=\"page\""), "\(path)")
                    #expect(!page.text.contains("<script>") && page.text.firstMatch(of: #/ on[a-z]+=| style="/#) == nil, "\(path)")
                    let policy = page.headers[.contentSecurityPolicy] ?? ""
                    #expect(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "\(path)")
                }
            }
        }
    }

    @Test func aFormWithoutTheSessionsTokenChangesNothing() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            for (path, fields) in [
                ("/console/environments", [("name", "forged")]), ("\(visitor.home)/keys", [("name", "forged"), ("kind", "management")]),
                ("\(visitor.home)/settings/switches", [("name", "internet"), ("on", "true")]), ("/console/sign-out", []), ("/console/theme", []),
            ] {
                for forged in ["", String(repeating: "0", count: 64)] {
                    let answer = try await visitor.post(path, fields, token: forged)
                    #expect(answer.status == 403 && answer.text.contains("FORM_OUTDATED"), "\(path)")
                }
            }
            #expect(node.sampan.tenancy.environments().count == 1)
            #expect(try node.sampan.tenancy.keys(node.environment).isEmpty)
            #expect(try !node.sampan.tenancy.settings(node.environment).internet)
            #expect(try await visitor.get("/console").status == 200)
            let bytes = try await node.send(
                .put, "\(visitor.home)/files/content?path=a.txt", bytes: ByteBuffer(string: "x"),
                headers: ["cookie": visitor.cookie, "origin": "http://localhost", "host": "localhost"])
            #expect(bytes.status == 403)
        }
    }

    @Test func nobodyIsShownAnythingBeforeSigningIn() async throws {
        try await NodeFixture.with { node async throws in
            for path in ["", "/keys", "/settings", "/database", "/files", "/logs", "/functions", "/functions/x", "/database/x/document"] {
                let answer = try await node.send(.get, "/console/env/\(node.environment)\(path)")
                #expect(answer.status == 303 && answer.headers[.location]?.hasPrefix("/console/sign-in") == true, "\(path)")
            }
            let post = try await node.send(.post, "/console/env/\(node.environment)/keys", bytes: ByteBuffer(string: "kind=management"))
            #expect(post.status == 303)
            #expect(try node.sampan.tenancy.keys(node.environment).isEmpty)
        }
    }

    @Test func whatCannotBeUndoneIsAskedFirst() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            #expect(try await visitor.post("\(visitor.home)/database", [("name", "goods"), ("permission", "PRIVATE")]).status == 303)
            let drop = "\(visitor.home)/database/goods/drop"
            let question = try await visitor.post(drop, [])
            #expect(question.status == 200 && question.text.contains("name=\"confirmed\" value=\"yes\""))
            #expect(try await visitor.get("\(visitor.home)/database/goods").status == 200)
            #expect(try await visitor.post(drop, [("confirmed", "yes")]).status == 303)
            #expect(try await visitor.get("\(visitor.home)/database/goods").status == 404)
        }
    }

    @Test func aDocumentIsInsertedFoundChangedAndDeleted() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            _ = try await visitor.post("\(visitor.home)/database", [("name", "goods"), ("permission", "PRIVATE")])
            let page = "\(visitor.home)/database/goods"
            let added = try await visitor.post("\(page)/document", [("id", ""), ("body", #"{"_id":"cup/1","name":"<b>Tasse</b>","price":12}"#)])
            let address = try #require(added.headers[.location])
            #expect(try await visitor.get(address).text.contains("&lt;b&gt;Tasse&lt;/b&gt;"))
            let wrong = try await visitor.post("\(page)/document", [("id", "\"cup/1\""), ("body", "{\n\"price\": }")])
            #expect(wrong.status == 400 && wrong.text.contains("Line 2") && wrong.text.contains("&quot;price&quot;: }"))
            #expect(wrong.text.contains("aria-invalid=\"true\""))
            let other = try await visitor.post("\(page)/document", [("id", "\"cup/1\""), ("body", #"{"_id":"other"}"#)])
            #expect(other.status == 400)
            #expect(try await visitor.post("\(page)/document", [("id", "\"cup/1\""), ("body", #"{"price":15,"name":"blue cup + saucer"}"#)]).status == 303)
            for (query, isFound) in [
                ("field=price&is=%24gte&value=15", true), ("field=price&value=12", false), ("field=name&value=blue+cup+%2B+saucer", true),
                ("where=%7B%22price%22%3A%7B%22%24lt%22%3A20%7D%7D&sort=price&order=desc", true), ("field=color&is=exists", false),
            ] {
                let answer = try await visitor.get("\(page)?\(query)")
                #expect(answer.text.contains("<code>cup/1</code>") == isFound, "\(query)")
            }
            #expect(try await visitor.get("\(page)?where=%7B").text.contains("role=\"alert\""))
            #expect(try await visitor.post("\(page)/document/delete", [("id", "\"cup/1\""), ("confirmed", "yes")]).status == 303)
            #expect(try await visitor.get(address).status == 404)
        }
    }

    @Test func aNumberAsIdStaysOne() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            _ = try await visitor.post("\(visitor.home)/database", [("name", "goods")])
            let page = "\(visitor.home)/database/goods/document"
            _ = try await visitor.post(page, [("id", ""), ("body", #"{"_id":7,"name":"a"}"#)])
            _ = try await visitor.post(page, [("id", "7"), ("body", #"{"_id":7,"name":"b"}"#)])
            let shown = try await visitor.get("\(page)?id=7")
            #expect(shown.text.contains("&quot;_id&quot;: 7,") && shown.text.contains("&quot;name&quot;: &quot;b&quot;"))
        }
    }

    @Test func filesAreUploadedListedServedAndDeleted() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            let uploaded = try await node.send(
                .put, "\(visitor.home)/files/content?path=images%2Fcup%201.txt", bytes: ByteBuffer(string: "hello"),
                headers: ["cookie": visitor.cookie, "origin": "http://localhost", "host": "localhost", "x-form-token": visitor.token])
            #expect(uploaded.status == 200 && uploaded.json["fileID"]?.stringValue != nil)
            let listed = try await visitor.get("\(visitor.home)/files?prefix=images")
            #expect(listed.text.contains("images/cup 1.txt"))
            #expect(try await !visitor.get("\(visitor.home)/files?prefix=other").text.contains("cup 1"))
            let onward = try await visitor.get("\(visitor.home)/files/download?path=images%2Fcup%201.txt")
            let address = try #require(onward.headers[.location])
            #expect(onward.status == 303 && address.hasPrefix("/files/"))
            #expect(try await node.send(.get, address).text == "hello")
            _ = try await visitor.post("\(visitor.home)/files/delete", [("path", "images/cup 1.txt"), ("confirmed", "yes")])
            // The first page after it says what was deleted.
            #expect(try await visitor.get("\(visitor.home)/files").text.contains("is deleted"))
            #expect(try await !visitor.get("\(visitor.home)/files").text.contains("cup 1"))
        }
    }

    @Test func secretsGoInAndNeverComeOut() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            let settings = "\(visitor.home)/settings"
            _ = try await visitor.post("\(settings)/wechat", [("appId", "wx1"), ("secret", "very-secret")])
            _ = try await visitor.post("\(settings)/wechat", [("appId", "wx2"), ("secret", "")])
            _ = try await visitor.post("\(settings)/variables", [("name", "API_BASE"), ("value", "hidden-value")])
            let kept = try node.sampan.tenancy.settings(node.environment)
            #expect(kept.wechat.appID == "wx2" && kept.wechat.secret == "very-secret" && kept.variables == ["API_BASE": "hidden-value"])
            let page = try await visitor.get(settings)
            #expect(page.text.contains("wx2") && page.text.contains("API_BASE"))
            #expect(!page.text.contains("very-secret") && !page.text.contains("hidden-value"))
            _ = try await visitor.post("\(settings)/variables/remove", [("name", "API_BASE"), ("confirmed", "yes")])
            #expect(try node.sampan.tenancy.settings(node.environment).variables.isEmpty)
        }
    }

    @Test func listsSortFilterAndPage() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            for number in 10..<70 { _ = try await node.sampan.documents.createCollection("c\(number)", permission: nil, node.environment) }
            func names(_ query: String) async throws -> [String] {
                try await visitor.get("\(visitor.home)/database\(query)").text.matches(of: /database\/(c\d\d)"/).map { String($0.1) }
            }
            #expect(try await names("") == (10..<60).map { "c\($0)" })
            #expect(try await names("?page=2") == (60..<70).map { "c\($0)" })
            #expect(try await names("?sort=-name").first == "c69")
            #expect(try await names("?q=C4") == (40..<50).map { "c\($0)" })
            #expect(try await names("?q=C4&sort=-name").last == "c40")
            #expect(try await names("?q=none") == [])
        }
    }

    @Test func languageAndThemeAreRemembered() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await Visitor(node)
            for (path, fields, cookie, mark) in [
                ("/console/theme", [("theme", "dark"), ("back", "/console")], "theme=dark", "media=\"all\""),
                ("/console/language", [("lang", "zh-CN"), ("back", "/console")], "lang=zh-CN", "<html lang=\"zh-CN\""),
            ] {
                let answer = try await visitor.post(path, fields)
                let set = answer.headers[.setCookie] ?? ""
                #expect(answer.status == 303 && set.hasPrefix(cookie) && set.lowercased().contains("samesite=strict"))
                let page = try await node.send(.get, "/console", headers: ["cookie": "\(visitor.cookie); \(cookie)", "accept-language": "en"])
                #expect(page.text.contains(mark))
            }
        }
    }

    @Test func assetsAreKeptByBrowsersAndCompressedWhereTheyCanBe() async throws {
        try await NodeFixture.with { node async throws in
            let page = try await node.send(.get, "/console/sign-in")
            let base = String(try #require(page.text.firstMatch(of: /"(\/console\/assets\/[0-9a-f]{12})\/console.css"/)).1)
            let style = try await node.send(.get, "\(base)/console.css")
            #expect(style.status == 200 && style.headers[.cacheControl]?.contains("immutable") == true)
            let stale = try await node.send(.get, "/console/assets/000000000000/console.css")
            #expect(stale.status == 200 && stale.headers[.cacheControl] == "no-cache")
            #expect(try await node.send(.get, "\(base)/nothing.js").status == 404)
            // This node's home has no share/console: pages say nothing of htmx and work.
            #expect(!page.text.contains("htmx.min.js"))
        }
    }
}
