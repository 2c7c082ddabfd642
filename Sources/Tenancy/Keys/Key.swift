public import HTTPSupport
public import Kernel

/// A key of an organization or of one environment.
///
/// Its secret is shown once, when it is made.
public struct Key: Sendable, Hashable {
    /// What it opens.
    public enum Kind: String, Sendable, CaseIterable {
        /// The management API, for the CLI and for CI; only a hash of it is stored.
        case management
        /// The Alipay function gateway: signs with HMAC, so its secret is stored sealed.
        case access
    }

    /// Its id; for access keys what the wire calls the credential.
    public let id: String
    /// The organization that it reaches all of; `nil` for a key of one environment.
    public let organization: OrganizationID?
    /// The environment that it reaches; `nil` for a key of an organization.
    public let environment: EnvironmentID?
    /// Its name, for people.
    public let name: String
    /// What it opens.
    public let kind: Kind
    /// What it may do there.
    public let role: Role
    /// When it was made, in milliseconds.
    public let createdAt: Int64
    /// When it ends by itself, in milliseconds.
    public let expiresAt: Int64?
    /// When it was used last, to the minute, in milliseconds.
    public var lastUsedAt: Int64?

    /// As the management API shows it.
    public var json: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "kind": .string(kind.rawValue), "role": .string(role.rawValue), "createdAt": .int(createdAt),
        ]
        if let expiresAt { object["expiresAt"] = .int(expiresAt) }
        if let lastUsedAt { object["lastUsedAt"] = .int(lastUsedAt) }
        return object
    }

    func isAlive(at now: Int64) -> Bool { expiresAt.map { $0 > now } ?? true }
}
