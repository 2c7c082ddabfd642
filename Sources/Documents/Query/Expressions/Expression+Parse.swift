import Kernel

extension Expression {
    /// Parses an expression of `$expr`, where the server's time is not known.
    init(_ json: JSON) throws(QueryError) {
        var parser = ExpressionParser(allowsNow: false)
        self = try parser.parse(json)
    }

    /// Parses an expression of an aggregation stage.
    ///
    /// `names` are the variables bound around the stage, outermost first.
    init(inPipeline json: JSON, names: [String] = []) throws(QueryError) {
        var parser = ExpressionParser(allowsNow: true, names: names)
        self = try parser.parse(json)
    }

    /// Parses the expression of `$redact`, which alone may decide about levels.
    init(inRedact json: JSON, names: [String]) throws(QueryError) {
        var parser = ExpressionParser(allowsNow: true, names: names, allowsVerdicts: true)
        self = try parser.parse(json)
    }
}

/// Turns JSON into expressions and checks names and numbers of arguments.
struct ExpressionParser {
    let allowsNow: Bool
    let allowsVerdicts: Bool
    /// The variables that are bound at this place, outermost first: exactly what evaluation will have bound.
    private var names: [String]
    private var count = 0

    /// More operators than anyone writes by hand.
    static let maximumExpressions = 5000

    init(allowsNow: Bool, names: [String] = [], allowsVerdicts: Bool = false) {
        self.allowsNow = allowsNow
        self.allowsVerdicts = allowsVerdicts
        self.names = names
    }

    mutating func parse(_ json: JSON) throws(QueryError) -> Expression {
        count += 1
        if count > Self.maximumExpressions {
            throw QueryError(
                .limit, "An expression can have at most \(Self.maximumExpressions) parts.", zh: "一个表达式最多 \(Self.maximumExpressions) 个部分。")
        }
        switch json {
        case .string(let text) where text.startsWithDollar: return try parsePath(text)
        case .array(let elements): return Self.folded(try parseAll(elements))
        case .object(let members): return try parseObject(members)
        default: return .literal(json)
        }
    }

    /// An array of literals is one.
    private static func folded(_ elements: [Expression]) -> Expression {
        var values: [JSON] = []
        for element in elements {
            guard case .literal(let value) = element else { return .array(elements) }
            values.append(value)
        }
        return .literal(.array(values))
    }

    private mutating func parseAll(_ elements: [JSON]) throws(QueryError) -> [Expression] {
        var parsed: [Expression] = []
        for element in elements { parsed.append(try parse(element)) }
        return parsed
    }

    private func parsePath(_ text: String) throws(QueryError) -> Expression {
        let isVariable = text.utf8.dropFirst().first == UInt8(ascii: "$")
        let body = String(Substring(text.utf8.dropFirst(isVariable ? 2 : 1)))
        var parts = try FieldPath(body).parts.map(\.name)
        let name = parts.removeFirst()
        guard isVariable else { return .field(name, rest: parts) }
        switch try variable(name) {
        case .current where !parts.isEmpty: return .field(parts[0], rest: Array(parts.dropFirst()))
        case let variable: return .variable(variable, path: parts)
        }
    }

    private func variable(_ name: String) throws(QueryError) -> Variable {
        switch name {
        case "ROOT": return .root
        case "CURRENT": return .current
        case "REMOVE": return .removed
        case "NOW", "CLUSTER_TIME":
            if allowsNow { return .now }
            throw QueryError(
                .unsupported, "$$NOW cannot be used in $expr; send the date itself as {\"$date\":…}.",
                zh: "$expr 中不能使用 $$NOW；请直接传日期 {\"$date\":…}。")
        default:
            if allowsVerdicts, let verdict = RedactVerdict(rawValue: name) { return .verdict(verdict) }
            guard let place = names.lastIndex(of: name) else {
                throw QueryError(.invalidQuery, "There is no variable $$\(name) at this place.", zh: "此处没有变量 $$\(name)。")
            }
            return .bound(place)
        }
    }

    private mutating func parseObject(_ members: JSONObject) throws(QueryError) -> Expression {
        guard members.contains(where: { $0.key.startsWithDollar }) else {
            var parsed: [(key: String, value: Expression)] = []
            for (key, value) in members { parsed.append((try Self.memberName(key), try parse(value))) }
            return .object(parsed)
        }
        guard members.count == 1, let only = members.first else {
            throw QueryError(
                .invalidQuery, "An expression has exactly one operator: \(JSON.object(members).excerpt).",
                zh: "表达式只能有一个操作符：\(JSON.object(members).excerpt)。")
        }
        return try parseOperator(only.key, only.value)
    }

    private static func memberName(_ key: String) throws(QueryError) -> String {
        guard try FieldPath(key).parts.count == 1 else {
            throw QueryError(
                .invalidQuery, "The member \"\(key)\" of an expression has a dot; nest objects instead.", zh: "表达式的成员“\(key)”含有点号；请嵌套对象。")
        }
        return key
    }

