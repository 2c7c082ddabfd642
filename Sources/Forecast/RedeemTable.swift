/// A life table of coupons on the local clock: for each ten minutes of the day of the claim and the three days after, how many of those that were still
/// unused were redeemed.
struct RedeemTable: Sendable, Equatable {
    /// Days that are told apart, the claim's own first; nothing is said about later ones.
    static let days = 4
    /// Minutes in a place, and how many places there are.
    static let slot = 10
    static let places = days * 1440 / slot

    private(set) var redeemed = [Double](repeating: 0, count: places)
    /// Coupons at risk as differences: +1 where one enters, −1 where it leaves, so that a life costs two additions.
    private var entries = [Double](repeating: 0, count: places + 1)

    init() {}

    init(redeemed: [Double], atRisk: [Double]) {
        self.redeemed = redeemed
        entries = zip(atRisk + [0], [0] + atRisk).map { $0 - $1 }
    }

    var atRisk: [Double] {
        var running = 0.0
        return entries.dropLast().map { running += $0; return max(0, running) }
    }

    /// Coupons that were unused from one place on, and were redeemed in another or not seen after it.
    mutating func add(_ count: Double, from: Int, to: Int, redeemed isRedeemed: Bool) {
        entries[min(Self.places, from)] += count
        entries[min(Self.places, to + (isRedeemed ? 1 : 0))] -= count
        if isRedeemed, to < Self.places { redeemed[to] += count }
    }

    static func + (left: RedeemTable, right: RedeemTable) -> RedeemTable {
        var sum = left
        for place in sum.redeemed.indices { sum.redeemed[place] += right.redeemed[place] }
        for place in sum.entries.indices { sum.entries[place] += right.entries[place] }
        return sum
    }

    /// The chance of each place that a coupon unused at its beginning is redeemed in it; `assumed` weighs as much as `trust` coupons at risk.
    func hazard(assumed: [Double], trust: Double) -> [Double] {
        let (used, risk) = (Self.smoothed(redeemed), Self.smoothed(atRisk))
        return used.indices.map { min(0.95, max(0, (used[$0] + trust * assumed[$0]) / (risk[$0] + trust))) }
    }

    /// Weights 1-2-1: chance between neighbouring ten minutes is not a habit.
    private static func smoothed(_ values: [Double]) -> [Double] {
        values.indices.map { (values[max(0, $0 - 1)] + 2 * values[$0] + values[min(values.count - 1, $0 + 1)]) / 4 }
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
