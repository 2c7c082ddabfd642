import Kernel
import Testing

@testable import Coupons

/// Worked by hand: what each kind of coupon does, in which order, and which of several is best.
@Suite struct BestCombinationTests {
    private func find(_ basket: Basket, _ coupons: HeldCoupon...) -> CouponCombination { BestCombination.find(basket, coupons) }

    // MARK: - Kinds

    @Test func anAmountIsSpreadByTheLargestRemainder() throws {
        // 100 off 100 + 200 + 400: 14.29, 28.57 and 57.14; the fen that is missing goes to the second line.
        let result = find(try basket(("a", "", 100, 1), ("b", "", 100, 2), ("c", "", 400, 1)), coupon(1, .amount(100)))
        #expect(result.lineDiscounts == [14, 29, 57])
        #expect((result.total, result.discount, result.payable) == (700, 100, 600))
        #expect(result.isProven)
    }

    @Test func equalRemaindersGoToTheFirstLines() throws {
        let result = find(try basket(("a", "", 10, 1), ("b", "", 10, 1), ("c", "", 10, 1)), coupon(1, .amount(2)))
        #expect(result.lineDiscounts == [1, 1, 0])
    }

    @Test func anAmountTakesNoMoreThanItsGoods() throws {
        let result = find(try basket(("a", "x", 300, 1), ("b", "y", 900, 1)), coupon(1, .amount(500), categories: ["x"]))
        #expect(result.lineDiscounts == [300, 0])
        #expect(result.payable == 900)
    }

    @Test func aDiscountIsRoundedHalfUp() throws {
        #expect(find(try basket(("a", "", 30, 1)), coupon(1, .discount(basisPoints: 1500, ceiling: nil))).discount == 5)
        #expect(find(try basket(("a", "", 29, 1)), coupon(1, .discount(basisPoints: 1500, ceiling: nil))).discount == 4)
    }

    @Test func aDiscountEndsAtItsCeiling() throws {
        let result = find(try basket(("a", "", 10_000, 1)), coupon(1, .discount(basisPoints: 5000, ceiling: 1200)))
        #expect(result.discount == 1200)
    }

    @Test func aDiscountOfTheGreatestBasketDoesNotOverflow() throws {
        let lines = Array(repeating: Basket.Line(goods: "a", price: 1_000_000_000, quantity: 10_000), count: 200)
        let result = BestCombination.find(
            try Basket(lines: lines),
            [
                coupon(1, .discount(basisPoints: 9999, ceiling: nil)), coupon(2, .amount(1_000_000_000_000)),
                coupon(3, .specialPrice(1, quantity: 1000)),
            ])
        #expect(result.total == 2_000_000_000_000_000)
        // Nothing is left: 0.01 % of the rest is less than the amount.
        #expect(result.payable == 0)
        #expect(result.lineDiscounts == Array(repeating: 10_000_000_000_000, count: 200))
    }

    @Test func aSpecialPriceIsForTheDearestPieces() throws {
        // Two of the three at 90 and none of those at 20, which are cheaper already.
        let result = find(
            try basket(("a", "x", 20, 2), ("b", "x", 90, 1), ("c", "x", 80, 2), ("d", "y", 500, 1)),
            coupon(1, .specialPrice(50, quantity: 2), categories: ["x"]))
        #expect(result.lineDiscounts == [0, 40, 30, 0])
    }

    @Test func anExchangeIsForNothing() throws {
        let result = find(try basket(("a", "", 20, 2), ("b", "", 90, 3)), coupon(1, .exchange(quantity: 4)))
        #expect(result.lineDiscounts == [20, 270])
    }

    @Test func aPieceIsReducedByOneSpecialPriceOnly() throws {
        // The exchange comes first and takes one of the two pieces; the special price finds the other only.
        let result = find(try basket(("a", "", 90, 2)), coupon(1, .specialPrice(50, quantity: 2)), coupon(2, .exchange(quantity: 1)))
        #expect(result.numbers == [2, 1])
        #expect(result.applied.map(\.discount) == [90, 40])
        #expect(find(try basket(("a", "", 90, 1)), coupon(1, .specialPrice(50, quantity: 2)), coupon(2, .exchange(quantity: 1))).numbers == [2])
    }

