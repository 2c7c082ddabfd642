import Kernel

extension ExpressionOperators {
    static let sets: [String: PositionalOperator] = [
        "$setUnion": .onValues(anyNumber) { (values) throws(QueryError) in
            var all: [JSON] = []
            for value in values { all += try array("$setUnion", value) }
            return .array(distinct(all))
        },
        "$setIntersection": .onValues(anyNumber) { (values) throws(QueryError) in
            var common = try array("$setIntersection", values.first ?? .array([]))
            for value in values.dropFirst() {
                let other = Set(try array("$setIntersection", value))
                common.removeAll { !other.contains($0) }
            }
            return .array(distinct(common))
        },
        "$setDifference": .onValues(2...2) { (values) throws(QueryError) in
            let removed = Set(try array("$setDifference", values[1]))
            return .array(distinct(try array("$setDifference", values[0]).filter { !removed.contains($0) }))
        },
        "$setEquals": PositionalOperator(2...Int.max) { (values) throws(QueryError) in
            let first = Set(try array("$setEquals", values[0] ?? .null))
            for value in values.dropFirst() where Set(try array("$setEquals", value ?? .null)) != first { return .bool(false) }
            return .bool(true)
        },
        "$setIsSubset": PositionalOperator(2...2) { (values) throws(QueryError) in
            let part = Set(try array("$setIsSubset", values[0] ?? .null))
            return .bool(part.isSubset(of: try array("$setIsSubset", values[1] ?? .null)))
        },
        "$allElementsTrue": PositionalOperator(1...1) { (values) throws(QueryError) in
            .bool(try array("$allElementsTrue", values[0] ?? .null).allSatisfy { Expression.isTrue($0) })
        },
        "$anyElementTrue": PositionalOperator(1...1) { (values) throws(QueryError) in
            .bool(try array("$anyElementTrue", values[0] ?? .null).contains { Expression.isTrue($0) })
        },
    ]

    /// The different values, in the order in which they first appear.
    private static func distinct(_ values: [JSON]) -> [JSON] {
        var seen: Set<JSON> = []
        return values.filter { seen.insert($0).inserted }
    }
}
