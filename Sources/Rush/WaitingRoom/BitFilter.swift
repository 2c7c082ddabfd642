/// Remembers roughly whom it has seen, in a room whose size does not depend on how many there are (Bloom 1970).
///
/// In two generations: when one is full the other is forgotten. It never forgets anybody of the newer one, and takes one in a hundred strangers for
/// somebody that it knows.
struct BitFilter: Sendable, Hashable {
    private static let bitsPerName = 10
    private static let probes = 5

    private let capacity: Int
    private var newer: [UInt64] = []
    private var older: [UInt64] = []
    private var count = 0

    /// - Parameter capacity: how many names one generation takes.
    init(capacity: Int) { self.capacity = capacity }

    /// Whether a name has probably been seen.
    func contains(_ hash: UInt64) -> Bool { Self.contains(newer, hash) || Self.contains(older, hash) }

    /// Remembers a name.
    ///
    /// - Returns: whether it is new.
    mutating func insert(_ hash: UInt64) -> Bool {
        if contains(hash) { return false }
        if count >= capacity { turn() }
        if newer.isEmpty { newer = Array(repeating: 0, count: max(1, capacity * Self.bitsPerName / 64)) }
        count += 1
        for bit in Self.bits(hash, newer.count) { newer[bit >> 6] |= 1 << UInt64(bit & 63) }
        return true
    }

    /// Begins a new generation.
    mutating func turn() {
        (older, newer, count) = (newer, [], 0)
    }

    private static func contains(_ words: [UInt64], _ hash: UInt64) -> Bool {
        !words.isEmpty && bits(hash, words.count).allSatisfy { words[$0 >> 6] & (1 << UInt64($0 & 63)) != 0 }
    }

    private static func bits(_ hash: UInt64, _ words: Int) -> [Int] {
        let (first, step) = (hash, hash >> 32 | 1)
        return (0..<probes).map { Int((first &+ UInt64($0) &* step) % UInt64(words * 64)) }
    }

    /// A name as a number.
    static func hash(_ name: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 33
        hash = hash &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33
    }
}
