import TestSupport
import Testing

@testable import Documents

@Suite struct DocumentLocksTests {
    private let a = DocumentLocks.Key(collection: "c", id: "a")
    private let b = DocumentLocks.Key(collection: "c", id: "b")
    private let c = DocumentLocks.Key(collection: "c", id: "c")

    private func ticket(_ answer: DocumentLocks.Answer) throws -> DocumentLocks.Ticket {
        guard case .wait(let ticket) = answer else {
            Issue.record("a wait was expected, not \(answer)")
            return 0
        }
        return ticket
    }

    @Test func aDocumentGoesToThoseWhoAskedInTheirOrder() throws {
        var locks = DocumentLocks()
        #expect(locks.acquire(a, for: 1, now: 0) == .granted)
        let second = try ticket(locks.acquire(a, for: 2, now: 0))
        let third = try ticket(locks.acquire(a, for: 3, now: 0))
        #expect(locks.release([a], of: 1) == [second])
        #expect(locks.release([a], of: 1) == [], "it is no longer the first one's to release")
        #expect(locks.release([a], of: 2) == [third])
        #expect(locks.release([a], of: 3) == [])
        #expect(locks.isEmpty)
    }

    @Test func askingAgainForWhatOneHoldsIsGranted() {
        var locks = DocumentLocks()
        #expect(locks.acquire(a, for: 1, now: 0) == .granted)
        #expect(locks.acquire(a, for: 1, now: 0) == .granted)
        #expect(locks.release([a], of: 1) == [])
        #expect(!locks.isLocked(a))
    }

