import Kernel

extension ExpressionOperators {
    /// The most elements that `$range` makes.
    static let maximumRange = 100_000

    static let arrays: [String: PositionalOperator] = [
        "$size": PositionalOperator(1...1) { (values) throws(QueryError) in .int(Int64(try array("$size", values[0]).count)) },
        "$isArray": PositionalOperator(1...1) { .bool($0[0]?.arrayValue != nil) },
        "$arrayElemAt": .onPair { (value, place) throws(QueryError) in try element("$arrayElemAt", value, place) },
        "$first": PositionalOperator(1...1) { (values) throws(QueryError) in try element("$first", values[0], .int(0)) },
        "$last": PositionalOperator(1...1) { (values) throws(QueryError) in try element("$last", values[0], .int(-1)) },
        "$concatArrays": .onValues(anyNumber) { (values) throws(QueryError) in
            var result: [JSON] = []
            for value in values { result += try array("$concatArrays", value) }
            return .array(result)
        },
        "$in": .onPair { (value, list) throws(QueryError) in
            let elements = try array("$in", list)
            return .bool(value.map { elements.contains($0) } ?? false)
        },
        "$indexOfArray": PositionalOperator(2...4) { (values) throws(QueryError) in try indexOfArray(values) },
        "$slice": .onValues(2...3) { (values) throws(QueryError) in try slice(values) },
        "$reverseArray": .onValues(1...1) { (values) throws(QueryError) in .array(try array("$reverseArray", values[0]).reversed()) },
        "$range": PositionalOperator(2...3) { (values) throws(QueryError) in try range(values) },
        "$sum": folding(.sum), "$avg": folding(.average), "$min": folding(.minimum), "$max": folding(.maximum),
        "$stdDevPop": folding(.deviation(ofSample: false)), "$stdDevSamp": folding(.deviation(ofSample: true)),
    ]

    static let namedArrays: [String: NamedOperator] = [
        "$zip": NamedOperator(required: ["inputs"], optional: ["useLongestLength", "defaults"]) { (values) throws(QueryError) in
            try zip(values)
        },
        "$sortArray": NamedOperator(required: ["input", "sortBy"], optional: []) { (values) throws(QueryError) in try sortArray(values) },
        "$firstN": gathering("$firstN", .firstN),
        "$lastN": gathering("$lastN", .lastN),
        "$maxN": gathering("$maxN", .maximumN),
        "$minN": gathering("$minN", .minimumN),
        "$median": NamedOperator(required: ["input"], optional: ["method"]) { (values) throws(QueryError) in
            fold(elements(values["input"]), PercentileAccumulator([0.5], isSingle: true))
        },
        "$percentile": NamedOperator(required: ["input", "p"], optional: ["method"]) { (values) throws(QueryError) in
            let fractions = try AccumulatorDefinition.fractions(values["p"] ?? .null)
            return fold(elements(values["input"]), PercentileAccumulator(fractions, isSingle: false))
        },
    ]

    // MARK: Accumulators as expressions

    /// As expressions the accumulators take their arguments, or the elements of one array.
    private static func folding(_ kind: AccumulatorDefinition.Kind) -> PositionalOperator {
        let definition = AccumulatorDefinition(kind: kind, value: .literal(.null))
        return PositionalOperator(anyNumber) { (values) throws(QueryError) in
            let accumulator = definition.make(count: nil)
            if values.count == 1 { return fold(elements(values[0]), accumulator) }
            for value in values { _ = try accumulator.add(value, of: JSONObject()) }
            return accumulator.result
        }
    }

    private static func elements(_ value: JSON?) -> [JSON] {
        if case .array(let elements)? = value { return elements }
        return value.map { [$0] } ?? []
    }

    private static func fold(_ elements: [JSON], _ accumulator: Accumulator) -> JSON {
        // Only merging objects can fail, which is no part of these.
        for element in elements { _ = try? accumulator.add(element, of: JSONObject()) }
        return accumulator.result
    }

    private static func gathering(_ name: String, _ kind: AccumulatorDefinition.Kind) -> NamedOperator {
        NamedOperator(required: ["n", "input"], optional: []) { (values) throws(QueryError) in
            let count = try AccumulatorDefinition.positiveCount(values["n"])
            return fold(try array(name, values["input"]), AccumulatorDefinition(kind: kind, value: .literal(.null)).make(count: count))
        }
    }

    // MARK: Places

    private static func element(_ name: String, _ value: JSON?, _ place: JSON?) throws(QueryError) -> JSON? {
        guard let value, let place, !value.isNull, !place.isNull else { return .null }
        let elements = try array(name, value)
        let index = try whole(name, place)
        let forward = index < 0 ? elements.count + index : index
        return elements.indices.contains(forward) ? elements[forward] : nil
    }

    /// A place that counts from the beginning.
    static func place(_ name: String, _ value: JSON?) throws(QueryError) -> Int {
        let place = try whole(name, value ?? .null)
        if place < 0 { throw OperatorError.wrongType(name, "places of at least 0", "不小于 0 的位置", value) }
        return place
    }

    private static func indexOfArray(_ values: [JSON?]) throws(QueryError) -> JSON? {
        guard let input = values[0], !input.isNull else { return .null }
        let elements = try array("$indexOfArray", input)
        let start = values.count > 2 ? try place("$indexOfArray", values[2]) : 0
        let end = min(values.count > 3 ? try place("$indexOfArray", values[3]) : elements.count, elements.count)
        guard start < end, let wanted = values[1] else { return .int(-1) }
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

    // MARK: Orders and pairs

    private static func sortArray(_ values: [String: JSON]) throws(QueryError) -> JSON {
        guard let input = values["input"], !input.isNull else { return .null }
        let elements = try array("$sortArray", input)
        let sortBy = values["sortBy"] ?? .null
        guard let direction = sortBy.intValue else {
            let order = try SortOrder(sortBy)
            var buffer = SortBuffer<JSON>(order: order, limit: nil)
            for element in elements { _ = buffer.insert(element, key: order.key(of: element.objectValue ?? JSONObject())) }
            return .array(buffer.drain())
        }
        guard direction == 1 || direction == -1 else {
            throw OperatorError.wrongType("$sortArray", "1, -1 or fields", "1、-1 或字段", sortBy)
        }
        return .array(elements.sorted { ValueOrder.compare($0, $1) == (direction < 0 ? .descending : .ascending) })
    }

    private static func zip(_ values: [String: JSON]) throws(QueryError) -> JSON {
        guard let list = values["inputs"], !list.isNull else { return .null }
        var inputs: [[JSON]] = []
        for input in try array("$zip", list) {
            if input.isNull { return .null }
            inputs.append(try array("$zip", input))
        }
        let usesLongest = Expression.isTrue(values["useLongestLength"])
        let defaults = try values["defaults"].map { (value: JSON) throws(QueryError) in try array("$zip", value) } ?? []
        if inputs.isEmpty || !defaults.isEmpty && (!usesLongest || defaults.count != inputs.count) {
            throw OperatorError.wrongType(
                "$zip", "inputs, and as many defaults together with useLongestLength", " inputs；defaults 须与其数量相同并配合 useLongestLength", values["defaults"])
        }
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
