internal import CryptoExtras
internal import Foundation
internal import Kernel

/// Alipay's signatures: SHA256 with RSA, PKCS#1 v1.5, in base64.
public struct RSA2: Sendable {
    private let key: _RSA.Signing.PrivateKey

    /// A key as Alipay's tools hand it out or as PEM, PKCS#8 or PKCS#1.
    /// - Throws: `PLATFORM_NOT_CONFIGURED` for what is no key.
    public init(privateKey text: String) throws {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: Self.pem(text, label)) {
                self.key = key
                return
            }
        }
        throw SampanError.platformNotConfigured("Alipay", "privateKey (PEM or base64, PKCS#8 or PKCS#1)")
    }

    /// The signature of a text.
    public func signature(of text: String) throws -> String {
        try key.signature(for: Data(text.utf8), padding: .insecurePKCS1v1_5).rawRepresentation.base64EncodedString()
    }

    /// Whether a signature of a text was made with this key: by the key's public half.
    public func isOwn(_ signature: String, of text: String) -> Bool { Self.isValid(signature, of: text, key.publicKey) }

    /// Whether a signature of a text was made with the private half of a public key, in PEM or as bare base64.
    public static func isValid(_ signature: String, of text: String, publicKey: String) -> Bool {
        guard let key = try? _RSA.Signing.PublicKey(pemRepresentation: pem(publicKey, "PUBLIC KEY")) else { return false }
        return isValid(signature, of: text, key)
    }

    private static func isValid(_ signature: String, of text: String, _ key: _RSA.Signing.PublicKey) -> Bool {
        guard let bytes = Data(base64Encoded: signature) else { return false }
        return key.isValidSignature(.init(rawRepresentation: bytes), for: Data(text.utf8), padding: .insecurePKCS1v1_5)
    }

    /// Alipay's tools hand out keys as bare base64; PEM is kept as it is.
    private static func pem(_ text: String, _ label: String) -> String {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if trimmed.hasPrefix("-----BEGIN") { return trimmed }
        let base64 = trimmed.filter { !$0.isWhitespace }
        let lines = stride(from: 0, to: base64.count, by: 64).map { base64.dropFirst($0).prefix(64) }
        return "-----BEGIN \(label)-----\n\(lines.joined(separator: "\n"))\n-----END \(label)-----\n"
    }
}
