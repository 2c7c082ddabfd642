import Kernel

/// `$sort`: holds all documents, or the first few when later stages want no more.
final class SortSink: StageSink {
    private let sort: StageSort
    private var buffer: SortBuffer<(document: PipelineDocument, bytes: Int)>

    init(_ sort: StageSort, _ surroundings: Surroundings) {
        self.sort = sort
        buffer = SortBuffer(order: sort.order, limit: sort.limit)
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        let key = sort.key(of: document)
        guard buffer.accepts(key) else { return true }
        let bytes = 120 + document.fields.heapBytes
        let dropped = buffer.insert((document, bytes), key: key)
        if let dropped { release(1, bytes: dropped.bytes) }
        try hold(1, bytes: bytes)
        return true
    }

    override func finish() throws {
        for entry in buffer.drain() where try !pass(entry.document) { break }
        releaseAll()
        try super.finish()
    }
}

/// `$sample`: keeps a fair choice of what has come so far.
final class SampleSink: StageSink {
    private let size: Int
    private var kept: [(document: PipelineDocument, bytes: Int)] = []
    private var seen = 0

    init(_ size: Int, _ surroundings: Surroundings) {
        self.size = size
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        seen += 1
        var place = kept.count
        if kept.count >= size {
            place = context.evaluation.randomNumber(below: seen)
            if place >= size { return true }
        }
        let bytes = 48 + document.fields.heapBytes
        if place < kept.count {
            release(1, bytes: kept[place].bytes)
            kept[place] = (document, bytes)
        } else {
            kept.append((document, bytes))
        }
        try hold(1, bytes: bytes)
        return true
    }

    override func finish() throws {
        for place in kept.indices { kept.swapAt(place, place + context.evaluation.randomNumber(below: kept.count - place)) }
        for entry in kept where try !pass(entry.document) { break }
        kept = []
        releaseAll()
        try super.finish()
    }
}

/// `$facet`: several pipelines side by side on the same documents, each answering with an array.
final class FacetSink: StageSink {
    /// Where the results of one pipeline gather.
    private final class Results {
        var documents: [JSON] = []
    }

    private var branches: [(name: String, head: StageSink, results: Results, isOpen: Bool)] = []

    init(_ facets: [(name: String, pipeline: Pipeline)], _ surroundings: Surroundings) throws {
        super.init(surroundings)
        for facet in facets {
            let results = Results()
            let end = FinalSink(context) { [unowned self] document in
                try hold(1, bytes: 24 + document.fields.heapBytes)
                results.documents.append(.object(document.fields))
                return true
            }
            let bound = try facet.pipeline.bound(to: surroundings.variables, now: context.evaluation.now)
            let head = try context.chain(bound.stages, variables: surroundings.variables, within: trace, into: end)
            branches.append((facet.name, head, results, true))
        }
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        let document = document
        var isWanted = false
        for place in branches.indices where branches[place].isOpen {
            branches[place].isOpen = try branches[place].head.take(document)
            isWanted = isWanted || branches[place].isOpen
        }
        return isWanted
    }

    override func finish() throws {
        var result = JSONObject()
        for branch in branches {
            try branch.head.finish()
            result.append(branch.name, .array(branch.results.documents))
        }
        branches = []
        try pass(PipelineDocument(fields: result))
        releaseAll()
        try super.finish()
    }
}

/// `$unionWith`: after the documents come those of another collection.
final class UnionSink: StageSink {
    private let union: Union

    init(_ union: Union, _ surroundings: Surroundings) {
        self.union = union
        super.init(surroundings)
    }

    override func finish() throws {
        if isOpen {
            try context.run(union.pipeline, on: union.from, variables: variables, within: trace) { [unowned self] in try pass($0) }
        }
        try super.finish()
    }
}
