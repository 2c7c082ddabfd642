public import Kernel

/// How much one run of a pipeline may use.
public struct PipelineLimits: Sendable {
    /// The estimated bytes of everything that stages hold at one time.
    public var memoryBytes: Int
    /// The steps of all expressions together.
    public var steps: Int

    /// 100 MiB and as many steps as take about ten seconds, unless told otherwise.
    public init(memoryBytes: Int = 100 << 20, steps: Int = 200_000_000) {
        self.memoryBytes = memoryBytes
        self.steps = steps
    }
}

/// Other collections, as far as the caller of the aggregation may read them.
public protocol ForeignCollections {
    /// Visits the documents of a collection that match, until `body` answers false.
    ///
    /// `fields` are the only top-level ones that matter (nil: all of them). A collection that does not exist has no documents.
    func visit(_ collection: String, matching filter: Filter, fields: Set<String>?, _ body: (JSONObject) throws -> Bool) throws

    /// Whether the documents with given values of a field are found without looking at all others.
    func isIndexed(_ collection: String, field: String) -> Bool
}

/// Passes documents through a pipeline one by one.
///
/// Give each document to ``take(_:score:)`` until it answers false, then call ``finish()`` once. What comes out goes to the sink, which
/// answers whether it wants more.
public final class PipelineRun {
    private let context: PipelineContext
    private let head: StageSink
    private let first: StageTrace
    private var isOpen = true

    /// Prepares a run.
    /// - Parameters:
    ///   - foreign: the other collections.
    ///   - now: the time of `$$NOW`.
    ///   - checkpoint: called now and then; throws when the run has taken too long.
    ///   - sink: takes each result.
    public init(
        _ pipeline: Pipeline, foreign: any ForeignCollections, now: Int64, limits: PipelineLimits = PipelineLimits(),
        random: any RandomNumberGenerator = SystemRandomNumberGenerator(), checkpoint: @escaping () throws -> Void = {},
        into sink: @escaping (JSONObject) throws -> Bool
    ) throws {
        context = PipelineContext(
            foreign: foreign, memory: MemoryBudget(limits.memoryBytes),
            evaluation: EvaluationContext(now: now, random: random, steps: limits.steps, checkpoint: checkpoint))
        let last = FinalSink(context) { try sink($0.fields) }
        head = try context.chain(pipeline.stages, variables: [], within: nil, into: last)
        first = head.trace
    }

    /// Takes one document, with its score if it was found by a text search; answers whether more are wanted.
    public func take(_ document: JSONObject, score: Double? = nil) throws -> Bool {
        guard isOpen else { return false }
        try context.evaluation.pause()
        first.received += 1
        isOpen = try head.take(PipelineDocument(fields: document, score: score))
        return isOpen
    }

    /// Nothing more comes: stages that waited for everything hand on what they have.
    public func finish() throws { try head.finish() }

    /// What each stage has done so far.
    public var report: [StageReport] { context.traces.map(\.report) }
}

/// What one stage did in a run.
public struct StageReport: Sendable, Equatable {
    /// The place in the pipeline as written; 1 is the first.
    public let number: Int
    /// The stage's operator.
    public let name: String
    /// How many documents went in.
    public let received: Int
    /// How many came out.
    public let returned: Int
    /// How many documents, groups or values it held at most.
    public let heldMost: Int
    /// The estimated bytes of these.
    public let bytesMost: Int

    /// For an answer to `explain`.
    public var json: JSON {
        [
            "stage": .string(name), "number": .int(Int64(number)), "in": .int(Int64(received)), "out": .int(Int64(returned)),
            "held": .int(Int64(heldMost)), "bytes": .int(Int64(bytesMost)),
        ]
    }
}

/// Collections given as lists.
struct CollectionsInMemory: ForeignCollections {
    let documents: (String) throws -> [JSONObject]

    func visit(_ collection: String, matching filter: Filter, fields: Set<String>?, _ body: (JSONObject) throws -> Bool) throws {
        for document in try documents(collection) where filter.matches(document) {
            if try !body(document) { return }
        }
    }

    func isIndexed(_ collection: String, field: String) -> Bool { field == "_id" }
}
