public import HTTPSupport
public import Hummingbird
internal import Kernel
public import Logging

/// Lets a management request through only to whom the authorisation table lets through, and writes down what it changed.
///
/// What somebody has no role in answers exactly like what does not exist.
public struct AccessMiddleware: RouterMiddleware {
    private let tenancy: Tenancy
    private let logger: Logger

    /// Makes the middleware; it belongs after the one that finds out who calls.
    public init(_ tenancy: Tenancy, logger: Logger) {
        self.tenancy = tenancy
        self.logger = logger
    }

    /// Whether an endpoint takes anyone, also those whose key or session is not valid.
    public static func isOpen(_ path: String) -> Bool {
        ["POST", "PUT"].contains { Authorisation.rule($0, path) == .anyone }
    }

    /// Passes one request through.
    public func handle(
        _ request: Request, context: SampanRequestContext, next: (Request, SampanRequestContext) async throws -> Response
    ) async throws -> Response {
        guard let path = context.endpointPath, path.hasPrefix("/admin/") || path.hasPrefix("/console") else { return try await next(request, context) }
        var context = context
        if let principal = context.principal { context.authority = tenancy.authority(of: principal, over: context.parameters) }
        if path.hasPrefix("/admin/") {
            try check(request.method.rawValue, path, context)
        } else if let authority = context.authority, authority.permissions.isEmpty, Self.namesSomething(context.parameters) {
            // What its pages ask for they say themselves.
            throw Self.notFound(context.parameters)
        }
        let changesSomething = request.method != .get && request.method != .head
        // Taking everything away is reading, and written down all the same.
        guard changesSomething || Authorisation.isAudited(request.method.rawValue, path), let principal = context.principal else {
            return try await next(request, context)
        }
        let note = AuditNote()
        let response = try await AuditNote.$current.withValue(note) { [context] in try await next(request, context) }
        // An answer that is only repeated was written down the first time.
        guard response.headers[.idempotentReplayed] == nil else { return response }
        guard response.status.code < 400, Authorisation.isAudited(request.method.rawValue, path) || !note.noted.target.isEmpty else { return response }
        let entry = note.finished(action: "\(request.method.rawValue) \(path)", by: principal, context)
        if entry.organization == nil, case .account(let author) = principal.kind {
            try await tenancy.record(entry, whereSeen: author)
        } else {
            try await tenancy.audit.record(entry)
        }
        return response
    }

    private static func namesSomething(_ parameters: Parameters) -> Bool { parameters.get("env") != nil || parameters.get("organization") != nil }

    private func check(_ method: String, _ path: String, _ context: SampanRequestContext) throws {
        guard let rule = Authorisation.rule(method, path) else {
            logger.error("an endpoint is not in the authorisation table", metadata: ["endpoint": "\(method) \(path)"])
            throw SampanError.operatorOnly
        }
        if rule == .anyone { return }
        _ = try context.requirePrincipal()
        guard case .may(let permission) = rule else { return }
        try tenancy.require(permission, context.authority, orElse: Self.notFound(context.parameters))
    }

    /// As if what the path names did not exist.
    private static func notFound(_ parameters: Parameters) -> SampanError {
        if let name = parameters.get("env") { return SampanError.noEnvironment(name) }
        if let name = parameters.get("app") { return SampanError.noApp(name) }
        return SampanError.noOrganization(parameters.get("organization") ?? "")
    }
}

extension SampanError {
    /// 404 for an organization that does not exist, or that the caller has no business with.
    static func noOrganization(_ id: String) -> SampanError {
        notFound(
            "ORGANIZATION_NOT_FOUND", Localized("There is no organization \(id.prefix(60)).", zh: "不存在组织 \(id.prefix(60))。"),
            remedy: Localized("GET /admin/v1/organizations lists yours.", zh: "可用 GET /admin/v1/organizations 查看您的组织。"))
    }

    /// 404 for an app that does not exist, or that the caller has no business with.
    static func noApp(_ id: String) -> SampanError {
        notFound(
            "APP_NOT_FOUND", Localized("There is no app \(id.prefix(60)).", zh: "不存在应用 \(id.prefix(60))。"),
            remedy: Localized("The organization's page lists its apps.", zh: "可在组织页面查看应用列表。"))
    }
}
