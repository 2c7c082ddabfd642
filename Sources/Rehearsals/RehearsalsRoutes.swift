public import HTTPSupport
public import Hummingbird
public import Kernel

/// `/admin/v1/environments/{env}/rehearsals`.
public struct RehearsalsRoutes: Sendable {
    private static let bodyBytesMax = 8 << 20
    private let rehearsals: Rehearsals
    private let requireActive: @Sendable (EnvironmentID) throws -> Void

    /// Makes the routes.
    public init(_ rehearsals: Rehearsals, requireActive: @escaping @Sendable (EnvironmentID) throws -> Void) {
        (self.rehearsals, self.requireActive) = (rehearsals, requireActive)
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env/rehearsals")
        group.get(use: list)
        group.post(use: start)
        group.get(":rehearsal", use: show)
        group.post(":rehearsal/stop", use: stop)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(["rehearsals": .array(try rehearsals.list(of: context.managedEnvironment(), context.language))])
    }

    private func start(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        try requireActive(environment)
        return .json(try await rehearsals.start(request.jsonObject(upTo: Self.bodyBytesMax), of: environment, context.language), status: .accepted)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try rehearsals.show(context.parameters.require("rehearsal"), of: context.managedEnvironment(), context.language))
    }

    private func stop(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try rehearsals.stop(context.parameters.require("rehearsal"), of: context.managedEnvironment(), context.language), status: .accepted)
    }
}
