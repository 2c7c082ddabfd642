/// How far counts stray from what was expected, learned from past residuals.
///
/// A residual is measured in units of √(μ + c²μ²): Poisson chance plus a share c of the level. Its upper quantile is kept for each quarter hour of
/// the day, because a lunch rush begins earlier or later and a quiet afternoon does not.
struct Noise {
    /// The share of minutes that stay below the upper value when it is judged by the other half of the days.
    ///
    /// In use all ten days teach it, which covers about a point more: that is the margin of the 95 % that are promised.
    private static let share = 0.951
    /// The share in each part of the day, before the whole is calibrated.
    private static let partShare = 0.96

    /// Quarter hours of a day.
    static let parts = 96
    /// The quarter hour that a minute of the day lies in.
    static func part(of minuteOfDay: Int) -> Int { minuteOfDay / 15 }

    private(set) var spread: Double
    private(set) var quantiles: [Double]

    /// Before anything was seen: c = 0.35 and the normal quantile.
    static let unknown = Noise(spread: 0.1225, quantiles: [Double](repeating: 1.75, count: parts))

    /// The value that a minute with this expectation stays below in 95 % of cases.
    func upper(_ expected: Double, part: Int) -> Double {
        // Counts are whole: what is above the last whole number below the quantile is never used.
        max(Maths.poissonQuantile(mean: expected, share: 0.95), expected + quantiles[part] * unit(expected)).rounded(.down)
    }

    private func unit(_ expected: Double) -> Double { (expected + spread * expected * expected).squareRoot() }

    private init(spread: Double, quantiles: [Double]) { (self.spread, self.quantiles) = (spread, quantiles) }

    /// One minute of the backtest.
    struct Residual {
        let part: Int
        let expected: Double
        let actual: Double
    }

    /// Learns from the residuals of some days; with few of them it stays near `unknown`.
    init(_ days: [[Residual]]) {
        // c² by moments, without what no noise explains (an unannounced campaign, an outage).
        var (excess, squares) = (Self.unknown.spread * 400, 400.0)
        for day in days {
            for one in day where abs(one.actual - one.expected) <= 0.6 * one.expected + 6 * one.expected.squareRoot() {
                excess += (one.actual - one.expected) * (one.actual - one.expected) - one.expected
                squares += one.expected * one.expected
            }
        }
        self.init(spread: min(1, max(0, excess / squares)), quantiles: Self.unknown.quantiles)
        let worst = worstDays(days)
        var histogram = Histogram()
        for (number, day) in days.enumerated() {
            for one in day where worst[one.part] != number { histogram.add(measured(one), part: one.part) }
        }
        quantiles = (0..<Self.parts).map { histogram.quantile($0) }
    }

    /// All upper quantiles times a factor.
    func calibrated(_ factor: Double) -> Noise { Noise(spread: spread, quantiles: quantiles.map { $0 > 0 ? $0 * factor : $0 }) }

    /// The factor that makes the whole right: with it, `share` of the minutes stay below the upper values of a noise that was learned from other days.
    static func factor(_ judged: [(noise: Noise, days: [[Residual]])]) -> Double {
        var counts = [Int](repeating: 0, count: 301)
        for (noise, days) in judged {
            for day in days {
                for one in day {
                    let quantile = max(0.1, noise.quantiles[one.part])
                    let needed = one.actual <= Maths.poissonQuantile(mean: one.expected, share: 0.95) ? 0 : noise.measured(one) / quantile
                    counts[min(300, max(0, Int((needed * 100).rounded(.up))))] += 1
                }
            }
        }
        let all = Double(counts.reduce(0, +))
        var reached = 0.0
        for (place, count) in counts.enumerated() {
            reached += Double(count)
            if reached >= share * all { return min(1.5, max(0.75, Double(place) / 100)) }
        }
        return 1
    }

    private func measured(_ one: Residual) -> Double { (one.actual - one.expected) / max(unit(one.expected), 0.1) }

    /// For each part of the day, the day on which most came beside what was expected: a campaign that nobody announced is no habit of the hour.
    private func worstDays(_ days: [[Residual]]) -> [Int] {
        var worst = [(sum: Double, day: Int)](repeating: (0, -1), count: Self.parts)
        guard days.count >= 5 else { return worst.map(\.day) }
        for (number, day) in days.enumerated() {
            var sums = [Double](repeating: 0, count: Self.parts)
            for one in day { sums[one.part] += measured(one) }
            for part in 0..<Self.parts where sums[part] > worst[part].sum { worst[part] = (sums[part], number) }
        }
        return worst.map(\.day)
    }

    /// Residuals of each part of the day, and of the whole day, in steps of 0.05.
    private struct Histogram {
        private static let (low, step, count) = (-8.0, 0.05, 480)
        private var parts = [Int32](repeating: 0, count: (Noise.parts + 1) * count)

        mutating func add(_ value: Double, part: Int) {
            let bin = min(Self.count - 1, max(0, Int((value - Self.low) / Self.step)))
            parts[part * Self.count + bin] += 1
            parts[Noise.parts * Self.count + bin] += 1
        }

        /// The quantile of a part, drawn to the whole day's as if by 30 minutes, and that to the unknown one.
        func quantile(_ part: Int) -> Double {
            let (own, minutes) = raw(part)
            let (whole, all) = raw(Noise.parts)
            let shared = (whole * all + Noise.unknown.quantiles[part] * 120) / (all + 120)
            return (own * minutes + shared * 30) / (minutes + 30)
        }

        private func raw(_ part: Int) -> (quantile: Double, minutes: Double) {
            let bins = parts[part * Self.count..<(part + 1) * Self.count]
            let seen = Double(bins.reduce(0, +))
            var reached = 0.0
            for (place, bin) in bins.enumerated() {
                reached += Double(bin)
                if reached >= Noise.partShare * seen { return (Self.low + Self.step * Double(place + 1), seen) }
            }
            return (0, 0)
        }
    }
}