    private mutating func parseOperator(_ name: String, _ operand: JSON) throws(QueryError) -> Expression {
        switch name {
        case "$literal": return .literal(operand)
        // The written form of a value, for those who parse their pipelines themselves.
        case "$regularExpression": return .literal([name: operand])
        case "$expr": return try parse(operand)
        case "$and": return .every(try arguments(operand))
        case "$or": return .some(try arguments(operand))
        case "$ifNull":
            let parts = try arguments(operand)
            guard parts.count >= 2 else { throw Self.wrongCount(name, "at least 2", "至少 2 个") }
            return .firstPresent(parts)
        case "$cond": return try parseChoice(operand)
        case "$switch": return try parseSwitch(operand)
        case "$let": return try parseLet(operand)
        case "$map": return .map(try parseWalk(name, operand, body: "in"))
        case "$filter":
            let limit = try operand["limit"].map { (value: JSON) throws(QueryError) in try parse(value) }
            return .filter(try parseWalk(name, operand, body: "cond", optional: ["limit"]), limit: limit)
        case "$reduce": return try parseReduce(operand)
        case "$convert": return try parseConversion(operand)
        case "$getField": return try parseGetField(operand)
        case "$meta": return try Self.parseMeta(operand)
        case "$rand":
            guard operand == [:] || operand == [] else { throw Self.wrongCount(name, "0", "0 个") }
            return .random
        case "$function", "$accumulator", "$where":
            throw QueryError(
                .unsupported, "\(name) runs JavaScript inside the database, which is not done here; compute in a cloud function or with operators.",
                zh: "\(name) 需要在数据库内运行 JavaScript，这里不支持；请在云函数中计算或改用操作符。")
        default: return try parseCall(name, operand)
        }
    }

    private mutating func parseCall(_ name: String, _ operand: JSON) throws(QueryError) -> Expression {
        if let called = ExpressionOperators.named[name] { return try parseNamedCall(name, called, operand) }
        guard let called = ExpressionOperators.positional[name] else {
            throw QueryError(
                .unsupported, "There is no expression operator \(name) here (yet); see the documentation for the list.",
                zh: "（暂）没有表达式操作符 \(name)；请查阅文档中的列表。")
        }
        // The parts of dates may be asked for in a time zone.
        let operands: [Expression]
        if ExpressionOperators.dateParts.contains(name), operand["date"] != nil {
            let members = try Self.members(name, operand, required: ["date"], optional: ["timezone"])
            operands = try parseAll([members["date"] ?? .null] + (members["timezone"].map { [$0] } ?? []))
        } else {
            operands = try arguments(operand)
        }
        guard called.arity.contains(operands.count) else {
            let wanted =
                called.arity.upperBound == .max ? "≥ \(called.arity.lowerBound)" : "\(called.arity.lowerBound)…\(called.arity.upperBound)"
            throw Self.wrongCount(name, wanted, "\(wanted) 个")
        }
        return .call(name, called, operands)
    }

    private mutating func parseNamedCall(_ name: String, _ called: NamedOperator, _ operand: JSON) throws(QueryError) -> Expression {
        var arguments: [(name: String, value: Expression)] = []
        for (key, value) in try Self.members(name, operand, required: called.required, optional: called.optional) {
            // An order looks like an expression and is none.
            arguments.append((key, key == "sortBy" ? .literal(value) : try parse(value)))
        }
        return .namedCall(name, try ExpressionOperators.compiledPattern(name, arguments) ?? called, arguments)
    }

    /// A list of arguments, or a single one without brackets.
    private mutating func arguments(_ operand: JSON) throws(QueryError) -> [Expression] {
        if case .array(let elements) = operand { return try parseAll(elements) }
        return [try parse(operand)]
    }

    private mutating func parseChoice(_ operand: JSON) throws(QueryError) -> Expression {
        if case .array(let parts) = operand {
            guard parts.count == 3 else { throw Self.wrongCount("$cond", "3", "3 个") }
            return .choice(condition: try parse(parts[0]), then: try parse(parts[1]), otherwise: try parse(parts[2]))
        }
        let members = try Self.members("$cond", operand, required: ["if", "then", "else"])
        return .choice(
            condition: try parse(members["if"] ?? .null), then: try parse(members["then"] ?? .null),
            otherwise: try parse(members["else"] ?? .null))
    }

    private mutating func parseSwitch(_ operand: JSON) throws(QueryError) -> Expression {
        let members = try Self.members("$switch", operand, required: ["branches"], optional: ["default"])
        var branches: [(condition: Expression, then: Expression)] = []
        for branch in members["branches"]?.arrayValue ?? [] {
            let parts = try Self.members("$switch", branch, required: ["case", "then"])
            branches.append((try parse(parts["case"] ?? .null), try parse(parts["then"] ?? .null)))
        }
        if branches.isEmpty { throw Self.wrongCount("$switch", "at least 1", "至少 1 个") }
        return .branches(branches, otherwise: try members["default"].map { (value: JSON) throws(QueryError) in try parse(value) })
    }

