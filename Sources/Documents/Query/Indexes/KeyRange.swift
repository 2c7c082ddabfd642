import Kernel

/// Keys from `lower` on and before `upper`: half open, compared byte by byte.
public struct KeyRange: Sendable, Hashable {
    /// The first key that could be in the range.
    public var lower: [UInt8]
    /// The first key after the range; nil when it goes to the end of the index.
    public var upper: [UInt8]?

    /// Keys from `lower` on and before `upper`.
    public init(lower: [UInt8], upper: [UInt8]?) {
        self.lower = lower
        self.upper = upper
    }

    /// All keys that begin with `prefix`.
    init(prefix: [UInt8]) { self.init(lower: prefix, upper: Self.successor(of: prefix)) }

    /// Every key.
    static let everything = KeyRange(lower: [], upper: nil)

    /// Whether a key is in the range.
    public func contains(_ key: [UInt8]) -> Bool {
        if key.lexicographicallyPrecedes(lower) { return false }
        return upper.map { key.lexicographicallyPrecedes($0) } ?? true
    }

    /// The same keys in ranges that are sorted and do not overlap.
    static func merged(_ ranges: [KeyRange]) -> [KeyRange] {
        var merged: [KeyRange] = []
        for range in ranges.sorted(by: { $0.lower.lexicographicallyPrecedes($1.lower) }) {
            guard let last = merged.last, last.upper.map({ !$0.lexicographicallyPrecedes(range.lower) }) ?? true else {
                merged.append(range)
                continue
            }
            guard let end = last.upper else { break }
            if range.upper.map({ end.lexicographicallyPrecedes($0) }) ?? true { merged[merged.count - 1].upper = range.upper }
        }
        return merged
    }

    /// The least byte string after all that begin with `prefix`, or nil if there is none.
    static func successor(of prefix: [UInt8]) -> [UInt8]? {
        guard let place = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
        return Array(prefix[..<place]) + [prefix[place] + 1]
    }
}
