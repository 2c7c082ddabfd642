/// A history folded into local days of 288 bins of five minutes, which is where seasons are looked for: fine enough for a lunch, coarse enough for chance.
struct Bins {
    static let minutes = 5
    static let count = 288

    struct Day {
        let day: Forecast.Day
        let kind: DayKind
        let isRest: Bool
        /// Invocations in each bin, and how many of its five minutes are known.
        fileprivate(set) var sums = [Double](repeating: 0, count: Bins.count)
        fileprivate(set) var known = [Double](repeating: 0, count: Bins.count)
        fileprivate(set) var total = 0.0
        fileprivate(set) var knownMinutes = 0

        /// Invocations a minute, or none if nothing is known.
        func rate(_ bin: Int) -> Double? { known[bin] > 0 ? sums[bin] / known[bin] : nil }
    }

    /// Oldest first, without holes; the last one may be unfinished.
    private(set) var days: [Day] = []
    /// All counts of these days, −1 for what is not known.
    let counts: [Int32]
    let start: Minute

    /// Everything before `end`.
    init(_ history: LoadHistory, until end: Minute, calendar: DayCalendar) {
        let span = history.span.clamped(to: min(end, history.span.lowerBound)..<end)
        guard !span.isEmpty else {
            (counts, start) = ([], end)
            return
        }
        start = calendar.start(of: calendar.day(at: span.lowerBound))
        let seen = history.counts(in: start..<span.upperBound)
        counts = seen + [Int32](repeating: -1, count: floored(-seen.count, 1440).rest)
        let first = calendar.day(at: start)
        counts.withUnsafeBufferPointer { counts in
            for from in stride(from: 0, to: counts.count, by: 1440) {
                let number = first.adding(from / 1440)
                var day = Day(day: number, kind: calendar.kind(of: number), isRest: calendar.isRestDay(number))
                for place in from..<from + 1440 where counts[place] >= 0 {
                    let bin = (place - from) / Bins.minutes
                    day.sums[bin] += Double(counts[place])
                    day.known[bin] += 1
                    day.total += Double(counts[place])
                    day.knownMinutes += 1
                }
                days.append(day)
            }
        }
    }
}
