/// What a request is for: when there is not room for all, the first ones come first.
///
/// The order is the business's: whoever is about to pay must not wait behind somebody who looks around.
public enum RequestClass: UInt8, Sendable, Hashable, CaseIterable, Comparable {
    /// Paying, and using coupons for an order: what is lost here is money.
    case pay = 0
    /// Taking a coupon.
    case claim = 1
    /// Signing in.
    case signIn = 2
    /// Everything that no other class names.
    case browse = 3
    /// Events and reports.
    case analytics = 4
    /// Imports, exports and other long work that nobody waits for.
    case batch = 5

    /// As settings and reports write it.
    public var word: String {
        switch self {
        case .pay: "pay"
        case .claim: "claim"
        case .signIn: "signIn"
        case .browse: "browse"
        case .analytics: "analytics"
        case .batch: "batch"
        }
    }

    /// The class of a word.
    public init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = found
    }

    /// Whether one comes before the other.
    public static func < (one: RequestClass, other: RequestClass) -> Bool { one.rawValue < other.rawValue }
}
