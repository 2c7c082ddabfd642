/// How good a forecast was.
public struct Accuracy: Sendable, Hashable {
    /// Minutes that were judged.
    public let minutes: Int
    /// Share of minutes in which no more came than the upper value said; 0.95 is the aim.
    public let coverage: Double
    /// Mean upper value ÷ mean actual − 1: what is kept ready and not used.
    ///
    /// Large by nature where few invocations come.
    public let waste: Double
    /// Σ|actual − expected| ÷ Σ actual.
    public let weightedError: Double
    /// Mean of |actual − expected| ÷ actual over the minutes with at least ten invocations; none if there are none.
    public let meanError: Double?

    /// Judges minutes; none if nothing came.
    init?(_ judged: [(actual: Double, expected: Double, upper: Double)]) {
        let actual = judged.reduce(0) { $0 + $1.actual }
        guard actual > 0 else { return nil }
        minutes = judged.count
        coverage = Double(judged.count { $0.actual <= $0.upper }) / Double(judged.count)
        waste = judged.reduce(0) { $0 + $1.upper } / actual - 1
        weightedError = judged.reduce(0) { $0 + abs($1.actual - $1.expected) } / actual
        let busy = judged.filter { $0.actual >= 10 }
        meanError = busy.isEmpty ? nil : busy.reduce(0) { $0 + abs($1.actual - $1.expected) / $1.actual } / Double(busy.count)
    }
}

/// The last ten days, forecast as if each were today: where residuals and accuracy come from.
struct Backtest {
    private static let daysMax = 10

    private(set) var level = Level.choices[0]
    private(set) var near = Noise.unknown
    private(set) var far = Noise.unknown
    private(set) var accuracy: Accuracy?
    /// The profile of the last of those days.
    private(set) var last: DayProfile?

    init(_ bins: Bins, before today: Day, calendar: DayCalendar, pool: LoadPool, events: [AnnouncedEvent]) {
        // Two days of history make the first profile that is its own.
        let days = Array(bins.days.dropFirst(2).filter { $0.day < today }.suffix(Self.daysMax))
        guard let first = days.first else { return }
        let from = calendar.start(of: first.day) - bins.start
        let minutes = days.count * 1440
        let profiles = days.map { DayProfile(for: $0.day, from: bins, calendar: calendar, pool: pool) }
        var expected = (0..<minutes).map { profiles[$0 / 1440].rate($0 % 1440) }
        for event in events where event.touches(bins.start + from..<bins.start + from + minutes) {
            for place in expected.indices { expected[place] += event.rate(at: bins.start + from + place) }
        }
        let sums = Sums(counts: Array(bins.counts[from..<from + minutes]), expected: expected)
        level = Level.choices.map { ($0, sums.error($0)) }.min { $0.1 < $1.1 }?.0 ?? level
        let residuals = sums.residuals(level)
        let halves: [Noise]
        let factor: Double
        (near, halves, factor) = Self.noise(residuals.near)
        far = Noise(residuals.far).calibrated(factor)
        last = profiles.last
        accuracy = Accuracy(
            residuals.near.indices.suffix(7).flatMap { day in
                residuals.near[day].map { ($0.actual, $0.expected, halves[day % 2].upper($0.expected, part: $0.part)) }
            })
    }

    /// The noise of all days, and for the even and the odd ones that which was learned from the others.
    private static func noise(_ days: [[Noise.Residual]]) -> (all: Noise, halves: [Noise], factor: Double) {
        let halves = [0, 1].map { half in days.indices.filter { $0 % 2 == half }.map { days[$0] } }
        let learned = halves.map { Noise($0) }
        let factor = Noise.factor([(learned[1], halves[0]), (learned[0], halves[1])])
        return (Noise(days).calibrated(factor), [learned[1].calibrated(factor), learned[0].calibrated(factor)], factor)
    }
}

/// Running sums over the minutes of a backtest, from which every window is a difference.
private struct Sums {
    private let counts: [Int32]
    private let expected: [Double]
    /// Of the known minutes before each minute.
    private var actualBefore: [Double] = [0]
    private var expectedBefore: [Double] = [0]

    init(counts: [Int32], expected: [Double]) {
        (self.counts, self.expected) = (counts, expected)
        for (count, rate) in zip(counts, expected) {
            actualBefore.append(actualBefore[actualBefore.count - 1] + (count < 0 ? 0 : Double(count)))
            expectedBefore.append(expectedBefore[expectedBefore.count - 1] + (count < 0 ? 0 : rate))
        }
    }

    /// Minutes that can be judged: known ones with something before them.
    private var judged: Range<Int> { Level.horizon + 1 + Level.choices[0].window..<max(Level.horizon + 1 + Level.choices[0].window, counts.count) }

    /// What the level said `horizon` minutes before.
    private func ratio(_ minute: Int, _ level: Level) -> Double {
        let end = minute - Level.horizon
        return level.ratio(short: window(end, level.window), long: window(end, Level.longWindow))
    }

    private func window(_ end: Int, _ length: Int) -> Level.Sums {
        let start = max(0, end - length)
        return Level.Sums(actual: actualBefore[end] - actualBefore[start], expected: expectedBefore[end] - expectedBefore[start])
    }

    /// The mean absolute error with that level; every third minute is enough to choose by.
    func error(_ level: Level) -> Double {
        stride(from: judged.lowerBound, to: judged.upperBound, by: 3).reduce(0) { sum, minute in
            counts[minute] < 0 ? sum : sum + abs(Double(counts[minute]) - expected[minute] * ratio(minute, level))
        }
    }

    /// For each day: with what the level said, and without it.
    func residuals(_ level: Level) -> (near: [[Noise.Residual]], far: [[Noise.Residual]]) {
        var near = [[Noise.Residual]](repeating: [], count: counts.count / 1440)
        var far = near
        for minute in judged where counts[minute] >= 0 {
            let (part, actual) = (Noise.part(of: minute % 1440), Double(counts[minute]))
            near[minute / 1440].append(Noise.Residual(part: part, expected: expected[minute] * ratio(minute, level), actual: actual))
            far[minute / 1440].append(Noise.Residual(part: part, expected: expected[minute], actual: actual))
        }
        return (near, far)
    }
}
