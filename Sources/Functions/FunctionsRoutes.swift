public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
public import Kernel
internal import NIOCore

/// Calling functions from clients: `/v1/functions`, HTTP access, and Alipay's function gateway.
public struct FunctionsRoutes: Sendable {
    private let functions: Functions
    private let requireActive: @Sendable (EnvironmentID) throws -> Void

    /// Makes the routes.
    /// - Parameter requireActive: throws unless an environment serves.
    public init(_ functions: Functions, requireActive: @escaping @Sendable (EnvironmentID) throws -> Void) {
        self.functions = functions
        self.requireActive = requireActive
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.post("/v1/functions/:name", use: call)
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete, .options, .head] {
            router.on("/http/:env/**", method: method, use: http)
            router.on("/http/:env", method: method, use: http)
        }
    }

    private func call(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        let name = try context.parameters.require("name")
        let event = try await request.event(upTo: functions.limits.functionBytesMax)
        if request.uri.queryParameters["async"] == "1" {
            let id = try await functions.enqueue(name, event, source: "client", call)
            return .json(["invocationId": .int(id), "requestId": .string(call.requestID)], status: .accepted)
        }
        return .json(try await functions.call(name, event, source: "client", call))
    }

    private func http(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        guard let environment = EnvironmentID(try context.parameters.require("env")) else { throw SampanError.noEnvironmentAtPath }
        try requireActive(environment)
        let prefix = "/http/\(environment)"
        let rest = String(request.uri.path.dropFirst(prefix.count))
        let path = rest.isEmpty ? "/" : rest
        guard let name = functions.catalog.function(at: path, in: environment) else { throw SampanError.noEnvironmentAtPath }
        let body = try await request.bytes(upTo: functions.limits.functionBytesMax)
        let call = CallContext(
            environment: environment, caller: .function(name: "", user: .nobody), requestID: context.requestID, language: context.language,
            clientIP: context.clientIP, userAgent: request.headers[.userAgent] ?? "")
        let event = IntegrationEvent(request, path: path, body: body).bytes
        return IntegrationResponse.make(try await functions.call(name, event, source: "http", call))
    }
}

extension Request {
    /// The event of a call: the body, or `{}` for an empty one.
    func event(upTo limit: Int) async throws -> ByteBuffer { try await bytes(upTo: limit).asEvent() }
}

extension ByteBuffer {
    /// These bytes as a function's event, `{}` when there are none.
    ///
    /// Only checked for form: the function parses it.
    func asEvent() throws -> ByteBuffer {
        if readableBytes == 0 { return ByteBuffer(string: "{}") }
        try withUnsafeReadableBytes { try JSONForm.check($0) }
        return self
    }
}

extension SampanError {
    static let noEnvironmentAtPath = notFound(
        "HTTP_PATH_NOT_FOUND", Localized("No function answers at this address.", zh: "该地址没有绑定云函数。"),
        remedy: Localized("Bind one with httpPath when deploying.", zh: "请在部署时用 httpPath 绑定函数。"))
}
