internal import Kernel

/// Days after a claim as the platforms count them.
enum FacadeValidity {
    /// Which days count.
    enum Rounding {
        /// To the minute of the claim.
        case exact
        /// The day of the claim is the first of the days.
        case claimDayCounts
        /// The day of the claim is given along.
        case nextDayCounts
    }

    static func relative(after: Int64, days: Int64, _ rounding: Rounding) -> Validity {
        switch rounding {
        case .exact: .relative(afterDays: after, days: days, wholeDays: false)
        // Where it begins at once, our rest of the claim's day is given along: the platforms count it.
        case .claimDayCounts: .relative(afterDays: after, days: after == 0 ? days - 1 : days, wholeDays: true)
        case .nextDayCounts: .relative(afterDays: after, days: days, wholeDays: true)
        }
    }

    /// The days with the day of the claim counted, as ``relative(after:days:_:)`` takes them.
    static func countedDays(after: Int64, days: Int64) -> Int64 { after == 0 ? days + 1 : days }
}

/// When an Alipay voucher can be used.
enum AlipayValidity {
    /// `voucher_valid_period`: the type and both kinds of members side by side.
    static func read(period fields: FacadeFields) throws -> Validity {
        try fields.word("type", ["ABSOLUTE": true, "RELATIVE": false]) ? absolute(fields) : relative(fields)
    }

    /// `voucher_use_time_info`: an object for each kind, with hours and days within it.
    static func read(useTime fields: FacadeFields) throws -> (Validity, UseTimes) {
        let isAbsolute = try fields.word("period_type", ["ABSOLUTE": true, "RELATIVE": false])
        let member = isAbsolute ? "absolute_period_info" : "relative_period_info"
        guard let period = try fields.object(member) else { throw fields.wrong(member, "an object", "对象") }
        let times = try period.object("time_restrict_info").map(AlipayUseTimes.read) ?? UseTimes()
        return (try isAbsolute ? absolute(period) : relative(period), times)
    }

    private static func absolute(_ fields: FacadeFields) throws -> Validity {
        guard let from = try fields.alipayMoment("valid_begin_time") else { throw fields.wrong("valid_begin_time", "a time", "时间") }
        guard let last = try fields.alipayMoment("valid_end_time"), last >= from else {
            throw fields.wrong("valid_end_time", "a time after valid_begin_time", "晚于 valid_begin_time 的时间")
        }
        // Clients send what belongs to the other kind as 0.
        try fields.refuse("valid_days_after_receive", "wait_days_after_receive")
        return .absolute(from: from, until: last + 1000)
    }

    private static func relative(_ fields: FacadeFields) throws -> Validity {
        guard let days = try fields.int("valid_days_after_receive", in: 1...3660) else {
            throw fields.wrong("valid_days_after_receive", "an integer", "整数")
        }
        let after = try fields.int("wait_days_after_receive", in: 0...366) ?? 0
        let rounding = try fields.word(
            "valid_days_relative_type",
            ["ROUND_FORWARD": FacadeValidity.Rounding.claimDayCounts, "ROUND_BACKWARD": .nextDayCounts, "ROUND_BACKWARDS": .nextDayCounts], absent: .exact)
        // With a wait Alipay does not say from which day on these are counted.
        if rounding == .nextDayCounts, after > 0 { throw SampanError.couponField(fields.name("wait_days_after_receive")) }
        try fields.refuse("valid_begin_time", "valid_end_time")
        return FacadeValidity.relative(after: after, days: days, rounding)
    }

    /// The members of either form, and the type.
    static func shown(_ validity: Validity) -> (type: String, fields: JSONObject) {
        switch validity {
        case .absolute(let from, let until):
            return (
                "ABSOLUTE", ["valid_begin_time": .string(FacadeTime.alipay(from)), "valid_end_time": .string(FacadeTime.alipay(until - 1000))]
            )
        case .relative(let after, let days, let wholeDays):
            var fields: JSONObject = [
                "valid_days_after_receive": .int(wholeDays ? FacadeValidity.countedDays(after: after, days: days) : days),
                "wait_days_after_receive": .int(after),
            ]
            if wholeDays { fields["valid_days_relative_type"] = "ROUND_FORWARD" }
            return ("RELATIVE", fields)
        }
    }
}

/// `time_restrict_info`: days and hours within the validity.
enum AlipayUseTimes {
    private static let allDay = UseTimes.Hours(from: 0, until: 1440)

