public import Kernel

extension Filter {
    /// The document that an upsert begins with: what the filter's equalities say.
    ///
    /// Counted are plain values and `$eq`, also inside `$and`, in a `$or` or `$in` with a single member and in an `$all` with one element;
    /// dotted paths make nested objects and `_id` comes first. A field that is given twice, or together with one inside it, is refused.
    public func seed() throws(QueryError) -> JSONObject {
        var equalities: [(path: FieldPath, value: JSON)] = []
        condition.collectEqualities(into: &equalities)
        for (place, equality) in equalities.enumerated() {
            for earlier in equalities[..<place] where equality.path.overlaps(earlier.path) {
                throw QueryError(
                    .invalidQuery,
                    "An upsert cannot take \"\(equality.path.text)\" from the query, which gives it twice; say it once.",
                    zh: "upsert 无法从条件中取得“\(equality.path.text)”的值：条件中多次给出；请只写一次。")
            }
        }
        var document = JSONObject()
        for (path, value) in equalities {
            let walker = UpdateWalker(path: path, createsMissing: true)
            _ = try walker.modify(&document) { (field: inout JSON?) throws(QueryError) -> Bool in
                field = value
                return true
            }
        }
        if let id = document["_id"] { document.setFirst("_id", id) }
        return document
    }
}

extension Condition {
    fileprivate func collectEqualities(into found: inout [(path: FieldPath, value: JSON)]) {
        switch self {
        case .every(let parts): for part in parts { part.collectEqualities(into: &found) }
        case .some(let parts) where parts.count == 1: parts[0].collectEqualities(into: &found)
        case .field(let path, let predicate): predicate.collectEqualities(at: path, into: &found)
        default: break
        }
    }
}

extension Predicate {
    fileprivate func collectEqualities(at path: FieldPath, into found: inout [(path: FieldPath, value: JSON)]) {
        switch self {
        case .value(.equal(let value)): found.append((path, value))
        case .value(.among(let set)) where set.patterns.isEmpty && set.values.count == 1:
            if let value = set.values.first { found.append((path, value)) }
        case .every(let parts): for part in parts { part.collectEqualities(at: path, into: &found) }
        case .some(let parts) where parts.count == 1: parts[0].collectEqualities(at: path, into: &found)
        default: break
        }
    }
}

extension FieldPath {
    /// Whether `other` is this path or leads to something around it.
    func starts(with other: FieldPath) -> Bool {
        parts.count >= other.parts.count && zip(parts, other.parts).allSatisfy { $0.name.hasSameBytes(as: $1.name) }
    }

    /// Whether both cannot be written independently of each other.
    func overlaps(_ other: FieldPath) -> Bool { starts(with: other) || other.starts(with: self) }
}
