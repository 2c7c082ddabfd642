/// Where a coupon is: the accounts of a batch, between which the ledger moves coupons.
///
/// Always: claimed = held + locked + redeemed + expired + voided, and claimed + stock = what the batch was given.
public enum CouponAccount: UInt8, Sendable, Hashable, CaseIterable {
    /// Not yet claimed.
    case stock = 0
    case held = 1
    /// Kept for one order, until that is paid or the lock's time is over.
    case locked = 2
    case redeemed = 3
    case expired = 4
    case voided = 5

    /// As the API writes it.
    public var word: String {
        switch self {
        case .stock: "stock"
        case .held: "held"
        case .locked: "locked"
        case .redeemed: "redeemed"
        case .expired: "expired"
        case .voided: "voided"
        }
    }
}

/// One coupon that somebody claimed.
struct Coupon: Sendable, Hashable {
    /// One use of it in an order.
    struct Use: Sendable, Hashable {
        var order: String
        /// What it took off the order.
        var amount: Int64
        /// Where; empty if nobody said.
        var shop = ""
        var isRefunded = false
    }

    let number: Int64
    let batch: Int64
    let user: String
    /// The `outBizNo` of its claim; empty without one.
    let claimKey: String
    let claimHash: UInt64
    let device: String
    let claimedAt: Int64
    let from: Int64
    let until: Int64
    /// What the budget keeps for it while it is held.
    let reserve: Int64
    /// Which of its batch's codes it took, or goes by; -1 without one.
    let code: Int64
    var account = CouponAccount.held
    var isFrozen = false
    /// The order that has locked it.
    var order = ""
    var lockedUntil: Int64 = 0
    /// What is left of stored value.
    var balance: Int64
    var uses: [Use] = []
    /// The page of the journal that last changed it.
    var page: Int64 = 0

    /// Whether it is locked for an order at a moment: a lock whose time is over holds nothing.
    func isLocked(at now: Int64) -> Bool { account == .locked && lockedUntil > now }
}
