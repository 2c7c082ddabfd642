import Kernel

extension ExpressionOperators {
    /// The operators that also take `{"date":…,"timezone":…}`.
    static let dateParts: Set<String> = Set(dates.keys)

    static let dates: [String: PositionalOperator] = [
        "$year": part("$year", \.year),
        "$month": part("$month", \.month),
        "$dayOfMonth": part("$dayOfMonth", \.day),
        "$dayOfYear": part("$dayOfYear", \.dayOfYear),
        "$dayOfWeek": part("$dayOfWeek", \.dayOfWeek),
        "$isoDayOfWeek": part("$isoDayOfWeek", \.isoDayOfWeek),
        "$isoWeek": part("$isoWeek", \.isoWeek.week),
        "$isoWeekYear": part("$isoWeekYear", \.isoWeek.year),
        "$week": part("$week", \.weekFromSunday),
        "$hour": part("$hour", \.hour),
        "$minute": part("$minute", \.minute),
        "$second": part("$second", \.second),
        "$millisecond": part("$millisecond", \.millisecond),
    ]

    static let namedDates: [String: NamedOperator] = [
        "$dateToString": NamedOperator(required: ["date"], optional: ["format", "timezone", "onNull"]) { (values) throws(QueryError) in
            guard let date = values["date"], !date.isNull else { return values["onNull"] ?? .null }
            if values["format"]?.isNull ?? false || values["timezone"]?.isNull ?? false { return .null }
            let format = try values["format"].map { (value: JSON) throws(QueryError) in try string("$dateToString", value) }
            let zone = try ClockZone(values["timezone"])
            let moment = try moment("$dateToString", date)
            let usual = zone.offset(at: moment) == 0 && zone.daylight == nil ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L"
            return .string(try DateFormat(format ?? usual).write(moment, zone))
        },
        "$dateToParts": NamedOperator(required: ["date"], optional: ["timezone", "iso8601"]) { (values) throws(QueryError) in
            guard let date = values["date"], !date.isNull, !(values["timezone"]?.isNull ?? false), !(values["iso8601"]?.isNull ?? false) else {
                return .null
            }
            let civil = try ClockZone(values["timezone"]).civil(try moment("$dateToParts", date))
            return Expression.isTrue(values["iso8601"]) ? parts(ofISOWeek: civil) : parts(of: civil)
        },
        "$dateFromParts": NamedOperator(
            required: [],
            optional: [
                "year", "month", "day", "isoWeekYear", "isoWeek", "isoDayOfWeek", "hour", "minute", "second", "millisecond", "timezone",
            ]
        ) { (values) throws(QueryError) in try date(fromParts: values) },
        "$dateFromString": NamedOperator(required: ["dateString"], optional: ["format", "timezone", "onError", "onNull"]) {
            (values) throws(QueryError) in
            guard let text = values["dateString"], !text.isNull else { return values["onNull"] ?? .null }
            if values["format"]?.isNull ?? false || values["timezone"]?.isNull ?? false { return .null }
            let zone = try values["timezone"].map { (value: JSON) throws(QueryError) in try ClockZone(value) }
            let format = try values["format"].map { (value: JSON) throws(QueryError) in try string("$dateFromString", value) }
            if case .string(let written) = text, let moment = try DateReader.read(written, format: format, zone: zone) { return .date(moment) }
            if let fallback = values["onError"] { return fallback }
            throw OperatorError.wrongType(
                "$dateFromString", format.map { "a date as \"\($0)\"" } ?? "an ISO 8601 date", format.map { "形如“\($0)”的日期" } ?? " ISO 8601 日期", text)
        },
        "$dateAdd": adding("$dateAdd", 1),
        "$dateSubtract": adding("$dateSubtract", -1),
        "$dateDiff": NamedOperator(required: ["startDate", "endDate", "unit"], optional: ["timezone", "startOfWeek"]) {
            (values) throws(QueryError) in
            guard let start = values["startDate"], let end = values["endDate"], let unit = values["unit"], !start.isNull, !end.isNull,
                !unit.isNull, !(values["timezone"]?.isNull ?? false)
            else { return .null }
            return .int(
                try DateUnit("$dateDiff", unit).boundaries(
                    from: try moment("$dateDiff", start), to: try moment("$dateDiff", end), in: try ClockZone(values["timezone"]),
                    weekStart: try weekStart("$dateDiff", values["startOfWeek"])))
        },
        "$dateTrunc": NamedOperator(required: ["date", "unit"], optional: ["binSize", "timezone", "startOfWeek"]) {
            (values) throws(QueryError) in
            guard let date = values["date"], let unit = values["unit"], !date.isNull, !unit.isNull, !(values["timezone"]?.isNull ?? false),
                !(values["binSize"]?.isNull ?? false)
            else { return .null }
            let size = try values["binSize"].map { (value: JSON) throws(QueryError) in try whole("$dateTrunc", value) } ?? 1
            guard (1...100_000_000).contains(size) else {
                throw OperatorError.wrongType("$dateTrunc", "a binSize of at least 1", "不小于 1 的 binSize", values["binSize"])
            }
            return .date(
                try DateUnit("$dateTrunc", unit).beginning(
                    of: try moment("$dateTrunc", date), size: Int64(size), in: try ClockZone(values["timezone"]),
                    weekStart: try weekStart("$dateTrunc", values["startOfWeek"])))
        },
    ]

