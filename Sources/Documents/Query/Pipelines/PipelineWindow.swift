import Kernel

/// `$setWindowFields`: fields computed from the documents around each one.
struct WindowFields: Sendable {
    let partition: Expression?
    let order: SortOrder?
    let outputs: [(path: FieldPath, function: WindowFunction)]
}

/// What is computed for every document of a partition.
enum WindowFunction: Sendable {
    case accumulate(AccumulatorDefinition, WindowBounds)
    case rank, denseRank, documentNumber
    case shift(output: Expression, by: Int, fallback: Expression?)
    case exponentialAverage(input: Expression, alpha: Double)
    case derivative(input: Expression, milliseconds: Double?, WindowBounds)
    case integral(input: Expression, milliseconds: Double?, WindowBounds)
    /// The last value that was there.
    case lastObserved(Expression)
    /// A value on the line between the neighbours that have one.
    case linear(Expression)
}

/// Which documents around the current one belong to its window.
enum WindowBounds: Sendable {
    enum Edge: Sendable {
        case unbounded
        case offset(Double)
    }

    case all
    /// Places before and after.
    case documents(Edge, Edge)
    /// Distances of the sorted value, in a unit of time if they are dates.
    case range(Edge, Edge, unit: DateUnit?)

    /// Reads `{"documents":["unbounded","current"]}` or `{"range":[-1,0],"unit":"day"}`.
    init(_ window: JSON?) throws(QueryError) {
        guard let window, window != [:] else {
            self = .all
            return
        }
        guard case .object(let members) = window, members.allSatisfy({ ["documents", "range", "unit"].contains($0.key) }),
            (members["documents"] == nil) != (members["range"] == nil)
        else { throw OperatorError.wrongType("window", "an object with documents or range", "含有 documents 或 range 的对象", window) }
        if let documents = members["documents"] {
            let (low, high) = try Self.edges(documents, needsWhole: true)
            self = .documents(low, high)
        } else {
            let (low, high) = try Self.edges(members["range"] ?? .null, needsWhole: false)
            self = .range(low, high, unit: try members["unit"].map { (unit: JSON) throws(QueryError) in try DateUnit("unit", unit) })
        }
    }

    private static func edges(_ json: JSON, needsWhole: Bool) throws(QueryError) -> (Edge, Edge) {
        guard case .array(let parts) = json, parts.count == 2, let low = edge(parts[0], needsWhole), let high = edge(parts[1], needsWhole) else {
            throw OperatorError.wrongType(
                "window", "two bounds, each a number, \"current\" or \"unbounded\"", "两个边界，每个为数字、\"current\" 或 \"unbounded\"", json)
        }
        if case .offset(let a) = low, case .offset(let b) = high, a > b {
            throw OperatorError.wrongType("window", "a lower bound before the upper one", "下界不大于上界", json)
        }
        return (low, high)
    }

    private static func edge(_ json: JSON, _ needsWhole: Bool) -> Edge? {
        switch json {
        case "unbounded": return .unbounded
        case "current": return .offset(0)
        default:
            guard let number = json.doubleValue, number.isFinite, !needsWhole || (json.intValue?.magnitude ?? .max) < 1 << 40 else { return nil }
            return .offset(number)
        }
    }
}

extension WindowFields {
    init(_ operand: JSON, names: [String]) throws(QueryError) {
        let members = try ExpressionParser.members("$setWindowFields", operand, required: ["output"], optional: ["partitionBy", "sortBy"])
        partition = try members["partitionBy"].map { (value: JSON) throws(QueryError) in try Expression(inPipeline: value, names: names) }
        let order = try members["sortBy"].map { (value: JSON) throws(QueryError) in try SortOrder(value) }
        guard case .object(let fields)? = members["output"] else {
            throw OperatorError.wrongType("$setWindowFields", "an object of fields in output", "output 中的字段对象", members["output"])
        }
        var outputs: [(path: FieldPath, function: WindowFunction)] = []
        for (name, specification) in fields {
            outputs.append((try FieldPath(name), try WindowFunction(specification, order: order, names: names)))
        }
        self.order = order
        self.outputs = outputs
    }
}

