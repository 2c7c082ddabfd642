import Kernel

/// `$setWindowFields` at work: holds everything, sorted by partition and order.
final class WindowSink: StageSink {
    private let window: WindowFields
    private var entries: [WindowEntry] = []

    init(_ window: WindowFields, _ surroundings: Surroundings) {
        self.window = window
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        let document = document
        var scope = scope(for: document)
        let partition = try window.partition?.evaluate(&scope) ?? .null
        let entry = WindowEntry(partition: partition, key: window.order?.key(of: document.fields), document: document)
        try hold(1, bytes: 160 + partition.heapBytes + document.fields.heapBytes)
        entries.append(entry)
        return true
    }

    override func finish() throws {
        let sorted = entries.enumerated().sorted { comesBefore($0, $1) }.map(\.element)
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

    private func comesBefore(_ left: (offset: Int, element: WindowEntry), _ right: (offset: Int, element: WindowEntry)) -> Bool {
        var precedence = ValueOrder.compare(left.element.partition, right.element.partition)
        if precedence == .same, let order = window.order, let a = left.element.key, let b = right.element.key {
            precedence = order.compare(a, b)
        }
        return precedence == .same ? left.offset < right.offset : precedence == .ascending
    }

    private func passPartition(_ entries: [WindowEntry]) throws {
        var columns: [[JSON?]] = []
        for output in window.outputs {
            var column = WindowColumn(entries: entries, order: window.order, scope: scope(for: PipelineDocument(fields: [:])))
            columns.append(try column.values(of: output.function))
        }
        for (place, entry) in entries.enumerated() {
            var result = entry.document
            for (output, column) in zip(window.outputs, columns) { result.fields.assign(column[place], at: output.path.parts[...]) }
            if try !pass(result) { return }
        }
    }
}

/// A document of a partition.
struct WindowEntry {
    let partition: JSON
    let key: SortKey?
    let document: PipelineDocument
}

/// Computes one output for all documents of a partition.
struct WindowColumn {
    let entries: [WindowEntry]
    let order: SortOrder?
    var scope: EvaluationScope

    mutating func values(of function: WindowFunction) throws(QueryError) -> [JSON?] {
        switch function {
        case .accumulate(let definition, let bounds): return try accumulated(definition, bounds)
        case .rank: return ranks(isDense: false)
        case .denseRank: return ranks(isDense: true)
        case .documentNumber: return entries.indices.map { .int(Int64($0) + 1) }
        case .shift(let output, let distance, let fallback): return try shifted(output, distance, fallback)
        case .exponentialAverage(let input, let alpha): return Self.exponentialAverage(try inputs(input), alpha)
        case .derivative(let input, let unit, let bounds): return try derivative(input, unit, bounds)
        case .integral(let input, let unit, let bounds): return try integral(input, unit, bounds)
        case .lastObserved(let input):
            var latest: JSON = .null
            return try inputs(input).map { value in
                if let value, !value.isNull { latest = value }
                return latest
            }
        case .linear(let input): return try SeriesFill.linear(try inputs(input), at: try positions("$linearFill"))
        }
    }

    private mutating func inputs(_ expression: Expression) throws(QueryError) -> [JSON?] {
        var values: [JSON?] = []
        values.reserveCapacity(entries.count)
        for entry in entries {
            scope.document = entry.document.fields
            values.append(try expression.evaluate(&scope))
        }
        return values
    }

    private mutating func accumulated(_ definition: AccumulatorDefinition, _ bounds: WindowBounds) throws(QueryError) -> [JSON?] {
        let values = try inputs(definition.value)
        let ranges = try WindowRanges(bounds, entries: entries, order: order)
        var results: [JSON?] = []
        var running: (accumulator: Accumulator, range: Range<Int>)?
        for place in entries.indices {
            let range = try ranges.range(at: place)
            // A window that only grows at its end goes on from the one before.
            var start = range.lowerBound
            let accumulator: Accumulator
            if let known = running, known.range.lowerBound == range.lowerBound, known.range.upperBound <= range.upperBound {
                accumulator = known.accumulator
                start = known.range.upperBound
                if start == range.upperBound, let latest = results.last {
                    results.append(latest)
                    continue
                }
            } else {
                accumulator = try definition.make(forKey: entries[place].partition, scope.context)
            }
            for inside in start..<range.upperBound {
                try scope.context.step()
                _ = try accumulator.add(values[inside], of: entries[inside].document.fields)
            }
            running = (accumulator, range)
            let result = accumulator.result
            try scope.context.charge(result)
            results.append(result)
        }
        return results
    }

    private func ranks(isDense: Bool) -> [JSON?] {
        var rank: Int64 = 0
        return entries.indices.map { place in
            if place == 0 || !isTied(place, place - 1) { rank = isDense ? rank + 1 : Int64(place) + 1 }
            return .int(rank)
        }
    }

    private func isTied(_ left: Int, _ right: Int) -> Bool {
        guard let order, let a = entries[left].key, let b = entries[right].key else { return false }
        return order.compare(a, b) == .same
    }

    private mutating func shifted(_ output: Expression, _ distance: Int, _ fallback: Expression?) throws(QueryError) -> [JSON?] {
        let values = try inputs(output)
        scope.document = JSONObject()
        let missing = try fallback?.evaluate(&scope) ?? .null
        return values.indices.map { place in values.indices.contains(place + distance) ? values[place + distance] ?? .null : missing }
    }

    private static func exponentialAverage(_ values: [JSON?], _ alpha: Double) -> [JSON?] {
        var average: Double?
        return values.map { value in
            if let number = value?.doubleValue { average = average.map { $0 * (1 - alpha) + number * alpha } ?? number }
            return average.map { .double($0) } ?? .null
        }
    }
}
