public import Kernel

/// Where the results of a pipeline are to be stored: `$out` or `$merge`.
///
/// The query core only describes it; the store writes, document by document.
public struct PipelineOutput: Sendable {
    /// What happens to a stored document that a result matches.
    public enum Matched: Sendable {
        /// The result takes its place (but keeps the stored `_id`).
        case replace
        /// The stored one stays as it is.
        case keepExisting
        /// The result's fields are put over the stored ones.
        case merge
        /// The whole aggregation fails.
        case fail
        /// What ``PipelineOutput/merged(_:into:now:)`` answers takes its place.
        case pipeline
    }

    /// What happens to a result that matches no stored document.
    public enum Unmatched: Sendable {
        /// It is added.
        case insert
        /// It is left out.
        case discard
        /// The whole aggregation fails.
        case fail
    }

    /// The collection that is written.
    public let collection: String
    /// Whether the results replace everything that the collection held (`$out`).
    public let replacesCollection: Bool
    /// The fields by which a result finds its stored document.
    public let on: [String]
    /// For results that find one.
    public let whenMatched: Matched
    /// For results that find none.
    public let whenNotMatched: Unmatched

    private let variables: [Expression]
    private let pipeline: [PlacedStage]

    /// Reads a last stage; nil when it is another one.
    init?(stage: JSON) throws(QueryError) {
        guard case .object(let members) = stage, members.count == 1, let only = members.first else { return nil }
        switch only.key {
        case "$out": try self.init(out: only.value)
        case "$merge": try self.init(merge: only.value)
        default: return nil
        }
    }

    private init(out operand: JSON) throws(QueryError) {
        collection = try StageParser.collection("$out", operand["coll"] ?? operand)
        replacesCollection = true
        on = ["_id"]
        whenMatched = .replace
        whenNotMatched = .insert
        variables = []
        pipeline = []
    }

    private init(merge operand: JSON) throws(QueryError) {
        var members = JSONObject([("into", operand)])
        if case .object = operand {
            members = try ExpressionParser.members("$merge", operand, required: ["into"], optional: ["on", "let", "whenMatched", "whenNotMatched"])
        }
        let into = members["into"] ?? .null
        collection = try StageParser.collection("$merge", into["coll"] ?? into)
        replacesCollection = false
        on = try Self.fields(members["on"] ?? "_id")
        whenNotMatched = try Self.unmatched(members["whenNotMatched"] ?? "insert")
        let matched = members["whenMatched"] ?? "merge"
        guard case .array = matched else {
            whenMatched = try Self.matched(matched)
            variables = []
            pipeline = []
            return
        }
        whenMatched = .pipeline
        var names = ["new"]
        var values: [Expression] = []
        for (name, value) in members["let"]?.objectValue ?? [:] {
            names.append(try ExpressionParser.variableName(name))
            values.append(try Expression(inPipeline: value))
        }
        variables = values
        let parsed = try StageParser(names: names, depth: 1).parse(try StageParser.elements(matched))
        for stage in parsed {
            switch stage.stage {
            case .addFields, .project, .unset, .replaceRoot: break
            default:
                throw QueryError(
                    .invalidQuery, "The pipeline of $merge can use $addFields, $set, $project, $unset, $replaceRoot and $replaceWith only, not \(stage.name).",
                    zh: "$merge 的 pipeline 只能用 $addFields、$set、$project、$unset、$replaceRoot、$replaceWith，不能用 \(stage.name)。")
            }
        }
        pipeline = parsed
    }

    private static func fields(_ json: JSON) throws(QueryError) -> [String] {
        let list: [JSON] = if case .array(let elements) = json { elements } else { [json] }
        var fields: [String] = []
        for element in list { fields.append(try StageParser.path("$merge", element).text) }
        if fields.isEmpty { throw OperatorError.wrongType("on", "one or more fields", "一个或多个字段", json) }
        return fields
    }

    private static func matched(_ json: JSON) throws(QueryError) -> Matched {
        switch json {
        case "replace": return .replace
        case "keepExisting": return .keepExisting
        case "merge": return .merge
        case "fail": return .fail
        default:
            throw OperatorError.wrongType(
                "whenMatched", "replace, keepExisting, merge, fail or a pipeline", " replace、keepExisting、merge、fail 或管道", json)
        }
    }

    private static func unmatched(_ json: JSON) throws(QueryError) -> Unmatched {
        switch json {
        case "insert": return .insert
        case "discard": return .discard
        case "fail": return .fail
        default: throw OperatorError.wrongType("whenNotMatched", "insert, discard or fail", " insert、discard 或 fail", json)
        }
    }

    /// The document to store in place of `stored`, or nil when it stays (or must not be there, see ``whenMatched``).
    public func merged(_ result: JSONObject, into stored: JSONObject, now: Int64) throws -> JSONObject? {
        var merged: JSONObject
        switch whenMatched {
        case .keepExisting, .fail: return nil
        case .replace: merged = result
        case .merge:
            merged = stored
            for (key, value) in result { merged[key] = value }
        case .pipeline: merged = try runPipeline(result, on: stored, now: now)
        }
        if let id = stored["_id"] { merged.setFirst("_id", id) }
        return merged
    }

    private func runPipeline(_ result: JSONObject, on stored: JSONObject, now: Int64) throws -> JSONObject {
        let context = PipelineContext(
            foreign: CollectionsInMemory { _ in [] }, memory: MemoryBudget(PipelineLimits().memoryBytes), evaluation: EvaluationContext(now: now))
        var scope = EvaluationScope(document: result, context: context.evaluation)
        var values: [JSON?] = [.object(result)]
        for variable in variables { values.append(try variable.evaluate(&scope)) }
        var merged = stored
        let end = FinalSink(context) { document in
            merged = document.fields
            return true
        }
        let head = try context.chain(pipeline, variables: values, within: nil, into: end)
        _ = try head.take(PipelineDocument(fields: stored))
        try head.finish()
        return merged
    }
}
