public import HTTPSupport
public import Hummingbird
public import Kernel

/// Coupons for merchants: `/admin/v1/environments/{env}/coupons`.
public struct CouponsManagementRoutes: Sendable {
    private static let bodyBytesMax = 256 << 10
    private static let listMax = 1000

    private let coupons: Coupons
    /// Whether somebody else than this person could approve a batch of an environment.
    private let hasOthers: @Sendable (EnvironmentID, Principal) throws -> Bool

    /// Makes the routes.
    public init(_ coupons: Coupons, hasOthers: @escaping @Sendable (EnvironmentID, Principal) throws -> Bool) {
        self.coupons = coupons
        self.hasOthers = hasOthers
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/admin/v1/environments/:env/coupons")
        group.get("batches", use: batches)
        group.post("batches", use: make)
        group.get("batches/:batch", use: show)
        group.patch("batches/:batch", use: change)
        group.post("batches/:batch/claims", use: claim)
        for step in BatchStep.allCases {
            group.post("batches/:batch/\(step.rawValue)") { request, context in try await take(step, request, context) }
        }
        group.get(use: list)
        group.get(":coupon", use: coupon)
        for (name, perform) in Self.moves(coupons) {
            group.post("\(name)") { request, context in
                Response.json(try await perform(request.jsonObject(upTo: Self.bodyBytesMax), context.keyCall(context.managedEnvironment())))
            }
        }
    }

    private typealias Perform = @Sendable (JSONObject, CallContext) async throws -> JSON

    private static func moves(_ coupons: Coupons) -> [(String, Perform)] {
        [
            ("lock", coupons.lock), ("release", coupons.release), ("redeem", coupons.redeem), ("refund", coupons.refund), ("void", coupons.void),
            ("freeze", coupons.freeze), ("unfreeze", coupons.unfreeze),
        ]
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
        // Whoever may not approve is refused by the table of who may do what; here it is about the same person twice.
        let needsSecond = step == .approve ? try hasOthers(environment, principal) : false
        return .json(try await coupons.step(step, context.parameters.require("batch"), by: principal.person, needsSecond: needsSecond, environment))
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        guard let user = request.queryText("user") else { throw SampanError.badMember("user", Localized("the openid of a user", zh: "用户的 openid")) }
        let limit = Int(try request.queryInt("limit", in: 1...Int64(Self.listMax)) ?? 100)
        return .json(try await coupons.coupons(of: user, status: request.couponStatus(), limit: limit, context.managedEnvironment()))
    }

    private func coupon(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.coupon(context.parameters.require("coupon"), of: nil, context.managedEnvironment()))
    }
}

extension Principal {
    /// Who it is, for telling one person from another: an account, or a key.
    var person: String { kind.id.isEmpty ? kind.word : "\(kind.word) \(kind.id)" }
}
