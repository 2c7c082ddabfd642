import Kernel

extension Expression {
    /// The truth of `$expr` for a document; an expression that cannot be evaluated is not true.
    func isTrue(for document: JSONObject) -> Bool {
        var scope = EvaluationScope(document: document, context: EvaluationContext())
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
        case .field(let name, let rest):
            let value = scope.document[name]
            return rest.isEmpty ? value : Self.follow(rest[...], from: value)
        case .variable(let variable, let path):
            let value = scope.value(of: variable)
            return path.isEmpty ? value : Self.follow(path[...], from: value)
        case .object(let members): return try Self.evaluateObject(members, &scope)
        case .array(let elements): return try Self.evaluateArray(elements, &scope)
        case .call(_, let called, let arguments): return try Self.evaluateCall(called, arguments, &scope)
        case .namedCall(_, let called, let arguments): return try Self.evaluateNamedCall(called, arguments, &scope)
        case .every, .some, .choice, .branches, .firstPresent: return try evaluateLogic(&scope)
        case .binding, .map, .filter, .reduce: return try evaluateScoped(&scope)
        case .conversion(let input, let target, let onError, let onNull):
            return try Self.evaluateConversion(input, target, onError, onNull, &scope)
        case .random: return .double(scope.context.randomFraction())
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
        object.reserveCapacity(members.count)
        var held = 0
        for (key, expression) in members {
            guard let value = try expression.evaluate(&scope) else { continue }
            held += try scope.context.hold(value)
            object.append(key, value)
        }
        scope.context.release(held)
        let result = JSON.object(object)
        try scope.context.chargeContainer(result)
        return result
    }

    private static func evaluateArray(_ elements: [Expression], _ scope: inout EvaluationScope) throws(QueryError) -> JSON? {
        var values: [JSON] = []
        values.reserveCapacity(elements.count)
        var held = 0
        for element in elements {
            let value = try element.evaluate(&scope) ?? .null
            held += try scope.context.hold(value)
            values.append(value)
        }
        scope.context.release(held)
        let result = JSON.array(values)
        try scope.context.chargeContainer(result)
        return result
    }

    private static func evaluateCall(
        _ called: PositionalOperator, _ arguments: [Expression], _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        if arguments.count == 2, let pair = called.evaluatePair {
            let result = try pair(try arguments[0].evaluate(&scope), try arguments[1].evaluate(&scope))
            try scope.context.charge(result)
            return result
        }
        var values: [JSON?] = []
        values.reserveCapacity(arguments.count)
        var held = 0
        for argument in arguments {
            let value = try argument.evaluate(&scope)
            held += try scope.context.hold(value)
            values.append(value)
        }
        let result = try called.evaluate(values)
        scope.context.release(held)
        try scope.context.charge(result)
        return result
    }

    private static func evaluateNamedCall(
        _ called: NamedOperator, _ arguments: [(name: String, value: Expression)], _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        var values: [String: JSON] = [:]
        var held = 0
        for (name, argument) in arguments {
            let value = try argument.evaluate(&scope)
            held += try scope.context.hold(value)
            values[name] = value
        }
        let result = try called.evaluate(values)
        scope.context.release(held)
        try scope.context.charge(result)
        return result
    }

    private static func evaluateConversion(
        _ input: Expression, _ target: Expression, _ onError: Expression?, _ onNull: Expression?, _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        guard let value = try input.evaluate(&scope), !value.isNull else {
            guard let onNull else { return .null }
            return try onNull.evaluate(&scope)
        }
        guard let wanted = try target.evaluate(&scope), !wanted.isNull else { return .null }
        if let converted = try ExpressionOperators.convert(value, toNamed: wanted) { return converted }
        guard let onError else { throw ExpressionOperators.conversionFailure(value, wanted) }
        return try onError.evaluate(&scope)
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
            var values: [JSON?] = []
            for binding in bindings { values.append(try binding.evaluate(&scope)) }
            scope.bindings += values
            return try body.evaluate(&scope)
        case .map(let walk): return try Self.evaluateMap(walk, &scope)
        case .filter(let walk, let limit): return try Self.evaluateFilter(walk, limit, &scope)
        case .reduce(let input, let initial, let step):
            guard let elements = try Self.elements(of: input, "$reduce", &scope) else { return .null }
            var value = try initial.evaluate(&scope)
            for element in elements {
                try scope.context.step()
                scope.bindings.append(element)
                scope.bindings.append(value)
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
        var held = 0
        for element in elements {
            try scope.context.step()
            scope.bindings.append(element)
            let value = try walk.body.evaluate(&scope) ?? .null
            scope.bindings.removeLast()
            held += try scope.context.hold(value)
            results.append(value)
        }
        scope.context.release(held)
        let result = JSON.array(results)
        try scope.context.chargeContainer(result)
        return result
    }

    private static func evaluateFilter(
        _ walk: ArrayWalk, _ limit: Expression?, _ scope: inout EvaluationScope
    ) throws(QueryError) -> JSON? {
        guard let elements = try elements(of: walk.input, "$filter", &scope) else { return .null }
        let most = try filterLimit(limit, &scope)
        var results: [JSON] = []
        for element in elements where results.count < most {
            try scope.context.step()
            scope.bindings.append(element)
            if isTrue(try walk.body.evaluate(&scope)) { results.append(element) }
            scope.bindings.removeLast()
        }
        let result = JSON.array(results)
        try scope.context.chargeContainer(result)
        return result
    }

    private static func filterLimit(_ limit: Expression?, _ scope: inout EvaluationScope) throws(QueryError) -> Int64 {
        guard let value = try limit?.evaluate(&scope), !value.isNull else { return .max }
        guard let count = value.intValue, count > 0 else {
            throw OperatorError.wrongType("$filter", "a whole limit of at least 1", "不小于 1 的整数 limit", value)
        }
        return count
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
    static func wrongType(_ name: String, _ wanted: String, _ wantedZh: String, _ found: JSON?) -> QueryError {
        let text = found?.excerpt ?? "a missing value"
        return QueryError(
            .invalidQuery, "\(name) needs \(wanted), not \(text).", zh: "\(name) 需要\(wantedZh)，而不是 \(found?.excerpt ?? "缺失的值")。")
    }
}
