import Kernel
import TestSupport

@testable import Coupons

/// One world: a disk that fails, two nodes that write to it, a clock that jumps, and clients that ask again.
///
/// What the clients were told is written down; whatever happens, the ledger must agree with it.
struct Simulation {
    /// What the clients know.
    struct Record {
        /// The coupon that a user was given for a key.
        var claims: [ClaimKey: Int64] = [:]
        /// What a step with a key answered.
        var steps: [Ledger.StepKey: [Receipt]] = [:]
        /// Batches of which somebody was told that there are no more.
        var soldOut: Set<Int64> = []
        /// Coupons because of which somebody was refused another one: their batches.
        var inTheWay: [Int64: Int64] = [:]
    }

    struct ClaimKey: Hashable {
        let batch: Int64
        let user: String
        let key: String
    }

    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    private static let users = 12
    private static let start: Int64 = 1_795_757_400_000

    var chance: SeededGenerator
    let store = SimulatedStore()
    let nodes = [LedgerMemory(), LedgerMemory()]
    var record = Record()
    var now = Self.start
    /// Commands that were sent, to be sent again.
    var sent: [LedgerCommand] = []
    var nextKey = 0
    /// What happened, for whoever looks at a failed seed.
    var history: [String] = []

    init(seed: UInt64) { chance = SeededGenerator(seed: seed) }

    // MARK: What happens

    mutating func run(steps: Int) throws {
        for number in 1...3 { try make(batch: number) }
        for _ in 0..<steps {
            try step()
            try check()
        }
        try compare()
    }

    private mutating func step() throws {
        switch chance.below(20) {
        case 0: nodes[chance.below(2)].forget()
        case 1: try settle()
        case 2: now += Int64(chance.below(86_400_000 * 3))
        case 3: now -= Int64(chance.below(86_400_000))
        case 4: try sweep()
        case 5: try zombie()
        case 6: try store.learnHolders(nodes[chance.below(2)].holders, atMost: 1 + chance.below(20))
        default: try turn(node: chance.below(2), (0...chance.below(6)).map { _ in command() })
        }
    }

    private mutating func make(batch: Int) throws {
        var definition = BatchDefinition(
            name: "b\(batch)", terms: CouponTerms(batch == 3 ? .storedValue(1000) : .amount(500)), stock: Int64(3 + chance.below(20)),
            opensAt: now - Int64(chance.below(2)) * 1000, closesAt: now + 86_400_000 * 20,
            validity: .relative(afterDays: 0, days: Int64(1 + chance.below(4)), wholeDays: chance.below(2) == 0))
        definition.limits.perUser = 1 + chance.below(3)
        if chance.below(2) == 0 { definition.limits.perDay = 1 }
        if chance.below(3) == 0 { definition.limits.perDevice = 2 }
        if chance.below(3) == 0 { definition.budget = 500 * Int64(1 + chance.below(10)) }
        definition.returnsOnRefund = chance.below(3) > 0
        // The first may name its coupons by uploaded codes; the second may take codes that users bring, and reward who invites.
        let isNaming = batch == 1 && chance.below(3) == 0
        if isNaming { definition.codes = .uploaded }
        if batch == 2, chance.below(2) == 0 { (definition.proof, definition.codes) = (.code, .generated(10)) }
        let (made, uploaded) = (definition, isNaming ? Int64(1 + chance.below(12)) : 0)
        let change = LedgerCommand.BatchChange(
            batch: nil,
            change: { batch throws(LedgerRefusal) in
                var batch = batch
                batch.status = .published
                batch.codes = uploaded
                return batch
            }, new: ("cpb-\(batch)", made))
        _ = try commit(nodes[0]) { turn, now in try turn.run([.batch(change)], now: now) }
    }

