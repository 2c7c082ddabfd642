import Kernel

/// Turns the JSON of a query into conditions and counts them.
struct FilterParser {
    private var conditions = 0
    /// How many operators are around the place that do not simply add a condition.
    private var enclosing = 0
    /// More conditions than anyone writes by hand.
    static let maximumConditions = 5000

    /// A query on a whole document.
    mutating func parse(_ json: JSON) throws(QueryError) -> Condition {
        guard case .object(let members) = json else {
            throw QueryError(.invalidQuery, "A query must be an object such as {\"price\":{\"$lt\":100}}.", zh: "查询条件必须是对象。")
        }
        var parts: [Condition] = []
        for (key, value) in members {
            if key.startsWithDollar {
                if let part = try parseLogic(key, value) { parts.append(part) }
            } else {
                try parts.append(contentsOf: parseField(FieldPath(key), value))
            }
        }
        return parts.count == 1 ? parts[0] : .every(parts)
    }

    private mutating func parseLogic(_ key: String, _ value: JSON) throws(QueryError) -> Condition? {
        switch key {
        case "$and": return .every(try parseList(key, value))
        case "$or": return .some(try parseEnclosed { (parser) throws(QueryError) in try parser.parseList(key, value) })
        case "$nor":
            let parts = try parseEnclosed { (parser) throws(QueryError) in try parser.parseList(key, value) }
            if parts.contains(where: \.hasText) { throw Self.misplacedText }
            return .none(parts)
        case "$expr": return .expression(try Expression(value))
        case "$sampleRate": return .expression(try Self.chance(value))
        case "$jsonSchema": return .schema(try JSONSchema(value))
        case "$text":
            try count()
            return .text(try TextQuery(value, context: nil))
        case "$comment": return nil
        default: throw Self.refusal(ofOperator: key)
        }
    }

    private mutating func parseEnclosed<Part>(
        _ parse: (inout FilterParser) throws(QueryError) -> Part
    ) throws(QueryError) -> Part {
        enclosing += 1
        defer { enclosing -= 1 }
        return try parse(&self)
    }

    private mutating func parseList(_ key: String, _ value: JSON) throws(QueryError) -> [Condition] {
        var parts: [Condition] = []
        for element in try Self.nonEmptyArray(key, value) { parts.append(try parse(element)) }
        return parts
    }

    /// The conditions on one field; several operators are several conditions, which the planner can use one by one.
    private mutating func parseField(_ path: FieldPath, _ value: JSON) throws(QueryError) -> [Condition] {
        guard try Self.isOperatorObject(value), case .object(let operators) = value else {
            try count()
            return [.field(path, .value(try Self.equality(value)))]
        }
        guard let near = operators.first(where: { Nearness.names.contains($0.key) })?.key else {
            return try parseOperators(operators).map { .field(path, $0) }
        }
        if enclosing > 0 { throw Nearness.misplaced(near) }
        try count()
        let others = JSONObject(operators.filter { $0.key != near && !Nearness.modifiers.contains($0.key) }.map { ($0.key, $0.value) })
        return [.near(try Nearness(near, operators, path: path))] + (try parseOperators(others).map { .field(path, $0) })
    }

    /// A plain value means equality, a regular expression that a text matches it.
    private static func equality(_ value: JSON) throws(QueryError) -> ValueTest {
        guard case .regularExpression(let expression) = value else { return .equal(value) }
        return .pattern(try TextPattern(expression))
    }

    /// Whether an object consists of operators rather than being a value; a mixture is refused.
    static func isOperatorObject(_ value: JSON) throws(QueryError) -> Bool {
        guard case .object(let members) = value, !members.isEmpty else { return false }
        let operators = members.count { $0.key.startsWithDollar }
        if operators == 0 { return false }
        guard operators == members.count else {
            throw QueryError(
                .invalidQuery, "Operators and field names are mixed in \(JSON.object(members).excerpt); put them in separate objects.",
                zh: "操作符和字段名混在了同一个对象里：\(JSON.object(members).excerpt)；请分开写。")
        }
        return true
    }

    mutating func parseOperators(_ operators: JSONObject) throws(QueryError) -> [Predicate] {
        var predicates: [Predicate] = []
        for (name, operand) in operators {
            switch name {
            case "$comment": break
            case "$options":
                guard operators["$regex"] != nil else {
                    throw QueryError(.invalidQuery, "$options only stands beside $regex.", zh: "$options 只能与 $regex 一起使用。")
                }
            case "$regex": predicates.append(.value(.pattern(try Self.pattern(operators))))
            default: predicates.append(try parseOperator(name, operand))
            }
            try count()
        }
        return predicates
    }

