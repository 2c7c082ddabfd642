import Kernel
import TestSupport
import Testing

@testable import Coupons

/// Random baskets and coupons: the search finds what trying every subset finds.
@Suite struct CombinationPropertyTests {
    @Test(arguments: 0..<8) func theSearchFindsWhatTryingEverySubsetFinds(_ part: Int) throws {
        for seed in 0..<500 {
            var chance = SeededGenerator(seed: UInt64(part * 10_000 + seed))
            // Most are small, so that there can be many; some have ten.
            let count = seed % 25 == 0 ? 10 : 1 + chance.below(7)
            let (basket, coupons) = try random(&chance, coupons: count)
            let maxPerOrder = chance.below(4) == 0 ? 1 + chance.below(3) : 10
            let found = BestCombination.find(basket, coupons, maxPerOrder: maxPerOrder)
            let expected = CombinationOracle(basket: basket, coupons: coupons, maxPerOrder: maxPerOrder).best()
            try #require(found.isProven, "seed \(part)/\(seed)")
            try #require(
                CombinationOracle.Answer(numbers: found.numbers, worth: found.worth, lineDiscounts: found.lineDiscounts) == expected, "seed \(part)/\(seed)")
            try checkSums(found, basket)
            #expect(Set(found.numbers + found.unused.map(\.coupon.number)) == Set(coupons.map(\.number)))
            try checkChosen(found, basket, coupons, maxPerOrder, &chance)
        }
    }

    /// Whatever the effort, the answer is allowed and adds up.
    @Test func littleEffortGivesAnAllowedAnswer() throws {
        for seed in 0..<300 {
            var chance = SeededGenerator(seed: UInt64(900_000 + seed))
            let (basket, coupons) = try random(&chance, coupons: 25)
            let found = BestCombination.find(basket, coupons, effort: chance.below(20))
            try checkSums(found, basket)
            let again = try BestCombination.apply(basket, found.applied.map(\.coupon).shuffled(using: &chance))
            #expect(again.applied == found.applied, "seed \(seed)")
            let thorough = BestCombination.find(basket, coupons, effort: 2000)
            #expect(!thorough.isProven || thorough.worth >= found.worth, "seed \(seed)")
        }
    }

    private func checkSums(_ found: CouponCombination, _ basket: Basket) throws {
        try #require(found.lineDiscounts.reduce(0, +) == found.discount)
        try #require(found.payable >= 0 && found.payable + found.discount == basket.total)
        for (line, discount) in found.lineDiscounts.enumerated() {
            try #require((0...basket.lines[line].total).contains(discount))
            try #require(found.applied.map { $0.lineDiscounts[line] }.reduce(0, +) == discount)
            try #require(found.applied.allSatisfy { $0.lineDiscounts[line] >= 0 })
        }
        for applied in found.applied { try #require(applied.lineDiscounts.reduce(0, +) == applied.discount) }
    }

    /// The best can be paid with, and a random set exactly if the rules allow it.
    private func checkChosen(
        _ found: CouponCombination, _ basket: Basket, _ coupons: [HeldCoupon], _ maxPerOrder: Int, _ chance: inout SeededGenerator
    ) throws {
        let again = try BestCombination.apply(basket, found.applied.map(\.coupon), maxPerOrder: maxPerOrder)
        #expect(again.applied == found.applied)
        let some = coupons.filter { _ in chance.below(2) == 0 }
        let expected = CombinationOracle(basket: basket, coupons: some, maxPerOrder: maxPerOrder).all()
        let answer = try? BestCombination.apply(basket, some, maxPerOrder: maxPerOrder)
        #expect(answer.map { CombinationOracle.Answer(numbers: $0.numbers, worth: $0.worth, lineDiscounts: $0.lineDiscounts) } == expected)
    }

    // MARK: - Chance

    private func random(_ chance: inout SeededGenerator, coupons count: Int) throws -> (Basket, [HeldCoupon]) {
        // Small numbers meet often; great ones take the other way of spreading.
        let unit: Int64 = chance.below(4) == 0 ? 9_999_991 : 1
        let lines = (0..<(1 + chance.below(6))).map { _ in
            Basket.Line(
                goods: chance.choose(["a", "b", "c", "d"]), category: chance.choose(["x", "y", ""]), price: Int64(chance.below(40)) * unit,
                quantity: Int64(1 + chance.below(3)))
        }
        let batches = (0..<(1 + chance.below(count))).map { _ in terms(&chance, unit) }
        let coupons = (1...count).map { number in
            let batch = chance.below(batches.count)
            // Terms are fixed at the claim: those of one batch may differ when it was changed.
            var terms = batches[batch]
            if chance.below(8) == 0 { terms.minimumSpend += 5 * unit }
            if chance.below(8) == 0 { terms.stacking.perOrder = 1 + chance.below(3) }
            return HeldCoupon(
                number: Int64(number), batch: Int64(batch), name: "B\(batch)", terms: terms,
                balance: chance.below(2) == 0 ? nil : Int64(chance.below(3)) * 10 * unit, expiresAt: Int64(chance.below(3)))
        }
        return (try Basket(lines: lines, shop: chance.choose(["", "s"])), coupons.shuffled(using: &chance))
    }

    private func terms(_ chance: inout SeededGenerator, _ unit: Int64) -> CouponTerms {
        var terms = CouponTerms(value(&chance, unit))
        terms.minimumSpend = chance.below(2) == 0 ? 0 : Int64(chance.below(80)) * unit
        if chance.below(3) == 0 { terms.scope.goods = [chance.choose(["a", "b", "c"]), chance.choose(["a", "b", "c"])] }
        if chance.below(3) == 0 { terms.scope.categories = [chance.choose(["x", "y"])] }
        if chance.below(8) == 0 { terms.scope.excludedGoods = [chance.choose(["a", "b"])] }
        if chance.below(12) == 0 { terms.scope.shops = ["s"] }
        let groups = ["p", "q", "r"]
        let with: Set<String>? = chance.below(3) > 0 ? nil : Set(groups.filter { _ in chance.below(2) == 0 })
        terms.stacking = Stacking(group: chance.choose(groups), with: with, perOrder: 1 + chance.below(3))
        return terms
    }

    private func value(_ chance: inout SeededGenerator, _ unit: Int64) -> CouponValue {
        switch chance.below(8) {
        case 0, 1: .amount(Int64(1 + chance.below(40)) * unit)
        case 2, 3: .discount(basisPoints: Int64(1 + chance.below(99)) * 101, ceiling: chance.below(2) == 0 ? nil : Int64(chance.below(20)) * unit)
        case 4: .specialPrice(Int64(chance.below(20)) * unit, quantity: Int64(1 + chance.below(4)))
        case 5: .exchange(quantity: Int64(1 + chance.below(3)))
        case 6: .gift(.init(goods: "g", name: "G", worth: Int64(chance.below(20)) * unit))
        default: .storedValue(Int64(1 + chance.below(60)) * unit)
        }
    }
}