    static func read(_ fields: FacadeFields) throws -> UseTimes {
        var times = UseTimes()
        var rules: [(days: Set<Int>, hours: UseTimes.Hours)] = []
        for rule in try fields.objects("usable_period_info", max: 24) {
            // What is said in dates or holidays cannot be.
            guard try rule.word("rule_type", ["WEEK": true]), let week = try rule.object("week_rule_info") else {
                throw rule.wrong("week_rule_info", "an object", "对象")
            }
            rules.append((try days(week), try week.object("time_range_info").map(hours) ?? allDay))
        }
        for rule in try fields.objects("disable_period_info", max: 24) {
            guard try rule.word("rule_type", ["DATE": true]), let date = try rule.object("date_rule_info"), let range = try date.object("date_range_info")
            else { throw rule.wrong("date_rule_info", "an object with date_range_info", "包含 date_range_info 的对象") }
            try date.refuse("time_range_info")
            times.excludedDates.formUnion(try dates(range))
        }
        // Our days and hours are two lists, each day with all hours.
        let (allDays, allHours) = (Set(rules.map(\.days)), Set(rules.map(\.hours)))
        guard allDays.count <= 1 || allHours.count <= 1 else { throw SampanError.couponField(fields.name("usable_period_info")) }
        times.weekdays = rules.reduce(into: []) { $0.formUnion($1.days) }
        if times.weekdays.count == 7 { times.weekdays = [] }
        if !allHours.contains(allDay) { times.hours = allHours.sorted { $0.from < $1.from } }
        return times
    }

    private static func days(_ week: FacadeFields) throws -> Set<Int> {
        let days = try week.need("week_day").split(separator: ",").map { Int($0.trimmingPrefix { $0 == " " }) ?? 0 }
        guard days.allSatisfy({ (1...7).contains($0) }), !days.isEmpty else {
            throw week.wrong("week_day", "1 (Monday) to 7 (Sunday) with commas between", "以逗号连接的 1（周一）到 7（周日）")
        }
        return Set(days)
    }

    private static func hours(_ range: FacadeFields) throws -> UseTimes.Hours {
        guard let end = try range.object("end_time_info") else { throw range.wrong("end_time_info", "an object", "对象") }
        let from = try FacadeTime.seconds(range.need("begin_time"))
        let through = try FacadeTime.seconds(end.need("end_time"))
        let isNext = try end.word("end_time_type", ["SAME_DAY": false, "NEXT_DAY": true], absent: false)
        guard let from, let through, let hours = FacadeTime.hours(from: from, through: through), (hours.until < hours.from) == isNext else {
            throw range.wrong(
                "begin_time", "whole minutes such as 10:00:00, the end 14:00:00 or 13:59:59, NEXT_DAY where it goes past midnight",
                "整分钟的时段，例如 10:00:00 至 14:00:00 或 13:59:59；跨零点时 end_time_type 为 NEXT_DAY")
        }
        return hours
    }

    private static func dates(_ range: FacadeFields) throws -> Set<String> {
        let begin = try range.need("begin_date")
        let end = try range.text("end_date") ?? begin
        guard let first = day(begin), let last = day(end), first <= last, last - first < 366 else {
            throw range.wrong("begin_date", "dates such as 2026-10-01, at most 366 days", "日期，例如 2026-10-01，至多 366 天")
        }
        return Set((first...last).map { String(DateText.iso8601(fromMilliseconds: $0 * 86_400_000).prefix(10)) })
    }

    private static func day(_ text: String) -> Int64? {
        guard text.utf8.count >= 10 else { return nil }
        return DateText.milliseconds(fromISO8601: String(text.prefix(10))).map { $0 / 86_400_000 }
    }

    /// `nil` for always.
    static func shown(_ times: UseTimes) -> JSONObject? {
        guard times != UseTimes() else { return nil }
        var shown: JSONObject = [:]
        if !times.weekdays.isEmpty || !times.hours.isEmpty {
            let days = (times.weekdays.isEmpty ? Set(1...7) : times.weekdays).sorted().map { "\($0)" }.joined(separator: ",")
            let hours = times.hours.isEmpty ? [allDay] : times.hours
            shown["usable_period_info"] = .array(
                hours.map {
                    let until = $0.until == 0 ? 1440 : $0.until
                    let end: JSON = [
                        "end_time": .string(FacadeTime.clock(Int64(until) * 60 - 1)), "end_time_type": until < $0.from ? "NEXT_DAY" : "SAME_DAY",
                    ]
                    let range: JSON = ["begin_time": .string(FacadeTime.clock(Int64($0.from) * 60)), "end_time_info": end]
                    return ["rule_type": "WEEK", "week_rule_info": ["week_day": .string(days), "time_range_info": range]]
                })
        }
        if !times.excludedDates.isEmpty {
            shown["disable_period_info"] = .array(
                times.excludedDates.sorted().map {
                    ["rule_type": "DATE", "date_rule_info": ["date_range_info": ["begin_date": .string($0), "end_date": .string($0)]]]
                })
        }
        return shown
    }
}
