import Kernel

@testable import Coupons

/// A basket of `(goods, category, price, quantity)`.
func basket(_ lines: (String, String, Int64, Int64)..., shop: String = "", channel: String = "", level: String = "") throws -> Basket {
    try Basket(
        lines: lines.map { Basket.Line(goods: $0.0, category: $0.1, price: $0.2, quantity: $0.3) }, shop: shop, channel: channel, level: level)
}

/// A coupon that goes together with every other; each is of its own batch unless one is named.
func coupon(
    _ number: Int64, _ value: CouponValue, minimum: Int64 = 0, goods: Set<String> = [], categories: Set<String> = [],
    stacking: Stacking = Stacking(group: "order", with: nil), batch: Int64? = nil, balance: Int64? = nil, expiresAt: Int64 = 1000
) -> HeldCoupon {
    var terms = CouponTerms(value)
    terms.minimumSpend = minimum
    terms.scope.goods = goods
    terms.scope.categories = categories
    terms.stacking = stacking
    return HeldCoupon(number: number, batch: batch ?? number, name: "C\(number)", terms: terms, balance: balance, expiresAt: expiresAt)
}

extension CouponCombination {
    /// The numbers of the coupons that are used, in the order in which they are applied.
    var numbers: [Int64] { applied.map(\.coupon.number) }

    /// Why a coupon is not used.
    func obstacle(_ number: Int64) -> CouponObstacle? { unused.first { $0.coupon.number == number }?.obstacle }
}
