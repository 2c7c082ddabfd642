public import HTTPSupport
public import Hummingbird
public import Kernel

/// Coupons for merchants: `/admin/v1/environments/{env}/coupons`.
public struct CouponsManagementRoutes: Sendable {
    private static let bodyBytesMax = 256 << 10
    private static let listMax = 1000

    private let coupons: Coupons
    private let approval: BatchApproval

    /// Makes the routes.
    public init(_ coupons: Coupons, approval: BatchApproval) {
        self.coupons = coupons
        self.approval = approval
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env/coupons")
        group.get("batches", use: batches)
        group.post("batches", use: make)
        group.get("batches/:batch", use: show)
        group.patch("batches/:batch", use: change)
        group.post("batches/:batch/claims", use: claim)
        group.post("batches/:batch/submit") { try await take(.submit, $0, $1) }
        group.post("batches/:batch/approve") { try await take(.approve, $0, $1) }
        group.post("batches/:batch/reject") { try await take(.reject, $0, $1) }
        group.post("batches/:batch/pause") { try await take(.pause, $0, $1) }
        group.post("batches/:batch/resume") { try await take(.resume, $0, $1) }
        group.post("batches/:batch/stop") { try await take(.stop, $0, $1) }
        group.post("estimate", use: estimate)
        group.get(use: list)
        group.get(":coupon", use: coupon)
        group.post("lock") { try await move(coupons.lock, $0, $1) }
        group.post("release") { try await move(coupons.release, $0, $1) }
        group.post("redeem") { try await move(coupons.redeem, $0, $1) }
        group.post("refund") { try await move(coupons.refund, $0, $1) }
        group.post("void") { try await move(coupons.void, $0, $1) }
        group.post("freeze") { try await move(coupons.freeze, $0, $1) }
        group.post("unfreeze") { try await move(coupons.unfreeze, $0, $1) }
    }

    private typealias Perform = @Sendable (JSONObject, CallContext) async throws -> JSON

    private func move(_ perform: Perform, _ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        return .json(try await perform(body, context.keyCall(context.managedEnvironment())))
    }

    private func batches(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.batches(context.managedEnvironment()))
    }

    private func make(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.makeBatch(request.jsonObject(upTo: Self.bodyBytesMax), context.managedEnvironment()), status: .created)
    }

    private func show(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.batch(context.parameters.require("batch"), context.managedEnvironment()))
    }

    private func change(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        return .json(try await coupons.changeBatch(context.parameters.require("batch"), body, context.managedEnvironment()))
    }

    private func claim(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        return .json(try await coupons.claim(context.parameters.require("batch"), body, context.keyCall(context.managedEnvironment())))
    }

    private func take(_ step: BatchStep, _ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (environment, principal) = (try context.managedEnvironment(), try context.requirePrincipal())
        return .json(try await approval.take(step, context.parameters.require("batch"), by: principal, environment))
    }

    private func estimate(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.estimate(request.jsonObject(upTo: Self.bodyBytesMax), context.managedEnvironment()))
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        if let code = request.queryText("code") {
            return .json(["coupons": [try await coupons.coupon(code: code, context.keyCall(context.managedEnvironment()))]])
        }
        guard let user = request.queryText("user") else { throw SampanError.badMember("user", Localized("the openid of a user", zh: "用户的 openid")) }
        let limit = Int(try request.queryInt("limit", in: 1...Int64(Self.listMax)) ?? 100)
        return .json(try await coupons.coupons(of: user, status: request.couponStatus(), limit: limit, context.managedEnvironment()))
    }

    private func coupon(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.coupon(context.parameters.require("coupon"), of: nil, context.managedEnvironment()))
    }
}
