/// What one environment's load will be: made from its history now and then (each hour; at least each day), asked every minute.
///
/// A minute is expected to bring what its day's profile and announced events say, times how the last half hour went (`Level`; between 0.5 and 3).
/// Nothing here knows what a campaign that nobody announced will do; it is seen at most a few minutes after it began.
public struct LoadForecast: Sendable {
    /// What is said about one minute; both in invocations a minute, finite and not negative.
    public struct Point: Sendable, Hashable {
        /// Which minute.
        public let minute: Minute
        /// The expectation (a mean: for a shop with an invocation an hour, the median of every minute is zero, which says nothing).
        public let expected: Double
        /// What it stays below in 95 of 100 minutes.
        public let upper: Double
    }

    /// How well this forecast would have done in the last week: ten minutes ahead, each day from what was known before it.
    ///
    /// Upper values are those learned from the other half of the days, so that no minute judges itself. None in the first two days, and where nothing came.
    public let accuracy: Accuracy?

    private let calendar: DayCalendar
    private let profiles: [DayProfile]
    private let level: Level
    private let near: Noise
    private let far: Noise

    /// Learns from everything before `now`.
    ///
    /// `events` should name past ones too, so that they are not taken for noise.
    public init(history: LoadHistory, now: Minute, calendar: DayCalendar = DayCalendar(), pool: LoadPool = .meals, events: [AnnouncedEvent] = []) {
        let now = min(1 << 40, max(-1 << 40, now))
        let bins = Bins(history, until: now, calendar: calendar)
        let today = calendar.day(at: now)
        let backtest = Backtest(bins, before: today, calendar: calendar, pool: pool, events: events)
        self.calendar = calendar
        let yesterday = backtest.last.flatMap { $0.day == today.adding(-1) ? $0 : nil }
        profiles = (-1...2).map { ahead in
            if ahead == -1, let yesterday { return yesterday }
            return DayProfile(for: today.adding(ahead), from: bins, calendar: calendar, pool: pool, seeingOwnDay: true)
        }
        level = backtest.level
        near = backtest.near
        far = backtest.far
        accuracy = backtest.accuracy
    }

    /// The next `count` minutes (at most three days), the first of which is `now`.
    ///
    /// `history` is asked for the three hours before `now`.
    public func points(at now: Minute, count: Int = 11, history: LoadHistory, events: [AnnouncedEvent] = []) -> [Point] {
        let now = min(1 << 40, max(-1 << 40, now))
        let count = min(3 * 1440, max(0, count))
        let events = events.filter { $0.touches(now - Level.longWindow..<now + count) }
        let ratio = self.ratio(at: now, history, events)
        return (0..<count).map { ahead in
            let minute = now + ahead
            let weight = ahead <= Level.horizon ? 1 : Maths.decay(Double(ahead - Level.horizon), halfLife: Level.halfLife)
            let event = events.reduce(0) { $0 + $1.rate(at: minute) }
            let base = profileRate(minute) + event
            let expected = base * (1 + (ratio - 1) * weight)
            let part = Noise.part(of: calendar.minuteOfDay(at: minute))
            let ordinary = weight * near.upper(expected, part: part) + (weight < 1 ? (1 - weight) * far.upper(expected, part: part) : 0)
            // An announcement is a guess: it may be half as much again.
            return Point(minute: minute, expected: expected, upper: min(1e12, ordinary + event * 0.5))
        }
    }

    private func ratio(at now: Minute, _ history: LoadHistory, _ events: [AnnouncedEvent]) -> Double {
        let window = now - Level.longWindow..<now
        var (long, short) = (Level.Sums(), Level.Sums())
        for (minute, count) in zip(window, history.counts(in: window)) where count >= 0 {
            let expected = profileRate(minute) + events.reduce(0) { $0 + $1.rate(at: minute) }
            long.add(actual: Double(count), expected: expected)
            if minute >= now - level.window { short.add(actual: Double(count), expected: expected) }
        }
        return level.ratio(short: short, long: long)
    }

    /// The profile's rate; for days that are not held any more, that of the nearest held day.
    private func profileRate(_ minute: Minute) -> Double {
        let place = calendar.day(at: minute).number - profiles[0].day.number
        return profiles[min(profiles.count - 1, max(0, place))].rate(calendar.minuteOfDay(at: minute))
    }
}
