import Kernel

/// Whether what a query asks for means that a document is in a sparse or partial index.
///
/// The answer is careful: "no" may only mean that it was not seen. Seen are the same condition, an equality or `$in` whose values pass,
/// a range inside of a range or a type, and what `$and`, `$or` and `$elemMatch` make of these.
enum Implication {
    /// Whether documents that meet all `conditions` also meet `wanted`.
    static func holds(_ conditions: [Condition], imply wanted: Condition) -> Bool {
        let isDirect: Bool =
            switch wanted {
            case .every(let parts): parts.allSatisfy { holds(conditions, imply: $0) }
            case .some(let branches): branches.contains { holds(conditions, imply: $0) }
            case .field(let path, .every(let parts)): parts.allSatisfy { holds(conditions, imply: .field(path, $0)) }
            case .field(let path, let predicate):
                conditions.contains { condition in
                    if case .field(path, let asked) = condition { Self.predicate(asked, implies: predicate) } else { false }
                }
            default: false
            }
        if isDirect { return true }
        return conditions.contains { condition in
            if case .some(let branches) = condition { branches.allSatisfy { holds($0.plannable, imply: wanted) } } else { false }
        }
    }

    /// Whether documents that meet all `conditions` have the field at `path`.
    static func holds(_ conditions: [Condition], implyExistenceOf path: FieldPath) -> Bool {
        holds(conditions, imply: .field(path, .whole(.exists)))
    }

    private static func predicate(_ asked: Predicate, implies wanted: Predicate) -> Bool {
        switch (asked, wanted) {
        case (.every(let parts), _): return parts.contains { predicate($0, implies: wanted) }
        case (.some(let parts), _): return parts.allSatisfy { predicate($0, implies: wanted) }
        case (_, .every(let parts)): return parts.allSatisfy { predicate(asked, implies: $0) }
        case (_, .some(let parts)): return parts.contains { predicate(asked, implies: $0) }
        // What is excluded more widely excludes the narrower.
        case (.not(let excluded), .not(let narrower)): return predicate(narrower, implies: excluded)
        case (.value(let test), .value(let wantedTest)): return Self.test(test, implies: wantedTest)
        case (.value(let test), .whole(.exists)): return !test.passes(nil)
        case (.whole(let test), .whole(let wantedTest)): return whole(test, implies: wantedTest)
        default: return false
        }
    }

    private static func whole(_ asked: WholeTest, implies wanted: WholeTest) -> Bool {
        switch (asked, wanted) {
        case (_, .exists): !asked.passes(nil)
        case (.size(let a), .size(let b)): a == b
        case (.elementPasses(let a), .elementPasses(let b)): predicate(a, implies: b)
        case (.elementMatches(let a), .elementMatches(let b)): holds(a.plannable, imply: b)
        default: false
        }
    }

    private static func test(_ asked: ValueTest, implies wanted: ValueTest) -> Bool {
        switch (asked, wanted) {
        case (.equal(let value), _): return passes(value, wanted)
        case (.among(let set), _): return set.patterns.isEmpty && set.values.allSatisfy { passes($0, wanted) }
        case (.pattern(let a), .pattern(let b)): return a.source.hasSameBytes(as: b.source) && a.options == b.options
        case (.pattern, .type(let types)): return types.contains(.string)
        case (.remainder(let a, let b), .remainder(let c, let d)): return a == c && b == d
        case (.type(let a), .type(let b)):
            return a.allSatisfy { b.contains($0) || (b.contains(.number) && [.int, .long, .double].contains($0)) }
        default: return range(asked, implies: wanted)
        }
    }

    /// Null is also what a missing field counts as.
    private static func passes(_ value: JSON, _ wanted: ValueTest) -> Bool {
        wanted.passes(value) && (!value.isNull || wanted.passes(nil))
    }

    private static func range(_ asked: ValueTest, implies wanted: ValueTest) -> Bool {
        guard let own = Bound(asked) else { return false }
        if case .type(let types) = wanted {
            return own.value.doubleValue == nil ? types.contains { $0.includes(own.value) } : types.contains(.number)
        }
        guard let other = Bound(wanted), own.isLower == other.isLower, ValueOrder.rank(own.value) == ValueOrder.rank(other.value) else {
            return false
        }
        let order = ValueOrder.compare(own.value, other.value)
        if order == .same { return other.isClosed || !own.isClosed }
        return order == (own.isLower ? .descending : .ascending)
    }

    /// One end of a range.
    private struct Bound {
        let value: JSON
        let isLower: Bool
        let isClosed: Bool

        /// Null and NaN have no ranges.
        init?(_ test: ValueTest) {
            switch test {
            case .greater(let value): (self.value, isLower, isClosed) = (value, true, false)
            case .greaterOrEqual(let value): (self.value, isLower, isClosed) = (value, true, true)
            case .less(let value): (self.value, isLower, isClosed) = (value, false, false)
            case .lessOrEqual(let value): (self.value, isLower, isClosed) = (value, false, true)
            default: return nil
            }
            if value.isNull || value.doubleValue?.isNaN == true { return nil }
        }
    }
}

extension Condition {
    /// The conditions that must all hold, those inside a field's `$and` or `$all` one by one, and a field's `$or` as one of the document.
    var plannable: [Condition] {
        conjuncts.flatMap { condition -> [Condition] in
            switch condition {
            case .field(let path, .every(let parts)): parts.flatMap { Condition.field(path, $0).plannable }
            case .field(let path, .some(let parts)): [.some(parts.map { .field(path, $0) })]
            // What holds of the only value holds of one of the values; where they can differ the planner takes no candidate unseen.
            case .strict(let path, let test): [.field(path, .value(test))]
            default: [condition]
            }
        }
    }

    /// Whether some part asks for the only value of a field.
    var isStrict: Bool {
        switch self {
        case .strict: true
        case .every(let parts), .some(let parts), .none(let parts): parts.contains(where: \.isStrict)
        default: false
        }
    }
}
