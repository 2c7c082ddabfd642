/// What a batch may cost, before anybody has claimed one.
///
/// Pure: the same definition and assumptions give the same numbers, in whole fen, rounded down. `worst` is no assumption but a bound that the
/// ledger keeps: each coupon costs at most its exposure, and what all have reserved never exceeds the budget.
public struct CostEstimate: Sendable, Hashable {
    /// The most that one coupon can cost; `nil` where that is not known before it is used.
    public let perCoupon: Int64?
    /// The most that all together can cost at any time; `nil` where nothing bounds it.
    public let worst: Int64?
    /// How many are claimed.
    public let claimed: Int64
    /// How many of these are used.
    public let redeemed: Int64
    /// What the used ones cost.
    public let expected: Int64
    /// What one order that uses a coupon costs the merchant: its discount, or the worth of its gift.
    public let costPerOrder: Int64
    /// What such an order comes to before the coupon.
    public let orderValue: Int64
    /// In how many orders the used ones are used; more than `redeemed` where one is spent little by little.
    public let orders: Int64
    /// How many coupons the budget is enough for at once; `nil` without a budget.
    public let budgetCoupons: Int64?
    /// Hundredths of a percent of the typical orders that reach the minimum spend as they are.
    public let reaching: Int64
    /// What is left of the margin of an order that uses a coupon; below zero where it loses money.
    public let leftPerOrder: Int64?
    /// How many orders without a coupon earn what is expected to be spent.
    public let ordersToEarn: Int64?

    /// Whether nothing can be claimed any more although there is stock.
    public func budgetEndsFirst(_ stock: Int64) -> Bool { budgetCoupons.map { $0 < stock } ?? false }

    /// Reckons with a definition.
    public init(_ definition: BatchDefinition, _ assumptions: CostAssumptions) {
        let terms = definition.terms
        let exposure = terms.value.exposure
        perCoupon = exposure
        worst = Self.worst(definition)
        budgetCoupons = Self.budgetCoupons(definition)
        claimed = min(Self.part(assumptions.claimed, of: definition.stock), budgetCoupons ?? .max)
        redeemed = Self.part(assumptions.redeemed, of: claimed)
        // An order that does not reach the minimum could not use the coupon: whoever uses it adds goods until it does.
        let uses = assumptions.orders.map { order -> (use: CouponUse, weight: Int64) in
            let value = max(order.value, terms.minimumSpend)
            return (CouponUse(terms.value, order: value, piece: assumptions.piecePrice ?? value), order.weight)
        }
        let weights = Int128(uses.reduce(0) { $0 + $1.weight })
        func mean(_ number: (CouponUse) -> Int64) -> Int64 { Int64(uses.reduce(Int128(0)) { $0 + Int128(number($1.use)) * Int128($1.weight) } / weights) }
        costPerOrder = mean(\.cost)
        orderValue = mean(\.order)
        let perCoupon = mean(\.costOfCoupon)
        expected = Self.clamped(min(Int128(redeemed) * Int128(perCoupon), Int128(worst ?? .max)))
        orders = Self.clamped(uses.reduce(Int128(0)) { $0 + Int128($1.use.ordersOfCoupon) * Int128($1.weight) } * Int128(redeemed) / weights)
        let asTheyAre = assumptions.orders.reduce(Int128(0)) { $0 + ($1.value >= terms.minimumSpend ? Int128($1.weight) : 0) }
        reaching = Int64(asTheyAre * 10_000 / weights)
        guard let margin = assumptions.margin else {
            (leftPerOrder, ordersToEarn) = (nil, nil)
            return
        }
        leftPerOrder = Self.part(margin, of: orderValue) - costPerOrder
        let earned = Self.part(margin, of: Self.meanOrder(assumptions.orders, weights))
        ordersToEarn = earned > 0 ? Self.clamped((Int128(expected) + Int128(earned) - 1) / Int128(earned)) : nil
    }

