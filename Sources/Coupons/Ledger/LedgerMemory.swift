internal import Synchronization

/// The ledger as this node holds it in memory, which runs ahead of the disk by at most the commit that is under way.
///
/// Changed in the writer's turn only; looked at by anybody.
final class LedgerMemory: Sendable {
    private struct Held {
        var ledger = Ledger()
        /// False before the first turn, and after one that failed: then the disk has to be read.
        var isKnown = false
        var questions: UInt64 = 0
    }

    private let held = Mutex(Held())
    /// Stays when the ledger is read again: who has settled coupons has them for good.
    let holders = SettledHolders()

    /// Nothing is known.
    struct Unknown: Error {}

    var isKnown: Bool { held.withLock { $0.isKnown } }

    /// How often it was looked at since the start.
    var questions: UInt64 { held.withLock { $0.questions } }

    /// How many entries wait to be settled.
    var unsettled: Int { held.withLock { $0.isKnown ? $0.ledger.unsettled : 0 } }

    /// How many coupons are held of which nothing waits to be settled.
    var spare: Int { held.withLock { $0.isKnown ? $0.ledger.spare : 0 } }

    /// What `body` finds; `nil` where nothing is known, or it finds nothing.
    func look<T>(_ body: (borrowing Ledger) throws -> sending T?) rethrows -> T? {
        try held.withLock { held in
            held.questions &+= 1
            return held.isKnown ? try body(held.ledger) : nil
        }
    }

    func change<T>(_ body: (inout Ledger) throws -> sending T) throws -> T {
        try held.withLock { held in
            guard held.isKnown else { throw Unknown() }
            return try body(&held.ledger)
        }
    }

    /// Forgets what is known to be in tables.
    ///
    /// In the writer's turn only.
    func forget(_ piece: SettledPiece) throws {
        if try change({ $0.settled(piece) }) { return }
        try forgetAll(through: piece)
    }

    /// Forgets all that is in tables, also what was loaded to decide something.
    ///
    /// That takes long where much is held, so it is done to a copy, and nobody waits for it. In the writer's turn only, since whatever changes
    /// between would be lost.
    func forgetAll(through piece: SettledPiece) throws {
        var next = try change { $0 }
        next.settled(through: piece.page, coupon: piece.coupon)
        let made = next
        // What was there goes after the lock is free.
        let old = try change { ledger in
            defer { ledger = made }
            return ledger
        }
        withExtendedLifetime(old) {}
    }

    /// Begins with what tables say.
    func begin(_ settled: SettledState) {
        held.withLock { held in
            held.ledger = Ledger(settled, holders: self.holders)
            held.isKnown = true
        }
    }

    /// Everything in here is on disk.
    func committed() { held.withLock { $0.ledger.durablePage = $0.ledger.page } }

    /// What is in here may never have reached the disk.
    func forget() {
        held.withLock { held in
            held.ledger = Ledger()
            held.isKnown = false
        }
    }
}
