import Kernel

extension ExpressionOperators {
    static let comparison: [String: PositionalOperator] = [
        "$eq": comparing { $0 == .same },
        "$ne": comparing { $0 != .same },
        "$neq": comparing { $0 != .same },
        "$gt": comparing { $0 == .descending },
        "$gte": comparing { $0 != .ascending },
        "$lt": comparing { $0 == .ascending },
        "$lte": comparing { $0 != .descending },
        "$cmp": PositionalOperator(2...2) { .int(Int64(compare($0[0], $0[1]).rawValue)) },
        "$not": PositionalOperator(1...1) { .bool(!Expression.isTrue($0[0])) },
    ]

    private static func comparing(_ accepts: @escaping @Sendable (Precedence) -> Bool) -> PositionalOperator {
        PositionalOperator(2...2) { .bool(accepts(compare($0[0], $0[1]))) }
    }

    /// In expressions a missing value comes before everything, null included.
    private static func compare(_ left: JSON?, _ right: JSON?) -> Precedence {
        switch (left, right) {
        case (nil, nil): .same
        case (nil, _): .ascending
        case (_, nil): .descending
        case (let a?, let b?): ValueOrder.compare(a, b)
        }
    }
}
