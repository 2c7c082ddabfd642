import Foundation
import Kernel
import Testing

@testable import Documents

/// The examples of `docs/database.md`, asked of the documents that the page describes: what stands there is what is answered.
@Suite struct DocumentedExplainTests {
    private static let size: Int64 = 2000

    /// The requests of the page and what it says is answered, in its order.
    private static func examples(_ page: String) throws -> [(request: JSON, explained: JSON)] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/\(page)"), encoding: .utf8)
        return try text.components(separatedBy: "```json\n").dropFirst().map { block in
            let lines = (block.components(separatedBy: "```").first ?? "").split(separator: "\n", maxSplits: 1).map(String.init)
            return (try JSON(parsing: lines[0]), try #require(try JSON(parsing: lines[1])["explain"]))
        }
    }

    /// The time is another one each time.
    private static func timeless(_ explained: JSON) -> JSON {
        var members = explained.objectValue ?? [:]
        members["milliseconds"] = nil
        return .object(members)
    }

    @Test(arguments: TestEngine.allCases) func thePageSaysWhatIsAnswered(_ engine: TestEngine) async throws {
        let examples = try Self.examples("database.md")
        #expect(examples.count == 5)
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await Self.fill(base)
            for example in examples {
                let explained = try #require(try await base.perform(example.request)["explain"])
                #expect(Self.timeless(explained) == Self.timeless(example.explained), "\(example.request.text)\n\(explained.text)")
            }
        }
    }

    @Test func bothLanguagesHaveTheSameExamples() throws {
        let (english, chinese) = (try Self.examples("database.md"), try Self.examples("database.zh-CN.md"))
        #expect(english.count == chinese.count)
        for (left, right) in zip(english, chinese) { #expect(left.request == right.request && left.explained == right.explained) }
    }

    /// 2,000 goods of four categories and 40 suppliers, 2,000 orders of 30 shops, 200 shops around one place.
    private static func fill(_ base: DatabaseFixture) async throws {
        let goods = (0..<size).map { n -> JSON in
            [
                "_id": .string("g\(n)"), "category": .string(["tea", "cake", "milk", "gift"][Int(n % 4)]), "price": .int(n * 37 % 1000),
                "supplier": .string("s-\(n % 40)"), "addedAt": .date(1_700_000_000_000 + n * 1000),
            ]
        }
        let orders = (0..<size).map { n -> JSON in
            ["_id": .string("o\(n)"), "state": n % 2 == 0 ? "paid" : "open", "shop": .string("shop-\(n % 30)"), "total": .int(n % 100)]
        }
        let shops = (0..<size / 10).map { n -> JSON in
            let place: JSON = [.double(120 + Double(n % 20) / 50), .double(30.1 + Double(n / 20) / 50)]
            return ["_id": .string("shop-\(n)"), "open": .bool(n % 4 != 0), "at": ["type": "Point", "coordinates": place]]
        }
        for (name, documents) in [("goods", goods), ("orders", orders), ("shops", shops)] {
            for start in stride(from: 0, to: documents.count, by: 1000) {
                try await base.perform(["op": "add", "collection": .string(name), "data": .array(Array(documents[start..<min(start + 1000, documents.count)]))])
            }
        }
        let environment = base.environment
        try await base.documents.createIndex(["keys": [["category", "asc"], ["price", "asc"]], "name": "category_price"], of: "goods", environment)
        try await base.documents.createIndex(["keys": [["at", "2dsphere"]], "name": "at"], of: "shops", environment)
        try await base.documents.createIndex(["keys": [["state", "asc"]], "name": "state"], of: "orders", environment)
    }
}
