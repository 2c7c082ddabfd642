import TestSupport
import Testing

@testable import Forecast

@Suite("The forecast of load") struct LoadForecastTests {
    private static let calendar = DayCalendar()
    private static let first = Day(2026, 4, 13) ?? Day(number: 0)
    private static let start = calendar.start(of: first)

    /// A steady shop without chance: 100 a minute from 10 to 20 o'clock on workdays, 40 on rest days, 10 otherwise.
    private static func steady(_ minute: Minute) -> Int {
        guard (600..<1200).contains(calendar.minuteOfDay(at: minute)) else { return 10 }
        return calendar.isRestDay(calendar.day(at: minute)) ? 40 : 100
    }

    private func history(days: Int = 35, _ count: (Minute) -> Int? = steady) -> LoadHistory {
        var history = LoadHistory()
        for minute in Self.start..<Self.start + days * 1440 { if let count = count(minute) { history.record(minute: minute, count: count) } }
        return history
    }

    private func expected(_ history: LoadHistory, day: Day, hour: Int, pool: LoadPool = .meals, events: [AnnouncedEvent] = []) -> Double {
        let midnight = Self.calendar.start(of: day)
        let model = LoadForecast(history: history, now: midnight, pool: pool, events: events)
        return model.points(at: midnight, count: 1440, history: history, events: events)[hour * 60 + 30].expected
    }

    @Test func daysAreLikeEarlierDaysOfTheirKind() throws {
        let history = history(days: 33)
        // Saturday 16 May after Friday; then Monday. A fourth of rest for the worked Saturday of 9 May would be 40.
        #expect(abs(expected(history, day: Self.first.adding(33), hour: 15) - 40) < 4)
        #expect(abs(expected(history, day: Self.first.adding(32), hour: 15) - 100) < 6)
        let worked = self.history(days: 26)
        #expect(Self.calendar.kind(of: Self.first.adding(26)) == .adjustedWorkday)
        #expect(abs(expected(worked, day: Self.first.adding(26), hour: 15) - 100) < 6)
        #expect(abs(expected(worked, day: Self.first.adding(26), hour: 3) - 10) < 2)
    }

    @Test func campaignsAndOutagesOfThePastDoNotMoveIt() {
        let plain = expected(history(), day: Self.first.adding(35), hour: 15)
        let campaign = history { minute in
            let day = (minute - Self.start) / 1440
            return Self.steady(minute) * (day == 28 && (900..<960).contains(Self.calendar.minuteOfDay(at: minute)) ? 20 : 1)
        }
        #expect(abs(expected(campaign, day: Self.first.adding(35), hour: 15) / plain - 1) < 0.15)
        // Twelve hours in which no node ran are not twelve hours without customers.
        let down = history { (0..<720).contains($0 - Self.start - 34 * 1440 - 600) ? nil : Self.steady($0) }
        #expect(abs(expected(down, day: Self.first.adding(35), hour: 15) / plain - 1) < 0.02)
        let closed = history { (0..<720).contains($0 - Self.start - 34 * 1440 - 600) ? 0 : Self.steady($0) }
        #expect(expected(closed, day: Self.first.adding(35), hour: 15) < plain)
    }

    /// A rate that was promised holds from the start to the end and not a minute longer.
    @Test func anEventWithAnEndIsEven() {
        let event = AnnouncedEvent(from: 100, until: 160, perMinute: 30)
        #expect((95..<170).map { event.rate(at: $0) } == (95..<170).map { (100..<160).contains($0) ? 30 : 0 })
        #expect(event.touches(0..<101) && event.touches(159..<200) && !event.touches(160..<200) && !event.touches(0..<100))
        #expect(AnnouncedEvent(from: 5, until: 5, perMinute: 9).rate(at: 5) == 0 && AnnouncedEvent(from: 5, until: .min, perMinute: .nan).rate(at: 5) == 0)
        let (plain, day) = (expected(history(), day: Self.first.adding(35), hour: 15), Self.first.adding(35))
        let start = Self.calendar.start(of: day) + 900
        let announced = AnnouncedEvent(from: start, until: start + 60, perMinute: 500)
        #expect(abs(expected(history(), day: day, hour: 15, events: [announced]) - plain - 500) < 30)
    }

    @Test(arguments: [(1.5, 1.5), (0.7, 0.7), (10.0, 3.0), (0.0, 0.5)]) func theLastHalfHourCorrectsIt(_ times: (came: Double, limit: Double)) {
        let now = Self.start + 35 * 1440 + 900
        var history = history()
        let model = LoadForecast(history: history, now: now)
        let before = model.points(at: now, count: 1, history: history)[0].expected
        for minute in now - 180..<now { history.record(minute: minute, count: Int(100 * times.came)) }
        let after = model.points(at: now, count: 600, history: history)
        #expect(abs(after[9].expected / before / times.limit - 1) < 0.12, "\(after[9].expected) after \(before)")
        // It fades: ten hours later the evening is almost the usual one.
        #expect(abs(after[599].expected / 10 - 1) < 0.15)
    }

    @Test func announcedEventsAreAddedAndReadyBefore() {
        let (history, now) = (history(), Self.start + 35 * 1440 + 900)
        let drop = AnnouncedEvent(start: now + 8, arrivals: 60_000, rise: 2, halfLife: 15)
        let model = LoadForecast(history: history, now: now)
        let (without, with) = (model.points(at: now, history: history), model.points(at: now, history: history, events: [drop]))
        #expect(zip(without, with).prefix(8).allSatisfy { $0 == $1 })
        #expect(with[10].expected > 15 * without[10].expected && with[10].upper > with[10].expected)
        let plan = WorkerPlan(meanDuration: 0.2, concurrency: 4, maximum: 100)
        #expect(plan.floor(for: with) >= 4 && plan.floor(for: without) <= 1)
        let total = (now..<now + 3000).reduce(0) { $0 + drop.rate(at: $1) }
        #expect(abs(total / 60_000 - 1) < 0.02)
    }

