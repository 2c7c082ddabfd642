public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
internal import Kernel

/// Holds requests that came past the desk (in pieces, or with what only the decoder understands), and lengthens the pass of a browser that is still here.
public struct WaitingRoomMiddleware: RouterMiddleware {
    /// What a request is for, and whose it is.
    public typealias Classify = @Sendable (AdmissionControl.Glance) -> Arrival

    private let rooms: WaitingRooms
    private let classify: Classify

    /// Makes the middleware.
    public init(_ rooms: WaitingRooms, classify: @escaping Classify) {
        self.rooms = rooms
        self.classify = classify
    }

    /// Passes one request through.
    public func handle(
        _ request: Request, context: SampanRequestContext, next: (Request, SampanRequestContext) async throws -> Response
    ) async throws -> Response {
        guard rooms.isWatching else { return try await next(request, context) }
        let asked = doorRequest(request, context)
        if let answer = rooms.look(asked) {
            var headers = HTTPFields()
            for (name, value) in answer.fields { if let name = HTTPField.Name(name) { headers[name] = value } }
            return Response(
                status: .init(code: answer.status), headers: headers, body: .init(byteBuffer: .init(bytes: answer.body(requestID: context.requestID))))
        }
        var response = try await next(request, context)
        if let field = rooms.lengthened(asked) { response.headers.append(HTTPField(name: .setCookie, value: field)) }
        return response
    }

    private func doorRequest(_ request: Request, _ context: SampanRequestContext) -> DoorRequest {
        let bearer = request.headers[.authorization].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        let arrival = classify(
            .init(
                method: request.method.rawValue, path: request.uri.path, bearer: bearer, environment: request.headers[.sampanEnvironment],
                clientIP: context.clientIP))
        return DoorRequest(
            method: request.method.rawValue, target: request.head.path ?? request.uri.path, arrival: arrival, bearer: bearer,
            environment: request.headers[.sampanEnvironment], pass: request.headers[.sampanPass], cookie: request.headers[.cookie],
            accept: request.headers[.accept], language: context.language, clientIP: context.clientIP)
    }
}

extension WaitingRooms {
    /// The cookie with a longer pass, for a browser whose pass is half over.
    func lengthened(_ request: DoorRequest) -> String? {
        guard let cookie = request.cookie, cookie.contains("sampan-pass-"), !request.path.hasPrefix("/v1/"), let environment = Self.environment(request),
            let pass = Self.cookie(cookie, Self.passCookie(environment)).flatMap(seal.pass)
        else { return nil }
        let minutes = Int64(settings(environment).passMinutes)
        guard pass.expires - clock.now() / 1000 < minutes * 30, let renewed = renewed(pass) else { return nil }
        return passField(renewed)
    }

    private static func environment(_ request: DoorRequest) -> EnvironmentID? {
        if request.path.hasPrefix("/samples/") { return query(request.target, "env").flatMap { EnvironmentID($0) } }
        guard request.path.hasPrefix("/http/") else { return nil }
        return EnvironmentID(String(request.path.dropFirst("/http/".count).prefix { $0 != "/" }))
    }

    /// The field that gives a browser its pass.
    func passField(_ pass: WaitingSeal.Pass) -> String {
        let seconds = max(1, pass.expires - clock.now() / 1000)
        return "\(Self.passCookie(pass.environment))=\(seal.sign(pass)); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Lax"
    }
}

extension HTTPField.Name {
    /// `x-sampan-pass`.
    static let sampanPass = HTTPField.Name("x-sampan-pass").unsafelyUnwrapped
}
