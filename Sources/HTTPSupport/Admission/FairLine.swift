internal import Kernel
internal import NIOCore

/// The line in which requests wait for a moment of an event loop: each environment has its share, and within it the important ones come first.
///
/// A value that knows no clock: times are microseconds that the caller says. Deficit round robin over environments (Shreedhar and Varghese 1995) by what
/// their requests cost, not by how many there are; an environment that wants little is served at once, whoever else is full, and what nobody wants of
/// their share goes to those who wait. Within an environment by class, the oldest first, and where users only look around the newest first while
/// there is a crowd, since the oldest have left.
struct FairLine<Item> {
    struct Entry {
        let item: Item
        let arrival: Arrival
        /// Estimated, in microseconds of the loop.
        let cost: Double
        let arrived: Int64
        /// When nobody waits for it any more.
        let deadline: Int64
    }

    enum Next {
        case serve(Entry)
        case shed(Entry)
    }

    private struct Tenant {
        var weight: Double
        private(set) var lines: [CircularBuffer<Entry>]
        private var costs: [Double]
        private(set) var count = 0
        var deficit = 0.0
        /// Since when somebody has been waiting.
        var busySince: Int64
        private var cursor: ShedCursor?

        init(weight: Double, now: Int64) {
            self.weight = weight
            busySince = now
            lines = RequestClass.allCases.map { _ in CircularBuffer() }
            costs = RequestClass.allCases.map { _ in 0 }
        }

        /// Whether its users are being chosen from.
        var isShedding: Bool { cursor != nil }

        /// What is served before one of this class.
        func ahead(of kind: RequestClass) -> Double { costs[...Int(kind.rawValue)].reduce(0, +) }

        mutating func append(_ entry: Entry) {
            lines[Int(entry.arrival.kind.rawValue)].append(entry)
            costs[Int(entry.arrival.kind.rawValue)] += entry.cost
            count += 1
        }

        mutating func remove(_ entry: Entry, _ isFirst: Bool) {
            let kind = Int(entry.arrival.kind.rawValue)
            if isFirst { lines[kind].removeFirst() } else { lines[kind].removeLast() }
            costs[kind] = lines[kind].isEmpty ? 0 : costs[kind] - entry.cost
            count -= 1
        }

        mutating func admits(_ arrival: Arrival, now: Int64) -> Bool {
            guard cursor != nil else { return true }
            let admits = cursor?.admits(arrival, now: now) ?? true
            if cursor?.isDone == true { cursor = nil }
            return admits
        }

        mutating func wasRefused(now: Int64) {
            if cursor == nil { cursor = ShedCursor(now: now) }
            cursor?.wasRefused()
        }
    }

    private enum End { case front, back }

    /// From when on a line that is never empty counts as a crowd.
    private static var crowdMicroseconds: Int64 { 100_000 }
    /// So few are no crowd, whatever they are thought to cost: a page asks for several things at once.
    private static var fewMax: Int { 8 }
    /// What comes at once and will have gone in this time is no crowd either.
    private static var burstMicroseconds: Double { 30_000 }
    /// What an environment of weight 1 may use in one turn.
    private static var quantum: Double { 200 }
    /// Environments whose line is empty are forgotten once there are more than this.
    private static var tenantsMax: Int { 1024 }

    /// How long a request of an ordinary class may wait.
    let targetMicroseconds: Double
    private var tenants: [Tenant] = []
    private var places: [EnvironmentID?: Int] = [:]
    /// The places of those who wait, in the order of their turns.
    private var turns: CircularBuffer<Int> = []
    private var activeWeight = 0.0
    private(set) var count = 0
    /// How much longer things take than they cost, since the processor has other work as well.
    var slowness = 1.0

    init(targetMicroseconds: Double) { self.targetMicroseconds = targetMicroseconds }

    var isEmpty: Bool { count == 0 }

    /// Notes a request that need not wait.
    ///
    /// - Returns: why it must not be served all the same.
    mutating func pass(_ arrival: Arrival, now: Int64) -> Shedding? {
        guard let place = places[arrival.environment] else { return nil }
        return tenants[place].admits(arrival, now: now) ? nil : .level
    }

