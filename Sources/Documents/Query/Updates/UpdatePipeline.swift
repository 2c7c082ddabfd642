import Kernel

/// An update written as aggregation stages: `[{"$set":{"total":{"$add":["$a","$b"]}}},{"$unset":"a"}]`.
struct UpdatePipeline: Sendable {
    private let pipeline: Pipeline

    /// The stages that turn one document into one.
    private static let names: Set<String> = ["$set", "$addFields", "$unset", "$project", "$replaceRoot", "$replaceWith"]

    init(_ stages: [JSON]) throws(QueryError) {
        for case .object(let members) in stages {
            for (name, _) in members where !Self.names.contains(name) {
                throw QueryError(
                    .invalidUpdate, "\(name) cannot update a document; there are \(Self.names.sorted().joined(separator: " ")).",
                    zh: "\(name) 不能用于更新文档；可用：\(Self.names.sorted().joined(separator: " "))。")
            }
        }
        guard !stages.isEmpty else {
            throw QueryError(.invalidUpdate, "An update needs at least one stage.", zh: "更新至少需要一个阶段。")
        }
        pipeline = try Pipeline(.array(stages))
    }

    /// The document that the stages make of another one; it keeps its `_id`, which a stage may drop but not change.
    func apply(to document: JSONObject, now: Int64) throws(QueryError) -> JSONObject {
        var result = try run(document, now: now)
        if let id = document["_id"], result["_id"] == nil { result.setFirst("_id", id) }
        try validateDocument(result, code: .invalidUpdate)
        return result
    }

    private func run(_ document: JSONObject, now: Int64) throws(QueryError) -> JSONObject {
        do {
            // None of the stages asks for other collections or for chance.
            var random = SystemRandomNumberGenerator()
            return try pipeline.run([document], foreign: { _ in [] }, now: now, random: &random).first?.objectValue ?? document
        } catch let error as QueryError {
            throw error
        } catch {
            throw QueryError(.invalidUpdate, "The update's stages failed: \(error).", zh: "更新的阶段执行失败：\(error)。")
        }
    }
}
