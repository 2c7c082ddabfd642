internal import Kernel

/// A schedule as Alipay (6 fields: second minute hour day month weekday) and WeChat (7: and year) write it.
///
/// Times are Beijing's (UTC+8, no daylight saving). `*`, `?`, lists, ranges and steps; months and weekdays also by their
/// English names; weekday 0 and 7 are Sunday. When both day and weekday are given, either fits, as in cron.
struct CronSchedule: Sendable, Hashable {
    private let seconds: Set<Int>
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let years: Set<Int>?
    private let restrictsDay: Bool
    private let restrictsWeekday: Bool

    private static let zone: Int64 = 8 * 3600
    private static let daysAhead = 366 * 9

    init(_ text: String) throws {
        let fields = text.split(whereSeparator: \.isWhitespace).map { $0.uppercased() }
        guard fields.count == 6 || fields.count == 7 else {
            throw Self.invalid(text, Localized("it has \(fields.count) fields instead of 6 or 7", zh: "应为 6 或 7 段,实际 \(fields.count) 段"))
        }
        func parse(_ index: Int, _ range: ClosedRange<Int>, names: [String] = []) throws -> Set<Int> {
            guard let values = Self.values(fields[index], range, names: names) else {
                throw Self.invalid(text, Localized("\"\(fields[index])\" does not fit field \(index + 1)", zh: "第 \(index + 1) 段 “\(fields[index])” 无效"))
            }
            return values
        }
        seconds = try parse(0, 0...59)
        minutes = try parse(1, 0...59)
        hours = try parse(2, 0...23)
        days = try parse(3, 1...31)
        months = try parse(4, 1...12, names: Self.monthNames)
        weekdays = Set(try parse(5, 0...7, names: Self.weekdayNames).map { $0 % 7 })
        years = fields.count == 7 && !Self.isAny(fields[6]) ? try parse(6, 1970...2099) : nil
        restrictsDay = !Self.isAny(fields[3])
        restrictsWeekday = !Self.isAny(fields[5])
    }

    /// The first time after `time` (both in milliseconds), `nil` when there is none in the next nine years.
    func next(after time: Int64) -> Int64? {
        let local = time / 1000 + 1 + Self.zone
        var day = local / 86_400
        var from = Int(local % 86_400)
        for _ in 0..<Self.daysAhead {
            if fits(day: day), let second = firstSecond(from: from) { return (day * 86_400 + Int64(second) - Self.zone) * 1000 }
            day += 1
            from = 0
        }
        return nil
    }

    private func fits(day: Int64) -> Bool {
        let date = CivilTime(milliseconds: day * 86_400_000)
        let dayOfMonth = date.day
        guard months.contains(date.month), years?.contains(date.year) ?? true else { return false }
        let weekday = Int((day + 4) % 7)
        if restrictsDay && restrictsWeekday { return days.contains(dayOfMonth) || weekdays.contains(weekday) }
        return days.contains(dayOfMonth) && weekdays.contains(weekday)
    }

    private func firstSecond(from start: Int) -> Int? {
        for hour in (start / 3600)..<24 where hours.contains(hour) {
            for minute in 0..<60 where minutes.contains(minute) {
                let base = hour * 3600 + minute * 60
                guard base + 59 >= start else { continue }
                if let second = seconds.filter({ base + $0 >= start }).min() { return base + second }
            }
        }
        return nil
    }

    private static let monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    private static let weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    private static func isAny(_ field: String) -> Bool { field == "*" || field == "?" }

    private static func values(_ field: String, _ range: ClosedRange<Int>, names: [String]) -> Set<Int>? {
        var result: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count <= 2, let first = pieces.first else { return nil }
            var step = 1
            if pieces.count == 2 {
                guard let given = Int(pieces[1]), given > 0 else { return nil }
                step = given
            }
            guard let span = span(first, range, names: names, isOpen: pieces.count == 2) else { return nil }
            result.formUnion(stride(from: span.lowerBound, through: span.upperBound, by: step))
        }
        return result
    }

    /// `*`, `5`, `2-7`; a single number before a step runs to the end of the range.
    private static func span(_ text: Substring, _ range: ClosedRange<Int>, names: [String], isOpen: Bool) -> ClosedRange<Int>? {
        if isAny(String(text)) { return range }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { number($0, range, names: names) }
        switch ends.count {
        case 1:
            guard let only = ends[0] else { return nil }
            return isOpen ? only...range.upperBound : only...only
        case 2:
            guard let low = ends[0], let high = ends[1], low <= high else { return nil }
            return low...high
        default: return nil
        }
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>, names: [String]) -> Int? {
        if let name = names.firstIndex(of: String(text)) { return name + (names.count == 12 ? 1 : 0) }
        guard text.allSatisfy(\.isNumber), let value = Int(text), range.contains(value) else { return nil }
        return value
    }

    private static func invalid(_ text: String, _ why: Localized) -> SampanError {
        SampanError.badRequest(
            "INVALID_SCHEDULE", Localized("\"\(text.prefix(100))\" is not a schedule: \(why.en).", zh: "“\(text.prefix(100))” 不是有效的定时表达式:\(why.zh)。"),
            remedy: Localized(
                "Write second minute hour day month weekday [year], for example 0 30 9 * * * for every day at 9:30.",
                zh: "请按“秒 分 时 日 月 星期 [年]”书写,例如 0 30 9 * * * 表示每天 9:30。"))
    }
}
