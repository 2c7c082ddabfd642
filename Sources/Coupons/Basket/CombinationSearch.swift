/// Looks for the set of coupons that is worth most: depth first, in canonical order, with an upper bound.
///
/// A node is a set of coupons, applied in canonical order; its children add one coupon that stands later (or another of the same kind:
/// coupons that do the same are tried as numbers of them, not as subsets). What a node left of the basket lies in rows of its own depth,
/// written when a child is entered and simply left behind when it is done, so nothing is allocated on the way but where a better set is noted.
///
/// **The bound.** In a node, let `g(k)` be what kind `k` would gain if it were applied next (0 if it cannot be). Whatever is applied in
/// between only lowers what is left of lines and the number of untouched pieces, and ``PricedBasket/gain(_:sum:_:)`` never grows when
/// those fall; so `g(k)` is no less than what `k` gains anywhere below the node. The untouched basket gives such a bound as well (special
/// prices included, as the dearest untouched pieces are some of all pieces); that of the node itself is closer. Of a clique, kinds of
/// which no two go together, an order takes one, and of that `copies` at most: the clique adds no more than its greatest
/// `g(k) × copies`. As only so many coupons still have a place in the order, no more cliques than that add anything, the greatest ones.
/// And all discounts together are no more than what is left to pay, to which gifts add their worth.
///
/// Where the bound is just as good as the best so far, a set below could win with fewer coupons only, or with as many that expire
/// earlier; how many the bound needs at least is known from the same numbers.
final class CombinationSearch {
    private let plan: CouponPlan
    private let kindCount: Int
    private let lineCount: Int
    private let deepest: Int
    private let kinds: UnsafeMutablePointer<CouponKind>
    /// Whether two kinds exclude each other, in rows.
    private let excludes: UnsafeMutablePointer<Int32>
    /// By how many of the chosen coupons a kind is excluded.
    private let blocked: UnsafeMutablePointer<Int32>
    private let usedOfKind: UnsafeMutablePointer<Int>
    private let usedOfBatch: UnsafeMutablePointer<Int>
    private let limitOfBatch: UnsafeMutablePointer<Int>
    /// Rows of each depth.
    private let left: UnsafeMutablePointer<Int64>
    private let fresh: UnsafeMutablePointer<Int64>
    private let sums: UnsafeMutablePointer<Int64>
    private let gains: UnsafeMutablePointer<Int64>
    private let bounds: UnsafeMutablePointer<Int64>
    /// How many coupons it takes at least to reach the bound.
    private let fewest: UnsafeMutablePointer<Int>
    /// Scratch of the bound: the greatest of each clique, and the greatest of those, ascending.
    private let ofClique: UnsafeMutablePointer<Int64>
    private let greatest: UnsafeMutablePointer<Int64>
    /// The kinds chosen down to here.
    private let chosen: UnsafeMutablePointer<Int>

    private let effort: Int
    /// So many nodes are gone into before it is worth while to look for a better first answer.
    private static let easy = 200
    private var nodes = 0
    /// How many nodes this descent may go up to.
    private var limit = 0
    private(set) var isComplete = true
    private var best = Incumbent()
    private var ties: TieBreak

    /// Prepares to look for the best of a plan, with at most `maxPerOrder` coupons, in `effort` nodes.
    init(_ plan: CouponPlan, maxPerOrder: Int, effort: Int) {
        self.plan = plan
        self.effort = effort
        kindCount = plan.kinds.count
        lineCount = plan.priced.lineCount
        deepest = min(max(0, maxPerOrder), plan.coupons.count)
        ties = TieBreak(plan.coupons)
        let rows = deepest + 1
        kinds = Self.row(kindCount, plan.kinds.first)
        excludes = Self.row(kindCount * kindCount, 0)
        blocked = Self.row(kindCount, 0)
        usedOfKind = Self.row(kindCount, 0)
        usedOfBatch = Self.row(plan.batchCount, 0)
        limitOfBatch = Self.row(plan.batchCount, .max)
        left = Self.row(rows * lineCount, 0)
        fresh = Self.row(rows * lineCount, 0)
        sums = Self.row(rows * plan.priced.coverageCount, 0)
        gains = Self.row(rows * kindCount, 0)
        bounds = Self.row(rows * (kindCount + 1), 0)
        fewest = Self.row(rows * (kindCount + 1), 0)
        ofClique = Self.row(kindCount, 0)
        greatest = Self.row(rows, 0)
        chosen = Self.row(rows, 0)
        kinds.update(from: plan.kinds, count: kindCount)
        excludes.update(from: plan.excludes, count: kindCount * kindCount)
    }

    deinit {
        kinds.deallocate()
        for row in [excludes, blocked] { row.deallocate() }
        for row in [usedOfKind, usedOfBatch, limitOfBatch, fewest, chosen] { row.deallocate() }
        for row in [left, fresh, sums, gains, bounds, ofClique, greatest] { row.deallocate() }
    }

    private static func row<Element>(_ count: Int, _ value: Element?) -> UnsafeMutablePointer<Element> {
        let row = UnsafeMutablePointer<Element>.allocate(capacity: count)
        if let value { row.initialize(repeating: value, count: count) }
        return row
    }

