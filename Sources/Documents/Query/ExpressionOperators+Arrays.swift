import Kernel

extension ExpressionOperators {
    /// The most elements that `$range` makes.
    static let maximumRange = 100_000

    static let arrays: [String: PositionalOperator] = [
        "$size": PositionalOperator(1...1) { (values) throws(QueryError) in .int(Int64(try array("$size", values[0] ?? .null).count)) },
        "$isArray": PositionalOperator(1...1) { .bool($0[0]?.arrayValue != nil) },
        "$arrayElemAt": PositionalOperator(2...2) { (values) throws(QueryError) in try element(values[0], values[1]) },
        "$first": PositionalOperator(1...1) { (values) throws(QueryError) in try element(values[0], .int(0)) },
        "$last": PositionalOperator(1...1) { (values) throws(QueryError) in try element(values[0], .int(-1)) },
        "$concatArrays": .onValues(anyNumber) { (values) throws(QueryError) in
            var result: [JSON] = []
            for value in values { result += try array("$concatArrays", value) }
            return .array(result)
        },
        "$in": PositionalOperator(2...2) { (values) throws(QueryError) in
            let elements = try array("$in", values[1] ?? .null)
            return .bool(values[0].map { elements.contains($0) } ?? false)
        },
        "$indexOfArray": PositionalOperator(2...4) { (values) throws(QueryError) in try indexOfArray(values) },
        "$slice": .onValues(2...3) { (values) throws(QueryError) in try slice(values) },
        "$reverseArray": .onValues(1...1) { (values) throws(QueryError) in .array(try array("$reverseArray", values[0]).reversed()) },
        "$range": PositionalOperator(2...3) { (values) throws(QueryError) in try range(values) },
        "$arrayToObject": .onValues(1...1) { (values) throws(QueryError) in try object(fromPairs: try array("$arrayToObject", values[0])) },
        "$objectToArray": .onValues(1...1) { (values) throws(QueryError) in
            guard case .object(let members) = values[0] else {
                throw OperatorError.wrongType("$objectToArray", "an object", "对象", values[0])
            }
            return .array(members.map { ["k": .string($0.key), "v": $0.value] })
        },
        "$mergeObjects": PositionalOperator(anyNumber) { (values) throws(QueryError) in try mergeObjects(values) },
        "$sum": PositionalOperator(anyNumber) { .some(fold($0, Accumulation(.sum))) },
        "$avg": PositionalOperator(anyNumber) { .some(fold($0, Accumulation(.average))) },
        "$min": PositionalOperator(anyNumber) { .some(fold($0, Accumulation(.minimum))) },
        "$max": PositionalOperator(anyNumber) { .some(fold($0, Accumulation(.maximum))) },
        "$stdDevPop": PositionalOperator(anyNumber) { .some(fold($0, Accumulation(.deviation(ofSample: false)))) },
        "$stdDevSamp": PositionalOperator(anyNumber) { .some(fold($0, Accumulation(.deviation(ofSample: true)))) },
    ]

    static let namedArrays: [String: NamedOperator] = [
        "$zip": NamedOperator(required: ["inputs"], optional: ["useLongestLength", "defaults"]) { (values) throws(QueryError) in
            try zip(values)
        },
        "$sortArray": NamedOperator(required: ["input", "sortBy"], optional: []) { (values) throws(QueryError) in
            guard let input = values["input"], !input.isNull else { return .null }
            let elements = try array("$sortArray", input)
            let sortBy = values["sortBy"] ?? .null
            guard let direction = sortBy.intValue else {
                let order = try SortOrder(sortBy)
                return .array(elements.sorted { order.precedes($0.objectValue ?? JSONObject(), $1.objectValue ?? JSONObject()) })
            }
            guard direction == 1 || direction == -1 else {
                throw OperatorError.wrongType("$sortArray", "1, -1 or fields", "1、-1 或字段", sortBy)
            }
            return .array(elements.sorted { ValueOrder.compare($0, $1) == (direction < 0 ? .descending : .ascending) })
        },
    ]

    /// As expressions the accumulators take their arguments, or the elements of one array.
    private static func fold(_ values: [JSON?], _ accumulation: Accumulation) -> JSON {
        var total = accumulation
        if values.count == 1, case .array(let elements)? = values[0] {
            for element in elements { total.add(element) }
        } else {
            for value in values { total.add(value) }
        }
        return total.result
    }

