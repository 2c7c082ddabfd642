public import Kernel

/// Somebody who is asked before a ticket is given.
///
/// The room for risk control; until that is built, everybody is trusted.
public protocol WaitingRoomRisk: Sendable {
    /// What is to be done with somebody who wants to stand in line.
    func assess(_ applicant: WaitingApplicant) async throws -> WaitingVerdict
    /// Whether it wants to be asked at all: who never refuses costs nothing.
    var isAsked: Bool { get }
}

/// Somebody who wants to stand in line.
public struct WaitingApplicant: Sendable, Hashable {
    /// Where.
    public let environment: EnvironmentID
    /// The user's openid, or the id of a browser that is nobody yet, which begins with `h:`.
    public let user: String
    /// The address of the connection's other end.
    public let clientIP: String
    /// What the client calls itself.
    public let userAgent: String
    /// The answer to an earlier challenge, if one was sent.
    public let proof: String?
}

/// What risk control says.
public enum WaitingVerdict: Sendable, Hashable {
    case allow
    /// They have to prove something first: the client gets this, and sends its answer as `proof`.
    case challenge(JSON)
    /// Not now; the reason is for the log, not for the user.
    case refuse(reason: String)
}

/// Trusts everybody.
public struct TrustingWaitingRoomRisk: WaitingRoomRisk {
    /// Makes one.
    public init() {}
    /// Always allows.
    public func assess(_ applicant: WaitingApplicant) -> WaitingVerdict { .allow }
    /// Never.
    public var isAsked: Bool { false }
}
