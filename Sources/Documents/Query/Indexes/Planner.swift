import Kernel

/// How the documents of a query are found.
///
/// A filter with ``Filter/nearness`` also wants its documents by distance, whatever the plan: with every plan but `.near` the store sorts
/// them. A filter that asks for text must have been bound to the text index; see ``Filter/bound(to:)``.
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
    /// The ranges of a text index hold a key of every document that matches; repetitions must be dropped and the filter evaluated.
    case text(IndexDefinition, ranges: [KeyRange])
    /// The ranges of a geo index hold a key of every document that matches; repetitions must be dropped and the filter evaluated.
    case geo(IndexDefinition, ranges: [KeyRange])
    /// The documents by their distance: those within a radius are in ``Nearness/ranges(within:)`` of the geo index.
    ///
    /// The store doubles the radius until it has enough documents that match and are no further away than the radius, or until the radius
    /// is ``Nearness/farthest``.
    case near(IndexDefinition, Nearness)
    /// Every document that matches is found by one of the plans, several by more than one: repetitions must be dropped, the whole filter
    /// evaluated and the answer sorted.
    case union([Plan])
    /// Every document must be looked at.
    case scan
}

/// Chooses how to find the documents that match `filter`, in the order `sort` if an index gives it.
public func plan(filter: Filter, sort: SortOrder?, indexes: [IndexDefinition]) -> Plan {
    Planner(sort: sort, indexes: indexes, isStrict: filter.condition.isStrict).plan(filter.condition.plannable)
}

/// Chooses among the plans that indexes offer.
struct Planner {
    let sort: SortOrder?
    let indexes: [IndexDefinition]
    /// Whether something asks for the only value of a field, which the keys of an array do not tell.
    var isStrict = false

    /// What a geo index is worth, between a range and an equality; see ``IndexCandidate/score``.
    private static let geoScore = 7
    /// What an index is worth that only gives the order.
    private static let orderScore = 3
    /// The most branches of `$or` and the most ranges of them all.
    private static let maximumBranches = 100
    private static let maximumUnionRanges = 2000

    func plan(_ conditions: [Condition]) -> Plan {
        if let ids = pinnedIDs(conditions) { return .ids(ids) }
        let usable = indexes.filter { Self.isComplete($0, for: conditions) }
        if let plan = text(conditions, usable) ?? near(conditions, usable) { return plan }
        var best: IndexCandidate?
        for index in usable where index.kind == .ordered {
            guard let candidate = IndexCandidate(index: index, conditions: conditions, sort: sort) else { continue }
            if candidate.score > best?.score ?? 0 { best = candidate }
        }
        if best?.score ?? 0 < Self.geoScore, let plan = geo(conditions, usable) { return plan }
        if best?.score ?? 0 <= Self.orderScore, let plan = union(conditions) { return plan }
        guard let best else { return .scan }
        let exact = best.isExact && !(isStrict && best.index.isMultikey)
        return .index(best.index, ranges: best.ranges, exact: exact, ordered: best.isOrdered, reversed: best.isReversed)
    }

    /// Whether an index has every document that can match, although it leaves some out.
    private static func isComplete(_ index: IndexDefinition, for conditions: [Condition]) -> Bool {
        if let partial = index.partial, !Implication.holds(conditions, imply: partial.filter.condition) { return false }
        guard index.sparse, index.kind == .ordered else { return true }
        return index.fields.contains { field in
            (try? FieldPath(field.path)).map { Implication.holds(conditions, implyExistenceOf: $0) } ?? false
        }
    }

    private func text(_ conditions: [Condition], _ indexes: [IndexDefinition]) -> Plan? {
        for case .text(let query) in conditions {
            let index = indexes.first { $0.textContext != nil && $0.textContext == query.context }
            if let index { return .text(index, ranges: query.ranges) }
        }
        return nil
    }

    private func near(_ conditions: [Condition], _ indexes: [IndexDefinition]) -> Plan? {
        for case .near(let nearness) in conditions where nearness.metric != .degrees {
            let index = indexes.first { $0.kind == .geo && $0.fields.first?.path == nearness.field }
            if let index { return .near(index, nearness) }
        }
        return nil
    }

    private func geo(_ conditions: [Condition], _ indexes: [IndexDefinition]) -> Plan? {
        for case .field(let path, .whole(.place(let test))) in conditions {
            let index = indexes.first { $0.kind == .geo && $0.fields.first?.path == path.text }
            if let index { return .geo(index, ranges: GeoCovering.ranges(for: test)) }
        }
        return nil
    }

    /// One plan for each branch of a `$or`, together with the conditions around it.
    private func union(_ conditions: [Condition]) -> Plan? {
        for (place, condition) in conditions.enumerated() {
            guard case .some(let branches) = condition, (1...Self.maximumBranches).contains(branches.count) else { continue }
            let others = conditions[..<place] + conditions[(place + 1)...]
            let planner = Planner(sort: nil, indexes: indexes, isStrict: isStrict)
            var plans: [Plan] = []
            var ranges = 0
            for branch in branches {
                let plan = planner.plan(others + branch.plannable)
                guard let count = plan.rangeCount else { break }
                ranges += count
                plans.append(plan)
            }
            if plans.count == branches.count, ranges <= Self.maximumUnionRanges { return plans.count == 1 ? plans[0] : .union(plans) }
        }
        return nil
    }
}

extension Plan {
    /// How many ranges and ids are read; nil when that says nothing because everything is, or an order is followed.
    public var rangeCount: Int? {
        switch self {
        case .ids(let ids): ids.count
        case .index(_, let ranges, _, _, _), .text(_, let ranges), .geo(_, let ranges): ranges.contains(.everything) ? nil : ranges.count
        case .union(let plans):
            plans.reduce(0 as Int?) { sum, plan in
                guard let sum, let count = plan.rangeCount else { return nil }
                return sum + count
            }
        case .near, .scan: nil
        }
    }
}

/// The ids of `{"_id":"…"}` or `{"_id":{"$in":[…]}}`; a filter that pins other values than texts and whole numbers is left to the evaluator.
func pinnedIDs(_ conditions: [Condition]) -> [String]? {
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
