public import Kernel

/// Somebody who signs in to the console or the management API.
public struct Account: Sendable, Hashable {
    /// Its id.
    public let id: AccountID
    /// Where mail reaches them; lower case, unique.
    public let email: String
    /// Their name, for people.
    public var name: String
    /// Whether signing in takes a code from their device as well.
    public var hasSecondFactor: Bool
    /// When it was made, in milliseconds.
    public let createdAt: Int64

    /// As the management API shows it.
    public var json: JSONObject {
        [
            "id": .string(id.text), "email": .string(email), "name": .string(name), "secondFactor": .bool(hasSecondFactor),
            "createdAt": .int(createdAt),
        ]
    }
}

/// A browser or CLI that has signed in.
public struct AccountSession: Sendable, Hashable {
    /// Its id, which opens nothing.
    public let id: String
    /// When it was begun, in milliseconds.
    public let createdAt: Int64
    /// When it was used last, to the minute, in milliseconds.
    public let lastSeenAt: Int64
    /// What began it.
    public let userAgent: String
    /// From where.
    public let clientIP: String

    /// As the management API shows it.
    func json(isCurrent: Bool) -> JSON {
        [
            "id": .string(id), "createdAt": .int(createdAt), "lastSeenAt": .int(lastSeenAt), "userAgent": .string(userAgent), "clientIp": .string(clientIP),
            "current": .bool(isCurrent),
        ]
    }
}

/// An email address as accounts know it.
enum EmailAddress {
    private static let bytesMax = 254

    /// The address in lower case.
    /// - Throws: `BAD_MEMBER` unless it has the form of one; whether mail arrives is for the mail to show.
    static func checked(_ text: String) throws -> String {
        let address = text.lowercased()
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        let isForm =
            parts.count == 2 && !parts[0].isEmpty && parts[0].utf8.count <= 64 && parts[1].contains(".") && !parts[1].hasPrefix(".") && !parts[1].hasSuffix(".")
            && address.utf8.count <= bytesMax
            && address.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 && !"<>(),;:\\\"[]".unicodeScalars.contains($0) }
        guard isForm else { throw SampanError.badMember("email", Localized("an email address", zh: "邮箱地址")) }
        return address
    }
}