    @Test func aWaitThatClosesACircleIsRefusedAtOnce() throws {
        var locks = DocumentLocks()
        for (key, holder) in [(a, 1), (b, 2), (c, 3)] { #expect(locks.acquire(key, for: UInt64(holder), now: 0) == .granted) }
        let first = try ticket(locks.acquire(b, for: 1, now: 0))
        _ = try ticket(locks.acquire(c, for: 2, now: 0))
        #expect(locks.acquire(a, for: 3, now: 0) == .deadlock)
        // Who was refused holds what it held; when it lets go the others go on.
        let granted = locks.release([c], of: 3)
        #expect(granted.count == 1)
        #expect(locks.release([b, c], of: 2) == [first])
    }

    @Test func aCircleThroughOneOfSeveralWaitsIsSeen() throws {
        var locks = DocumentLocks()
        for (key, holder) in [(a, 1), (b, 2), (c, 3)] { #expect(locks.acquire(key, for: UInt64(holder), now: 0) == .granted) }
        // The first transaction asks for two documents at once.
        _ = try ticket(locks.acquire(b, for: 1, now: 0))
        _ = try ticket(locks.acquire(c, for: 1, now: 0))
        #expect(locks.acquire(a, for: 2, now: 0) == .deadlock)
        #expect(locks.acquire(a, for: 3, now: 0) == .deadlock)
    }

    @Test func whatATransactionAsksForTwiceIsGrantedTogether() throws {
        var locks = DocumentLocks()
        #expect(locks.acquire(a, for: 1, now: 0) == .granted)
        let one = try ticket(locks.acquire(a, for: 2, now: 0))
        let other = try ticket(locks.acquire(a, for: 3, now: 0))
        let two = try ticket(locks.acquire(a, for: 2, now: 0))
        #expect(locks.release([a], of: 1) == [one, two])
        #expect(locks.release([a], of: 2) == [other])
    }

    @Test func waitsOlderThanTheDeadlineAreGivenUpAndNeverGranted() throws {
        var locks = DocumentLocks()
        #expect(locks.acquire(a, for: 1, now: 0) == .granted)
        let old = try ticket(locks.acquire(a, for: 2, now: 10))
        let young = try ticket(locks.acquire(a, for: 3, now: 20))
        #expect(locks.expireWaits(before: 10) == [])
        #expect(locks.expireWaits(before: 11) == [old])
        #expect(locks.expireWaits(before: 11) == [])
        #expect(locks.release([a], of: 1) == [young])
        // The wait that was given up leaves no trace: its transaction can be waited for again.
        #expect(locks.acquire(b, for: 2, now: 30) == .granted)
        _ = try ticket(locks.acquire(b, for: 3, now: 30))
    }

    @Test func plainWaitsEndWhenTheDocumentIsHandedOn() throws {
        var locks = DocumentLocks()
        let whileFree = locks.waitUntilFree(a, now: 0)
        #expect(whileFree == nil)
        #expect(locks.acquire(a, for: 1, now: 0) == .granted)
        let first = locks.waitUntilFree(a, now: 0)
        let second = locks.waitUntilFree(a, now: 0)
        let transaction = try ticket(locks.acquire(a, for: 2, now: 0))
        let last = locks.waitUntilFree(a, now: 0)
        #expect(locks.release([a], of: 1) == [first, second, transaction].compactMap { $0 })
        #expect(locks.isLocked(a))
        #expect(locks.release([a], of: 2) == [last].compactMap { $0 })
        #expect(first != nil && second != nil && last != nil)
        #expect(locks.isEmpty)
    }

    @Test(arguments: 0..<40) func randomHistoriesKeepTheRules(_ seed: Int) {
        var history = LockHistory(seed: UInt64(seed))
        for _ in 0..<400 { history.step() }
        history.finish()
    }
}

/// Plays a random history against the locks and keeps its own book of who holds what.
private struct LockHistory {
    private var random: SeededGenerator
    private var locks = DocumentLocks()
    private var now: Int64 = 0
    private var owner: [DocumentLocks.Key: UInt64] = [:]
    /// Waits that were not answered yet; a plain one has no holder.
    private var pending: [DocumentLocks.Ticket: (key: DocumentLocks.Key, holder: UInt64?, since: Int64)] = [:]
    private var answered: Set<DocumentLocks.Ticket> = []
    /// Transactions that ended while they waited.
    private var ended: Set<UInt64> = []
    private var nextHolder: UInt64 = 7
    private var holders: [UInt64] = [1, 2, 3, 4, 5, 6]
    private let keys = ["a", "b", "c", "d"].map { DocumentLocks.Key(collection: "c", id: $0) }

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func step() {
        now += 1
        let holder = random.choose(holders)
        switch random.below(10) {
        case 0..<5: ask(random.choose(keys), for: holder)
        case 5, 6: end(holder)
        case 7: waitPlainly(random.choose(keys))
        case 8: expire(before: now - Int64(random.below(30)))
        default: break
        }
        checkThatNobodyWaitsForItself()
    }

    mutating func finish() {
        for holder in holders { end(holder) }
        expire(before: now + 1)
        for (_, holder) in owner { end(holder) }
        #expect(pending.isEmpty, "every wait is answered")
        #expect(owner.isEmpty)
        #expect(locks.isEmpty)
    }

    private mutating func ask(_ key: DocumentLocks.Key, for holder: UInt64) {
        // A transaction waits for one document at a time here, as one that awaits each call does.
        guard !pending.values.contains(where: { $0.holder == holder }) else { return }
        let isFree = owner[key] == nil
        let isCircle = reaches(owner[key], holder)
        switch locks.acquire(key, for: holder, now: now) {
        case .granted:
            #expect(isFree || owner[key] == holder, "\(key.id) is held by another")
            owner[key] = holder
        case .deadlock: #expect(isCircle && owner[key] != holder, "a wait was refused that closes no circle")
        case .wait(let ticket):
            #expect(!isFree && !isCircle)
            #expect(pending[ticket] == nil && !answered.contains(ticket))
            pending[ticket] = (key, holder, now)
        }
    }

    private mutating func waitPlainly(_ key: DocumentLocks.Key) {
        let ticket = locks.waitUntilFree(key, now: now)
        #expect((ticket == nil) == (owner[key] == nil))
        if let ticket { pending[ticket] = (key, nil, now) }
    }

    private mutating func end(_ holder: UInt64) {
        if let index = holders.firstIndex(of: holder) {
            holders[index] = nextHolder
            nextHolder += 1
        }
        ended.insert(holder)
        release(owner.filter { $0.value == holder }.map(\.key), of: holder)
    }

    private mutating func release(_ keys: [DocumentLocks.Key], of holder: UInt64) {
        let granted = locks.release(keys, of: holder)
        for key in keys where owner[key] == holder { owner[key] = nil }
        for ticket in granted {
            guard let wait = answer(ticket), let next = wait.holder else { continue }
            #expect(owner[wait.key] == nil || owner[wait.key] == next, "\(wait.key.id) is handed to two")
            owner[wait.key] = next
        }
        for (key, next) in owner where ended.contains(next) { release([key], of: next) }
    }

    private mutating func expire(before deadline: Int64) {
        let due = Set(pending.filter { $0.value.since < deadline }.keys)
        let expired = locks.expireWaits(before: deadline)
        #expect(Set(expired) == due)
        for ticket in expired { answer(ticket) }
    }

    @discardableResult
    private mutating func answer(_ ticket: DocumentLocks.Ticket) -> (key: DocumentLocks.Key, holder: UInt64?, since: Int64)? {
        #expect(answered.insert(ticket).inserted, "ticket \(ticket) was answered twice")
        let wait = pending.removeValue(forKey: ticket)
        #expect(wait != nil, "ticket \(ticket) was never given out")
        return wait
    }

    /// Whether `first` waits for `last`, directly or through others.
    private func reaches(_ first: UInt64?, _ last: UInt64) -> Bool {
        var at = first
        for _ in 0...pending.count {
            guard let holder = at else { return false }
            if holder == last { return true }
            at = pending.values.first { $0.holder == holder }.flatMap { owner[$0.key] }
        }
        return false
    }

    private func checkThatNobodyWaitsForItself() {
        for wait in pending.values {
            guard let holder = wait.holder else { continue }
            #expect(!reaches(owner[wait.key], holder), "transactions wait for each other in a circle")
        }
    }
}
