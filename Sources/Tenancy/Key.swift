public import Kernel

/// A key of one environment.
///
/// Its secret is shown once, when it is made.
public struct Key: Sendable, Hashable {
    /// What it opens.
    public enum Kind: String, Sendable {
        /// The management API, for the CLI and for CI; only a hash of it is stored.
        case management
        /// The Alipay function gateway: signs with HMAC, so its secret is stored sealed.
        case access
    }

    /// Its id; for access keys what the wire calls the credential.
    public let id: String
    /// Its name, for people.
    public let name: String
    /// What it opens.
    public let kind: Kind
    /// When it was made, in milliseconds.
    public let createdAt: Int64

    /// As the management API shows it.
    public var json: JSONObject {
        ["id": .string(id), "name": .string(name), "kind": .string(kind.rawValue), "createdAt": .int(createdAt)]
    }
}
