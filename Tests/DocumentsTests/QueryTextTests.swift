import Kernel
import Testing

@testable import Documents

@Suite struct QueryTextTests {
    private func terms(_ text: String) -> [String] { TextTokens.tokens(of: text).map(\.term) }

    @Test func dividesTextIntoTerms() {
        #expect(terms("The quick, brown fox_1!") == ["the", "quick", "brown", "fox_1"])
        #expect(terms("龙井茶") == ["龙井", "井茶", "茶"])
        #expect(terms("茶") == ["茶"])
        #expect(terms("买iPhone15手机") == ["买", "iphone15", "手机", "机"])
        #expect(terms("Crème ÅNGSTRÖM Đà Nẵng") == ["creme", "angstrom", "da", "nang"])
        #expect(terms("cre\u{300}me") == ["creme"])
        #expect(terms("cakes boxes berries glass bus this news gas") == ["cake", "box", "berry", "glass", "bus", "this", "new", "gas"])
        #expect(terms("カタカナ ＡＢＣ") == ["カタ", "タカ", "カナ", "ナ", "abc"])
        #expect(terms("ΑΒΓ Привет") == ["αβγ", "привет"])
        #expect(terms("") == [])
        #expect(terms("…!? 😀") == [])
        #expect(terms(String(repeating: "x", count: 500)) == [String(repeating: "x", count: 128)])
    }

    private func score(_ search: String, _ document: JSONObject) throws -> Double? {
        let context = try TextIndexContext([.init(path: "title", weight: 10), .init(path: "body")])
        return try Filter(["$text": ["$search": .string(search)]], text: context).textScore(of: document)
    }

    /// MongoDB's measure: weight × (1 + 1/2 + 1/4 …) × (½ + ½ share of the field), a tenth more for a field that is just the term.
    @Test func scores() throws {
        #expect(try score("tea", ["body": "green tea"]) == 0.75)
        #expect(try score("tea", ["title": "green tea"]) == 7.5)
        #expect(try score("tea", ["title": "tea"]) == 11)
        #expect(try score("tea cup", ["body": "tea cup"]) == 1.5)
        #expect(try score("tea", ["body": "tea tea x y"]) == 1.5 * 0.75)
        #expect(try score("tea", ["title": "green tea", "body": "green tea"]) == 8.25)
        #expect(try score("tea tea", ["body": "green tea"]) == 0.75)
        #expect(try score("tea", ["body": "x"]) == nil)
        #expect(try score("tea", ["body": ["green tea", "tea pot"]]) == 1.5)
        #expect(try score("龙井", ["body": "龙井茶"]) == 0.75)
        #expect(try Filter(["a": 1]).textScore(of: ["a": 1]) == nil)
    }

    @Test func needsToKnowWhatIsIndexed() throws {
        let filter = try Filter(json("{\"a\":1,\"$text\":{\"$search\":\"tea\"}}"))
        #expect(filter.asksForText)
        #expect(!filter.matches(object("{\"a\":1,\"t\":\"tea\"}")))
        let error = #expect(throws: QueryError.self) { try filter.bound(to: nil) }
        #expect(error?.message.contains("text index") == true)
        #expect(try filter.bound(to: TextIndexContext([.init(path: "t")])).matches(object("{\"a\":1,\"t\":\"tea\"}")))
        #expect(try !Filter(["a": 1]).bound(to: nil).asksForText)
    }
}
