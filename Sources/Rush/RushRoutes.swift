public import HTTPSupport
public import Hummingbird
internal import Kernel

/// How an environment stands in a rush: `/admin/v1/environments/{env}/rush`.
public struct RushRoutes: Sendable {
    private let rush: Rush

    /// Makes the routes.
    public init(_ rush: Rush) { self.rush = rush }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env")
        group.get("rush", use: show)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(rush.shown(try context.managedEnvironment()))
    }
}
