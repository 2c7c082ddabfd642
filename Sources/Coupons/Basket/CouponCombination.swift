/// What some coupons do to a basket.
public struct CouponCombination: Sendable, Hashable {
    /// One coupon that is used.
    public struct Applied: Sendable, Hashable {
        /// The coupon.
        public let coupon: HeldCoupon
        /// What it takes off; 0 for a gift.
        public let discount: Int64
        /// How that is spread over the basket's lines; a part that is returned is refunded by it.
        public let lineDiscounts: [Int64]
    }

    /// One coupon that is not used.
    public struct Unused: Sendable, Hashable {
        /// The coupon.
        public let coupon: HeldCoupon
        /// Why not.
        public let obstacle: CouponObstacle
    }

    /// The coupons that are used, in the order in which they are applied.
    public let applied: [Applied]
    /// What all together take off each line of the basket.
    public let lineDiscounts: [Int64]
    /// What is given along.
    public let gifts: [CouponValue.Gift]
    /// What the basket comes to without coupons.
    public let total: Int64
    /// The coupons that are not used, in the order in which they were named.
    public let unused: [Unused]
    /// Whether every combination was looked at or is known to be no better; never true of a set that somebody chose.
    public let isProven: Bool

    /// What all coupons together take off.
    public var discount: Int64 { applied.reduce(0) { $0 + $1.discount } }
    /// What is left to be paid.
    public var payable: Int64 { total - discount }
    /// What combinations are compared by: the discount and the worth of the gifts.
    public var worth: Int64 { discount + gifts.reduce(0) { $0 + CouponEffect.countedWorth($1) } }
}
