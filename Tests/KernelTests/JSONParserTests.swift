import Kernel
import Testing

@Suite struct JSONParserTests {
    @Test(
        arguments: [
            ("null", JSON.null), ("true", true), (" false ", false), ("0", 0), ("-0", 0), ("42", 42), ("-17", -17),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)), ("1.5", 1.5), ("1e3", 1000.0), ("1E-2", 0.01),
            ("0.1", 0.1), ("123456789012345678901234567890", .double(1.2345678901234568e29)), ("9223372036854775808", .double(0x1p63)),
            ("2.2250738585072014e-308", .double(.leastNormalMagnitude)), ("5e-324", .double(.leastNonzeroMagnitude)),
            ("1e-400", 0.0), ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)), ("0.30000000000000004", 0.30000000000000004),
            ("\"\"", ""), ("\"a\\u00e9\\n\\/\\\\\\\"\"", "aé\n/\\\""), ("\"\\ud83d\\ude00\"", "😀"), ("\"\\u0000\"", "\0"),
            ("\"价格é😀\"", "价格é😀"),
            ("[]", []), ("[ ]", []), ("{}", [:]), ("[1,[2,{\"a\":null}]]", [1, [2, ["a": .null]]]),
            ("\t{\"b\" : 1 ,\r\n\"a\":2} ", ["b": 1, "a": 2]),
            ("{\"__proto__\":1,\"constructor\":2}", ["__proto__": 1, "constructor": 2]),
            ("{\"é\":1,\"e\\u0301\":2}", ["é": 1, "e\u{301}": 2]),
            ("\"a string that is longer than eight bytes\"", "a string that is longer than eight bytes"),
            ("\"seven b\\u007f\"", "seven b\u{7F}"),
        ] as [(String, JSON)]) func accepts(text: String, expected: JSON) throws
    {
        #expect(try JSON(parsing: text) == expected)
    }

    @Test func keepsIntegersAndDoublesApart() throws {
        guard case .int = try JSON(parsing: "1"), case .double = try JSON(parsing: "1.0"), case .double = try JSON(parsing: "1e0") else {
            Issue.record("1 is an integer; 1.0 and 1e0 are not")
            return
        }
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "True", "nullx", "+1", "01", "-01", "-", "1.", ".5", "1e", "1e+", "0x1", "1 2", "NaN", "Infinity",
        "-Infinity",
        "1e400", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"",
        "\"\\ud800\\u0041\"",
        "\"\n\"", "\"a\tb\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}", "{'a':1}", "{\"a\" 1}", "{1:2}", "[1]]", "{}{}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "// c\n1", "\u{FEFF}1",
    ]) func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE4, 0xBB, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0xFF],
        ] as [[UInt8]]) func refusesInvalidUTF8(bytes: [UInt8])
    {
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test func refusesARepeatedKeyInLargeObjectsToo() throws {
        let members = (0..<100).map { "\"key\($0)\":\($0)" }
        #expect(try JSON(parsing: "{" + members.joined(separator: ",") + "}").objectValue?.count == 100)
        for repeated in [0, 23, 24, 25, 50, 99] {
            let text = "{" + (members + ["\"key\(repeated)\":0"]).joined(separator: ",") + "}"
            let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
            #expect(error?.reason == .keyRepeated("key\(repeated)"))
        }
    }

    @Test func limitsDepth() throws {
        let nested = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(throws: Never.self) { try JSON(parsing: nested) }
        #expect(throws: JSONError.self) { try JSON(parsing: "[" + nested + "]") }
        #expect(throws: JSONError.self) { try JSON(parsing: "[[1]]", maxDepth: 1) }
        // Siblings are not depth.
        #expect(throws: Never.self) { try JSON(parsing: "[[1],[2],{}]", maxDepth: 2) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
    }

    @Test(
        arguments: [
            ("{\"$date\":1700000000000}", JSON.date(1_700_000_000_000)), ("{\"$date\":-1}", .date(-1)),
            ("{\"$date\":1.7e12}", .date(1_700_000_000_000)),
            ("{\"$date\":\"2023-11-14T22:13:20Z\"}", .date(1_700_000_000_000)),
            ("{\"$date\":\"2023-11-15T06:13:20.123456+08:00\"}", .date(1_700_000_000_123)),
            ("{\"$date\":\"1970-01-01\"}", .date(0)), ("{\"$date\":\"1969-12-31T23:59\"}", .date(-60_000)),
            ("{\"$date\":1.5}", ["$date": 1.5]), ("{\"$date\":\"2023-02-30\"}", ["$date": "2023-02-30"]),
            ("{\"$date\":\"soon\"}", ["$date": "soon"]),
            ("{\"$date\":1,\"a\":2}", ["$date": 1, "a": 2]), ("{\"a\":2,\"$date\":1}", ["a": 2, "$date": 1]),
        ] as [(String, JSON)]) func readsDates(text: String, expected: JSON) throws
    {
        #expect(try JSON(parsing: text) == expected)
    }

    @Test(arguments: [
        "", "[1,", "x", "nul", "[1 2]", "{1:2}", "{\"a\" 1}", "{\"a\":1,\"a\":2}", "[[[1]]]", "1 2", "-", "01", "1e400", "\"\n\"", "\"a", "\"\\x\"",
        "\"\\u12g4\"", "\"\\ud800\"",
    ])
    func saysWhatIsWrongInBothLanguages(text: String) throws {
        let error = try #require(#expect(throws: JSONError.self) { try JSON(parsing: text, maxDepth: 2) })
        #expect(error.message.en.contains("at byte \(error.offset)"))
        #expect(error.message.zh.contains("第 \(error.offset) 字节"))
        // Nothing English is left in the Chinese sentence but the words of JSON itself.
        let words = error.message.zh.matches(of: /[A-Za-z]{2,}/).map { String($0.output) }
        #expect(Set(words).isSubset(of: ["true", "false", "null", "UTF"]), "\(error.message.zh)")
    }

    @Test func namesThePlaceOfAnError() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "[1, x]") }
        #expect(error?.offset == 4)
    }
}
