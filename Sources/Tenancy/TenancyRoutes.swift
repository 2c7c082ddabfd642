public import HTTPSupport
public import Hummingbird
internal import Kernel

/// Environments, settings and keys: `/admin/v1/environments`.
public struct TenancyRoutes: Sendable {
    private static let bodyBytesMax = 256 << 10
    private let tenancy: Tenancy

    /// Makes the routes.
    public init(_ tenancy: Tenancy) { self.tenancy = tenancy }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.get("/admin/v1/whoami", use: whoAmI)
        let group = router.group("/admin/v1/environments")
        group.get(use: list)
        group.post(use: create)
        group.get(":env", use: show)
        group.delete(":env", use: remove)
        group.post(":env/suspend") { try await setStatus(.suspended, from: [.active], $1) }
        group.post(":env/resume") { try await setStatus(.active, from: [.suspended], $1) }
        group.post(":env/restore") { try await setStatus(.active, from: [.deleted], $1) }
        group.get(":env/settings", use: settings)
        group.patch(":env/settings", use: changeSettings)
        group.get(":env/keys", use: keys)
        group.post(":env/keys", use: createKey)
        group.delete(":env/keys/:key", use: removeKey)
    }

    private func whoAmI(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        switch try context.requirePrincipal() {
        case .operator: .json(["kind": "operator"])
        case .environment(let environment): .json(["kind": "environment", "environment": .string(environment.text)])
        }
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        return .json(["environments": .array(tenancy.environments().filter { principal.mayManage($0.id) }.map(\.json))])
    }

    private func create(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try context.requireOperator()
        let name = try await request.jsonObject(upTo: Self.bodyBytesMax).text("name")
        return .json(try await tenancy.create(name: name).json, status: .created)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try tenancy.environment(context.managedEnvironment()).json)
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await setStatus(.deleted, from: [.active, .suspended], context)
    }

    private func setStatus(_ status: Environment.Status, from: Set<Environment.Status>, _ context: SampanRequestContext) async throws -> Response {
        try context.requireOperator()
        let id = try context.managedEnvironment()
        let now = try tenancy.environment(id)
        if now.status == status { return .json(now.json) }
        guard from.contains(now.status) else {
            throw SampanError(
                "WRONG_STATUS", status: 409, Localized("Environment \(id) is \(now.status.rawValue).", zh: "环境 \(id) 当前状态为 \(now.status.rawValue)。"),
                remedy: Localized(
                    "Only \(from.map(\.rawValue).sorted().joined(separator: ", ")) environments can do this.",
                    zh: "仅 \(from.map(\.rawValue).sorted().joined(separator: "、")) 状态可执行此操作。"))
        }
        return .json(try await tenancy.setStatus(status, of: id).json)
    }

    private func settings(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try tenancy.shownSettings(context.managedEnvironment()))
    }

    private func changeSettings(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedEnvironment()
        let patch = try await request.jsonObject(upTo: Self.bodyBytesMax)
        try await tenancy.changeSettings(id, patch, mayChangeGateways: try context.requirePrincipal() == .operator)
        return .json(try tenancy.shownSettings(id))
    }

    private func keys(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(["keys": .array(try tenancy.keys(context.managedEnvironment()).map { .object($0.json) })])
    }

    private func createKey(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedEnvironment()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        guard let kind = Key.Kind(rawValue: try body.optionalText("kind") ?? "management") else {
            throw SampanError.badMember("kind", Localized("management or access", zh: " management 或 access"))
        }
        let (key, secret) = try await tenancy.createKey(id, name: body.text("name"), kind: kind)
        var answer = key.json
        answer["secret"] = .string(secret)
        return .json(.object(answer), status: .created)
    }

    private func removeKey(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await tenancy.removeKey(context.parameters.require("key"), of: context.managedEnvironment())
        return Response(status: .noContent)
    }
}
