import Kernel

/// `$sort`, also by the score of a text search.
struct StageSort: Sendable {
    /// The order; the score stands in it as a field of its own.
    let order: SortOrder
    /// The place of the score among the keys.
    let scorePlace: Int?
    /// How many documents are wanted, as far as later stages tell.
    var limit: Int?

    /// A name that no document uses.
    private static let scoreField = "\u{1}textScore"

    init(_ operand: JSON) throws(QueryError) {
        guard case .object(let members) = operand else {
            throw QueryError(.invalidQuery, "$sort needs an object such as {\"price\":1,\"name\":-1}.", zh: "$sort 需要对象，例如 {\"price\":1,\"name\":-1}。")
        }
        var fields: [JSON] = []
        var place: Int?
        for (name, direction) in members {
            if direction == ["$meta": "textScore"] {
                if place != nil { throw QueryError(.invalidQuery, "$sort names the text score twice.", zh: "$sort 重复使用了文本得分。") }
                place = fields.count
                fields.append([.string(Self.scoreField), -1])
            } else {
                fields.append([.string(name), direction])
            }
        }
        order = try SortOrder(.array(fields))
        scorePlace = place
    }

    init(order: SortOrder) {
        self.order = order
        scorePlace = nil
    }

    func key(of document: PipelineDocument) -> SortKey {
        let key = order.key(of: document.fields)
        guard let scorePlace else { return key }
        var values = key.values
        values[scorePlace] = .value(document.score.map { .double($0) } ?? .null)
        return SortKey(values: values)
    }
}
