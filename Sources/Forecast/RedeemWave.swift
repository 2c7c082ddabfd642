/// The wave of redemptions that follows claims: available as soon as the claims are committed, while the load itself still says nothing.
public struct RedeemWave: Sendable, Equatable {
    /// The minute of `rates[0]`.
    public let start: Minute
    /// Redemptions expected in each minute.
    public let rates: [Double]
    /// The busiest minute, as the mean of half an hour; none if nothing is expected.
    public let peak: Peak?

    /// When the wave is highest, and how high.
    public struct Peak: Sendable, Hashable {
        /// The minute.
        public let minute: Minute
        /// Redemptions a minute there.
        public let height: Double

        /// A peak of `height` at `minute`.
        public init(minute: Minute, height: Double) { (self.minute, self.height) = (minute, height) }
    }

    /// Claims or redemptions of one minute.
    public struct Count: Sendable, Hashable {
        /// When.
        public let minute: Minute
        /// How many.
        public let count: Int

        /// `count` (not below zero) in `minute`.
        public init(minute: Minute, count: Int) {
            self.minute = min(1 << 40, max(-1 << 40, minute))
            self.count = min(1 << 40, max(0, count))
        }
    }

    /// Coupons that are not redeemed yet.
    ///
    /// Young ones are told apart by minute, the others by the local day and its part in which they were claimed.
    private struct Cohorts {
        var young: [(claimed: Minute, unused: Double)] = []
        var grown: [(day: Int, part: Int, unused: Double)] = []

        mutating func grow(_ coupons: (claimed: Minute, unused: Double), offset: Int) {
            let (day, minute) = floored(coupons.claimed + offset, 1440)
            let part = RedeemModel.part(minute)
            if let place = grown.firstIndex(where: { $0.day == day && $0.part == part }) {
                grown[place].unused += coupons.unused
            } else {
                grown.append((day, part, coupons.unused))
            }
        }

        mutating func scale(to unused: Double) {
            let sum = young.reduce(0) { $0 + $1.unused } + grown.reduce(0) { $0 + $1.unused }
            guard sum > 0 else { return }
            for place in young.indices { young[place].unused *= unused / sum }
            for place in grown.indices { grown[place].unused *= unused / sum }
        }
    }

    /// Expects the redemptions of `count` minutes (at most three days) from `now` on.
    ///
    /// - Parameters:
    ///   - claims: what was claimed before `now`, and what is expected to be claimed from `now` on (the rest of the stock, say); those of more than four
    ///     days ago do not matter.
    ///   - redemptions: what of these was redeemed before `now`. They say how keen the holders are beside the model's past ones (within 0.3 to 3 times).
    ///   - model: what is known of the category, or an empty model.
    public init(claims: [Count], redemptions: [Count], now: Minute, count: Int = 1440, model: RedeemModel) {
        let now = min(1 << 40, max(-1 << 40, now))
        let count = min(3 * 1440, max(0, count))
        let window = now - RedeemTable.days * 1440..<now + count
        let claims = claims.filter { window.contains($0.minute) && $0.count > 0 }.sorted { $0.minute < $1.minute }
        start = now
        guard let first = claims.first?.minute, count > 0 else {
            (rates, peak) = ([Double](repeating: 0, count: count), nil)
            return
        }
        let hazards = Hazards(model, Set(claims.map { RedeemModel.part(floored($0.minute + model.offset, 1440).rest) }))
        var (cohorts, next, expected, keenness) = (Cohorts(), 0, 0.0, 1.0)
        var rates = [Double](repeating: 0, count: count)
        for minute in min(first, now)..<now + count {
            if minute == now {
                let used = redemptions.filter { (first..<now).contains($0.minute) }.reduce(0) { $0 + Double($1.count) }
                keenness = min(3, max(0.3, (used + Self.trust) / (expected + Self.trust)))
                cohorts.scale(to: max(0, claims.prefix(next).reduce(0) { $0 + Double($1.count) } - used))
            }
            while next < claims.count, claims[next].minute == minute {
                cohorts.young.append((minute, Double(claims[next].count)))
                next += 1
            }
            let gone = Self.pass(minute, &cohorts, hazards, keenness: keenness)
            if minute < now { expected += gone } else { rates[minute - now] = gone }
        }
        self.rates = rates
        peak = Self.peak(rates, now)
    }

    /// Redemptions that the model's keenness is trusted with.
    private static let trust = 20.0

    /// Hazards of one minute, from those of a place or step.
    private struct Hazards {
        let clock: [[Double]]
        let young: [Double]
        let offset: Int

        init(_ model: RedeemModel, _ parts: Set<Int>) {
            clock = model.clockHazards(parts).map(Self.minutes)
            young = model.youngHazard().map { $0 / Double(RedeemModel.step) }
            offset = model.offset
        }

        /// Spread over the minutes of a place, between the middles of neighbouring ones, so that the wave has no stairs.
        private static func minutes(_ places: [Double]) -> [Double] {
            (0..<places.count * RedeemTable.slot).map { minute in
                let place = min(Double(places.count - 1), max(0, (Double(minute) + 0.5) / Double(RedeemTable.slot) - 0.5))
                let (low, share) = (Int(place), place - place.rounded(.down))
                return (places[low] * (1 - share) + places[min(places.count - 1, low + 1)] * share) / Double(RedeemTable.slot)
            }
        }
    }

    /// One minute goes by: who redeems leaves, who becomes old enough moves on.
    ///
    /// Gives the redemptions of that minute.
    private static func pass(_ minute: Minute, _ cohorts: inout Cohorts, _ hazards: Hazards, keenness: Double) -> Double {
        var sum = 0.0
        let today = floored(minute + hazards.offset, 1440)
        for index in cohorts.grown.indices {
            let place = (today.quotient - cohorts.grown[index].day) * 1440 + today.rest
            guard place < hazards.clock[cohorts.grown[index].part].count else { continue }
            let gone = cohorts.grown[index].unused * min(0.5, hazards.clock[cohorts.grown[index].part][place] * keenness)
            cohorts.grown[index].unused -= gone
            sum += gone
        }
        for coupons in cohorts.young.prefix(while: { minute - $0.claimed >= RedeemModel.young }) { cohorts.grow(coupons, offset: hazards.offset) }
        cohorts.young.removeAll { minute - $0.claimed >= RedeemModel.young }
        for index in cohorts.young.indices {
            let age = max(0, minute - cohorts.young[index].claimed)
            let gone = cohorts.young[index].unused * min(0.5, hazards.young[age / RedeemModel.step] * keenness)
            cohorts.young[index].unused -= gone
            sum += gone
        }
        return sum
    }

    private static func peak(_ rates: [Double], _ start: Minute) -> Peak? {
        let even = rates.indices.map { place in
            let around = rates[max(0, place - 15)..<min(rates.count, place + 15)]
            return around.reduce(0, +) / Double(around.count)
        }
        guard let place = even.indices.max(by: { even[$0] < even[$1] }), even[place] > 0 else { return nil }
        return Peak(minute: start + place, height: even[place])
    }
}
