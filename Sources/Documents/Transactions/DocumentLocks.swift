/// Which transaction holds which document, and who waits for it: a pure value.
///
/// Locks are handed over in the order in which they were asked for. A wait that would close a circle is refused at once.
struct DocumentLocks {
    /// A document of a collection.
    struct Key: Hashable, Sendable {
        let collection: String
        let id: String
    }

    typealias Holder = UInt64
    typealias Ticket = UInt64

    /// What asking for a lock leads to.
    enum Answer: Equatable {
        case granted
        case wait(Ticket)
        case deadlock
    }

    private struct Waiter {
        let ticket: Ticket
        /// `nil` for a plain write, which only waits for the document to be free.
        let holder: Holder?
        let since: Int64
    }

    private struct Lock {
        var holder: Holder
        var waiters: [Waiter] = []
    }

    private var locks: [Key: Lock] = [:]
    /// The documents that a transaction waits for: several, when it asks for several at once.
    private var waitsFor: [Holder: [Key]] = [:]
    private var lastTicket: Ticket = 0

    /// Whether nothing at all is locked: the common case of a plain write.
    var isEmpty: Bool { locks.isEmpty }

    func isLocked(_ key: Key) -> Bool { locks[key] != nil }

    /// Asks for `key` on behalf of a transaction.
    mutating func acquire(_ key: Key, for holder: Holder, now: Int64) -> Answer {
        guard let lock = locks[key] else {
            locks[key] = Lock(holder: holder)
            return .granted
        }
        if lock.holder == holder { return .granted }
        if closesCircle(from: lock.holder, to: holder) { return .deadlock }
        waitsFor[holder, default: []].append(key)
        return .wait(enqueue(Waiter(ticket: nextTicket(), holder: holder, since: now), key))
    }

    /// Waits until `key` is free, without taking it; `nil` when it is free now.
    mutating func waitUntilFree(_ key: Key, now: Int64) -> Ticket? {
        guard locks[key] != nil else { return nil }
        return enqueue(Waiter(ticket: nextTicket(), holder: nil, since: now), key)
    }

    /// Frees every lock of `holder`.
    /// - Returns: the tickets whose wait is over.
    mutating func release(_ keys: some Sequence<Key>, of holder: Holder) -> [Ticket] {
        var granted: [Ticket] = []
        for key in keys {
            guard var lock = locks[key], lock.holder == holder else { continue }
            var next: Holder?
            while next == nil, !lock.waiters.isEmpty {
                let waiter = lock.waiters.removeFirst()
                granted.append(waiter.ticket)
                next = waiter.holder
            }
            guard let next else {
                locks[key] = nil
                continue
            }
            lock.holder = next
            // What the same transaction asked for a second time is granted with the first.
            granted += lock.waiters.filter { $0.holder == next }.map(\.ticket)
            lock.waiters.removeAll { $0.holder == next }
            noLonger(next, waitsFor: key)
            locks[key] = lock
        }
        return granted
    }

    /// Gives up waits older than `deadline`.
    /// - Returns: their tickets.
    mutating func expireWaits(before deadline: Int64) -> [Ticket] {
        var expired: [Ticket] = []
        for (key, lock) in locks where lock.waiters.contains(where: { $0.since < deadline }) {
            for waiter in lock.waiters where waiter.since < deadline {
                expired.append(waiter.ticket)
            }
            locks[key]?.waiters.removeAll { $0.since < deadline }
            for case let holder? in lock.waiters.map(\.holder) where locks[key]?.waiters.contains(where: { $0.holder == holder }) == false {
                noLonger(holder, waitsFor: key)
            }
        }
        return expired
    }

    private mutating func nextTicket() -> Ticket {
        lastTicket += 1
        return lastTicket
    }

    private mutating func enqueue(_ waiter: Waiter, _ key: Key) -> Ticket {
        locks[key]?.waiters.append(waiter)
        return waiter.ticket
    }

    private mutating func noLonger(_ holder: Holder, waitsFor key: Key) {
        waitsFor[holder]?.removeAll { $0 == key }
        if waitsFor[holder]?.isEmpty == true { waitsFor[holder] = nil }
    }

    /// Whether `asker` is among those that `first` waits for, directly or through others.
    private func closesCircle(from first: Holder, to asker: Holder) -> Bool {
        var seen: Set<Holder> = []
        var left = [first]
        while let holder = left.popLast() {
            if holder == asker { return true }
            guard seen.insert(holder).inserted else { continue }
            left += (waitsFor[holder] ?? []).compactMap { locks[$0]?.holder }
        }
        return false
    }
}
