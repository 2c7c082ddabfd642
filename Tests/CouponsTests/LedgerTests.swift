import Crypto
import Testing

@testable import Coupons

/// Decisions at the edges, without any storage.
@Suite struct LedgerTests {
    private static let noon: Int64 = 1_795_752_000_000
    private static let day: Int64 = 86_400_000

    private func ledger(_ change: (inout BatchDefinition) -> Void = { _ in }) throws -> Ledger {
        var definition = BatchDefinition(
            name: "b", terms: CouponTerms(.amount(500)), stock: 10, opensAt: Self.noon, closesAt: Self.noon + Self.day,
            validity: .relative(afterDays: 0, days: 1, wholeDays: false))
        change(&definition)
        let made = definition
        var ledger = Ledger()
        _ = try ledger.decide(
            .batch(
                LedgerCommand.BatchChange(
                    batch: nil,
                    change: { batch throws(LedgerRefusal) in
                        var batch = batch
                        batch.status = .published
                        return batch
                    }, new: ("cpb-1", made))), now: Self.noon - Self.day)
        return ledger
    }

    private func claim(_ ledger: inout Ledger, _ user: String, at now: Int64, key: String = "", device: String = "", isClient: Bool = true) throws
        -> LedgerOutcome
    {
        var claim = LedgerCommand.Claim(batch: 1, user: user)
        claim.key = key
        claim.device = device
        claim.isClient = isClient
        return try ledger.decide(.claim(claim), now: now)
    }

    private func refusal(_ outcome: LedgerOutcome) -> LedgerRefusal? { if case .refused(let refusal) = outcome { refusal } else { nil } }

    @Test func theWindowHasItsFirstMomentAndNotItsLast() throws {
        var ledger = try ledger()
        #expect(refusal(try claim(&ledger, "a", at: Self.noon - 1)) == .notYetOpen(at: Self.noon))
        #expect(refusal(try claim(&ledger, "a", at: Self.noon)) == nil)
        #expect(refusal(try claim(&ledger, "b", at: Self.noon + Self.day - 1)) == nil)
        #expect(refusal(try claim(&ledger, "c", at: Self.noon + Self.day)) == .closed(at: Self.noon + Self.day))
        #expect(ledger.violations().isEmpty)
    }

    @Test func aClockThatIsPutBackGivesNoSecondDay() throws {
        var ledger = try ledger {
            $0.limits.perUser = 5
            $0.limits.perDay = 1
            $0.closesAt = Self.noon + 10 * Self.day
        }
        #expect(refusal(try claim(&ledger, "a", at: Self.noon + Self.day)) == nil)
        #expect(refusal(try claim(&ledger, "a", at: Self.noon)) == .limitReached(.day, coupon: 1))
        #expect(refusal(try claim(&ledger, "a", at: Self.noon + 2 * Self.day)) == nil)
    }

    @Test func theStockIsGivenToTheLastAndNoFurther() throws {
        var ledger = try ledger { $0.stock = 2 }
        #expect(refusal(try claim(&ledger, "a", at: Self.noon)) == nil)
        #expect(refusal(try claim(&ledger, "b", at: Self.noon)) == nil)
        #expect(refusal(try claim(&ledger, "c", at: Self.noon)) == .soldOut)
        #expect(ledger.batch(1)?.left == 0)
    }

    @Test func theBudgetBoundsWhatCouldBeSpent() throws {
        var ledger = try ledger { $0.budget = 1499 }
        #expect(refusal(try claim(&ledger, "a", at: Self.noon)) == nil)
        #expect(refusal(try claim(&ledger, "b", at: Self.noon)) == nil)
        #expect(refusal(try claim(&ledger, "c", at: Self.noon)) == .budgetExhausted)
        // One that becomes worthless gives back what was kept for it.
        _ = try ledger.decide(.move(LedgerCommand.Move(kind: .void, coupons: [1])), now: Self.noon)
        #expect(refusal(try claim(&ledger, "c", at: Self.noon)) == nil)
        #expect(ledger.violations().isEmpty)
    }

