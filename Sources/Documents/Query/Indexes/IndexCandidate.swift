import Kernel

/// What one index can do for a query.
struct IndexCandidate {
    let index: IndexDefinition
    private(set) var ranges: [KeyRange] = []
    private(set) var isExact = false
    private(set) var isOrdered = false
    private(set) var isReversed = false
    /// More is better; 0 is no better than looking at everything.
    private(set) var score = 0

    /// The most ranges that several `$in` multiply to.
    private static let maximumRanges = 1000

    init?(index: IndexDefinition, conditions: [Condition], sort: SortOrder?) {
        guard let paths = Self.paths(of: index) else { return nil }
        self.index = index
        var used = Set<Int>()
        var prefixes: [[UInt8]] = [[]]
        var isSound = true
        var place = 0
        while place < paths.count, Self.mayBound(place, paths, index.isMultikey),
            let match = Self.equality(at: paths[place], conditions, index.isMultikey),
            prefixes.count * match.bound.values.count <= Self.maximumRanges
        {
            used.insert(match.condition)
            isSound = isSound && match.bound.isExact
            prefixes = Self.extend(prefixes, by: match.bound.values, descending: index.fields[place].descending)
            score += match.bound.values.count == 1 ? 10 : 8
            place += 1
        }
        let equalities = place
        var bounded: [KeyRange]?
        if place < paths.count, Self.mayBound(place, paths, index.isMultikey),
            let bounds = RangeBounds(path: paths[place], conditions: conditions, isMultikey: index.isMultikey)
        {
            used.formUnion(bounds.used)
            isSound = isSound && bounds.isExact
            bounded = prefixes.map { bounds.range(after: $0, descending: index.fields[place].descending) }
            score += bounds.hasBothEnds ? 6 : 4
        }
        ranges = Self.disjoint(bounded ?? prefixes.map { $0.isEmpty ? .everything : KeyRange(prefix: $0) })
        isExact = isSound && used.count == conditions.count
        orient(for: sort, paths: paths, equalities: equalities, prefixes: prefixes.count)
    }

    private static func paths(of index: IndexDefinition) -> [FieldPath]? {
        let paths = index.fields.compactMap { try? FieldPath($0.path) }
        return paths.count == index.fields.count && !paths.isEmpty && !paths.contains(where: \.hasIndex) ? paths : nil
    }

    /// In a multikey index fields below one array are keyed element by element, but a query may find them in different elements: then only
    /// the first of the fields with a common root can be bounded.
    private static func mayBound(_ place: Int, _ paths: [FieldPath], _ isMultikey: Bool) -> Bool {
        !isMultikey || !paths[..<place].contains { $0.root == paths[place].root }
    }

    private static func extend(_ prefixes: [[UInt8]], by values: [SortValue], descending: Bool) -> [[UInt8]] {
        prefixes.flatMap { prefix in
            values.map { value in
                var encoder = KeyEncoder()
                encoder.append(value, descending: descending)
                return prefix + encoder.bytes
            }
        }
    }

    /// Sorted, without ranges that another one covers.
    ///
    /// Ranges here are equal or disjoint, because no encoded value begins another.
    private static func disjoint(_ ranges: [KeyRange]) -> [KeyRange] {
        Array(Set(ranges)).filter { range in range.upper.map { range.lower.lexicographicallyPrecedes($0) } ?? true }
            .sorted { $0.lower.lexicographicallyPrecedes($1.lower) }
    }

    /// Sees whether the index gives the order, forwards or backwards.
    private mutating func orient(for sort: SortOrder?, paths: [FieldPath], equalities: Int, prefixes: Int) {
        guard let sort else {
            isOrdered = true
            return
        }
        guard !index.isMultikey, prefixes == 1 else { return }
        let wanted = sort.keys.filter { !paths[..<equalities].contains($0.path) }
        let offered = paths[equalities...]
        guard wanted.count <= offered.count, zip(wanted, offered).allSatisfy({ $0.path == $1 }) else { return }
        let turned = zip(wanted, index.fields[equalities...]).map { $0.descending != $1.descending }
        guard Set(turned).count <= 1 else { return }
        isOrdered = true
        isReversed = turned.first ?? false
        score += 3
    }
}

extension IndexCandidate {
    /// The values that an equality allows, and whether their keys belong to matching documents only.
    struct EqualityBound {
        var values: [SortValue]
        var isExact: Bool
    }

    /// The equality on a path that allows the fewest values among the conditions.
    private static func equality(
        at path: FieldPath, _ conditions: [Condition], _ isMultikey: Bool
    ) -> (condition: Int, bound: EqualityBound)? {
        var best: (condition: Int, bound: EqualityBound)?
        for (place, condition) in conditions.enumerated() {
            guard case .field(path, .value(let test)) = condition,
                let bound = equalityBound(test, path: path, isMultikey: isMultikey)
            else { continue }
            if best == nil || bound.values.count < best?.bound.values.count ?? 0 { best = (place, bound) }
        }
        return best
    }