    @Test func aNewEnvironmentHasTheShapeOfThePool() {
        let midnight = Self.calendar.start(of: Self.first)
        var history = LoadHistory()
        // Two hours of a morning, 30 a minute where the pool's mean workday has 0.9: lunch will be three times as much.
        for minute in midnight + 480..<midnight + 600 { history.record(minute: minute, count: 30) }
        let model = LoadForecast(history: history, now: midnight + 600)
        let day = model.points(at: midnight + 600, count: 840, history: history)
        #expect(model.accuracy == nil)
        #expect((60...130).contains(day[150].expected) && day[150].upper > 1.3 * day[150].expected)
        #expect((0..<20).contains(day[830].expected))
        // After a week, its own shape: no lunch.
        let week = self.history(days: 8) { _ in 30 }
        #expect(abs(expected(week, day: Self.first.adding(8), hour: 12) - 30) < 6)
        #expect(
            LoadForecast(history: LoadHistory(), now: midnight).points(at: midnight, history: LoadHistory()).allSatisfy { $0.expected == 0 && $0.upper == 0 })
    }

    @Test func thePoolLearnsShapesAndWhatRareDaysDo() throws {
        var pool = LoadPool.meals
        // 12 o'clock is like any hour here, and holidays bring double.
        let shop = history { Self.calendar.kind(of: Self.calendar.day(at: $0)) == .publicHoliday ? 120 : 60 }
        for _ in 0..<8 { for day in 10..<35 { pool.learn(shop, day: Self.first.adding(day), calendar: Self.calendar) } }
        #expect((1.5...2.1).contains(pool.factor(.publicHoliday)) && abs(pool.factor(.workday) - 1) < 0.1)
        let lunch = (LoadPool.meals.shape(rest: false)[148], pool.shape(rest: false)[148])
        #expect(lunch.0 > 2.5 && lunch.1 < 1.4)
        // A shop that never saw a holiday expects one with the pool.
        let plain = history(days: 18) { _ in 60 }
        #expect(Self.calendar.kind(of: Self.first.adding(18)) == .publicHoliday)
        #expect(expected(plain, day: Self.first.adding(18), hour: 15, pool: pool) > 1.4 * expected(plain, day: Self.first.adding(18), hour: 15))
        #expect(try LoadPool(bytes: pool.bytes()) == pool)
        try refusesDamage(pool.bytes()) { try LoadPool(bytes: $0) }
        var same = pool
        same.learn(LoadHistory(), day: Self.first, calendar: Self.calendar)
        #expect(same == pool)
    }

    @Test func nothingIsEverNegativeOrNoNumber() {
        var chance = SeededGenerator(seed: 42)
        for turn in 0..<12 {
            let wild = history(days: chance.choose([0, 1, 2, 3, 9])) { _ in
                chance.choose([nil, 0, 1, turn, LoadHistory.countMax, chance.below(1000)])
            }
            let event = AnnouncedEvent(
                start: chance.choose([Int.min, Self.start, Int.max]), arrivals: chance.choose([.nan, -5, 1e300, .infinity, 3]),
                rise: chance.choose([Int.min, 0, Int.max]), halfLife: chance.choose([.nan, 0, -1, 1e300]))
            for now in [Self.start + chance.below(9 * 1440), Int.min, Int.max, 0] {
                let model = LoadForecast(history: wild, now: now, calendar: DayCalendar(offset: chance.choose([-9999, 0, 480])), events: [event])
                for at in [now, Self.start + 1500] {
                    let points = model.points(at: at, count: 40, history: wild, events: [event])
                    #expect(points.count == 40 && points.allSatisfy { $0.expected >= 0 && $0.expected < 1e13 && $0.upper >= 0 && $0.upper <= 1e12 })
                }
                #expect(model.points(at: now, count: chance.choose([-3, Int.min, 0]), history: wild).isEmpty)
            }
        }
    }

    @Test func theYearsEndIsAnEndOfNothing() throws {
        let first = try #require(Day(2025, 12, 8))
        let start = Self.calendar.start(of: first)
        var history = LoadHistory()
        for minute in 0..<24 * 1440 { history.record(minute: start + minute, count: minute % 1440 < 720 ? 20 : 80) }
        let evening = start + 23 * 1440 + 1380
        let points = LoadForecast(history: history, now: evening).points(at: evening, count: 1440, history: history)
        #expect(points.map(\.minute) == Array(evening..<evening + 1440))
        #expect(abs(points[30].expected - 80) < 8 && abs(points[300].expected - 20) < 8 && abs(points[1000].expected - 80) < 20)
    }

    @Test(arguments: [0.01, 0.2, 1, 5, 30, 49, 51, 400]) func poissonQuantilesHoldTheirShare(_ mean: Double) {
        var chance = Chance(seed: UInt64(mean * 100))
        let limit = Maths.poissonQuantile(mean: mean, share: 0.95)
        let held = Double((0..<4000).count { _ in Double(chance.poisson(mean)) <= limit }) / 4000
        #expect(held >= 0.94 && (mean < 20 || held <= 0.968), "\(held)")
    }
}
