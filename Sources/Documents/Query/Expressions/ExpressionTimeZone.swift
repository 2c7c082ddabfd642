import Kernel

/// A place's clock: its distance from UTC, and when it is put forward in summer.
struct ClockZone: Sendable {
    /// Minutes east of Greenwich in winter.
    let standardMinutes: Int
    let daylight: DaylightRule?

    static let utc = ClockZone(standardMinutes: 0, daylight: nil)

    private init(standardMinutes: Int, daylight: DaylightRule?) {
        self.standardMinutes = standardMinutes
        self.daylight = daylight
    }

    /// Reads `+08:00`, `+0800`, `+08`, `UTC` or a name such as `Asia/Shanghai`; a missing one is UTC.
    init(_ value: JSON?) throws(QueryError) {
        guard let value else {
            self = .utc
            return
        }
        guard case .string(let text) = value, let found = Self.named(text) else {
            throw QueryError(
                .invalidQuery, "The time zone \(value.excerpt) is not known; write an offset such as \"+08:00\".",
                zh: "不认识时区 \(value.excerpt)；请写偏移量，例如 \"+08:00\"。")
        }
        self = found
    }

    private static func named(_ text: String) -> ClockZone? {
        if let minutes = offset(of: text) ?? fixedZones[text] { return ClockZone(standardMinutes: minutes, daylight: nil) }
        return daylightZones[text].map { ClockZone(standardMinutes: $0.minutes, daylight: $0.rule) }
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

    /// The distance from UTC at a moment, in milliseconds.
    func offset(at moment: Int64) -> Int64 {
        let standard = Int64(standardMinutes) * 60_000
        guard let daylight, daylight.isOn(at: moment, standardOffset: standard) else { return standard }
        return standard + 3_600_000
    }

    /// What the clock shows at a moment.
    func civil(_ moment: Int64) -> CivilTime { CivilTime(milliseconds: moment.addingReportingOverflow(offset(at: moment)).partialValue) }

    /// The moment at which the clock shows a time: the earlier one of two, and as if the clock had not been put forward if there is none.
    func moment(of civil: CivilTime) -> Int64 {
        let local = civil.milliseconds
        let standard = Int64(standardMinutes) * 60_000
        guard daylight != nil else { return local - standard }
        let summer = local - standard - 3_600_000
        if offset(at: summer) > standard { return summer }
        return local - standard
    }

    /// `+0800` at a moment.
    func text(at moment: Int64) -> String {
        let minutes = Int(offset(at: moment) / 60_000)
        return (minutes < 0 ? "-" : "+") + DateText.padded(abs(minutes) / 60 * 100 + abs(minutes) % 60, 4)
    }
}

/// When clocks are put forward by an hour.
enum DaylightRule: Sendable {
    /// The European Union and its neighbours: from the last Sunday of March to that of October, at 1:00 UTC (as since 1996).
    case europe
    /// The United States and Canada: since 2007 from the second Sunday of March to the first of November, before that from April to October.
    case northAmerica
    /// South-east Australia: from the first Sunday of October to that of April (as since 2008).
    case australia
    /// New Zealand: from the last Sunday of September to the first of April (as since 2007).
    case newZealand
    /// China from 1986 to 1991.
    case china

    /// The moments in a year between which clocks are forward; where the second comes first, they are so at both ends of the year.
    private func period(_ year: Int, _ standardOffset: Int64) -> (start: Int64, end: Int64)? {
        /// A local time on standard clocks, on the last Sunday (0) or the first from a day on.
        func sunday(_ month: Int, from day: Int, _ hour: Int) -> Int64 {
            let first = CivilTime(year: year, month: month, day: day)
            let date = CivilTime(year: year, month: month, day: day + (8 - first.dayOfWeek) % 7, hour: hour)
            return date.milliseconds - standardOffset
        }
        switch self {
        case .europe: return (sunday(3, from: 25, 1) + standardOffset, sunday(10, from: 25, 1) + standardOffset)
        case .northAmerica:
            if year >= 2007 { return (sunday(3, from: 8, 2), sunday(11, from: 1, 1)) }
            return year >= 1967 ? (sunday(4, from: year >= 1987 ? 1 : 24, 2), sunday(10, from: 25, 1)) : nil
        case .australia: return (sunday(10, from: 1, 2), sunday(4, from: 1, 2))
        case .newZealand: return (sunday(9, from: 24, 2), sunday(4, from: 1, 2))
        case .china:
            guard (1986...1991).contains(year) else { return nil }
            return (year == 1986 ? sunday(5, from: 4, 2) : sunday(4, from: 11, 2), sunday(9, from: 11, 1))
        }
    }

