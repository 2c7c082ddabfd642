internal import Kernel
internal import Synchronization

/// The open transactions of one environment and the documents they hold.
///
/// Transactions are pessimistic: a document that one has read or written is locked until it ends. Writes stay in memory
/// until the commit, which checks once more that nothing under them has changed.
final class TransactionTable: Sendable {
    private struct State {
        var locks = DocumentLocks()
        var open: [UInt64: OpenTransaction] = [:]
        var scopes: [UInt64: Scope] = [:]
        var waiting: [DocumentLocks.Ticket: CheckedContinuation<Bool, Never>] = [:]
        var lastID: UInt64 = 0
    }

    /// What one invocation has begun.
    private struct Scope {
        var open: [UInt64] = []
        /// By the names that the function gave; `nil` for those that have ended, which may not begin again.
        var named: [String: OpenTransaction?] = [:]
    }

    /// What the transactions of keys have in common, which no invocation has.
    static let scopeOfKeys = UInt64.max

    private static let openMax = 1000
    private static let namedMax = 1000
    /// What the names that this table gives begin with.
    ///
    /// Another node, or the same one after a restart, counts from one as well: a name that was given there must be
    /// unknown here, not somebody else's transaction.
    private let prefix = "t-\(RandomText.make(10, alphabet: RandomText.readable))-"
    private let state = Mutex(State())
    private let limits: Limits

    init(limits: Limits) { self.limits = limits }

    /// Begins a transaction that ends with `scope` at the latest.
    func begin(scope: UInt64, now: Int64) throws -> OpenTransaction {
        try state.withLock { try begin(&$0, name: nil, scope: scope, now: now) }
    }

    /// The open transaction called `name` of `scope`.
    ///
    /// A name that begins with `c-` is the function's own: its first operation begins the transaction, which saves a
    /// round trip; once ended, the name is used up. Keys have no such names: there would be no end to remembering them.
    func find(_ name: String, scope: UInt64, now: Int64) throws -> OpenTransaction {
        try state.withLock { state in
            if name.hasPrefix("c-"), scope != Self.scopeOfKeys {
                if let known = state.scopes[scope]?.named[name] {
                    guard let open = known else { throw SampanError.noTransaction }
                    return open
                }
                return try begin(&state, name: name, scope: scope, now: now)
            }
            guard name.hasPrefix(prefix), let id = UInt64(name.dropFirst(prefix.count)), let found = state.open[id], found.scope == scope else {
                throw SampanError.noTransaction
            }
            return found
        }
    }

    private func begin(_ state: inout State, name: String?, scope: UInt64, now: Int64) throws -> OpenTransaction {
        guard state.open.count < Self.openMax, state.scopes[scope]?.named.count ?? 0 < Self.namedMax, name?.utf8.count ?? 0 <= 40 else {
            throw SampanError.writesWaiting
        }
        state.lastID += 1
        let transaction = OpenTransaction(id: state.lastID, name: name ?? prefix + String(state.lastID), scope: scope, startedAt: now)
        state.open[transaction.id] = transaction
        state.scopes[scope, default: Scope()].open.append(transaction.id)
        if let name { state.scopes[scope]?.named[name] = .some(transaction) }
        return transaction
    }

    /// Locks a document for a transaction, waiting for its turn.
    func lock(_ key: DocumentLocks.Key, for transaction: OpenTransaction, now: Int64) async throws {
        if transaction.holds(key) { return }
        let granted = await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                switch state.locks.acquire(key, for: transaction.id, now: now) {
                case .granted: return true
                case .deadlock: return false
                case .wait(let ticket):
                    state.waiting[ticket] = continuation
                    return nil
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard granted else { throw SampanError.transactionConflict }
        guard transaction.hold(key) else {
            // It ended while it waited: nobody would free this lock any more.
            free([key], of: transaction.id)
            throw SampanError.noTransaction
        }
    }

    /// Whether a plain write may touch the document now.
    ///
    /// Called by the writer.
    func isFree(_ key: DocumentLocks.Key) -> Bool { state.withLock { $0.locks.isEmpty || !$0.locks.isLocked(key) } }

    /// Returns when the document is free.
    /// - Throws: `TRANSACTION_CONFLICT` when that takes too long.
    func waitUntilFree(_ key: DocumentLocks.Key, now: Int64) async throws {
        let free = await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard let ticket = state.locks.waitUntilFree(key, now: now) else { return true }
                state.waiting[ticket] = continuation
                return false
            }
            if isFree { continuation.resume(returning: true) }
        }
        guard free else { throw SampanError.transactionConflict }
    }

    /// Ends a transaction: its locks go to whoever waits.
    func end(_ transaction: OpenTransaction) {
        state.withLock { state in
            state.open[transaction.id] = nil
            state.scopes[transaction.scope]?.open.removeAll { $0 == transaction.id }
            if state.scopes[transaction.scope]?.named[transaction.name] != nil {
                state.scopes[transaction.scope]?.named[transaction.name] = .some(nil)
            } else if state.scopes[transaction.scope]?.open.isEmpty == true, state.scopes[transaction.scope]?.named.isEmpty == true {
                state.scopes[transaction.scope] = nil
            }
        }
        free(transaction.close(), of: transaction.id)
    }

    /// Ends what `scope` left open.
    func endScope(_ scope: UInt64) {
        let left = state.withLock { state in
            guard let ended = state.scopes.removeValue(forKey: scope) else { return [OpenTransaction]() }
            return ended.open.compactMap { state.open[$0] }
        }
        left.forEach(end)
    }

    /// Ends transactions and waits that took too long.
    func sweep(now: Int64) {
        let (old, expired) = state.withLock { state in
            let old = state.open.values.filter { $0.startedAt < now - Int64(limits.transactionMillisecondsMax) }
            let tickets = state.locks.expireWaits(before: now - Int64(limits.lockWaitMillisecondsMax))
            return (old, tickets.compactMap { state.waiting.removeValue(forKey: $0) })
        }
        expired.forEach { $0.resume(returning: false) }
        old.forEach(end)
    }

    private func free(_ keys: some Sequence<DocumentLocks.Key>, of holder: UInt64) {
        let granted = state.withLock { state in
            state.locks.release(keys, of: holder).compactMap { state.waiting.removeValue(forKey: $0) }
        }
        granted.forEach { $0.resume(returning: true) }
    }
}

