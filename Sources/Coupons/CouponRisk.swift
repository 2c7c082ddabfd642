public import Kernel

/// Somebody who is asked before a coupon is given or used.
///
/// The room for risk control; until that is built, everybody is trusted.
public protocol CouponRisk: Sendable {
    /// What is to be done with an action.
    func assess(_ action: CouponAction, _ context: CallContext) async throws -> CouponVerdict
    /// Whether it wants to be asked at all: who never refuses costs nothing.
    var isAsked: Bool { get }
}

/// What somebody is about to do.
public enum CouponAction: Sendable, Hashable {
    case claim(batch: String, user: String, device: String)
    case use(coupons: [String], order: String)
}

/// What risk control says.
public enum CouponVerdict: Sendable, Hashable {
    case allow
    /// Not now; the reason is for the log, not for the user.
    case refuse(reason: String)
}

/// Trusts everybody.
public struct TrustingRisk: CouponRisk {
    /// Makes one.
    public init() {}
    /// Always allows.
    public func assess(_ action: CouponAction, _ context: CallContext) -> CouponVerdict { .allow }
    /// Never.
    public var isAsked: Bool { false }
}
