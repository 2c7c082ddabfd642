import Kernel

extension FilterParser {
    static func nonEmptyArray(_ name: String, _ operand: JSON) throws(QueryError) -> [JSON] {
        guard case .array(let elements) = operand, !elements.isEmpty else {
            throw QueryError(.invalidQuery, "\(name) needs an array with at least one element.", zh: "\(name) 需要非空数组。")
        }
        return elements
    }

    /// `$exists: 0` and `null` are false like in MongoDB.
    static func truth(_ operand: JSON) -> Bool {
        switch operand {
        case .bool(let flag): flag
        case .int(let number): number != 0
        case .double(let number): number != 0
        case .null: false
        default: true
        }
    }

    static func memberSet(_ name: String, _ operand: JSON) throws(QueryError) -> MemberSet {
        guard case .array(let elements) = operand else {
            throw QueryError(.invalidQuery, "\(name) needs an array.", zh: "\(name) 需要数组。")
        }
        var values: [JSON] = []
        var patterns: [TextPattern] = []
        for element in elements {
            if case .object(let members) = element, members.first?.key == "$regex" {
                patterns.append(try pattern(members))
            } else if case .regularExpression(let expression) = element {
                patterns.append(try TextPattern(expression))
            } else if try isOperatorObject(element) {
                throw QueryError(.invalidQuery, "\(name) takes values, not operators.", zh: "\(name) 的元素应为值，不能是操作符。")
            } else {
                values.append(element)
            }
        }
        return MemberSet(values: values, patterns: patterns)
    }

    static func remainder(_ operand: JSON) throws(QueryError) -> ValueTest {
        guard case .array(let parts) = operand, parts.count == 2, let divisor = whole(parts[0]), let remainder = whole(parts[1]),
            divisor != 0
        else {
            throw QueryError(.invalidQuery, "$mod needs [divisor, remainder] with a divisor other than 0.", zh: "$mod 需要 [除数, 余数]，除数不能为 0。")
        }
        return .remainder(divisor: divisor, remainder: remainder)
    }

    private static func whole(_ operand: JSON) -> Int64? {
        operand.intValue ?? operand.doubleValue.flatMap { Int64(exactly: $0.rounded(.towardZero)) }
    }

    static func types(_ operand: JSON) throws(QueryError) -> [ValueType] {
        let names: [JSON] = if case .array(let elements) = operand { elements } else { [operand] }
        var types: [ValueType] = []
        for name in names {
            guard let type = ValueType(name.intValue.map { .int($0) } ?? name) else {
                throw QueryError(
                    .invalidQuery,
                    "$type does not know \(name.excerpt); use one of \(ValueType.allCases.map(\.rawValue).joined(separator: ", ")).",
                    zh: "$type 不认识 \(name.excerpt)；可用：\(ValueType.allCases.map(\.rawValue).joined(separator: "、"))。")
            }
            types.append(type)
        }
        return types
    }

    /// `$sampleRate`: true for about this part of the documents, each by chance.
    static func chance(_ operand: JSON) throws(QueryError) -> Expression {
        guard let rate = operand.doubleValue, (0...1).contains(rate) else {
            throw QueryError(.invalidQuery, "$sampleRate needs a number from 0 to 1.", zh: "$sampleRate 需要 0 到 1 之间的数。")
        }
        let lessThan = PositionalOperator.onPair { (drawn, rate) in .bool((drawn?.doubleValue ?? 1) < (rate?.doubleValue ?? 0)) }
        return .call("$sampleRate", lessThan, [.random, .literal(.double(rate))])
    }

    static func size(_ operand: JSON) throws(QueryError) -> Int {
        guard let number = operand.intValue, number >= 0 else {
            throw QueryError(.invalidQuery, "$size needs a whole number of at least 0.", zh: "$size 需要不小于 0 的整数。")
        }
        return Int(number)
    }

    static func pattern(_ operators: JSONObject) throws(QueryError) -> TextPattern {
        if case .regularExpression(let expression)? = operators["$regex"] {
            guard let options = operators["$options"] else { return try TextPattern(expression) }
            guard expression.options.isEmpty, case .string(let letters) = options else {
                throw QueryError(
                    .invalidQuery, "The regular expression has options of its own; leave $options out.", zh: "正则表达式已带选项；请去掉 $options。")
            }
            return try TextPattern(expression.pattern, options: letters)
        }
        guard case .string(let source)? = operators["$regex"] else {
            throw QueryError(.invalidQuery, "$regex needs the pattern as a string.", zh: "$regex 需要字符串形式的正则表达式。")
        }
        switch operators["$options"] {
        case nil: return try TextPattern(source, options: "")
        case .string(let options)?: return try TextPattern(source, options: options)
        default: throw QueryError(.invalidQuery, "$options needs a string of the letters i, m, s, x.", zh: "$options 需要由 i、m、s、x 组成的字符串。")
        }
    }

    /// Refuses a pattern where only a value makes sense.
    static func comparable(_ name: String, _ operand: JSON) throws(QueryError) -> JSON {
        guard case .regularExpression = operand else { return operand }
        throw QueryError(
            .invalidQuery, "\(name) cannot compare with a regular expression; use {\"$not\": pattern}, $regex or $in.",
            zh: "\(name) 不能与正则表达式比较；请用 {\"$not\": 正则}、$regex 或 $in。")
    }

    static func refusal(ofOperator name: String) -> QueryError {
        switch name {
        case "$where", "$function", "$accumulator":
            QueryError(
                .unsupported, "\(name) runs code and is not supported; write the condition with $expr, such as {\"$expr\":{\"$gt\":[\"$a\",\"$b\"]}}.",
                zh: "不支持执行代码的 \(name)；请用 $expr 表达条件，例如 {\"$expr\":{\"$gt\":[\"$a\",\"$b\"]}}。")
        case "$near", "$nearSphere", "$geoNear", "$maxDistance", "$minDistance": Nearness.misplaced(name)
        case "$text", "$jsonSchema":
            QueryError(
                .invalidQuery, "\(name) is about the whole document: write it at the top of the query, not at a field.",
                zh: "\(name) 针对整个文档：请写在查询的最外层，而不是字段里。")
        default:
            TypedForm(name)?.error(.invalidQuery)
                ?? QueryError(.invalidQuery, "There is no query operator \(name) at this place.", zh: "此处没有查询操作符 \(name)。")
        }
    }
}

extension JSON {
    /// The beginning of the text, for messages.
    var excerpt: String {
        let full = text
        return full.utf8.count <= 80 ? full : String(full.prefix(60)) + "…"
    }
}
