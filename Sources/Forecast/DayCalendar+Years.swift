/// A year as the General Office of the State Council announced it.
///
/// Dates are month × 100 + day.
struct OfficialYear: Sendable {
    /// Days off, swapped ones included.
    let holidays: [ClosedRange<Int>]
    /// Saturdays and Sundays that are worked.
    let workdays: [Int]
}

extension DayCalendar {
    /// What has been announced.
    ///
    /// Sources: 国办发明电〔2023〕7号 for 2024 (25 October 2023), 国办发明电〔2024〕12号 for 2025 (12 November 2024),
    /// 国务院办公厅关于2026年部分节假日安排的通知 (4 November 2025). A range must not cross a month, so those that do are two.
    static let officialYears: [Int: OfficialYear] = [
        2024: OfficialYear(
            holidays: [101...101, 210...217, 404...406, 501...505, 610...610, 915...917, 1001...1007],
            workdays: [204, 218, 407, 428, 511, 914, 929, 1012]),
        2025: OfficialYear(
            holidays: [101...101, 128...131, 201...204, 404...406, 501...505, 531...531, 601...602, 1001...1008],
            workdays: [126, 208, 427, 928, 1011]),
        2026: OfficialYear(
            holidays: [101...103, 215...223, 404...406, 501...505, 619...621, 925...927, 1001...1007],
            workdays: [104, 214, 228, 509, 920, 1010]),
    ]

    /// Spring Festival (正月初一), Dragon Boat (五月初五), Qixi (七月初七) and Mid-Autumn (八月十五) in the Gregorian year, month × 100 + day.
    ///
    /// Computed from the Chinese calendar of ICU and checked against the announced years; the tests compare them with Foundation's calendar again.
    static let lunarDays: [Int: (spring: Int, dragonBoat: Int, qixi: Int, midAutumn: Int)] = [
        2024: (210, 610, 810, 917), 2025: (129, 531, 829, 1006), 2026: (217, 619, 819, 925), 2027: (206, 609, 808, 915), 2028: (126, 528, 826, 1003),
        2029: (213, 616, 816, 922), 2030: (203, 605, 805, 912), 2031: (123, 624, 824, 1001), 2032: (211, 612, 812, 919), 2033: (131, 601, 801, 908),
        2034: (219, 620, 820, 927), 2035: (208, 610, 810, 916), 2036: (128, 530, 828, 1004), 2037: (215, 618, 817, 924), 2038: (204, 607, 807, 913),
        2039: (124, 527, 826, 1002), 2040: (212, 614, 814, 920),
    ]

    /// The days off by law (全国年节及纪念日放假办法 as of 2025: New Year's Eve to the third of Spring Festival, 1 and 2 May, 1 to 3 October, one day for each of the
    /// others), without the swapped days, which cannot be computed.
    ///
    /// After 2040, and before 2024, only those of the solar calendar.
    static func statutoryDays(of year: Int) -> Set<Day> {
        var days = Set([101, 501, 502, 1001, 1002, 1003, 400 + qingming(of: year)].compactMap { Day(year, $0 / 100, $0 % 100) })
        guard let lunar = lunarDays[year], let spring = Day(year, lunar.spring / 100, lunar.spring % 100) else { return days }
        days.formUnion((-1...2).map { spring.adding($0) })
        days.formUnion([lunar.dragonBoat, lunar.midAutumn].compactMap { Day(year, $0 / 100, $0 % 100) })
        return days
    }

    /// The day of April on which Qingming falls, by the usual rule for the 21st century.
    static func qingming(of year: Int) -> Int {
        let short = floored(year, 100).rest
        return (short * 2422 + 48_100) / 10_000 - short / 4
    }
}
