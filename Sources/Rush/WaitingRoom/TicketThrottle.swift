/// Slows down whoever takes ticket after ticket: they would get nothing by it, but those behind them would be told of a longer line than there is.
///
/// Counts by hash in a table of fixed size that is emptied each minute. Addresses are not counted: behind a proxy all have the same.
struct TicketThrottle: Sendable, Hashable {
    static let ofUser: UInt8 = 6
    /// Room for half a million users a minute before strangers get into each other's way.
    private static let places = 1 << 19
    private static let milliseconds: Int64 = 60_000

    private var counts: [UInt8] = []
    private var until: Int64 = 0

    /// Whether one more is all right.
    mutating func allows(_ user: String, now: Int64) -> Bool {
        if now >= until || counts.isEmpty {
            counts = Array(repeating: 0, count: Self.places)
            until = now + Self.milliseconds
        }
        // Two places, so that a stranger in one of them is not in the way.
        let hash = BitFilter.hash(user)
        let places = [Int(hash & UInt64(Self.places - 1)), Int(hash >> 32 & UInt64(Self.places - 1))]
        guard let least = places.map({ counts[$0] }).min(), least < Self.ofUser else { return false }
        for place in places where counts[place] == least { counts[place] += 1 }
        return true
    }
}
