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
            let format = try values["format"].map { (value: JSON) throws(QueryError) in try string("$dateToString", value) }
            let offset = try TimeZoneOffset(values["timezone"])
            return .string(
                try DateFormat(format ?? (offset.minutes == 0 ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L"))
                    .write(try moment("$dateToString", date), offset))
        },
        "$dateToParts": NamedOperator(required: ["date"], optional: ["timezone", "iso8601"]) { (values) throws(QueryError) in
            guard let date = values["date"], !date.isNull else { return .null }
            let civil = try TimeZoneOffset(values["timezone"]).civil(try moment("$dateToParts", date))
            if Expression.isTrue(values["iso8601"]) { return parts(ofISOWeek: civil) }
            return parts(of: civil)
        },
        "$dateFromParts": NamedOperator(
            required: ["year"], optional: ["month", "day", "hour", "minute", "second", "millisecond", "timezone"]
        ) { (values) throws(QueryError) in try date(fromParts: values) },
        "$dateFromString": NamedOperator(required: ["dateString"], optional: ["timezone", "onError", "onNull"]) {
            (values) throws(QueryError) in
            guard let text = values["dateString"], !text.isNull else { return values["onNull"] ?? .null }
            let offset = try TimeZoneOffset(values["timezone"])
            if case .string(let written) = text, let milliseconds = DateText.milliseconds(fromISO8601: written) {
                return .date(milliseconds - Int64(offset.minutes) * 60_000)
            }
            if let fallback = values["onError"] { return fallback }
            throw OperatorError.wrongType("$dateFromString", "an ISO 8601 date", "ISO 8601 日期", text)
        },
    ]

    private static func part(_ name: String, _ part: @escaping @Sendable (CivilTime) -> Int) -> PositionalOperator {
        PositionalOperator(1...2) { (values) throws(QueryError) in
            guard let date = values[0], !date.isNull else { return .null }
            let offset = try TimeZoneOffset(values.count > 1 ? values[1] : nil)
            return .int(Int64(part(offset.civil(try moment(name, date)))))
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
        var numbers: [String: Int] = [:]
        for (name, value) in values where name != "timezone" {
            if value.isNull { return .null }
            numbers[name] = try whole("$dateFromParts", value)
        }
        let civil = CivilTime(
            year: numbers["year"] ?? 1970, month: numbers["month"] ?? 1, day: numbers["day"] ?? 1, hour: numbers["hour"] ?? 0,
            minute: numbers["minute"] ?? 0, second: numbers["second"] ?? 0, millisecond: numbers["millisecond"] ?? 0)
        guard (1...9999).contains(civil.year) else {
            throw OperatorError.wrongType("$dateFromParts", "a year from 1 to 9999", "1 到 9999 之间的年份", .int(Int64(civil.year)))
        }
        return .date(civil.milliseconds - Int64(try TimeZoneOffset(values["timezone"]).minutes) * 60_000)
    }
}

/// The distance of a place's clock from UTC.
struct TimeZoneOffset: Sendable {
    let minutes: Int

    /// Zones whose clocks have stood still for decades; others would need a time-zone database.
    private static let fixedZones: [String: Int] = [
        "UTC": 0, "GMT": 0, "Z": 0, "Etc/UTC": 0, "Etc/GMT": 0, "PRC": 480, "Asia/Shanghai": 480, "Asia/Chongqing": 480,
        "Asia/Hong_Kong": 480,
        "Asia/Macau": 480, "Asia/Taipei": 480, "Asia/Singapore": 480, "Asia/Kuala_Lumpur": 480, "Asia/Tokyo": 540, "Asia/Seoul": 540,
        "Asia/Bangkok": 420, "Asia/Ho_Chi_Minh": 420, "Asia/Jakarta": 420, "Asia/Kolkata": 330, "Asia/Dubai": 240,
    ]

    /// Reads `+08:00`, `+0800`, `+08`, `UTC` or one of a few names; nothing and null are UTC.
    init(_ value: JSON?) throws(QueryError) {
        guard let value, !value.isNull else {
            minutes = 0
            return
        }
        guard case .string(let text) = value, let found = Self.fixedZones[text] ?? Self.offset(of: text) else {
            throw QueryError(
                .invalidQuery, "The time zone \(value.excerpt) is not known; write an offset such as \"+08:00\".",
                zh: "不认识时区 \(value.excerpt)；请写偏移量，例如 \"+08:00\"。")
        }
        minutes = found
    }

    private static func offset(of text: String) -> Int? {
        guard let sign = text.utf8.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let digits = text.utf8.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        let minutes = digits.count == 2 ? number * 60 : number / 100 * 60 + number % 100
        return sign == UInt8(ascii: "-") ? -minutes : minutes
    }

    func civil(_ milliseconds: Int64) -> CivilTime {
        CivilTime(milliseconds: milliseconds.addingReportingOverflow(Int64(minutes) * 60_000).partialValue)
    }

    /// `+0800`.
    var text: String { (minutes < 0 ? "-" : "+") + DateText.padded(abs(minutes) / 60 * 100 + abs(minutes) % 60, 4) }
}

/// The format of `$dateToString`.
struct DateFormat {
    let format: String

    init(_ format: String) { self.format = format }

    func write(_ milliseconds: Int64, _ offset: TimeZoneOffset) throws(QueryError) -> String {
        let civil = offset.civil(milliseconds)
        var result = String.UnicodeScalarView()
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%" else {
                result.append(scalar)
                continue
            }
            guard let letter = scalars.next(), let piece = Self.piece(letter, civil, offset) else {
                throw QueryError(
                    .invalidQuery,
                    "The date format \"\(format)\" has an unknown % sequence; there are %Y %m %d %H %M %S %L %j %u %w %U %V %G %z %Z %%.",
                    zh: "日期格式“\(format)”有未知的 % 序列；可用 %Y %m %d %H %M %S %L %j %u %w %U %V %G %z %Z %%。")
            }
            result.append(contentsOf: piece.unicodeScalars)
        }
        return String(result)
    }

    private static func piece(_ letter: Unicode.Scalar, _ civil: CivilTime, _ offset: TimeZoneOffset) -> String? {
        switch letter {
        case "Y": DateText.padded(civil.year, 4)
        case "m": DateText.padded(civil.month, 2)
        case "d": DateText.padded(civil.day, 2)
        case "H": DateText.padded(civil.hour, 2)
        case "M": DateText.padded(civil.minute, 2)
        case "S": DateText.padded(civil.second, 2)
        case "L": DateText.padded(civil.millisecond, 3)
        case "j": DateText.padded(civil.dayOfYear, 3)
        case "u": String(civil.isoDayOfWeek)
        case "w": String(civil.dayOfWeek)
        case "U": DateText.padded(civil.weekFromSunday, 2)
        case "V": DateText.padded(civil.isoWeek.week, 2)
        case "G": DateText.padded(civil.isoWeek.year, 4)
        case "z": offset.text
        case "Z": String(offset.minutes)
        case "%": "%"
        default: nil
        }
    }
}

extension CivilTime {
    /// 1 is Monday, 7 is Sunday.
    var isoDayOfWeek: Int { (dayOfWeek + 5) % 7 + 1 }

    /// Weeks begin on Sunday; days before the year's first Sunday are week 0.
    var weekFromSunday: Int { (dayOfYear + 7 - dayOfWeek) / 7 }

    /// Weeks begin on Monday; week 1 is the one with the year's first Thursday.
    var isoWeek: (year: Int, week: Int) {
        let thursday = CivilTime(milliseconds: (dayNumber - Int64(isoDayOfWeek) + 4) * 86_400_000)
        return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
    }
}
