public import NIOCore
internal import Synchronization

/// How many connections a node keeps, and how long it waits for those on which little happens: the fewer there is room for, the shorter.
public final class ConnectionRoom: Sendable {
    /// How long connections are waited for.
    public struct Patience: Sendable, Hashable {
        /// Without a request.
        public var idle: TimeAmount = .seconds(75)
        /// Between the first and the last byte of a request's head.
        public var head: TimeAmount = .seconds(10)
        /// From when on a body must have come at least so fast.
        public var body: TimeAmount = .seconds(30)
        /// Bytes in a second of a body: mobile networks at their worst bring more.
        public var bodyRate = 256
        /// How often each connection is looked at.
        public var look: TimeAmount = .seconds(5)

        /// The usual patience.
        public init() {}
    }

    private let most: Int
    private let patience: Patience
    private let count = Atomic(0)

    /// Room for so many connections.
    public init(_ most: Int, patience: Patience = Patience()) {
        self.most = most
        self.patience = patience
    }

    /// How many there are.
    public var connections: Int { count.load(ordering: .relaxed) }

    /// Takes a place.
    ///
    /// - Returns: false where there is none.
    func enter() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= most { return true }
        count.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() { count.subtract(1, ordering: .relaxed) }

    /// For how long connections are waited for now.
    var now: Patience {
        var now = patience
        let share = Double(connections) / Double(max(1, most))
        if share > 0.8 {
            now.idle = min(now.idle, .seconds(2))
        } else if share > 0.5 {
            now.idle = min(now.idle, .seconds(10))
        }
        return now
    }
}
