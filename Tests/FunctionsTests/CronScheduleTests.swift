import Kernel
import Testing

@testable import Functions

struct CronScheduleTests {
    /// Beijing time as milliseconds.
    private func beijing(_ text: String) -> Int64 { (DateText.milliseconds(fromISO8601: text + "+08:00")) ?? -1 }

    @Test(arguments: [
        // Alipay's six fields, seconds first.
        ("0 30 9 * * *", "2026-11-22T08:00:00", "2026-11-22T09:30:00"),
        ("0 30 9 * * *", "2026-11-22T09:30:00", "2026-11-23T09:30:00"),
        ("*/5 * * * * *", "2026-11-22T08:00:01", "2026-11-22T08:00:05"),
        ("* * * * * *", "2026-11-22T08:00:59", "2026-11-22T08:01:00"),
        // WeChat's seven, with a year.
        ("0 0 9 * * * *", "2026-12-31T10:00:00", "2027-01-01T09:00:00"),
        ("0 0 2 1 * * *", "2026-11-22T00:00:00", "2026-12-01T02:00:00"),
        ("0 15 10 ? * MON-FRI *", "2026-11-20T11:00:00", "2026-11-23T10:15:00"),
        ("0 0 0 29 2 * *", "2026-03-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 12 * * 7 *", "2026-11-22T13:00:00", "2026-11-29T12:00:00"),
        ("0 10,50 8-10/2 * JAN * *", "2026-11-22T00:00:00", "2027-01-01T08:10:00"),
        // Day and weekday: either fits.
        ("0 0 0 13 * FRI *", "2026-11-01T00:00:01", "2026-11-06T00:00:00"),
    ])
    func next(_ schedule: String, after: String, expected: String) throws {
        #expect(try CronSchedule(schedule).next(after: beijing(after)) == beijing(expected))
    }

    @Test func aYearThatHasPassedNeverComes() throws {
        #expect(try CronSchedule("0 0 0 1 1 * 2020").next(after: beijing("2026-11-22T00:00:00")) == nil)
    }

    @Test(arguments: ["", "* * * * *", "60 * * * * *", "* * 24 * * *", "a * * * * *", "*/0 * * * * *", "5-1 * * * * *", "1,,2 * * * * *", "* * * 0 * *"])
    func refuses(_ schedule: String) {
        let error = #expect(throws: SampanError.self) { try CronSchedule(schedule) }
        #expect(error?.code == "INVALID_SCHEDULE")
    }

    /// The next time always fits and nothing between is missed: against a scan second by second.
    @Test func agreesWithAScan() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<60 {
            let text = "\(["*/7", "3,41", "*"].randomElement(using: &generator) ?? "*") \(Int.random(in: 0..<60)) \(Int.random(in: 0..<24)) * * *"
            let schedule = try CronSchedule(text)
            let start = beijing("2026-11-22T00:00:00") + Int64.random(in: 0..<86_400) * 1000
            let next = try #require(schedule.next(after: start))
            #expect(next > start && next <= start + 86_401_000, "\(text)")
            #expect(schedule.next(after: next - 1000) == next, "\(text)")
        }
    }
}
