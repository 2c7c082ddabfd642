/// A date and time of the proleptic Gregorian calendar in UTC, counted without any time-zone database.
public struct CivilTime: Sendable, Equatable {
    /// The year; 0 is 1 BC.
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// 1 to 31.
    public var day: Int
    /// 0 to 23.
    public var hour: Int
    /// 0 to 59.
    public var minute: Int
    /// 0 to 59.
    public var second: Int
    /// 0 to 999.
    public var millisecond: Int

    /// Takes the parts as they are.
    public init(year: Int, month: Int = 1, day: Int = 1, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.millisecond = millisecond
    }

    /// The date and time of a moment in milliseconds since 1970.
    public init(milliseconds: Int64) {
        let (days, rest) = Self.floorDivide(milliseconds, 86_400_000)
        (year, month, day) = Self.date(ofDay: days)
        let inDay = Int(rest)
        hour = inDay / 3_600_000
        minute = inDay / 60_000 % 60
        second = inDay / 1000 % 60
        millisecond = inDay % 1000
    }

    /// The moment in milliseconds since 1970.
    ///
    /// Parts beyond their range carry over; years beyond ±200 000 000 are clamped.
    public var milliseconds: Int64 {
        let (carriedYears, monthIndex) = Self.floorDivide(Int64(Self.clamp(month)) - 1, 12)
        let civilYear = max(-200_000_000, min(200_000_000, Int64(year))) + carriedYears
        let days = Self.dayNumber(year: civilYear, month: Int(monthIndex) + 1) + Int64(Self.clamp(day)) - 1
        let minutes = days * 1440 + Int64(Self.clamp(hour)) * 60 + Int64(Self.clamp(minute))
        return minutes * 60_000 + Int64(Self.clamp(second)) * 1000 + Int64(Self.clamp(millisecond))
    }

    /// Days since 1970-01-01.
    public var dayNumber: Int64 { Self.floorDivide(milliseconds, 86_400_000).quotient }

    /// 1 is Sunday, 7 is Saturday.
    public var dayOfWeek: Int { Int(Self.floorDivide(dayNumber + 4, 7).remainder) + 1 }

    /// 1 is 1 January.
    public var dayOfYear: Int { Int(dayNumber - Self.dayNumber(year: Int64(year), month: 1)) + 1 }

    /// Keeps parts small enough that no sum can overflow.
    private static func clamp(_ part: Int) -> Int { max(-2_000_000_000, min(2_000_000_000, part)) }

    private static func floorDivide(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// The day number of the first of a month.
    ///
    /// Years start in March here, so that the leap day ends one.
    private static func dayNumber(year: Int64, month: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(ofDay day: Int64) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivide(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (Int(year), Int(month), Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1))
    }
}

/// The ISO 8601 text of moments.
public enum DateText {
    /// Reads `YYYY-MM-DD`, optionally followed by `THH:MM[:SS[.fraction]]` and by `Z` or `±HH:MM`; without a zone it is UTC.
    ///
    /// Answers nil for anything else and for dates that do not exist.
    public static func milliseconds(fromISO8601 text: String) -> Int64? {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard reader.bytes.count <= 40, let year = reader.number(digits: 4), reader.take("-"), let month = reader.number(digits: 2),
            reader.take("-"), let day = reader.number(digits: 2)
        else { return nil }
        var civil = CivilTime(year: year, month: month, day: day)
        var offsetMinutes = 0
        if !reader.isAtEnd {
            guard reader.take("T") || reader.take(" ") || reader.take("t"), reader.readTime(into: &civil),
                let offset = reader.readZone()
            else { return nil }
            offsetMinutes = offset
        }
        guard reader.isAtEnd, CivilTime(milliseconds: civil.milliseconds) == civil else { return nil }
        return civil.milliseconds - Int64(offsetMinutes) * 60_000
    }

    /// Writes `YYYY-MM-DDTHH:MM:SS.mmmZ`; years beyond four digits get a sign and as many digits as they need.
    public static func iso8601(fromMilliseconds milliseconds: Int64) -> String {
        let civil = CivilTime(milliseconds: milliseconds)
        let year = (0...9999).contains(civil.year) ? padded(civil.year, 4) : (civil.year < 0 ? "-" : "+") + padded(abs(civil.year), 6)
        return "\(year)-\(padded(civil.month, 2))-\(padded(civil.day, 2))T\(padded(civil.hour, 2)):\(padded(civil.minute, 2))"
            + ":\(padded(civil.second, 2)).\(padded(civil.millisecond, 3))Z"
    }

    /// The decimal text of a number of at least `width` digits.
    public static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// Reads fixed-width numbers and punctuation.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    mutating func number(digits: Int) -> Int? {
        guard bytes.count - position >= digits else { return nil }
        var value = 0
        for place in position..<position + digits {
            let digit = bytes[place] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        position += digits
        return value
    }

    mutating func readTime(into civil: inout CivilTime) -> Bool {
        guard let hour = number(digits: 2), take(":"), let minute = number(digits: 2) else { return false }
        civil.hour = hour
        civil.minute = minute
        guard take(":") else { return true }
        guard let second = number(digits: 2) else { return false }
        civil.second = second
        guard take(".") else { return true }
        return readFraction(into: &civil)
    }

    /// Keeps milliseconds and passes over finer digits.
    private mutating func readFraction(into civil: inout CivilTime) -> Bool {
        let start = position
        var scale = 100
        while let digit = number(digits: 1) {
            civil.millisecond += digit * scale
            scale /= 10
        }
        return position > start
    }

    /// Minutes east of Greenwich.
    mutating func readZone() -> Int? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let isWest = take("-")
        guard isWest || take("+"), let hours = number(digits: 2) else { return nil }
        _ = take(":")
        guard let minutes = number(digits: 2), hours <= 23, minutes <= 59 else { return nil }
        return isWest ? -(hours * 60 + minutes) : hours * 60 + minutes
    }
}
