import Kernel

/// `$lookup` by equality alone.
///
/// Where the foreign field is indexed, documents are taken in batches and the foreign ones of a batch are asked for at once; otherwise the
/// foreign collection is read once into a table, which costs memory where batches would cost a scan each.
final class EqualityLookupSink: StageSink {
    private let lookup: Lookup
    private let collection: String
    private let local: FieldPath
    private let foreign: FieldPath
    private let isIndexed: Bool
    private var table: JoinTable?
    private var batch: [PipelineDocument] = []
    private var batchBytes = 0

    /// How many documents are joined with one question; the first batch is small for those who want but a few.
    private static let firstBatch = 16
    private static let laterBatches = 256
    private var batchSize = firstBatch

    init(
        _ lookup: Lookup, in collection: String, _ equality: (localField: FieldPath, foreignField: FieldPath), _ surroundings: Surroundings
    ) {
        self.lookup = lookup
        self.collection = collection
        local = equality.localField
        foreign = equality.foreignField
        isIndexed = surroundings.context.foreign.isIndexed(collection, field: foreign.text)
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        guard isIndexed else {
            let joined = try table ?? read(matching: .all)
            table = joined
            return try join(document, with: joined)
        }
        let bytes = 24 + document.fields.heapBytes
        try hold(1, bytes: bytes)
        batchBytes += bytes
        batch.append(document)
        return batch.count < batchSize ? isOpen : try joinBatch()
    }

    override func finish() throws {
        if isOpen { try joinBatch() }
        table = nil
        releaseAll()
        try super.finish()
    }

    @discardableResult
    private func joinBatch() throws -> Bool {
        guard !batch.isEmpty else { return isOpen }
        let documents = batch
        batch = []
        batchSize = Self.laterBatches
        var wanted: Set<JSON> = []
        for document in documents { wanted.formUnion(JoinTable.values(of: document.fields, at: local, expandsOnly: true)) }
        let joined = try read(matching: .among(Array(wanted), at: foreign))
        for document in documents where try !join(document, with: joined) { break }
        release(documents.count, bytes: batchBytes)
        release(joined.documents.count, bytes: joined.bytes)
        batchBytes = 0
        return isOpen
    }

    private func read(matching filter: Filter) throws -> JoinTable {
        var joined = JoinTable(path: foreign)
        try context.foreign.visit(collection, matching: filter, fields: nil) { document in
            try context.evaluation.pause()
            try hold(1, bytes: joined.insert(document))
            return true
        }
        return joined
    }

    private func join(_ document: PipelineDocument, with joined: JoinTable) throws -> Bool {
        let found = joined.documents(for: JoinTable.values(of: document.fields, at: local, expandsOnly: true))
        if found.count > Pipeline.maximumDocuments { throw Self.tooMany(trace) }
        var result = document
        result.fields.assign(.array(found), at: lookup.into.parts[...])
        return try pass(result)
    }

    static func tooMany(_ trace: StageTrace) -> QueryError {
        QueryError(
            .limit, "Stage \(trace.label) joins one document with more than \(Pipeline.maximumDocuments) others; match fewer.",
            zh: "第 \(trace.label) 阶段为一个文档关联了超过 \(Pipeline.maximumDocuments) 个文档；请缩小匹配范围。")
    }
}

/// Foreign documents by the values of a field.
struct JoinTable {
    let path: FieldPath
    private(set) var documents: [JSONObject] = []
    private(set) var bytes = 0
    private var places: [JSON: [Int]] = [:]

    init(path: FieldPath) { self.path = path }

    /// Adds a document; answers how many bytes it takes.
    mutating func insert(_ document: JSONObject) -> Int {
        let values = Self.values(of: document, at: path)
        for value in values { places[value, default: []].append(documents.count) }
        documents.append(document)
        let size = 24 + document.heapBytes + 80 * values.count
        bytes += size
        return size
    }

    /// The documents that have one of the values, each once and in their order.
    func documents(for values: Set<JSON>) -> [JSON] {
        if values.count == 1, let only = values.first { return (places[only] ?? []).map { .object(documents[$0]) } }
        return Set(values.flatMap { places[$0] ?? [] }).sorted().map { .object(documents[$0]) }
    }

    /// The different values that a query for equality would find; a missing field is null.
    ///
    /// With `expandsOnly` an array stands for its elements only.
    static func values(of document: JSONObject, at path: FieldPath, expandsOnly: Bool = false) -> Set<JSON> {
        var values: Set<JSON> = []
        _ = path.anyValue(in: document, expandsLastArray: true) { value in
            if expandsOnly, case .array? = value { return false }
            values.insert(value ?? .null)
            return false
        }
        return values
    }
}

