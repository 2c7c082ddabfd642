public import Kernel

/// A moment from which on coupons can be claimed: many users come at once.
public struct CouponLaunch: Sendable, Hashable {
    /// The batch's name.
    public let name: String
    /// From when they can be claimed, in milliseconds.
    public let opensAt: Int64
    /// From when they can no longer be claimed.
    public let closesAt: Int64
    /// How many there are to claim.
    public let count: Int64
}

extension Coupons {
    private static let lately: Int64 = 3_600_000

    /// Published batches with coupons that can be claimed soon, or since less than an hour.
    /// - Parameter onlyOpen: where the environment's coupons are not open, do not open them.
    /// - Returns: `nil` where they would have to be opened.
    public func launches(in environment: EnvironmentID, onlyOpen: Bool) async throws -> [CouponLaunch]? {
        guard let store = try opened(environment, onlyOpen: onlyOpen) else { return nil }
        let now = clock.now()
        return try await store.ledger { ledger in
            ledger.batches.filter { $0.status == .published && $0.available > 0 && $0.definition.closesAt > now && $0.definition.opensAt > now - Self.lately }
                .map { batch in
                    CouponLaunch(
                        name: batch.definition.name, opensAt: batch.definition.opensAt, closesAt: batch.definition.closesAt, count: batch.available)
                }
        }
    }

    /// On a PostgreSQL only what is open: to look there would make a schema for whoever has no coupons.
    private func opened(_ environment: EnvironmentID, onlyOpen: Bool) throws -> EnvironmentCoupons? {
        if let store = openStore(environment) { return store }
        guard !onlyOpen, case .files = place, try place.exists(environment) else { return nil }
        return try store(environment)
    }
}