    /// Puts a request in line.
    ///
    /// - Returns: why it cannot wait, if so.
    mutating func add(_ item: Item, _ arrival: Arrival, cost: Double, weight: Double, now: Int64) -> Shedding? {
        let place = place(of: arrival.environment, weight, now)
        guard tenants[place].admits(arrival, now: now) else { return .level }
        let others = tenants[place].count == 0 ? activeWeight : activeWeight - tenants[place].weight
        let wait = tenants[place].ahead(of: arrival.kind) * slowness * (others + weight) / weight
        guard tenants[place].count < Self.fewMax || wait <= patience(with: tenants[place], arrival.kind, now: now) else {
            tenants[place].wasRefused(now: now)
            return .full
        }
        if tenants[place].count == 0 {
            tenants[place].busySince = now
            tenants[place].deficit = 0
            turns.append(place)
        }
        activeWeight = others + weight
        tenants[place].weight = weight
        let deadline = arrival.patience.map { now + Int64($0) * 1000 } ?? .max
        tenants[place].append(Entry(item: item, arrival: arrival, cost: cost, arrived: now, deadline: deadline))
        count += 1
        return nil
    }

    /// Takes out who is next: to be served, or because it is too late for them.
    mutating func next(now: Int64) -> Next? {
        while let place = turns.first {
            guard let (entry, end) = first(of: tenants[place], now: now) else {
                turns.removeFirst()
                continue
            }
            if isLate(entry, tenants[place], now) {
                takeOut(entry, end, place)
                tenants[place].wasRefused(now: now)
                return .shed(entry)
            }
            if tenants[place].deficit >= entry.cost {
                tenants[place].deficit -= entry.cost
                takeOut(entry, end, place)
                return .serve(entry)
            }
            tenants[place].deficit += Self.quantum * tenants[place].weight
            turns.append(turns.removeFirst())
        }
        return nil
    }

    /// How long one more may wait. A line that has stood for long is kept short; one that has just begun may be a burst.
    private func patience(with tenant: Tenant, _ kind: RequestClass, now: Int64) -> Double {
        tenant.isShedding || tenant.count > 0 && isCrowded(tenant, now) ? target(kind) : max(target(kind), Self.burstMicroseconds)
    }

    private func target(_ kind: RequestClass) -> Double { targetMicroseconds * kind.patience }

    /// Where there is no crowd of their own, whoever had to wait since the loop was slow is served all the same.
    private func isLate(_ entry: Entry, _ tenant: Tenant, _ now: Int64) -> Bool {
        now > entry.deadline || isCrowded(tenant, now) && Double(now - entry.arrived) > 2 * target(entry.arrival.kind)
    }

    private func isCrowded(_ tenant: Tenant, _ now: Int64) -> Bool { tenant.isShedding || now - tenant.busySince > Self.crowdMicroseconds }

    private func first(of tenant: Tenant, now: Int64) -> (Entry, End)? {
        guard let kind = RequestClass.allCases.first(where: { !tenant.lines[Int($0.rawValue)].isEmpty }) else { return nil }
        let line = tenant.lines[Int(kind.rawValue)]
        guard let oldest = line.first, let newest = line.last else { return nil }
        let isCrowd = kind.isNewestFirst && isCrowded(tenant, now)
        // The old ones are taken out in time all the same, or they would lie there for ever and look like a line.
        return !isCrowd || isLate(oldest, tenant, now) ? (oldest, .front) : (newest, .back)
    }

    private mutating func takeOut(_ entry: Entry, _ end: End, _ place: Int) {
        tenants[place].remove(entry, end == .front)
        count -= 1
        guard tenants[place].count == 0 else { return }
        // Only whose turn it is is served.
        turns.removeFirst()
        activeWeight = turns.isEmpty ? 0 : activeWeight - tenants[place].weight
    }

    private mutating func place(of environment: EnvironmentID?, _ weight: Double, _ now: Int64) -> Int {
        if let place = places[environment] { return place }
        if tenants.count >= Self.tenantsMax, isEmpty {
            // Nobody waits: whoever comes again begins anew.
            tenants.removeAll()
            places.removeAll()
        }
        tenants.append(Tenant(weight: weight, now: now))
        places[environment] = tenants.count - 1
        return tenants.count - 1
    }
}
