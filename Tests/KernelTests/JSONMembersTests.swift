import Kernel
import TestSupport
import Testing

@Suite struct JSONMembersTests {
    private func read(_ names: Set<String>, _ text: String) throws -> JSONObject {
        try Array(text.utf8).withUnsafeBytes { try JSONMembers(names).read($0) }
    }

    @Test func readsWhatIsAskedFor() throws {
        let text = #" { "a" : 1 , "skip" : [ "]" , {"a":"}\"" } ] , "b":{"x":[2,3]},"c":"d" ,"e":null } "#
        #expect(try read(["a"], text) == ["a": 1])
        #expect(try read(["b", "a"], text) == ["a": 1, "b": ["x": [2, 3]]])
        #expect(try read(["c", "none"], text) == ["c": "d"])
        #expect(try read(["e"], text) == ["e": .null])
        #expect(try read(["x"], text).isEmpty)
        #expect(try read([], text).isEmpty)
        #expect(try read(["a"], "{}").isEmpty)
    }

    @Test func readsEscapedNames() throws {
        #expect(try read(["a\nb"], #"{"a\u000ab":1,"c":2}"#) == ["a\nb": 1])
        #expect(try read(["ab"], #"{"é":0,"\u0061b":1}"#) == ["ab": 1])
        #expect(try read(["a"], #"{"a\\":1,"b\"":2,"a":"\\"}"#) == ["a": "\\"])
    }

    /// A set of names holds one of those that look alike; all of them may be meant.
    @Test func readsAllThatLookAlike() throws {
        #expect(try read(["é"], "{\"e\u{301}\":1,\"b\":2,\"é\":3}").count == 2)
        #expect(try read(["\u{212A}"], "{\"K\":1,\"k\":2}").count == 1)
    }

    @Test func refusesWhatIsNoObject() {
        for text in ["", "[1]", "{", #"{"a"#, #"{"a":"#, #"{"b":"x"#, #"{"b":[1"#, #"{"b" 1}"#, "{b:1}", #"{"b":1"#] {
            #expect(throws: JSONError.self, "\(text) was taken") { try read(["a"], text) }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func agreesWithTheParser(seed: UInt64) throws {
        var generator = JSONGenerator(seed: seed)
        for _ in 0..<20 {
            let object = generator.object(depth: 4)
            var names = Set([generator.string(), "name"])
            for key in object.keys where Bool.random(using: &generator.random) { names.insert(key) }
            var bytes: [UInt8] = []
            JSON.object(object).write(to: &bytes)
            guard case .object(let whole) = try JSON(parsing: bytes) else { continue }
            let read = try bytes.withUnsafeBytes { try JSONMembers(names).read($0) }
            #expect(read == JSONObject(whole.filter { names.contains($0.key) }.map { ($0.key, $0.value) }), "\(JSON.object(whole).text) \(names)")
        }
    }
}
