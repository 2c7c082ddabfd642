/// How the last minutes went beside what their profile said, and how much of that the next ones are taken to keep.
///
/// Two things move an environment away from its profile: the day (weather, a holiday nobody entered) lasts, and the drift within it fades. So three hours
/// tell the day and the last 10 to 30 minutes the drift, of which a share is kept; window, share and trust are those that did best in the backtest.
struct Level: Equatable {
    /// Minutes that tell the day.
    static let longWindow = 180
    /// Minutes ahead for which it counts fully; then it fades with the half-life (minutes).
    static let horizon = 10
    static let halfLife = 120.0
    /// What is tried.
    ///
    /// The first is used where nothing can be tried.
    static let choices = [30, 20, 10].flatMap { window in
        [0.7, 0.4, 1].flatMap { kept in [40.0, 160].map { Level(window: window, kept: kept, trust: $0) } }
    }

    /// Minutes that tell the drift.
    let window: Int
    /// Share of the drift that is left ten minutes later.
    let kept: Double
    /// Invocations that the profile is trusted with: so many too many double it.
    let trust: Double

    /// What came and what was expected in some minutes.
    struct Sums {
        var actual = 0.0
        var expected = 0.0

        mutating func add(actual: Double, expected: Double) {
            self.actual += actual
            self.expected += expected
        }
    }

    /// How many times the profile is expected.
    func ratio(short: Sums, long: Sums) -> Double {
        let day = (long.actual + trust) / (long.expected + trust)
        // The day is what the drift is measured from: the short window's expectation is scaled by it.
        let drift = (short.actual + trust * day) / (short.expected + trust)
        return min(3, max(0.5, day + kept * (drift - day)))
    }
}
