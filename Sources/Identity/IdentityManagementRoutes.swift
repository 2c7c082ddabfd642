public import HTTPSupport
public import Hummingbird
internal import Kernel

/// The users of an environment's app: `/admin/v1/environments/{env}/users`.
public struct IdentityManagementRoutes: Sendable {
    private let identity: Identity

    /// Makes the routes.
    public init(_ identity: Identity) { self.identity = identity }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env/users")
        group.get(use: list)
        group.delete(":openid/sessions", use: endSessions)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let window = try ListWindow(request)
        var query = UserQuery()
        query.search = request.queryText("search")
        query.platform = request.queryText("platform")
        query.limit = window.limit
        query.after = try window.after.map { text in
            guard let position = UserQuery.Position(text) else {
                throw SampanError.badMember("after", Localized("the `next` of the page before", zh: "上一页的 `next`"))
            }
            return position
        }
        let page = try await identity.users(of: environment, query)
        var answer: JSONObject = ["users": .array(page.users.map(\.json))]
        if let next = page.next { answer["next"] = .string(next.text) }
        return .json(.object(answer))
    }

    private func endSessions(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let ended = try await identity.endSessions(of: context.parameters.requireDecoded("openid"), in: environment)
        return .json(["ended": .int(Int64(ended))])
    }
}