    /// The places of the best set's coupons, ascending.
    func run() -> [Int] {
        guard deepest > 0, kindCount > 0 else { return [] }
        plan.priced.begin(left, fresh)
        lookAhead(0, from: 0, toPay: plan.basket.total)
        // A first answer, against which the rest is measured: the dearest first, each that goes together with those before.
        let dearest = (0..<kindCount).filter { gains[$0] > 0 }.sorted { (gains[$1], $0) < (gains[$0], $1) }
        let local = LocalSearch(plan, deepest)
        local.add(dearest, to: &best)
        descend(upTo: min(effort, Self.easy))
        if isComplete { return best.places }
        // A hard one: a better answer to begin with cuts off more.
        local.refine(&best, nodes: &nodes, upTo: effort)
        descend(upTo: effort)
        if !isComplete { local.add(dearest, to: &best) }
        return best.places
    }

    // MARK: - Going down

    private func descend(upTo limit: Int) {
        self.limit = limit
        isComplete = true
        visit(0, from: 0, worth: 0, toPay: plan.basket.total)
    }

    private func visit(_ depth: Int, from first: Int, worth: Int64, toPay: Int64) {
        lookAhead(depth, from: first, toPay: toPay)
        let gains = gains + depth * kindCount
        let bounds = bounds + depth * (kindCount + 1)
        let fewest = fewest + depth * (kindCount + 1)
        for place in first..<kindCount {
            // Bounds fall from place to place: what could not be better here is not further on.
            guard best.couldBeBetter(worth + bounds[place], count: depth + fewest[place]) else { return }
            let gain = gains[place]
            if gain < 0 { continue }
            chosen[depth] = place
            consider(worth + gain, count: depth + 1)
            let next = usedOfKind[place] + 1 < kinds[place].copies ? place : place + 1
            guard depth + 1 < deepest, bounds[next] > 0 else { continue }
            guard best.couldBeBetter(worth + gain + bounds[next], count: depth + 1 + fewest[next]) else { continue }
            nodes += 1
            guard nodes <= limit else {
                isComplete = false
                return
            }
            enter(place, gain, depth: depth, from: next, worth: worth, toPay: toPay)
            if !isComplete { return }
        }
    }

    private func enter(_ place: Int, _ gain: Int64, depth: Int, from next: Int, worth: Int64, toPay: Int64) {
        let kind = kinds[place]
        let lines = (left + (depth + 1) * lineCount, fresh + (depth + 1) * lineCount)
        lines.0.update(from: left + depth * lineCount, count: lineCount)
        lines.1.update(from: fresh + depth * lineCount, count: lineCount)
        plan.priced.apply(kind, gain: gain, sum: sums[depth * plan.priced.coverageCount + kind.coverage], lines.0, lines.1)
        let limit = limitOfBatch[kind.batch]
        limitOfBatch[kind.batch] = min(limit, kind.perOrder)
        usedOfKind[place] += 1
        usedOfBatch[kind.batch] += 1
        exclude(place, 1)
        visit(depth + 1, from: next, worth: worth + gain, toPay: kind.isGift ? toPay : toPay - gain)
        exclude(place, -1)
        usedOfBatch[kind.batch] -= 1
        usedOfKind[place] -= 1
        limitOfBatch[kind.batch] = limit
    }

    private func exclude(_ place: Int, _ change: Int32) {
        let row = excludes + place * kindCount
        for other in 0..<kindCount { blocked[other] &+= row[other] &* change }
    }

    // MARK: - The bound

    /// Writes what each kind from `first` on would gain now, and for each the bound of what it and those after it add together.
    private func lookAhead(_ depth: Int, from first: Int, toPay: Int64) {
        let (gains, bounds, fewest) = (gains + depth * kindCount, bounds + depth * (kindCount + 1), fewest + depth * (kindCount + 1))
        let (left, fresh) = (left + depth * lineCount, fresh + depth * lineCount)
        let sums = sums + depth * plan.priced.coverageCount
        for coverage in 0..<plan.priced.coverageCount { sums[coverage] = plan.priced.sum(coverage, left) }
        ofClique.update(repeating: 0, count: kindCount)
        var top = Greatest(values: greatest, room: deepest - depth)
        var gifts: Int64 = 0
        (bounds[kindCount], fewest[kindCount]) = (0, 0)
        for place in stride(from: kindCount - 1, through: first, by: -1) {
            let copies = copiesLeft(place, room: deepest - depth)
            gains[place] = copies > 0 ? plan.priced.gain(kinds[place], sum: sums[kinds[place].coverage], fresh) : -1
            if gains[place] > 0 {
                let most = gains[place] * Int64(copies)
                if kinds[place].isGift { gifts += most }
                let clique = kinds[place].clique
                if most > ofClique[clique] {
                    top.raise(ofClique[clique], to: most)
                    ofClique[clique] = most
                }
            }
            bounds[place] = min(top.sum, toPay + gifts)
            fewest[place] = top.count(reaching: bounds[place])
        }
    }

    /// How many more of a kind the order takes.
    private func copiesLeft(_ place: Int, room: Int) -> Int {
        if blocked[place] != 0 { return 0 }
        let kind = kinds[place]
        let used = usedOfBatch[kind.batch]
        // One alone is always taken, whatever its batch says.
        let limit = max(1, min(limitOfBatch[kind.batch], kind.perOrder))
        return min(kind.copies - usedOfKind[place], limit - used, room)
    }

    // MARK: - The best so far

    private func consider(_ worth: Int64, count: Int) {
        guard best.couldBeBetter(worth, count: count) else { return }
        var places: [Int] = []
        for depth in 0..<count {
            let isSame = depth > 0 && chosen[depth] == chosen[depth - 1]
            places.append(isSame ? places[depth - 1] + 1 : kinds[chosen[depth]].first)
        }
        let isTie = worth == best.worth && count == best.places.count
        if isTie, !ties.precedes(places, best.places) { return }
        best = Incumbent(places: places, worth: worth)
    }
}
