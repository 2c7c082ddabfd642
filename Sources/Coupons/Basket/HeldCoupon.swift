/// A coupon that somebody holds and could use now.
public struct HeldCoupon: Sendable, Hashable {
    /// The coupon's number.
    public let number: Int64
    /// The number of its batch.
    public let batch: Int64
    /// What people call the batch.
    public let name: String
    /// What it is worth and when; fixed when it was claimed.
    public let terms: CouponTerms
    /// What is left of a stored value; `nil` is all of it, and of no meaning for others.
    public let balance: Int64?
    /// From when it can no longer be used, in milliseconds since 1970.
    public let expiresAt: Int64

    /// Makes a coupon.
    public init(number: Int64, batch: Int64, name: String, terms: CouponTerms, balance: Int64? = nil, expiresAt: Int64) {
        self.number = number
        self.batch = batch
        self.name = name
        self.terms = terms
        self.balance = balance
        self.expiresAt = expiresAt
    }
}

/// The canonical order, in which the coupons of an order are applied.
///
/// 1. exchange (the dearest pieces go for nothing before they could be lowered), then special prices, the lowest first;
/// 2. discounts and then amounts for named goods or categories;
/// 3. discounts and then amounts for everything;
/// 4. gifts;
/// 5. stored values: money is spent on what no other coupon takes off.
///
/// A discount comes before an amount because the customer gets more that way. Among the same, the one that needs the higher spend is
/// first, while what the others take has not yet been taken; then batch, rest of a stored value, time of expiry, number.
struct CanonicalPlace: Comparable {
    private let rank: Int
    /// The special price; 0 for all others.
    private let price: Int64
    /// Negative, so that the higher one is first.
    private let minimum: Int64
    private let batch: Int64
    private let balance: Int64
    private let expiresAt: Int64
    private let number: Int64

    init(_ coupon: HeldCoupon) {
        let scope = coupon.terms.scope
        let isNamed = !scope.goods.isEmpty || !scope.categories.isEmpty
        (rank, price) =
            switch coupon.terms.value {
            case .exchange: (0, 0)
            case .specialPrice(let price, _): (1, price)
            case .discount: (isNamed ? 2 : 4, 0)
            case .amount: (isNamed ? 3 : 5, 0)
            case .gift: (6, 0)
            case .storedValue: (7, 0)
            }
        minimum = -max(0, coupon.terms.minimumSpend)
        batch = coupon.batch
        balance = coupon.spendable ?? 0
        expiresAt = coupon.expiresAt
        number = coupon.number
    }

    static func < (left: CanonicalPlace, right: CanonicalPlace) -> Bool {
        let (one, other) = (left.kind, right.kind)
        return one == other ? (left.expiresAt, left.number) < (right.expiresAt, right.number) : one < other
    }

    private var kind: (Int, Int64, Int64, Int64, Int64) { (rank, price, minimum, batch, balance) }
}

extension HeldCoupon {
    /// What a stored value can still pay; `nil` for others.
    var spendable: Int64? {
        guard case .storedValue(let amount) = terms.value else { return nil }
        return max(0, balance ?? amount)
    }

    /// Whether the two do exactly the same, so that it matters only how many of them are used.
    func doesTheSame(as other: HeldCoupon) -> Bool { batch == other.batch && spendable == other.spendable && terms == other.terms }

    /// Whether both may be used in one order, as far as these two are concerned.
    func goes(with other: HeldCoupon) -> Bool {
        batch == other.batch ? min(terms.stacking.perOrder, other.terms.stacking.perOrder) > 1 : terms.stacking.allows(other.terms.stacking)
    }
}
