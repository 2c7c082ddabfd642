internal import HTTPSupport
public import Kernel
internal import Storage

extension Coupons {
    /// What somebody wants to see of the ledger.
    public struct EntriesWanted: Sendable {
        /// Behind the step with this number.
        public var after: Int64 = 0
        /// Of this batch only.
        public var batch: String?
        /// Of this coupon only.
        public var coupon: String?
        /// From this moment on, in milliseconds since 1970.
        public var from: Int64?
        /// Before this moment.
        public var until: Int64?
        /// How many at most.
        public var limit = 100

        /// All steps from the first one on.
        public init() {}
    }

    /// Steps of the ledger in their order, for growth analysis, reconciliation and whoever follows what happens.
    /// - Parameter isFresh: whether what has just happened is waited for; otherwise it comes within a second where there is no rush.
    /// - Returns: `{"entries":[{"number":1,"step":"claim",…}],"next":1}`; `next` is what to ask behind.
    public func entries(_ wanted: EntriesWanted, isFresh: Bool = true, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        var query = EntryQuery(after: wanted.after, from: wanted.from, until: wanted.until, limit: wanted.limit)
        if let id = wanted.batch { query.batch = try await found(id, store).number }
        if let id = wanted.coupon {
            guard let number = store.numbers.number(id) else { throw SampanError.noCoupon(id) }
            query.coupon = number
        }
        if isFresh { try await store.settleNow() }
        let entries = try await readingAside(store) { [query] in try $0.entries(query) }
        let batches = try await store.ledger { ledger in ledger.batches.map(\.id) }
        return [
            "entries": .array(entries.map { Self.shown($0, batches, store) }), "next": .int(entries.last?.sequence ?? wanted.after),
        ]
    }

    /// The number of the newest step that is in the tables.
    public func lastEntry(_ environment: EnvironmentID) throws -> Int64 {
        try store(environment).database.read { try CouponTables(connection: $0).lastEntry() }
    }

    /// Steps that are in the tables, in their order, for whoever follows them; empty where a batch is not known.
    /// - Parameter batch: of one batch, or of all where it is empty.
    public func settledEntries(of batch: String, after number: Int64, limit: Int, _ environment: EnvironmentID) throws -> [JSON] {
        let store = try store(environment)
        // After a failed commit nothing is known for a moment: then there is nothing to tell either.
        guard let batches = store.writer.memory.look({ $0.batches.map(\.id) }) else { return [] }
        var query = EntryQuery(after: number, limit: limit)
        if !batch.isEmpty {
            guard let index = batches.firstIndex(of: batch) else { return [] }
            query.batch = Int64(index) + 1
        }
        let entries = try store.database.read { [query] in try CouponTables(connection: $0).entries(query) }
        return entries.map { Self.shown($0, batches, store) }
    }

    private static let lookedAtMax = 20_000
    private static let pieceMax = 1000

    /// A batch's coupons in the order of their claims.
    /// - Parameter after: the id of the coupon behind which to go on; empty for the first ones.
    /// - Returns: `{"coupons":[…],"next":"cpn-…"}`; without `next` these were the last.
    public func coupons(
        ofBatch id: String, after: String, status: CouponAccount?, limit: Int, _ environment: EnvironmentID
    ) async throws -> JSON {
        let store = try store(environment)
        let batch = try await found(id, store)
        guard let number = after.isEmpty ? 0 : store.numbers.number(after) else { throw SampanError.noCoupon(after) }
        try await store.settleNow()
        let now = clock.now()
        // Those of another status are passed by, so many in one answer and no more: `next` goes on from there.
        let (coupons, last) = try await readingAside(store) { tables in
            var (found, last, looked): ([Coupon], Int64?, Int) = ([], number, 0)
            while found.count < limit, looked < Self.lookedAtMax, let from = last {
                let piece = try tables.coupons(ofBatch: batch.number, after: from, limit: Self.pieceMax)
                looked += piece.count
                last = piece.count < Self.pieceMax ? nil : piece.last?.number
                for coupon in piece where status == nil || coupon.standing(at: now) == status {
                    guard found.count < limit else {
                        last = found.last?.number
                        break
                    }
                    found.append(coupon)
                }
            }
            return (found, last)
        }
        let shown = coupons.map { ($0, batch) }
        let codes = try await codes(of: shown.map(\.0), store)
        var json: JSONObject = [
            "coupons": .array(
                shown.map { coupon, batch in
                    var json = self.shown(coupon, batch: batch, store, code: codes[coupon.number], now: now).objectValue ?? [:]
                    json["user"] = .string(coupon.user)
                    return .object(json)
                })
        ]
        if let last { json["next"] = .string(store.numbers.id(last)) }
        return .object(json)
    }

    static func shown(_ entry: SettledEntry, _ batches: [String], _ store: EnvironmentCoupons) -> JSON {
        var json: JSONObject = ["number": .int(entry.sequence), "step": .string(entry.kind.word), "at": .int(entry.at)]
        if entry.batch >= 1, entry.batch <= batches.count { json["batch"] = .string(batches[Int(entry.batch) - 1]) }
        guard entry.kind != .batch else { return .object(json) }
        json["coupon"] = .string(store.numbers.id(entry.coupon))
        json["user"] = .string(entry.user)
        json["status"] = .string(entry.account.word)
        json["amount"] = .int(entry.amount)
        json["balance"] = .int(entry.balance)
        // A claim has its device where other steps have their order.
        if entry.kind != .claim, !entry.order.isEmpty { json["order"] = .string(entry.order) }
        if !entry.key.isEmpty { json["outBizNo"] = .string(entry.clientKey) }
        if !entry.place.isEmpty { json[entry.kind == .claim ? "channel" : "shop"] = .string(entry.place) }
        if entry.inviter != 0 { json["inviter"] = .string(store.numbers.id(entry.inviter)) }
        return .object(json)
    }
}

extension SettledEntry {
    /// The `outBizNo` as it was sent: those of clients lie behind their user.
    var clientKey: String { key.split(separator: "\u{1}", omittingEmptySubsequences: false).last.map(String.init) ?? key }
}
