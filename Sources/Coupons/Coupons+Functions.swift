internal import HTTPSupport
public import Kernel

extension Coupons {
    private static let listMax = 1000

    /// What cloud functions ask through their worker's channel: one step, named by `op`, with the members that its endpoint has.
    ///
    /// A function acts for the shop: where it names no `user`, reading is about the user who called it, and a step is about whoever has
    /// the coupons.
    public func perform(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        switch try request.text("op") {
        case "claim" where request["batch"] == nil && request["code"] != nil: try await claimByCode(request, context)
        case "claim": try await claim(request.text("batch"), request, context)
        case "lock": try await lock(request, context)
        case "release": try await release(request, context)
        case "redeem": try await redeem(request, context)
        case "refund": try await refund(request, context)
        case "void": try await void(request, context)
        case "freeze": try await freeze(request, context)
        case "unfreeze": try await unfreeze(request, context)
        default: try await read(request, context)
        }
    }

    private func read(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        let named = try CouponRequest.text(request, "user", max: 128)
        let user = named.isEmpty ? context.caller.user?.openid ?? "" : named
        switch try request.text("op") {
        case "offers": return try await offers(user, context.environment)
        case "offer": return try await offer(request.text("batch"), to: user, context.environment)
        case "mine":
            return try await coupons(
                of: user, status: CouponAccount(asked: request.optionalText("status")), limit: request.optionalInt("limit", in: 1...Self.listMax) ?? 100,
                context.environment)
        case "best": return try await best(request.without("op"), context)
        case "price": return try await price(request.without("op"), context)
        case "get" where request["code"] != nil: return try await coupon(code: request.text("code"), context)
        case "get": return try await coupon(request.text("id"), of: named.isEmpty ? nil : named, context.environment)
        case "invitation":
            return try await invitation(request.text("batch"), named.isEmpty ? [:] : ["user": .string(named)], context)
        case "entries":
            var wanted = EntriesWanted()
            wanted.after = Int64(try request.optionalInt("after", in: 0...Int.max) ?? 0)
            (wanted.batch, wanted.coupon) = (try request.optionalText("batch"), try request.optionalText("coupon"))
            wanted.limit = try request.optionalInt("limit", in: 1...Self.listMax) ?? 100
            return try await entries(wanted, context.environment)
        default:
            throw SampanError.badMember(
                "op",
                Localized(
                    "claim, lock, release, redeem, refund, void, freeze, unfreeze, offers, offer, mine, best, price, get, invitation or entries",
                    zh: " claim、lock、release、redeem、refund、void、freeze、unfreeze、offers、offer、mine、best、price、get、invitation 或 entries"))
        }
    }
}

extension JSONObject {
    fileprivate func without(_ name: String) -> JSONObject {
        var rest = self
        rest[name] = nil
        return rest
    }
}
