public import HTTPSupport
public import Hummingbird
internal import Kernel

/// Environments, settings and keys: `/admin/v1/environments`.
public struct EnvironmentRoutes: Sendable {
    private static let bodyBytesMax = 256 << 10
    private let tenancy: Tenancy

    /// Makes the routes.
    public init(_ tenancy: Tenancy) { self.tenancy = tenancy }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments")
        group.get(use: list)
        group.post(use: create)
        group.get(":env", use: show)
        group.patch(":env", use: change)
        group.delete(":env", use: remove)
        group.post(":env/suspend") { try await setStatus(.suspended, from: [.active], $0, $1) }
        group.post(":env/resume") { try await setStatus(.active, from: [.suspended], $0, $1) }
        group.post(":env/restore") { try await setStatus(.active, from: [.deleted], $0, $1) }
        group.get(":env/settings", use: settings)
        group.patch(":env/settings", use: changeSettings)
        group.get(":env/keys", use: keys)
        group.post(":env/keys", use: createKey)
        group.delete(":env/keys/:key", use: removeKey)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let organization = request.queryText("organization")
        let app = request.queryText("app")
        let stage: Environment.Stage? = try request.queryWord("stage")
        let status: Environment.Status? = try request.queryWord("status")
        let search = TextSearch(request)
        let visible = tenancy.environments(for: principal).filter { environment in
            (organization == nil || environment.organization.text == organization) && (app == nil || environment.app?.text == app)
                && (stage == nil || environment.stage == stage) && (status == nil || environment.status == status)
                && search.fits(environment.name, environment.id.text)
        }
        return .json(
            try ListWindow(request).page("environments", visible, position: { ListWindow.position($0.createdAt, $0.id.text) }) { $0.json })
    }

    private func create(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let organization = try tenancy.organization(named: body.optionalText("organization"), for: principal, doing: .environmentsCreate)
        let app = try body.optionalText("app").map { try tenancy.app(named: $0, of: organization) }
        let stage = try Environment.Stage(in: body) ?? .development
        return .tagged(try await tenancy.create(name: body.text("name"), in: organization, app: app, stage: stage).json, status: .created)
    }

    private func change(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedEnvironment()
        return .tagged(try await tenancy.change(id, request.jsonObject(upTo: Self.bodyBytesMax), if: Precondition(request)).json)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .tagged(try tenancy.environment(context.managedEnvironment()).json)
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await setStatus(.deleted, from: [.active, .suspended], request, context)
    }

    private func setStatus(
        _ status: Environment.Status, from: Set<Environment.Status>, _ request: Request, _ context: SampanRequestContext
    ) async throws -> Response {
        .tagged(try await tenancy.setStatus(status, of: context.managedEnvironment(), from: from, if: Precondition(request)).json)
    }

    private func settings(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedEnvironment()
        return .tagged(try tenancy.shownSettings(id), try tenancy.settingsTag(id))
    }

    private func changeSettings(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedEnvironment()
        let patch = try await request.jsonObject(upTo: Self.bodyBytesMax)
        try await tenancy.changeSettings(id, patch, mayChangeGateways: context.may(.platformManage), if: Precondition(request))
        return .tagged(try tenancy.shownSettings(id), try tenancy.settingsTag(id))
    }

    private func keys(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try KeyRequest.page(of: tenancy.keys(context.managedEnvironment()), request))
    }

    private func createKey(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedEnvironment()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        guard let kind = Key.Kind(rawValue: try body.optionalText("kind") ?? "management") else {
            throw SampanError.badMember("kind", Localized("management or access", zh: " management 或 access"))
        }
        let role = try KeyRequest.role(body, context)
        let (key, secret) = try await tenancy.createKey(id, name: body.text("name"), kind: kind, role: role, expiresAt: KeyRequest.expiry(body))
        var answer = key.json
        answer["secret"] = .string(secret)
        return .json(.object(answer), status: .created)
    }

    private func removeKey(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await tenancy.removeKey(context.parameters.require("key"), of: context.managedEnvironment())
        return Response(status: .noContent)
    }
}
