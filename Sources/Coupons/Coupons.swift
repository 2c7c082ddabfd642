public import Crypto
public import Kernel
public import Logging
public import ServiceLifecycle
internal import Storage
internal import Synchronization

/// Coupons: batches, and the ledger of what was claimed, locked, redeemed, refunded, expired and voided.
///
/// Every answer that changed something was on disk before it was given.
public final class Coupons: Service {
    private struct Stores {
        var open: [EnvironmentID: EnvironmentCoupons] = [:]
        /// In order of use, the oldest first.
        var order: [EnvironmentID] = []
        /// Evicted ones that a request may still use: opened twice, the second would find the first one's pages.
        var leaving: [EnvironmentID: WeakStore] = [:]
    }

    /// Sendable by discipline: only touched under `stores`' mutex.
    private final class WeakStore: @unchecked Sendable {
        weak var store: EnvironmentCoupons?
        init(_ store: EnvironmentCoupons) { self.store = store }
    }

    /// A crowd behind one address mistypes a lot; its users are each held back by their own.
    static let guessesOfAddress = 1000
    /// Rounds of the caretaker: a quarter of a second each.
    private static let roundMilliseconds = 250
    private static let sweepRounds = 40

    let place: CouponsPlace
    private let secret: @Sendable (EnvironmentID) -> SymmetricKey
    let risk: any CouponRisk
    let quotas: any QuotaSource
    let limits: Limits
    let clock: WallClock
    private let logger: Logger
    private let stores = Mutex(Stores())
    /// Whoever tries codes and invitations.
    let guesses = Mutex(GuessThrottle(freeByAddress: Coupons.guessesOfAddress))

    /// Makes the room.
    /// - Parameters:
    ///   - secret: what an environment's coupon ids are mixed with; always the same bytes.
    ///   - risk: who is asked before a coupon is given or used.
    public init(
        engine: CouponsEngine, secret: @escaping @Sendable (EnvironmentID) -> SymmetricKey, risk: any CouponRisk = TrustingRisk(),
        quotas: any QuotaSource = NoQuotas(), limits: Limits,
        clock: WallClock, logger: Logger
    ) {
        place = CouponsPlace(engine)
        self.secret = secret
        self.risk = risk
        self.quotas = quotas
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// Settles, and ends what is over, until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var rounds = 0
            while !Task.isCancelled {
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .milliseconds(Self.roundMilliseconds))
                rounds += 1
                for store in inUse() { await care(for: store, sweeps: rounds % Self.sweepRounds == 0) }
            }
        }
        place.close()
    }

    private func care(for store: EnvironmentCoupons, sweeps: Bool) async {
        do {
            if store.database.isShared { try await store.writer.catchUp() }
            try await store.learnHolders()
            try await store.settle()
            if sweeps { try await store.sweep() }
        } catch {
            logger.warning("coupons could not be settled", metadata: ["error": "\(error)"])
        }
    }

    private func inUse() -> [EnvironmentCoupons] {
        stores.withLock { stores in
            stores.leaving = stores.leaving.filter { $0.value.store != nil }
            return Array(stores.open.values) + stores.leaving.values.compactMap(\.store)
        }
    }

    /// Removes an environment's coupons; what of them lies in its folder goes with that.
    public func remove(_ environment: EnvironmentID) throws {
        try close(environment)
        try place.remove(environment)
    }

    /// Closes an environment's database.
    public func close(_ environment: EnvironmentID) throws {
        let store = stores.withLock { stores in
            stores.order.removeAll { $0 == environment }
            return stores.open.removeValue(forKey: environment) ?? stores.leaving.removeValue(forKey: environment)?.store
        }
        try store?.database.close()
    }

    /// The coupons of an environment if they are open.
    func openStore(_ environment: EnvironmentID) -> EnvironmentCoupons? { stores.withLock { $0.open[environment] } }

    func store(_ environment: EnvironmentID) throws -> EnvironmentCoupons {
        try stores.withLock { stores in
            if let open = stores.open[environment] { return open }
            let store = try stores.leaving[environment]?.store ?? open(environment)
            stores.leaving[environment] = nil
            stores.open[environment] = store
            stores.order.append(environment)
            if stores.order.count > limits.openDatabasesMax {
                let oldest = stores.order.removeFirst()
                if let leaving = stores.open.removeValue(forKey: oldest) { stores.leaving[oldest] = WeakStore(leaving) }
            }
            return store
        }
    }

    private func open(_ environment: EnvironmentID) throws -> EnvironmentCoupons {
        do {
            return try EnvironmentCoupons(
                place.open(environment, queueMax: limits.writeQueueMax), secret: secret(environment), limits: limits, clock: clock)
        } catch {
            throw Self.told(error)
        }
    }

    /// What a caller is told of an error of the storage.
    static func told(_ error: any Error) -> any Error {
        switch error {
        case let error as StorageError where error.code == StorageError.busy.code: SampanError.couponsWaiting
        case let error as StorageError where error.isFull: SampanError.storageFull
        case let error as StorageError where error.isConnectionLost || error.isTimeout || error.isConflict || error.isUniqueViolation: SampanError.couponsAway
        default: error
        }
    }
}
