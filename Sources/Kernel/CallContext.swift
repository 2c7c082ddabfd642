/// Who calls, for which environment, and under which request: the first argument of every capability's call.
public struct CallContext: Sendable {
    /// The environment that the call is for.
    public let environment: EnvironmentID
    /// Who calls.
    public let caller: Caller
    /// The id that logs, errors and answers carry.
    public let requestID: String
    /// The language for messages.
    public let language: Language
    /// The address of the client, empty when there is none.
    public let clientIP: String
    /// The client's user agent, empty when there is none.
    public let userAgent: String

    /// Makes a context.
    public init(
        environment: EnvironmentID, caller: Caller, requestID: String, language: Language = .en, clientIP: String = "", userAgent: String = ""
    ) {
        self.environment = environment
        self.caller = caller
        self.requestID = requestID
        self.language = language
        self.clientIP = clientIP
        self.userAgent = userAgent
    }

    /// The same request made by someone else, for example by the function that a user called.
    public func acting(as caller: Caller) -> CallContext {
        CallContext(
            environment: environment, caller: caller, requestID: requestID, language: language, clientIP: clientIP, userAgent: userAgent)
    }
}

/// Who makes a call.
public enum Caller: Sendable, Hashable {
    /// A user of the mini program; permissions apply.
    case user(User)
    /// A cloud function on behalf of a user (empty for timers); permissions do not apply, `_openid` is the user's.
    case function(name: String, user: User)
    /// A management or access key, or the console; permissions do not apply.
    case key

    /// The user behind the call, if there is one.
    public var user: User? {
        switch self {
        case .user(let user): user
        case .function(_, let user): user.openid.isEmpty ? nil : user
        case .key: nil
        }
    }

    /// Whether a collection's permission and rules apply.
    public var isClient: Bool {
        if case .user = self { true } else { false }
    }
}

/// A user of a mini program as a session knows them.
public struct User: Sendable, Hashable {
    /// The id within the app; empty for nobody.
    public var openid: String
    /// The id within the organization, where the platform tells it.
    public var unionid: String
    /// The platform's id of the mini program.
    public var appID: String
    /// `wechat`, `alipay`, `development`, `anonymous`, or empty.
    public var platform: String

    /// Makes a user.
    public init(openid: String, unionid: String = "", appID: String = "", platform: String = "") {
        self.openid = openid
        self.unionid = unionid
        self.appID = appID
        self.platform = platform
    }

    /// Nobody: timers and keys.
    public static let nobody = User(openid: "")
}
