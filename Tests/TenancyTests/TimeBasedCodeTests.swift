import Foundation
import Testing

@testable import Tenancy

@Suite("The second factor")
struct TimeBasedCodeTests {
    /// The secret of RFC 6238, appendix B: the ASCII digits 1 to 0, twice.
    private static let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    /// Appendix B has eight digits; six are their end.
    @Test(
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"), (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func agreesWithTheStandard(seconds: Int64, expected: String) throws {
        let code = try #require(TimeBasedCode(secretText: Self.secret))
        #expect(String(decoding: code.code(ofStep: seconds / 30), as: UTF8.self) == expected.suffix(6))
        #expect(code.accept(String(expected.suffix(6)), at: seconds * 1000, after: nil) == seconds / 30)
    }

    @Test func theClockMayBeOffByOneStep() throws {
        let code = try #require(TimeBasedCode(secretText: Self.secret))
        let now: Int64 = 1_111_111_111_000
        let step = now / 30_000
        for drift: Int64 in -3...3 {
            let typed = String(decoding: code.code(ofStep: step + drift), as: UTF8.self)
            #expect(code.accept(typed, at: now, after: nil) == (abs(drift) <= 1 ? step + drift : nil), "\(drift)")
        }
    }

    @Test func aCodeWorksOnceAndNoEarlierOneAfterIt() throws {
        let code = try #require(TimeBasedCode(secretText: Self.secret))
        let now: Int64 = 1_111_111_111_000
        let step = now / 30_000
        let typed = { String(decoding: code.code(ofStep: $0), as: UTF8.self) }
        let accepted = try #require(code.accept(typed(step), at: now, after: nil))
        #expect(code.accept(typed(step), at: now, after: accepted) == nil)
        #expect(code.accept(typed(step - 1), at: now, after: accepted) == nil)
        #expect(code.accept(typed(step + 1), at: now, after: accepted) == step + 1)
    }

    @Test(arguments: ["", "050471 ", " 050 471", "０５０４７１"])
    func howItMayBeTyped(_ typed: String) throws {
        let code = try #require(TimeBasedCode(secretText: Self.secret))
        #expect((code.accept(typed, at: 1_111_111_111_000, after: nil) != nil) == !typed.isEmpty)
    }

    @Test(arguments: ["050472", "50471", "0504710", "05047", "abcdef", "-50471", "14050471"])
    func wrongOnesAreRefused(_ typed: String) throws {
        let code = try #require(TimeBasedCode(secretText: Self.secret))
        #expect(code.accept(typed, at: 1_111_111_111_000, after: nil) == nil)
    }

    @Test func newSecretsDifferAndComeBack() throws {
        let code = TimeBasedCode()
        #expect(code.secretText.count == 32)
        #expect(code.secretText != TimeBasedCode().secretText)
        let again = try #require(TimeBasedCode(secretText: code.secretText))
        #expect(again.code(ofStep: 12_345) == code.code(ofStep: 12_345))
        for wrong in ["", "GEZDGNBV", Self.secret.lowercased(), Self.secret + "GEZDGNBV", String(Self.secret.dropLast()) + "1"] {
            #expect(TimeBasedCode(secretText: wrong) == nil, "\(wrong)")
        }
    }

    @Test func theAddressForTheApp() throws {
        let code = try #require(TimeBasedCode(secretText: Self.secret))
        let uri = code.uri(account: "小明+a@example.com")
        #expect(uri == "otpauth://totp/Sampan:%E5%B0%8F%E6%98%8E%2Ba%40example.com?secret=\(Self.secret)&issuer=Sampan&algorithm=SHA1&digits=6&period=30")
        let parts = try #require(URLComponents(string: uri))
        #expect(parts.path == "/Sampan:小明+a@example.com")
    }

    /// RFC 4648, section 10, without the padding.
    @Test(arguments: [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")])
    func base32(bytes: String, text: String) {
        #expect(Base32.encode(Array(bytes.utf8)) == text)
        #expect(Base32.decode(text) == Array(bytes.utf8))
    }

    @Test(arguments: ["M", "MZ1", "MZ=", "mzxw6", "MZXW7A", "MX"])
    func whatIsNotBase32(_ text: String) { #expect(Base32.decode(text) == nil) }

    @Test func recoveryCodes() throws {
        let codes = RecoveryCodes.make()
        #expect(codes.count == 10)
        #expect(Set(codes).count == 10)
        for code in codes {
            #expect(code.wholeMatch(of: /[2-9a-km-np-z]{5}(-[2-9a-km-np-z]{5}){2}/) != nil, "\(code)")
            let stored = try #require(RecoveryCodes.hash(code))
            #expect(stored.count == 64)
            #expect(RecoveryCodes.hash(" " + code.uppercased().replacing("-", with: " ")) == stored, "however it is typed")
        }
        #expect(Set(codes.compactMap(RecoveryCodes.hash)).count == 10)
        for wrong in ["", "abcde-fghij", "abcde-fghij-kmnpl", String(repeating: "a", count: 1000)] { #expect(RecoveryCodes.hash(wrong) == nil) }
    }
}
