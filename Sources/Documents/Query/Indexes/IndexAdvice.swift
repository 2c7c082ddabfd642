import Kernel

/// The fields of an index that would have served a query: equalities first, then the order, then a range.
///
/// Nil when no ordered index would help, for instance because the query only excludes values or asks for an id.
public func advice(filter: Filter, sort: SortOrder?) -> [IndexField]? {
    let conditions = filter.condition.plannable
    var adviser = IndexAdviser()
    for condition in conditions where condition.isEquality { adviser.add(condition.indexablePath, descending: false) }
    for key in sort?.keys ?? [] { adviser.add(key.path, descending: key.descending) }
    // A second range would not make the first one narrower.
    if let range = conditions.first(where: { $0.isRange && !adviser.has($0.indexablePath) }) { adviser.add(range.indexablePath, descending: false) }
    return adviser.fields.isEmpty ? nil : Array(adviser.fields.prefix(IndexDefinition.maximumFields))
}

/// Collects different fields.
private struct IndexAdviser {
    private(set) var fields: [IndexField] = []

    mutating func add(_ path: FieldPath?, descending: Bool) {
        guard let path, !path.hasIndex, path.text != "_id", !has(path) else { return }
        fields.append(IndexField(path: path.text, descending: descending))
    }

    func has(_ path: FieldPath?) -> Bool { fields.contains { $0.path == path?.text } }
}

extension Condition {
    fileprivate var indexablePath: FieldPath? {
        if case .field(let path, .value) = self, !path.hasIndex, path.text != "_id" { path } else { nil }
    }

    fileprivate var isEquality: Bool {
        guard case .field(_, .value(let test)) = self else { return false }
        switch test {
        case .equal: return true
        case .among(let set): return set.patterns.isEmpty
        default: return false
        }
    }

    fileprivate var isRange: Bool {
        guard indexablePath != nil, case .field(_, .value(let test)) = self else { return false }
        switch test {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return true
        case .pattern(let pattern): return pattern.requiredPrefix != nil
        default: return false
        }
    }
}