    private mutating func command() -> LedgerCommand {
        if !sent.isEmpty, chance.below(4) == 0 { return chance.choose(sent) }
        nextKey += 1
        let command: LedgerCommand
        if chance.below(2) == 0 || record.claims.isEmpty {
            var claim = LedgerCommand.Claim(batch: Int64(1 + chance.below(3)), user: "u\(chance.below(Self.users))")
            claim.key = "k\(nextKey)"
            claim.device = chance.below(2) == 0 ? "d\(chance.below(4))" : ""
            if claim.batch == 2 { claim.code = Int64(chance.below(10)) }
            if chance.below(3) == 0, let (key, number) = record.claims.min(by: { $0.value < $1.value }), key.batch != 3 {
                claim.inviter = LedgerCommand.Inviter(coupon: number, user: key.user, reward: 3)
            }
            command = .claim(claim)
        } else {
            let coupons = Set((0...chance.below(2)).map { _ in chance.choose(record.claims.values.sorted()) })
            var move = LedgerCommand.Move(
                kind: chance.choose([.lock, .lock, .redeem, .redeem, .refund, .release, .void, .freeze, .unfreeze]), coupons: coupons.sorted())
            move.order = "o\(chance.below(8))"
            move.key = chance.below(5) == 0 ? "" : "k\(nextKey)"
            move.hash = UInt64(nextKey)
            move.milliseconds = 900_000
            if move.kind == .redeem { move.amounts = coupons.map { _ in Int64(100 * (1 + chance.below(6))) } }
            command = .move(move)
        }
        sent.append(command)
        return command
    }

    private mutating func turn(node: Int, _ commands: [LedgerCommand]) throws {
        let others = commands + (sent.isEmpty ? [] : (0..<3).map { _ in chance.choose(sent) })
        var early: [(LedgerCommand, LedgerOutcome)] = []
        let outcomes = try commit(nodes[node]) { turn, now in
            let outcomes = try turn.run(commands, now: now)
            // While the commit is under way others are answered from memory, whatever becomes of it.
            for case .claim(let claim) in others {
                if let outcome = turn.memory.look({ $0.answerAtOnce(claim, now: now) }) { early.append((.claim(claim), outcome)) }
            }
            return outcomes
        }
        for (command, outcome) in early { try note(command, outcome) }
        guard let outcomes else { return }
        for (command, outcome) in zip(commands, outcomes) { try note(command, outcome) }
    }

    /// Carries a transaction out, and lets it end in one of the ways in which transactions end.
    /// - Returns: what the clients are told; `nil` where they hear nothing.
    private mutating func commit<T>(_ memory: LedgerMemory, _ body: (LedgerTurn, Int64) throws -> T) throws -> T? {
        let answer: T
        do {
            answer = try body(LedgerTurn(memory: memory, store: store), now)
        } catch is SimulatedStore.Taken {
            store.rollBack()
            memory.forget()
            return nil
        }
        switch record.claims.isEmpty ? 9 : chance.below(14) {
        case 0:
            history.append("crash before the commit")
            store.rollBack()
            memory.forget()
            return nil
        case 1:
            history.append("crash between the commit and the answer")
            store.commit()
            memory.forget()
            return nil
        case 2:
            history.append("a torn page")
            let length = 200 + chance.below(400)
            if store.tear(keeping: chance.below(length)) { history.append("which was whole") }
            memory.forget()
            return nil
        default:
            store.commit()
            memory.committed()
            return answer
        }
    }

    /// Somebody who looks at an old picture of the disk writes to it.
    private mutating func zombie() throws {
        guard let last = store.journal.last?.page, last > store.state.page + 1 else { return }
        store.picture = last - 1
        let memory = LedgerMemory()
        let commands = [command(), command()]
        _ = try commit(memory) { turn, now in try turn.run(commands, now: now) }
        store.picture = nil
        if store.journal.last?.page != last { throw Broken(description: "a zombie's page was taken") }
    }

    private mutating func settle() throws {
        let piece = try store.settle(pages: 1 + chance.below(8))
        for memory in nodes where memory.isKnown {
            // The other node learns it when it finds its pages gone.
            guard let known = memory.look({ $0.page }), known >= piece.page, chance.below(2) == 0 else { continue }
            if chance.below(4) == 0 { try memory.forgetAll(through: piece) } else { try memory.forget(piece) }
        }
    }

    private mutating func sweep() throws {
        let due = try store.reckoning().values.filter { $0.account == .held || $0.account == .locked }.map(\.number).sorted()
        let memory = nodes[chance.below(2)]
        _ = try commit(memory) { turn, now in try turn.sweep(due, now: now) }
    }

    // MARK: What must be so

