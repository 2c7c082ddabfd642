import Kernel

/// A document on its way through a pipeline.
struct PipelineDocument {
    var fields: JSONObject
    /// How well it fits a text search.
    var score: Double?
}

/// The memory that all stages of one run share.
final class MemoryBudget {
    private let limit: Int
    private var used = 0

    init(_ limit: Int) { self.limit = limit }

    func take(_ bytes: Int, for stage: StageTrace) throws(QueryError) {
        used += bytes
        if used <= limit { return }
        throw QueryError(
            .limit,
            "Stage \(stage.label) needs more than \(limit) bytes of memory: filter with $match or keep fewer fields with $project before it, or add a $limit.",
            zh: "第 \(stage.label) 阶段需要的内存超过 \(limit) 字节：请在它之前用 $match 过滤、用 $project 减少字段，或添加 $limit。")
    }

    func give(back bytes: Int) { used -= bytes }
}

/// What a stage does, as it is counted.
final class StageTrace {
    let number: Int
    let name: String
    /// The stage whose nested pipeline this one belongs to.
    let outer: StageTrace?
    var received = 0
    var returned = 0
    private var held = 0
    private(set) var heldMost = 0
    private var bytes = 0
    private(set) var bytesMost = 0

    init(number: Int, name: String, outer: StageTrace?) {
        self.number = number
        self.name = name
        self.outer = outer
    }

    /// `2 ($lookup) › 1 ($sort)`.
    var label: String { (outer.map { $0.label + " › " } ?? "") + "\(number) (\(name))" }

    func hold(_ count: Int, _ size: Int) {
        held += count
        bytes += size
        heldMost = max(heldMost, held)
        bytesMost = max(bytesMost, bytes)
        outer?.hold(0, size)
    }

    var report: StageReport {
        StageReport(number: number, name: name, received: received, returned: returned, heldMost: heldMost, bytesMost: bytesMost)
    }
}

/// What all stages of one run share.
final class PipelineContext {
    let foreign: any ForeignCollections
    let memory: MemoryBudget
    let evaluation: EvaluationContext
    /// The stages of the outermost pipeline.
    private(set) var traces: [StageTrace] = []

    init(foreign: any ForeignCollections, memory: MemoryBudget, evaluation: EvaluationContext) {
        self.foreign = foreign
        self.memory = memory
        self.evaluation = evaluation
    }

    /// Makes the sinks of stages, the last one first, and answers the first.
    func chain(_ stages: [PlacedStage], variables: [JSON?], within outer: StageTrace?, into last: StageSink) throws -> StageSink {
        var next = last
        for placed in stages.reversed() {
            let trace = StageTrace(number: placed.number, name: placed.name, outer: outer)
            if outer == nil { traces.insert(trace, at: 0) }
            next = try sink(for: placed.stage, Surroundings(context: self, trace: trace, variables: variables, next: next))
        }
        return next
    }

    /// Runs a nested pipeline on another collection, or on the documents that it brings (with no collection).
    func run(
        _ pipeline: Pipeline, on collection: String?, matching extra: Filter = .all, variables: [JSON?], within trace: StageTrace,
        _ body: @escaping (PipelineDocument) throws -> Bool
    ) throws {
        let bound = pipeline.isOpen ? try pipeline.bound(to: variables, now: evaluation.now) : pipeline
        guard let collection else {
            return try chain(bound.matchingOwn(extra).stages, variables: variables, within: trace, into: FinalSink(self, body)).finish()
        }
        let head = try chain(bound.rest().stages, variables: variables, within: trace, into: FinalSink(self, body))
        let leading = bound.leading
        let filter = extra.and(leading.filter)
        let fields = bound.requiredFields.flatMap { $0.addingFields(of: filter) }
        var window = leading.window(isSorted: false)
        try foreign.visit(collection, matching: filter, fields: fields) { document in
            try evaluation.pause()
            guard window.admits() else { return true }
            head.trace.received += 1
            return try head.take(PipelineDocument(fields: document)) && window.isOpen
        }
        try head.finish()
    }
}

/// The documents that a `$skip` and a `$limit` before all other stages let through.
struct DocumentWindow {
    private var skip: Int
    private var left: Int

    init(skip: Int, limit: Int?) {
        self.skip = skip
        left = limit ?? .max
    }

    /// Whether more can come.
    var isOpen: Bool { left > 0 }

    /// Counts one document; answers whether it is let through.
    mutating func admits() -> Bool {
        guard skip == 0 else {
            skip -= 1
            return false
        }
        left -= 1
        return true
    }
}

/// What a stage needs to be built.
struct Surroundings {
    let context: PipelineContext
    let trace: StageTrace
    let variables: [JSON?]
    let next: StageSink
}
