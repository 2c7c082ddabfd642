import Foundation
import Kernel
import Testing

@testable import Tenancy

@Suite("Which passwords may be set")
struct PasswordRulesTests {
    private let rules = PasswordRules(commonPasswords: nil)

    private func refusal(_ password: String, rules: PasswordRules? = nil) -> SampanError? {
        do {
            try (rules ?? self.rules).check(password, email: "li.xiaoming+shop@example.com", name: "Anna Karenina")
            return nil
        } catch {
            return error as? SampanError
        }
    }

    @Test(arguments: ["correct horse battery staple", "Tq8!vn3#Lw", "今天天气很好我们去公园", "🚤🛶⛵️🚢🛥⛴🚤🛶⛵️🚢", "xiao-ming-42-tree"])
    func goodOnesPass(_ password: String) {
        #expect(refusal(password) == nil)
    }

    @Test(arguments: [
        ("Tq8!vn3#L", "fewer than 10"), ("", "fewer than 10"), ("今天天气很好我们去", "fewer than 10"),
        (String(repeating: "Tq8!vn3#", count: 17), "more than 128"),
        (String(repeating: "今天天气很好我们去公园玩吧", count: 14), "more than 128"),
        (String(repeating: "a", count: 1 << 20), "more than 128"),
        (String(repeating: "👨‍👩‍👧‍👦", count: 10) + String(repeating: "👩‍🚀x🚤", count: 20), "more than 128"),
        ("aaaaaaaaaaaa", "sequence"), ("121212121212", "sequence"), ("1234567890", "sequence"), ("0987654321", "sequence"),
        ("abcdefghijkl", "sequence"), ("ABCDEFGHIJKL", "sequence"), ("0123456789", "sequence"), ("１２３４５６７８９０", "sequence"),
        ("xiaoming-88-99", "e-mail"), ("LiXiaoMingShop7", "e-mail"), ("my-name-is-ANNA-1", "e-mail"), ("karenina!!2026", "e-mail"),
    ])
    func badOnesAreRefused(_ password: String, because: String) {
        let error = refusal(password)
        #expect(error?.code == "PASSWORD_REFUSED")
        #expect(error?.status == 422)
        #expect(error?.detail.en.contains(because) == true, "\(error?.detail.en ?? "it passed")")
        #expect(error?.remedy.zh.isEmpty == false)
    }

    @Test func aShortNameIsNoReason() throws {
        try rules.check("tree-anna-li-42", email: "li@example.com", name: "李明")
    }

    @Test func commonOnesAreRefused() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("common-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        let words = ["computer", "letmein", "passw0rd", "qwertyuiop", "strawberry", "zxcvbnm"]
        try words.map { $0 + "\n" }.joined().write(to: file, atomically: true, encoding: .utf8)
        let rules = PasswordRules(commonPasswords: file)
        #expect(rules.knowsCommonPasswords)
        for password in ["qwertyuiop", "QWERTYUIOP", "strawberry", "Strawberry2026!", "2026computer", "!!passw0rd!!"] {
            #expect(refusal(password, rules: rules)?.detail.en.contains("tried first") == true, "\(password)")
        }
        for password in ["strawberry fields", "computer8421973", "blueberries", "zxcvbnm-passw0rd"] {
            #expect(refusal(password, rules: rules) == nil, "\(password)")
        }
    }

    @Test func withoutTheListTheOtherRulesHold() {
        let rules = PasswordRules(commonPasswords: URL(fileURLWithPath: "/nonexistent/common-passwords.txt"))
        #expect(!rules.knowsCommonPasswords)
        #expect(refusal("qwertyuiop", rules: rules) == nil)
        #expect(refusal("short", rules: rules) != nil)
    }

    /// Every word of a list is found, whatever its place, and none that is not there.
    @Test(arguments: [1, 2, 3, 10, 1000], [true, false])
    func findsEveryWordOfASortedFile(count: Int, endsWithNewline: Bool) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("words-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        let words = (0..<count).map { "w\(String($0 * 2, radix: 7))" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        try (words.joined(separator: "\n") + (endsWithNewline ? "\n" : "")).write(to: file, atomically: true, encoding: .utf8)
        let list = try #require(SortedWords(file: file))
        let known = Set(words)
        for number in 0..<count * 2 + 2 {
            let word = "w\(String(number, radix: 7))"
            #expect(list.contains(word) == known.contains(word), "\(word)")
        }
        for absent in ["", "a", "zzz", "w", "\n"] { #expect(!list.contains(absent)) }
    }

    /// The list that scripts/setup.sh made, where it has run.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: Self.installed.path), "scripts/setup.sh run has not made the list"))
    func theInstalledListKnowsTheUsualOnes() throws {
        let rules = PasswordRules(commonPasswords: Self.installed)
        #expect(rules.knowsCommonPasswords)
        for password in ["qwertyuiop", "1q2w3e4r5t", "Password2026!", "christopher", "university"] {
            #expect(refusal(password, rules: rules) != nil, "\(password)")
        }
        #expect(refusal("correct horse battery staple", rules: rules) == nil)
    }

    private static let installed = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("share/common-passwords.txt")
}
