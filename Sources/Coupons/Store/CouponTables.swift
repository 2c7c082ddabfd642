internal import Kernel
internal import Storage

/// The journal and the tables, through one connection.
struct CouponTables: LedgerStore {
    let connection: Connection

    func settled() throws -> SettledState {
        var state = SettledState()
        try connection.rows("SELECT page, next_coupon FROM settling") { row in
            state.page = row.int(0)
            state.nextCoupon = row.int(1)
            return false
        }
        state.batches = try connection.all("SELECT \(Self.batchColumns) FROM batches ORDER BY number", transform: Self.batch)
        return state
    }

    private static let batchColumns = "record, held, locked, redeemed, expired, voided, reserved, spent"

    private static func batch(_ row: Row) throws -> Batch {
        var batch = try Batch(record: row.text(0))
        batch.accounts = Batch.Accounts(
            held: row.int(1), locked: row.int(2), redeemed: row.int(3), expired: row.int(4), voided: row.int(5), reserved: row.int(6), spent: row.int(7))
        batch.claimed = batch.accounts.claimed
        return batch
    }

    func pages(after page: Int64, _ each: (Int64, UnsafeRawBufferPointer) throws -> Void) throws {
        // One statement, since on PostgreSQL it is made in every turn: where somebody stands, and what is new.
        try connection.rows(
            "SELECT page, NULL FROM settling WHERE page > $1 UNION ALL SELECT page, bytes FROM journal WHERE page > $1 ORDER BY 1", [.int(page)]
        ) { row in
            if row.isNull(1) { throw LedgerBehind() }
            try row.withBytes(1) { try each(row.int(0), $0) }
            return true
        }
    }

    func append(_ bytes: [UInt8], at page: Int64) throws {
        try connection.execute("INSERT INTO journal (page, bytes) VALUES ($1, $2)", .int(page), .blob(bytes))
    }

    static let columns =
        "number, batch, holder, claim_key, claim_hash, device, claimed_at, valid_from, valid_until, reserve, code, account, is_frozen, ord, locked_until, balance, uses, page"

    func coupons(_ numbers: Set<Int64>) throws -> [Coupon] {
        let list = JSON.array(numbers.map { [.int($0)] })
        return try coupons("CAST(value ->> 0 AS BIGINT) = number", list)
    }

    func coupons(of takers: Set<Ledger.TakerKey>) throws -> [Coupon] {
        var (devices, holders, codes): ([JSON], [JSON], [JSON]) = ([], [], [])
        for taker in takers {
            switch taker.kind {
            case .device(let device): devices.append([.int(taker.batch), .string(device)])
            case .code(let code): codes.append([.int(taker.batch), .int(code)])
            case .user(let user): holders.append([.int(taker.batch), .string(user)])
            }
        }
        var coupons: [Coupon] = []
        if !holders.isEmpty { coupons += try self.coupons("holder = value ->> 1 AND batch = CAST(value ->> 0 AS BIGINT)", .array(holders)) }
        if !devices.isEmpty {
            coupons += try self.coupons("device <> '' AND device = value ->> 1 AND batch = CAST(value ->> 0 AS BIGINT)", .array(devices))
        }
        if !codes.isEmpty {
            coupons += try self.coupons("code >= 0 AND code = CAST(value ->> 1 AS BIGINT) AND batch = CAST(value ->> 0 AS BIGINT)", .array(codes))
        }
        return coupons
    }

    private func coupons(_ condition: String, _ list: JSON) throws -> [Coupon] {
        let dialect = connection.dialect
        return try connection.all(
            "SELECT \(Self.columns) FROM \(dialect.rows(ofJSON: "$1")) \(dialect.orderedJoin) coupons \(dialect == .sqlite ? "WHERE" : "ON") \(condition)",
            .text(String(decoding: list.serialized(), as: UTF8.self)), transform: Self.coupon)
    }

    func holders(behind number: Int64, atMost count: Int) throws -> (keys: [Ledger.TakerKey], through: Int64)? {
        var keys: [Ledger.TakerKey] = []
        var last: Int64?
        try connection.rows(
            "SELECT number, batch, holder, device, code FROM coupons WHERE number > $1 ORDER BY number LIMIT $2", [.int(number), .int(Int64(count))]
        ) { row in
            last = row.int(0)
            keys += Ledger.TakerKey.all(batch: row.int(1), user: row.text(2), device: row.text(3), code: row.int(4))
            return true
        }
        return last.map { (keys, $0) }
    }

    /// All settled coupons of a user.
    func coupons(ofUser user: String) throws -> [Coupon] {
        try connection.all("SELECT \(Self.columns) FROM coupons WHERE holder = $1", .text(user), transform: Self.coupon)
    }

