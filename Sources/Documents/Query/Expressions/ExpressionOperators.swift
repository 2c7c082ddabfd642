import Kernel

/// The table of expression operators; each family has its own file.
enum ExpressionOperators {
    static let positional: [String: PositionalOperator] = [
        arithmetic, trigonometry, bits, comparison, text, arrays, objects, sets, dates, conversion, sizes,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

    static let named: [String: NamedOperator] = [namedText, patterns, namedArrays, namedObjects, namedDates].reduce(into: [:]) {
        $0.merge($1) { first, _ in first }
    }

    /// How arguments without an upper limit are counted.
    static let anyNumber = 0...Int.max

    static func number(_ name: String, _ value: JSON) throws(QueryError) -> Double {
        guard let number = value.doubleValue else { throw OperatorError.wrongType(name, "a number", "数字", value) }
        return number
    }

    static func whole(_ name: String, _ value: JSON) throws(QueryError) -> Int {
        guard let number = value.intValue, number.magnitude < 1 << 53 else {
            throw OperatorError.wrongType(name, "a whole number", "整数", value)
        }
        return Int(number)
    }

    static func string(_ name: String, _ value: JSON) throws(QueryError) -> String {
        guard case .string(let text) = value else { throw OperatorError.wrongType(name, "a string", "字符串", value) }
        return text
    }

    static func array(_ name: String, _ value: JSON?) throws(QueryError) -> [JSON] {
        guard case .array(let elements) = value else { throw OperatorError.wrongType(name, "an array", "数组", value) }
        return elements
    }
}
