internal import NIOCore

/// Which connections are free, and who waits for one: the pool's rules, without the connections' doing.
///
/// The connection that was used last is used first, so that as few stay busy as suffice. Whoever finds none free waits in line, and makes the pool
/// grow by one while it may.
struct ConnectionPool<Connection: AnyObject, Waiter> {
    /// What becomes of somebody who needs a connection.
    enum Lease {
        case use(Connection)
        /// Stands in line; ``startConnecting()`` may now have something to do.
        case waits
        /// The line is full.
        case refused
    }

    private let connectionsMax: Int
    private let connectingMax: Int
    private let waitersMax: Int
    private var idle: [Connection] = []
    private var waiters = CircularBuffer<Waiter>()
    /// Connections that are there, busy or idle.
    private(set) var open = 0
    /// Connections that are being made.
    private(set) var connecting = 0
    /// The most that were there at once.
    private(set) var openMost = 0

    /// - Parameters:
    ///   - connectionsMax: How many there may be, those included that are being made.
    ///   - connectingMax: How many may be made at once: making one costs more than a request.
    ///   - waitersMax: How many may stand in line.
    init(connectionsMax: Int, connectingMax: Int, waitersMax: Int) {
        (self.connectionsMax, self.connectingMax, self.waitersMax) = (connectionsMax, connectingMax, waitersMax)
    }

    /// How many stand in line.
    var waiting: Int { waiters.count }

    mutating func lease(_ waiter: Waiter) -> Lease {
        // Who came before is served before.
        if waiters.isEmpty, let connection = idle.popLast() { return .use(connection) }
        guard waiters.count < waitersMax else { return .refused }
        waiters.append(waiter)
        return .waits
    }

    /// Whether another connection is to be made now; it counts as begun.
    mutating func startConnecting() -> Bool {
        guard waiters.count > connecting, open + connecting < connectionsMax, connecting < connectingMax else { return false }
        connecting += 1
        return true
    }

    /// The same before anybody needs one, until there are `wanted` of them.
    mutating func startConnecting(upTo wanted: Int) -> Bool {
        guard open + connecting < min(wanted, connectionsMax), connecting < connectingMax else { return false }
        connecting += 1
        return true
    }

    /// A connection is there; answers who is to use it, and where nobody waits any more, it is idle.
    mutating func connected(_ connection: Connection) -> Waiter? {
        connecting -= 1
        open += 1
        openMost = max(openMost, open)
        return released(connection)
    }

    /// A connection could not be made; answers whose request this was: the one who has waited longest.
    mutating func connectFailed() -> Waiter? {
        connecting -= 1
        return waiters.popFirst()
    }

    /// A connection is free; answers who is to use it next, and where nobody waits, it is idle.
    mutating func released(_ connection: Connection) -> Waiter? {
        if let waiter = waiters.popFirst() { return waiter }
        idle.append(connection)
        return nil
    }

    /// A connection is gone, whatever it was doing.
    mutating func closed(_ connection: Connection) {
        open -= 1
        if let place = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: place) }
    }

    /// Takes the one who has waited longest out of the line, where `isTooLate` says so.
    mutating func takeWaiter(where isTooLate: (Waiter) -> Bool) -> Waiter? {
        guard let first = waiters.first, isTooLate(first) else { return nil }
        return waiters.removeFirst()
    }
}