    @Test func aKeyAnswersTheFirstAnswerEvenWhenAllIsOver() throws {
        var ledger = try ledger { $0.stock = 1 }
        guard case .claimed(let first, false) = try claim(&ledger, "a", at: Self.noon, key: "k") else { return #expect(Bool(false)) }
        guard case .claimed(let again, true) = try claim(&ledger, "a", at: Self.noon + 5 * Self.day, key: "k") else { return #expect(Bool(false)) }
        #expect(first.number == again.number)
        #expect(refusal(try claim(&ledger, "a", at: Self.noon, key: "k", device: "d")) == .keyReused)
    }

    @Test func aClientMustSayWhichDeviceWhereThatIsCounted() throws {
        var ledger = try ledger { $0.limits.perDevice = 1 }
        #expect(refusal(try claim(&ledger, "a", at: Self.noon)) == .deviceNeeded)
        #expect(refusal(try claim(&ledger, "a", at: Self.noon, device: "d")) == nil)
        #expect(refusal(try claim(&ledger, "b", at: Self.noon, device: "d")) == .limitReached(.device, coupon: 1))
        #expect(refusal(try claim(&ledger, "b", at: Self.noon, isClient: false)) == nil)
    }

    @Test func whatIsNotOnDiskIsNotRefusedAtOnce() throws {
        var ledger = try ledger { $0.stock = 1 }
        ledger.page = 1
        ledger.durablePage = 1
        var mine = LedgerCommand.Claim(batch: 1, user: "a")
        mine.isClient = true
        _ = try ledger.decide(.claim(mine), now: Self.noon)
        ledger.page = 2
        // The last coupon is taken by a page that may never reach the disk.
        #expect(ledger.answerAtOnce(mine, now: Self.noon) == nil)
        #expect(ledger.answerAtOnce(LedgerCommand.Claim(batch: 1, user: "b"), now: Self.noon) == nil)
        ledger.durablePage = 2
        #expect(ledger.answerAtOnce(mine, now: Self.noon).flatMap(refusal) == .limitReached(.user, coupon: 1))
        #expect(ledger.answerAtOnce(LedgerCommand.Claim(batch: 1, user: "b"), now: Self.noon).flatMap(refusal) == .soldOut)
    }

    @Test func aLockThatHoldsIsAPromise() throws {
        var ledger = try ledger()
        _ = try claim(&ledger, "a", at: Self.noon)
        var lock = LedgerCommand.Move(kind: .lock, coupons: [1], order: "o1")
        lock.milliseconds = 2 * Self.day
        #expect(refusal(try ledger.decide(.move(lock), now: Self.noon + Self.day - 1)) == nil)
        #expect(refusal(try ledger.decide(.move(LedgerCommand.Move(kind: .redeem, coupons: [1], order: "o2")), now: Self.noon)) == .lockedByOther(1))
        // Its validity has ended meanwhile.
        #expect(refusal(try ledger.decide(.move(LedgerCommand.Move(kind: .redeem, coupons: [1], order: "o1")), now: Self.noon + Self.day + 1)) == nil)
        #expect(ledger.batch(1)?.accounts.spent == 500)
        // Refunded now, it has expired.
        _ = try ledger.decide(.move(LedgerCommand.Move(kind: .refund, coupons: [1], order: "o1")), now: Self.noon + Self.day + 2)
        #expect(ledger.coupons[1]?.account == .expired)
        #expect(ledger.violations().isEmpty)
    }

    @Test func ofSeveralCouponsAllTakeTheStepOrNone() throws {
        var ledger = try ledger()
        _ = try claim(&ledger, "a", at: Self.noon)
        _ = try claim(&ledger, "b", at: Self.noon)
        var move = LedgerCommand.Move(kind: .lock, coupons: [1, 2], order: "o")
        move.user = "a"
        move.milliseconds = 1000
        #expect(refusal(try ledger.decide(.move(move), now: Self.noon)) == .noCoupon(2))
        #expect(ledger.coupons[1]?.account == .held)
    }

    @Test func storedValueIsSpentLittleByLittle() throws {
        var ledger = try ledger { $0.terms = CouponTerms(.storedValue(1000)) }
        _ = try claim(&ledger, "a", at: Self.noon)
        func use(_ kind: LedgerEntry.Kind, _ amounts: [Int64], _ order: String) throws -> LedgerOutcome {
            try ledger.decide(.move(LedgerCommand.Move(kind: kind, coupons: [1], amounts: amounts, order: order)), now: Self.noon)
        }
        #expect(refusal(try use(.redeem, [400], "o1")) == nil)
        #expect(ledger.coupons[1]?.account == .held)
        #expect(refusal(try use(.redeem, [601], "o2")) == .tooMuch(1, most: 600))
        #expect(refusal(try use(.redeem, [600], "o2")) == nil)
        #expect(ledger.coupons[1]?.account == .redeemed)
        #expect(refusal(try use(.refund, [], "o1")) == nil)
        #expect(ledger.coupons[1]?.balance == 400)
        #expect(refusal(try use(.refund, [], "o1")) == .alreadyRefunded(1))
        #expect(refusal(try use(.refund, [], "o3")) == .noSuchUse(1))
        #expect(ledger.batch(1)?.accounts.spent == 600)
        #expect(ledger.violations().isEmpty)
    }

    @Test func idsTellNothingAndLeadBack() {
        let numbers = CouponNumbers(secret: .init(size: .bits256))
        for number in [1, 2, 3, 1_000_000, Int64.max] as [Int64] { #expect(numbers.number(numbers.id(number)) == number) }
        #expect(numbers.number("cpn-0000000000000") == nil || numbers.number("cpn-0000000000000") ?? 0 > 0)
        #expect(numbers.number("cpn-zzzzzzzzzzzzz") == nil)
        #expect(numbers.number("cpn-") == nil)
        #expect(numbers.id(1).suffix(13) != numbers.id(2).suffix(13))
    }
}
