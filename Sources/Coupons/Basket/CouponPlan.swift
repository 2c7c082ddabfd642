/// The coupons of one question in canonical order, with what keeps each from being used.
final class CouponPlan {
    let basket: Basket
    let priced: PricedBasket
    /// The coupons as they were named, with what keeps one from being used whatever the others are.
    let named: [(coupon: HeldCoupon, obstacle: CouponObstacle?)]
    /// Those without an obstacle, in canonical order.
    let coupons: [HeldCoupon]
    /// Those that do the same are one kind.
    private(set) var kinds: [CouponKind] = []
    /// The place in `kinds` of each coupon of `coupons`.
    private(set) var kindOfCoupon: [Int] = []
    let batchCount: Int
    /// 1 where two kinds exclude each other, in rows; 0 elsewhere.
    private(set) var excludes: [Int32] = []

    /// What is left of each line, and how many untouched pieces, while one set is priced.
    private let left: UnsafeMutablePointer<Int64>
    private let fresh: UnsafeMutablePointer<Int64>

    init(_ basket: Basket, _ coupons: [HeldCoupon]) {
        self.basket = basket
        let priced = PricedBasket(basket)
        self.priced = priced
        let (left, fresh) = (UnsafeMutablePointer<Int64>.allocate(capacity: priced.lineCount), UnsafeMutablePointer<Int64>.allocate(capacity: priced.lineCount))
        (self.left, self.fresh) = (left, fresh)
        priced.begin(left, fresh)
        var (seen, coverages): (Set<Int64>, [CouponScope: [Int32]]) = ([], [:])
        var usable: [(place: CanonicalPlace, coupon: HeldCoupon, kind: CouponKind)] = []
        var batches: [Int64: Int] = [:]
        named = coupons.map { coupon in
            guard seen.insert(coupon.number).inserted else { return (coupon, .repeated) }
            if let obstacle = Self.obstacle(basket, coupon) { return (coupon, obstacle) }
            let lines = Self.lines(basket, coupon.terms.scope, &coverages)
            if lines.isEmpty { return (coupon, .scope) }
            let kind = CouponKind(
                effect: CouponEffect(coupon), minimum: coupon.terms.minimumSpend, coverage: priced.number(ofLines: lines),
                batch: batches[coupon.batch] ?? batches.count, perOrder: coupon.terms.stacking.perOrder, first: 0)
            batches[coupon.batch] = kind.batch
            let sum = priced.sum(kind.coverage, left)
            if sum < kind.minimum { return (coupon, .spend(missing: kind.minimum - sum)) }
            if priced.gain(kind, sum: sum, fresh) < 0 { return (coupon, .nothingToReduce) }
            usable.append((CanonicalPlace(coupon), coupon, kind))
            return (coupon, nil)
        }
        batchCount = batches.count
        usable.sort { $0.place < $1.place }
        self.coupons = usable.map(\.coupon)
        joinSame(usable.map(\.kind))
        excludes = [Int32](repeating: 0, count: kinds.count * kinds.count)
        for one in kinds.indices {
            for other in 0..<one where !self.coupons[kinds[one].first].goes(with: self.coupons[kinds[other].first]) {
                excludes[one * kinds.count + other] = 1
                excludes[other * kinds.count + one] = 1
            }
        }
        formCliques()
    }

    deinit {
        left.deallocate()
        fresh.deallocate()
    }

    private static func obstacle(_ basket: Basket, _ coupon: HeldCoupon) -> CouponObstacle? {
        let scope = coupon.terms.scope
        if !scope.shops.isEmpty, !scope.shops.contains(basket.shop) { return .shop }
        if !scope.channels.isEmpty, !scope.channels.contains(basket.channel) { return .channel }
        if !scope.levels.isEmpty, !scope.levels.contains(basket.level) { return .level }
        return nil
    }

    private static func lines(_ basket: Basket, _ scope: CouponScope, _ known: inout [CouponScope: [Int32]]) -> [Int32] {
        if let lines = known[scope] { return lines }
        let lines = basket.lines.indices.filter { scope.covers(goods: basket.lines[$0].goods, category: basket.lines[$0].category) }.map(Int32.init)
        known[scope] = lines
        return lines
    }

