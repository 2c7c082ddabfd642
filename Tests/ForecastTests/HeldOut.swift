import Forecast

/// A shop whose first five weeks are history and whose following days are forecast, as a node would: a new model each midnight, a forecast each few minutes.
struct HeldOut: Sendable {
    static let days = 7
    /// Every so many minutes is judged, and a floor is set for as long.
    static let every = 6

    /// Counts of the held-out minutes.
    let counts: [Int]
    /// For judged minutes: what came, and what was said ten minutes before.
    let judged: [(actual: Double, expected: Double, upper: Double)]
    /// What each judged minute knew of the next minutes: the largest upper value.
    let ahead: [LoadForecast.Point]
    /// Share of all minutes below what was said at the midnight before them.
    let dayAhead: Double
    /// What the last model said about itself.
    let claimed: Accuracy?

    init(_ shop: Shop, seed: UInt64, first: Day, announced: Bool = false) {
        let calendar = DayCalendar()
        let start = calendar.start(of: first)
        let (all, campaigns) = shop.trace(from: first, days: 36 + Self.days, seed: seed, calendar: calendar)
        let events = announced ? campaigns : []
        var (history, judged, ahead, claimed) = (LoadHistory(), [(Double, Double, Double)](), [LoadForecast.Point](), Accuracy?.none)
        var held = 0
        for minute in 0..<35 * 1440 { history.record(minute: start + minute, count: all[minute]) }
        for day in 35..<35 + Self.days {
            let model = LoadForecast(history: history, now: start + day * 1440, calendar: calendar, events: events)
            claimed = model.accuracy
            held += model.points(at: start + day * 1440, count: 1440, history: history, events: events).enumerated().count {
                Double(all[day * 1440 + $0]) <= $1.upper
            }
            for minute in day * 1440..<(day + 1) * 1440 {
                // Only minutes before `now` are looked at, so the day may be written as it goes.
                if minute % Self.every == 0 {
                    let points = model.points(at: start + minute, count: 11 + Self.every, history: history, events: events)
                    judged.append((Double(all[minute + 10]), points[10].expected, points[10].upper))
                    ahead.append(points.max { $0.upper < $1.upper } ?? points[0])
                }
                history.record(minute: start + minute, count: all[minute])
            }
        }
        (self.judged, self.ahead, self.claimed) = (judged.map { (actual: $0.0, expected: $0.1, upper: $0.2) }, ahead, claimed)
        dayAhead = Double(held) / Double(Self.days * 1440)
        counts = Array(all[35 * 1440..<(35 + Self.days) * 1440])
    }

    var coverage: Double { Double(judged.count { $0.actual <= $0.upper }) / Double(judged.count) }
    var waste: Double { judged.reduce(0) { $0 + $1.upper } / judged.reduce(0) { $0 + $1.actual } - 1 }
    var weightedError: Double { judged.reduce(0) { $0 + abs($1.actual - $1.expected) } / judged.reduce(0) { $0 + $1.actual } }
}