    /// The lower of stock and budget; a sum that no account could hold is no bound either.
    private static func worst(_ definition: BatchDefinition) -> Int64? {
        guard let exposure = definition.terms.value.exposure else { return nil }
        let (all, overflows) = definition.stock.multipliedReportingOverflow(by: exposure)
        guard let budget = definition.budget else { return overflows ? nil : all }
        return overflows ? budget : min(all, budget)
    }

    /// A coupon keeps the most that it can cost from its claim on.
    private static func budgetCoupons(_ definition: BatchDefinition) -> Int64? {
        guard let budget = definition.budget, let exposure = definition.terms.value.exposure, exposure > 0 else { return nil }
        return budget / exposure
    }

    private static func meanOrder(_ orders: [CostAssumptions.Order], _ weights: Int128) -> Int64 {
        Int64(orders.reduce(Int128(0)) { $0 + Int128($1.value) * Int128($1.weight) } / weights)
    }

    private static func part(_ points: Int64, of whole: Int64) -> Int64 { Int64(Int128(whole) * Int128(points) / 10_000) }

    private static func clamped(_ number: Int128) -> Int64 { Int64(clamping: number) }
}

/// What somebody expects of their customers.
public struct CostAssumptions: Sendable, Hashable {
    /// What typical orders come to, and how often.
    public struct Order: Sendable, Hashable {
        /// What it comes to before the coupon.
        public let value: Int64
        /// How often it comes, compared with the others.
        public let weight: Int64

        /// An order that comes `weight` times as often as one of weight 1.
        public init(value: Int64, weight: Int64 = 1) {
            self.value = value
            self.weight = weight
        }
    }

    /// Hundredths of a percent of the stock that are claimed.
    public var claimed: Int64 = 8000
    /// Hundredths of a percent of the claimed ones that are used.
    public var redeemed: Int64 = 4000
    /// At least one, with a weight of at least 1.
    public var orders: [Order]
    /// Hundredths of a percent of an order that the merchant keeps after the goods are paid.
    public var margin: Int64?
    /// What one piece of the goods costs otherwise, for special prices and exchanges; without it a typical order is one piece.
    public var piecePrice: Int64?

    /// Four of five are claimed, two of five of these are used.
    public init(orders: [Order]) { self.orders = orders }

    /// What is assumed where nothing else is said: orders that just reach the minimum spend, or 50 yuan.
    public init(for definition: BatchDefinition) {
        self.init(orders: [Order(value: definition.terms.minimumSpend > 0 ? definition.terms.minimumSpend : 5000)])
    }
}

/// What one coupon does in orders of one value.
private struct CouponUse {
    let order: Int64
    /// Of one order.
    let cost: Int64
    /// Of one coupon, until nothing is left of it.
    let costOfCoupon: Int64
    let ordersOfCoupon: Int64

    init(_ value: CouponValue, order: Int64, piece: Int64) {
        self.order = order
        switch value {
        case .amount(let amount): cost = min(amount, order)
        case .discount(let points, let ceiling): cost = min(CouponEffect.part(points, of: order), ceiling ?? .max)
        case .specialPrice(let price, let quantity): cost = Self.pieces(quantity, piece, order) * max(0, piece - price)
        case .exchange(let quantity): cost = Self.pieces(quantity, piece, order) * piece
        case .gift(let gift): cost = gift.worth
        case .storedValue(let amount):
            cost = min(amount, order)
            costOfCoupon = order > 0 ? amount : 0
            ordersOfCoupon = order > 0 ? (amount + order - 1) / order : 0
            return
        }
        costOfCoupon = cost
        ordersOfCoupon = 1
    }

    /// As many pieces as the order has, and no more than the coupon is for.
    private static func pieces(_ quantity: Int64, _ piece: Int64, _ order: Int64) -> Int64 { piece > 0 ? min(quantity, max(1, order / piece)) : 0 }
}