    private mutating func parseLet(_ operand: JSON) throws(QueryError) -> Expression {
        let members = try Self.members("$let", operand, required: ["vars", "in"])
        guard case .object(let variables)? = members["vars"] else {
            throw QueryError(.invalidQuery, "$let needs an object of variables in vars.", zh: "$let 的 vars 需要对象。")
        }
        var bindings: [Expression] = []
        var bound: [String] = []
        for (name, value) in variables {
            bound.append(try Self.variableName(name))
            bindings.append(try parse(value))
        }
        return .binding(bindings, in: try parse(members["in"] ?? .null, binding: bound))
    }

    private mutating func parseWalk(
        _ name: String, _ operand: JSON, body: String, optional: Set<String> = []
    ) throws(QueryError) -> ArrayWalk {
        let members = try Self.members(name, operand, required: ["input", body], optional: optional.union(["as"]))
        var variable = "this"
        if let given = members["as"] {
            guard case .string(let text) = given else { throw OperatorError.wrongType("as", "a name", "名称", given) }
            variable = try Self.variableName(text)
        }
        return ArrayWalk(
            input: try parse(members["input"] ?? .null), body: try parse(members[body] ?? .null, binding: [variable]))
    }

    private mutating func parseReduce(_ operand: JSON) throws(QueryError) -> Expression {
        let members = try Self.members("$reduce", operand, required: ["input", "initialValue", "in"])
        return .reduce(
            input: try parse(members["input"] ?? .null), initial: try parse(members["initialValue"] ?? .null),
            step: try parse(members["in"] ?? .null, binding: ["this", "value"]))
    }

    private mutating func parseConversion(_ operand: JSON) throws(QueryError) -> Expression {
        let members = try Self.members("$convert", operand, required: ["input", "to"], optional: ["onError", "onNull"])
        if let target = members["to"], case .literal(let wanted) = try parse(target), !wanted.isNull { try ExpressionOperators.checkConversion(to: wanted) }
        return .conversion(
            input: try parse(members["input"] ?? .null), to: try parse(members["to"] ?? .null),
            onError: try members["onError"].map { (value: JSON) throws(QueryError) in try parse(value) },
            onNull: try members["onNull"].map { (value: JSON) throws(QueryError) in try parse(value) })
    }

    /// `{"$getField":"a.b"}` or `{"$getField":{"field":"a.b","input":…}}`: names with dots or dollars, taken as they are.
    private mutating func parseGetField(_ operand: JSON) throws(QueryError) -> Expression {
        var field = operand
        var input = Expression.variable(.current, path: [])
        if operand["field"] != nil {
            let members = try Self.members("$getField", operand, required: ["field"], optional: ["input"])
            field = members["field"] ?? .null
            if let given = members["input"] { input = try parse(given) }
        }
        return .call("$getField", ExpressionOperators.getField, [try parse(field), input])
    }

    private static func parseMeta(_ operand: JSON) throws(QueryError) -> Expression {
        guard operand == "textScore" || operand == "searchScore" else {
            throw QueryError(
                .unsupported, "Of $meta there is \"textScore\" only, not \(operand.excerpt).", zh: "$meta 只支持 \"textScore\"，不支持 \(operand.excerpt)。")
        }
        return .variable(.score, path: [])
    }

    private mutating func parse(_ json: JSON, binding added: [String]) throws(QueryError) -> Expression {
        names += added
        defer { names.removeLast(added.count) }
        return try parse(json)
    }

    static func variableName(_ name: String) throws(QueryError) -> String {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first) || first >= 0x80, !name.utf8.contains(UInt8(ascii: ".")) else {
            throw QueryError(.invalidQuery, "The variable \"\(name)\" must start with a lower-case letter.", zh: "变量名“\(name)”必须以小写字母开头。")
        }
        return name
    }

    static func members(
        _ name: String, _ operand: JSON, required: Set<String>, optional: Set<String> = []
    ) throws(QueryError) -> JSONObject {
        guard case .object(let members) = operand, required.allSatisfy({ members[$0] != nil }),
            members.allSatisfy({ required.contains($0.key) || optional.contains($0.key) })
        else {
            let wanted = required.sorted().joined(separator: ", ")
            let allowed = optional.isEmpty ? "" : " (\(optional.sorted().joined(separator: ", ")))"
            throw QueryError(
                .invalidQuery, "\(name) needs an object with \(wanted)\(allowed).", zh: "\(name) 需要含有 \(wanted)\(allowed) 的对象。")
        }
        return members
    }

    private static func wrongCount(_ name: String, _ wanted: String, _ wantedZh: String) -> QueryError {
        QueryError(.invalidQuery, "\(name) needs \(wanted) arguments.", zh: "\(name) 需要 \(wantedZh)参数。")
    }
}
