public import Kernel
public import NIOCore
internal import Synchronization

/// Decides which requests a node serves when there are more than it can: the one place that all of them pass.
///
/// Each event loop has a gate of its own, since what a connection brings is handled on its loop; what is known of environments and what is counted
/// is the node's.
public final class AdmissionControl: Sendable {
    /// What is known of a request from its head.
    public struct Glance: Sendable {
        /// The method.
        public let method: String
        /// The path, without a query.
        public let path: String
        /// The token or key that was sent.
        public let bearer: String?
        /// The environment that was named.
        public let environment: String?
        /// The address of the connection's other end.
        public let clientIP: String

        /// Makes one.
        public init(method: String, path: String, bearer: String?, environment: String?, clientIP: String) {
            self.method = method
            self.path = path
            self.bearer = bearer
            self.environment = environment
            self.clientIP = clientIP
        }
    }

    /// How a rush is met.
    public struct Policy: Sendable {
        /// How long a request of an ordinary class may wait, in microseconds, the others by their patience; 0: everybody is let in.
        public var targetMicroseconds: Double
        /// What a request is for and who is charged; on the event loop, so it must be quick.
        public var classify: @Sendable (Glance) -> Arrival
        /// What an environment's share is worth against others' when there is not room for all.
        public var weight: @Sendable (EnvironmentID?) -> Double
        /// Who may answer before anybody is asked.
        public var door: (any FrontDoor)?

        /// What is answered at once instead, because the environment's owner can do without it for now.
        public var standIn: @Sendable (Glance, Arrival) -> RushPlan.StandIn?

        /// Makes one.
        public init(
            targetMicroseconds: Double, classify: @escaping @Sendable (Glance) -> Arrival, weight: @escaping @Sendable (EnvironmentID?) -> Double = { _ in 1 },
            standIn: @escaping @Sendable (Glance, Arrival) -> RushPlan.StandIn? = { _, _ in nil }, door: (any FrontDoor)? = nil
        ) {
            self.door = door
            self.targetMicroseconds = targetMicroseconds
            self.classify = classify
            self.weight = weight
            self.standIn = standIn
        }
    }

    let policy: Policy
    /// What requests cost.
    public let costs = CostBook()
    /// What was let in and what was not.
    public let counts = AdmissionCounts()
    private let gates = Mutex<[ObjectIdentifier: NIOLoopBound<LoopGate>]>([:])

    /// Makes it.
    public init(_ policy: Policy) { self.policy = policy }

    /// What a request is for and who is charged.
    public var classify: @Sendable (Glance) -> Arrival { policy.classify }

    /// The gate of an event loop; called on that loop.
    func gate(of loop: any EventLoop) -> LoopGate {
        gates.withLock { gates in
            if let gate = gates[ObjectIdentifier(loop)] { return gate }
            let gate = NIOLoopBound(LoopGate(self, loop), eventLoop: loop)
            gates[ObjectIdentifier(loop)] = gate
            return gate
        }.value
    }
}

/// What requests of each environment and class cost an event loop, as measured.
public final class CostBook: Sendable {
    private struct Key: Hashable {
        let environment: EnvironmentID?
        let kind: RequestClass
    }

    /// What is assumed before something was measured.
    private static let first = 80.0
    private static let range = 5.0...20_000.0
    private static let weight = 0.1
    private static let jumpMax = 5.0
    private static let keysMax = 10_000
    private let costs = Mutex<[Key: Double]>([:])

    /// Notes what a request has cost, in microseconds.
    public func note(_ environment: EnvironmentID?, _ kind: RequestClass, microseconds: Double) {
        let key = Key(environment: environment, kind: kind)
        costs.withLock { costs in
            if costs.count >= Self.keysMax, costs[key] == nil { costs.removeAll() }
            let known = costs[key] ?? Self.first
            // One that had to wait for the disk, or for the processor, says little about the next.
            let microseconds = min(microseconds, known * Self.jumpMax)
            costs[key] = min(max(known + Self.weight * (microseconds - known), Self.range.lowerBound), Self.range.upperBound)
        }
    }

    /// What a request is likely to cost, in microseconds.
    func estimate(_ arrival: Arrival) -> Double {
        costs.withLock { $0[Key(environment: arrival.environment, kind: arrival.kind)] ?? Self.first }
    }
}

/// What was let in and what was not, by environment and class, since the start.
public final class AdmissionCounts: Sendable {
    /// The numbers of one environment and class.
    public struct Count: Sendable, Hashable {
        /// How many were let in.
        public var admitted = 0
        /// How many of them had to wait.
        public var waited = 0
        /// How many were not let in, by the reason.
        public var shed: [Shedding: Int] = [:]
        /// The longest that one has waited since somebody last asked, in microseconds.
        public var longestWait: Int64 = 0

        /// Whether all of them are 0.
        public var isNothing: Bool { admitted == 0 && shed.values.allSatisfy { $0 == 0 } }

        /// What has come since earlier numbers; the longest wait is this one's.
        public func since(_ earlier: Count?) -> Count {
            guard let earlier else { return self }
            var change = self
            change.admitted -= earlier.admitted
            change.waited -= earlier.waited
            change.shed.merge(earlier.shed) { $0 - $1 }
            change.shed = change.shed.filter { $0.value > 0 }
            return change
        }

        /// Adds another's numbers.
        mutating func add(_ other: Count) {
            admitted += other.admitted
            waited += other.waited
            shed.merge(other.shed, uniquingKeysWith: +)
            longestWait = max(longestWait, other.longestWait)
        }
    }

    /// Whose numbers these are.
    public struct Key: Sendable, Hashable {
        /// The environment; `nil`: the platform's own pages.
        public let environment: EnvironmentID?
        /// The class.
        public let kind: RequestClass
    }

    private let counts = Mutex<[Key: Count]>([:])

    /// All numbers so far; the longest waits begin anew.
    public func take() -> [Key: Count] {
        counts.withLock { counts in
            defer { for key in counts.keys { counts[key]?.longestWait = 0 } }
            return counts
        }
    }

    /// All numbers so far.
    public var soFar: [Key: Count] { counts.withLock { $0 } }

    func add(_ more: [Key: Count]) {
        counts.withLock { counts in for (key, count) in more { counts[key, default: Count()].add(count) } }
    }
}
