import Kernel

extension ExpressionOperators {
    /// How many bytes a value takes.
    static let sizes: [String: PositionalOperator] = [
        "$binarySize": .onValues(1...1) { (values) throws(QueryError) in
            switch values[0] {
            case .string(let text): return .int(Int64(text.utf8.count))
            case .binary(let data): return .int(Int64(data.bytes.count))
            default: throw OperatorError.wrongType("$binarySize", "a string or binary data", "字符串或二进制数据", values[0])
            }
        },
        "$bsonSize": .onValues(1...1) { (values) throws(QueryError) in
            guard case .object(let members) = values[0] else { throw OperatorError.wrongType("$bsonSize", "an object", "对象", values[0]) }
            return .int(Int64(BSONSize.of(members)))
        },
    ]
}

/// The bytes that MongoDB's drivers would write: those of `BSONWriter` without writing them.
enum BSONSize {
    static func of(_ members: JSONObject) -> Int { members.reduce(5) { $0 + 2 + $1.key.utf8.count + of($1.value) } }

    private static func of(_ value: JSON) -> Int {
        switch value {
        case .null: 0
        case .bool: 1
        case .int(let number): Int32(exactly: number) == nil ? 8 : 4
        case .double, .date: 8
        case .string(let text): 5 + text.utf8.count
        // The old kind of binary data writes its length twice.
        case .binary(let data): 5 + data.bytes.count + (data.subtype == 2 ? 4 : 0)
        case .regularExpression(let expression): 2 + expression.pattern.utf8.count + expression.options.utf8.count
        case .object(let members): of(members)
        case .array(let elements): elements.enumerated().reduce(5) { $0 + 2 + digits(of: $1.offset) + of($1.element) }
        }
    }

    /// Elements are named by their place.
    private static func digits(of place: Int) -> Int {
        var digits = 1
        var left = place / 10
        while left > 0 {
            digits += 1
            left /= 10
        }
        return digits
    }
}