/// One transaction: the documents it holds, as they were and as they will be.
final class OpenTransaction: Sendable {
    /// A document of the transaction.
    struct Entry: Sendable {
        /// As it was when it was read; `nil` when there was none.
        let original: (seq: Int64, document: JSONObject, bytes: [UInt8])?
        /// As it is to be; `nil` when it is to be gone.
        var current: JSONObject?
        var isChanged = false
        /// Its id was made by this transaction: it cannot have been there before.
        var isMade = false

        static let made = Entry(original: nil, current: nil, isMade: true)
    }

    private struct State {
        var held: Set<DocumentLocks.Key> = []
        var entries: [DocumentLocks.Key: Entry] = [:]
        var order: [DocumentLocks.Key] = []
        /// The moment that queries see, once there was one.
        var view: TransactionView?
        var isClosed = false
    }

    let id: UInt64
    let name: String
    let scope: UInt64
    let startedAt: Int64
    private let state = Mutex(State())

    init(id: UInt64, name: String, scope: UInt64, startedAt: Int64) {
        self.id = id
        self.name = name
        self.scope = scope
        self.startedAt = startedAt
    }

    func holds(_ key: DocumentLocks.Key) -> Bool { state.withLock { !$0.isClosed && $0.held.contains(key) } }

    /// Remembers a lock; `false` when the transaction has ended.
    func hold(_ key: DocumentLocks.Key) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.held.insert(key) }
            return !state.isClosed
        }
    }

    /// Works on the document `key`, which is read with `load` the first time.
    /// - Parameter view: the moment that `load` reads.
    /// - Returns: `nil` where the transaction sees another moment by now, so that the document has to be read again.
    func change<T>(_ key: DocumentLocks.Key, in view: TransactionView?, load: () throws -> Entry, _ body: (inout Entry) throws -> T) throws -> T? {
        try state.withLock { state in
            guard !state.isClosed else { throw SampanError.noTransaction }
            guard state.view === view else { return nil }
            var entry: Entry
            if let known = state.entries[key] {
                entry = known
            } else {
                entry = try load()
                state.order.append(key)
            }
            let result = try body(&entry)
            state.entries[key] = entry
            return result
        }
    }

    /// The moment that it sees; `nil` while it has not queried anything: what it has read by id is locked, and so still true.
    var view: TransactionView? { state.withLock { $0.view } }

    func knows(_ key: DocumentLocks.Key) -> Bool { state.withLock { $0.entries[key] != nil } }

    /// Lets it see the moment `view` from now on.
    /// - Parameter count: how many documents it had touched when it was made sure that they are the same in that moment.
    /// - Returns: the moment that it sees; `nil` where it has touched more meanwhile.
    func see(_ view: TransactionView, having count: Int) throws -> TransactionView? {
        try state.withLock { state in
            guard !state.isClosed else { throw SampanError.noTransaction }
            if let earlier = state.view { return earlier }
            guard state.order.count == count else { return nil }
            state.view = view
            return view
        }
    }

    /// What it has written, by collection.
    func written() throws -> [String: WrittenDocuments] {
        var written: [String: WrittenDocuments] = [:]
        for (key, entry) in try entries() where entry.isChanged {
            if let seq = entry.original?.seq { written[key.collection, default: WrittenDocuments()].hidden.insert(seq) }
            if let document = entry.current { written[key.collection, default: WrittenDocuments()].documents.append(document) }
        }
        return written
    }

    /// Everything it touched, in order.
    func entries() throws -> [(DocumentLocks.Key, Entry)] {
        try state.withLock { state in
            guard !state.isClosed else { throw SampanError.noTransaction }
            return state.order.compactMap { key in state.entries[key].map { (key, $0) } }
        }
    }

    /// Ends it; answers the locks that must be freed.
    func close() -> Set<DocumentLocks.Key> {
        state.withLock { state in
            state.isClosed = true
            defer {
                state.held = []
                state.view = nil
            }
            return state.held
        }
    }
}