    private static func element(_ value: JSON?, _ place: JSON?) throws(QueryError) -> JSON? {
        guard let value, let place, !value.isNull, !place.isNull else { return .null }
        let elements = try array("$arrayElemAt", value)
        let index = try whole("$arrayElemAt", place)
        let forward = index < 0 ? elements.count + index : index
        return elements.indices.contains(forward) ? elements[forward] : nil
    }

    private static func indexOfArray(_ values: [JSON?]) throws(QueryError) -> JSON? {
        guard let input = values[0], !input.isNull else { return .null }
        let elements = try array("$indexOfArray", input)
        let start = values.count > 2 ? try whole("$indexOfArray", values[2] ?? .null) : 0
        let end = min(values.count > 3 ? try whole("$indexOfArray", values[3] ?? .null) : elements.count, elements.count)
        guard start >= 0, start < end, let wanted = values[1] else { return .int(-1) }
        return .int(Int64(elements[start..<end].firstIndex(of: wanted) ?? -1))
    }

    private static func slice(_ values: [JSON]) throws(QueryError) -> JSON {
        let elements = try array("$slice", values[0])
        let second = try whole("$slice", values[1])
        if values.count == 2 { return .array(Array(second < 0 ? elements.suffix(-second) : elements.prefix(second))) }
        let count = try whole("$slice", values[2])
        guard count > 0 else { throw OperatorError.wrongType("$slice", "a positive count", "正的数量", values[2]) }
        let start = second < 0 ? max(0, elements.count + second) : min(second, elements.count)
        return .array(Array(elements[start..<min(elements.count, start + count)]))
    }

    private static func range(_ values: [JSON?]) throws(QueryError) -> JSON {
        let start = try whole("$range", values[0] ?? .null)
        let end = try whole("$range", values[1] ?? .null)
        let step = values.count > 2 ? try whole("$range", values[2] ?? .null) : 1
        guard step != 0 else { throw OperatorError.wrongType("$range", "a step other than 0", "非零的步长", .int(0)) }
        guard (end - start) / step <= maximumRange else {
            throw QueryError(.limit, "$range makes at most \(maximumRange) numbers.", zh: "$range 最多生成 \(maximumRange) 个数。")
        }
        return .array(stride(from: start, to: end, by: step).map { .int(Int64($0)) })
    }

    private static func object(fromPairs pairs: [JSON]) throws(QueryError) -> JSON {
        var object = JSONObject()
        for pair in pairs {
            switch pair {
            case .array(let parts) where parts.count == 2: object[try string("$arrayToObject", parts[0])] = parts[1]
            case .object(let members) where members.count == 2 && members["k"] != nil && members["v"] != nil:
                object[try string("$arrayToObject", members["k"] ?? .null)] = members["v"]
            default: throw OperatorError.wrongType("$arrayToObject", "pairs {k, v} or [k, v]", "{k, v} 或 [k, v] 形式的键值对", pair)
            }
        }
        return .object(object)
    }

    private static func mergeObjects(_ values: [JSON?]) throws(QueryError) -> JSON {
        var operands = values
        if values.count == 1, case .array(let elements)? = values[0] { operands = elements }
        var merged = JSONObject()
        for value in operands {
            guard let value, !value.isNull else { continue }
            guard case .object(let members) = value else { throw OperatorError.wrongType("$mergeObjects", "objects", "对象", value) }
            for (key, member) in members { merged[key] = member }
        }
        return .object(merged)
    }

    private static func zip(_ values: [String: JSON]) throws(QueryError) -> JSON {
        var inputs: [[JSON]] = []
        for input in try array("$zip", values["inputs"] ?? .null) {
            if input.isNull { return .null }
            inputs.append(try array("$zip", input))
        }
        let usesLongest = Expression.isTrue(values["useLongestLength"])
        let defaults = try values["defaults"].map { (value: JSON) throws(QueryError) in try array("$zip", value) } ?? []
        let length = (usesLongest ? inputs.map(\.count).max() : inputs.map(\.count).min()) ?? 0
        return .array(
            (0..<length).map { place in
                .array(
                    inputs.indices.map { input in
                        place < inputs[input].count ? inputs[input][place] : (input < defaults.count ? defaults[input] : .null)
                    })
            })
    }
}
