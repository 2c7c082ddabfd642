public import Kernel

/// A user of an environment's app, as those who run it see them.
public struct KnownUser: Sendable, Hashable {
    /// The id within the app.
    public let openid: String
    /// The id within the organization, where the platform tells it; otherwise empty.
    public let unionid: String
    /// The platform's id of the mini program; empty where there is none.
    public let appID: String
    /// `wechat`, `alipay`, `development` or `anonymous`.
    public let platform: String
    /// When they first logged in, in milliseconds.
    public let createdAt: Int64
    /// When they last logged in, in milliseconds.
    public let lastLoginAt: Int64

    /// As the management API shows them.
    public var json: JSON {
        [
            "openid": .string(openid), "unionid": .string(unionid), "appId": .string(appID), "platform": .string(platform),
            "createdAt": .int(createdAt), "lastLoginAt": .int(lastLoginAt),
        ]
    }

    /// Where they stand in the list.
    public var position: UserQuery.Position { UserQuery.Position(lastLoginAt: lastLoginAt, openid: openid) }
}

/// Which users of an environment are wanted: those who logged in last come first.
public struct UserQuery: Sendable {
    /// A place in the list; users who log in meanwhile move before it, nobody moves behind it.
    public struct Position: Sendable, Hashable {
        let lastLoginAt: Int64
        let openid: String

        init(lastLoginAt: Int64, openid: String) {
            self.lastLoginAt = lastLoginAt
            self.openid = openid
        }

        /// Reads what `text` wrote.
        public init?(_ text: String) {
            guard let dot = text.firstIndex(of: "."), let at = Int64(text[..<dot]), dot != text.index(before: text.endIndex) else { return nil }
            self.init(lastLoginAt: at, openid: String(text[text.index(after: dot)...]))
        }

        /// For an address.
        public var text: String { "\(lastLoginAt).\(openid)" }
    }

    /// Only those whose openid or unionid contains this, whatever the case of its letters.
    public var search: String?
    /// Only those of this platform.
    public var platform: String?
    /// Only those behind this place.
    public var after: Position?
    /// How many at most.
    public var limit = 100

    /// Everybody, the first hundred.
    public init() {}
}

/// One page of the users of an environment.
public struct UserPage: Sendable {
    /// The users, those who logged in last first.
    public let users: [KnownUser]
    /// Where the next page begins; `nil` when there is no more.
    public let next: UserQuery.Position?
}
