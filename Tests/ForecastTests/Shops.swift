import Forecast
import Foundation
import TestSupport

/// Chance by distribution, the same for the same seed.
struct Chance {
    private var source: SeededGenerator

    init(seed: UInt64) { source = SeededGenerator(seed: seed) }

    /// Evenly within 0 and 1.
    mutating func even() -> Double { (Double(source.next() >> 11) + 0.5) / Double(1 << 53) }

    mutating func normal() -> Double { (-2 * log(even())).squareRoot() * cos(2 * .pi * even()) }

    mutating func exponential(mean: Double) -> Double { -log(even()) * mean }

    /// Poisson; above 60 by a rounded normal with the right skewness.
    mutating func poisson(_ mean: Double) -> Int {
        guard mean < 60 else {
            let normal = normal()
            return max(0, Int((mean + mean.squareRoot() * normal + (normal * normal - 1) / 6).rounded()))
        }
        var (count, product) = (0, even())
        let limit = exp(-mean)
        while product > limit {
            product *= even()
            count += 1
        }
        return count
    }
}

/// A made-up shop: what its customers do on average, and how far chance takes them from it.
struct Shop: Sendable, CustomStringConvertible {
    let description: String
    /// Invocations a minute on a mean workday.
    let level: Double
    /// Hours of opening and closing, as minutes of the day; outside, 2 % of the level remains.
    let open: (from: Double, to: Double)
    /// Middle, width (standard deviation) and height of each hump above 1, in minutes of the day.
    let humps: [(middle: Double, width: Double, height: Double)]
    /// How much a rest day and a public holiday bring beside a workday.
    let rest: Double
    let holiday: Double
    /// Growth a week.
    let growth: Double
    /// Campaigns that nobody announced: how many a week, how high, and how long (minutes).
    let campaigns: (weekly: Double, height: Double, length: Double)
    /// Standard deviations of the logarithm: of a whole day, of the drift within it, of a single minute (beside Poisson).
    let noise: (day: Double, drift: Double, minute: Double)

    static let restaurant = Shop(
        description: "restaurant", level: 150, open: (570, 1320), humps: [(725, 32, 4), (1105, 45, 3)], rest: 1.15, holiday: 0.8, growth: 0.02,
        campaigns: (1, 3, 45), noise: (0.12, 0.1, 0.08))
    static let bubbleTea = Shop(
        description: "bubble tea", level: 220, open: (600, 1350), humps: [(840, 70, 1.2), (990, 60, 1), (1230, 50, 1.4)], rest: 1.4, holiday: 1.5, growth: 0.04,
        campaigns: (1.5, 4, 40), noise: (0.15, 0.1, 0.08))
    static let retail = Shop(
        description: "retail", level: 120, open: (480, 1380), humps: [(760, 80, 0.8), (1240, 80, 2)], rest: 1.25, holiday: 1.2, growth: 0.01,
        campaigns: (1, 3, 60), noise: (0.1, 0.1, 0.08))
    static let clinic = Shop(
        description: "clinic", level: 90, open: (450, 1080), humps: [(540, 45, 2.5), (870, 50, 1.2)], rest: 0.5, holiday: 0.25, growth: 0,
        campaigns: (0, 1, 1), noise: (0.1, 0.08, 0.08))
    static let sparse = Shop(
        description: "sparse shop", level: 0.08, open: (540, 1320), humps: [(730, 40, 2), (1110, 50, 2)], rest: 1.2, holiday: 1, growth: 0,
        campaigns: (0, 1, 1), noise: (0.2, 0, 0))

    static let busy = [restaurant, bubbleTea, retail, clinic]

    /// The mean shape at a minute of the day.
    func shape(_ minute: Double) -> Double {
        // Doors open and close within about ten minutes.
        let opened = 1 / (1 + exp(-(minute - open.from) / 4)) / (1 + exp((minute - open.to) / 4))
        return 0.02 + opened * humps.reduce(1) { $0 + $1.height * exp(-pow((minute - $1.middle) / $1.width, 2) / 2) }
    }

    /// Counts of the minutes of `days` days from `first` on.
    func counts(from first: Day, days: Int, seed: UInt64) -> [Int] { trace(from: first, days: days, seed: seed, calendar: DayCalendar()).counts }

    /// Counts, and the campaigns as somebody would have announced them: with the right start and about the right size.
    func trace(from first: Day, days: Int, seed: UInt64, calendar: DayCalendar) -> (counts: [Int], campaigns: [AnnouncedEvent]) {
        var chance = Chance(seed: seed)
        let mean = (0..<288).reduce(0) { $0 + shape(Double($1) * 5) } / 288
        var (drift, counts, events) = (0.0, [Int](), [AnnouncedEvent]())
        counts.reserveCapacity(days * 1440)
        for index in 0..<days {
            let day = first.adding(index)
            let kind = calendar.kind(of: day) == .publicHoliday ? holiday : calendar.isRestDay(day) ? rest : 1
            let whole = level / mean * kind * exp(growth * Double(index) / 7 + noise.day * chance.normal())
            // Lunch comes a little earlier on one day and later on the next.
            let shift = 4 * chance.normal()
            let begun = campaign(&chance)
            if let begun {
                let extra = whole * shape(begun) * (campaigns.height - 1) * campaigns.length * 0.632 * (index % 2 == 0 ? 1.25 : 0.8)
                events.append(
                    AnnouncedEvent(start: calendar.start(of: day) + Int(begun), arrivals: extra, rise: 1, halfLife: campaigns.length * 0.69))
            }
            for minute in 0..<1440 {
                drift = 0.97 * drift + noise.drift * 0.243 * chance.normal()
                let expected = whole * shape(Double(minute) - shift) * exp(drift + noise.minute * chance.normal()) * boost(Double(minute), begun)
                counts.append(chance.poisson(expected))
            }
        }
        return (counts, events)
    }

    private func campaign(_ chance: inout Chance) -> Double? {
        guard chance.even() < campaigns.weekly / 7 else { return nil }
        return open.from + (open.to - open.from - campaigns.length) * chance.even()
    }

    /// A step, which decays and then ends.
    private func boost(_ minute: Double, _ start: Double?) -> Double {
        guard let start, minute >= start, minute < start + campaigns.length else { return 1 }
        return 1 + (campaigns.height - 1) * exp(-(minute - start) / campaigns.length)
    }
}
