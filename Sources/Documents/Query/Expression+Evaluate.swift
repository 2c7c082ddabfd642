import Kernel

extension Expression {
    /// The truth of `$expr` for a document; an expression that cannot be evaluated is not true.
    func isTrue(for document: JSONObject) -> Bool {
        var scope = EvaluationScope(root: .object(document), now: 0, budget: EvaluationBudget())
        // A filter has no way to report an error for one document; MongoDB would refuse the whole query, here the document does not match.
        guard let value = try? evaluate(&scope) else { return false }
        return Self.isTrue(value)
    }

    /// Everything is true but false, null, missing and zero.
    static func isTrue(_ value: JSON?) -> Bool {
        switch value {
        case nil, .null, .bool(false): false
        case .int(let number): number != 0
        case .double(let number): number != 0
        default: true
        }
    }

    /// The value, or nil for a missing one.
    func evaluate(_ scope: inout EvaluationScope) throws(QueryError) -> JSON? {
        switch self {
        case .literal(let value): return value
        case .variable(let name, let path): return Self.follow(path[...], from: scope.value(of: name))
        case .object(let members): return try Self.evaluateObject(members, &scope)
        case .array(let elements): return try Self.evaluateArray(elements, &scope)
        case .call(let called, let arguments): return try Self.evaluateCall(called, arguments, &scope)
        case .namedCall(let called, let arguments): return try Self.evaluateNamedCall(called, arguments, &scope)
        case .every, .some, .choice, .branches, .firstPresent: return try evaluateLogic(&scope)
        case .binding, .map, .filter, .reduce: return try evaluateScoped(&scope)
        }
    }

    /// Follows names; an array fans out to the values that its objects have.
    static func follow(_ path: ArraySlice<String>, from value: JSON?) -> JSON? {
        guard let name = path.first else { return value }
        switch value {
        case .object(let members): return follow(path.dropFirst(), from: members[name])
        case .array(let elements):
            return .array(
                elements.compactMap { element in
                    if case .object = element { follow(path, from: element) } else { nil }
                })
        default: return nil
        }
    }

    private static func evaluateObject(
        _ members: [(key: String, value: Expression)], _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        var object = JSONObject()
        for (key, expression) in members {
            if let value = try expression.evaluate(&scope) { object.append(key, value) }
        }
        let result = JSON.object(object)
        try scope.budget.charge(result)
        return result
    }

    private static func evaluateArray(_ elements: [Expression], _ scope: inout EvaluationScope) throws(QueryError) -> JSON? {
        var values: [JSON] = []
        for element in elements { values.append(try element.evaluate(&scope) ?? .null) }
        let result = JSON.array(values)
        try scope.budget.charge(result)
        return result
    }

    private static func evaluateCall(
        _ called: PositionalOperator, _ arguments: [Expression], _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        var values: [JSON?] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments { values.append(try argument.evaluate(&scope)) }
        let result = try called.evaluate(values)
        try scope.budget.charge(result)
        return result
    }

    private static func evaluateNamedCall(
        _ called: NamedOperator, _ arguments: [String: Expression], _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        var values: [String: JSON] = [:]
        for (name, argument) in arguments { values[name] = try argument.evaluate(&scope) }
        let result = try called.evaluate(values)
        try scope.budget.charge(result)
        return result
    }

    /// The operators that evaluate only what they need.
    private func evaluateLogic(_ scope: inout EvaluationScope) throws(QueryError) -> JSON? {
        switch self {
        case .every(let parts):
            for part in parts { if !Self.isTrue(try part.evaluate(&scope)) { return .bool(false) } }
            return .bool(true)
        case .some(let parts):
            for part in parts { if Self.isTrue(try part.evaluate(&scope)) { return .bool(true) } }
            return .bool(false)
        case .choice(let condition, let then, let otherwise):
            return Self.isTrue(try condition.evaluate(&scope)) ? try then.evaluate(&scope) : try otherwise.evaluate(&scope)
        case .branches(let branches, let otherwise):
            for branch in branches { if Self.isTrue(try branch.condition.evaluate(&scope)) { return try branch.then.evaluate(&scope) } }
            guard let otherwise else {
                throw QueryError(.invalidQuery, "No branch of $switch applies; add a default.", zh: "$switch 没有匹配的分支；请添加 default。")
            }
            return try otherwise.evaluate(&scope)
        case .firstPresent(let parts):
            for part in parts.dropLast() {
                if let value = try part.evaluate(&scope), !value.isNull { return value }
            }
            return try parts.last?.evaluate(&scope)
        default: return nil
        }
    }

    /// The operators that give names to values.
    private func evaluateScoped(_ scope: inout EvaluationScope) throws(QueryError) -> JSON? {
        let depth = scope.bindings.count
        defer { scope.bindings.removeLast(scope.bindings.count - depth) }
        switch self {
        case .binding(let bindings, let body):
            var values: [(name: String, value: JSON?)] = []
            for binding in bindings { values.append((binding.name, try binding.value.evaluate(&scope))) }
            scope.bindings += values
            return try body.evaluate(&scope)
        case .map(let walk): return try Self.evaluateMap(walk, &scope)
        case .filter(let walk, let limit): return try Self.evaluateFilter(walk, limit, &scope)
        case .reduce(let input, let initial, let step):
            guard let elements = try Self.elements(of: input, "$reduce", &scope) else { return .null }
            var value = try initial.evaluate(&scope)
            for element in elements {
                scope.bindings += [("this", element), ("value", value)]
                value = try step.evaluate(&scope)
                scope.bindings.removeLast(2)
            }
            return value
        default: return nil
        }
    }

    private static func evaluateMap(_ walk: ArrayWalk, _ scope: inout EvaluationScope) throws(QueryError) -> JSON? {
        guard let elements = try elements(of: walk.input, "$map", &scope) else { return .null }
        var results: [JSON] = []
        results.reserveCapacity(elements.count)
        for element in elements {
            scope.bindings.append((walk.name, element))
            results.append(try walk.body.evaluate(&scope) ?? .null)
            scope.bindings.removeLast()
        }
        let result = JSON.array(results)
        try scope.budget.charge(result)
        return result
    }

    private static func evaluateFilter(
        _ walk: ArrayWalk, _ limit: Expression?, _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        guard let elements = try elements(of: walk.input, "$filter", &scope) else { return .null }
        let most = try limit?.evaluate(&scope)?.intValue ?? .max
        var results: [JSON] = []
        for element in elements where results.count < most {
            scope.bindings.append((walk.name, element))
            if isTrue(try walk.body.evaluate(&scope)) { results.append(element) }
            scope.bindings.removeLast()
        }
        let result = JSON.array(results)
        try scope.budget.charge(result)
        return result
    }

    /// The elements of an array, or nil for null.
    private static func elements(
        of input: Expression, _ name: String, _ scope: inout EvaluationScope
    ) throws(QueryError) -> [JSON]? {
        switch try input.evaluate(&scope) {
        case nil, .null: return nil
        case .array(let elements): return elements
        case let other?: throw OperatorError.wrongType(name, "an array", "数组", other)
        }
    }
}

/// Errors that operators share.
enum OperatorError {
    static func wrongType(_ name: String, _ wanted: String, _ wantedZh: String, _ found: JSON) -> QueryError {
        QueryError(.invalidQuery, "\(name) needs \(wanted), not \(found.excerpt).", zh: "\(name) 需要\(wantedZh)，而不是 \(found.excerpt)。")
    }
}
