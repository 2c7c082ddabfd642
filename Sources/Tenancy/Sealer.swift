public import Crypto
public import Foundation
internal import Kernel

/// Seals secrets with a key that lies outside the database, so that a copy of the database gives none away.
public struct Sealer: Sendable {
    private let master: SymmetricKey

    /// Uses the key in `file`, which is made (mode 0600) when it does not exist.
    public init(file: URL) throws {
        if let stored = try? Data(contentsOf: file), stored.count == 32 {
            master = SymmetricKey(data: stored)
            return
        }
        guard !FileManager.default.fileExists(atPath: file.path) else { throw SealerError.damagedKey(file.path) }
        master = SymmetricKey(size: .bits256)
        let bytes = master.withUnsafeBytes { Data($0) }
        guard FileManager.default.createFile(atPath: file.path, contents: bytes, attributes: [.posixPermissions: 0o600]) else {
            throw SealerError.cannotWrite(file.path)
        }
    }

    /// Encrypts and authenticates `text`; base64.
    public func seal(_ text: String) throws -> String {
        let box = try AES.GCM.seal(Data(text.utf8), using: derive("secrets"))
        guard let combined = box.combined else { throw SealerError.damagedSecret }
        return combined.base64EncodedString()
    }

    /// Opens what `seal` made.
    public func open(_ sealed: String) throws -> String {
        guard let data = Data(base64Encoded: sealed) else { throw SealerError.damagedSecret }
        return String(decoding: try AES.GCM.open(AES.GCM.SealedBox(combined: data), using: derive("secrets")), as: UTF8.self)
    }

    /// What tells whether two secrets are the same, and from which neither can be guessed without the key.
    func fingerprint(_ text: String) -> String {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: derive("fingerprints")).hex
    }

    /// A key for one purpose, derived from the master key (HKDF-SHA256).
    public func derive(_ purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: master, info: Data("sampan:\(purpose)".utf8), outputByteCount: 32)
    }
}

/// Why secrets cannot be read.
public enum SealerError: Error, CustomStringConvertible {
    case damagedKey(String)
    case cannotWrite(String)
    case damagedSecret

    /// The text for people and logs.
    public var description: String {
        switch self {
        case .damagedKey(let path): "\(path) is not a 32-byte key; restore it from a backup, or no sealed secret can be read"
        case .cannotWrite(let path): "\(path) cannot be written; check the folder's owner and the disk"
        case .damagedSecret: "a sealed secret is damaged or was sealed with another key"
        }
    }
}

extension String {
    /// SHA-256 of the text's UTF-8, in hexadecimal: how keys and tokens are stored.
    public var sha256Hex: String { SHA256.hash(data: Data(utf8)).hex }
}