    static func coupon(_ row: Row) throws -> Coupon {
        guard let account = CouponAccount(rawValue: UInt8(clamping: row.int(11))) else { throw StorageError.damaged("a coupon's account") }
        var coupon = Coupon(
            number: row.int(0), batch: row.int(1), user: row.text(2), claimKey: row.text(3), claimHash: UInt64(bitPattern: row.int(4)), device: row.text(5),
            claimedAt: row.int(6), from: row.int(7), until: row.int(8), reserve: row.int(9), code: row.int(10), balance: row.int(15))
        coupon.account = account
        coupon.isFrozen = row.int(12) != 0
        coupon.order = row.text(13)
        coupon.lockedUntil = row.int(14)
        coupon.uses = try Coupon.uses(row.text(16))
        coupon.page = row.int(17)
        return coupon
    }

    func steps(_ keys: Set<Ledger.StepKey>) throws -> [Ledger.StepKey: Ledger.Step] {
        let list = JSON.array(keys.map { [.string($0.key), .int(Int64($0.kind.rawValue))] })
        let dialect = connection.dialect
        var steps: [Ledger.StepKey: Ledger.Step] = [:]
        try connection.rows(
            """
            SELECT kind, step_key, step_hash, coupon, batch, at, account, amount, balance, page FROM \(dialect.rows(ofJSON: "$1"))
            \(dialect.orderedJoin) entries \(dialect == .sqlite ? "WHERE" : "ON")
            step_key <> '' AND kind <> 1 AND step_key = value ->> 0 AND kind = CAST(value ->> 1 AS BIGINT) ORDER BY seq
            """, [.text(String(decoding: list.serialized(), as: UTF8.self))]
        ) { row in
            guard let kind = LedgerEntry.Kind(rawValue: UInt8(clamping: row.int(0))), let account = CouponAccount(rawValue: UInt8(clamping: row.int(6))) else {
                throw StorageError.damaged("a step's kind")
            }
            let key = Ledger.StepKey(kind: kind, key: row.text(1))
            let receipt = Receipt(
                coupon: row.int(3), batch: row.int(4), at: row.int(5), account: account, amount: row.int(7), balance: row.int(8))
            steps[key, default: Ledger.Step(hash: UInt64(bitPattern: row.int(2)), receipts: [], page: row.int(9))].receipts.append(receipt)
            return true
        }
        return steps
    }

    /// Coupons that are held, or locked, and whose time, or whose lock's time, was over at a moment; the oldest first, behind `last`.
    func due(_ account: CouponAccount, _ now: Int64, after last: DueCoupon, atMost count: Int) throws -> [DueCoupon] {
        let column = account == .locked ? "locked_until" : "valid_until"
        // The account is not a parameter: the index has a part of the rows only.
        return try connection.all(
            """
            SELECT \(column), number FROM coupons WHERE account = \(account.rawValue) AND \(column) <= $1 AND (\(column), number) > ($2, $3)
            ORDER BY \(column), number LIMIT $4
            """, .int(now), .int(last.at), .int(last.number), .int(Int64(count))
        ) { DueCoupon(at: $0.int(0), number: $0.int(1)) }
    }
}

/// A coupon in the order in which they end.
struct DueCoupon: Sendable {
    let at: Int64
    let number: Int64
}

extension CouponTables {
    /// Moves pages from the journal into the tables, in order.
    /// - Parameter entriesMax: after so many entries it stops, but not within a page.
    func settle(entriesMax: Int) throws -> SettledPiece {
        var (page, nextCoupon) = try connection.first("SELECT page, next_coupon FROM settling") { ($0.int(0), $0.int(1)) } ?? (0, 1)
        let after = page
        var entries: [(LedgerEntry, Int64)] = []
        try connection.rows("SELECT page, bytes FROM journal WHERE page > $1 ORDER BY page", [.int(page)], wanted: .atMost(entriesMax)) { row in
            guard row.int(0) == page + 1 else { throw StorageError.damaged("page \(page + 1) of the journal is missing") }
            page += 1
            try row.withBytes(1) { bytes in try JournalPage.entries(in: bytes) { entries.append(($0, page)) } }
            return entries.count < entriesMax
        }
        guard !entries.isEmpty else { return SettledPiece(after: after, page: page, coupon: nextCoupon - 1) }
        var piece = try piece(entries)
        for (entry, page) in entries {
            try piece.take(entry, page)
            try write(entry, page)
        }
        for coupon in piece.coupons.values.sorted(by: { $0.number < $1.number }) {
            if coupon.number >= nextCoupon { try insert(coupon) } else { try update(coupon) }
        }
        for batch in piece.batches.values { try write(batch) }
        nextCoupon = max(nextCoupon, (piece.coupons.keys.max() ?? 0) + 1)
        try connection.enqueue("UPDATE settling SET page = $1, next_coupon = $2", .int(page), .int(nextCoupon))
        try connection.execute("DELETE FROM journal WHERE page <= $1", .int(page))
        return SettledPiece(
            after: after, page: page, coupon: nextCoupon - 1, entries: entries.count, coupons: Array(piece.coupons.keys), steps: SettlingPiece.steps(entries))
    }

