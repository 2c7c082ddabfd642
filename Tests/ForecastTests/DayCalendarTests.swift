import Foundation
import TestSupport
import Testing

@testable import Forecast

@Suite("Days and their kinds") struct DayCalendarTests {
    private let china = DayCalendar()

    private func day(_ year: Int, _ month: Int, _ date: Int) throws -> Day { try #require(Day(year, month, date)) }

    @Test func daysAreThoseOfTheGregorianCalendar() throws {
        var gregorian = Calendar(identifier: .gregorian)
        gregorian.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for number in stride(from: -60_000, through: 60_000, by: 97) {
            let parts = gregorian.dateComponents([.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(number) * 86_400 + 3600))
            let day = Day(number: number)
            #expect(day.date == (parts.year, parts.month, parts.day) as (Int?, Int?, Int?))
            #expect(day.weekday % 7 + 1 == parts.weekday)
            #expect(Day(day.date.year, day.date.month, day.date.day) == day)
        }
    }

    @Test(arguments: [(2025, 2, 29), (2024, 2, 30), (2024, 13, 1), (2024, 0, 1), (2024, 4, 31), (2024, 4, 0), (1000, 1, 1), (Int.max, 1, 1)])
    func datesThatAreNoneAreNone(_ date: (Int, Int, Int)) { #expect(Day(date.0, date.1, date.2) == nil) }

    @Test func theLunarTableIsThatOfFoundation() throws {
        var chinese = Calendar(identifier: .chinese)
        chinese.timeZone = try #require(TimeZone(secondsFromGMT: 8 * 3600))
        for (year, lunar) in DayCalendar.lunarDays {
            for (date, month, of) in [(lunar.spring, 1, 1), (lunar.dragonBoat, 5, 5), (lunar.qixi, 7, 7), (lunar.midAutumn, 8, 15)] {
                let noon = Date(timeIntervalSince1970: Double(try day(year, date / 100, date % 100).number) * 86_400 + 4 * 3600)
                let parts = chinese.dateComponents([.month, .day, .isLeapMonth], from: noon)
                #expect(parts.month == month && parts.day == of && parts.isLeapMonth == false, "\(year) \(date)")
            }
        }
        #expect(DayCalendar.lunarDays.count == 17)
    }

    @Test func announcedYearsHoldTheStatutoryDaysAndWorkOnWeekends() throws {
        for (year, official) in DayCalendar.officialYears {
            #expect(official.holidays.allSatisfy { $0.lowerBound / 100 == $0.upperBound / 100 })
            for date in official.workdays { #expect(try day(year, date / 100, date % 100).weekday >= 6, "\(year) \(date)") }
            // The law of 2025 added New Year's Eve and 2 May.
            if year >= 2025 { for day in DayCalendar.statutoryDays(of: year) { #expect(china.kind(of: day) == .publicHoliday, "\(day.date)") } }
        }
        // Working days of each year: all days, less weekends not worked, less days off on weekdays.
        let working = try [2024, 2025, 2026].map { year in
            try (day(year, 1, 1).number...day(year, 12, 31).number).count { !china.isRestDay(Day(number: $0)) }
        }
        #expect(working == [251, 248, 248])
    }

    /// Written down a second time from the notices, by weekday: Saturdays, then Sundays.
    @Test func workedWeekendsAreTheAnnouncedOnes() throws {
        let saturdays = ["511", "914", "1012", "208", "1011", "214", "228", "509", "1010"]
        let sundays = ["204", "218", "407", "428", "929", "126", "427", "928", "104", "920"]
        let worked = try (day(2024, 1, 1).number...day(2026, 12, 31).number).map { Day(number: $0) }.filter { $0.weekday >= 6 && !china.isRestDay($0) }
        #expect(worked.filter { $0.weekday == 6 }.map { "\($0.date.month * 100 + $0.date.day)" } == saturdays)
        #expect(worked.filter { $0.weekday == 7 }.map { "\($0.date.month * 100 + $0.date.day)" } == sundays)
    }

    @Test(arguments: [
        (2024, 2, 9, DayKind.dayBeforeHoliday), (2024, 2, 18, .adjustedWorkday), (2024, 5, 11, .adjustedWorkday), (2024, 8, 10, .shoppingDay),
        (2024, 9, 14, .dayBeforeHoliday), (2025, 1, 28, .publicHoliday), (2025, 2, 4, .publicHoliday), (2025, 2, 5, .workday), (2025, 6, 2, .publicHoliday),
        (2025, 10, 8, .publicHoliday), (2025, 10, 11, .adjustedWorkday), (2025, 11, 10, .shoppingDay), (2025, 11, 11, .shoppingDay),
        (2025, 12, 31, .dayBeforeHoliday),
        (2026, 1, 3, .publicHoliday), (2026, 1, 4, .adjustedWorkday), (2026, 2, 23, .publicHoliday), (2026, 2, 28, .adjustedWorkday),
        (2026, 6, 18, .shoppingDay),
        (2026, 9, 26, .publicHoliday), (2026, 11, 28, .weekend), (2026, 12, 31, .dayBeforeHoliday), (2027, 1, 1, .publicHoliday), (2027, 2, 5, .publicHoliday),
        (2027, 2, 8, .publicHoliday), (2027, 2, 9, .workday), (2027, 4, 5, .publicHoliday), (2028, 4, 4, .publicHoliday), (2027, 6, 9, .publicHoliday),
        (2041, 5, 1, .publicHoliday),
    ])
    func kindsAreAsAnnouncedOrComputed(_ one: (Int, Int, Int, DayKind)) throws { #expect(try china.kind(of: day(one.0, one.1, one.2)) == one.3) }

    @Test func whatIsNotKnownIsSaid() {
        #expect([2023, 2024, 2025, 2026, 2027].map { DayCalendar.knowsAdjustedWorkdays(in: $0) } == [false, true, true, true, false])
    }

    @Test func operatorsDaysOutrankAll() throws {
        let calendar = try DayCalendar(overrides: [day(2027, 2, 20): .adjustedWorkday, day(2027, 3, 1): .publicHoliday, day(2027, 10, 1): .shoppingDay])
        #expect(try !calendar.isRestDay(day(2027, 2, 20)) && china.isRestDay(day(2027, 2, 20)))
        #expect(try calendar.isRestDay(day(2027, 3, 1)))
        #expect(try calendar.kind(of: day(2027, 2, 28)) == .dayBeforeHoliday)
        // A shopping day that is also a holiday is still a day of rest.
        #expect(try calendar.kind(of: day(2027, 10, 1)) == .shoppingDay && calendar.isRestDay(day(2027, 10, 1)))
    }

    @Test(arguments: [480, 0, -210, 5_000]) func everyDayHas1440MinutesAndEveryMinuteOneDay(_ offset: Int) throws {
        let calendar = DayCalendar(offset: offset)
        #expect(abs(calendar.offset) <= 1080)
        for number in try day(2025, 12, 20).number...day(2026, 1, 10).number {
            let start = calendar.start(of: Day(number: number))
            #expect(calendar.start(of: Day(number: number + 1)) - start == 1440)
            #expect(
                calendar.day(at: start).number == number && calendar.day(at: start + 1439).number == number && calendar.day(at: start - 1).number == number - 1)
            #expect(calendar.minuteOfDay(at: start) == 0 && calendar.minuteOfDay(at: start - 1) == 1439)
        }
        #expect(calendar.minuteOfDay(at: -1) >= 0)
    }
}
