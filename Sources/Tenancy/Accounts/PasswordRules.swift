public import Foundation
internal import Kernel

/// A password as it is compared: whichever keyboard typed it, the same characters are the same bytes.
enum PasswordText {
    /// The longest password that may be set, in bytes of its normal form.
    static let bytesMax = 512
    /// The longest text that is looked at: a normal form may be shorter than what was typed.
    private static let readBytesMax = 4 * bytesMax

    static func isShortEnoughToRead(_ password: String) -> Bool { password.utf8.count <= readBytesMax }

    /// NFKC, as NIST SP 800-63B asks for: a letter with its accent, or a full-width digit, has several spellings.
    static func normalized(_ password: String) -> String { password.precomposedStringWithCompatibilityMapping }

    static func bytes(_ password: String) -> [UInt8] { Array(normalized(password).utf8) }
}

/// Which passwords may be set: long ones that cannot be guessed from the account or from a list.
public struct PasswordRules: Sendable {
    private static let charactersMin = 10
    private static let charactersMax = 128
    /// Fewer different characters than this are a pattern.
    private static let differentMin = 4
    /// The shortest part of an address or a name that a password must not contain.
    private static let partLettersMin = 4
    /// How many digits and signs around a common word still leave it a common one: `Strawberry2026!` does.
    private static let decorationMax = 5

    private let common: SortedWords?

    /// Makes the rules.
    /// - Parameter commonPasswords: a file of common passwords in lower case, one a line, sorted by their bytes.
    public init(commonPasswords: URL?) { common = commonPasswords.flatMap { SortedWords(file: $0) } }

    /// Whether the list of common passwords was found; without it the other rules hold alone.
    public var knowsCommonPasswords: Bool { common != nil }

    /// Throws `PASSWORD_REFUSED` when the password may not be set for this account.
    public func check(_ password: String, email: String, name: String) throws {
        guard PasswordText.isShortEnoughToRead(password) else { throw Self.tooLong }
        let text = PasswordText.normalized(password)
        guard text.count >= Self.charactersMin else { throw Self.tooShort }
        guard text.count <= Self.charactersMax, text.utf8.count <= PasswordText.bytesMax else { throw Self.tooLong }
        let lowercase = text.lowercased()
        guard !Self.isPattern(lowercase) else { throw Self.pattern }
        guard !Self.parts(email: email, name: name).contains(where: lowercase.contains) else { throw Self.personal }
        guard !isCommon(lowercase) else { throw Self.common }
    }

    /// `aaaaaaaaaa`, `1212121212`, `abcdefghij`, `0987654321`.
    private static func isPattern(_ text: String) -> Bool {
        if Set(text).count < differentMin { return true }
        let scalars = text.unicodeScalars.map { Int($0.value) }
        let pairs = zip(scalars, scalars.dropFirst())
        return pairs.allSatisfy { isNext($0, $1) } || pairs.allSatisfy { isNext($1, $0) }
    }

    private static func isNext(_ one: Int, _ other: Int) -> Bool {
        // After 9 comes 0, as on a keyboard.
        other == one + 1 || (one == 57 && other == 48)
    }

    /// What somebody who knows the account would try first: its address up to the @, its name, and their parts.
    private static func parts(email: String, name: String) -> Set<String> {
        let local = email.split(separator: "@").first.map(String.init) ?? ""
        var parts: Set<String> = []
        for text in [local, name] {
            let text = PasswordText.normalized(text).lowercased()
            let words = text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            parts.formUnion(words + [text, words.joined()])
        }
        return parts.filter { $0.count(where: \.isLetter) >= partLettersMin }
    }

    private func isCommon(_ text: String) -> Bool {
        guard let common else { return false }
        if common.contains(text) { return true }
        let start = text.firstIndex(where: \.isLetter) ?? text.endIndex
        let end = text.lastIndex(where: \.isLetter).map(text.index(after:)) ?? text.endIndex
        guard start < end else { return false }
        let word = text[start..<end]
        return text.count - word.count <= Self.decorationMax && common.contains(String(word))
    }

    private static func refused(_ detail: Localized, _ remedy: Localized) -> SampanError {
        SampanError("PASSWORD_REFUSED", status: 422, detail, remedy: remedy)
    }

    private static let tooShort = refused(
        Localized("The password has fewer than \(charactersMin) characters.", zh: "密码少于 \(charactersMin) 个字符。"),
        Localized(
            "Use at least \(charactersMin) characters; several unrelated words are easy to remember.", zh: "请使用至少 \(charactersMin) 个字符,例如几个互不相关的词。"))

    private static let tooLong = refused(
        Localized(
            "The password has more than \(charactersMax) characters or \(PasswordText.bytesMax) bytes.",
            zh: "密码超过 \(charactersMax) 个字符或 \(PasswordText.bytesMax) 字节。"),
        Localized("Use a shorter password.", zh: "请使用较短的密码。"))

    private static let pattern = refused(
        Localized("The password is one character or a sequence repeated.", zh: "密码是重复的字符或连续的序列。"),
        Localized("Use a password without such a pattern, for example several unrelated words.", zh: "请使用没有规律的密码,例如几个互不相关的词。"))

    private static let personal = refused(
        Localized("The password contains your e-mail address or your name.", zh: "密码包含您的邮箱或姓名。"),
        Localized("Use a password that says nothing about you.", zh: "请使用与您个人信息无关的密码。"))

    private static let common = refused(
        Localized("The password is one of those that are tried first.", zh: "该密码属于最常被尝试的密码。"),
        Localized("Use a password of your own, for example several unrelated words.", zh: "请自行设定密码,例如几个互不相关的词。"))
}
