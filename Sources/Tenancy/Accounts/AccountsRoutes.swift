public import HTTPSupport
public import Hummingbird
internal import Kernel

/// Signing in and one's own account: `/admin/v1/whoami`, `/admin/v1/sessions`, `/admin/v1/account`, `/admin/v1/password-resets`.
public struct AccountsRoutes: Sendable {
    private static let bodyBytesMax = 16 << 10
    private let tenancy: Tenancy
    private var accounts: Accounts { tenancy.accounts }

    /// Makes the routes.
    public init(_ tenancy: Tenancy) { self.tenancy = tenancy }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1")
        group.get("whoami", use: whoAmI)
        group.post("sessions", use: signIn)
        group.get("account", use: show)
        group.patch("account", use: change)
        group.delete("account", use: remove)
        group.put("account/password", use: changePassword)
        group.get("account/sessions", use: sessions)
        group.delete("account/sessions/:session", use: endSession)
        group.post("account/second-factor", use: beginSecondFactor)
        group.put("account/second-factor", use: confirmSecondFactor)
        group.delete("account/second-factor", use: removeSecondFactor)
        group.post("password-resets", use: requestReset)
        group.put("password-resets", use: completeReset)
    }

    private func whoAmI(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        var answer: JSONObject = ["name": .string(principal.name), "operator": .bool(principal.isOperator)]
        answer["kind"] = .string(principal.kind.word)
        if principal.kind != .operatorKey { answer[principal.kind.word] = .string(principal.kind.id) }
        for grant in principal.grants {
            if case .environment(let environment) = grant.scope { answer["environment"] = .string(environment.text) }
        }
        answer["grants"] = .array(principal.grants.map(\.json))
        return .json(.object(answer))
    }

    private func signIn(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let client = Accounts.Client(request, context)
        let (token, account) = try await accounts.signIn(email: body.text("email"), password: body.text("password"), code: body.optionalText("code"), client)
        try await tenancy.record("sign-in", by: account, context)
        return .json(["token": .string(token), "account": .object(account.json)], status: .created)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response { .tagged(.object(try account(context).json)) }

    private func change(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try account(context).id
        try await accounts.rename(id, request.jsonObject(upTo: Self.bodyBytesMax).text("name"), if: Precondition(request))
        return .tagged(.object(try account(context).json))
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try account(context).id
        let password = try await request.jsonObject(upTo: Self.bodyBytesMax).text("password")
        _ = try await accounts.confirm(id, password: password, Accounts.Client(request, context))
        try await tenancy.removeAccount(id, context)
        return Response(status: .noContent)
    }

    private func changePassword(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try account(context).id
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        try await accounts.changePassword(
            id, from: body.text("old"), to: body.text("new"), keeping: context.principal?.session, Accounts.Client(request, context))
        return Response(status: .noContent)
    }

    private func sessions(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let sessions = try accounts.sessions(of: account(context).id).sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        return .json(
            try ListWindow(request).page("sessions", sessions, position: { ListWindow.position($0.createdAt, $0.id) }) {
                $0.json(isCurrent: $0.id == context.principal?.session)
            })
    }

    private func endSession(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.parameters.require("session")
        let owner = try account(context).id
        try await accounts.endSession(id == "current" ? context.principal?.session ?? id : id, of: owner)
        return Response(status: .noContent)
    }

    private func beginSecondFactor(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (secret, uri) = try accounts.beginSecondFactor(account(context).id)
        return .json(["secret": .string(secret), "uri": .string(uri)], status: .created)
    }

    private func confirmSecondFactor(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try account(context).id
        let codes = try await accounts.confirmSecondFactor(id, code: request.jsonObject(upTo: Self.bodyBytesMax).text("code"))
        return .json(["recoveryCodes": .array(codes.map { .string($0) })])
    }

    private func removeSecondFactor(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try account(context).id
        let password = try await request.jsonObject(upTo: Self.bodyBytesMax).text("password")
        try await accounts.removeSecondFactor(id, password: password, Accounts.Client(request, context))
        return Response(status: .noContent)
    }

    private func requestReset(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let email = try await request.jsonObject(upTo: Self.bodyBytesMax).text("email")
        try await accounts.requestReset(email: email, language: context.language, Accounts.Client(request, context))
        return Response(status: .accepted)
    }

    private func completeReset(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let account = try await accounts.completeReset(token: body.text("token"), password: body.text("password"))
        try await tenancy.record("password-reset", by: account, context)
        return Response(status: .noContent)
    }

    /// Whose the session is; keys and the operator's key have no account.
    private func account(_ context: SampanRequestContext) throws -> Account {
        guard case .account(let id) = try context.requirePrincipal().kind, let account = try accounts.find(id) else {
            throw SampanError.forbidden(
                "NO_ACCOUNT", Localized("Keys have no account.", zh: "密钥没有对应的账号。"),
                remedy: Localized("Sign in with email and password (POST /admin/v1/sessions).", zh: "请用邮箱和密码登录（POST /admin/v1/sessions）。"))
        }
        return account
    }
}

extension Accounts.Client {
    /// Who sent a request.
    public init(_ request: Request, _ context: SampanRequestContext) {
        self.init(userAgent: request.headers[.userAgent] ?? "", ip: context.clientIP)
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
