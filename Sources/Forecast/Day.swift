/// A minute, counted from 1970-01-01T00:00Z: the one unit of time in this room.
///
/// Nothing here reads a clock.
public typealias Minute = Int

/// A day of the Gregorian calendar, without a time zone.
public struct Day: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01.
    public let number: Int

    /// The day that lies `number` days after 1970-01-01.
    public init(number: Int) { self.number = number }

    /// The day with this date, or none if there is no such date.
    ///
    /// `year` is 1600 to 9999.
    public init?(_ year: Int, _ month: Int, _ day: Int) {
        guard (1600...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Years begin in March here, so that the leap day is the last one (Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = month > 2 ? year : year - 1
        let (era, yearOfEra) = (shifted / 400, shifted % 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let back = date
        guard back.year == year, back.month == month, back.day == day else { return nil }
    }

    /// Year, month (1 to 12) and day of the month (1 to 31).
    public var date: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// 1 for Monday to 7 for Sunday.
    public var weekday: Int { floored(number + 3, 7).rest + 1 }

    /// The day that lies `days` later.
    public func adding(_ days: Int) -> Day { Day(number: number + days) }

    /// Earlier days are smaller.
    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}

/// Quotient and rest of a division that rounds down, so that the rest is never negative.
func floored(_ value: Int, _ divisor: Int) -> (quotient: Int, rest: Int) {
    let rest = ((value % divisor) + divisor) % divisor
    return ((value - rest) / divisor, rest)
}
