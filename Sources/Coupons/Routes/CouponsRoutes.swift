public import HTTPSupport
public import Hummingbird
internal import Kernel

/// Coupons for clients: `/v1/coupons`.
public struct CouponsRoutes: Sendable {
    private static let bodyBytesMax = 64 << 10
    private static let listMax = 200

    private let coupons: Coupons

    /// Makes the routes.
    public init(_ coupons: Coupons) { self.coupons = coupons }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        let group = router.group("/v1/coupons")
        group.get(use: mine)
        group.get("batches", use: offers)
        group.get("batches/:batch", use: offer)
        group.post("batches/:batch/claim", use: claim)
        group.post("batches/:batch/invitation", use: invitation)
        group.post("claim", use: claimByCode)
        group.post("best", use: best)
        group.post("price", use: price)
        group.post("lock", use: lock)
        group.post("release", use: release)
        group.get(":coupon", use: coupon)
    }

    private func user(_ context: SampanRequestContext) throws -> (CallContext, String) {
        let call = try context.requireCall()
        return (call, call.caller.user?.openid ?? "")
    }

    private func mine(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (call, user) = try user(context)
        let limit = Int(try request.queryInt("limit", in: 1...Int64(Self.listMax)) ?? 50)
        return .json(try await coupons.coupons(of: user, status: request.couponStatus(), limit: limit, call.environment))
    }

    private func offers(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (call, user) = try user(context)
        return .json(try await coupons.offers(user, call.environment))
    }

    private func offer(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (call, user) = try user(context)
        return .json(try await coupons.offer(context.parameters.require("batch"), to: user, call.environment))
    }

    private func claim(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        return .json(try await coupons.claim(context.parameters.require("batch"), body, call))
    }

    private func claimByCode(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.claimByCode(request.jsonObject(upTo: Self.bodyBytesMax), context.requireCall()))
    }

    private func invitation(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let body = try await request.jsonObject(upTo: Self.bodyBytesMax)
        return .json(try await coupons.invitation(context.parameters.require("batch"), body, context.requireCall()))
    }

    private func best(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.best(request.jsonObject(upTo: Self.bodyBytesMax), context.requireCall()))
    }

    private func price(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.price(request.jsonObject(upTo: Self.bodyBytesMax), context.requireCall()))
    }

    private func lock(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.lock(request.jsonObject(upTo: Self.bodyBytesMax), context.requireCall()))
    }

    private func release(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        .json(try await coupons.release(request.jsonObject(upTo: Self.bodyBytesMax), context.requireCall()))
    }

    private func coupon(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let (call, user) = try user(context)
        return .json(try await coupons.coupon(context.parameters.require("coupon"), of: user, call.environment))
    }
}

extension Request {
    func couponStatus() throws -> CouponAccount? { try CouponAccount(asked: queryText("status")) }
}

extension CouponAccount {
    /// The one that somebody wants to see coupons of; `nil` for all.
    init?(asked word: String?) throws {
        guard let word else { return nil }
        guard let account = Self.allCases.first(where: { $0.word == word && $0 != .stock }) else {
            throw SampanError.badMember("status", Localized("held, locked, redeemed, expired or voided", zh: " held、locked、redeemed、expired 或 voided"))
        }
        self = account
    }
}
