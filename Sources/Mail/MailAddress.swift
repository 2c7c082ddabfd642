internal import Kernel

/// The address of one mailbox: `local@domain`, of such characters that nothing can be smuggled into a header or a command.
///
/// Quoted local parts, addresses of IP numbers and characters beyond ASCII are refused: no provider gives them out.
public struct MailAddress: Sendable, Hashable {
    private static let bytesMax = 254
    private static let localBytesMax = 64

    /// The address as it was given.
    public let text: String
    /// What stands after the @.
    public var domain: Substring { text[text.index(after: at)...] }

    private var at: String.Index { text.lastIndex(of: "@") ?? text.startIndex }

    /// Accepts a well-formed address; throws `MAIL_ADDRESS_INVALID` otherwise.
    public init(_ text: String) throws {
        guard let address = MailAddress(wellFormed: text) else {
            throw SampanError.badRequest(
                "MAIL_ADDRESS_INVALID", Localized("This is not an e-mail address.", zh: "这不是有效的邮箱地址。"),
                remedy: Localized("Write it like name@example.com.", zh: "请按 name@example.com 的形式填写。"))
        }
        self = address
    }

    init?(wellFormed text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.bytesMax, parts.count == 2, parts[0].utf8.count <= Self.localBytesMax else { return nil }
        guard Self.isDotted(parts[0], Self.isAtom), Self.isDotted(parts[1], Self.isLabel) else { return nil }
        self.text = text
    }

    /// Enough to recognise it in a log by, not enough to write to it.
    public var redacted: String { "\(text.prefix(1))***@\(domain)" }

    private static func isDotted(_ text: Substring, _ isPart: (Substring) -> Bool) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && isPart($0) }
    }

    /// RFC 5322, 3.2.3.
    private static func isAtom(_ text: Substring) -> Bool { text.utf8.allSatisfy { isAlphanumeric($0) || signs.contains($0) } }

    private static func isLabel(_ text: Substring) -> Bool {
        text.utf8.count <= 63 && !text.hasPrefix("-") && !text.hasSuffix("-") && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte | 32) }

    private static let signs = Set("!#$%&'*+-/=?^_`{|}~".utf8)
}

/// An address with the name of whom it belongs to.
public struct Mailbox: Sendable, Hashable {
    private static let nameBytesMax = 200

    /// The name; `nil` when there is none.
    public let name: String?
    /// The address.
    public let address: MailAddress

    /// Puts both together; throws when the name holds what does not belong into a header.
    public init(_ address: MailAddress, name: String? = nil) throws {
        let name = name.flatMap { $0.isEmpty ? nil : $0 }
        try HeaderText.check(name ?? "", bytesMax: Self.nameBytesMax)
        self.name = name
        self.address = address
    }

    /// Reads `name@example.com` or `Name <name@example.com>`.
    public init(parsing text: String) throws {
        guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
            try self.init(MailAddress(text))
            return
        }
        var name = text[..<open]
        while name.last == " " { name.removeLast() }
        if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") { name = name.dropFirst().dropLast() }
        try self.init(MailAddress(String(text[text.index(after: open)...].dropLast())), name: String(name))
    }
}
