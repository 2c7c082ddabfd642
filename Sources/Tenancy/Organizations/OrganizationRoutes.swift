public import HTTPSupport
public import Hummingbird
internal import Kernel

/// Organizations, their apps, members, invitations, keys and audit log: `/admin/v1/organizations`, `/admin/v1/apps`.
public struct OrganizationRoutes: Sendable {
    private static let bodyBytesMax = 64 << 10
    private let tenancy: Tenancy
    private let publicURL: @Sendable () -> String
    private var organizations: Organizations { tenancy.organizations }

    /// Makes the routes.
    /// - Parameter publicURL: where people reach this server, for links.
    public init(_ tenancy: Tenancy, publicURL: @escaping @Sendable () -> String) {
        self.tenancy = tenancy
        self.publicURL = publicURL
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/organizations")
        group.get(use: list)
        group.post(use: create)
        group.get(":organization", use: show)
        group.patch(":organization", use: rename)
        group.post(":organization/suspend") { try await setStatus(.suspended, $0, $1) }
        group.post(":organization/resume") { try await setStatus(.active, $0, $1) }
        group.post(":organization/transfer", use: transfer)
        group.get(":organization/members", use: members)
        group.put(":organization/members/:account", use: setRole)
        group.delete(":organization/members/:account", use: removeMember)
        group.get(":organization/invitations", use: invitations)
        group.post(":organization/invitations", use: invite)
        group.delete(":organization/invitations/:invitation", use: removeInvitation)
        group.get(":organization/apps", use: apps)
        group.post(":organization/apps", use: createApp)
        group.get(":organization/keys", use: keys)
        group.post(":organization/keys", use: createKey)
        group.delete(":organization/keys/:key", use: removeKey)
        group.get(":organization/audit", use: audit)
        router.get("/admin/v1/apps/:app", use: showApp)
        router.patch("/admin/v1/apps/:app", use: changeApp)
        router.delete("/admin/v1/apps/:app", use: removeApp)
        router.post("/admin/v1/invitations/accept", use: accept)
    }

