import Kernel

extension Stage {
    /// Parses `{"$match":…}` and the like.
    ///
    /// `$sortByCount` is written with two stages, every other stage stays one.
    static func parse(_ json: JSON) throws(QueryError) -> [Stage] {
        guard case .object(let members) = json, members.count == 1, let only = members.first else {
            throw QueryError(
                .invalidQuery, "A stage is an object with exactly one operator, not \(json.excerpt).",
                zh: "每个阶段是只含一个操作符的对象，而不是 \(json.excerpt)。")
        }
        if only.key == "$sortByCount" {
            return [.group(try Grouping(countingBy: only.value)), .sort(try SortOrder(["count": -1]))]
        }
        return [try parse(only.key, only.value)]
    }

    private static func parse(_ name: String, _ operand: JSON) throws(QueryError) -> Stage {
        switch name {
        case "$match": return .match(try Filter(operand))
        case "$group": return .group(try Grouping(operand))
        case "$sort": return .sort(try SortOrder(operand))
        case "$limit": return .limit(try count(name, operand, minimum: 1))
        case "$skip": return .skip(try count(name, operand, minimum: 0))
        case "$project": return .project(try StageProjection(operand))
        case "$addFields", "$set": return .addFields(try FieldAssignment.all(in: operand, of: name))
        case "$unset": return .unset(try unset(operand))
        case "$count": return .count(try fieldName(name, operand))
        case "$lookup": return .lookup(try Lookup(operand))
        case "$unwind": return .unwind(try Unwinding(operand))
        case "$sample":
            return .sample(try count(name, try ExpressionParser.members(name, operand, required: ["size"])["size"] ?? .null, minimum: 1))
        case "$replaceRoot":
            return .replaceRoot(
                try Expression(inPipeline: try ExpressionParser.members(name, operand, required: ["newRoot"])["newRoot"] ?? .null))
        case "$replaceWith": return .replaceRoot(try Expression(inPipeline: operand))
        default:
            throw QueryError(
                .unsupported,
                "The stage \(name) is not supported; there are $match $group $sort $limit $skip $project $addFields $set $unset $count $lookup $unwind $sample $sortByCount $replaceRoot $replaceWith.",
                zh:
                    "不支持阶段 \(name)；可用 $match $group $sort $limit $skip $project $addFields $set $unset $count $lookup $unwind $sample $sortByCount $replaceRoot $replaceWith。"
            )
        }
    }