    func isOn(at moment: Int64, standardOffset: Int64) -> Bool {
        guard let (start, end) = period(CivilTime(milliseconds: moment &+ standardOffset).year, standardOffset) else { return false }
        return start < end ? moment >= start && moment < end : moment >= start || moment < end
    }
}

extension ClockZone {
    /// Zones whose clocks have stood still for years.
    fileprivate static let fixedZones: [String: Int] = [
        "UTC": 0, "GMT": 0, "Z": 0, "Etc/UTC": 0, "Etc/GMT": 0, "Etc/Universal": 0, "Etc/Zulu": 0, "Africa/Abidjan": 0, "Atlantic/Reykjavik": 0,
        "Asia/Hong_Kong": 480, "Hongkong": 480, "Asia/Macau": 480, "Asia/Macao": 480, "Asia/Taipei": 480, "ROC": 480, "Asia/Singapore": 480,
        "Singapore": 480, "Asia/Kuala_Lumpur": 480, "Asia/Manila": 480, "Asia/Makassar": 480, "Australia/Perth": 480, "Asia/Brunei": 480,
        "Asia/Urumqi": 360, "Asia/Kashgar": 360, "Asia/Dhaka": 360, "Asia/Thimphu": 360, "Asia/Yangon": 390, "Asia/Rangoon": 390,
        "Asia/Tokyo": 540, "Japan": 540, "Asia/Seoul": 540, "ROK": 540, "Asia/Jayapura": 540, "Asia/Bangkok": 420, "Asia/Ho_Chi_Minh": 420,
        "Asia/Saigon": 420, "Asia/Jakarta": 420, "Asia/Phnom_Penh": 420, "Asia/Vientiane": 420, "Asia/Kolkata": 330, "Asia/Calcutta": 330,
        "Asia/Colombo": 330, "Asia/Kathmandu": 345, "Asia/Karachi": 300, "Asia/Tashkent": 300, "Asia/Kabul": 270, "Asia/Dubai": 240,
        "Asia/Muscat": 240, "Asia/Baku": 240, "Asia/Tbilisi": 240, "Asia/Tehran": 210, "Asia/Riyadh": 180, "Asia/Kuwait": 180, "Asia/Qatar": 180,
        "Asia/Baghdad": 180, "Europe/Moscow": 180, "Europe/Minsk": 180, "Europe/Istanbul": 180, "Asia/Istanbul": 180, "Africa/Nairobi": 180,
        "Africa/Addis_Ababa": 180, "Africa/Johannesburg": 120, "Africa/Maputo": 120, "Africa/Lagos": 60, "Australia/Brisbane": 600,
        "Pacific/Guam": 600, "Australia/Darwin": 570, "Pacific/Honolulu": -600, "US/Hawaii": -600, "America/Phoenix": -420, "US/Arizona": -420,
        "America/Bogota": -300, "America/Lima": -300, "America/Panama": -300, "America/Caracas": -240, "America/Puerto_Rico": -240,
        "America/Argentina/Buenos_Aires": -180, "America/Buenos_Aires": -180, "America/Sao_Paulo": -180, "America/Mexico_City": -360,
    ]

    /// Zones with summer time.
    fileprivate static let daylightZones: [String: (minutes: Int, rule: DaylightRule)] = {
        let groups: [(Int, DaylightRule, String)] = [
            (480, .china, "Asia/Shanghai PRC Asia/Chongqing Asia/Chungking Asia/Harbin"),
            (0, .europe, "Europe/London GB Europe/Dublin Europe/Lisbon WET Atlantic/Canary"),
            (
                60, .europe,
                "Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Amsterdam Europe/Brussels Europe/Vienna Europe/Zurich Europe/Stockholm Europe/Oslo Europe/Copenhagen Europe/Prague Europe/Warsaw Europe/Budapest Europe/Belgrade Europe/Luxembourg Europe/Monaco Europe/Malta CET MET"
            ),
            (120, .europe, "Europe/Athens Europe/Helsinki Europe/Kiev Europe/Kyiv Europe/Bucharest Europe/Sofia Europe/Vilnius Europe/Riga Europe/Tallinn EET"),
            (-300, .northAmerica, "America/New_York America/Toronto America/Detroit US/Eastern EST5EDT"),
            (-360, .northAmerica, "America/Chicago America/Winnipeg US/Central CST6CDT"),
            (-420, .northAmerica, "America/Denver America/Edmonton US/Mountain MST7MDT"),
            (-480, .northAmerica, "America/Los_Angeles America/Vancouver US/Pacific PST8PDT"), (-540, .northAmerica, "America/Anchorage US/Alaska"),
            (-240, .northAmerica, "America/Halifax Atlantic/Bermuda"),
            (600, .australia, "Australia/Sydney Australia/Melbourne Australia/Canberra Australia/Hobart"),
            (570, .australia, "Australia/Adelaide"), (720, .newZealand, "Pacific/Auckland NZ"),
        ]
        var zones: [String: (minutes: Int, rule: DaylightRule)] = [:]
        for (minutes, rule, names) in groups { for name in names.split(separator: " ") { zones[String(name)] = (minutes, rule) } }
        return zones
    }()
}
