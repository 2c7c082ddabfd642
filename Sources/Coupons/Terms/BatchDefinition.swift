/// Everything that a merchant says about a kind of coupon.
public struct BatchDefinition: Sendable, Hashable {
    /// What people call it.
    public var name: String
    /// What is written below the name.
    public var description = ""
    /// What using one means.
    public var terms: CouponTerms
    /// How many there are; 0 to 1,000,000,000.
    public var stock: Int64
    /// What all together may cost; `nil` is no bound.
    ///
    /// A coupon counts with the most that it can cost from its claim on, used or not; one that expires or is voided gives that back.
    public var budget: Int64?
    /// How many one user gets.
    public var limits = ClaimLimits()
    /// From when they can be claimed, in milliseconds since 1970.
    public var opensAt: Int64
    /// From when they can no longer be claimed.
    public var closesAt: Int64
    /// Whether users may claim it themselves; otherwise functions and keys give it to them.
    public var isPublic = true
    /// What a user must bring to claim one; `nil` is nothing.
    public var proof: ClaimProof?
    /// Where codes come from: those that users bring, or else those by which the coupons go.
    public var codes: CodeSource?
    /// Of which batch whoever invited somebody gets a coupon for it.
    public var inviterReward: String?
    /// When one can be used.
    public var validity: Validity
    /// On which days and hours.
    public var useTimes = UseTimes()
    /// Whether a coupon can be used again after its order was refunded, if it is still valid.
    public var returnsOnRefund = true
    /// By which clock days and weeks are counted.
    public var zone = FixedZone.china

    /// Makes a definition with nothing but what every one needs.
    public init(name: String, terms: CouponTerms, stock: Int64, opensAt: Int64, closesAt: Int64, validity: Validity) {
        self.name = name
        self.terms = terms
        self.stock = stock
        self.opensAt = opensAt
        self.closesAt = closesAt
        self.validity = validity
    }

    /// Whether each coupon goes by a code that was uploaded.
    var namesCoupons: Bool { codes == .uploaded && proof != .code }
}

/// What a user brings to show that a coupon is meant for them.
public enum ClaimProof: String, Sendable, Hashable, CaseIterable {
    /// A code (兑换码) that gives one coupon, once.
    case code
    /// A link that the shop has made for a channel.
    case link
    /// An invitation of somebody who has a coupon.
    case invitation
}

/// Where a batch's codes come from.
public enum CodeSource: Sendable, Hashable {
    /// So many are made by the server.
    case generated(Int64)
    /// The merchant brings them.
    case uploaded
}

/// How many coupons of a batch one user or device gets; `nil` is `most`.
public struct ClaimLimits: Sendable, Hashable {
    /// More than this nobody gets of one batch, so that what one user has of it can always be read at once.
    public static let most = 1000

    /// Ever.
    public var perUser: Int? = 1
    /// On one day of the batch's clock.
    public var perDay: Int?
    /// In one week, which begins on Monday.
    public var perWeek: Int?
    /// On one device, ever.
    public var perDevice: Int?

    /// One for each user.
    public init() {}
}

/// Where a batch stands in its life.
public enum BatchStatus: String, Sendable, Hashable, CaseIterable {
    /// Being written; nobody sees it.
    case draft
    /// Waiting for somebody else to approve it.
    case submitted
    /// Can be claimed within its window.
    case published
    /// Nobody can claim for the moment; what was claimed can be used.
    case paused
    /// Ended for good; what was claimed can be used.
    case stopped
}
