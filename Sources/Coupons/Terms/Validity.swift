internal import Kernel

/// When a coupon that was claimed can be used.
public enum Validity: Sendable, Hashable {
    /// From one moment until before another, in milliseconds since 1970.
    case absolute(from: Int64, until: Int64)
    /// Beginning so many days after the claim, for so many days.
    ///
    /// With `wholeDays` the first day begins and the last ends at midnight, so that nobody loses a part of a day; otherwise a day
    /// is 24 hours from the claim on.
    case relative(afterDays: Int64, days: Int64, wholeDays: Bool)

    private static let day: Int64 = 86_400_000

    /// From when until before when a coupon claimed at `claimed` can be used.
    public func window(claimedAt claimed: Int64, zone: FixedZone) -> (from: Int64, until: Int64) {
        switch self {
        case .absolute(let from, let until): return (from, until)
        case .relative(let after, let days, let wholeDays):
            guard wholeDays else { return (claimed + after * Self.day, claimed + (after + days) * Self.day) }
            let today = zone.startOfDay(claimed)
            // The day of the claim counts as a part only: it is given along.
            let from = after == 0 ? claimed : today + after * Self.day
            return (from, today + (after + days + (after == 0 ? 1 : 0)) * Self.day)
        }
    }
}

/// A place's clock without summer time, as China has it.
public struct FixedZone: Sendable, Hashable {
    /// Minutes east of Greenwich.
    public let minutes: Int64

    /// China's.
    public static let china = FixedZone(minutes: 480)

    /// A zone by its distance from Greenwich.
    public init(minutes: Int64) { self.minutes = minutes }

    /// Days since 1970-01-01 as its clocks count them.
    public func day(_ moment: Int64) -> Int64 { Self.floor(moment + minutes * 60_000, 86_400_000) }

    /// Weeks that begin on Monday, counted from that of 1970-01-01.
    public func week(_ moment: Int64) -> Int64 { Self.floor(day(moment) + 3, 7) }

    /// The midnight before a moment.
    public func startOfDay(_ moment: Int64) -> Int64 { day(moment) * 86_400_000 - minutes * 60_000 }

    /// 1 is Monday, 7 is Sunday.
    public func weekday(_ moment: Int64) -> Int { Int(day(moment) + 3 - week(moment) * 7) + 1 }

    /// Minutes since midnight.
    public func minuteOfDay(_ moment: Int64) -> Int { Int((moment - startOfDay(moment)) / 60_000) }

    /// `YYYY-MM-DD` as its calendars show it.
    public func date(_ moment: Int64) -> String { String(DateText.iso8601(fromMilliseconds: moment + minutes * 60_000).prefix(10)) }

    private static func floor(_ number: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// On which days and at which hours a coupon can be used within its validity; empty lists mean always.
public struct UseTimes: Sendable, Hashable {
    /// A part of a day in minutes since midnight, the end not in it; one that ends before it begins goes past midnight.
    public struct Hours: Sendable, Hashable {
        /// Minutes since midnight.
        public let from: Int
        /// Minutes since midnight.
        public let until: Int

        /// A part of a day.
        public init(from: Int, until: Int) {
            self.from = from
            self.until = until
        }

        func contain(_ minute: Int) -> Bool { from < until ? (from..<until).contains(minute) : minute >= from || minute < until }
    }

    /// 1 is Monday, 7 is Sunday.
    public var weekdays: Set<Int> = []
    /// Parts of a day.
    public var hours: [Hours] = []
    /// Dates (`YYYY-MM-DD`) on which it cannot be used.
    public var excludedDates: Set<String> = []

    /// Always.
    public init() {}

    /// Whether a coupon can be used at a moment.
    public func contain(_ moment: Int64, zone: FixedZone) -> Bool {
        if !weekdays.isEmpty, !weekdays.contains(zone.weekday(moment)) { return false }
        if !hours.isEmpty {
            let minute = zone.minuteOfDay(moment)
            guard hours.contains(where: { $0.contain(minute) }) else { return false }
        }
        return excludedDates.isEmpty || !excludedDates.contains(zone.date(moment))
    }
}
