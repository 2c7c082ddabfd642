/// A life table of coupons on the local clock: for each ten minutes of the day of the claim and the three days after, how many of those that were still
/// unused were redeemed.
struct RedeemTable: Sendable, Equatable {
    /// Days that are told apart, the claim's own first; nothing is said about later ones.
    static let days = 4
    /// Minutes in a place, and how many places there are.
    static let slot = 10
    static let places = days * 1440 / slot

    private(set) var redeemed = [Double](repeating: 0, count: places)
    /// Coupons that come under risk in each place, and those that were under risk until the one before: a life costs two or three additions.
    private(set) var entered = [Double](repeating: 0, count: places + 1)
    private(set) var left = [Double](repeating: 0, count: places + 1)

    init() {}

    init(redeemed: [Double], entered: [Double], left: [Double]) { (self.redeemed, self.entered, self.left) = (redeemed, entered, left) }

    private var atRisk: [Double] {
        var running = 0.0
        return redeemed.indices.map {
            running += entered[$0] - left[$0]
            return max(0, running)
        }
    }

    /// Coupons that were unused from a moment on (in places; of the first one, only a part is at risk), and were redeemed in a place or not seen after it.
    mutating func add(_ count: Double, from: Double, to: Int, redeemed isRedeemed: Bool) {
        let (end, place) = (min(Self.places, to + (isRedeemed ? 1 : 0)), min(Self.places, Int(from)))
        let missed = place + 1 < end ? from - from.rounded(.down) : 0
        entered[place] += count * (1 - missed)
        if missed > 0 { entered[place + 1] += count * missed }
        left[end] += count
        if isRedeemed, to < Self.places { redeemed[to] += count }
    }

    mutating func add(_ other: RedeemTable) {
        for place in redeemed.indices { redeemed[place] += other.redeemed[place] }
        for place in entered.indices {
            entered[place] += other.entered[place]
            left[place] += other.left[place]
        }
    }

    /// The chance of each place that a coupon unused at its beginning is redeemed in it; `assumed` weighs as much as `trust` coupons at risk.
    func hazard(assumed: [Double], trust: Double) -> [Double] {
        let risk = atRisk
        return redeemed.indices.map { place in
            let (before, after) = (max(0, place - 1), min(Self.places - 1, place + 1))
            // Where few were redeemed, chance between neighbouring ten minutes is not a habit: they are taken together, by 1-2-1.
            let few = redeemed[before] + redeemed[place] + redeemed[after] < 30
            func even(_ values: [Double]) -> Double { few ? (values[before] + 2 * values[place] + values[after]) / 4 : values[place] }
            return min(0.95, max(0, (even(redeemed) + trust * assumed[place]) / (even(risk) + trust)))
        }
    }

    /// Assumed without history: humps at 12:00 and 18:20 in which 18 and 13 of a hundred unused coupons go on the first day, and fewer on each later day.
    static let meals: [Double] = (0..<places).map { place in
        let (day, minute) = (place * slot / 1440, Double(place * slot % 1440 + slot / 2))
        func hump(_ middle: Double, _ width: Double, _ share: Double) -> Double {
            let distance = (minute - middle) / width
            return share * Double(slot) / (width * 2.5066) * Maths.exponential(-distance * distance / 2)
        }
        let fading = [1, 0.5, 0.25, 0.15][day]
        return fading * (hump(720, 35, 0.18) + hump(1100, 45, 0.13)) + (minute > 540 && minute < 1320 ? 0.0004 : 0.00002) * fading
    }
}
