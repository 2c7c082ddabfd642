import Kernel

extension Condition {
    /// Whether a text is searched for somewhere in the condition.
    var hasText: Bool { textCount > 0 }

    private var textCount: Int {
        switch self {
        case .text: 1
        case .every(let parts), .some(let parts), .none(let parts): parts.reduce(0) { $0 + $1.textCount }
        default: 0
        }
    }

    /// Whether chance decides somewhere in the condition.
    var isRandom: Bool { FieldNeeds(self).isRandom }

    /// Refuses what would give an answer two orders or two scores.
    func checkOrders() throws(QueryError) {
        let nearConditions = conjuncts.count { if case .near = $0 { true } else { false } }
        if nearConditions > 1 { throw Nearness.misplaced("$near") }
        if textCount > 1 {
            throw QueryError(
                .invalidQuery, "A query can have one $text; put all words into its $search.", zh: "一个查询只能有一个 $text；请把所有词写进 $search。")
        }
        if nearConditions > 0, textCount > 0 {
            throw QueryError(
                .invalidQuery, "$near and $text cannot stand in one query; use $geoWithin with $centerSphere beside $text.",
                zh: "$near 与 $text 不能同时使用；请在 $text 旁用 $geoWithin 的 $centerSphere。")
        }
    }
}
