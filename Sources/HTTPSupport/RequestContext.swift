public import Hummingbird
public import Kernel
internal import NIOCore

/// What a request carries through the middlewares to its handler.
public struct SampanRequestContext: Hummingbird.RequestContext {
    /// What Hummingbird keeps.
    public var coreContext: CoreRequestContextStorage
    /// The id that the answer, the logs and the errors carry.
    public var requestID = ""
    /// The language for messages.
    public var language = Language.en
    /// The address of the client.
    public var clientIP: String
    /// Who calls which environment; set for the client API.
    public var call: CallContext?
    /// Who manages; set for the management API and the console.
    public var principal: Principal?
    /// What the manager may do with what the path names; set with the manager.
    public var authority: Authority?

    /// The context of a request that has just arrived.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        clientIP = source.channel.remoteAddress?.ipAddress ?? ""
    }

    /// The caller of a route that only makes sense with one.
    /// - Throws: 401 when nobody is signed in.
    public func requireCall() throws -> CallContext {
        guard let call else { throw SampanError.signInFirst }
        return call
    }

    /// The manager of a route that only makes sense with one.
    /// - Throws: 401 when nobody is signed in.
    public func requirePrincipal() throws -> Principal {
        guard let principal else { throw SampanError.keyMissing }
        return principal
    }

    /// Whether the manager may do this with what the path names.
    public func may(_ permission: Permission) -> Bool { authority?.permissions.contains(permission) ?? false }
}

extension SampanError {
    /// 401 for a client call without a token.
    public static let signInFirst = unauthenticated(
        "TOKEN_MISSING", Localized("This call needs an access token.", zh: "此调用需要访问令牌。"),
        remedy: Localized(
            "Log in with POST /v1/login and send Authorization: Bearer <accessToken>.", zh: "请先调用 POST /v1/login 登录,并携带 Authorization: Bearer <accessToken>。"))
    /// 401 for a management call without a key.
    public static let keyMissing = unauthenticated(
        "KEY_MISSING", Localized("This call needs a key.", zh: "此调用需要密钥。"),
        remedy: Localized("Send Authorization: Bearer <key>; `sampan env keys` makes one.", zh: "请携带 Authorization: Bearer <key>;可用 `sampan env keys` 创建。"))
}
