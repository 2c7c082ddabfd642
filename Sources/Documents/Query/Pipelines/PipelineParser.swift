import Kernel

/// Turns the JSON of a pipeline into stages.
struct StageParser {
    /// The variables that expressions see, outermost first.
    let names: [String]
    /// How many pipelines this one lies in.
    let depth: Int

    static func elements(_ json: JSON) throws(QueryError) -> [JSON] {
        guard case .array(let elements) = json else {
            throw QueryError(
                .invalidQuery, "A pipeline is an array of stages such as [{\"$match\":{…}}].", zh: "聚合管道应为阶段数组，例如 [{\"$match\":{…}}]。")
        }
        guard elements.count <= Pipeline.maximumStages else {
            throw QueryError(
                .limit, "A pipeline can have at most \(Pipeline.maximumStages) stages.", zh: "聚合管道最多 \(Pipeline.maximumStages) 个阶段。")
        }
        return elements
    }

    func parse(_ elements: [JSON]) throws(QueryError) -> [PlacedStage] {
        if depth > Pipeline.maximumNesting {
            throw QueryError(
                .limit, "Pipelines can be nested at most \(Pipeline.maximumNesting) deep.", zh: "聚合管道最多嵌套 \(Pipeline.maximumNesting) 层。")
        }
        var stages: [PlacedStage] = []
        for (place, element) in elements.enumerated() {
            guard case .object(let members) = element, members.count == 1, let only = members.first else {
                throw QueryError(
                    .invalidQuery, "A stage is an object with exactly one operator, not \(element.excerpt).",
                    zh: "每个阶段是只含一个操作符的对象，而不是 \(element.excerpt)。")
            }
            if only.key == "$geoNear", place > 0 || depth > 0 {
                throw QueryError(.invalidQuery, "$geoNear must be the first stage of a pipeline.", zh: "$geoNear 必须是聚合管道的第一个阶段。")
            }
            if only.key == "$documents", place > 0 {
                throw QueryError(.invalidQuery, "$documents must be the first stage of a pipeline.", zh: "$documents 必须是聚合管道的第一个阶段。")
            }
            let parsed = try parse(only.key, only.value)
            if place > 0, parsed.contains(where: \.asksForText) { throw Self.textLater }
            for stage in parsed { stages.append(PlacedStage(number: place + 1, name: only.key, stage: stage)) }
        }
        return stages
    }

    static let textLater = QueryError(
        .invalidQuery, "$match with $text must be the first stage of a pipeline, and cannot stand in $facet.",
        zh: "含 $text 的 $match 必须是聚合管道的第一个阶段，且不能放在 $facet 中。")

    /// A pipeline inside a stage.
    func nested(_ json: JSON, names added: [String] = []) throws(QueryError) -> Pipeline {
        let parser = StageParser(names: names + added, depth: depth + 1)
        return Pipeline(stages: Pipeline.optimized(try parser.parse(try Self.elements(json))))
    }

    func expression(_ json: JSON?) throws(QueryError) -> Expression { try Expression(inPipeline: json ?? .null, names: names) }

    /// `$sortByCount` and `$bucket` are written with other stages, every other stage stays one.
    private func parse(_ name: String, _ operand: JSON) throws(QueryError) -> [Stage] {
        switch name {
        case "$sortByCount":
            return [
                .group(Grouping(key: try expression(operand), fields: [("count", AccumulatorDefinition(kind: .count, value: .literal(.null)))])),
                .sort(StageSort(order: try SortOrder(["count": -1]))),
            ]
        case "$bucket": return [.group(try bucket(operand)), .sort(StageSort(order: try SortOrder(["_id": 1])))]
        default: return [try parseOne(name, operand)]
        }
    }

    private func parseOne(_ name: String, _ operand: JSON) throws(QueryError) -> Stage {
        switch name {
        case "$match": .match(try StageMatch(operand, names: names))
        case "$group": .group(try group(operand))
        case "$sort": .sort(try StageSort(operand))
        case "$limit": .limit(try count(name, operand, minimum: 1))
        case "$skip": .skip(try count(name, operand, minimum: 0))
        case "$project": .project(try StageProjection(operand, names: names))
        case "$addFields", "$set": .addFields(try FieldAssignment.all(in: operand, of: name, names: names))
        case "$unset": .unset(try Self.unset(operand))
        case "$count": .count(try Self.fieldName(name, operand))
        case "$unwind": .unwind(try Unwinding(operand))
        case "$sample":
            .sample(try count(name, try ExpressionParser.members(name, operand, required: ["size"])["size"] ?? .null, minimum: 1))
        case "$replaceRoot": .replaceRoot(try expression(try ExpressionParser.members(name, operand, required: ["newRoot"])["newRoot"]))
        case "$replaceWith": .replaceRoot(try expression(operand))
        case "$redact": .redact(try Expression(inRedact: operand, names: names))
        default: try parseLarge(name, operand)
        }
    }

    /// The stages that look beyond one document.
    private func parseLarge(_ name: String, _ operand: JSON) throws(QueryError) -> Stage {
        switch name {
        case "$lookup": return .lookup(try lookup(operand))
        case "$graphLookup": return .graphLookup(try graphLookup(operand))
        case "$unionWith": return .unionWith(try union(operand))
        case "$facet": return .facet(try facet(operand))
        case "$bucketAuto": return .bucketAuto(try bucketAuto(operand))
        case "$geoNear": return .geoNear(try GeoNear(operand))
        case "$setWindowFields": return .windowFields(try WindowFields(operand, names: names))
        case "$densify": return .densify(try Densify(operand))
        case "$fill": return .fill(try Fill(operand, names: names))
        case "$documents": return .documents(try expression(operand))
        case "$out", "$merge":
            throw QueryError(
                .invalidQuery, "\(name) can only be the last stage of the outermost pipeline.", zh: "\(name) 只能是最外层聚合管道的最后一个阶段。")
        default:
            throw QueryError(
                .unsupported, "The stage \(name) is not supported; there are \(Self.stageNames).", zh: "不支持阶段 \(name)；可用 \(Self.stageNames)。")
        }
    }

    private static let stageNames =
        "$addFields $bucket $bucketAuto $count $densify $documents $facet $fill $geoNear $graphLookup $group $limit $lookup $match $merge $out $project $redact $replaceRoot $replaceWith $sample $set $setWindowFields $skip $sort $sortByCount $unionWith $unset $unwind"

    func count(_ name: String, _ operand: JSON, minimum: Int64) throws(QueryError) -> Int {
        guard let number = operand.intValue, number >= minimum, number < 1 << 53 else {
            throw QueryError(.invalidQuery, "\(name) needs a whole number of at least \(minimum).", zh: "\(name) 需要不小于 \(minimum) 的整数。")
        }
        return Int(number)
    }

    static func fieldName(_ name: String, _ operand: JSON) throws(QueryError) -> String {
        guard case .string(let text) = operand, try FieldPath(text).parts.count == 1 else {
            throw QueryError(.invalidQuery, "\(name) needs the name of a field, without dots.", zh: "\(name) 需要不含点号的字段名。")
        }
        return text
    }

    private static func unset(_ operand: JSON) throws(QueryError) -> ProjectionTree {
        let names: [JSON] = if case .array(let elements) = operand { elements } else { [operand] }
        var members = JSONObject()
        for name in names {
            guard case .string(let text) = name else { throw OperatorError.wrongType("$unset", "names of fields", "字段名", name) }
            members[text] = 0
        }
        if members.isEmpty { throw OperatorError.wrongType("$unset", "names of fields", "字段名", operand) }
        return try Projection(.object(members)).tree
    }
}
