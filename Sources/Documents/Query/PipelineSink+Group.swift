import Kernel

/// `$group`: holds the groups, never the documents.
final class GroupSink: StageSink {
    private let grouping: Grouping
    private var places: [JSON: Int] = [:]
    private var keys: [JSON] = []
    /// The accumulators of all groups, one group after the other.
    private var accumulators: [Accumulator] = []
    private let width: Int
    /// The group of the document before: documents of a group often come together.
    private var latest = -1

    init(_ grouping: Grouping, _ surroundings: Surroundings) {
        self.grouping = grouping
        width = grouping.fields.count
        super.init(surroundings)
    }

    override func take(_ document: PipelineDocument) throws -> Bool {
        look(at: document)
        let key = try grouping.key.evaluate(&scope) ?? .null
        let first = try place(of: key) * width
        var growth = 0
        for field in 0..<width {
            let value = try grouping.fields[field].accumulator.value.evaluate(&scope)
            growth += try accumulators[first + field].add(value, of: document.fields)
        }
        if growth != 0 { try hold(0, bytes: growth) }
        return true
    }

    private func place(of key: JSON) throws(QueryError) -> Int {
        if latest >= 0, keys[latest] == key { return latest }
        if let known = places[key] {
            latest = known
            return known
        }
        latest = keys.count
        places[key] = latest
        keys.append(key)
        for field in grouping.fields { accumulators.append(try field.accumulator.make(forKey: key, context.evaluation)) }
        try hold(1, bytes: 80 + key.heapBytes + 96 * width)
        return latest
    }

    override func finish() throws {
        places = [:]
        for (place, key) in keys.enumerated() {
            var result = JSONObject()
            result.reserveCapacity(width + 1)
            result.append("_id", key)
            for (field, definition) in grouping.fields.enumerated() {
                result.append(definition.name, accumulators[place * width + field].result)
            }
            if try !pass(PipelineDocument(fields: result)) { break }
        }
        keys = []
        accumulators = []
        releaseAll()
        try super.finish()
    }
}

/// `$bucketAuto`: sorts by a value and cuts into parts of about equal size.
final class AutomaticBucketSink: StageSink {
    private let buckets: AutomaticBuckets
    private var held: [(key: JSON, document: PipelineDocument)] = []

    init(_ buckets: AutomaticBuckets, _ surroundings: Surroundings) {
        self.buckets = buckets
        super.init(surroundings)
    }

    override func take(_ document: PipelineDocument) throws -> Bool {
        look(at: document)
        let key = try buckets.key.evaluate(&scope) ?? .null
        try hold(1, bytes: 64 + key.heapBytes + document.fields.heapBytes)
        held.append((key, document))
        return true
    }

    override func finish() throws {
        let sorted = held.enumerated().sorted {
            let precedence = ValueOrder.compare($0.element.key, $1.element.key)
            return precedence == .same ? $0.offset < $1.offset : precedence == .ascending
        }.map(\.element)
        held = []
        for range in Self.ranges(of: sorted.map(\.key), count: buckets.count) {
            let upper = range.upperBound < sorted.count ? sorted[range.upperBound].key : sorted[range.upperBound - 1].key
            let id: JSON = ["min": sorted[range.lowerBound].key, "max": upper]
            if try !pass(try bucket(id, sorted[range])) { break }
        }
        releaseAll()
        try super.finish()
    }

    /// Equal values are never cut apart.
    static func ranges(of keys: [JSON], count: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        let size = max(1, Int((Double(keys.count) / Double(count)).rounded()))
        while start < keys.count {
            var end = ranges.count == count - 1 ? keys.count : min(keys.count, start + size)
            while end < keys.count, ValueOrder.compare(keys[end], keys[end - 1]) == .same { end += 1 }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    private func bucket(
        _ id: JSON, _ entries: ArraySlice<(key: JSON, document: PipelineDocument)>
    ) throws(QueryError) -> PipelineDocument {
        var result = JSONObject([("_id", id)])
        for field in buckets.fields {
            let accumulator = try field.accumulator.make(forKey: id, context.evaluation)
            for entry in entries {
                look(at: entry.document)
                _ = try accumulator.add(try field.accumulator.value.evaluate(&scope), of: entry.document.fields)
            }
            result.append(field.name, accumulator.result)
        }
        return PipelineDocument(fields: result)
    }
}
