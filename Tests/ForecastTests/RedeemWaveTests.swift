import TestSupport
import Testing

@testable import Forecast

@Suite("The wave of redemptions") struct RedeemWaveTests {
    private static let calendar = DayCalendar()
    private static let day = Day(2026, 5, 11) ?? Day(number: 0)

    private func start(_ day: Int, _ minute: Int) -> Minute { Self.calendar.start(of: Self.day.adding(day)) + minute }

    /// A model of three earlier drops at about the same time of day, of other sizes and with other keenness.
    private func learned(_ minute: Int, seed: UInt64) -> RedeemModel {
        var model = RedeemModel()
        for (index, drop) in [(0, 6000, 40.0), (-20, 9000, 30), (15, 3000, 45)].enumerated() {
            let start = start(index * 3, minute + drop.0)
            for life in CouponDay(start: start, holders: drop.1, keen: drop.2, seed: seed + UInt64(index)).lives {
                model.learn(claimed: life.claimed, redeemed: life.redeemed, observedUntil: start + 4 * 1440)
            }
        }
        return model
    }

    /// Twenty minutes into the drop, with the rest of the stock expected to go as it will.
    ///
    /// The last drop falls into the meal itself: there the minute of the claim decides more than the tables tell apart, and the peak is seen less well.
    @Test(
        arguments: [(570, 1, 0.2, 10), (600, 2, 0.2, 10), (840, 4, 0.2, 10), (1020, 5, 0.2, 10), (1200, 6, 0.2, 10), (690, 3, 0.3, 15)]
            as [(Int, UInt64, Double, Int)])
    func itsPeakIsForeseenInHeightAndTime(_ minute: Int, _ seed: UInt64, _ height: Double, _ time: Int) throws {
        let model = learned(minute, seed: seed * 100)
        let drop = CouponDay(start: start(14, minute), holders: 16_000, keen: 36, seed: seed * 100 + 99)
        let now = start(14, minute + 20)
        let wave = RedeemWave(claims: drop.counts(before: .max).claims, redemptions: drop.counts(before: now).redemptions, now: now, model: model)
        let (peak, actual) = (try #require(wave.peak), drop.peak(from: now))
        #expect(abs(peak.height / actual.height - 1) <= height, "\(peak.height) for \(actual.height)")
        #expect(abs(peak.minute - actual.minute) <= time, "\(peak.minute - actual.minute) minutes off")
        #expect(wave.start == now && wave.rates.count == 1440)
    }

    @Test func withoutHistoryCouponsAreForTheNextMeals() throws {
        let now = start(0, 630)
        let wave = RedeemWave(claims: [.init(minute: now - 10, count: 1000)], redemptions: [], now: now, count: 2880, model: RedeemModel())
        let peak = try #require(wave.peak)
        #expect(abs(Self.calendar.minuteOfDay(at: peak.minute) - 720) <= 15)
        #expect(wave.rates[470] > 3 * wave.rates[270] && wave.rates[470] > wave.rates[470 + 1440])
        #expect((150...900).contains(wave.rates.reduce(0, +)))
    }

    @Test func whatIsUsedIsNotUsedAgainAndKeennessIsSeen() {
        let now = start(0, 715)
        let claims = [RedeemWave.Count(minute: now - 60, count: 1000)]
        func total(_ used: Int) -> Double {
            RedeemWave(claims: claims, redemptions: [.init(minute: now - 5, count: used)], now: now, model: RedeemModel()).rates.reduce(0, +)
        }
        #expect(total(1000) < 1 && total(5000) < 1)
        #expect(total(200) > total(50) && total(50) > total(0))
        #expect(total(200) <= 800)
    }

    @Test func absurdInputGivesFiniteWaves() {
        var model = RedeemModel(offset: Int.max)
        for (claimed, redeemed) in [(Int.min, Int.max), (Int.max, Int.min), (0, 0), (5, 4), (0, Int.max), (-7, nil)] as [(Int, Int?)] {
            model.learn(claimed: claimed, redeemed: redeemed, observedUntil: .max, count: .max)
        }
        model.learn(claimed: 0, redeemed: 1, observedUntil: 0, count: -1)
        for now in [Int.min, 0, 10_000, Int.max] {
            let claims = [RedeemWave.Count(minute: now, count: .max), .init(minute: 9_990, count: -3), .init(minute: 9_000, count: .max)]
            let wave = RedeemWave(claims: claims, redemptions: claims, now: now, count: .max, model: model)
            #expect(wave.rates.count == 3 * 1440 && wave.rates.allSatisfy { $0 >= 0 && $0.isFinite })
        }
        let none = RedeemWave(claims: [], redemptions: [], now: 0, count: 5, model: RedeemModel())
        #expect(none.rates == [0, 0, 0, 0, 0] && none.peak == nil)
        #expect(RedeemWave(claims: [], redemptions: [], now: 0, count: -5, model: model).rates.isEmpty)
    }

    @Test func theModelComesBackFromBytes() throws {
        let model = learned(600, seed: 77)
        let back = try RedeemModel(bytes: model.bytes())
        #expect(back == model && back.coupons == 18_000 && model.bytes().count < 45_000)
        try refusesDamage(model.bytes()) { try RedeemModel(bytes: $0) }
        #expect(RedeemModel().bytes().count < 250)
    }
}
