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
        group.patch(":env", use: change)
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
        let principal = try context.requirePrincipal()
        var answer: JSONObject = ["name": .string(principal.name), "operator": .bool(principal.isOperator)]
        switch principal.kind {
        case .operatorKey: answer["kind"] = "operator"
        case .account(let id):
            answer["kind"] = "account"
            answer["account"] = .string(id.text)
        case .key(let id):
            answer["kind"] = "key"
            answer["key"] = .string(id)
        }
        for grant in principal.grants {
            if case .environment(let environment) = grant.scope { answer["environment"] = .string(environment.text) }
        }
        answer["grants"] = .array(principal.grants.map(\.json))
        return .json(.object(answer))
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let wanted = request.queryText("organization")
        let visible = tenancy.environments(for: principal).filter { wanted == nil || $0.organization.text == wanted }
        return .json(["environments": .array(visible.map(\.json))])
    }

    private func create(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let organization = try tenancy.organization(named: body.optionalText("organization"), for: principal, doing: .environmentsCreate)
        let app = try body.optionalText("app").map { text in
            guard let app = AppID(text) else { throw SampanError.noApp(text) }
            return app
        }
        let stage = try Environment.Stage(rawValue: body.optionalText("stage") ?? "development")
        guard let stage else { throw SampanError.badMember("stage", Localized("development or production", zh: " development 或 production")) }
        return .json(try await tenancy.create(name: body.text("name"), in: organization, app: app, stage: stage).json, status: .created)
    }

    private func change(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedEnvironment()
        return .json(try await tenancy.change(id, request.jsonObject(upTo: Self.bodyBytesMax)).json)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try tenancy.environment(context.managedEnvironment()).json)
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await setStatus(.deleted, from: [.active, .suspended], context)
    }

    private func setStatus(_ status: Environment.Status, from: Set<Environment.Status>, _ context: SampanRequestContext) async throws -> Response {
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
        try await tenancy.changeSettings(id, patch, mayChangeGateways: context.may(.platformManage))
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

/// What requests for keys say.
enum KeyRequest {
    /// The role that is asked for, which must not allow more than the caller may do there; a developer's unless said.
    static func role(_ body: JSONObject, _ context: SampanRequestContext) throws -> Role {
        let permissions = context.authority?.permissions ?? []
        guard let text = try body.optionalText("role") else {
            return Role.allCases.first { $0 != .owner && $0 != .admin && Authorities.mayGive($0, having: permissions) } ?? .viewer
        }
        return try Role(asked: text, by: permissions)
    }

    static func expiry(_ body: JSONObject) throws -> Int64? {
        guard let value = body["expiresAt"], !value.isNull else { return nil }
        guard let at = value.intValue else { throw SampanError.badMember("expiresAt", Localized("a time in milliseconds", zh: "毫秒时间")) }
        return at
    }
}

extension Role {
    /// A role that somebody with `permissions` may hand out.
    init(asked text: String, by permissions: Set<Permission>) throws {
        guard let role = Role(rawValue: text) else {
            throw SampanError.badMember(
                "role", Localized(Role.allCases.map(\.rawValue).joined(separator: ", "), zh: " \(Role.allCases.map(\.rawValue).joined(separator: "、"))"))
        }
        guard Authorities.mayGive(role, having: permissions) else {
            throw SampanError.forbidden(
                Localized("Your own role does not include \(text).", zh: "您的角色不包含 \(text)，无法授予。"),
                remedy: Localized("Ask an owner of the organization.", zh: "请联系组织的所有者。"))
        }
        self = role
    }
}

extension Grant {
    var json: JSON {
        let (kind, id) =
            switch scope {
            case .platform: ("platform", "")
            case .organization(let id): ("organization", id.text)
            case .app(let id): ("app", id.text)
            case .environment(let id): ("environment", id.text)
            }
        var object: JSONObject = ["role": .string(role.rawValue), "scope": .string(kind)]
        if !id.isEmpty { object["id"] = .string(id) }
        return .object(object)
    }
}