    @Test func aGiftReducesNothingAndCountsWithItsWorth() throws {
        let gift = CouponValue.Gift(goods: "cup", name: "Cup", worth: 600)
        let alone = Stacking(group: "order", with: [])
        let result = find(
            try basket(("a", "", 5000, 1)), coupon(1, .gift(gift), minimum: 5000, stacking: alone), coupon(2, .amount(500), stacking: alone))
        #expect(result.numbers == [1])
        #expect(result.gifts == [gift])
        #expect((result.discount, result.worth, result.payable) == (0, 600, 5000))
        #expect(result.obstacle(2) == .others(["C1"]))
    }

    @Test func aGiftNeedsGoodsThatItIsFor() throws {
        let gift = CouponValue.gift(.init(goods: "cup", name: "Cup", worth: 600))
        let result = find(try basket(("a", "x", 5000, 1)), coupon(1, gift, categories: ["y"]))
        #expect(result.gifts.isEmpty)
        #expect(result.obstacle(1) == .scope)
    }

    @Test func aStoredValuePaysWhatIsLeftFromItsBalance() throws {
        let order = try basket(("a", "", 1000, 1))
        let result = find(order, coupon(1, .storedValue(5000), balance: 700), coupon(2, .amount(400)))
        #expect(result.numbers == [2, 1])
        #expect(result.applied.map(\.discount) == [400, 600])
        #expect(find(order, coupon(1, .storedValue(5000), balance: 700)).discount == 700)
        #expect(find(order, coupon(1, .storedValue(800))).discount == 800)
        #expect(find(order, coupon(1, .storedValue(800), balance: 0)).obstacle(1) == .nothingToReduce)
    }

    // MARK: - Order

    @Test func couponsAreAppliedInTheCanonicalOrder() throws {
        let gift = CouponValue.gift(.init(goods: "cup", name: "Cup", worth: 1))
        let result = find(
            try basket(("a", "x", 10_000, 1), ("b", "x", 20_000, 1), ("c", "y", 30_000, 1)), coupon(1, .storedValue(100)), coupon(2, gift),
            coupon(3, .amount(500)), coupon(4, .discount(basisPoints: 1000, ceiling: nil)), coupon(5, .amount(300), categories: ["x"]),
            coupon(6, .discount(basisPoints: 2000, ceiling: nil), goods: ["c"]), coupon(7, .specialPrice(9000, quantity: 1)),
            coupon(8, .exchange(quantity: 1), goods: ["a"]), coupon(9, .amount(500), minimum: 20_000))
        #expect(result.numbers == [8, 7, 6, 5, 4, 9, 3, 2, 1])
        // 10000; 30000 → 9000; 20 % of 9000; 300; 10 % of 7200 + 19700; 500; 500; gift; 100.
        #expect(result.applied.map(\.discount) == [10_000, 21_000, 1800, 300, 2690, 500, 500, 0, 100])
        #expect(result.lineDiscounts.reduce(0, +) == result.discount)
    }

    @Test func theMinimumIsMeasuredAfterTheOthers() throws {
        let order = try basket(("a", "", 10_000, 1))
        // After 10 % off 9000 are left.
        let result = find(order, coupon(1, .discount(basisPoints: 1000, ceiling: nil)), coupon(2, .amount(900), minimum: 9500))
        #expect(result.numbers == [1])
        #expect(result.obstacle(2) == .spendAfterOthers(missing: 500))
        #expect(find(order, coupon(1, .discount(basisPoints: 1000, ceiling: nil)), coupon(2, .amount(900), minimum: 9000)).numbers == [1, 2])
    }

    @Test func leavingOutTheFirstMayBeBest() throws {
        // The small discount would spoil the great amount.
        let result = find(try basket(("a", "", 10_000, 1)), coupon(1, .discount(basisPoints: 100, ceiling: nil)), coupon(2, .amount(3000), minimum: 10_000))
        #expect(result.numbers == [2])
        #expect(result.obstacle(1) == .betterWithout)
    }

    @Test func theMinimumIsThatOfTheGoodsInItsScope() throws {
        let result = find(try basket(("a", "x", 900, 1), ("b", "y", 5000, 1)), coupon(1, .amount(100), minimum: 1000, categories: ["x"]))
        #expect(result.obstacle(1) == .spend(missing: 100))
        #expect(result.obstacle(1)?.text.en == "¥1.00 more needed")
        #expect(result.obstacle(1)?.text.zh == "还差 ¥1.00")
    }

