import Kernel

extension StageParser {
    func group(_ operand: JSON) throws(QueryError) -> Grouping {
        guard case .object(let members) = operand, let key = members["_id"] else {
            throw QueryError(
                .invalidQuery, "$group needs an _id, such as {\"_id\":\"$city\",\"n\":{\"$sum\":1}}; null groups everything.",
                zh: "$group 需要 _id，例如 {\"_id\":\"$city\",\"n\":{\"$sum\":1}}；null 表示全部归为一组。")
        }
        var fields: [(name: String, accumulator: AccumulatorDefinition)] = []
        for (name, accumulator) in members where name != "_id" { fields.append(try field("$group", name, accumulator)) }
        return Grouping(key: try expression(key), fields: fields)
    }

    private func field(
        _ stage: String, _ name: String, _ accumulator: JSON
    ) throws(QueryError) -> (name: String, accumulator: AccumulatorDefinition) {
        if case .object(let members) = accumulator, members.count == 1, let only = members.first {
            if only.key == "$accumulator" { _ = try expression(accumulator) }
            if let definition = try AccumulatorDefinition(only.key, only.value, names: names) {
                return (try Self.fieldName(stage, .string(name)), definition)
            }
        }
        throw QueryError(
            .invalidQuery, "\"\(name)\" in \(stage) needs one accumulator: \(AccumulatorDefinition.names).",
            zh: "\(stage) 中的“\(name)”需要一个累加器：\(AccumulatorDefinition.names)。")
    }

    private func outputFields(_ stage: String, _ output: JSON?) throws(QueryError) -> [(name: String, accumulator: AccumulatorDefinition)] {
        guard let output else { return [("count", AccumulatorDefinition(kind: .count, value: .literal(.null)))] }
        guard case .object(let members) = output else { throw OperatorError.wrongType(stage, "an object in output", " output 中的对象", output) }
        var fields: [(name: String, accumulator: AccumulatorDefinition)] = []
        for (name, accumulator) in members { fields.append(try field(stage, name, accumulator)) }
        return fields
    }

    /// `$bucket` groups by the lower bound of the interval that a value lies in.
    func bucket(_ operand: JSON) throws(QueryError) -> Grouping {
        let members = try ExpressionParser.members("$bucket", operand, required: ["groupBy", "boundaries"], optional: ["default", "output"])
        let boundaries = members["boundaries"]?.arrayValue ?? []
        guard boundaries.count >= 2, zip(boundaries, boundaries.dropFirst()).allSatisfy({ ValueOrder.compare($0, $1) == .ascending }),
            boundaries.allSatisfy({ ValueOrder.rank($0) == ValueOrder.rank(boundaries[0]) })
        else {
            throw OperatorError.wrongType(
                "$bucket", "at least two boundaries of one type in ascending order", "至少两个类型相同且递增的 boundaries", members["boundaries"])
        }
        let fallback = members["default"]
        if let fallback, ValueOrder.rank(fallback) == ValueOrder.rank(boundaries[0]), ValueOrder.compare(fallback, boundaries[0]) != .ascending,
            ValueOrder.compare(fallback, boundaries[boundaries.count - 1]) == .ascending
        {
            throw OperatorError.wrongType("$bucket", "a default outside of the boundaries", "不在 boundaries 之内的 default", fallback)
        }
        let interval = PositionalOperator(1...1) { (values) throws(QueryError) in
            let value = values[0] ?? .null
            let place = boundaries.partitioningIndex { ValueOrder.compare($0, value) == .descending }
            if place > 0, place < boundaries.count { return boundaries[place - 1] }
            if let fallback { return fallback }
            throw QueryError(
                .invalidQuery, "$bucket has no interval for \(value.excerpt); widen the boundaries or give a default.",
                zh: "$bucket 没有包含 \(value.excerpt) 的区间；请扩大 boundaries 或指定 default。")
        }
        return Grouping(key: .call("$bucket", interval, [try expression(members["groupBy"])]), fields: try outputFields("$bucket", members["output"]))
    }

    func bucketAuto(_ operand: JSON) throws(QueryError) -> AutomaticBuckets {
        let members = try ExpressionParser.members(
            "$bucketAuto", operand, required: ["groupBy", "buckets"], optional: ["output", "granularity"])
        return AutomaticBuckets(
            key: try expression(members["groupBy"]), count: try count("$bucketAuto", members["buckets"] ?? .null, minimum: 1),
            fields: try outputFields("$bucketAuto", members["output"]),
            granularity: try members["granularity"].map { (name: JSON) throws(QueryError) in try BucketGranularity(name) })
    }

    func facet(_ operand: JSON) throws(QueryError) -> [(name: String, pipeline: Pipeline)] {
        guard case .object(let members) = operand, !members.isEmpty else {
            throw OperatorError.wrongType("$facet", "an object of pipelines", "由管道组成的对象", operand)
        }
        var facets: [(name: String, pipeline: Pipeline)] = []
        for (name, json) in members {
            if json.arrayValue?.contains(where: { $0["$facet"] != nil }) == true {
                throw QueryError(.invalidQuery, "$facet cannot stand inside $facet.", zh: "$facet 不能嵌套。")
            }
            let pipeline = try nested(json)
            if pipeline.stages.contains(where: \.stage.asksForText) { throw Self.textLater }
            if pipeline.ownDocuments != nil { throw QueryError(.invalidQuery, "$documents cannot stand inside $facet.", zh: "$facet 中不能使用 $documents。") }
            facets.append((try Self.fieldName("$facet", .string(name)), pipeline))
        }
        return facets
    }
}
