public import HTTPSupport
public import Kernel

/// Takes batches further, for the management API and the console: the one place that knows whether a second person is needed.
public struct BatchApproval: Sendable {
    /// What somebody can do about a batch that waits for approval.
    public enum Standing: Sendable, Hashable {
        /// Somebody else submitted it: it is theirs to approve.
        case mayApprove
        /// They submitted it themselves, and nobody else could approve it.
        case mayApproveAlone
        /// They submitted it, and somebody else has to approve it.
        case waitsForOther
    }

    private let coupons: Coupons
    /// Whether somebody else than this person could approve a batch of an environment.
    private let hasOthers: @Sendable (EnvironmentID, Principal) throws -> Bool

    /// Makes it.
    public init(_ coupons: Coupons, hasOthers: @escaping @Sendable (EnvironmentID, Principal) throws -> Bool) {
        self.coupons = coupons
        self.hasOthers = hasOthers
    }

    /// Takes a batch a step further.
    public func take(_ step: BatchStep, _ batch: String, by principal: Principal, _ environment: EnvironmentID) async throws -> JSON {
        // Whoever may not approve is refused by the table of who may do what; here it is about the same person twice.
        let needsSecond = step == .approve ? try hasOthers(environment, principal) : false
        return try await coupons.step(step, batch, by: principal.person, needsSecond: needsSecond, environment)
    }

    /// Whether somebody else than whoever submits could approve a batch, so that it waits for them.
    func needsSecond(than principal: Principal, _ environment: EnvironmentID) throws -> Bool { try hasOthers(environment, principal) }

    /// What a person who may approve can do about a batch that `submittedBy` submitted.
    public func standing(of principal: Principal, submittedBy: String, _ environment: EnvironmentID) throws -> Standing {
        if try Batch.mayApprove(principal.person, submittedBy: submittedBy, needsSecond: hasOthers(environment, principal)) {
            return principal.person == submittedBy ? .mayApproveAlone : .mayApprove
        }
        return .waitsForOther
    }
}

extension Batch {
    /// Where nobody else could, one pair of eyes has to do, and the record says so; a key is nobody's pair of eyes.
    static func mayApprove(_ person: String, submittedBy: String, needsSecond: Bool) -> Bool {
        !needsSecond || person != submittedBy && !person.hasPrefix("key ")
    }
}

extension Principal {
    /// Who it is, for telling one person from another: an account, or a key.
    public var person: String { kind.id.isEmpty ? kind.word : "\(kind.word) \(kind.id)" }
}
