@testable import Coupons

/// A disk and tables that live in memory and fail on demand.
///
/// A transaction sees its own page; what is not committed is gone after a crash.
final class SimulatedStore: LedgerStore {
    struct Taken: Error {}

    /// Pages as they lie on disk, the settled ones removed.
    private(set) var journal: [(page: Int64, bytes: [UInt8])] = []
    private(set) var state = SettledState()
    private var tables: [Int64: Coupon] = [:]
    private var settledSteps: [Ledger.StepKey: Ledger.Step] = [:]
    /// The page of the transaction that is open.
    private var staged: (page: Int64, bytes: [UInt8])?
    /// What a writer sees that looks at an old picture of the disk: nothing behind this page.
    var picture: Int64?

    // MARK: What the ledger asks

    func settled() -> SettledState { state }

    func pages(after page: Int64, _ each: (Int64, UnsafeRawBufferPointer) throws -> Void) throws {
        if state.page > page, picture == nil || picture ?? 0 >= state.page { throw LedgerBehind() }
        for entry in journal where entry.page > page && entry.page <= picture ?? .max { try entry.bytes.withUnsafeBytes { try each(entry.page, $0) } }
    }

    func append(_ bytes: [UInt8], at page: Int64) throws {
        if page <= state.page || journal.contains(where: { $0.page == page }) { throw Taken() }
        staged = (page, bytes)
    }

    func coupons(_ numbers: Set<Int64>) -> [Coupon] { numbers.compactMap { tables[$0] } }

    func holders(behind number: Int64, atMost count: Int) -> (keys: [Ledger.TakerKey], through: Int64)? {
        let found = tables.values.filter { $0.number > number }.sorted { $0.number < $1.number }.prefix(count)
        return found.last.map { last in (found.flatMap(Ledger.TakerKey.of), last.number) }
    }

    func coupons(of takers: Set<Ledger.TakerKey>) -> [Coupon] {
        tables.values.filter {
            takers.contains(Ledger.TakerKey(batch: $0.batch, holder: $0.user)) || !$0.device.isEmpty && takers.contains(.device($0.batch, $0.device))
                || $0.code >= 0 && takers.contains(.code($0.batch, $0.code))
        }
    }

    func steps(_ keys: Set<Ledger.StepKey>) -> [Ledger.StepKey: Ledger.Step] { settledSteps.filter { keys.contains($0.key) } }

    // MARK: What happens to the disk

    func commit() {
        if let staged { journal.append(staged) }
        staged = nil
    }

    func rollBack() { staged = nil }

    /// The power goes in the middle of the last write: a part of the page is on disk, and recovery finds it.
    /// - Returns: whether recovery took it for whole.
    func tear(keeping bytes: Int) -> Bool {
        guard let staged else { return false }
        let torn = Array(staged.bytes.prefix(bytes)) + [UInt8](repeating: 0, count: max(0, staged.bytes.count - bytes))
        self.staged = nil
        let isWhole = torn.withUnsafeBytes { bytes in (try? JournalPage.entries(in: bytes) { _ in }) != nil }
        if isWhole { journal.append((staged.page, torn)) }
        return isWhole
    }

    /// The disk said that a page was written, and lied.
    func loseLast() { if !journal.isEmpty { journal.removeLast() } }

    /// Moves some pages into the tables.
    func settle(pages: Int) throws -> SettledPiece {
        let after = state.page
        var entries: [(LedgerEntry, Int64)] = []
        for page in journal.prefix(pages) { try page.bytes.withUnsafeBytes { try JournalPage.entries(in: $0) { entries.append(($0, page.page)) } } }
        let (changed, _) = SettlingPiece.needs(entries)
        var piece = SettlingPiece(coupons(changed), state.batches)
        for (entry, page) in entries {
            try piece.take(entry, page)
            if entry.kind == .claim { state.nextCoupon = max(state.nextCoupon, entry.coupon + 1) }
            guard entry.kind != .claim, entry.kind != .batch, !entry.key.isEmpty else { continue }
            settledSteps[Ledger.StepKey(kind: entry.kind, key: entry.key), default: Ledger.Step(hash: entry.hash, receipts: [], page: page)].receipts.append(
                Receipt(entry))
        }
        for coupon in piece.coupons.values { tables[coupon.number] = coupon }
        state.batches = piece.batches.values.sorted { $0.number < $1.number }
        state.page = journal.prefix(pages).last?.page ?? state.page
        journal.removeFirst(min(pages, journal.count))
        return SettledPiece(
            after: after, page: state.page, coupon: state.nextCoupon - 1, entries: entries.count, coupons: Array(piece.coupons.keys),
            steps: SettlingPiece.steps(entries))
    }

    /// Every coupon that there is, from the tables and the journal, by a way that has nothing to do with the ledger's own.
    func reckoning() throws -> [Int64: Coupon] {
        var coupons = tables
        var ignored = Batch.Accounts()
        for page in journal {
            try page.bytes.withUnsafeBytes { bytes in
                try JournalPage.entries(in: bytes) { entry in
                    if entry.kind == .batch { return }
                    if entry.kind == .claim { return coupons[entry.coupon] = Coupon(entry, page: page.page) }
                    coupons[entry.coupon]?.take(entry, &ignored)
                }
            }
        }
        return coupons
    }
}
