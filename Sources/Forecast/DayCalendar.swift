/// What kind of day it is for a shop in China.
public enum DayKind: UInt8, Hashable, Sendable, CaseIterable {
    /// Monday to Friday.
    case workday
    /// A Saturday or Sunday that is worked for a holiday (调休).
    case adjustedWorkday
    /// Saturday and Sunday.
    case weekend
    /// A day off by the State Council's notice, swapped days included.
    case publicHoliday
    /// The last day before public holidays.
    case dayBeforeHoliday
    /// 11.11 and its eve, 12.12, 6.18, 5.20, Qixi.
    case shoppingDay
}

/// Which minutes are which local days, and what kind of day each is.
///
/// Years that the State Council has announced are data (`OfficialYear`); for later ones the statutory days are computed and swapped days
/// are not known (`knowsAdjustedWorkdays`). The offset is constant: China has had no summer time since 1991.
public struct DayCalendar: Sendable, Equatable {
    /// Minutes that local time is ahead of UTC; +480 in China.
    public let offset: Int
    /// Days whose kind the operator has set; they outrank everything else.
    public let overrides: [Day: DayKind]

    /// A calendar `offset` minutes ahead of UTC (clamped to ±18 hours) with an operator's own days.
    public init(offset: Int = 480, overrides: [Day: DayKind] = [:]) {
        self.offset = min(1080, max(-1080, offset))
        self.overrides = overrides
    }

    /// The local day that `minute` lies in.
    public func day(at minute: Minute) -> Day { Day(number: floored(minute + offset, 1440).quotient) }

    /// The minute of its local day, 0 to 1439.
    public func minuteOfDay(at minute: Minute) -> Int { floored(minute + offset, 1440).rest }

    /// The first minute of a local day.
    public func start(of day: Day) -> Minute { day.number * 1440 - offset }

    /// What kind of day it is.
    ///
    /// Of several that fit, the first of: the operator's, public holiday, shopping day, day before a holiday, adjusted workday.
    public func kind(of day: Day) -> DayKind {
        if let set = overrides[day] { return set }
        if Self.isHoliday(day) { return .publicHoliday }
        if Self.isShoppingDay(day) { return .shoppingDay }
        if isHoliday(day.adding(1)) { return .dayBeforeHoliday }
        if Self.isAdjustedWorkday(day) { return .adjustedWorkday }
        return day.weekday >= 6 ? .weekend : .workday
    }

    /// Whether offices are closed: public holidays, and weekends that are not worked.
    public func isRestDay(_ day: Day) -> Bool {
        switch overrides[day] {
        case .publicHoliday, .weekend: true
        case .workday, .adjustedWorkday: false
        default: Self.isHoliday(day) || (day.weekday >= 6 && !Self.isAdjustedWorkday(day))
        }
    }

    /// Whether the swapped workdays of that year are part of this data; if not, some Saturdays and Sundays that will be worked count as weekends,
    /// and days off that are swapped for them as workdays, until the operator sets them.
    public static func knowsAdjustedWorkdays(in year: Int) -> Bool { officialYears[year] != nil }

    private func isHoliday(_ day: Day) -> Bool { overrides[day].map { $0 == .publicHoliday } ?? Self.isHoliday(day) }

    private static func isHoliday(_ day: Day) -> Bool {
        let (year, month, date) = day.date
        if let official = officialYears[year] { return official.holidays.contains { $0.contains(month * 100 + date) } }
        return statutoryDays(of: year).contains(day)
    }

    private static func isAdjustedWorkday(_ day: Day) -> Bool {
        let (year, month, date) = day.date
        return officialYears[year]?.workdays.contains(month * 100 + date) ?? false
    }

    private static func isShoppingDay(_ day: Day) -> Bool {
        let (year, month, date) = day.date
        switch month * 100 + date {
        case 1110, 1111, 1212, 618, 520: return true
        default: return lunarDays[year]?.qixi == month * 100 + date
        }
    }
}