    private static func count(_ name: String, _ operand: JSON, minimum: Int64) throws(QueryError) -> Int {
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

extension Grouping {
    init(_ operand: JSON) throws(QueryError) {
        guard case .object(let members) = operand, let key = members["_id"] else {
            throw QueryError(
                .invalidQuery, "$group needs an _id, such as {\"_id\":\"$city\",\"n\":{\"$sum\":1}}; null groups everything.",
                zh: "$group 需要 _id，例如 {\"_id\":\"$city\",\"n\":{\"$sum\":1}}；null 表示全部归为一组。")
        }
        var fields: [(name: String, kind: Accumulation.Kind, value: Expression)] = []
        for (name, accumulator) in members where name != "_id" { fields.append(try Self.field(name, accumulator)) }
        self.init(key: try Expression(inPipeline: key), fields: fields)
    }

    /// What `$sortByCount` groups; its order is a stage of its own.
    init(countingBy operand: JSON) throws(QueryError) {
        self.init(key: try Expression(inPipeline: operand), fields: [("count", .count, .literal(.null))])
    }

    private static func field(
        _ name: String, _ accumulator: JSON
    ) throws(QueryError) -> (name: String, kind: Accumulation.Kind, value: Expression) {
        guard case .object(let members) = accumulator, members.count == 1, let only = members.first, let kind = Accumulation.Kind(only.key)
        else {
            throw QueryError(
                .invalidQuery,
                "\"\(name)\" in $group needs one accumulator: $sum $avg $min $max $first $last $push $addToSet $count $mergeObjects $stdDevPop $stdDevSamp.",
                zh:
                    "$group 中的“\(name)”需要一个累加器：$sum $avg $min $max $first $last $push $addToSet $count $mergeObjects $stdDevPop $stdDevSamp。"
            )
        }
        return (try Stage.fieldName("$group", .string(name)), kind, try Expression(inPipeline: only.value))
    }
}

extension Lookup {
    init(_ operand: JSON) throws(QueryError) {
        if operand["pipeline"] != nil || operand["let"] != nil {
            throw QueryError(
                .unsupported, "$lookup with a pipeline is not supported yet; use localField and foreignField.",
                zh: "暂不支持带 pipeline 的 $lookup；请用 localField 和 foreignField。")
        }
        let members = try ExpressionParser.members("$lookup", operand, required: ["from", "localField", "foreignField", "as"])
        var texts: [String: String] = [:]
        for (name, value) in members {
            guard case .string(let text) = value else { throw OperatorError.wrongType("$lookup", "strings", "字符串", value) }
            texts[name] = text
        }
        self.init(
            from: texts["from"] ?? "", localField: try FieldPath(texts["localField"] ?? ""),
            foreignField: try FieldPath(texts["foreignField"] ?? ""),
            into: try FieldPath(texts["as"] ?? ""))
    }
}

extension Unwinding {
    init(_ operand: JSON) throws(QueryError) {
        if case .string(let text) = operand {
            self.init(path: try Self.path(text), keepsEmpty: false, indexField: nil)
            return
        }
        let members = try ExpressionParser.members(
            "$unwind", operand, required: ["path"], optional: ["preserveNullAndEmptyArrays", "includeArrayIndex"])
        guard case .string(let text)? = members["path"] else {
            throw OperatorError.wrongType("$unwind", "a path", "路径", members["path"] ?? .null)
        }
        var indexField: FieldPath?
        if let field = members["includeArrayIndex"] {
            guard case .string(let name) = field else {
                throw OperatorError.wrongType("includeArrayIndex", "the name of a field", "字段名", field)
            }
            indexField = try FieldPath(name)
        }
        self.init(path: try Self.path(text), keepsEmpty: Expression.isTrue(members["preserveNullAndEmptyArrays"]), indexField: indexField)
    }

    private static func path(_ text: String) throws(QueryError) -> FieldPath {
        guard text.startsWithDollar else {
            throw QueryError(.invalidQuery, "The path of $unwind starts with $, as in \"$items\".", zh: "$unwind 的路径以 $ 开头，例如 \"$items\"。")
        }
        return try FieldPath(String(Substring(text.utf8.dropFirst())))
    }
}

extension FieldAssignment {
    /// The computed fields of `$addFields`; an object without operators continues the path.
    static func all(in operand: JSON, of name: String) throws(QueryError) -> [FieldAssignment] {
        guard case .object(let members) = operand, !members.isEmpty else {
            throw QueryError(.invalidQuery, "\(name) needs an object of fields.", zh: "\(name) 需要由字段组成的对象。")
        }
        var assignments: [FieldAssignment] = []
        for (key, value) in members { try collect(key, value, prefix: "", into: &assignments) }
        return assignments
    }

    private static func collect(_ key: String, _ value: JSON, prefix: String, into assignments: inout [FieldAssignment]) throws(QueryError) {
        if case .object(let members) = value, !members.isEmpty, !members.contains(where: { $0.key.startsWithDollar }) {
            for (name, inner) in members { try collect(name, inner, prefix: prefix + key + ".", into: &assignments) }
        } else {
            assignments.append(FieldAssignment(path: try FieldPath(prefix + key), value: try Expression(inPipeline: value)))
        }
    }
}

extension StageProjection {
    init(_ operand: JSON) throws(QueryError) {
        guard case .object(let members) = operand, !members.isEmpty else {
            throw QueryError(.invalidQuery, "$project needs an object of fields.", zh: "$project 需要由字段组成的对象。")
        }
        var builder = ProjectionBuilder()
        var computed: [FieldAssignment] = []
        for (key, value) in members { try Self.collect(key, value, prefix: "", &builder, &computed) }
        if !computed.isEmpty { builder.requireInclusion() }
        tree = try builder.finish()
        self.computed = computed
    }

    private static func collect(
        _ key: String, _ value: JSON, prefix: String, _ builder: inout ProjectionBuilder, _ computed: inout [FieldAssignment]
    ) throws(QueryError) {
        switch value {
        case .bool, .int, .double: try builder.add(key, value, prefix: prefix)
        case .object(let members) where !members.isEmpty && !members.contains(where: { $0.key.startsWithDollar }):
            for (name, inner) in members { try collect(name, inner, prefix: prefix + key + ".", &builder, &computed) }
        default: try computed.append(FieldAssignment(path: FieldPath(prefix + key), value: Expression(inPipeline: value)))
        }
    }
}
