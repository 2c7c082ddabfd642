import Kernel
import Storage
import TestSupport
import Testing

@testable import Coupons

/// The journal and the tables behind it, on both engines: settling changes nothing that anybody could notice.
@Suite struct CouponTablesTests {
    // MARK: Settling

    /// The same commands in two places, one of which settles and begins anew at random moments.
    @Test(arguments: TestEngine.allCases) func settlingChangesNothing(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { first async throws in
            try await CouponsFixture.with(engine) { second async throws in
                for seed in 1...4 as ClosedRange<UInt64> { try await Self.compare(first, second, seed: seed) }
            }
        }
    }

    private static func compare(_ settling: CouponsFixture, _ other: CouponsFixture, seed: UInt64) async throws {
        var chance = SeededGenerator(seed: seed)
        var (settles, keeps) = (try settling.open(), try other.open())
        var batches: [Int64] = []
        for number in 0..<3 {
            let definition = settling.definition(stock: 25, number == 2 ? .storedValue(1000) : .amount(500)) {
                if number > 0 { $0.limits.perDay = 1 }
                if number != 1 { $0.limits.perDevice = 4 }
                if number == 1 { ($0.proof, $0.codes) = (.code, .generated(20)) }
            }
            batches.append(try await settles.publish(definition))
            #expect(try await keeps.publish(definition) == batches.last)
        }
        var script = CommandScript(batches: batches)
        for step in 0..<150 {
            if chance.below(8) == 0 { try await settles.settleAll() }
            if chance.below(4) == 0 { try await settles.settle(atMost: 1 + chance.below(4)) }
            if chance.below(20) == 0 { settles = try settling.again(settles) }
            if chance.below(8) == 0 {
                let jump = Int64(chance.below(48)) * TurnedClock.hour - 12 * TurnedClock.hour
                settling.time.advance(jump)
                other.time.advance(jump)
            }
            let command = script.next(&chance)
            let answer = try await settles.writer.submit(command)
            let expected = try await keeps.writer.submit(command)
            try #require("\(answer)" == "\(expected)", "seed \(seed), step \(step): \(command)")
            script.note(answer)
        }
        try await settles.settleAll()
        try await keeps.settleAll()
        #expect(try settles.settledCoupons() == keeps.settledCoupons())
        for batch in batches { #expect(try await settles.batchNow(batch).accounts == keeps.batchNow(batch).accounts) }
        #expect(script.isMixed, "too little happened in seed \(seed)")
        try settles.database.close()
        try keeps.database.close()
    }

    @Test(arguments: TestEngine.allCases) func whatIsSettledLeavesTheJournalAndMemory(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let node = try fixture.open()
            let batch = try await node.publish(fixture.definition())
            for number in 0..<300 { _ = try await node.claim(batch, "u\(number)") }
            #expect(try node.pagesInJournal() == 301)
            try await node.settle()
            #expect(try node.pagesInJournal() == 301, "much has come since the last look")
            try await node.settle()
            #expect(try node.pagesInJournal() == 0)
            #expect(node.unsettled == 0 && node.writer.memory.look { $0.coupons.count } == 0)
            #expect(try node.settledCoupons().map(\.number) == Array(1...300))
            #expect(try await node.claim(batch, "u0").number == 301)
            // A trickle is settled although it never stops, so that whoever follows the ledger is not kept waiting.
            for number in 0..<5 {
                _ = try await node.claim(batch, "v\(number)")
                try await node.settle()
                #expect(try node.pagesInJournal() == 0)
            }
            try node.database.close()
        }
    }

