import Kernel

/// What `$group`, `$bucket` or `$setWindowFields` gathers into one field.
struct AccumulatorDefinition: Sendable {
    /// The kinds of gathering.
    enum Kind: Sendable {
        case sum, average, minimum, maximum, first, last, push, addToSet, count, mergeObjects
        case deviation(ofSample: Bool)
        /// `$top` and `$bottom`, or with a count `$topN` and `$bottomN`.
        case ordered(fromEnd: Bool)
        case firstN, lastN, minimumN, maximumN
        /// The one in the middle, or those at the places of a list.
        case median, percentiles([Double])
        /// Of pairs; in windows only.
        case covariance(ofSample: Bool)
    }

    let kind: Kind
    let value: Expression
    /// The `n` of `$topN` and the like.
    var count: Expression?
    var order: SortOrder?

    /// The operators that there are.
    static let names =
        "$sum $avg $min $max $first $last $push $addToSet $count $mergeObjects $stdDevPop $stdDevSamp $top $topN $bottom $bottomN $firstN $lastN $minN $maxN $median $percentile"

    /// An accumulator for one group.
    func make(forKey key: JSON, _ context: EvaluationContext) throws(QueryError) -> Accumulator {
        make(count: count == nil ? nil : try number(forKey: key, context))
    }

    /// An accumulator that keeps so many values, if its kind has a number.
    func make(count: Int?) -> Accumulator {
        switch kind {
        case .sum: SumAccumulator()
        case .average: AverageAccumulator()
        case .minimum: ExtremeAccumulator(.ascending)
        case .maximum: ExtremeAccumulator(.descending)
        case .first: FirstAccumulator()
        case .last: LastAccumulator()
        case .push: ListAccumulator()
        case .addToSet: SetAccumulator()
        case .count: CountAccumulator()
        case .mergeObjects: MergeAccumulator()
        case .deviation(let ofSample): DeviationAccumulator(ofSample: ofSample)
        case .covariance(let ofSample): CovarianceAccumulator(ofSample: ofSample)
        case .median: PercentileAccumulator([0.5], isSingle: true)
        case .percentiles(let fractions): PercentileAccumulator(fractions, isSingle: false)
        case .ordered(let fromEnd): OrderedAccumulator(order, fromEnd: fromEnd, count: count)
        case .firstN: SpanAccumulator(count: count ?? 1, fromEnd: false)
        case .lastN: SpanAccumulator(count: count ?? 1, fromEnd: true)
        case .minimumN: ExtremesAccumulator(.ascending, count: count ?? 1)
        case .maximumN: ExtremesAccumulator(.descending, count: count ?? 1)
        }
    }

    /// The `n` of a group, which may depend on the group's key.
    private func number(forKey key: JSON, _ context: EvaluationContext) throws(QueryError) -> Int? {
        guard let count else { return nil }
        var scope = EvaluationScope(document: ["_id": key], context: context)
        return try Self.positiveCount(try count.evaluate(&scope))
    }

    static func positiveCount(_ value: JSON?) throws(QueryError) -> Int {
        guard let number = value?.intValue, number > 0, number < 1 << 53 else {
            throw OperatorError.wrongType("n", "a whole number of at least 1", "不小于 1 的整数", value)
        }
        return Int(number)
    }
}

extension AccumulatorDefinition {
    /// Reads `{"$sum":"$price"}`, or answers nil when the operator is no accumulator.
    init?(_ operator: String, _ operand: JSON, names: [String]) throws(QueryError) {
        if let kind = Self.plain[`operator`] {
            let value = try Expression(inPipeline: operand, names: names)
            if case .count = kind, operand != [:] { throw OperatorError.wrongType("$count", "an empty object", "空对象", operand) }
            self.init(kind: kind, value: value)
            return
        }
        switch `operator` {
        case "$top", "$topN", "$bottom", "$bottomN": try self.init(ordered: `operator`, operand, names)
        case "$firstN", "$lastN", "$minN", "$maxN":
            let members = try ExpressionParser.members(`operator`, operand, required: ["n", "input"])
            self.init(
                kind: Self.counted[`operator`] ?? .maximumN, value: try Expression(inPipeline: members["input"] ?? .null, names: names),
                count: try Expression(inPipeline: members["n"] ?? .null, names: names))
        case "$median":
            let members = try ExpressionParser.members(`operator`, operand, required: ["input"], optional: ["method"])
            self.init(kind: .median, value: try Expression(inPipeline: members["input"] ?? .null, names: names))
        case "$percentile":
            let members = try ExpressionParser.members(`operator`, operand, required: ["input", "p"], optional: ["method"])
            self.init(
                kind: .percentiles(try Self.fractions(members["p"] ?? .null)),
                value: try Expression(inPipeline: members["input"] ?? .null, names: names))
        default: return nil
        }
    }

    /// The same with `{"$covariancePop":["$x","$y"]}` and `$covarianceSamp`, which have no meaning in `$group`.
    init?(inWindow operator: String, _ operand: JSON, names: [String]) throws(QueryError) {
        guard `operator` == "$covariancePop" || `operator` == "$covarianceSamp" else {
            try self.init(`operator`, operand, names: names)
            return
        }
        guard operand.arrayValue?.count == 2 else { throw OperatorError.wrongType(`operator`, "a list of two expressions", "两个表达式的列表", operand) }
        self.init(kind: .covariance(ofSample: `operator` == "$covarianceSamp"), value: try Expression(inPipeline: operand, names: names))
    }

    private static let plain: [String: Kind] = [
        "$sum": .sum, "$avg": .average, "$min": .minimum, "$max": .maximum, "$first": .first, "$last": .last, "$push": .push,
        "$addToSet": .addToSet, "$count": .count, "$mergeObjects": .mergeObjects, "$stdDevPop": .deviation(ofSample: false),
        "$stdDevSamp": .deviation(ofSample: true),
    ]

    private static let counted: [String: Kind] = ["$firstN": .firstN, "$lastN": .lastN, "$minN": .minimumN, "$maxN": .maximumN]

    private init(ordered name: String, _ operand: JSON, _ names: [String]) throws(QueryError) {
        let hasCount = name == "$topN" || name == "$bottomN"
        let members = try ExpressionParser.members(name, operand, required: hasCount ? ["n", "sortBy", "output"] : ["sortBy", "output"])
        kind = .ordered(fromEnd: name == "$bottom" || name == "$bottomN")
        value = try Expression(inPipeline: members["output"] ?? .null, names: names)
        count = try members["n"].map { (value: JSON) throws(QueryError) in try Expression(inPipeline: value, names: names) }
        order = try SortOrder(members["sortBy"] ?? .null)
    }

    static func fractions(_ list: JSON) throws(QueryError) -> [Double] {
        let fractions = list.arrayValue?.compactMap(\.doubleValue) ?? []
        guard !fractions.isEmpty, fractions.count == list.arrayValue?.count, fractions.allSatisfy({ (0...1).contains($0) }) else {
            throw OperatorError.wrongType("p", "a list of numbers from 0 to 1", "0 到 1 之间的数的列表", list)
        }
        return fractions
    }
}

/// What has been gathered about one field of one group.
class Accumulator {
    /// Takes one more value (nil is a missing one) of a document; answers how many more bytes are held now.
    func add(_ value: JSON?, of document: JSONObject) throws(QueryError) -> Int { 0 }

    /// What has been gathered.
    var result: JSON { .null }
}