    // MARK: Organizations

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let kind: Organization.Kind? = try request.queryWord("kind")
        let status: Organization.Status? = try request.queryWord("status")
        let search = TextSearch(request)
        let visible = organizations.all().filter { organization in
            tenancy.sees(principal, organization.id) && (kind == nil || organization.kind == kind) && (status == nil || organization.status == status)
                && search.fits(organization.name, organization.id.text)
        }
        return .json(
            try ListWindow(request).page("organizations", visible, position: { ListWindow.position($0.createdAt, $0.id.text) }) { .object($0.json) })
    }

    private func create(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try context.requireOperator()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        guard let kind = Organization.Kind(rawValue: try body.optionalText("kind") ?? "merchant") else {
            throw SampanError.badMember("kind", Localized("merchant, isv or operator", zh: " merchant、isv 或 operator"))
        }
        return .tagged(.object(try await organizations.create(name: body.text("name"), kind: kind).json), status: .created)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .tagged(.object(try organizations.find(context.managedOrganization()).json))
    }

    private func rename(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        let name = try await request.jsonObject(upTo: Self.bodyBytesMax).text("name")
        return .tagged(.object(try await organizations.rename(id, name, if: Precondition(request)).json))
    }

    private func setStatus(_ status: Organization.Status, _ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .tagged(.object(try await organizations.setStatus(status, of: context.managedOrganization(), if: Precondition(request)).json))
    }

    private func transfer(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        let to = try await Self.account(request.jsonObject(upTo: Self.bodyBytesMax).text("account"))
        let from: AccountID? = if case .account(let account) = try context.requirePrincipal().kind { account } else { nil }
        let isMember = try organizations.members(of: id).contains { $0.account == from }
        try await organizations.transfer(id, from: isMember ? from : nil, to: to, if: Precondition(request))
        return try shownMembers(id)
    }

    // MARK: Members

    private func members(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        let role: Role? = try request.queryWord("role")
        let app = request.queryText("app")
        let search = TextSearch(request)
        let wanted = try organizations.members(of: id).filter { member in
            (role == nil || member.role == role) && (app == nil || member.app?.text == app) && search.fits(member.name, member.email)
        }
        let page = try ListWindow(request).page(
            "members", wanted, position: { "\(ListWindow.position($0.createdAt, $0.account.text)).\($0.app?.text ?? "")" }
        ) { .object($0.json) }
        return .tagged(page, try organizations.membersTag(id))
    }

    /// All members, after one of them was changed.
    private func shownMembers(_ id: OrganizationID) throws -> Response {
        .tagged(["members": .array(try organizations.members(of: id).map { .object($0.json) })], try organizations.membersTag(id))
    }

    private func setRole(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let account = try Self.account(context.parameters.require("account"))
        try await tenancy.setRole(
            tenancy.role(named: body.text("role"), context), of: account, app: Self.app(body.optionalText("app")), if: Precondition(request), context)
        return try shownMembers(id)
    }

    private func removeMember(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await tenancy.removeMember(
            Self.account(context.parameters.require("account")), app: Self.app(request.queryText("app")), if: Precondition(request), context)
        return Response(status: .noContent)
    }

    // MARK: Invitations

    private func invitations(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let role: Role? = try request.queryWord("role")
        let search = TextSearch(request)
        let wanted = try organizations.invitations(of: context.managedOrganization()).filter { invitation in
            (role == nil || invitation.role == role) && search.fits(invitation.email)
        }
        return .json(
            try ListWindow(request).page("invitations", wanted, position: { ListWindow.position($0.createdAt, $0.id) }) { .object($0.json) })
    }

    private func invite(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let role = try tenancy.role(named: body.text("role"), context)
        let (invitation, token, isMailed) = try await organizations.invite(
            body.text("email"), as: role, app: Self.app(body.optionalText("app")), to: id, by: context.requirePrincipal().name, context.language)
        var answer = invitation.json
        answer["mailed"] = .bool(isMailed)
        answer["token"] = .string(token)
        answer["link"] = .string("\(publicURL())/console/invitation?token=\(token)")
        return .json(.object(answer), status: .created)
    }

    private func removeInvitation(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await organizations.removeInvitation(context.parameters.require("invitation"), of: context.managedOrganization())
        return Response(status: .noContent)
    }

    /// Somebody who is signed in takes the role; somebody new makes an account with it, and is signed in.
    private func accept(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        if case .account(let id)? = context.principal?.kind, let account = try tenancy.accounts.find(id) {
            let organization = try await organizations.accept(token: body.text("token"), as: account)
            return .json(["organization": .object(organization.json)])
        }
        let (account, organization) = try await organizations.accept(
            token: body.text("token"), name: body.text("name"), password: body.text("password"))
        try await tenancy.record("invitation-accepted", by: account, context)
        let token = try await tenancy.accounts.begin(account.id, Accounts.Client(request, context))
        return .json(
            ["organization": .object(organization.json), "account": .object(account.json), "token": .string(token)], status: .created)
    }

    // MARK: Apps

    private func apps(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let search = TextSearch(request)
        let wanted = organizations.apps(of: try context.managedOrganization()).filter { app in
            search.fits(app.name, app.id.text, app.alipayAppID, app.wechatAppID)
        }
        return .json(try ListWindow(request).page("apps", wanted, position: { ListWindow.position($0.createdAt, $0.id.text) }) { .object($0.json) })
    }

    private func createApp(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        let change = try await Organizations.AppChange(request.jsonObject(upTo: Self.bodyBytesMax))
        return .tagged(.object(try await organizations.createApp(change, in: id).json), status: .created)
    }

    private func showApp(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .tagged(.object(try organizations.app(Self.app(in: context)).json))
    }

    private func changeApp(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let change = try await Organizations.AppChange(request.jsonObject(upTo: Self.bodyBytesMax))
        return .tagged(.object(try await organizations.changeApp(Self.app(in: context), change, if: Precondition(request)).json))
    }

    private func removeApp(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await tenancy.removeApp(Self.app(in: context), if: Precondition(request))
        return Response(status: .noContent)
    }

    // MARK: Keys and audit

    private func keys(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try KeyRequest.page(of: tenancy.keys(of: context.managedOrganization()), request))
    }

    private func createKey(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let (key, secret) = try await tenancy.createKey(
            of: id, name: body.text("name"), role: KeyRequest.role(body, context), expiresAt: KeyRequest.expiry(body))
        var answer = key.json
        answer["secret"] = .string(secret)
        return .json(.object(answer), status: .created)
    }

    private func removeKey(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await tenancy.removeKey(context.parameters.require("key"), of: context.managedOrganization())
        return Response(status: .noContent)
    }

    private func audit(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let id = try context.managedOrganization()
        var query = AuditLog.Query()
        query.limit = try request.queryInt("limit", in: 1...1000) ?? query.limit
        query.after = try request.queryInt("after", in: 1...Int64.max)
        query.actor = request.queryText("actor")
        query.action = request.queryText("action")
        if let text = request.queryText("environment") {
            guard let environment = EnvironmentID(text) else { throw SampanError.noEnvironment(text) }
            query.environment = environment
        }
        let entries = try tenancy.audit.entries(of: id, query)
        var answer: JSONObject = ["entries": .array(entries)]
        if entries.count == Int(query.limit), let last = entries.last?["id"] { answer["next"] = last }
        return .json(.object(answer))
    }

    // MARK: Ids in requests

    private static func account(_ text: String) throws -> AccountID {
        guard let id = AccountID(text) else { throw SampanError.noAccount(text) }
        return id
    }

    private static func app(_ text: String?) throws -> AppID? {
        guard let text else { return nil }
        guard let id = AppID(text) else { throw SampanError.noApp(text) }
        return id
    }

    private static func app(in context: SampanRequestContext) throws -> AppID {
        let text = try context.parameters.require("app")
        guard let id = AppID(text) else { throw SampanError.noApp(text) }
        return id
    }
}
