import Testing

@testable import Documents

@Suite struct QueryPatternTests {
    @Test(
        arguments: [
            ("abc", "", ["abc", "xabcx"], ["ab", ""]),
            ("", "", ["", "x"], []),
            ("^abc", "", ["abcd"], ["xabc"]),
            ("abc$", "", ["xabc", "abc\n"], ["abcd"]),
            ("^$", "", [""], ["a"]),
            ("a.c", "", ["abc", "a价c"], ["ac", "a\nc"]),
            ("a.c", "s", ["a\nc"], ["ac"]),
            ("^b$", "m", ["a\nb\nc"], ["a\nbc"]),
            ("^b$", "", ["b"], ["a\nb\nc"]),
            ("ABC", "i", ["abc", "aBc"], ["ab"]),
            ("É", "i", ["é"], ["e"]),
            ("[a-c]x", "i", ["Bx", "ax"], ["dx"]),
            ("a|b|cd", "", ["a", "cd", "xbx"], ["c", ""]),
            ("^(a|b)c", "", ["ac", "bc"], ["cc"]),
            ("a*b", "", ["b", "aaab"], ["a"]),
            ("^a+b?$", "", ["a", "aab"], ["b", "abb"]),
            ("^a{2,3}$", "", ["aa", "aaa"], ["a", "aaaa"]),
            ("^a{2}$", "", ["aa"], ["aaa"]),
            ("^a{2,}$", "", ["aa", "aaaaa"], ["a"]),
            ("^(ab){2}$", "", ["abab"], ["ab"]),
            ("a{x}", "", ["a{x}"], ["a"]),
            ("^a+?$", "", ["aaa"], [""]),
            ("^(?:a|b)+$", "", ["abba"], ["abc"]),
            ("^(?<name>a)$", "", ["a"], ["b"]),
            ("[^a-c]", "", ["d", "ad"], ["abc"]),
            ("[]a]", "", ["]", "a"], ["b"]),
            ("[a\\]]", "", ["]"], ["b"]),
            ("[a-]", "", ["-"], ["b"]),
            ("[\\d-]", "", ["-", "5"], ["a"]),
            ("^[\\u4e00-\\u9fa5]+$", "", ["价格"], ["price", "价格1"]),
            ("^\\d+$", "", ["123"], ["12a", "１２"]),
            ("^\\w+$", "", ["a_1"], ["a-b", "é"]),
            ("\\s", "", ["a b", "\u{3000}"], ["ab"]),
            ("^\\S+$", "", ["ab"], ["a b"]),
            ("\\bcat\\b", "", ["a cat!"], ["concat", "cats"]),
            ("\\Bcat", "", ["concat"], ["cat"]),
            ("a\\.b", "", ["a.b"], ["axb"]),
            ("\\x41\\u0042\\u{43}", "", ["ABC"], ["abc"]),
            ("\\ud83d\\ude00", "", ["😀"], ["x"]),
            ("^.$", "", ["😀"], ["ab"]),
            ("\\p{L}\\P{L}", "", ["价1"], ["ab"]),
            ("\\p{Lu}", "", ["É"], ["é"]),
            ("(?i)abc", "", ["ABC"], ["x"]),
            ("a b # note", "x", ["ab"], ["a b"]),
            ("\\Aab\\z", "", ["ab"], ["ab\n"]),
            ("(a*)*b", "", ["aab", "b"], ["aa"]),
            ("(|a)+b", "", ["b"], ["a"]),
            ("^(a?){5}a{5}$", "", ["aaaaa", "aaaaaaaaaa"], ["aaaa"]),
            ("x*", "", [""], []),
            ("^1[3-9]\\d{9}$", "", ["13800138000"], ["12800138000", "138001380001"]),
        ] as [(String, String, [String], [String])]) func decides(pattern: String, options: String, matching: [String], others: [String])
        throws
    {
        let compiled = try TextPattern(pattern, options: options)
        for text in matching { #expect(compiled.matches(text), "\(text) should match") }
        for text in others { #expect(!compiled.matches(text), "\(text) should not match") }
    }

    @Test(arguments: [
        "(", ")", "(a", "a)", "[", "[a", "[b-a]", "*", "+a", "a**", "a{2}{3}", "\\", "a{3,2}", "a{2000}", "\\q", "\\u12", "(?=a)", "(?!a)",
        "(?<=a)",
        "(?<!a)", "(a)\\1", "^*", "\\p{Han}", "(?i:a)", "[\\d-z]x\\", "((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9})",
    ]) func refuses(pattern: String) {
        #expect(throws: QueryError.self) { try TextPattern(pattern, options: "") }
    }

    @Test func limitsLength() {
        #expect(throws: Never.self) { try TextPattern(String(repeating: "a", count: 512), options: "") }
        #expect(throws: QueryError.self) { try TextPattern(String(repeating: "a", count: 513), options: "") }
        #expect(throws: QueryError.self) { try TextPattern(String(repeating: "(", count: 300), options: "") }
    }

    /// A backtracking engine would take longer than the universe lasts.
    @Test(.timeLimit(.minutes(1))) func takesLinearTime() throws {
        let text = String(repeating: "a", count: 20_000)
        #expect(try !TextPattern("^(a+)+$", options: "").matches(text + "!"))
        #expect(try !TextPattern("(a|a)*(a|aa)+b", options: "").matches(text))
        #expect(try TextPattern("(.*)(.*)(.*)(.*)a$", options: "").matches(text))
    }

    @Test func knowsTheBeginningOfMatchingTexts() throws {
        #expect(try TextPattern("^ab", options: "").requiredPrefix == Array("ab".utf8))
        #expect(try TextPattern("^ab\\.", options: "").requiredPrefix == Array("ab.".utf8))
        for pattern in ["ab", "^a*", "^(a|b)", "^"] { #expect(try TextPattern(pattern, options: "").requiredPrefix == nil) }
        #expect(try TextPattern("^ab", options: "i").requiredPrefix == nil)
        #expect(try TextPattern("^ab", options: "m").requiredPrefix == nil)
        #expect(try TextPattern("^12", options: "i").requiredPrefix == Array("12".utf8))
    }
}
