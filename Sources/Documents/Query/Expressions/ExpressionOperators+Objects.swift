import Kernel

extension ExpressionOperators {
    static let objects: [String: PositionalOperator] = [
        "$arrayToObject": .onValues(1...1) { (values) throws(QueryError) in try object(fromPairs: try array("$arrayToObject", values[0])) },
        "$objectToArray": .onValues(1...1) { (values) throws(QueryError) in
            guard case .object(let members) = values[0] else {
                throw OperatorError.wrongType("$objectToArray", "an object", "对象", values[0])
            }
            return .array(members.map { ["k": .string($0.key), "v": $0.value] })
        },
        "$mergeObjects": PositionalOperator(anyNumber) { (values) throws(QueryError) in try mergeObjects(values) },
    ]

    static let namedObjects: [String: NamedOperator] = [
        // A missing value ($$REMOVE) takes the field away.
        "$setField": NamedOperator(required: ["field", "input", "value"], optional: []) { (values) throws(QueryError) in
            try changingField("$setField", values, to: values["value"])
        },
        "$unsetField": NamedOperator(required: ["field", "input"], optional: []) { (values) throws(QueryError) in
            try changingField("$unsetField", values, to: nil)
        },
    ]

    /// Takes a name as it is, with its dots and dollars.
    static let getField = PositionalOperator.onPair { (field, input) throws(QueryError) in
        let name = try string("$getField", field ?? .null)
        guard let input, !input.isNull else { return input }
        return input[name]
    }

    private static func changingField(_ name: String, _ values: [String: JSON], to value: JSON?) throws(QueryError) -> JSON {
        guard let input = values["input"], !input.isNull else { return .null }
        guard case .object(var members) = input else { throw OperatorError.wrongType(name, "an object in input", " input 为对象", input) }
        members[try string(name, values["field"] ?? .null)] = value
        return .object(members)
    }

    private static func object(fromPairs pairs: [JSON]) throws(QueryError) -> JSON {
        var object = JSONObject()
        for pair in pairs {
            switch pair {
            case .array(let parts) where parts.count == 2: object[try key(parts[0])] = parts[1]
            case .object(let members) where members.count == 2 && members["k"] != nil && members["v"] != nil:
                object[try key(members["k"] ?? .null)] = members["v"]
            default: throw OperatorError.wrongType("$arrayToObject", "pairs {k, v} or [k, v]", "{k, v} 或 [k, v] 形式的键值对", pair)
            }
        }
        return .object(object)
    }

    private static func key(_ value: JSON) throws(QueryError) -> String {
        let key = try string("$arrayToObject", value)
        if key.utf8.contains(0) { throw OperatorError.wrongType("$arrayToObject", "names without NUL", "不含 NUL 的名称", value) }
        return key
    }

    /// Null and missing objects do not count.
    private static func mergeObjects(_ values: [JSON?]) throws(QueryError) -> JSON {
        var operands = values
        if values.count == 1, case .array(let elements)? = values[0] { operands = elements }
        let accumulator = MergeAccumulator()
        for value in operands { _ = try accumulator.add(value, of: JSONObject()) }
        return accumulator.result
    }
}
