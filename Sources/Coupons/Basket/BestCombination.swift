internal import Kernel

/// Which coupons are best for a basket, and what chosen ones come to.
///
/// Coupons are applied in one order (``CanonicalPlace``), each to what the earlier ones left of the lines that it covers. The result is
/// the same whenever it is asked for: nothing depends on time, chance or the order in which coupons are named.
public enum BestCombination {
    /// How many sets of coupons ``find(_:_:maxPerOrder:effort:)`` goes into before it answers with the best so far.
    ///
    /// Measured with 20 made-up coupons and 30 lines: where groups exclude each other as in shops, 0.2 ms are enough for a proof (p99); where
    /// ten discounts stack, 20,000 nodes take about 10 ms, and 2,000 take 2 ms and found the same worth.
    public static let defaultEffort = 3000

    /// The combination that is worth most: discount and worth of gifts.
    ///
    /// Of equal ones that with fewer coupons, then the one whose coupons
    /// expire first, then that of lower numbers.
    ///
    /// - Parameters:
    ///   - coupons: Those that could be used now; whether they are valid at this time is not looked at here.
    ///   - maxPerOrder: How many coupons one order takes.
    ///   - effort: After so many nodes of the search the best so far is the answer, with `isProven` false.
    public static func find(_ basket: Basket, _ coupons: [HeldCoupon], maxPerOrder: Int = 10, effort: Int = defaultEffort) -> CouponCombination {
        let plan = CouponPlan(basket, coupons)
        let search = CombinationSearch(plan, maxPerOrder: maxPerOrder, effort: effort)
        let chosen = search.run()
        let result = BasketReceipt(plan, chosen)
        return result.combination(unused: unused(plan, chosen, maxPerOrder), isProven: search.isComplete)
    }

    /// What a basket comes to with just these coupons, as for paying.
    /// - Throws: `COUPON_NOT_APPLICABLE` with the first coupon that cannot be used for this basket or with the others, or does nothing.
    public static func apply(_ basket: Basket, _ coupons: [HeldCoupon], maxPerOrder: Int = 10) throws -> CouponCombination {
        let plan = CouponPlan(basket, coupons)
        for case (let coupon, let obstacle?) in plan.named { throw SampanError.couponNotApplicable(coupon, obstacle) }
        let chosen = Array(plan.coupons.indices)
        for place in chosen {
            if let obstacle = plan.stackingObstacle(place, with: Array(chosen[..<place]), maxPerOrder: maxPerOrder) {
                throw SampanError.couponNotApplicable(plan.coupons[place], obstacle)
            }
        }
        let result = BasketReceipt(plan, chosen)
        if let failure = result.failure { throw SampanError.couponNotApplicable(plan.coupons[failure.place], failure.obstacle) }
        return result.combination(unused: [], isProven: false)
    }

    private static func unused(_ plan: CouponPlan, _ chosen: [Int], _ maxPerOrder: Int) -> [CouponCombination.Unused] {
        let places = Dictionary(uniqueKeysWithValues: plan.coupons.enumerated().map { ($1.number, $0) })
        return plan.named.compactMap { coupon, obstacle in
            if let obstacle { return CouponCombination.Unused(coupon: coupon, obstacle: obstacle) }
            guard let place = places[coupon.number], !chosen.contains(place) else { return nil }
            return CouponCombination.Unused(coupon: coupon, obstacle: obstacleBesides(plan, place, chosen, maxPerOrder))
        }
    }

    /// Why a coupon that could be used alone is not among the chosen.
    private static func obstacleBesides(_ plan: CouponPlan, _ place: Int, _ chosen: [Int], _ maxPerOrder: Int) -> CouponObstacle {
        if let obstacle = plan.stackingObstacle(place, with: chosen, maxPerOrder: maxPerOrder) { return obstacle }
        let failure = plan.price((chosen + [place]).sorted()) { _, _ in }
        // If another of the set could then no longer be used, the set without this one was better.
        if let failure, failure.place == place { return failure.obstacle }
        return .betterWithout
    }
}

/// A set of coupons being priced.
private struct BasketReceipt {
    private let plan: CouponPlan
    private var applied: [CouponCombination.Applied] = []
    private var lineDiscounts: [Int64]
    private var gifts: [CouponValue.Gift] = []
    let failure: (place: Int, obstacle: CouponObstacle)?

    init(_ plan: CouponPlan, _ chosen: [Int]) {
        self.plan = plan
        var (applied, lines, gifts): ([CouponCombination.Applied], [Int64], [CouponValue.Gift]) = ([], Array(repeating: 0, count: plan.priced.lineCount), [])
        failure = plan.price(chosen) { place, discounts in
            let coupon = plan.coupons[place]
            applied.append(CouponCombination.Applied(coupon: coupon, discount: discounts.reduce(0, +), lineDiscounts: discounts))
            for (line, discount) in discounts.enumerated() { lines[line] += discount }
            if case .gift(let gift) = coupon.terms.value { gifts.append(gift) }
        }
        (self.applied, lineDiscounts, self.gifts) = (applied, lines, gifts)
    }

    func combination(unused: [CouponCombination.Unused], isProven: Bool) -> CouponCombination {
        CouponCombination(
            applied: applied, lineDiscounts: lineDiscounts, gifts: gifts, total: plan.basket.total, unused: unused, isProven: isProven)
    }
}
