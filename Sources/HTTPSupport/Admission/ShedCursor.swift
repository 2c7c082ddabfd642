internal import Kernel

/// Decides by class and user group who is let in, so that it is the same users who are served as long as a rush lasts.
///
/// After DAGOR ("Overload Control for Scaling WeChat Microservices", SoCC 2018), with one difference: how many are to be let in is not felt for in
/// steps of a few percent, but taken from how many could be served in the window before, since a launch multiplies the load within one.
struct ShedCursor: Sendable {
    static let windowMicroseconds: Int64 = 100_000
    private static let groups = 128
    private static let levels = RequestClass.allCases.count * groups
    /// So many times what could be served is let in by the cursor: the line itself refuses the little that is too much, and the loop is never without work.
    private static let boldness = 1.2
    private static let growth = 0.02
    /// After so many windows without a refusal the rush is over.
    private static let calmWindows = 20

    /// Levels below this one are let in.
    private(set) var limit = ShedCursor.levels
    private var arrivals: [UInt32]
    private var arrived = 0
    private var passed = 0
    private var refused = 0
    private var calm = 0
    private var windowEnds: Int64

    init(now: Int64) {
        arrivals = Array(repeating: 0, count: Self.levels)
        windowEnds = now + Self.windowMicroseconds
    }

    private static func level(_ arrival: Arrival) -> Int { Int(arrival.kind.rawValue) * groups + Int(arrival.level) }

    /// Whether the rush that it was made for is over.
    var isDone: Bool { limit >= Self.levels && calm >= Self.calmWindows }

    /// Notes an arrival.
    ///
    /// - Returns: whether it may stand in line.
    mutating func admits(_ arrival: Arrival, now: Int64) -> Bool {
        if now >= windowEnds { turn(now) }
        let level = Self.level(arrival)
        arrivals[level] &+= 1
        arrived += 1
        guard level < limit else { return false }
        passed += 1
        return true
    }

    /// Notes that the line had no room for one that was let in, or let it go too late.
    mutating func wasRefused() { refused += 1 }

    private mutating func turn(_ now: Int64) {
        defer {
            for index in arrivals.indices { arrivals[index] = 0 }
            (arrived, passed, refused, windowEnds) = (0, 0, 0, now + Self.windowMicroseconds)
        }
        calm = refused == 0 ? calm + 1 : 0
        guard arrived > 0 else { return limit = Self.levels }
        let served = Double(passed - min(passed, refused))
        // Arrivals that were kept out give the size of a step when there is room again.
        let wanted = refused > 0 ? served * Self.boldness : Double(passed) + max(1, Double(arrived) * Self.growth)
        limit = place(of: wanted)
    }

    /// Up to which level the arrivals of the window come to a number.
    private func place(of wanted: Double) -> Int {
        var sum = 0.0
        for (level, count) in arrivals.enumerated() {
            sum += Double(count)
            if sum > wanted { return level + 1 }
        }
        return Self.levels
    }
}
