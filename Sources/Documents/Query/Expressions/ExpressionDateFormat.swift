import Kernel

/// The format of `$dateToString`.
struct DateFormat {
    let format: String

    init(_ format: String) { self.format = format }

    func write(_ milliseconds: Int64, _ zone: ClockZone) throws(QueryError) -> String {
        let civil = zone.civil(milliseconds)
        let offset = (text: zone.text(at: milliseconds), minutes: Int(zone.offset(at: milliseconds) / 60_000))
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
                    "The date format \"\(format)\" has an unknown % sequence; there are %Y %m %d %H %M %S %L %j %u %w %U %V %G %b %B %z %Z %%.",
                    zh: "日期格式“\(format)”有未知的 % 序列；可用 %Y %m %d %H %M %S %L %j %u %w %U %V %G %b %B %z %Z %%。")
            }
            result.append(contentsOf: piece.unicodeScalars)
        }
        return String(result)
    }

    /// In lower case.
    static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]

    private static func piece(_ letter: Unicode.Scalar, _ civil: CivilTime, _ offset: (text: String, minutes: Int)) -> String? {
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
        case "b": DateFormat.months[civil.month - 1].prefix(3).capitalizedASCII
        case "B": DateFormat.months[civil.month - 1].capitalizedASCII
        case "z": offset.text
        case "Z": String(offset.minutes)
        case "%": "%"
        default: nil
        }
    }
}

/// Reads the text of dates, by a format or as ISO 8601.
struct DateReader {
    private var text: Substring.UTF8View
    private var civil = CivilTime(year: 1970)
    private var offset: Int64?
    private var dayOfYear: Int?
    private var isoYear: Int?
    private var isoWeek: Int?
    private var isoDay: Int?

    /// The moment, or nil when the text is no such date.
    ///
    /// A zone in the text and one beside it exclude each other.
    static func read(_ text: String, format: String?, zone: ClockZone?) throws(QueryError) -> Int64? {
        guard let format else {
            guard let moment = DateText.milliseconds(fromISO8601: text) else { return nil }
            guard let zone else { return moment }
            if hasZone(text) { return nil }
            return zone.moment(of: CivilTime(milliseconds: moment))
        }
        var reader = DateReader(text: text[...].utf8)
        return try reader.take(format, zone)
    }

    private init(text: Substring.UTF8View) { self.text = text }

    private static func hasZone(_ text: String) -> Bool {
        guard let time = text.utf8.firstIndex(where: { $0 == UInt8(ascii: "T") || $0 == UInt8(ascii: "t") || $0 == UInt8(ascii: " ") }) else { return false }
        return text.utf8[time...].contains { $0 == UInt8(ascii: "Z") || $0 == UInt8(ascii: "z") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    }

    private mutating func take(_ format: String, _ zone: ClockZone?) throws(QueryError) -> Int64? {
        var letters = format.utf8[...]
        while let letter = letters.popFirst() {
            guard letter == UInt8(ascii: "%"), let kind = letters.popFirst() else {
                guard text.popFirst() == letter else { return nil }
                continue
            }
            guard let isRead = readPart(Unicode.Scalar(kind)) else {
                throw QueryError(
                    .invalidQuery,
                    "The date format \"\(format)\" has an unknown % sequence for reading; there are %Y %m %d %H %M %S %L %j %G %V %u %b %B %z %Z %%.",
                    zh: "日期格式“\(format)”有不能用于读取的 % 序列；可用 %Y %m %d %H %M %S %L %j %G %V %u %b %B %z %Z %%。")
            }
            if !isRead { return nil }
        }
        guard text.isEmpty else { return nil }
        return moment(zone)
    }

    /// Nil for an unknown letter, false for text that does not fit.
    private mutating func readPart(_ letter: Unicode.Scalar) -> Bool? {
        switch letter {
        case "Y": return store(4, \.year)
        case "m": return store(2, \.month)
        case "d": return store(2, \.day)
        case "H": return store(2, \.hour)
        case "M": return store(2, \.minute)
        case "S": return store(2, \.second)
        case "L": return store(3, \.millisecond)
        case "j":
            dayOfYear = number(3)
            return dayOfYear != nil
        case "G":
            isoYear = number(4)
            return isoYear != nil
        case "V":
            isoWeek = number(2)
            return isoWeek != nil
        case "u":
            isoDay = number(1)
            return isoDay != nil
        case "b", "B": return readMonth(isShort: letter == "b")
        case "z": return readOffset()
        case "Z": return readMinutes()
        case "%": return text.popFirst() == UInt8(ascii: "%")
        default: return nil
        }
    }

    private mutating func store(_ most: Int, _ part: WritableKeyPath<CivilTime, Int>) -> Bool {
        guard let number = number(most) else { return false }
        civil[keyPath: part] = number
        return true
    }

    private mutating func number(_ most: Int) -> Int? {
        var value: Int?
        for _ in 0..<most {
            guard let digit = text.first, (0x30...0x39).contains(digit) else { break }
            value = (value ?? 0) * 10 + Int(digit - 0x30)
            text.removeFirst()
        }
        return value
    }

    private mutating func readMonth(isShort: Bool) -> Bool {
        for (place, month) in DateFormat.months.enumerated() {
            let name = Array((isShort ? String(month.prefix(3)) : month).utf8)
            guard text.prefix(name.count).map({ $0 | 0x20 }) == name else { continue }
            text.removeFirst(name.count)
            civil.month = place + 1
            return true
        }
        return false
    }

    private mutating func readOffset() -> Bool {
        if let letter = text.first, letter | 0x20 == UInt8(ascii: "z") {
            text.removeFirst()
            offset = 0
            return true
        }
        guard let sign = text.popFirst(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = number(2) else { return false }
        if text.first == UInt8(ascii: ":") { text.removeFirst() }
        let minutes = Int64(hours * 60 + (number(2) ?? 0)) * 60_000
        offset = sign == UInt8(ascii: "-") ? -minutes : minutes
        return true
    }

    private mutating func readMinutes() -> Bool {
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { text.removeFirst() }
        guard let minutes = number(4) else { return false }
        offset = Int64(isNegative ? -minutes : minutes) * 60_000
        return true
    }

    private mutating func moment(_ zone: ClockZone?) -> Int64? {
        if let isoYear {
            let fourth = CivilTime(year: isoYear, month: 1, day: 4)
            guard (1...53).contains(isoWeek ?? 1), (1...7).contains(isoDay ?? 1) else { return nil }
            (civil.year, civil.month, civil.day) = (isoYear, 1, 4 + (isoWeek ?? 1) * 7 - 7 + (isoDay ?? 1) - fourth.isoDayOfWeek)
        } else if let dayOfYear {
            guard (1...366).contains(dayOfYear) else { return nil }
            (civil.month, civil.day) = (1, dayOfYear)
        } else if CivilTime(milliseconds: civil.milliseconds) != civil {
            return nil
        }
        guard civil.hour < 24, civil.minute < 60, civil.second < 60 else { return nil }
        if let offset { return zone == nil ? civil.milliseconds - offset : nil }
        return (zone ?? .utc).moment(of: civil)
    }
}

extension StringProtocol {
    /// With a capital first letter.
    fileprivate var capitalizedASCII: String { prefix(1).uppercased() + dropFirst() }
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