    private mutating func note(_ command: LedgerCommand, _ outcome: LedgerOutcome) throws {
        switch (command, outcome) {
        case (.claim(let claim), .claimed(let coupon, _)):
            let key = ClaimKey(batch: claim.batch, user: claim.user, key: claim.key)
            if let known = record.claims[key], known != coupon.number { throw Broken(description: "\(claim.key) gave \(known), then \(coupon.number)") }
            record.claims[key] = coupon.number
        case (.move(let move), .moved(let receipts, _)):
            guard !move.key.isEmpty else { return }
            let key = Ledger.StepKey(kind: move.kind, key: move.key)
            if let known = record.steps[key], known != receipts { throw Broken(description: "\(move.key) answered \(known), then \(receipts)") }
            record.steps[key] = receipts
        case (.claim(let claim), .refused(.soldOut)): record.soldOut.insert(claim.batch)
        case (.claim(let claim), .refused(.limitReached(_, let coupon))): record.inTheWay[coupon] = claim.batch
        default: break
        }
    }

    /// After every step: the books are balanced.
    private func check() throws {
        for memory in nodes {
            let violations = memory.look { $0.violations() } ?? []
            if !violations.isEmpty { throw Broken(description: violations.joined(separator: "; ")) }
        }
    }

    /// At the end: the clients' record and the disk agree to the coupon.
    func compare() throws {
        let coupons = try store.reckoning()
        for (key, number) in record.claims {
            guard let coupon = coupons[number], coupon.user == key.user, coupon.batch == key.batch, coupon.claimKey == key.key else {
                throw Broken(description: "\(key.user) was given \(number), which is \(String(describing: coupons[number]))")
            }
        }
        for (number, batch) in record.inTheWay where coupons[number]?.batch != batch {
            throw Broken(description: "\(number) was in somebody's way and is not there")
        }
        let fresh = LedgerMemory()
        try LedgerTurn(memory: fresh, store: store).catchUp()
        let batches = fresh.look { $0.batches } ?? []
        for batch in batches { try compare(batch, coupons.values.filter { $0.batch == batch.number }) }
        for (key, receipts) in record.steps {
            for receipt in receipts where key.kind == .redeem && coupons[receipt.coupon]?.uses.isEmpty != false {
                throw Broken(description: "\(receipt.coupon) was redeemed, and the disk does not know it")
            }
        }
    }

    private func compare(_ batch: Batch, _ coupons: [Coupon]) throws {
        guard coupons.count == batch.claimed, batch.claimed <= batch.definition.stock else {
            throw Broken(description: "\(batch.id): \(coupons.count) coupons, \(batch.claimed) claimed, stock \(batch.definition.stock)")
        }
        if record.soldOut.contains(batch.number), batch.available > 0 {
            throw Broken(description: "\(batch.id) was sold out, and \(batch.left) are left")
        }
        for account in CouponAccount.allCases where account != .stock {
            let count = coupons.count { $0.account == account }
            guard count == batch.accounts[account] else {
                throw Broken(description: "\(batch.id): \(count) are \(account.word), not \(batch.accounts[account])")
            }
        }
        let most = batch.definition.limits.perUser ?? ClaimLimits.most
        for (user, theirs) in Dictionary(grouping: coupons, by: \.user) where theirs.count > most { throw Broken(description: "\(user) has \(theirs.count)") }
        for (device, theirs) in Dictionary(grouping: coupons.filter { !$0.device.isEmpty }, by: \.device) {
            if let most = batch.definition.limits.perDevice, theirs.count > most { throw Broken(description: "\(device) has \(theirs.count)") }
        }
        let codes = coupons.map(\.code).filter { $0 >= 0 }
        guard Set(codes).count == codes.count else { throw Broken(description: "\(batch.id): a code gave two coupons") }
        if batch.definition.namesCoupons, codes.sorted() != Array(0..<batch.claimed) { throw Broken(description: "\(batch.id): codes \(codes)") }
        let spent = coupons.flatMap(\.uses).filter { !$0.isRefunded }.reduce(0) { $0 + $1.amount }
        guard spent == batch.accounts.spent else { throw Broken(description: "\(batch.id): spent \(spent), not \(batch.accounts.spent)") }
    }
}
