internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import Kernel
internal import Tenancy

/// Finds out who makes a request, by the part of the address space that it goes to.
struct CallerIdentification: Sendable {
    static let sessionCookie = "sampan_session"

    let tenancy: Tenancy
    let identity: Identity

    func identify(_ request: Request, _ context: inout SampanRequestContext) throws {
        let path = request.uri.path
        if path == "/v1/login" || path == "/v1/login/refresh" {
            // Whoever logs in may still send a token that has expired.
        } else if path.hasPrefix("/v1/") {
            if let token = Self.bearer(request) { context.call = try client(token, request, context) }
        } else if AccessMiddleware.isOpen(path) {
            // Whoever signs in may still send what has expired.
            context.principal = try? manager(request)
        } else if path.hasPrefix("/admin/") || path.hasPrefix("/console") || path == "/" {
            context.principal = try manager(request)
        }
    }

    private func client(_ token: String, _ request: Request, _ context: SampanRequestContext) throws -> CallContext {
        let fields = request.headers
        let (environment, user) = try verify(token, environment: fields[.sampanEnvironment])
        return CallContext(
            environment: environment, caller: .user(user), requestID: context.requestID, language: context.language, clientIP: context.clientIP,
            userAgent: fields[.userAgent] ?? "")
    }

    /// Whose token came with a request of a fast lane.
    func client(_ token: String, _ request: FastRequest, requestID: String, language: Language) throws -> CallContext {
        let (environment, user) = try verify(token, environment: request.environment)
        return CallContext(
            environment: environment, caller: .user(user), requestID: requestID, language: language, clientIP: request.clientIP,
            userAgent: request.userAgent ?? "")
    }

    /// Whether whoever sent a request of a fast lane may do that in an environment.
    func authorise(_ request: FastRequest, _ method: String, _ path: String, environment: String) throws -> EnvironmentID {
        try tenancy.authorise(method, path, environment: environment, request.bearer.map(principal))
    }

    private func verify(_ token: String, environment named: String?) throws -> (EnvironmentID, User) {
        let (environment, user) = try identity.verify(token)
        if let named, named != environment.text { throw SampanError.tokenOfAnotherEnvironment }
        try tenancy.requireActive(environment)
        return (environment, user)
    }

    /// Who watches, by the token of a WebSocket's first message.
    func watcher(_ token: String, environment named: String?, clientIP: String) throws -> CallContext {
        let (environment, user) = try verify(token, environment: named)
        return CallContext(environment: environment, caller: .user(user), requestID: RequestID.make(), clientIP: clientIP)
    }

    private func manager(_ request: Request) throws -> Principal? {
        if let key = Self.bearer(request) { return try principal(key) }
        guard let session = request.cookies[Self.sessionCookie]?.value, let principal = try tenancy.principal(ofSession: session) else { return nil }
        // A session is a browser's: what changes something must come from our own pages.
        if request.method != .get, request.method != .head, !Self.isSameOrigin(request) {
            throw SampanError.forbidden(
                "CROSS_ORIGIN", Localized("The request comes from another site.", zh: "请求来自其他站点。"),
                remedy: Localized("Use the console, or a key.", zh: "请在控制台操作,或使用密钥。"))
        }
        return principal
    }

    private func principal(_ key: String) throws -> Principal {
        guard let principal = try tenancy.principal(ofKey: key) else {
            throw SampanError.unauthenticated(
                "KEY_INVALID", Localized("The key is unknown or was revoked.", zh: "密钥不存在或已吊销。"),
                remedy: Localized("Make a new one with `sampan env keys`.", zh: "请用 `sampan env keys` 创建新密钥。"))
        }
        return principal
    }

    private static func isSameOrigin(_ request: Request) -> Bool {
        guard let origin = request.headers[.origin], let host = request.head.authority else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    private static func bearer(_ request: Request) -> String? {
        guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else { return nil }
        return String(header.dropFirst(7))
    }
}
