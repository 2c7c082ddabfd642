internal import Kernel
internal import Storage

/// A step as the ledger's table has it.
struct SettledEntry: Sendable {
    let sequence: Int64
    let kind: LedgerEntry.Kind
    let batch: Int64
    let coupon: Int64
    let at: Int64
    let account: CouponAccount
    let amount: Int64
    let balance: Int64
    let order: String
    let user: String
    let key: String
    let place: String
    let inviter: Int64
}

/// Which steps somebody wants to see.
struct EntryQuery: Sendable {
    /// Behind this step.
    var after: Int64 = 0
    var batch: Int64?
    var coupon: Int64?
    var from: Int64?
    var until: Int64?
    var limit = 100
}

/// What all steps of one kind come to.
struct EntrySum: Sendable {
    /// Days since 1970 by the batch's clock; 0 in sums by place.
    let day: Int64
    /// Empty in sums by day.
    let place: String
    let kind: LedgerEntry.Kind
    let count: Int64
    let amount: Int64
}

extension CouponTables {
    func entries(_ query: EntryQuery) throws -> [SettledEntry] {
        var conditions = ["e.seq > $1"]
        var values: [SQLValue] = [.int(query.after)]
        func add(_ condition: String, _ value: Int64?) {
            guard let value else { return }
            values.append(.int(value))
            conditions.append("\(condition) $\(values.count)")
        }
        add("e.batch =", query.batch)
        add("e.coupon =", query.coupon)
        add("e.at >=", query.from)
        add("e.at <", query.until)
        values.append(.int(Int64(query.limit)))
        var entries: [SettledEntry] = []
        // A batch's own steps have its record as text, which no reader of steps wants.
        try connection.rows(
            """
            SELECT e.seq, e.kind, e.batch, e.coupon, e.at, e.account, e.amount, e.balance, e.ord, COALESCE(c.holder, ''), e.step_key, e.place, e.inviter
            FROM entries e LEFT JOIN coupons c ON c.number = e.coupon WHERE \(conditions.joined(separator: " AND ")) ORDER BY e.seq LIMIT $\(values.count)
            """, values
        ) { row in
            guard let kind = LedgerEntry.Kind(rawValue: UInt8(clamping: row.int(1))), let account = CouponAccount(rawValue: UInt8(clamping: row.int(5))) else {
                throw StorageError.damaged("a step's kind")
            }
            entries.append(
                SettledEntry(
                    sequence: row.int(0), kind: kind, batch: row.int(2), coupon: row.int(3), at: row.int(4), account: account, amount: row.int(6),
                    balance: row.int(7), order: row.text(8), user: row.text(9), key: row.text(10), place: row.text(11), inviter: row.int(12)))
            return true
        }
        return entries
    }

    /// The number of the newest step.
    func lastEntry() throws -> Int64 { try connection.first("SELECT COALESCE(max(seq), 0) FROM entries") { $0.int(0) } ?? 0 }

    /// A batch's coupons in the order of their claims, behind one.
    func coupons(ofBatch batch: Int64, after number: Int64, limit: Int) throws -> [Coupon] {
        try connection.all(
            "SELECT \(Self.columns) FROM coupons WHERE batch = $1 AND number > $2 ORDER BY number LIMIT $3", .int(batch), .int(number), .int(Int64(limit)),
            transform: Self.coupon)
    }

    /// All coupons in the order of their claims, behind one.
    func coupons(behind number: Int64, limit: Int) throws -> [Coupon] {
        try connection.all(
            "SELECT \(Self.columns) FROM coupons WHERE number > $1 ORDER BY number LIMIT $2", .int(number), .int(Int64(limit)), transform: Self.coupon)
    }

    /// Sums by day and kind.
    func sums(ofBatch batch: Int64, from: Int64, until: Int64, zoneMilliseconds: Int64) throws -> [EntrySum] {
        try sums(day: "(at + \(zoneMilliseconds)) / 86400000", place: "''", batch, from, until)
    }

    /// Sums by place and kind: claims by channel, uses and refunds by shop.
    func sumsByPlace(ofBatch batch: Int64, from: Int64, until: Int64) throws -> [EntrySum] { try sums(day: "0", place: "place", batch, from, until) }

    private func sums(day: String, place: String, _ batch: Int64, _ from: Int64, _ until: Int64) throws -> [EntrySum] {
        var sums: [EntrySum] = []
        try connection.rows(
            """
            SELECT \(day) AS day, \(place) AS spot, kind, count(*), CAST(COALESCE(sum(amount), 0) AS BIGINT) FROM entries
            WHERE batch = $1 AND at >= $2 AND at < $3 AND kind <> 10 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """, [.int(batch), .int(from), .int(until)]
        ) { row in
            guard let kind = LedgerEntry.Kind(rawValue: UInt8(clamping: row.int(2))) else { throw StorageError.damaged("a step's kind") }
            sums.append(EntrySum(day: row.int(0), place: row.text(1), kind: kind, count: row.int(3), amount: row.int(4)))
            return true
        }
        return sums
    }

    /// How many people a coupon's user has brought.
    func invited(by coupon: Int64) throws -> Int64 {
        try connection.first("SELECT count(DISTINCT holder) FROM entries WHERE inviter <> 0 AND inviter = $1", .int(coupon)) { $0.int(0) } ?? 0
    }
}
