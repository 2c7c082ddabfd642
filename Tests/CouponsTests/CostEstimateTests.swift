import Kernel
import TestSupport
import Testing

@testable import Coupons

/// What a batch may cost: reckoned examples, and a bound that no life of a batch breaks.
@Suite struct CostEstimateTests {
    private static func definition(_ value: CouponValue, stock: Int64 = 1000, minimum: Int64 = 0, budget: Int64? = nil) -> BatchDefinition {
        var terms = CouponTerms(value)
        terms.minimumSpend = minimum
        var definition = BatchDefinition(
            name: "b", terms: terms, stock: stock, opensAt: 0, closesAt: 4_000_000_000_000, validity: .relative(afterDays: 0, days: 2, wholeDays: false))
        definition.budget = budget
        definition.limits.perUser = nil
        return definition
    }

    private static func estimate(_ definition: BatchDefinition, orders: [CostAssumptions.Order], margin: Int64? = nil, piece: Int64? = nil) -> CostEstimate {
        var assumptions = CostAssumptions(orders: orders)
        (assumptions.margin, assumptions.piecePrice) = (margin, piece)
        return CostEstimate(definition, assumptions)
    }

    @Test func tenOffFromFifty() {
        let found = Self.estimate(Self.definition(.amount(1000), minimum: 5000), orders: [.init(value: 6000), .init(value: 3000)], margin: 3000)
        #expect(found.perCoupon == 1000 && found.worst == 1_000_000)
        // 800 are claimed, 320 used; an order of 30 yuan is raised to 50.
        #expect(found.claimed == 800 && found.redeemed == 320 && found.expected == 320_000 && found.orders == 320)
        #expect(found.costPerOrder == 1000 && found.orderValue == 5500 && found.reaching == 5000)
        // 30 % of 55 yuan less 10; 3,200 yuan at 13.50 an order without a coupon.
        #expect(found.leftPerOrder == 650 && found.ordersToEarn == 238)
        #expect(found.budgetCoupons == nil && !found.budgetEndsFirst(1000))
    }

    @Test func aBudgetEndsBeforeTheStock() {
        let definition = Self.definition(.amount(1000), minimum: 5000, budget: 250_500)
        let found = Self.estimate(definition, orders: [.init(value: 6000)])
        #expect(found.worst == 250_500 && found.budgetCoupons == 250 && found.budgetEndsFirst(definition.stock))
        #expect(found.claimed == 250 && found.redeemed == 100 && found.expected == 100_000)
        #expect(found.leftPerOrder == nil && found.ordersToEarn == nil)
    }

    @Test func eachKindCostsWhatItTakesOff() {
        func cost(_ value: CouponValue, order: Int64, piece: Int64? = nil) -> (Int64, Int64?) {
            let found = Self.estimate(Self.definition(value, stock: 10), orders: [.init(value: order)], piece: piece)
            return (found.costPerOrder, found.worst)
        }
        #expect(cost(.discount(basisPoints: 1500, ceiling: 2000), order: 10_000) == (1500, 20_000))
        #expect(cost(.discount(basisPoints: 1500, ceiling: 1200), order: 10_000) == (1200, 12_000))
        #expect(cost(.discount(basisPoints: 1500, ceiling: nil), order: 10_000) == (1500, nil))
        #expect(cost(.specialPrice(990, quantity: 3), order: 5000, piece: 2000) == (2020, nil))
        #expect(cost(.specialPrice(990, quantity: 3), order: 5000, piece: 500) == (0, nil))
        #expect(cost(.exchange(quantity: 1), order: 5000, piece: 1800) == (1800, nil))
        #expect(cost(.exchange(quantity: 1), order: 5000) == (5000, nil))
        #expect(cost(.gift(.init(goods: "g", name: "Cup", worth: 300)), order: 5000) == (300, 3000))
        #expect(cost(.amount(1000), order: 400) == (400, 10_000))
    }

    /// Stored value is spent in several orders, and costs all of it.
    @Test func storedValueTakesSeveralOrders() {
        let found = Self.estimate(Self.definition(.storedValue(10_000)), orders: [.init(value: 3000)])
        #expect(found.costPerOrder == 3000 && found.redeemed == 320 && found.expected == 3_200_000 && found.orders == 320 * 4)
    }

    @Test func aSumThatNoAccountHoldsIsNoBound() {
        let definition = Self.definition(.amount(BatchDefinition.moneyMax), stock: BatchDefinition.stockMax)
        #expect(Self.estimate(definition, orders: [.init(value: BatchDefinition.moneyMax)]).worst == nil)
        var bounded = definition
        bounded.budget = 7
        #expect(Self.estimate(bounded, orders: [.init(value: 1)]).worst == 7)
    }

    @Test func assumptionsAreReadAndSaid() throws {
        let definition = Self.definition(.amount(500), minimum: 5000)
        let said: JSONObject = ["claimed": 50, "redeemed": 12.5, "orders": [["value": 8000, "weight": 3]], "margin": 30, "piecePrice": 100]
        let read = try CostAssumptions(said, for: definition)
        #expect(read.redeemed == 1250 && read.orders == [.init(value: 8000, weight: 3)])
        #expect(read.json == .object(said))
        #expect(try CostAssumptions([:], for: definition).orders == [.init(value: 5000)])
        for (name, wrong) in [
            ("claimed", 101), ("redeemed", 0.001), ("orders", []), ("orders", [["value": -1]]), ("orders", [["value": 1, "weight": 0]]), ("margin", "30"),
            ("x", 1),
        ] as [(String, JSON)] {
            #expect(throws: SampanError.self, "\(name) \(wrong)") { try CostAssumptions([name: wrong], for: definition) }
        }
    }