    /// Whoever has nothing settled is known without a look into tables; whoever has is found there, also after a start.
    @Test(arguments: TestEngine.allCases) func whoHasNothingIsAnsweredFromMemory(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            var node = try fixture.open()
            let batch = try await node.publish(fixture.definition(stock: 500) { $0.limits.perUser = 1 })
            for number in 0..<500 { _ = try await node.claim(batch, "u\(number)", key: "k") }
            try await node.settleAll()
            for _ in 0..<2 {
                let strangers = (0..<500).filter { number in
                    var claim = LedgerCommand.Claim(batch: batch, user: "v\(number)")
                    claim.key = "k"
                    guard case .refused(.soldOut)? = node.writer.memory.look({ $0.answerAtOnce(claim, now: fixture.time.now) }) else { return false }
                    return true
                }
                #expect(strangers.count > 480, "a few may be taken for who has one")
                for number in 0..<500 {
                    var claim = LedgerCommand.Claim(batch: batch, user: "u\(number)")
                    claim.key = "k"
                    #expect(node.writer.memory.look { $0.answerAtOnce(claim, now: fixture.time.now) } == nil, "it has been given: memory cannot know")
                }
                guard case .claimed(_, isRepeat: true) = try await node.outcome(batch, "u7", key: "k") else { throw EnvironmentCoupons.Unexpected() }
                node = try fixture.again(node)
            }
            try node.database.close()
        }
    }

    /// Many holders are read beside the turns; until then everybody is looked for in tables.
    @Test(arguments: TestEngine.allCases) func aStartWithManyHoldersLearnsThemBesideTheTurns(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            var node = try fixture.open()
            let batch = try await node.publish(fixture.definition(stock: 5000) { $0.limits.perUser = 1 })
            try await withThrowingTaskGroup(of: Void.self) { [node] group in
                for number in 0..<3000 { group.addTask { _ = try await node.claim(batch, "u\(number)", key: "k") } }
                try await group.waitForAll()
            }
            try await node.settleAll()
            node = try fixture.again(node)
            #expect(node.writer.memory.holders.through < 3000)
            #expect(try await node.refusal(batch, "u1", key: "other") != nil)
            #expect(try await node.claim(batch, "new").number == 3001)
            try await node.learnHolders()
            #expect(node.writer.memory.holders.through >= 3000)
            #expect(try await node.refusal(batch, "u2", key: "other") != nil)
            try await node.settleAll()
            #expect(node.writer.memory.holders.through == 3001)
            #expect(try await node.refusal(batch, "new") != nil)
            try node.database.close()
        }
    }

    /// A node that is never idle settles as well, so that memory and the start after a crash stay bounded.
    @Test(arguments: TestEngine.allCases) func aBusyJournalIsSettledInPart(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            var limits = Limits()
            limits.couponTailMax = 10
            let node = try fixture.open(limits: limits)
            let batch = try await node.publish(fixture.definition())
            for number in 0..<30 {
                _ = try await node.claim(batch, "u\(number)")
                try await node.settle()
                #expect(node.unsettled <= 10)
            }
            #expect(try await node.batchNow(batch).claimed == 30)
            try node.database.close()
        }
    }

    // MARK: Limits

    @Test(arguments: TestEngine.allCases) func aDayEndsAtMidnightAndAClockPutBackGivesNoOtherOne(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            var node = try fixture.open()
            let batch = try await node.publish(fixture.definition { ($0.limits.perUser, $0.limits.perDay) = (3, 1) })
            let first = try await node.claim(batch, "u", key: "a").number
            try await node.settleAll()
            #expect(try await node.refusal(batch, "u") == .limitReached(.day, coupon: first))
            fixture.time.advance(12 * TurnedClock.hour - 1)
            #expect(try await node.refusal(batch, "u") == .limitReached(.day, coupon: first))
            fixture.time.advance(1)
            let second = try await node.claim(batch, "u", key: "b").number
            node = try fixture.again(node)
            fixture.time.advance(-1)
            #expect(try await node.refusal(batch, "u") == .limitReached(.day, coupon: second))
            try await node.settleAll()
            #expect(try await node.refusal(batch, "u") == .limitReached(.day, coupon: second))
            #expect(try await node.claim(batch, "u", key: "a").number == first, "what was answered once is answered again")
            fixture.time.advance(2 * TurnedClock.day)
            let third = try await node.claim(batch, "u").number
            fixture.time.advance(TurnedClock.day)
            try await node.settleAll()
            #expect(try await node.refusal(batch, "u") == .limitReached(.user, coupon: third))
            try node.database.close()
        }
    }

    @Test(arguments: TestEngine.allCases) func aDeviceIsKnownAgainWhoeverHoldsIt(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let node = try fixture.open()
            let batch = try await node.publish(fixture.definition { $0.limits.perDevice = 2 })
            let other = try await node.publish(fixture.definition { $0.limits.perDevice = 2 })
            _ = try await node.claim(batch, "a", device: "d")
            try await node.settleAll()
            let newest = try await node.claim(batch, "b", device: "d").number
            #expect(try await node.refusal(batch, "c", device: "d") == .limitReached(.device, coupon: newest), "one settled, one not")
            try await node.settleAll()
            #expect(try await node.refusal(batch, "c", device: "d") == .limitReached(.device, coupon: newest))
            // A user who is called like the device is somebody else.
            #expect(try await node.refusal(batch, "d", device: "e") == nil)
            #expect(try await node.refusal(other, "c", device: "d") == nil)
            try node.database.close()
        }
    }

    // MARK: Repeats

    @Test(arguments: TestEngine.allCases) func aRepeatAnswersTheSameWhereverItLies(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            var node = try fixture.open()
            let batch = try await node.publish(fixture.definition(.storedValue(1000)))
            let coupons = [try await node.claim(batch, "u", key: "1").number, try await node.claim(batch, "u", key: "2").number]
            var expected: [LedgerEntry.Kind: [Receipt]] = [:]
            let amounts: [Int64] = [300, 1000]
            for kind in [.lock, .redeem, .refund] as [LedgerEntry.Kind] {
                expected[kind] = try await node.move(kind, coupons, key: "s", amounts: kind == .redeem ? amounts : [])
            }
            #expect(expected[.redeem]?.map(\.balance) == [700, 0])
            for round in ["in memory", "after a restart", "settled", "settled, after a restart"] {
                if round == "settled" { try await node.settleAll() }
                if round.hasSuffix("restart") { node = try fixture.again(node) }
                fixture.time.advance(1000)
                #expect(try await node.claim(batch, "u", key: "1").number == coupons[0], "\(round)")
                #expect(try await node.refusal(batch, "u", key: "1", device: "x") == .keyReused, "\(round)")
                for (kind, receipts) in expected {
                    #expect(try await node.move(kind, coupons, key: "s") == receipts, "\(round)")
                    guard case .refused(.keyReused) = try await node.outcome(kind, coupons, key: "s", hash: 2) else {
                        Issue.record("\(round): a key was taken for another request")
                        continue
                    }
                }
                #expect(try await node.batchNow(batch).accounts.spent == 0, "\(round)")
            }
            try node.database.close()
        }
    }

    // MARK: The ends of coupons

    @Test(arguments: TestEngine.allCases) func whatIsDueEnds(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let node = try fixture.open()
            let batch = try await node.publish(fixture.definition(stock: 2000) { $0.budget = 1_000_000 })
            // More than one turn sweeps.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1200 { group.addTask { _ = try await node.claim(batch, "u\(number)") } }
                try await group.waitForAll()
            }
            for number in 1...20 as ClosedRange<Int64> { try await node.move(.lock, [number]) }
            try await node.move(.redeem, [20])
            try await node.settleAll()
            fixture.time.advance(900_000)
            try await node.sweep()
            var accounts = try await node.batchNow(batch).accounts
            #expect((accounts.locked, accounts.held, accounts.redeemed) == (0, 1199, 1), "locks end")
            #expect(accounts.reserved == 600_000)
            fixture.time.advance(2 * TurnedClock.day)
            try await node.sweep()
            accounts = try await node.batchNow(batch).accounts
            #expect((accounts.expired, accounts.held, accounts.redeemed) == (1199, 0, 1), "all of them at once")
            #expect(accounts.reserved == 500, "what expires gives its budget back")
            try await node.settleAll()
            #expect(try node.settledCoupons().count { $0.account == .expired } == 1199)
            try node.database.close()
        }
    }
}

