import Kernel

/// The window of each document of a partition, as places in it.
struct WindowRanges {
    private let bounds: WindowBounds
    private let count: Int
    /// The sorted values that distances are measured in, ascending.
    private var positions: [Double] = []
    private var isDescending = false

    init(_ bounds: WindowBounds, entries: [WindowEntry], order: SortOrder?) throws(QueryError) {
        self.bounds = bounds
        count = entries.count
        guard case .range(_, _, let unit) = bounds else { return }
        isDescending = order?.keys.first?.descending ?? false
        positions = try Self.positions(of: entries, "range", wantsDates: unit != nil).map { isDescending ? -$0 : $0 }
    }

    /// The numbers or the milliseconds that a partition is sorted by.
    static func positions(of entries: [WindowEntry], _ name: String, wantsDates: Bool?) throws(QueryError) -> [Double] {
        var positions: [Double] = []
        for entry in entries {
            guard case .value(let value)? = entry.key?.values.first, let position = position(value, wantsDates) else {
                throw QueryError(
                    .invalidQuery, "\(name) needs \(wantsDates == true ? "dates" : "numbers (or dates with a unit)") in the field of sortBy.",
                    zh: "\(name) 要求 sortBy 的字段为\(wantsDates == true ? "日期" : "数字（日期需指定 unit）")。")
            }
            positions.append(position)
        }
        return positions
    }

    private static func position(_ value: JSON, _ wantsDates: Bool?) -> Double? {
        switch value {
        case .date(let milliseconds): wantsDates == false ? nil : Double(milliseconds)
        default: wantsDates == true ? nil : value.doubleValue
        }
    }

    func range(at place: Int) throws(QueryError) -> Range<Int> {
        switch bounds {
        case .all: return 0..<count
        case .documents(let low, let high):
            let start = Self.place(place, low).map { max(0, min(count, $0)) } ?? 0
            let end = Self.place(place, high).map { max(0, min(count, $0 + 1)) } ?? count
            return start..<max(start, end)
        case .range(let low, let high, let unit):
            let start = try edge(low, place, unit).map { position in positions.partitioningIndex { $0 >= position } } ?? 0
            let end = try edge(high, place, unit).map { position in positions.partitioningIndex { $0 > position } } ?? count
            return start..<max(start, end)
        }
    }

    private static func place(_ place: Int, _ edge: WindowBounds.Edge) -> Int? {
        guard case .offset(let distance) = edge else { return nil }
        return place + Int(distance)
    }

    private func edge(_ edge: WindowBounds.Edge, _ place: Int, _ unit: DateUnit?) throws(QueryError) -> Double? {
        guard case .offset(let distance) = edge else { return nil }
        guard let unit else { return positions[place] + distance }
        guard let moment = Int64(exactly: isDescending ? -positions[place] : positions[place]),
            let amount = Int64(exactly: isDescending ? -distance : distance)
        else { throw OperatorError.wrongType("range", "whole numbers beside a unit", "与 unit 并用的整数", .double(distance)) }
        let shifted = try unit.adding(amount, to: moment, in: .utc, "range")
        return isDescending ? -Double(shifted) : Double(shifted)
    }
}

extension WindowColumn {
    func positions(_ name: String, unit: Double? = nil) throws(QueryError) -> [Double] {
        let positions = try WindowRanges.positions(of: entries, name, wantsDates: unit.map { _ in true })
        guard let unit else { return positions }
        return positions.map { $0 / unit }
    }

    /// The slope from the first to the last document of the window.
    mutating func derivative(_ input: Expression, _ unit: Double?, _ bounds: WindowBounds) throws(QueryError) -> [JSON?] {
        let (values, positions, ranges) = try series("$derivative", input, unit, bounds)
        var results: [JSON?] = []
        for place in entries.indices {
            let range = try ranges.range(at: place)
            guard range.count > 1, let first = values[range.lowerBound], let last = values[range.upperBound - 1],
                positions[range.upperBound - 1] != positions[range.lowerBound]
            else {
                results.append(.null)
                continue
            }
            results.append(.double((last - first) / (positions[range.upperBound - 1] - positions[range.lowerBound])))
        }
        return results
    }

    /// The area under the line through the documents of the window.
    mutating func integral(_ input: Expression, _ unit: Double?, _ bounds: WindowBounds) throws(QueryError) -> [JSON?] {
        let (values, positions, ranges) = try series("$integral", input, unit, bounds)
        var results: [JSON?] = []
        for place in entries.indices {
            let range = try ranges.range(at: place)
            var area = 0.0
            for inside in range.dropFirst() {
                try scope.context.step()
                guard let a = values[inside - 1], let b = values[inside] else { continue }
                area += (a + b) / 2 * (positions[inside] - positions[inside - 1])
            }
            results.append(range.isEmpty ? .null : .double(area))
        }
        return results
    }

    private mutating func series(
        _ name: String, _ input: Expression, _ unit: Double?, _ bounds: WindowBounds
    ) throws(QueryError) -> (values: [Double?], positions: [Double], ranges: WindowRanges) {
        var values: [Double?] = []
        for entry in entries {
            scope.document = entry.document.fields
            values.append(try input.evaluate(&scope)?.doubleValue)
        }
        return (values, try positions(name, unit: unit), try WindowRanges(bounds, entries: entries, order: order))
    }
}

