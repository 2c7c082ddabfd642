/// What the ledger moves, and everything that is needed to do it again.
struct LedgerEntry: Sendable, Hashable {
    enum Kind: UInt8, Sendable, CaseIterable {
        case claim = 1
        case lock = 2
        case release = 3
        case redeem = 4
        case refund = 5
        case expire = 6
        case void = 7
        case freeze = 8
        case unfreeze = 9
        /// A batch was made or changed: `text` is its record as JSON.
        case batch = 10

        var word: String {
            switch self {
            case .claim: "claim"
            case .lock: "lock"
            case .release: "release"
            case .redeem: "redeem"
            case .refund: "refund"
            case .expire: "expire"
            case .void: "void"
            case .freeze: "freeze"
            case .unfreeze: "unfreeze"
            case .batch: "batch"
            }
        }
    }

    var kind: Kind
    var batch: Int64
    /// Zero for what is about a batch.
    var coupon: Int64 = 0
    var at: Int64
    /// Where the coupon is afterwards.
    var account = CouponAccount.held
    /// What a use takes off or a refund gives back; the reserve of a claim.
    var amount: Int64 = 0
    /// What is left of stored value afterwards.
    var balance: Int64 = 0
    /// Validity of a claim; for a lock, until when it holds.
    var from: Int64 = 0
    var until: Int64 = 0
    /// Which of its batch's codes a claim took; -1 without one.
    var code: Int64 = -1
    /// Who claimed; the record of a batch.
    var text = ""
    /// The order of a lock, use or refund; the device of a claim.
    var order = ""
    /// `outBizNo`, empty without one.
    var key = ""
    /// What came with that key.
    var hash: UInt64 = 0
    /// Where it happened: the channel of a claim, the shop of a use or refund.
    var place = ""
    /// The coupon of whoever invited the one who claims; 0 without an invitation.
    var inviter: Int64 = 0
}
