public import HTTPSupport
public import Hummingbird
internal import Kernel

/// Everybody's accounts, for the platform's operator: `/admin/v1/accounts`.
public struct AccountCareRoutes: Sendable {
    private let tenancy: Tenancy
    private var accounts: Accounts { tenancy.accounts }
    private let publicURL: @Sendable () -> String

    /// Makes the routes.
    /// - Parameter publicURL: where people reach this server, for links.
    public init(_ tenancy: Tenancy, publicURL: @escaping @Sendable () -> String) {
        self.tenancy = tenancy
        self.publicURL = publicURL
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/accounts")
        group.get(use: list)
        group.delete(":account", use: remove)
        group.post(":account/password-reset", use: makeReset)
        group.delete(":account/second-factor", use: clearSecondFactor)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try context.requireOperator()
        let window = try ListWindow(request)
        // One more than is shown says whether there is a next page.
        let found = try accounts.list(search: request.queryText("search"), after: window.after, limit: window.limit + 1)
        return .json(window.page("accounts", found, position: { ListWindow.position($0.createdAt, $0.id.text) }) { .object($0.json) })
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await tenancy.removeAccount(account(context), context)
        return Response(status: .noContent)
    }

    private func makeReset(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (token, expiresAt) = try await accounts.makeReset(of: account(context))
        return .json(
            ["token": .string(token), "link": .string("\(publicURL())/console/password?token=\(token)"), "expiresAt": .int(expiresAt)],
            status: .created)
    }

    private func clearSecondFactor(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await accounts.clearSecondFactor(of: account(context))
        return Response(status: .noContent)
    }

    private func account(_ context: SampanRequestContext) throws -> AccountID {
        try context.requireOperator()
        let text = try context.parameters.require("account")
        guard let id = AccountID(text) else { throw SampanError.noAccount(text) }
        return id
    }
}