/// Fills gaps in a series.
enum SeriesFill {
    /// Values on the lines between those that are there; what lies outside stays null.
    static func linear(_ values: [JSON?], at positions: [Double]) throws(QueryError) -> [JSON?] {
        var results = values.map { $0 ?? .null }
        var previous: Int?
        for (place, value) in results.enumerated() where !value.isNull {
            guard let end = value.doubleValue else { throw OperatorError.wrongType("$linearFill", "numbers", "数字", value) }
            if let previous, place - previous > 1, let start = results[previous].doubleValue, positions[place] != positions[previous] {
                for gap in previous + 1..<place {
                    let part = (positions[gap] - positions[previous]) / (positions[place] - positions[previous])
                    results[gap] = .double(start + (end - start) * part)
                }
            }
            previous = place
        }
        return results
    }
}

/// `$fill`: gives values to fields that are null or missing.
struct Fill: Sendable {
    enum Method: Sendable {
        case value(Expression)
        case lastObserved
        case linear
    }

    let partition: [Expression]
    let order: SortOrder?
    let outputs: [(path: FieldPath, method: Method)]
}

extension Fill {
    init(_ operand: JSON, names: [String]) throws(QueryError) {
        let members = try ExpressionParser.members("$fill", operand, required: ["output"], optional: ["partitionBy", "partitionByFields", "sortBy"])
        var partition: [Expression] = []
        if let key = members["partitionBy"] { partition.append(try Expression(inPipeline: key, names: names)) }
        for field in members["partitionByFields"]?.arrayValue ?? [] {
            guard case .string(let name) = field else { throw OperatorError.wrongType("partitionByFields", "names of fields", "字段名", field) }
            let parts = try FieldPath(name).parts.map(\.name)
            partition.append(.field(parts[0], rest: Array(parts.dropFirst())))
        }
        self.partition = partition
        order = try members["sortBy"].map { (value: JSON) throws(QueryError) in try SortOrder(value) }
        guard case .object(let fields)? = members["output"], !fields.isEmpty else {
            throw OperatorError.wrongType("$fill", "an object of fields in output", "output 中的字段对象", members["output"])
        }
        var outputs: [(path: FieldPath, method: Method)] = []
        for (name, specification) in fields { outputs.append((try FieldPath(name), try Self.method(specification, order, names))) }
        self.outputs = outputs
    }

    private static func method(_ specification: JSON, _ order: SortOrder?, _ names: [String]) throws(QueryError) -> Method {
        if let value = specification["value"] { return .value(try Expression(inPipeline: value, names: names)) }
        guard let order else {
            throw QueryError(.invalidQuery, "$fill by a method needs a sortBy.", zh: "$fill 使用 method 时需要 sortBy。")
        }
        switch specification["method"] {
        case "locf"?: return .lastObserved
        case "linear"? where order.keys.count == 1: return .linear
        default:
            throw OperatorError.wrongType(
                "$fill", "a value, the method \"locf\", or \"linear\" with one field in sortBy", " value、方法 \"locf\"，或 sortBy 只有一个字段的 \"linear\"", specification
            )
        }
    }
}

/// `$fill` at work.
final class FillSink: StageSink {
    private let fill: Fill
    private var entries: [WindowEntry] = []

    init(_ fill: Fill, _ surroundings: Surroundings) {
        self.fill = fill
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        var scope = scope(for: document)
        var keys: [JSON] = []
        for key in fill.partition { keys.append(try key.evaluate(&scope) ?? .null) }
        try hold(1, bytes: 200 + document.fields.heapBytes)
        entries.append(WindowEntry(partition: .array(keys), key: fill.order?.key(of: document.fields), document: document))
        return true
    }

    override func finish() throws {
        let sorted = entries.enumerated().sorted { left, right in
            let precedence = ValueOrder.compare(left.element.partition, right.element.partition)
            if precedence != .same { return precedence == .ascending }
            guard let order = fill.order, let a = left.element.key, let b = right.element.key else { return left.offset < right.offset }
            let byKey = order.compare(a, b)
            return byKey == .same ? left.offset < right.offset : byKey == .ascending
        }.map(\.element)
        entries = []
        var start = 0
        while start < sorted.count, isOpen {
            var end = start + 1
            while end < sorted.count, sorted[end].partition == sorted[start].partition { end += 1 }
            try passPartition(Array(sorted[start..<end]))
            start = end
        }
        releaseAll()
        try super.finish()
    }

    private func passPartition(_ entries: [WindowEntry]) throws {
        var documents = entries.map(\.document)
        for output in fill.outputs {
            let current = Expression.field(output.path.parts[0].name, rest: output.path.parts.dropFirst().map(\.name))
            var column = WindowColumn(entries: entries, order: fill.order, scope: scope(for: PipelineDocument(fields: [:])))
            let filled: [JSON?] =
                switch output.method {
                case .lastObserved: try column.values(of: .lastObserved(current))
                case .linear: try column.values(of: .linear(current))
                case .value(let value):
                    try column.values(
                        of: .accumulate(AccumulatorDefinition(kind: .last, value: .firstPresent([current, value])), .documents(.offset(0), .offset(0))))
                }
            for place in documents.indices { documents[place].fields.assign(filled[place], at: output.path.parts[...]) }
        }
        for document in documents where try !pass(document) { return }
    }
}