    // MARK: - Which go together

    @Test func groupsGoTogetherWhenBothAllowIt() throws {
        let order = try basket(("a", "", 10_000, 1))
        let shop = coupon(1, .amount(100), stacking: Stacking(group: "shop", with: ["order"]))
        let both = coupon(2, .amount(200), stacking: Stacking(group: "order", with: ["shop"]))
        let closed = coupon(3, .amount(250), stacking: Stacking(group: "order", with: []))
        #expect(find(order, shop, both, closed).numbers == [1, 2])
        #expect(find(order, shop, both, closed).obstacle(3) == .others(["C1", "C2"]))
        #expect(find(order, shop, closed).numbers == [3])
        #expect(find(order, shop, closed).obstacle(1)?.text.en == "cannot be used together with “C3”")
    }

    @Test func aBatchIsUsedAsOftenAsItAllows() throws {
        let order = try basket(("a", "", 10_000, 1))
        // Together whatever `with` says, as they are of one batch.
        let twice = Stacking(group: "order", with: [], perOrder: 2)
        let coupons = (1...3).map { coupon($0, .amount(100), stacking: twice, batch: 7, expiresAt: 100 - $0) }
        let result = BestCombination.find(order, coupons)
        // Those that expire first.
        #expect(result.numbers == [3, 2])
        #expect(result.obstacle(1) == .batchLimit(2))
    }

    @Test func anOrderTakesOnlySoMany() throws {
        let coupons = (1...12).map { coupon($0, .amount($0 * 100)) }
        let order = try basket(("a", "", 100_000, 1))
        let result = BestCombination.find(order, coupons)
        #expect(Set(result.numbers) == Set(3...12))
        #expect(result.obstacle(1) == .orderLimit(10))
        #expect(BestCombination.find(order, coupons, maxPerOrder: 1).numbers == [12])
        #expect(BestCombination.find(order, coupons, maxPerOrder: 0).numbers.isEmpty)
    }

    @Test func aCouponForAnotherPlaceSaysSo() throws {
        var coupons = (1...3).map { coupon($0, .amount(100)) }
        func with(_ number: Int, _ change: (inout CouponScope) -> Void) {
            var terms = coupons[number].terms
            change(&terms.scope)
            coupons[number] = HeldCoupon(number: Int64(number), batch: Int64(number), name: "C", terms: terms, expiresAt: 0)
        }
        with(0) { $0.shops = ["s1"] }
        with(1) { $0.channels = ["store"] }
        with(2) { $0.levels = ["gold"] }
        let here = BestCombination.find(try basket(("a", "", 1000, 1), shop: "s2", channel: "miniapp", level: "silver"), coupons)
        #expect(here.unused.map(\.obstacle) == [.shop, .channel, .level])
        let there = BestCombination.find(try basket(("a", "", 1000, 1), shop: "s1", channel: "store", level: "gold"), coupons)
        #expect(there.numbers == [0, 1, 2])
    }

    // MARK: - Ties

    @Test func ofEqualOnesFewerThenThoseThatExpireFirstThenLowerNumbers() throws {
        let order = try basket(("a", "", 1000, 1))
        let alone = Stacking(group: "order", with: [])
        // Two of 500 pay as much as one of 1000.
        #expect(find(order, coupon(1, .amount(500)), coupon(2, .amount(500)), coupon(3, .amount(1000))).numbers == [3])
        #expect(find(order, coupon(1, .amount(50), stacking: alone, expiresAt: 9), coupon(2, .amount(50), stacking: alone, expiresAt: 8)).numbers == [2])
        #expect(find(order, coupon(2, .amount(50), stacking: alone), coupon(1, .amount(50), stacking: alone)).numbers == [1])
        #expect(find(order, coupon(2, .amount(50), stacking: alone), coupon(1, .amount(50), stacking: alone)).obstacle(2) == .others(["C1"]))
    }

    @Test func aCouponThatReducesNothingIsNotUsed() throws {
        let result = find(
            try basket(("a", "x", 1000, 1), ("b", "y", 0, 1)), coupon(1, .amount(1000)), coupon(2, .amount(1)), coupon(3, .amount(5), goods: ["b"]))
        #expect(result.numbers == [1])
        #expect(result.obstacle(2) == .nothingLeft)
        #expect(result.obstacle(3) == .nothingToReduce)
    }