    private static func adding(_ name: String, _ sign: Int64) -> NamedOperator {
        NamedOperator(required: ["startDate", "unit", "amount"], optional: ["timezone"]) { (values) throws(QueryError) in
            guard let start = values["startDate"], let unit = values["unit"], let amount = values["amount"], !start.isNull, !unit.isNull,
                !amount.isNull, !(values["timezone"]?.isNull ?? false)
            else { return .null }
            return .date(
                try DateUnit(name, unit).adding(
                    sign * Int64(try whole(name, amount)), to: try moment(name, start), in: try ClockZone(values["timezone"]), name))
        }
    }

    /// 0 is Monday; without a wish weeks begin on Sunday.
    private static func weekStart(_ name: String, _ value: JSON?) throws(QueryError) -> Int {
        guard let value, !value.isNull else { return 6 }
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        guard case .string(let text) = value,
            let place = names.firstIndex(where: { text.lowercased() == $0 || text.lowercased().hasPrefix($0) && text.lowercased().hasSuffix("day") })
        else { throw OperatorError.wrongType(name, "a day such as \"monday\" in startOfWeek", " startOfWeek 为星期名，例如 \"monday\"", value) }
        return place
    }

    private static func part(_ name: String, _ part: @escaping @Sendable (CivilTime) -> Int) -> PositionalOperator {
        PositionalOperator(1...2) { (values) throws(QueryError) in
            guard let date = values[0], !date.isNull else { return .null }
            if values.count > 1, values[1]?.isNull ?? false { return .null }
            let zone = try ClockZone(values.count > 1 ? values[1] : nil)
            return .int(Int64(part(zone.civil(try moment(name, date)))))
        }
    }

    private static func moment(_ name: String, _ value: JSON) throws(QueryError) -> Int64 {
        guard case .date(let milliseconds) = value else { throw OperatorError.wrongType(name, "a date", "日期", value) }
        return milliseconds
    }

    private static func parts(of civil: CivilTime) -> JSON {
        [
            "year": .int(Int64(civil.year)), "month": .int(Int64(civil.month)), "day": .int(Int64(civil.day)),
            "hour": .int(Int64(civil.hour)),
            "minute": .int(Int64(civil.minute)), "second": .int(Int64(civil.second)), "millisecond": .int(Int64(civil.millisecond)),
        ]
    }

    private static func parts(ofISOWeek civil: CivilTime) -> JSON {
        [
            "isoWeekYear": .int(Int64(civil.isoWeek.year)), "isoWeek": .int(Int64(civil.isoWeek.week)),
            "isoDayOfWeek": .int(Int64(civil.isoDayOfWeek)), "hour": .int(Int64(civil.hour)), "minute": .int(Int64(civil.minute)),
            "second": .int(Int64(civil.second)), "millisecond": .int(Int64(civil.millisecond)),
        ]
    }

    private static func date(fromParts values: [String: JSON]) throws(QueryError) -> JSON {
        let usesWeeks = values["isoWeekYear"] != nil
        guard usesWeeks != (values["year"] != nil), !usesWeeks || values["month"] == nil && values["day"] == nil else {
            throw QueryError(
                .invalidQuery, "$dateFromParts needs either a year or an isoWeekYear, with the parts that belong to it.",
                zh: "$dateFromParts 需要 year 或 isoWeekYear 之一，以及与之对应的部分。")
        }
        var numbers: [String: Int] = [:]
        for (name, value) in values {
            if value.isNull { return .null }
            if name != "timezone" { numbers[name] = try whole("$dateFromParts", value) }
        }
        let year = numbers["year"] ?? numbers["isoWeekYear"] ?? 1970
        guard (1...9999).contains(year) else {
            throw OperatorError.wrongType("$dateFromParts", "a year from 1 to 9999", "1 到 9999 之间的年份", .int(Int64(year)))
        }
        var civil = CivilTime(year: year, month: numbers["month"] ?? 1, day: numbers["day"] ?? 1)
        if usesWeeks {
            // 4 January is always in week 1.
            let fourth = CivilTime(year: year, month: 1, day: 4)
            let days = (numbers["isoWeek"] ?? 1) * 7 - 7 + (numbers["isoDayOfWeek"] ?? 1) - fourth.isoDayOfWeek
            civil.day = 4 + days
        }
        civil.hour = numbers["hour"] ?? 0
        civil.minute = numbers["minute"] ?? 0
        civil.second = numbers["second"] ?? 0
        civil.millisecond = numbers["millisecond"] ?? 0
        return .date(try ClockZone(values["timezone"]).moment(of: civil))
    }
}
