public import HTTPSupport
public import Hummingbird
internal import Kernel

/// Announced rushes, and the forecast of an environment's load: `/admin/v1/environments/{env}/rushes` and `/forecast`.
public struct ElasticRoutes: Sendable {
    private static let bodyBytesMax = 64 << 10
    private let elastic: ElasticWorkers

    /// Makes the routes.
    public init(_ elastic: ElasticWorkers) { self.elastic = elastic }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env")
        group.get("rushes", use: list)
        group.post("rushes", use: announce)
        group.delete("rushes/:rush", use: remove)
        group.get("forecast", use: forecast)
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let now = elastic.clock.now()
        let rushes = elastic.rushes.rushes(of: try context.managedEnvironment())
        return .json(try ListWindow(request).page("rushes", rushes, position: { ListWindow.position($0.startsAt, $0.id) }) { $0.json(now: now) })
    }

    private func announce(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let rush = try await elastic.rushes.add(request.jsonObject(upTo: Self.bodyBytesMax), to: environment)
        return .json(rush.json(now: elastic.clock.now()), status: .created)
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        try await elastic.rushes.remove(context.parameters.require("rush"), from: context.managedEnvironment())
        return Response(status: .noContent)
    }

    private func forecast(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let step = try request.queryInt("step", in: 5...10) ?? 10
        guard step == 5 || step == 10 else { throw SampanError.badMember("step", Localized("5 or 10", zh: " 5 或 10")) }
        return .json(try await elastic.shown(environment, step: Int(step)))
    }
}
