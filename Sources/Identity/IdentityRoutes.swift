public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel

/// `/v1/login`.
public struct IdentityRoutes: Sendable {
    private static let bodyBytesMax = 16 << 10
    private let identity: Identity

    /// Makes the routes.
    public init(_ identity: Identity) { self.identity = identity }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.post("/v1/login", use: login)
        router.post("/v1/login/refresh", use: refresh)
    }

    private func login(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        guard let name = request.headers[.sampanEnvironment] ?? request.uri.queryParameters["env"].map(String.init), let environment = EnvironmentID(name)
        else {
            throw SampanError.badRequest(
                "ENVIRONMENT_MISSING", Localized("Which environment is not said.", zh: "未指明环境。"),
                remedy: Localized("Send the header x-sampan-env: env-….", zh: "请携带请求头 x-sampan-env: env-…。"))
        }
        return answer(try await identity.login(request.jsonObject(upTo: Self.bodyBytesMax), to: environment))
    }

    private func refresh(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let token = try await request.jsonObject(upTo: Self.bodyBytesMax).text("refreshToken")
        return answer(try await identity.refresh(token, named: request.headers[.sampanEnvironment]).1)
    }

    private func answer(_ session: Identity.Session) -> Response {
        var response = Response.json([
            "accessToken": .string(session.accessToken), "expiresIn": .int(session.expiresIn), "refreshToken": .string(session.refreshToken),
            "openid": .string(session.user.openid), "anonymous": .bool(session.user.platform == "anonymous"),
        ])
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
