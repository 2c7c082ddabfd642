import Kernel

/// `$sort`, also by the score of a text search.
struct StageSort: Sendable {
    let order: SortOrder
    /// How many documents are wanted, as far as later stages tell.
    var limit: Int?

    /// The place of the score among the keys.
    var scorePlace: Int? { order.scorePlace }

    init(_ operand: JSON) throws(QueryError) {
        guard case .object = operand else {
            throw QueryError(.invalidQuery, "$sort needs an object such as {\"price\":1,\"name\":-1}.", zh: "$sort 需要对象，例如 {\"price\":1,\"name\":-1}。")
        }
        order = try SortOrder(operand, allowsScore: true)
    }

    init(order: SortOrder) { self.order = order }

    func key(of document: PipelineDocument) -> SortKey { order.key(of: document.fields, score: document.score) }
}
