/// Makes a set of coupons better step by step: a good answer, soon, that need not be the best.
struct LocalSearch {
    private let plan: CouponPlan
    private let maxPerOrder: Int

    init(_ plan: CouponPlan, _ maxPerOrder: Int) {
        self.plan = plan
        self.maxPerOrder = maxPerOrder
    }

    /// Adds coupons of these kinds, one after another, where that makes it better.
    func add(_ order: [Int], to best: inout Incumbent) {
        for kind in order {
            for place in places(kind) where !best.places.contains(place) {
                guard best.places.count < maxPerOrder, plan.fits(place, with: best.places) else { break }
                guard replace(&best, best.places, adding: place) else { break }
            }
        }
    }

    /// Puts one coupon in another's place, or adds one, until neither makes it better; each set that is priced counts as a node.
    func refine(_ best: inout Incumbent, nodes: inout Int, upTo effort: Int) {
        var isBetter = true
        while isBetter {
            isBetter = false
            // First with none taken out, then with each; one that has meanwhile gone counts as none.
            for out in [nil] + best.places.map(Optional.some) {
                for kind in plan.kinds.indices {
                    guard let place = places(kind).first(where: { !best.places.contains($0) }) else { continue }
                    let rest = best.places.filter { $0 != out }
                    guard rest.count < maxPerOrder, plan.fits(place, with: rest) else { continue }
                    guard nodes < effort else { return }
                    nodes += 1
                    if replace(&best, rest, adding: place) { isBetter = true }
                }
            }
        }
    }

    private func replace(_ best: inout Incumbent, _ rest: [Int], adding place: Int) -> Bool {
        let places = (rest + [place]).sorted()
        let worth = plan.worth(places)
        guard worth > best.worth else { return false }
        best = Incumbent(places: places, worth: worth)
        return true
    }

    private func places(_ kind: Int) -> Range<Int> { plan.kinds[kind].first..<plan.kinds[kind].first + plan.kinds[kind].copies }
}
