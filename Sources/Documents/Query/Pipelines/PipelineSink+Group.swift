import Kernel

/// `$group`: holds the groups, never the documents.
final class GroupSink: StageSink {
    private final class Group {
        let key: JSON
        let accumulators: [Accumulator]

        init(key: JSON, accumulators: [Accumulator]) {
            self.key = key
            self.accumulators = accumulators
        }
    }

    private let grouping: Grouping
    private let values: [Expression]
    private var places: [JSON: Group] = [:]
    private var groups: [Group] = []
    /// The group of the document before: documents of a group often come together.
    private var latest: Group?

    init(_ grouping: Grouping, _ surroundings: Surroundings) {
        self.grouping = grouping
        values = grouping.fields.map(\.accumulator.value)
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        var scope = scope(for: document)
        let group = try group(of: try grouping.key.evaluate(&scope) ?? .null)
        var growth = 0
        for field in values.indices { growth += try group.accumulators[field].add(try values[field].evaluate(&scope), of: scope.document) }
        if growth != 0 { try hold(0, bytes: growth) }
        return true
    }

    private func group(of key: JSON) throws(QueryError) -> Group {
        if let latest, latest.key == key { return latest }
        let group: Group
        if let known = places[key] { group = known } else { group = try newGroup(key) }
        latest = group
        return group
    }

    private func newGroup(_ key: JSON) throws(QueryError) -> Group {
        var accumulators: [Accumulator] = []
        for field in grouping.fields { accumulators.append(try field.accumulator.make(forKey: key, context.evaluation)) }
        let group = Group(key: key, accumulators: accumulators)
        places[key] = group
        groups.append(group)
        try hold(1, bytes: 160 + key.heapBytes + 96 * accumulators.count)
        return group
    }

    override func finish() throws {
        places = [:]
        for group in groups {
            var result = JSONObject()
            result.reserveCapacity(values.count + 1)
            result.append("_id", group.key)
            for (definition, accumulator) in zip(grouping.fields, group.accumulators) { result.append(definition.name, accumulator.result) }
            if try !pass(PipelineDocument(fields: result)) { break }
        }
        groups = []
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

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        var scope = scope(for: document)
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
        for cut in try buckets.cut(sorted.map(\.key)) {
            if try !pass(try bucket(["min": cut.minimum, "max": cut.maximum], sorted[cut.range])) { break }
        }
        releaseAll()
        try super.finish()
    }

    private func bucket(
        _ id: JSON, _ entries: ArraySlice<(key: JSON, document: PipelineDocument)>
    ) throws(QueryError) -> PipelineDocument {
        var result = JSONObject([("_id", id)])
        for field in buckets.fields {
            let accumulator = try field.accumulator.make(forKey: id, context.evaluation)
            for entry in entries {
                var scope = scope(for: entry.document)
                _ = try accumulator.add(try field.accumulator.value.evaluate(&scope), of: entry.document.fields)
            }
            result.append(field.name, accumulator.result)
        }
        return PipelineDocument(fields: result)
    }
}
