import Documents
import Files
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
@Suite(.needsNode, .timeLimit(.minutes(5)))
struct ConsolePagesTests {
    @Test func everyPageOfTheNavigationOpensInBothLanguages() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
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
            let visitor = try await ConsoleVisitor(node)
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
            for forged in ["", String(repeating: "0", count: 64)] {
                let upload = try await visitor.upload("\(visitor.home)/files/upload", [("path", "a.txt")], Array("x".utf8), token: forged)
                #expect(upload.status == 403 && upload.text.contains("FORM_OUTDATED"))
            }
            #expect(try node.sampan.files.list(node.environment, prefix: "", after: "", max: 10).isEmpty)
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
            let visitor = try await ConsoleVisitor(node)
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
            let visitor = try await ConsoleVisitor(node)
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
            let visitor = try await ConsoleVisitor(node)
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
            let visitor = try await ConsoleVisitor(node)
            let page = "\(visitor.home)/files"
            // Larger than one piece of a body.
            let bytes = [UInt8](repeating: 7, count: 3 << 20)
            let uploaded = try await visitor.upload("\(page)/upload", [("path", "images/cup 1.txt")], bytes)
            #expect(uploaded.status == 303 && uploaded.headers[.location] == "\(page)?folder=images%2F")
            #expect(try await visitor.get("\(page)?folder=images%2F").text.contains("images/cup 1.txt is stored"))
            let listed = try await visitor.get("\(page)?prefix=images")
            #expect(listed.text.contains("images/cup 1.txt"))
            #expect(try await !visitor.get("\(page)?prefix=other").text.contains("cup 1"))
            let onward = try await visitor.get("\(page)/download?path=images%2Fcup%201.txt")
            let address = try #require(onward.headers[.location])
            #expect(onward.status == 303 && address.hasPrefix("/files/"))
            #expect(Array(try await node.send(.get, address).body.readableBytesView) == bytes)
            _ = try await visitor.post("\(page)/delete", [("path", "images/cup 1.txt"), ("confirmed", "yes")])
            // The first page after it says what was deleted.
            #expect(try await visitor.get(page).text.contains("is deleted"))
            #expect(try await !visitor.get(page).text.contains(">images/</a>"))
            #expect(try await visitor.audited().prefix(2) == ["file images/cup 1.txt", "file images/cup 1.txt"])
        }
    }

    @Test func anUploadThatFailsSaysWhy() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            let page = "\(visitor.home)/files"
            _ = try await node.manage(.patch, "/quotas", ["fileBytes": 1000])
            for (path, size, code) in [("a//b", 1, "BAD_MEMBER"), ("big.bin", 2 << 20, "QUOTA_EXCEEDED")] {
                let answer = try await visitor.upload("\(page)/upload", [("path", path)], [UInt8](repeating: 1, count: size))
                #expect(answer.status == 303 && answer.headers[.location] == page, "\(path)")
                #expect(try await visitor.get(page).text.contains(code), "\(path)")
            }
            #expect(try node.sampan.files.list(node.environment, prefix: "", after: "", max: 10).isEmpty)
        }
    }

    @Test func filesAreBrowsedByFolder() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            for path in ["a.txt", "images/1.png", "images/2026/x.png", "images/2026/y.png", "images0", "z/1"] {
                let upload = try node.sampan.files.begin(path, CallContext(environment: node.environment, caller: .key, requestID: "r"))
                _ = try await upload.finish()
            }
            func entries(_ folder: String, after: String = "", max: Int = 10) throws -> [String] {
                try node.sampan.files.entries(node.environment, in: folder, after: after, max: max).compactMap {
                    ($0["folder"] ?? $0["path"])?.stringValue
                }
            }
            #expect(try entries("") == ["a.txt", "images/", "images0", "z/"])
            #expect(try entries("images/") == ["images/1.png", "images/2026/"])
            #expect(try entries("images/2026/") == ["images/2026/x.png", "images/2026/y.png"])
            #expect(try entries("none/") == [])
            for after in ["a.txt", "images/", "images0"] {
                let all = try entries("")
                #expect(try entries("", after: after, max: 1) == [all[try #require(all.firstIndex(of: after)) + 1]], "\(after)")
            }
            let page = try await visitor.get("\(visitor.home)/files?folder=images%2F2026")
            #expect(page.text.contains("<h1>2026</h1>") && page.text.contains(">x.png</a>") && page.text.contains("files?folder=images%2F\""))
        }
    }

    @Test func aCollectionIsImportedByAForm() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
            _ = try await visitor.post("\(visitor.home)/database", [("name", "goods")])
            let page = "\(visitor.home)/database/goods"
            let lines = (0..<600).map { "{\"_id\":\"n\($0)\"}\n" }.joined()
            for said in ["600 new, 0 replaced", "0 new, 600 replaced"] {
                let answer = try await visitor.upload("\(page)/import", [("mode", "upsert")], Array(lines.utf8))
                // What is soon over is said at the collection; what is not, on the page of the imports.
                #expect(answer.status == 303 && [page, "\(page)/imports"].contains(answer.headers[.location]))
                while try await visitor.get("\(page)/imports").text.contains("hx-trigger=\"every 1s\"") { try await Task.sleep(for: .milliseconds(20)) }
                #expect(try await visitor.get("\(page)/imports").text.contains(said))
            }
            _ = try await visitor.upload("\(page)/import", [], Array("{\"_id\":\"a\"}\nnothing\n".utf8))
            #expect(try await visitor.get("\(page)/imports").text.contains("Line 2"))
            #expect(try await visitor.upload("\(visitor.home)/database/none/import", [], Array(lines.utf8)).status == 303)
            #expect(try node.sampan.documents.collectionNames(node.environment) == ["goods"])
        }
    }

    @Test func secretsGoInAndNeverComeOut() async throws {
        try await NodeFixture.with { node async throws in
            let visitor = try await ConsoleVisitor(node)
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
            let visitor = try await ConsoleVisitor(node)
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
            let visitor = try await ConsoleVisitor(node)
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