    private mutating func parseOperator(_ name: String, _ operand: JSON) throws(QueryError) -> Predicate {
        switch name {
        case "$eq": return .value(.equal(operand))
        case "$ne", "$neq": return .not(.value(.equal(try Self.comparable(name, operand))))
        case "$gt": return .value(.greater(try Self.comparable(name, operand)))
        case "$gte": return .value(.greaterOrEqual(try Self.comparable(name, operand)))
        case "$lt": return .value(.less(try Self.comparable(name, operand)))
        case "$lte": return .value(.lessOrEqual(try Self.comparable(name, operand)))
        case "$in": return .value(.among(try Self.memberSet(name, operand)))
        case "$nin": return .not(.value(.among(try Self.memberSet(name, operand))))
        case "$and": return .every(try parsePredicateList(name, operand))
        case "$or": return .some(try parsePredicateList(name, operand))
        case "$nor": return .not(.some(try parsePredicateList(name, operand)))
        case "$not": return .not(try parsePredicate(operand, of: name))
        case "$exists": return Self.truth(operand) ? .whole(.exists) : .not(.whole(.exists))
        case "$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear":
            guard let question = BitTest.Question(rawValue: name) else { throw Self.refusal(ofOperator: name) }
            return .value(.bits(try BitTest(question, operand)))
        case "$geoWithin", "$within": return .whole(.place(try GeoTest(within: operand)))
        case "$geoIntersects": return .whole(.place(try GeoTest(intersecting: operand)))
        case "$mod": return .value(try Self.remainder(operand))
        case "$type": return .value(.type(try Self.types(operand)))
        case "$size": return .whole(.size(try Self.size(operand)))
        case "$all": return try parseAll(operand)
        case "$elemMatch": return .whole(try parseElementMatch(operand))
        default: throw Self.refusal(ofOperator: name)
        }
    }

    private mutating func parsePredicateList(_ name: String, _ operand: JSON) throws(QueryError) -> [Predicate] {
        var parts: [Predicate] = []
        for element in try Self.nonEmptyArray(name, operand) { parts.append(try parsePredicate(element, of: name, acceptsValue: true)) }
        return parts
    }

    /// Operators, a regular expression, or (inside `$or` and the like) a plain value.
    private mutating func parsePredicate(
        _ operand: JSON, of name: String, acceptsValue: Bool = false
    ) throws(QueryError) -> Predicate {
        if try Self.isOperatorObject(operand), case .object(let operators) = operand {
            let parts = try parseOperators(operators)
            return parts.count == 1 ? parts[0] : .every(parts)
        }
        guard acceptsValue || operand.regularExpressionValue != nil else {
            throw QueryError(
                .invalidQuery, "\(name) needs operators, such as {\"\(name)\":{\"$gt\":1}}; for a plain value use $ne.",
                zh: "\(name) 后面需要操作符，例如 {\"\(name)\":{\"$gt\":1}}；普通值请用 $ne。")
        }
        try count()
        return .value(try Self.equality(operand))
    }

    private mutating func parseAll(_ operand: JSON) throws(QueryError) -> Predicate {
        guard case .array(let elements) = operand else {
            throw QueryError(.invalidQuery, "$all needs an array.", zh: "$all 需要数组。")
        }
        // No element is asked for: MongoDB matches nothing then.
        if elements.isEmpty { return .some([]) }
        var parts: [Predicate] = []
        for element in elements { parts.append(try parsePredicate(element, of: "$all", acceptsValue: true)) }
        return .every(parts)
    }

    mutating func parseElementMatch(_ operand: JSON) throws(QueryError) -> WholeTest {
        guard case .object(let members) = operand else {
            throw QueryError(.invalidQuery, "$elemMatch needs an object.", zh: "$elemMatch 需要对象。")
        }
        if !members.isEmpty, Self.asksForValue(members) {
            let parts = try parseOperators(members)
            return .elementPasses(parts.count == 1 ? parts[0] : .every(parts))
        }
        let condition = try parseEnclosed { (parser) throws(QueryError) in try parser.parse(operand) }
        if condition.hasText { throw Self.misplacedText }
        return .elementMatches(condition)
    }

    private static var misplacedText: QueryError {
        QueryError(
            .invalidQuery, "$text cannot stand in $nor or $elemMatch; write it at the top of the query, in $and or in $or.",
            zh: "$text 不能放在 $nor 或 $elemMatch 里；请写在查询最外层、$and 或 $or 中。")
    }

    /// Whether the operators are about an element's value rather than about its fields.
    private static func asksForValue(_ members: JSONObject) -> Bool {
        guard let first = members.first, first.key.startsWithDollar else { return false }
        switch first.key {
        case "$expr": return false
        case "$and", "$or", "$nor":
            guard case .array(let parts) = first.value, case .object(let inner)? = parts.first else { return false }
            return asksForValue(inner)
        default: return true
        }
    }

    private mutating func count() throws(QueryError) {
        conditions += 1
        if conditions > Self.maximumConditions {
            throw QueryError(
                .limit, "A query can have at most \(Self.maximumConditions) conditions; use $in for long lists.",
                zh: "一个查询最多 \(Self.maximumConditions) 个条件；长列表请用 $in。")
        }
    }
}
