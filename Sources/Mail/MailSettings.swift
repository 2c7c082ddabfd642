internal import Foundation
internal import Kernel

/// How mails leave this server: through which SMTP server, and in whose name.
public struct MailSettings: Sendable, Equatable {
    /// What keeps others from reading along.
    public enum Encryption: Sendable {
        /// Nothing: for a mail server on this machine or in a network of one's own.
        case none
        /// The connection begins in the clear and must turn to TLS before anything is said.
        case startTLS
        /// TLS from the first byte.
        case tls
    }

    /// What the SMTP server knows us by.
    public struct Credentials: Sendable, Equatable, CustomStringConvertible {
        let user: String
        let password: String

        /// Never the password: this may end in a log.
        public var description: String { "\(user):***" }
    }

    /// The SMTP server's name or address.
    public let host: String
    /// Its port.
    public let port: Int
    /// What keeps others from reading along.
    public let encryption: Encryption
    /// What it knows us by; `nil` when it asks for nothing.
    public let credentials: Credentials?
    /// A file of certificates to trust beside the system's own.
    public let certificateAuthority: String?
    /// Whom the mails are from.
    public let from: Mailbox

    /// Reads `SAMPAN_SMTP_URL` and `SAMPAN_MAIL_FROM`.
    ///
    /// `smtp://host`, `smtp://user:password@host?starttls=required` or `smtps://user:password@host`; `ca=/file.pem` names a
    /// certificate authority that the system does not know.
    public init(url: String, from: String) throws(MailSettingsError) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else { throw .notAnAddress }
        guard parts.path.isEmpty || parts.path == "/", parts.fragment == nil else { throw .notAnAddress }
        let options = try Self.options(parts)
        encryption = try Self.encryption(scheme: parts.scheme, startTLS: options["starttls"])
        certificateAuthority = options["ca"]
        self.host = host.trimmingCharacters(in: ["[", "]"])
        port = parts.port ?? Self.port(encryption)
        guard (1...65_535).contains(port) else { throw .notAnAddress }
        credentials = try Self.credentials(parts)
        guard let mailbox = try? Mailbox(parsing: from) else {
            throw MailSettingsError("SAMPAN_MAIL_FROM is not an address like Sampan <noreply@example.com>.")
        }
        self.from = mailbox
        guard credentials == nil || encryption != .none || Self.isThisMachine(self.host) else {
            throw MailSettingsError("SAMPAN_SMTP_URL would send the password in the clear. Add ?starttls=required, or use smtps://.")
        }
    }

    private static func options(_ parts: URLComponents) throws(MailSettingsError) -> [String: String] {
        var options: [String: String] = [:]
        for item in parts.queryItems ?? [] {
            guard ["starttls", "ca"].contains(item.name), options[item.name] == nil, let value = item.value, !value.isEmpty else {
                throw MailSettingsError("SAMPAN_SMTP_URL may have the parameters starttls=required and ca=/file.pem only.")
            }
            options[item.name] = value
        }
        return options
    }

    private static func encryption(scheme: String?, startTLS: String?) throws(MailSettingsError) -> Encryption {
        switch (scheme?.lowercased(), startTLS) {
        case ("smtp", nil): return .none
        case ("smtp", "required"): return .startTLS
        case ("smtps", nil): return .tls
        case ("smtps", _): throw MailSettingsError("SAMPAN_SMTP_URL: smtps:// is TLS from the start; leave starttls out.")
        case ("smtp", _): throw MailSettingsError("SAMPAN_SMTP_URL: starttls can only be \"required\".")
        default: throw .notAnAddress
        }
    }

    private static func port(_ encryption: Encryption) -> Int {
        switch encryption {
        case .none: 25
        case .startTLS: 587
        case .tls: 465
        }
    }

    private static func credentials(_ parts: URLComponents) throws(MailSettingsError) -> Credentials? {
        guard parts.user != nil || parts.password != nil else { return nil }
        guard let user = parts.user, let password = parts.password, !user.isEmpty, !password.isEmpty else {
            throw MailSettingsError("SAMPAN_SMTP_URL has a user without a password, or the other way round.")
        }
        // AUTH PLAIN sets both apart by that character.
        guard !user.contains("\0"), !password.contains("\0") else { throw .notAnAddress }
        return Credentials(user: user, password: password)
    }

    private static func isThisMachine(_ host: String) -> Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// Why mails cannot be sent with what was set: one sentence with the remedy, and no password in it.
public struct MailSettingsError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    init(_ description: String) { self.description = description }

    static let notAnAddress = MailSettingsError(
        "SAMPAN_SMTP_URL is not an address like smtps://user%40example.com:password@smtp.example.com; in user and password write @ as %40, : as %3A and / as %2F."
    )
}
