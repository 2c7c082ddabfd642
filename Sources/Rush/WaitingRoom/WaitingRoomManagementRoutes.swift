public import HTTPSupport
public import Hummingbird
internal import Kernel

/// What an environment's owner does with its room: `/admin/v1/environments/{env}/waiting-room`.
public struct WaitingRoomManagementRoutes: Sendable {
    private static let bodyBytesMax = 16 << 10
    private static let membershipDaysMax = 366
    private let rooms: WaitingRooms

    /// Makes the routes.
    public init(_ rooms: WaitingRooms) { self.rooms = rooms }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env/waiting-room")
        group.get(use: show)
        group.patch(use: change)
        group.post("open") { _, context in
            let environment = try context.managedEnvironment()
            try await rooms.open(environment)
            return shown(environment)
        }
        group.post("close") { _, context in
            let environment = try context.managedEnvironment()
            try await rooms.close(environment)
            return shown(environment)
        }
        group.post("memberships", use: giveMembership)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response { shown(try context.managedEnvironment()) }

    private func shown(_ environment: EnvironmentID) -> Response {
        let settings = rooms.settings(environment).json
        return .tagged(["settings": settings, "status": rooms.status(environment)], EntityTag(of: settings))
    }

    private func change(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        try await rooms.change(environment, request.jsonObject(upTo: Self.bodyBytesMax), if: Precondition(request))
        return shown(environment)
    }

    /// Says of a user that they are a member: the shop's back end knows, the client only claims.
    private func giveMembership(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        let days = try body.optionalInt("days", in: 1...Self.membershipDaysMax) ?? 30
        let expires = rooms.clock.now() / 1000 + Int64(days) * 86_400
        let user = try body.text("openid")
        AuditNote.changed("membership of \(user.prefix(60)) in the waiting room of \(environment)")
        return .json(
            ["membership": .string(rooms.seal.membership(user, environment, expires: expires)), "expires": .int(expires * 1000)], status: .created)
    }
}