    /// Whatever is claimed, used, refunded, voided and expires: at no time has it cost more than the worst case says, nor is more reserved.
    @Test(arguments: 0..<40) func noLifeCostsMoreThanTheWorstCase(_ seed: Int) throws {
        var chance = SeededGenerator(seed: UInt64(seed))
        for round in 0..<10 {
            let definition = Self.random(&chance)
            let worst = try #require(CostEstimate(definition, CostAssumptions(for: definition)).worst)
            var life = try Life(definition)
            for step in 0..<80 {
                try life.go(&chance)
                let accounts = try #require(life.ledger.batch(1)).accounts
                try #require(accounts.spent <= worst && accounts.reserved <= worst, "seed \(seed) round \(round) step \(step)")
            }
        }
    }

    /// It is no bound for safety's sake only: where everything is claimed and used, it is what that costs.
    @Test func theWorstCaseIsReached() throws {
        let definition = Self.definition(.discount(basisPoints: 1500, ceiling: 700), stock: 9, budget: 6300)
        var ledger = try Life(definition).ledger
        for number in 1...9 {
            _ = try ledger.decide(.claim(.init(batch: 1, user: "u\(number)")), now: 10)
            var move = LedgerCommand.Move(kind: .redeem, coupons: [Int64(number)])
            (move.order, move.amounts) = ("o\(number)", [700])
            _ = try ledger.decide(.move(move), now: 20)
        }
        #expect(ledger.batch(1)?.accounts.spent == CostEstimate(definition, CostAssumptions(for: definition)).worst)
    }

    @Test(arguments: 0..<40) func whatIsExpectedIsNeverMoreThanTheWorstCase(_ seed: Int) throws {
        var chance = SeededGenerator(seed: UInt64(1000 + seed))
        for _ in 0..<100 {
            let definition = Self.random(&chance)
            var assumptions = CostAssumptions(
                orders: (0...chance.below(4)).map { _ in .init(value: Int64(chance.below(20_000)), weight: Int64(1 + chance.below(9))) })
            (assumptions.claimed, assumptions.redeemed) = (Int64(chance.below(10_001)), Int64(chance.below(10_001)))
            assumptions.margin = chance.below(2) == 0 ? nil : Int64(chance.below(10_001))
            let found = CostEstimate(definition, assumptions)
            let worst = try #require(found.worst)
            #expect(found.expected <= worst && found.claimed <= definition.stock && found.redeemed <= found.claimed)
            #expect(found.costPerOrder <= (found.perCoupon ?? 0) && (0...10_000).contains(found.reaching))
            #expect(CostEstimate(definition, assumptions) == found)
            // What is claimed of a budget is never more than it can be enough for.
            if let budget = definition.budget { #expect(found.claimed * (found.perCoupon ?? 0) <= budget) }
        }
    }

    // MARK: - Chance

    private static func random(_ chance: inout SeededGenerator) -> BatchDefinition {
        let money = { (chance: inout SeededGenerator) in Int64(1 + chance.below(900)) }
        let value: CouponValue =
            switch chance.below(4) {
            case 0: .amount(money(&chance))
            case 1: .discount(basisPoints: Int64(1 + chance.below(9999)), ceiling: money(&chance))
            case 2: .storedValue(money(&chance))
            default: .gift(.init(goods: "g", name: "n", worth: money(&chance)))
            }
        var definition = definition(value, stock: Int64(chance.below(12)), budget: chance.below(2) == 0 ? nil : Int64(chance.below(4000)))
        definition.returnsOnRefund = chance.below(2) == 0
        return definition
    }

    /// One batch in a ledger, to which anything happens.
    private struct Life {
        var ledger = Ledger()
        private var now: Int64 = 10
        private var issued: [Int64] = []

        init(_ definition: BatchDefinition) throws {
            let change = LedgerCommand.BatchChange(
                batch: nil,
                change: { batch throws(LedgerRefusal) in
                    var batch = batch
                    batch.status = .published
                    return batch
                }, new: ("cpb-a", definition))
            _ = try ledger.decide(.batch(change), now: now)
        }

        mutating func go(_ chance: inout SeededGenerator) throws {
            now += Int64(chance.below(1000))
            switch chance.below(10) {
            case 0...3:
                let claim = LedgerCommand.Claim(batch: 1, user: "u\(chance.below(3))")
                if case .claimed(let coupon, _) = try ledger.decide(.claim(claim), now: now) { issued.append(coupon.number) }
            case 9:
                // Days later, what is old has expired.
                if chance.below(6) == 0 { now += 200_000_000 }
                _ = try ledger.sweep(issued, now: now)
            default:
                guard let coupon = issued.randomElement(using: &chance) else { return }
                let kinds: [LedgerEntry.Kind] = [.redeem, .redeem, .redeem, .refund, .lock, .release, .void, .freeze, .unfreeze]
                let kind = chance.choose(kinds)
                var move = LedgerCommand.Move(kind: kind, coupons: [coupon])
                move.order = "o\(chance.below(3))"
                move.milliseconds = 5000
                if kind == .redeem, chance.below(4) > 0 { move.amounts = [Int64(chance.below(1000))] }
                _ = try ledger.decide(.move(move), now: now)
            }
        }
    }
}