/// Commands of a few users about a few batches, many of them sent again.
struct CommandScript {
    let batches: [Int64]
    private var sent: [LedgerCommand] = []
    private var coupons: [Int64] = []
    private var moves = 0
    private var repeats = 0
    private var refusals = 0

    init(batches: [Int64]) { self.batches = batches }

    var isMixed: Bool { coupons.count > 15 && moves > 5 && repeats > 5 && refusals > 5 }

    mutating func next(_ chance: inout SeededGenerator) -> LedgerCommand {
        if !sent.isEmpty, chance.below(4) == 0 { return chance.choose(sent) }
        let command: LedgerCommand
        if coupons.isEmpty || chance.below(2) == 0 {
            var claim = LedgerCommand.Claim(batch: chance.choose(batches), user: "u\(chance.below(10))")
            claim.key = chance.below(5) == 0 ? "" : "k\(sent.count)"
            claim.device = chance.below(2) == 0 ? "d\(chance.below(4))" : ""
            if claim.batch == batches[1] { claim.code = Int64(chance.below(20)) }
            if let first = coupons.first, chance.below(4) == 0 {
                claim.inviter = LedgerCommand.Inviter(coupon: first, user: "u\(chance.below(10))", reward: batches[2])
            }
            command = .claim(claim)
        } else {
            var move = LedgerCommand.Move(
                kind: chance.choose([.lock, .lock, .redeem, .redeem, .refund, .refund, .release, .void, .freeze, .unfreeze]),
                coupons: Set((0...chance.below(2)).map { _ in chance.choose(coupons) }).sorted())
            move.order = "o\(chance.below(5))"
            move.key = chance.below(5) == 0 ? "" : "k\(sent.count)"
            move.hash = UInt64(sent.count)
            move.milliseconds = 900_000
            if move.kind == .redeem { move.amounts = move.coupons.map { _ in Int64(100 * (1 + chance.below(6))) } }
            command = .move(move)
        }
        sent.append(command)
        return command
    }

    mutating func note(_ outcome: LedgerOutcome) {
        switch outcome {
        case .claimed(let coupon, let isRepeat): if isRepeat { repeats += 1 } else { coupons.append(coupon.number) }
        case .moved(_, let isRepeat): if isRepeat { repeats += 1 } else { moves += 1 }
        case .refused: refusals += 1
        case .batch: break
        }
    }
}
