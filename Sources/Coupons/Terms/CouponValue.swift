/// What one coupon is worth.
///
/// Money is counted in the smallest unit of the currency (fen), as whole numbers.
public enum CouponValue: Sendable, Hashable {
    /// So much less (满减).
    case amount(Int64)
    /// So many hundredths of a percent less, at most `ceiling` (折扣); 1500 is 15 % off.
    case discount(basisPoints: Int64, ceiling: Int64?)
    /// Up to `quantity` pieces of the goods at this price each (特价).
    case specialPrice(Int64, quantity: Int64)
    /// Up to `quantity` pieces of the goods for nothing (兑换).
    case exchange(quantity: Int64)
    /// Something that is given along and costs nobody anything (赠品).
    case gift(Gift)
    /// Money that is spent little by little (储值).
    case storedValue(Int64)

    /// What is given along.
    public struct Gift: Sendable, Hashable {
        /// The goods' id.
        public let goods: String
        /// What people call it.
        public let name: String
        /// What it costs the merchant, for budgets and for choosing the best.
        public let worth: Int64

        /// Makes a gift.
        public init(goods: String, name: String, worth: Int64) {
            self.goods = goods
            self.name = name
            self.worth = worth
        }
    }

    /// The most that one coupon can cost, where that is known before it is used.
    public var exposure: Int64? {
        switch self {
        case .amount(let amount), .storedValue(let amount): amount
        case .discount(_, let ceiling): ceiling
        case .gift(let gift): gift.worth
        case .specialPrice, .exchange: nil
        }
    }
}

/// The goods and orders that a coupon is for; an empty list means all.
public struct CouponScope: Sendable, Hashable {
    /// Goods by their ids; together with `categories`: either is enough.
    public var goods: Set<String> = []
    /// Categories of goods.
    public var categories: Set<String> = []
    /// Goods that it is never for.
    public var excludedGoods: Set<String> = []
    /// Categories that it is never for.
    public var excludedCategories: Set<String> = []
    /// Shops in which it may be used.
    public var shops: Set<String> = []
    /// Channels (`miniapp`, `store`, …) in which it may be claimed and used.
    public var channels: Set<String> = []
    /// Levels of members who may claim and use it.
    public var levels: Set<String> = []

    /// For everything, everywhere and everybody.
    public init() {}

    /// Whether it is for these goods.
    public func covers(goods id: String, category: String) -> Bool {
        if excludedGoods.contains(id) || excludedCategories.contains(category) { return false }
        return goods.isEmpty && categories.isEmpty || goods.contains(id) || categories.contains(category)
    }
}

/// With which others a coupon may be used in one order.
public struct Stacking: Sendable, Hashable {
    /// What others call this kind (`goods`, `shop`, `order`, …).
    public var group = "order"
    /// The groups that it goes together with; `nil` is any, empty is none.
    ///
    /// Both sides must allow it.
    public var with: Set<String>? = []
    /// How many of the same batch one order takes.
    public var perOrder = 1

    /// One of an order, alone.
    public init() {}

    /// Alone or with others.
    public init(group: String, with: Set<String>?, perOrder: Int = 1) {
        self.group = group
        self.with = with
        self.perOrder = perOrder
    }

    /// Whether coupons of two batches may be used together.
    public func allows(_ other: Stacking) -> Bool {
        (with?.contains(other.group) ?? true) && (other.with?.contains(group) ?? true)
    }
}

/// What using one coupon means; fixed when it is claimed.
public struct CouponTerms: Sendable, Hashable {
    /// What it is worth.
    public var value: CouponValue
    /// What the goods in its scope must come to, after the coupons that were applied before it.
    public var minimumSpend: Int64 = 0
    /// What it is for.
    public var scope = CouponScope()
    /// With which others.
    public var stacking = Stacking()

    /// Terms without conditions.
    public init(_ value: CouponValue) { self.value = value }
}