    private func piece(_ entries: [(LedgerEntry, Int64)]) throws -> SettlingPiece {
        let (changed, numbers) = SettlingPiece.needs(entries)
        let list = JSON.array(numbers.map { [.int($0)] })
        let dialect = connection.dialect
        let batches = try connection.all(
            """
            SELECT \(Self.batchColumns) FROM \(dialect.rows(ofJSON: "$1")) \(dialect.orderedJoin) batches
            \(dialect == .sqlite ? "WHERE" : "ON") number = CAST(value ->> 0 AS BIGINT)
            """, .text(String(decoding: list.serialized(), as: UTF8.self)), transform: Self.batch)
        return SettlingPiece(changed.isEmpty ? [] : try coupons(changed), batches)
    }

    private func write(_ entry: LedgerEntry, _ page: Int64) throws {
        try connection.enqueue(
            """
            INSERT INTO entries (kind, batch, coupon, at, account, amount, balance, ord, holder, step_key, step_hash, page, place, inviter)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            """, .int(Int64(entry.kind.rawValue)), .int(entry.batch), .int(entry.coupon), .int(entry.at), .int(Int64(entry.account.rawValue)),
            .int(entry.amount), .int(entry.balance), .text(entry.order), .text(entry.text), .text(entry.key), .int(Int64(bitPattern: entry.hash)),
            .int(page), .text(entry.place), .int(entry.inviter))
    }

    private func insert(_ coupon: Coupon) throws {
        try connection.enqueue(
            """
            INSERT INTO coupons (\(Self.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            """, .int(coupon.number), .int(coupon.batch), .text(coupon.user), .text(coupon.claimKey), .int(Int64(bitPattern: coupon.claimHash)),
            .text(coupon.device), .int(coupon.claimedAt), .int(coupon.from), .int(coupon.until), .int(coupon.reserve), .int(coupon.code),
            .int(Int64(coupon.account.rawValue)), .int(coupon.isFrozen ? 1 : 0), .text(coupon.order), .int(coupon.lockedUntil), .int(coupon.balance),
            .text(coupon.usesText), .int(coupon.page))
    }

    private func update(_ coupon: Coupon) throws {
        try connection.enqueue(
            "UPDATE coupons SET account = $2, is_frozen = $3, ord = $4, locked_until = $5, balance = $6, uses = $7, page = $8 WHERE number = $1",
            .int(coupon.number), .int(Int64(coupon.account.rawValue)), .int(coupon.isFrozen ? 1 : 0), .text(coupon.order), .int(coupon.lockedUntil),
            .int(coupon.balance), .text(coupon.usesText), .int(coupon.page))
    }

    private func write(_ batch: Batch) throws {
        let accounts = batch.accounts
        try connection.enqueue(
            """
            INSERT INTO batches (number, record, held, locked, redeemed, expired, voided, reserved, spent)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (number) DO UPDATE SET record = excluded.record, held = excluded.held, locked = excluded.locked, redeemed = excluded.redeemed,
                expired = excluded.expired, voided = excluded.voided, reserved = excluded.reserved, spent = excluded.spent
            """, .int(batch.number), .text(batch.record), .int(accounts.held), .int(accounts.locked), .int(accounts.redeemed), .int(accounts.expired),
            .int(accounts.voided), .int(accounts.reserved), .int(accounts.spent))
    }
}

extension Coupon {
    /// Its uses as a column has them.
    var usesText: String {
        if uses.isEmpty { return "" }
        let list = JSON.array(uses.map { [.string($0.order), .int($0.amount), .bool($0.isRefunded), .string($0.shop)] })
        return String(decoding: list.serialized(), as: UTF8.self)
    }

    static func uses(_ text: String) throws -> [Use] {
        if text.isEmpty { return [] }
        return try JSON(parsing: text).arrayValue?.map { use in
            // Written with three parts before uses had shops.
            guard let parts = use.arrayValue, parts.count >= 3, let order = parts[0].stringValue, let amount = parts[1].intValue,
                let isRefunded = parts[2].boolValue
            else { throw StorageError.damaged("a coupon's uses") }
            return Use(order: order, amount: amount, shop: parts.count > 3 ? parts[3].stringValue ?? "" : "", isRefunded: isRefunded)
        } ?? []
    }
}