    private func joinSame(_ single: [CouponKind]) {
        for (place, kind) in single.enumerated() {
            if place > 0, coupons[place].doesTheSame(as: coupons[place - 1]) {
                kinds[kinds.count - 1].copies += 1
            } else {
                kinds.append(
                    CouponKind(
                        effect: kind.effect, minimum: kind.minimum, coverage: kind.coverage, batch: kind.batch, perOrder: kind.perOrder, first: place))
            }
            kindOfCoupon.append(kinds.count - 1)
        }
    }

    /// Parts the kinds so that of each part an order takes one kind only.
    ///
    /// Every kind goes to the first part with none of which it goes together. In a real shop these are the groups (one coupon for the order, one for the shop, …).
    private func formCliques() {
        var cliques: [[Int]] = []
        for place in kinds.indices {
            let fitting = cliques.firstIndex { clique in clique.allSatisfy { excludes[$0 * kinds.count + place] != 0 } }
            if let fitting { cliques[fitting].append(place) } else { cliques.append([place]) }
            kinds[place].clique = fitting ?? cliques.count - 1
        }
    }

    /// Whether an order that takes some coupons takes another as well.
    func fits(_ place: Int, with others: [Int]) -> Bool {
        let kind = kinds[kindOfCoupon[place]]
        var (used, limit) = (0, kind.perOrder)
        for other in others {
            let otherKind = kindOfCoupon[other]
            if excludes[kindOfCoupon[place] * kinds.count + otherKind] != 0 { return false }
            if kinds[otherKind].batch == kind.batch { (used, limit) = (used + 1, min(limit, kinds[otherKind].perOrder)) }
        }
        return used < max(1, limit)
    }

    /// Applies some coupons, named by their places in ascending order; tells of each what it took off of each line.
    ///
    /// Ends early, with the place and why, where one cannot be used after those before it.
    func price(_ chosen: [Int], step: (_ place: Int, _ discounts: [Int64]) -> Void) -> (place: Int, obstacle: CouponObstacle)? {
        priced.begin(left, fresh)
        for place in chosen {
            let kind = kinds[kindOfCoupon[place]]
            let sum = priced.sum(kind.coverage, left)
            if sum < kind.minimum { return (place, .spendAfterOthers(missing: kind.minimum - sum)) }
            let gain = priced.gain(kind, sum: sum, fresh)
            if gain < 0 { return (place, .nothingLeft) }
            let before = (0..<priced.lineCount).map { left[$0] }
            priced.apply(kind, gain: gain, sum: sum, left, fresh)
            step(place, before.enumerated().map { $1 - left[$0] })
        }
        return nil
    }

    /// What a set is worth, or -1 if one of it cannot be used or does nothing; who goes with whom is not looked at.
    func worth(_ chosen: [Int]) -> Int64 {
        priced.begin(left, fresh)
        var worth: Int64 = 0
        for place in chosen {
            let kind = kinds[kindOfCoupon[place]]
            let sum = priced.sum(kind.coverage, left)
            let gain = priced.gain(kind, sum: sum, fresh)
            if gain < 0 { return -1 }
            priced.apply(kind, gain: gain, sum: sum, left, fresh)
            worth += gain
        }
        return worth
    }

    /// What keeps a coupon from being used together with some others by the rules of stacking, if anything does.
    func stackingObstacle(_ place: Int, with others: [Int], maxPerOrder: Int) -> CouponObstacle? {
        let coupon = coupons[place]
        var names: [String] = []
        for other in others where coupons[other].batch != coupon.batch && !coupon.goes(with: coupons[other]) && !names.contains(coupons[other].name) {
            names.append(coupons[other].name)
        }
        if !names.isEmpty { return .others(names) }
        let same = others.filter { coupons[$0].batch == coupon.batch }
        let limit = same.reduce(coupon.terms.stacking.perOrder) { min($0, coupons[$1].terms.stacking.perOrder) }
        if same.count >= max(1, limit) { return .batchLimit(max(1, limit)) }
        return others.count >= maxPerOrder ? .orderLimit(maxPerOrder) : nil
    }
}