extension WindowFunction {
    fileprivate init(_ specification: JSON, order: SortOrder?, names: [String]) throws(QueryError) {
        guard case .object(let members) = specification, let only = members.first(where: { $0.key != "window" }),
            members.count == (members["window"] == nil ? 1 : 2)
        else {
            throw OperatorError.wrongType(
                "$setWindowFields", "one operator and perhaps a window for each field", "每个字段一个操作符和可选的 window", specification)
        }
        let bounds = try WindowBounds(members["window"])
        if let definition = try AccumulatorDefinition(inWindow: only.key, only.value, names: names) {
            if case .range = bounds { try Self.requireOrder(order, of: "range", single: true) }
            if case .documents = bounds { try Self.requireOrder(order, of: "documents") }
            self = .accumulate(definition, bounds)
            return
        }
        try self.init(ordered: only.key, only.value, bounds, order: order, names: names)
    }

    private init(
        ordered name: String, _ operand: JSON, _ bounds: WindowBounds, order: SortOrder?, names: [String]
    ) throws(QueryError) {
        func expression(_ json: JSON?) throws(QueryError) -> Expression { try Expression(inPipeline: json ?? .null, names: names) }
        if name != "$locf" { try Self.requireOrder(order, of: name, single: !["$shift", "$documentNumber", "$expMovingAvg"].contains(name)) }
        switch name {
        case "$rank": self = .rank
        case "$denseRank": self = .denseRank
        case "$documentNumber": self = .documentNumber
        case "$locf": self = .lastObserved(try expression(operand))
        case "$linearFill": self = .linear(try expression(operand))
        case "$shift":
            let members = try ExpressionParser.members(name, operand, required: ["output", "by"], optional: ["default"])
            self = .shift(
                output: try expression(members["output"]), by: try ExpressionOperators.whole(name, members["by"] ?? .null),
                fallback: try members["default"].map { (value: JSON) throws(QueryError) in try expression(value) })
        case "$expMovingAvg": self = .exponentialAverage(input: try expression(operand["input"]), alpha: try Self.alpha(operand))
        case "$derivative", "$integral":
            let members = try ExpressionParser.members(name, operand, required: ["input"], optional: ["unit"])
            let unit = try members["unit"].map { (unit: JSON) throws(QueryError) in try DateUnit.fixedMilliseconds(name, unit) }
            let input = try expression(members["input"])
            self = name == "$derivative" ? .derivative(input: input, milliseconds: unit, bounds) : .integral(input: input, milliseconds: unit, bounds)
        default:
            throw QueryError(
                .unsupported,
                "$setWindowFields has no operator \(name); there are \(AccumulatorDefinition.names) $rank $denseRank $documentNumber $shift $expMovingAvg $derivative $integral $covariancePop $covarianceSamp $locf $linearFill.",
                zh:
                    "$setWindowFields 没有操作符 \(name)；可用 \(AccumulatorDefinition.names) $rank $denseRank $documentNumber $shift $expMovingAvg $derivative $integral $covariancePop $covarianceSamp $locf $linearFill。"
            )
        }
    }

    private static func alpha(_ operand: JSON) throws(QueryError) -> Double {
        let members = try ExpressionParser.members("$expMovingAvg", operand, required: ["input"], optional: ["N", "alpha"])
        if let count = members["N"]?.intValue, members["alpha"] == nil, count > 0 { return 2 / (Double(count) + 1) }
        if let alpha = members["alpha"]?.doubleValue, members["N"] == nil, alpha > 0, alpha < 1 { return alpha }
        throw OperatorError.wrongType("$expMovingAvg", "either a whole N or an alpha between 0 and 1", "整数 N 或 0 与 1 之间的 alpha", operand)
    }

    private static func requireOrder(_ order: SortOrder?, of name: String, single: Bool = false) throws(QueryError) {
        if let order, !single || order.keys.count == 1 { return }
        throw QueryError(
            .invalidQuery, "\(name) in $setWindowFields needs a sortBy\(single ? " with exactly one field" : "").",
            zh: "$setWindowFields 中的 \(name) 需要 sortBy\(single ? "，且只能有一个字段" : "")。")
    }
}
