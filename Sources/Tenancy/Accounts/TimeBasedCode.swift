internal import Crypto
internal import Foundation
internal import Kernel

/// The second factor: six digits that an authenticator app makes every 30 seconds from a secret that it shares with us (RFC 6238).
public struct TimeBasedCode: Sendable {
    private static let digits = 6
    private static let periodSeconds: Int64 = 30
    /// How far the app's clock may be off, in steps.
    private static let driftSteps: Int64 = 1
    private static let secretBytes = 20

    private let secret: [UInt8]

    /// A code with a new random secret.
    public init() {
        var generator = SystemRandomNumberGenerator()
        secret = (0..<Self.secretBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// The code of a secret as ``secretText`` has it; `nil` when it is not one.
    public init?(secretText: String) {
        guard let secret = Base32.decode(secretText), secret.count == Self.secretBytes else { return nil }
        self.secret = secret
    }

    /// The secret in base32: what to store, sealed, and what a person types where no picture can be scanned.
    public var secretText: String { Base32.encode(secret) }

    /// What the picture for the app says.
    public func uri(account: String, issuer: String = "Sampan") -> String {
        let safe = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        let escaped = { (text: String) in text.addingPercentEncoding(withAllowedCharacters: safe) ?? "" }
        return "otpauth://totp/\(escaped(issuer)):\(escaped(account))?secret=\(secretText)&issuer=\(escaped(issuer))"
            + "&algorithm=SHA1&digits=\(Self.digits)&period=\(Self.periodSeconds)"
    }

    /// Whether the typed code is right now, and which step it belongs to.
    /// - Parameters:
    ///   - now: the time in milliseconds.
    ///   - lastStep: the step that was accepted last; it and those before it are refused, so that a code works once.
    /// - Returns: the step, for the caller to store; `nil` when the code is refused.
    public func accept(_ typed: String, at now: Int64, after lastStep: Int64?) -> Int64? {
        let typed = Array(PasswordText.normalized(String(typed.prefix(32))).utf8.filter { $0 != UInt8(ascii: " ") })
        let current = now / 1000 / Self.periodSeconds
        // All are computed whatever is typed: the time that it takes tells nothing.
        let fitting = (current - Self.driftSteps...current + Self.driftSteps).filter { Self.isEqual(typed, code(ofStep: $0)) }
        return fitting.last { $0 > lastStep ?? .min }
    }

    /// The digits of one step (RFC 4226, 5.3).
    func code(ofStep step: Int64) -> [UInt8] {
        let counter = withUnsafeBytes(of: step.bigEndian) { Data($0) }
        // SHA-1 is what every authenticator app takes; in HMAC its collisions do not matter.
        let digest = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(digest[19] & 15)
        var rest = digest[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        var text = [UInt8](repeating: 0, count: Self.digits)
        for index in text.indices.reversed() {
            text[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return text
    }

    private static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Codes for whoever has lost the second factor; each works once.
public enum RecoveryCodes {
    private static let count = 10
    private static let groups = 3
    private static let groupLength = 5

    /// Ten new codes, as they are shown once: three groups of five characters without look-alikes, 75 random bits.
    public static func make() -> [String] {
        (0..<count).map { _ in
            (0..<groups).map { _ in RandomText.make(groupLength, alphabet: RandomText.readable) }.joined(separator: "-")
        }
    }

    /// What to store of a code, and to look a typed one up by; `nil` when it cannot be a code.
    ///
    /// A plain hash will do: 75 random bits cannot be searched through as a person's password can.
    public static func hash(_ typed: String) -> String? {
        guard typed.utf8.count <= 64 else { return nil }
        let text = PasswordText.normalized(typed).lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
        guard text.count == groups * groupLength, text.allSatisfy(RandomText.readable.contains) else { return nil }
        return String(decoding: text, as: UTF8.self).sha256Hex
    }
}