    private static func equalityBound(_ test: ValueTest, path: FieldPath, isMultikey: Bool) -> EqualityBound? {
        switch test {
        case .equal(let operand): return bound(equalTo: operand, path, isMultikey)
        case .greaterOrEqual(.null), .lessOrEqual(.null): return bound(equalTo: .null, path, isMultikey)
        case .among(let set) where set.patterns.isEmpty:
            var union = EqualityBound(values: [], isExact: true)
            for value in set.values {
                let bound = bound(equalTo: value, path, isMultikey)
                union.values += bound.values
                union.isExact = union.isExact && bound.isExact
            }
            union.values = Array(Set(union.values))
            return union
        default: return nil
        }
    }

    private static func bound(equalTo operand: JSON, _ path: FieldPath, _ isMultikey: Bool) -> EqualityBound {
        switch operand {
        case .array(let elements):
            // The whole array has no key: it is found by its first element, and as an element of an outer array by itself.
            return EqualityBound(values: [elements.first.map { .value($0) } ?? .emptyArray, .value(operand)], isExact: false)
        case .null:
            // Below an array also elements without the field have null keys, and these need not match.
            return EqualityBound(values: [.value(.null)], isExact: !isMultikey || path.parts.count == 1)
        default: return EqualityBound(values: [.value(operand)], isExact: true)
        }
    }
}

/// The range that comparisons give one field of an index.
///
/// An array can satisfy each bound with another element. In a multikey index only one bound is therefore used.
struct RangeBounds {
    private var lower: [UInt8]?
    private var upper: [UInt8]?
    /// The places of the conditions that the range stands for.
    private(set) var used: Set<Int> = []
    private(set) var isExact = true

    var hasBothEnds: Bool { lower != nil && upper != nil && used.count > 1 }

    init?(path: FieldPath, conditions: [Condition], isMultikey: Bool) {
        for (place, condition) in conditions.enumerated() {
            guard case .field(let conditionPath, .value(let test)) = condition, conditionPath == path, let range = Self.range(of: test)
            else {
                continue
            }
            if isMultikey, !used.isEmpty { continue }
            narrow(to: range)
            used.insert(place)
        }
        if used.isEmpty { return nil }
    }

    private mutating func narrow(to range: (lower: [UInt8], upper: [UInt8]?, isExact: Bool)) {
        if let old = lower { lower = old.lexicographicallyPrecedes(range.lower) ? range.lower : old } else { lower = range.lower }
        if let new = range.upper {
            if let old = upper { upper = new.lexicographicallyPrecedes(old) ? new : old } else { upper = new }
        }
        isExact = isExact && range.isExact
    }

    /// The keys of values that pass a comparison, all of the operand's type.
    private static func range(of test: ValueTest) -> (lower: [UInt8], upper: [UInt8]?, isExact: Bool)? {
        switch test {
        case .greater(let operand) where isComparable(operand):
            (KeyRange.successor(of: KeyEncoder.encode(.value(operand))) ?? [], typeEnd(operand), true)
        case .greaterOrEqual(let operand) where isComparable(operand): (KeyEncoder.encode(.value(operand)), typeEnd(operand), true)
        case .less(let operand) where isComparable(operand): (typeBegin(operand), KeyEncoder.encode(.value(operand)), true)
        case .lessOrEqual(let operand) where isComparable(operand):
            (typeBegin(operand), KeyRange.successor(of: KeyEncoder.encode(.value(operand))), true)
        case .pattern(let pattern):
            pattern.requiredPrefix.map { prefix in
                let start = KeyEncoder.textStart(prefix)
                return (start, KeyRange.successor(of: start), false)
            }
        default: nil
        }
    }

    /// Null has no range, arrays compare as wholes and have no key of their own, and NaN compares with itself only.
    private static func isComparable(_ operand: JSON) -> Bool {
        switch operand {
        case .null, .array: false
        case .double(let number): !number.isNaN
        default: true
        }
    }

    private static func typeBegin(_ operand: JSON) -> [UInt8] {
        switch operand {
        case .int, .double: KeyEncoder.encode(.value(.double(-.infinity)))
        default: KeyEncoder.typeStart(of: operand)
        }
    }

    private static func typeEnd(_ operand: JSON) -> [UInt8]? { KeyRange.successor(of: KeyEncoder.typeStart(of: operand)) }

    /// The range after the bytes of the fields before; a descending field has its bits and so its ends inverted.
    func range(after prefix: [UInt8], descending: Bool) -> KeyRange {
        let end = KeyRange.successor(of: prefix)
        guard descending else {
            return KeyRange(lower: prefix + (lower ?? []), upper: upper.map { prefix + $0 } ?? end)
        }
        return KeyRange(lower: inverted(upper).map { prefix + $0 } ?? prefix, upper: inverted(lower).map { prefix + $0 } ?? end)
    }

    /// What follows every key that begins with the inverted bound: an end that belonged to one side belongs to the other one now.
    private func inverted(_ bound: [UInt8]?) -> [UInt8]? { bound.flatMap { KeyRange.successor(of: $0.map { ~$0 }) } }
}