extension Filter {
    /// The documents whose field has one of the values.
    static func among(_ values: [JSON], at path: FieldPath) -> Filter {
        Filter(condition: .field(path, .value(.among(MemberSet(values: values, patterns: [])))))
    }
}

/// `$lookup` with a pipeline: run for every document, or once when it depends on none.
final class PipelineLookupSink: StageSink {
    private let lookup: Lookup
    private let pipeline: Pipeline
    private var constant: [JSON]?

    init(_ lookup: Lookup, _ pipeline: Pipeline, _ surroundings: Surroundings) {
        self.lookup = lookup
        self.pipeline = pipeline
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        let found = try joined(with: document)
        var result = document
        result.fields.assign(.array(found), at: lookup.into.parts[...])
        return try pass(result)
    }

    private func joined(with document: PipelineDocument) throws -> [JSON] {
        if let constant { return constant }
        var scope = scope(for: document)
        var variables = variables
        for variable in lookup.variables { variables.append(try variable.evaluate(&scope)) }
        var filter = Filter.all
        if let (local, foreign) = lookup.equality {
            filter = .among(Array(JoinTable.values(of: document.fields, at: local, expandsOnly: true)), at: foreign)
        }
        let results = try results(matching: filter, variables)
        if lookup.equality == nil, lookup.variables.isEmpty { constant = results }
        return results
    }

    private func results(matching filter: Filter, _ variables: [JSON?]) throws -> [JSON] {
        var results: [JSON] = []
        var bytes = 0
        try context.run(pipeline, on: lookup.from, matching: filter, variables: variables, within: trace) { [unowned self] document in
            let size = 24 + document.fields.heapBytes
            bytes += size
            try hold(1, bytes: size)
            results.append(.object(document.fields))
            if results.count > Pipeline.maximumDocuments { throw EqualityLookupSink.tooMany(trace) }
            return true
        }
        // What belongs to one document goes on with it; what serves for all stays.
        if lookup.equality != nil || !lookup.variables.isEmpty { release(results.count, bytes: bytes) }
        return results
    }

    override func finish() throws {
        releaseAll()
        try super.finish()
    }
}

/// `$graphLookup`: follows connections in breadth, one question for each step.
final class GraphLookupSink: StageSink {
    private let lookup: GraphLookup

    init(_ lookup: GraphLookup, _ surroundings: Surroundings) {
        self.lookup = lookup
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        var result = document
        var scope = scope(for: result)
        var frontier: Set<JSON>
        switch try lookup.start.evaluate(&scope) {
        case .array(let elements)?: frontier = Set(elements)
        case let value: frontier = [value ?? .null]
        }
        var found = Reached()
        var depth = 0
        while !frontier.isEmpty, depth <= lookup.maximumDepth ?? .max {
            frontier = try step(from: frontier, depth: depth, &found)
            depth += 1
        }
        result.fields.assign(.array(found.documents.map { .object($0) }), at: lookup.into.parts[...])
        release(found.documents.count, bytes: found.bytes)
        return try pass(result)
    }

    /// What has been reached from one document.
    private struct Reached {
        var documents: [JSONObject] = []
        var ids: Set<JSON> = []
        var asked: Set<JSON> = []
        var bytes = 0
    }

    /// Takes one step; answers where the next one goes.
    private func step(from frontier: Set<JSON>, depth: Int, _ found: inout Reached) throws -> Set<JSON> {
        found.asked.formUnion(frontier)
        var next: Set<JSON> = []
        let filter = Filter.among(Array(frontier), at: lookup.connectTo).and(lookup.restriction)
        try context.foreign.visit(lookup.from, matching: filter, fields: nil) { document in
            try context.evaluation.pause()
            guard found.ids.insert(document["_id"] ?? .null).inserted else { return true }
            var reached = document
            if let field = lookup.depthField { reached.assign(.int(Int64(depth)), at: field.parts[...]) }
            let size = 80 + reached.heapBytes
            found.bytes += size
            try hold(1, bytes: size)
            found.documents.append(reached)
            if found.documents.count > Pipeline.maximumDocuments { throw EqualityLookupSink.tooMany(trace) }
            for value in JoinTable.values(of: document, at: lookup.connectFrom, expandsOnly: true) where !found.asked.contains(value) {
                next.insert(value)
            }
            return true
        }
        return next.filter { !$0.isNull }
    }
}
