/// What applying a coupon does, as plain numbers.
enum CouponEffect {
    /// So much less of what it covers: an amount, or the rest of a stored value.
    case less(Int64)
    /// So many hundredths of a percent less, at most `ceiling`.
    case part(Int64, ceiling: Int64)
    /// The dearest untouched pieces at this price.
    case pieces(price: Int64, quantity: Int64)
    /// Nothing less, and something of this worth along.
    case gift(worth: Int64)

    /// Numbers that the management API would not have let in (negative ones, say) are brought into range, so that no line is ever
    /// raised or falls below nothing.
    init(_ coupon: HeldCoupon) {
        self =
            switch coupon.terms.value {
            case .amount(let amount): .less(max(0, amount))
            case .discount(let points, let ceiling): .part(min(max(0, points), 10_000), ceiling: max(0, ceiling ?? .max))
            case .specialPrice(let price, let quantity): .pieces(price: max(0, price), quantity: max(0, quantity))
            case .exchange(let quantity): .pieces(price: 0, quantity: max(0, quantity))
            case .gift(let gift): .gift(worth: Self.countedWorth(gift))
            case .storedValue: .less(coupon.spendable ?? 0)
            }
    }

    /// What a gift counts when combinations are compared.
    static func countedWorth(_ gift: CouponValue.Gift) -> Int64 { min(max(0, gift.worth), BatchDefinition.moneyMax) }

    /// A part of a sum, rounded half up, without a product that could overflow.
    static func part(_ points: Int64, of sum: Int64) -> Int64 {
        let (whole, rest) = sum.quotientAndRemainder(dividingBy: 10_000)
        return whole * points + (rest * points + 5_000) / 10_000
    }
}

/// Coupons of one batch that do exactly the same and stand one after another in the canonical order.
struct CouponKind {
    let effect: CouponEffect
    /// What its lines must come to.
    let minimum: Int64
    /// Which lines it covers, as a number in ``PricedBasket``.
    let coverage: Int
    /// Its batch, counted from 0.
    let batch: Int
    /// How many of the batch an order takes.
    let perOrder: Int
    /// The place of the first among the coupons in canonical order.
    let first: Int
    /// How many there are.
    var copies = 1
    /// Kinds with the same number never go together; see ``CouponPlan``.
    var clique = 0
}

extension CouponKind {
    var isGift: Bool { if case .gift = effect { true } else { false } }
}
