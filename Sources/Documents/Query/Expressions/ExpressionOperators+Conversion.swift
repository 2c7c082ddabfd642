import Kernel

extension ExpressionOperators {
    static let conversion: [String: PositionalOperator] = [
        "$type": PositionalOperator(1...1) { .string(typeName($0[0])) },
        "$isNumber": PositionalOperator(1...1) { .bool($0[0]?.doubleValue != nil) },
        "$toString": converting(to: .string),
        "$toInt": converting(to: .int),
        "$toLong": converting(to: .long),
        "$toDouble": converting(to: .double),
        "$toDecimal": converting(to: .double),
        "$toBool": converting(to: .bool),
        "$toDate": converting(to: .date),
        "$toObjectId": converting(to: .objectId),
    ]

    /// What values can be turned into.
    ///
    /// There is no decimal type: its numbers are doubles. Ids are texts.
    private enum Target: String {
        case double, string, objectId, bool, date, int, long

        init?(_ value: JSON) {
            switch value {
            case "double", "decimal", 1, 19: self = .double
            case "string", 2: self = .string
            case "objectId", 7: self = .objectId
            case "bool", 8: self = .bool
            case "date", 9: self = .date
            case "int", 16: self = .int
            case "long", 18: self = .long
            default: return nil
            }
        }
    }

    private static func converting(to target: Target) -> PositionalOperator {
        .onValues(1...1) { (values) throws(QueryError) in
            guard let converted = convert(values[0], to: target) else { throw conversionFailure(values[0], .string(target.rawValue)) }
            return converted
        }
    }

    /// Refuses the name of a type that nothing can be turned into.
    static func checkConversion(to name: JSON) throws(QueryError) {
        if Target(name) == nil {
            throw OperatorError.wrongType(
                "$convert", "double, string, objectId, bool, date, int, long or decimal in to",
                " to 为 double、string、objectId、bool、date、int、long 或 decimal", name)
        }
    }

    /// The value as the type of that name, or nil if it has no meaning there.
    static func convert(_ value: JSON, toNamed name: JSON) throws(QueryError) -> JSON? {
        try checkConversion(to: name)
        return Target(name).flatMap { convert(value, to: $0) }
    }

    static func conversionFailure(_ value: JSON, _ type: JSON) -> QueryError {
        QueryError(
            .invalidQuery, "\(value.excerpt) cannot be converted to \(type.stringValue ?? type.excerpt); use $convert with onError.",
            zh: "\(value.excerpt) 不能转换为 \(type.stringValue ?? type.excerpt)；请用带 onError 的 $convert。")
    }

    static func typeName(_ value: JSON?) -> String {
        guard let value else { return "missing" }
        return ValueType.allCases.first { $0 != .number && $0.includes(value) }?.rawValue ?? "unknown"
    }

    private static func convert(_ value: JSON, to target: Target) -> JSON? {
        switch target {
        case .string: string(from: value)
        case .int: value.dateValue == nil ? integer(from: value).flatMap { Int32(exactly: $0) == nil ? nil : .int($0) } : nil
        case .long: integer(from: value).map { .int($0) }
        case .double: double(from: value).map { .double($0) }
        case .bool: .bool(value.doubleValue.map { $0 != 0 } ?? value.boolValue ?? true)
        case .date: date(from: value)
        case .objectId: objectID(from: value)
        }
    }

    private static func string(from value: JSON) -> JSON? {
        switch value {
        case .string: value
        case .double(let number) where !number.isFinite: .string(number.isNaN ? "NaN" : (number < 0 ? "-Infinity" : "Infinity"))
        case .bool, .int, .double: .string(value.text)
        case .date(let milliseconds): .string(DateText.iso8601(fromMilliseconds: milliseconds))
        default: nil
        }
    }

    private static func objectID(from value: JSON) -> JSON? {
        guard case .string(let text) = value, text.utf8.count == 24, text.unicodeScalars.allSatisfy({ $0.properties.isASCIIHexDigit }) else {
            return nil
        }
        return value
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
