import Kernel

extension Pipeline {
    /// What a store can do better than the pipeline, before the first stage.
    public struct Leading: Sendable {
        /// The documents that matter.
        public var filter = Filter.all
        /// The order in which they are wanted, for an index that gives it.
        public var sort: SortOrder?
        /// How many to pass over, in that order.
        public var skip = 0
        /// How many to hand over at most after that.
        public var limit: Int?
        /// Only the number of documents is wanted, in this field of one document (none if there are none).
        public var countField: String?

        /// The skip and the limit, where documents come in the wanted order; otherwise the stages sort first and do both themselves.
        func window(isSorted: Bool) -> DocumentWindow {
            sort == nil || isSorted ? DocumentWindow(skip: skip, limit: limit) : DocumentWindow(skip: 0, limit: nil)
        }
    }

    /// What the store can do first.
    ///
    /// The filter must be honoured, since ``rest(sorted:counted:)`` no longer has it. Sort, skip and limit must be honoured together when
    /// the rest is taken as `sorted`, and without a sort always. What `$geoNear` has found the rest measures again.
    public var leading: Leading { split(sorted: true, counted: true).leading }

    /// What remains to be run on the documents that the store hands over.
    /// - Parameters:
    ///   - sorted: whether the store has sorted (and skipped and limited) as ``leading`` says; otherwise the pipeline does.
    ///   - counted: whether the store has counted and hands over the one document with the count, if any.
    public func rest(sorted: Bool = false, counted: Bool = false) -> Pipeline {
        Pipeline(stages: Array(split(sorted: sorted, counted: counted).rest))
    }

    private func split(sorted: Bool, counted: Bool) -> (leading: Leading, rest: ArraySlice<PlacedStage>) {
        var leading = Leading()
        var rest = stages[...]
        if case .geoNear(let near)? = rest.first?.stage {
            leading.filter = near.query
            return (leading, rest)
        }
        if ownDocuments != nil {
            leading.limit = 0
            return (leading, rest)
        }
        while case .match(.fixed(let filter))? = rest.first?.stage {
            leading.filter = leading.filter.isAll ? filter : leading.filter.and(filter)
            rest.removeFirst()
        }
        leading.filter = leading.filter.andImplied
        if case .count(let name)? = rest.first?.stage {
            leading.countField = name
            if counted { rest.removeFirst() }
            return (leading, rest)
        }
        if case .sort(let sort)? = rest.first?.stage, sort.scorePlace == nil {
            leading.sort = sort.order
            guard sorted else { return (leading, rest) }
            rest.removeFirst()
        }
        if case .skip(let count)? = rest.first?.stage {
            leading.skip = count
            rest.removeFirst()
        }
        if case .limit(let limit)? = rest.first?.stage {
            leading.limit = limit
            rest.removeFirst()
        }
        return (leading, rest)
    }
}

extension Pipeline {
    /// What `$geoNear` at the beginning asks for.
    var geoNear: GeoNear? { if case .geoNear(let near)? = stages.first?.stage { near } else { nil } }

    /// The list that `$documents` at the beginning brings.
    var ownDocuments: Expression? { if case .documents(let list)? = stages.first?.stage { list } else { nil } }

    /// The same with a condition on the documents of `$documents`.
    func matchingOwn(_ filter: Filter) -> Pipeline {
        guard !filter.isAll, let first = stages.first else { return self }
        let match = PlacedStage(number: first.number, name: "$match", stage: .match(.fixed(filter)))
        return Pipeline(stages: [first, match] + stages.dropFirst())
    }

    /// The same with a field for a `$geoNear` that names none.
    func naming(key: FieldPath) -> Pipeline {
        guard var near = geoNear, near.key == nil else { return self }
        near.key = key
        var named = stages
        named[0].stage = .geoNear(near)
        return Pipeline(stages: named)
    }

    /// Whether the first stage looks for `$text`, so that documents have a score.
    var asksForText: Bool { stages.first?.stage.asksForText ?? false }
}

extension Filter {
    /// With the equalities that `$expr` implies beside it, so that an index can find what it asks for.
    var andImplied: Filter {
        var implied: [Condition] = []
        for condition in condition.conjuncts {
            if case .expression(let expression) = condition { expression.collectEqualities(bindings: [], into: &implied) }
        }
        return implied.isEmpty ? self : and(Filter(condition: .every(implied)))
    }
}

extension Expression {
    /// Finds `{"$eq":["$field",value]}` among the parts that must all be true.
    ///
    /// A filter for the same value lets more documents pass than the expression (arrays that contain it, missing for null), never fewer,
    /// unless the value is an array: then a path through an array could be equal to it.
    fileprivate func collectEqualities(bindings: [JSON?], into conditions: inout [Condition]) {
        switch self {
        case .every(let parts): for part in parts { part.collectEqualities(bindings: bindings, into: &conditions) }
        case .binding(let values, let body):
            body.collectEqualities(bindings: bindings + values.map { $0.constant(bindings) }, into: &conditions)
        case .call("$eq", _, let sides) where sides.count == 2:
            for (field, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
                guard case .field(let name, let rest) = field, let value = other.constant(bindings), value.arrayValue == nil,
                    let path = try? FieldPath(([name] + rest).joined(separator: "."))
                else { continue }
                conditions.append(.field(path, .value(.equal(value))))
            }
        default: break
        }
    }

    private func constant(_ bindings: [JSON?]) -> JSON? {
        switch self {
        case .literal(let value): return value
        case .variable(.bound(let place), let path) where place < bindings.count:
            return bindings[place].flatMap { Expression.follow(path[...], from: $0) }
        default: return nil
        }
    }
}
