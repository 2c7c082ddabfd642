/// What went from the journal into the tables at once.
struct SettledPiece: Sendable {
    /// The page before the first one, and the last.
    var after: Int64
    var page: Int64
    /// The last coupon that is in tables.
    var coupon: Int64
    var entries = 0
    /// Which coupons and steps they are about.
    var coupons: [Int64] = []
    var steps: [Ledger.StepKey] = []
}

/// The coupons and batches that some entries of the journal are about: as tables have them, and then as the entries leave them.
struct SettlingPiece {
    private(set) var coupons: [Int64: Coupon] = [:]
    private(set) var batches: [Int64: Batch] = [:]

    /// Which coupons and batches must be read from tables.
    static func needs(_ entries: [(LedgerEntry, Int64)]) -> (coupons: Set<Int64>, batches: Set<Int64>) {
        var claimed: Set<Int64> = []
        var changed: Set<Int64> = []
        for (entry, _) in entries where entry.kind != .batch {
            if entry.kind == .claim { claimed.insert(entry.coupon) } else { changed.insert(entry.coupon) }
        }
        return (changed.subtracting(claimed), Set(entries.map(\.0.batch)))
    }

    /// The steps that are known again by their `outBizNo`.
    static func steps(_ entries: [(LedgerEntry, Int64)]) -> [Ledger.StepKey] {
        entries.compactMap { entry, _ in
            entry.kind == .claim || entry.kind == .batch || entry.key.isEmpty ? nil : Ledger.StepKey(kind: entry.kind, key: entry.key)
        }
    }

    init(_ coupons: [Coupon], _ batches: [Batch]) {
        for coupon in coupons { self.coupons[coupon.number] = coupon }
        for batch in batches { self.batches[batch.number] = batch }
    }

    /// Does what an entry says.
    mutating func take(_ entry: LedgerEntry, _ page: Int64) throws {
        if entry.kind == .batch {
            var batch = try Batch(record: entry.text)
            if let known = batches[batch.number] {
                batch.accounts = known.accounts
                batch.claimed = known.claimed
            }
            batches[batch.number] = batch
            return
        }
        guard var batch = batches.removeValue(forKey: entry.batch) else { throw JournalPage.Damage.form }
        if entry.kind == .claim {
            let coupon = Coupon(entry, page: page)
            batch.add(coupon)
            coupons[coupon.number] = coupon
        } else {
            guard var coupon = coupons.removeValue(forKey: entry.coupon) else { throw JournalPage.Damage.form }
            coupon.page = page
            coupon.take(entry, &batch.accounts)
            coupons[coupon.number] = coupon
        }
        batches[entry.batch] = batch
    }
}
