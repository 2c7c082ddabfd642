import Kernel
import Storage
import Testing

@testable import Coupons

/// Several who write at once, and commits that fail.
@Suite struct LedgerWriterTests {
    // MARK: Several nodes

    @Test(arguments: TestEngine.allCases) func aPageIsAppendedOnce(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let node = try fixture.open()
            let batch = try await node.publish(fixture.definition())
            var entry = LedgerEntry(kind: .claim, batch: batch, coupon: 1, at: fixture.time.now)
            (entry.text, entry.until) = ("u", fixture.time.now + 1)
            let bytes = JournalPage.bytes(of: [entry])
            try await node.database.write { try CouponTables(connection: $0).append(bytes, at: 2) }
            do {
                try await node.database.write { try CouponTables(connection: $0).append(bytes, at: 2) }
                Issue.record("the page was appended twice")
            } catch let error as StorageError {
                #expect(error.isUniqueViolation)
            }
            // What somebody else wrote is taken in before the next decision.
            #expect(try await node.claim(batch, "v").number == 2)
            #expect(try node.pagesInJournal() == 3)
            try node.database.close()
        }
    }

    /// One whose memory is older than what the journal still has.
    @Test(arguments: TestEngine.allCases) func whoIsBehindReadsAgain(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let node = try fixture.open()
            let batch = try await node.publish(fixture.definition(.storedValue(1000)))
            let early = try await node.claim(batch, "u", key: "1").number
            let late = LedgerMemory()
            func ask(_ commands: [LedgerCommand]) async throws -> [LedgerOutcome] {
                let now = fixture.time.now
                defer { late.committed() }
                return try await node.database.write { try LedgerTurn(memory: late, store: CouponTables(connection: $0)).run(commands, now: now) }
            }
            _ = try await ask([])
            let known = late.look { $0.page }
            #expect(known == 2)
            try await node.move(.redeem, [early], key: "r", amounts: [300])
            for number in 0..<5 { _ = try await node.claim(batch, "u\(number)", key: "1") }
            try await node.settleAll()
            _ = try await node.claim(batch, "last")
            await #expect(throws: LedgerBehind.self) {
                try await node.database.write { try CouponTables(connection: $0).pages(after: 2) { _, _ in } }
            }
            var again = LedgerCommand.Claim(batch: batch, user: "u3")
            again.key = "1"
            guard case .claimed(let coupon, true) = try await ask([.claim(again)])[0] else {
                Issue.record("it did not know the claim again")
                return
            }
            #expect(coupon.user == "u3")
            #expect(late.look { $0.page } == 9 && late.look { $0.batch(batch)?.claimed } == 7)
            var move = LedgerCommand.Move(kind: .redeem, coupons: [early], amounts: [701], order: "p")
            guard case .refused(.tooMuch(early, most: 700)) = try await ask([.move(move)])[0] else {
                Issue.record("it did not know the balance")
                return
            }
            move.amounts = [700]
            guard case .moved(let receipts, false) = try await ask([.move(move)])[0] else {
                Issue.record("it did not redeem")
                return
            }
            #expect(receipts.map(\.balance) == [0])
            try await node.writer.catchUp()
            #expect(try await node.batchNow(batch).accounts.spent == 1000, "the first one follows")
            try node.database.close()
        }
    }

    /// On PostgreSQL two nodes, on files many at one; somebody settles meanwhile.
    @Test(arguments: TestEngine.allCases) func theLastCouponsAreGivenOnce(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let first = try fixture.open()
            let second = engine == .postgres ? try fixture.open() : first
            let batch = try await first.publish(fixture.definition(stock: 100))
            let settling = Task {
                while !Task.isCancelled {
                    try await first.settleAll()
                    try await second.settleAll()
                }
            }
            let outcomes = try await withThrowingTaskGroup(of: LedgerOutcome.self) { group in
                for number in 0..<400 { group.addTask { try await (number % 2 == 0 ? first : second).outcome(batch, "u\(number / 2 % 150)", key: "k") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            settling.cancel()
            try await settling.value
            var owners: [Int64: String] = [:]
            var refused = 0
            for outcome in outcomes {
                switch outcome {
                case .claimed(let coupon, _):
                    #expect(owners[coupon.number, default: coupon.user] == coupon.user)
                    owners[coupon.number] = coupon.user
                case .refused(.soldOut): refused += 1
                default: Issue.record("\(outcome)")
                }
            }
            #expect(owners.count == 100 && Set(owners.values).count == 100, "each key once")
            #expect(refused > 0)
            #expect(try await first.batchNow(batch).claimed == 100)
            #expect(try await second.batchNow(batch).accounts.held == 100)
            try await first.settleAll()
            #expect(try first.settledCoupons().map(\.user) == owners.sorted { $0.key < $1.key }.map(\.value))
            try first.database.close()
            if engine == .postgres { try second.database.close() }
        }
    }

    /// What one node settles the other one need not hold either.
    @Test func whatAnotherNodeSettledIsForgotten() async throws {
        try await CouponsFixture.with(.postgres) { fixture async throws in
            let (first, second) = (try fixture.open(), try fixture.open())
            let batch = try await first.publish(fixture.definition())
            for number in 0..<10 { _ = try await first.claim(batch, "u\(number)", key: "k") }
            try await second.writer.catchUp()
            #expect(second.unsettled == 11)
            try await first.settleAll()
            try await second.settleAll()
            #expect(second.unsettled == 0)
            #expect(second.writer.memory.look { $0.coupons.count } == 0)
            #expect(try await second.claim(batch, "u3", key: "k").user == "u3")
            #expect(try await second.batchNow(batch).claimed == 10)
            try first.database.close()
            try second.database.close()
        }
    }

    // MARK: Commits that fail

    /// What the next commit may yet undo is no answer.
    @Test func nothingIsAnsweredAtOnceBeforeItIsOnDisk() throws {
        let (store, memory) = (SimulatedStore(), LedgerMemory())
        var definition = BatchDefinition(
            name: "b", terms: CouponTerms(.amount(500)), stock: 2, opensAt: 0, closesAt: 100, validity: .absolute(from: 0, until: 100))
        definition.limits.perDevice = 1
        let published = definition
        let publish = LedgerCommand.BatchChange(
            batch: nil,
            change: { batch throws(LedgerRefusal) in
                var batch = batch
                batch.status = .published
                return batch
            }, new: ("cpb-1", published))
        let turn = LedgerTurn(memory: memory, store: store)
        _ = try turn.run([.batch(publish)], now: 1)
        store.commit()
        memory.committed()
        let claims = ["u", "v"].map { LedgerCommand.Claim(batch: 1, user: $0, key: "k", device: "of \($0)") }
        _ = try turn.run(claims.map { .claim($0) }, now: 1)
        // A repeat, somebody who has one, a device that has one, and somebody who comes too late.
        let late = [
            claims[0], LedgerCommand.Claim(batch: 1, user: "u", key: "l"), LedgerCommand.Claim(batch: 1, user: "w", key: "k", device: "of v"),
            LedgerCommand.Claim(batch: 1, user: "w", key: "k"),
        ]
        for claim in late { #expect(memory.look { $0.answerAtOnce(claim, now: 1) } == nil) }
        store.commit()
        memory.committed()
        let answers = late.map { claim in memory.look { $0.answerAtOnce(claim, now: 1) } }
        guard case .claimed(_, isRepeat: true) = answers[0], case .refused(.limitReached(.user, coupon: 1)) = answers[1],
            case .refused(.limitReached(.device, coupon: 2)) = answers[2], case .refused(.soldOut) = answers[3]
        else {
            Issue.record("\(answers)")
            return
        }
    }

    @Test(arguments: TestEngine.allCases) func aClosedDatabaseKeepsNothing(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let node = try fixture.open()
            let batch = try await node.publish(fixture.definition())
            _ = try await node.claim(batch, "u", key: "1")
            try node.database.close()
            await #expect(throws: StorageError.self) { try await node.claim(batch, "v", key: "1") }
            #expect(!node.writer.memory.isKnown)
            let next = try fixture.open()
            #expect(try await next.batchNow(batch).claimed == 1)
            try next.database.close()
        }
    }

    @Test(arguments: TestEngine.allCases) func aCommitThatFailsIsAnsweredAndForgotten(_ engine: TestEngine) async throws {
        try await CouponsFixture.with(engine) { fixture async throws in
            let node = try fixture.open()
            let batch = try await node.publish(fixture.definition(stock: 100_000))
            _ = try await node.claim(batch, "first", key: "1")
            try await node.failCommits(true)
            // Long, so that a disk with little room is full soon.
            let users = (0..<400).map { "\($0)-" + String(repeating: "x", count: 100) }
            let good = try await withThrowingTaskGroup(of: Int64.self) { group in
                for user in users { group.addTask { try await node.isGiven(batch, user) ? 1 : 0 } }
                return try await group.reduce(0, +)
            }
            #expect(good < 400, "nothing failed")
            // Neither a look nor a repeat finds what failed.
            #expect(try await node.batchNow(batch).claimed == 1 + good)
            try await node.failCommits(false)
            let next = try fixture.again(node)
            #expect(try await next.batchNow(batch).claimed == 1 + good)
            for user in users { _ = try await next.claim(batch, user, key: "1") }
            #expect(try await next.batchNow(batch).claimed == 401)
            try await next.settleAll()
            #expect(try next.settledCoupons().map(\.number) == Array(1...401))
            try next.database.close()
        }
    }
}

extension EnvironmentCoupons {
    /// Whether a claim was answered well; otherwise the storage has said why not.
    func isGiven(_ batch: Int64, _ user: String) async throws -> Bool {
        do {
            _ = try await claim(batch, user, key: "1")
            return true
        } catch is StorageError {
            return false
        }
    }

    /// Lets commits fail: a file may not grow, and a PostgreSQL refuses a page at the very end of its transaction.
    func failCommits(_ fails: Bool) async throws {
        try await database.write { connection in
            if connection.dialect == .sqlite {
                let pages = try connection.first("PRAGMA page_count") { $0.int(0) } ?? 0
                try connection.rows("PRAGMA max_page_count = \(fails ? pages + 2 : 1_000_000)") { _ in true }
            } else if fails {
                try connection.script(
                    """
                    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$;
                    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
                    """)
            } else {
                try connection.script("DROP TRIGGER refuse ON journal; DROP FUNCTION refuse();")
            }
        }
    }
}
