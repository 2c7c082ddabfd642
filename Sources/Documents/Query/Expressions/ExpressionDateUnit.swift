import Kernel

/// A unit of time, as `$dateAdd`, `$dateDiff` and `$dateTrunc` use them.
enum DateUnit: String, Sendable {
    case year, quarter, month, week, day, hour, minute, second, millisecond

    init(_ name: String, _ json: JSON) throws(QueryError) {
        guard case .string(let text) = json, let unit = DateUnit(rawValue: text) else {
            throw OperatorError.wrongType(
                name, "a unit (year, quarter, month, week, day, hour, minute, second or millisecond)",
                "时间单位（year、quarter、month、week、day、hour、minute、second 或 millisecond）", json)
        }
        self = unit
    }

    /// The length of a unit that always has the same one.
    static func fixedMilliseconds(_ name: String, _ json: JSON) throws(QueryError) -> Double {
        guard let length = try DateUnit(name, json).milliseconds, case let length = Double(length) else {
            throw OperatorError.wrongType(name, "a unit from week to millisecond", "week 到 millisecond 之间的时间单位", json)
        }
        return length
    }

    /// The length in milliseconds; months and years differ.
    var milliseconds: Int64? {
        switch self {
        case .week: 604_800_000
        case .day: 86_400_000
        case .hour: 3_600_000
        case .minute: 60_000
        case .second: 1000
        case .millisecond: 1
        case .year, .quarter, .month: nil
        }
    }

    /// The length in months.
    var months: Int? {
        switch self {
        case .year: 12
        case .quarter: 3
        case .month: 1
        default: nil
        }
    }

    /// A moment later by whole units: on the clock of the zone for days and longer, by time that passes for hours and shorter.
    func adding(_ amount: Int64, to moment: Int64, in zone: ClockZone, _ name: String) throws(QueryError) -> Int64 {
        guard amount.magnitude < 1 << 45 else { throw Self.tooFar(name) }
        switch self {
        case .hour, .minute, .second, .millisecond:
            let (distance, overflow) = amount.multipliedReportingOverflow(by: milliseconds ?? 1)
            let (sum, beyond) = moment.addingReportingOverflow(distance)
            if overflow || beyond { throw Self.tooFar(name) }
            return sum
        default:
            var civil = zone.civil(moment)
            if let months {
                guard amount.magnitude < 1_000_000 else { throw Self.tooFar(name) }
                civil = Self.adding(months: Int(amount) * months, to: civil)
            } else {
                guard amount.magnitude < 100_000_000 else { throw Self.tooFar(name) }
                civil = CivilTime(milliseconds: civil.milliseconds + amount * (milliseconds ?? 0))
            }
            return zone.moment(of: civil)
        }
    }

    /// A day that a month does not have becomes its last one.
    private static func adding(months: Int, to civil: CivilTime) -> CivilTime {
        var first = CivilTime(
            milliseconds: CivilTime(year: civil.year, month: civil.month + months).milliseconds)
        let length = CivilTime(year: first.year, month: first.month + 1).dayNumber - first.dayNumber
        first.day = min(civil.day, Int(length))
        (first.hour, first.minute, first.second, first.millisecond) = (civil.hour, civil.minute, civil.second, civil.millisecond)
        return first
    }

    private static func tooFar(_ name: String) -> QueryError {
        QueryError(.invalidQuery, "\(name) leads beyond the dates that there are.", zh: "\(name) 的结果超出日期范围。")
    }

    /// How many boundaries of the unit lie between two moments.
    ///
    /// `weekStart` is 0 for Monday and 6 for Sunday.
    func boundaries(from start: Int64, to end: Int64, in zone: ClockZone, weekStart: Int) throws(QueryError) -> Int64 {
        // Nobody's dates lie so far apart, but the difference must fit.
        guard start.magnitude < 1 << 62, end.magnitude < 1 << 62 else { throw Self.tooFar("$dateDiff") }
        let a = zone.civil(start)
        let b = zone.civil(end)
        if let months {
            func number(_ civil: CivilTime) -> Int64 { Int64(Self.floorDivide(Int64(civil.year) * 12 + Int64(civil.month) - 1, Int64(months))) }
            return number(b) - number(a)
        }
        switch self {
        case .week:
            func number(_ civil: CivilTime) -> Int64 { Self.floorDivide(civil.dayNumber + 3 - Int64(weekStart), 7) }
            return number(b) - number(a)
        case .day: return b.dayNumber - a.dayNumber
        default:
            let length = milliseconds ?? 1
            // Boundaries are those of the zone's clock, but an hour that the clock skips or repeats does not count.
            let (first, last) = self == .hour ? (zone.offset(at: start), zone.offset(at: end)) : (0, 0)
            return Self.floorDivide(end + last, length) - Self.floorDivide(start + first, length) - (last - first) / length
        }
    }

    static func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The beginning of the period of `size` units that a moment lies in; periods are counted from 2000-01-01.
    func beginning(of moment: Int64, size: Int64, in zone: ClockZone, weekStart: Int) -> Int64 {
        let civil = zone.civil(moment)
        if let months {
            let length = Int64(months) * size
            let number = Int64(civil.year - 2000) * 12 + Int64(civil.month) - 1
            return zone.moment(of: CivilTime(year: 2000, month: Int(Self.floorDivide(number, length) * length) + 1))
        }
        // Days and longer begin on the zone's clock, and so do shorter ones unless an hour is repeated.
        let reference: Int64
        switch self {
        case .week:
            // The first such weekday from 2000-01-01 on, which was a Saturday (5).
            reference = CivilTime(year: 2000, month: 1, day: 1 + (weekStart + 2) % 7).milliseconds
        default: reference = CivilTime(year: 2000).milliseconds
        }
        let length = (milliseconds ?? 1) * size
        let local = civil.milliseconds
        let begun = reference + Self.floorDivide(local - reference, length) * length
        switch self {
        case .week, .day: return zone.moment(of: CivilTime(milliseconds: begun))
        default: return moment &- (local - begun)
        }
    }
}
