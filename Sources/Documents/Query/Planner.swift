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

    /// The least byte string after all that begin with `prefix`, or nil if there is none.
    static func successor(of prefix: [UInt8]) -> [UInt8]? {
        guard let place = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
        return Array(prefix[..<place]) + [prefix[place] + 1]
    }
}

/// How the documents of a query are found.
public enum Plan: Sendable {
    /// Only documents with these ids can match, each id once; they must still be filtered (unless the filter asks for nothing else) and sorted.
    case ids([String])
    /// The ranges of an index, sorted and disjoint, hold the keys of every document that matches.
    ///
    /// In a multikey index one document can have several keys in the ranges: the store must drop repetitions.
    /// - exact: every document that the ranges find matches, so that the filter need not be evaluated.
    /// - ordered: reading the ranges in key order gives the documents in the wanted order (always true when none is wanted).
    /// - reversed: that order is the one from the last key to the first.
    case index(IndexDefinition, ranges: [KeyRange], exact: Bool, ordered: Bool, reversed: Bool)
    /// Every document must be looked at.
    case scan
}

/// Chooses how to find the documents that match `filter`, in the order `sort` if an index gives it.
public func plan(filter: Filter, sort: SortOrder?, indexes: [IndexDefinition]) -> Plan {
    let conditions = filter.condition.conjuncts
    if let ids = pinnedIDs(conditions) { return .ids(ids) }
    var best: IndexCandidate?
    for index in indexes {
        guard let candidate = IndexCandidate(index: index, conditions: conditions, sort: sort) else { continue }
        if candidate.score > best?.score ?? 0 { best = candidate }
    }
    guard let best else { return .scan }
    return .index(best.index, ranges: best.ranges, exact: best.isExact, ordered: best.isOrdered, reversed: best.isReversed)
}

/// The ids of `{"_id":"…"}` or `{"_id":{"$in":[…]}}`; a filter that pins other values than texts and whole numbers is left to the evaluator.
private func pinnedIDs(_ conditions: [Condition]) -> [String]? {
    var found: [String]?
    for case .field(let path, .value(let test)) in conditions where path.text == "_id" {
        switch test {
        case .equal(let value):
            if let id = pinnedID(value) { return [id] }
        case .among(let set) where set.patterns.isEmpty:
            let ids = set.values.compactMap(pinnedID)
            guard ids.count == set.values.count else { continue }
            // A number and its text are found by the same id.
            found = Set(ids).sorted { $0.bytePrecedence(to: $1) == .ascending }
        default: break
        }
    }
    return found
}

/// What documents with this `_id` are found by; the filter then tells a number from its text.
private func pinnedID(_ value: JSON) -> String? { value.intValue.map { String($0) } ?? value.stringValue }
