public import HTTPTypes
public import Hummingbird
public import Kernel
public import Logging
internal import NIOCore

/// The one middleware: gives the request its id and language, finds out who calls, turns errors into problem
/// documents, and writes the access log.
public struct EdgeMiddleware: RouterMiddleware {
    /// Finds out who calls; supplied by the composition root, which knows tokens and keys.
    public typealias Identify = @Sendable (Request, inout SampanRequestContext) throws -> Void

    /// Answers an error in another form than a problem document; `nil` where the ordinary one is right.
    public typealias ErrorPage = @Sendable (SampanError, Request, SampanRequestContext) -> Response?

    private let identify: Identify
    private let errorPage: ErrorPage
    private let accessLog: AccessLog
    private let logger: Logger

    /// Makes the middleware.
    public init(accessLog: AccessLog, logger: Logger, errorPage: @escaping ErrorPage, identify: @escaping Identify) {
        self.accessLog = accessLog
        self.logger = logger
        self.errorPage = errorPage
        self.identify = identify
    }

    /// Passes one request through.
    public func handle(
        _ request: Request, context: SampanRequestContext,
        next: (Request, SampanRequestContext) async throws -> Response
    ) async throws -> Response {
        let started = monotonicMicroseconds()
        var context = context
        if let sent = request.headers[.requestID], RequestID.accepted(sent) {
            context.requestID = sent
        } else {
            context.requestID = RequestID.make()
        }
        context.language = Language(acceptLanguage: request.headers[.acceptLanguage])
        var response: Response
        if let preflight = CrossOrigin.preflight(request) {
            response = preflight
        } else {
            do {
                try identify(request, &context)
                response = try await next(request, context)
            } catch {
                response = problem(for: error, request, context)
            }
            CrossOrigin.allow(&response, to: request)
        }
        response.headers[.requestID] = context.requestID
        // Whatever answers, errors too: bytes after the head of such an answer would be taken for the next one.
        if request.method == .head { response = response.createHeadResponse() }
        accessLog.append(
            AccessLog.Entry(
                method: request.method.rawValue, path: request.uri.path, status: response.status.code, requestID: context.requestID,
                environment: context.call?.environment.text ?? "", user: context.call?.caller.user?.openid ?? "", clientIP: context.clientIP,
                microseconds: monotonicMicroseconds() - started))
        return response
    }

    private func problem(for error: any Error, _ request: Request, _ context: SampanRequestContext) -> Response {
        let known = SampanError(reporting: error)
        if known.status >= 500, known.code == SampanError.internalError.code {
            logger.error(
                "request failed",
                metadata: ["requestId": "\(context.requestID)", "path": "\(request.uri.path)", "error": "\(String(reflecting: error))"])
        }
        return errorPage(known, request, context) ?? Response(known, context)
    }
}

extension Response {
    /// The problem document of `error`.
    public init(_ error: SampanError, _ context: SampanRequestContext) {
        let problem = JSON.object(error.problem(requestID: context.requestID, language: context.language))
        var headers: HTTPFields = [.contentType: "application/problem+json; charset=utf-8", .cacheControl: "no-store"]
        if let seconds = error.retryAfter { headers[.retryAfter] = String(seconds) }
        self.init(
            status: .init(code: error.status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: problem.serialized())))
    }
}

extension SampanError {
    /// The answer to any error: itself, the router's own refusals by their status, anything else without internals.
    public init(reporting error: any Error) {
        switch error {
        case let error as SampanError: self = error
        case let error as any HTTPResponseError: self = Self.refusal(status: error.status.code)
        case let error as any SampanErrorConvertible: self = error.sampanError
        default: self = .internalError
        }
    }

    private static func refusal(status: Int) -> SampanError {
        switch status {
        case 404:
            notFound(
                "ROUTE_NOT_FOUND", Localized("There is nothing at this address.", zh: "该地址不存在。"),
                remedy: Localized("Check the path and the method; /openapi.yaml lists them.", zh: "请检查路径与方法;/openapi.yaml 列出了全部接口。"))
        case 405:
            SampanError(
                "METHOD_NOT_ALLOWED", status: 405, Localized("This address does not answer this method.", zh: "该地址不支持此方法。"),
                remedy: Localized("See /openapi.yaml for the methods it answers.", zh: "请在 /openapi.yaml 中查看支持的方法。"))
        case 400..<500:
            SampanError(
                "BAD_REQUEST", status: status, Localized("The request's form is wrong.", zh: "请求格式有误。"),
                remedy: Localized("Compare it with /openapi.yaml.", zh: "请对照 /openapi.yaml 检查。"))
        default: internalError
        }
    }
}

/// A capability's own error that knows its answer.
public protocol SampanErrorConvertible: Error {
    /// What is answered.
    var sampanError: SampanError { get }
}

extension HTTPField.Name {
    /// `x-request-id`.
    public static let requestID = HTTPField.Name("x-request-id").unsafelyUnwrapped
    /// `x-sampan-env`.
    public static let sampanEnvironment = HTTPField.Name("x-sampan-env").unsafelyUnwrapped
    /// `Idempotency-Key`.
    public static let idempotencyKey = HTTPField.Name("idempotency-key").unsafelyUnwrapped
}