    @Test func theSameCouponCountsOnce() throws {
        let result = find(try basket(("a", "", 1000, 1)), coupon(1, .amount(10)), coupon(1, .amount(10)))
        #expect(result.numbers == [1])
        #expect(result.unused.map(\.obstacle) == [.repeated])
    }

    @Test func withoutCouponsNothingIsTakenOff() throws {
        let result = BestCombination.find(try basket(("a", "", 1000, 2)), [])
        #expect((result.total, result.payable, result.isProven) == (2000, 2000, true))
        #expect(result.lineDiscounts == [0])
    }

    @Test func theOrderOfNamingDoesNotMatter() throws {
        let coupons = (1...9).map { coupon($0, $0 % 2 == 0 ? .amount($0 * 70) : .discount(basisPoints: $0 * 100, ceiling: 300), minimum: $0 * 150) }
        let order = try basket(("a", "", 700, 2), ("b", "", 130, 3))
        let (one, other) = (BestCombination.find(order, coupons), BestCombination.find(order, coupons.reversed()))
        #expect(one.applied == other.applied)
        #expect(one.unused == other.unused.reversed())
    }

    // MARK: - Effort

    @Test func withTooLittleEffortTheAnswerIsNotProven() throws {
        let coupons = (1...16).map { coupon($0, .discount(basisPoints: 1000 + $0 * 37, ceiling: nil), minimum: 300 * $0) }
        let order = try basket(("a", "", 3000, 1), ("b", "", 3333, 1))
        let quick = BestCombination.find(order, coupons, effort: 3)
        let thorough = BestCombination.find(order, coupons, effort: 10_000_000)
        #expect(!quick.isProven)
        #expect(thorough.isProven)
        #expect(quick.discount > 0)
        #expect(quick.discount <= thorough.discount)
        #expect(quick.lineDiscounts.reduce(0, +) == quick.discount)
    }

    // MARK: - Paying with chosen ones

    @Test func chosenCouponsArePriced() throws {
        let order = try basket(("a", "", 10_000, 1))
        let result = try BestCombination.apply(order, [coupon(2, .amount(100)), coupon(1, .discount(basisPoints: 1000, ceiling: nil))])
        #expect(result.numbers == [1, 2])
        #expect(result.payable == 8900)
        #expect(!result.isProven)
    }

    @Test func chosenCouponsThatCannotBeUsedAreRefusedWithTheReason() throws {
        let order = try basket(("a", "x", 1000, 1))
        func refusal(_ coupons: HeldCoupon..., maxPerOrder: Int = 10) throws -> String {
            let error = try #require(throws: SampanError.self) { try BestCombination.apply(order, coupons, maxPerOrder: maxPerOrder) }
            #expect((error.code, error.status) == ("COUPON_NOT_APPLICABLE", 422))
            let number = try #require(error.members["coupon"]?.intValue)
            return "\(number): \(error.detail.en)"
        }
        let alone = Stacking(group: "order", with: [])
        #expect(try refusal(coupon(1, .amount(10), categories: ["y"])).hasPrefix("1: The coupon “C1” cannot be used here: nothing in the basket"))
        #expect(try refusal(coupon(1, .amount(10), minimum: 1250)).contains("¥2.50 more needed."))
        #expect(try refusal(coupon(1, .amount(10)), coupon(2, .amount(20), stacking: alone)).contains("together with “C1”"))
        #expect(try refusal(coupon(1, .amount(10), batch: 5), coupon(2, .amount(10), batch: 5)).contains("only one of this coupon"))
        #expect(try refusal(coupon(1, .amount(10)), coupon(2, .amount(20)), maxPerOrder: 1).contains("only one coupon"))
        #expect(try refusal(coupon(1, .amount(900)), coupon(2, .storedValue(20), minimum: 200)).contains("¥1.00 more needed after the other coupons"))
        #expect(try refusal(coupon(1, .amount(1000)), coupon(2, .amount(20))).hasPrefix("2: "))
        #expect(try refusal(coupon(1, .amount(10)), coupon(1, .amount(10))).contains("listed twice"))
        #expect(try refusal(coupon(1, .specialPrice(1000, quantity: 1))).contains("would make cheaper"))
    }
}
