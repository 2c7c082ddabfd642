/// Remembers who is in a shop while there is no line, so that a line that has to be opened in a rush throws nobody out.
///
/// Whoever comes in the seconds in which the rush begins is the rush: names are believed only when the second after them was calm as well.
struct Insiders: Sendable {
    private static let secondMax = 5000
    private static let generationMilliseconds: Int64 = 300_000

    private var known = BitFilter(capacity: 20_000)
    private var turnedAt: Int64 = 0
    private var fresh: [UInt64] = []
    private var before: [UInt64] = []

    /// Somebody has asked for something.
    mutating func note(_ user: String) { if fresh.count < Self.secondMax { fresh.append(BitFilter.hash(user)) } }

    /// Whether somebody was here.
    func contains(_ user: String) -> Bool { known.contains(BitFilter.hash(user)) }

    /// A second has passed.
    mutating func turn(isCalm: Bool, now: Int64) {
        if isCalm {
            if now - turnedAt > Self.generationMilliseconds {
                known.turn()
                turnedAt = now
            }
            for name in before { _ = known.insert(name) }
        }
        (before, fresh) = (isCalm ? fresh : [], [])
    }
}
