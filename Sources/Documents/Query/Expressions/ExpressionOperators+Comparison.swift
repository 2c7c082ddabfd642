import Kernel

extension ExpressionOperators {
    static let comparison: [String: PositionalOperator] = [
        "$eq": .onPair { .bool(isEqual($0, $1)) },
        "$ne": .onPair { .bool(!isEqual($0, $1)) },
        "$neq": .onPair { .bool(!isEqual($0, $1)) },
        "$gt": .onPair { .bool(compare($0, $1) == .descending) },
        "$gte": .onPair { .bool(compare($0, $1) != .ascending) },
        "$lt": .onPair { .bool(compare($0, $1) == .ascending) },
        "$lte": .onPair { .bool(compare($0, $1) != .descending) },
        "$cmp": .onPair { .int(Int64(compare($0, $1).rawValue)) },
        "$not": PositionalOperator(1...1) { .bool(!Expression.isTrue($0[0])) },
    ]

    private static func isEqual(_ left: JSON?, _ right: JSON?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let a?, let b?): a == b
        default: false
        }
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
