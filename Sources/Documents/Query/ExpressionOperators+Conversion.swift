import Kernel

extension ExpressionOperators {
    static let conversion: [String: PositionalOperator] = [
        "$type": PositionalOperator(1...1) { .string(typeName($0[0])) },
        "$isNumber": PositionalOperator(1...1) { .bool($0[0]?.doubleValue != nil) },
        "$toString": converting(to: "string"),
        "$toInt": converting(to: "int"),
        "$toLong": converting(to: "long"),
        "$toDouble": converting(to: "double"),
        "$toDecimal": converting(to: "double"),
        "$toBool": converting(to: "bool"),
        "$toDate": converting(to: "date"),
    ]

    static let namedConversion: [String: NamedOperator] = [
        "$convert": NamedOperator(required: ["input", "to"], optional: ["onError", "onNull"]) { (values) throws(QueryError) in
            guard let input = values["input"], !input.isNull else { return values["onNull"] ?? .null }
            guard let target = ValueType(values["to"] ?? .null) else {
                throw OperatorError.wrongType("$convert", "a type name in to", "to 中的类型名", values["to"] ?? .null)
            }
            if let converted = convert(input, to: target.rawValue) { return converted }
            if let fallback = values["onError"] { return fallback }
            throw failure(input, target.rawValue)
        }
    ]

    private static func converting(to type: String) -> PositionalOperator {
        .onValues(1...1) { (values) throws(QueryError) in
            guard let converted = convert(values[0], to: type) else { throw failure(values[0], type) }
            return converted
        }
    }

    private static func failure(_ value: JSON, _ type: String) -> QueryError {
        QueryError(
            .invalidQuery, "\(value.excerpt) cannot be converted to \(type); use $convert with onError.",
            zh: "\(value.excerpt) 不能转换为 \(type)；请用带 onError 的 $convert。")
    }

    static func typeName(_ value: JSON?) -> String {
        switch value {
        case nil: "missing"
        case .null: "null"
        case .bool: "bool"
        case .int(let number): Int32(exactly: number) == nil ? "long" : "int"
        case .double: "double"
        case .string: "string"
        case .date: "date"
        case .binary: "binData"
        case .regularExpression: "regex"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The value as another type, or nil if it has no meaning there.
    private static func convert(_ value: JSON, to type: String) -> JSON? {
        switch type {
        case "string": string(from: value)
        case "int": integer(from: value).flatMap { Int32(exactly: $0) == nil ? nil : .int($0) }
        case "long": integer(from: value).map { .int($0) }
        case "double", "number": double(from: value).map { .double($0) }
        case "bool": .bool(value.doubleValue.map { $0 != 0 } ?? value.boolValue ?? true)
        case "date": date(from: value)
        default: nil
        }
    }

    private static func string(from value: JSON) -> JSON? {
        switch value {
        case .string: value
        case .bool, .int, .double: .string(value.text)
        case .date(let milliseconds): .string(DateText.iso8601(fromMilliseconds: milliseconds))
        default: nil
        }
    }

    /// Cuts fractions off; text must be a whole number.
    private static func integer(from value: JSON) -> Int64? {
        switch value {
        case .bool(let flag): flag ? 1 : 0
        case .int(let number), .date(let number): number
        case .double(let number): Int64(exactly: number.rounded(.towardZero))
        case .string(let text): Int64(text)
        default: nil
        }
    }

    private static func double(from value: JSON) -> Double? {
        switch value {
        case .bool(let flag): flag ? 1 : 0
        case .date(let milliseconds): Double(milliseconds)
        case .string(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: value.doubleValue
        }
    }

    private static func date(from value: JSON) -> JSON? {
        switch value {
        case .date: value
        case .int(let milliseconds): .date(milliseconds)
        case .double(let milliseconds): Int64(exactly: milliseconds.rounded(.towardZero)).map { .date($0) }
        case .string(let text): DateText.milliseconds(fromISO8601: text).map { .date($0) }
        default: nil
        }
    }
}
