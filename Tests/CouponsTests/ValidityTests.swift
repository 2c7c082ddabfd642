import Testing

@testable import Coupons

@Suite struct ValidityTests {
    /// 2026-11-27 13:30 in Shanghai.
    private let claimed: Int64 = 1_795_757_400_000

    @Test func wholeDaysEndAtMidnightOfTheBatchsClock() {
        let zone = FixedZone.china
        let window = Validity.relative(afterDays: 0, days: 1, wholeDays: true).window(claimedAt: claimed, zone: zone)
        #expect(window.from == claimed)
        #expect(zone.date(window.until) == "2026-11-29")
        #expect(zone.minuteOfDay(window.until) == 0)
        let later = Validity.relative(afterDays: 2, days: 3, wholeDays: true).window(claimedAt: claimed, zone: zone)
        #expect(zone.date(later.from) == "2026-11-29")
        #expect(zone.date(later.until) == "2026-12-02")
    }

    @Test func hoursMayGoPastMidnight() {
        let night = UseTimes.Hours(from: 22 * 60, until: 2 * 60)
        #expect(night.contain(23 * 60))
        #expect(night.contain(0))
        #expect(!night.contain(2 * 60))
        #expect(!night.contain(12 * 60))
    }

    @Test func weeksBeginOnMonday() {
        let zone = FixedZone.china
        // 2026-11-27 is a Friday.
        #expect(zone.weekday(claimed) == 5)
        #expect(zone.week(claimed) == zone.week(claimed + 2 * 86_400_000))
        #expect(zone.week(claimed) + 1 == zone.week(claimed + 3 * 86_400_000))
        #expect(zone.weekday(-1) == zone.weekday(7 * 86_400_000 - 1))
    }
}
