internal import HTTPSupport
public import Kernel

extension Coupons {
    /// The most coupons of a user that are looked at for one basket, those that expire first.
    private static let basketCouponsMax = 100

    /// The best that a user's coupons can do for a basket, and why the others are left out.
    /// - Parameter request: `{"basket":{…}}`; of functions and keys `user` as well.
    public func best(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        try request.refuseUnknown(["basket", "user"], in: "basket's question")
        let basket = try Basket(request.requiredObject("basket"))
        let (store, held, isCut) = try await usable(CouponRequest.user(request, context), context.environment)
        // Many lines and coupons that all go together take milliseconds: not on an event loop.
        let best = try await offEventLoop { BestCombination.find(basket, held) }
        return shown(best, store, context.language, isCut: isCut)
    }

    /// What chosen coupons come to for a basket.
    /// - Parameter request: `{"basket":{…},"coupons":[…]}`; of functions and keys `user` as well.
    /// - Throws: `COUPON_NOT_APPLICABLE` for coupons that do nothing here, or do not go together.
    public func price(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        try request.refuseUnknown(["basket", "coupons", "user"], in: "basket's question")
        let basket = try Basket(request.requiredObject("basket"))
        let (store, held, _) = try await usable(CouponRequest.user(request, context), context.environment)
        let chosen = try CouponRequest.numbers(request, store.numbers).map { number in
            guard let coupon = held.first(where: { $0.number == number }) else { throw SampanError.noCoupon(store.numbers.id(number)) }
            return coupon
        }
        do {
            return shown(try BestCombination.apply(basket, chosen), store, context.language, isCut: false)
        } catch let error as SampanError {
            throw Self.withID(error, store)
        }
    }

    /// The refusal with the coupon's id in place of its number, which would tell how many a shop has given.
    private static func withID(_ error: SampanError, _ store: EnvironmentCoupons) -> SampanError {
        guard let number = error.members["coupon"]?.intValue else { return error }
        var members = error.members
        members["coupon"] = .string(store.numbers.id(number))
        return SampanError(error.code, status: error.status, error.detail, remedy: error.remedy, members: members)
    }

    /// A user's coupons that could be used now.
    private func usable(_ user: String, _ environment: EnvironmentID) async throws -> (EnvironmentCoupons, [HeldCoupon], isCut: Bool) {
        let store = try store(environment)
        let now = clock.now()
        let usable = try await couponsOf(user, store).filter { coupon, batch in
            coupon.standing(at: now) == .held && !coupon.isFrozen && coupon.from <= now
                && batch.definition.useTimes.contain(now, zone: batch.definition.zone)
        }.sorted { ($0.0.until, $0.0.number) < ($1.0.until, $1.0.number) }
        let held = usable.prefix(Self.basketCouponsMax).map { coupon, batch in
            HeldCoupon(
                number: coupon.number, batch: coupon.batch, name: batch.definition.name, terms: batch.definition.terms, balance: coupon.balance,
                expiresAt: coupon.until)
        }
        return (store, held, usable.count > held.count)
    }

    private func shown(_ combination: CouponCombination, _ store: EnvironmentCoupons, _ language: Language, isCut: Bool) -> JSON {
        var json: JSONObject = [
            "total": .int(combination.total), "discount": .int(combination.discount), "payable": .int(combination.payable),
            "lineDiscounts": .array(combination.lineDiscounts.map { .int($0) }),
            "applied": .array(
                combination.applied.map { applied in
                    [
                        "coupon": .string(store.numbers.id(applied.coupon.number)), "name": .string(applied.coupon.name), "discount": .int(applied.discount),
                        "lineDiscounts": .array(applied.lineDiscounts.map { .int($0) }),
                    ]
                }),
            "gifts": .array(combination.gifts.map { ["goods": .string($0.goods), "name": .string($0.name)] }),
            "unused": .array(
                combination.unused.map { unused in
                    .object(
                        unused.obstacle.members([
                            "coupon": .string(store.numbers.id(unused.coupon.number)), "name": .string(unused.coupon.name),
                            "reason": .string(unused.obstacle.text[language]), "code": .string(unused.obstacle.code),
                        ]))
                }),
            "proven": .bool(combination.isProven),
        ]
        // What was left out for its number is said.
        if isCut { json["cut"] = true }
        return .object(json)
    }
}
