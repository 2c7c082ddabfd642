import Kernel
import TestSupport
import Testing

@testable import Coupons

/// Sums, discounts and moments in the platforms' writing.
@Suite struct FacadeNumberTests {
    @Test(arguments: [
        ("5.00", 500), ("5", 500), ("5.5", 550), ("0.01", 1), ("0", 0), ("10000000000.00", 1_000_000_000_000), ("0005", 500),
    ])
    func yuanIsReadExactly(_ text: String, _ fen: Int64) { #expect(ScaledDecimal.scaled(text, places: 2) == fen) }

    @Test(arguments: ["", ".", "5.", ".5", "5.005", "-5", "+5", "5,00", "1e3", "5.0.0", " 5", "５", "100000000000000"])
    func whatIsNoSumIsRefused(_ text: String) { #expect(ScaledDecimal.scaled(text, places: 2) == nil) }

    @Test func sumsComeBack() {
        var chance = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let fen = Int64.random(in: 0...BatchDefinition.moneyMax, using: &chance)
            #expect(ScaledDecimal.scaled(FacadeNumber.yuan(fen), places: 2) == fen)
        }
    }

    @Test(arguments: [
        ("8.5", 1500), ("8.5折", 1500), ("0.85", 1500), ("5", 5000), ("9.99", 10), ("0.9999", 1), ("1折", 9000), ("0.5折", 9500), ("0.05", 9500), ("9", 1000),
    ])
    func discountsAreReadAsFoldsOrRates(_ text: String, _ points: Int64) { #expect(FacadeNumber.basisPointsOff(text) == points) }

    /// A bare 1 could be a tenth of the price or all of it.
    @Test(arguments: ["1", "1.0", "0", "10", "10折", "", "折", "85", "8.55555", "9.9999", "八折", "-8"])
    func whatCouldMeanTwoThingsIsRefused(_ text: String) { #expect(FacadeNumber.basisPointsOff(text) == nil) }

    @Test func everyDiscountComesBack() {
        for points in 1..<Int64(10_000) { #expect(FacadeNumber.basisPointsOff(FacadeNumber.discount(points)) == points) }
    }

    @Test func momentsAreBeijings() {
        // 2026-11-27 13:30 in Shanghai.
        let moment: Int64 = 1_795_757_400_000
        #expect(FacadeTime.alipay(moment) == "2026-11-27 13:30:00")
        #expect(FacadeTime.moment(alipay: "2026-11-27 13:30:00") == moment)
        #expect(FacadeTime.wechat(moment) == "2026-11-27T13:30:00+08:00")
        for text in ["2026-11-27T13:30:00+08:00", "2026-11-27T05:30:00Z", "2026-11-27T05:30:00.000Z", "2026-11-27T00:30:00-05:00"] {
            #expect(FacadeTime.moment(wechat: text) == moment)
        }
        for text in ["2026-11-27T13:30:00", "2026-11-27", "1795757400000", ""] { #expect(FacadeTime.moment(wechat: text) == nil) }
        for text in ["2026-11-27T13:30:00", "2026-11-27 13:30", "2026-02-30 13:30:00", "2026-11-27 13:30:00Z", ""] {
            #expect(FacadeTime.moment(alipay: text) == nil)
        }
    }

    @Test func hoursEndWithTheirLastSecondOrAfterIt() {
        #expect(FacadeTime.hours(from: 36_000, through: 50_399) == UseTimes.Hours(from: 600, until: 840))
        #expect(FacadeTime.hours(from: 36_000, through: 50_400) == UseTimes.Hours(from: 600, until: 840))
        #expect(FacadeTime.hours(from: 0, through: 86_399) == UseTimes.Hours(from: 0, until: 1440))
        #expect(FacadeTime.hours(from: 36_001, through: 50_400) == nil)
        #expect(FacadeTime.hours(from: 36_000, through: 50_430) == nil)
        #expect(FacadeTime.hours(from: 36_000, through: 36_000) == nil)
        #expect(FacadeTime.seconds("10:00:00") == 36_000)
        for text in ["10:00", "1:00:00", "24:00:01", "10:60:00", "aa:00:00"] { #expect(FacadeTime.seconds(text) == nil) }
    }

    /// The platforms count the day of the claim, as WeChat's examples say: 1 is that day only.
    @Test func daysAreCountedAsThePlatformsDo() {
        let claimed: Int64 = 1_795_757_400_000
        func until(_ after: Int64, _ days: Int64, _ rounding: FacadeValidity.Rounding) -> String {
            FacadeTime.alipay(FacadeValidity.relative(after: after, days: days, rounding).window(claimedAt: claimed, zone: .china).until - 1000)
        }
        #expect(until(0, 1, .claimDayCounts) == "2026-11-27 23:59:59")
        #expect(until(0, 2, .claimDayCounts) == "2026-11-28 23:59:59")
        #expect(until(1, 1, .claimDayCounts) == "2026-11-28 23:59:59")
        #expect(until(0, 1, .nextDayCounts) == "2026-11-28 23:59:59")
        #expect(until(0, 1, .exact) == "2026-11-28 13:29:59")
    }

    @Test func whatAUseTakesOff() {
        #expect(FacadeAmount.used(.amount(500), said: nil, total: nil) == nil)
        #expect(FacadeAmount.used(.amount(500), said: nil, total: 300) == 300)
        #expect(FacadeAmount.used(.amount(500), said: 200, total: 6800) == 200)
        #expect(FacadeAmount.used(.discount(basisPoints: 1500, ceiling: 900), said: nil, total: 6800) == 900)
        #expect(FacadeAmount.used(.discount(basisPoints: 1500, ceiling: nil), said: nil, total: 6801) == 1020)
        #expect(FacadeAmount.used(.exchange(quantity: 1), said: nil, total: 6800) == nil)
    }
}
