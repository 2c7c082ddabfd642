import Kernel

/// A stage at work: takes documents one by one and passes on what becomes of them.
class StageSink {
    let context: PipelineContext
    let trace: StageTrace
    let next: StageSink?
    /// The values of the variables around the pipeline.
    let variables: [JSON?]
    /// Whether the next stage still wants documents.
    private(set) final var isOpen = true
    private final var heldBytes = 0

    init(_ surroundings: Surroundings) {
        context = surroundings.context
        trace = surroundings.trace
        next = surroundings.next
        variables = surroundings.variables
    }

    /// The end of a chain.
    fileprivate init(_ context: PipelineContext) {
        self.context = context
        trace = StageTrace(number: 0, name: "", outer: nil)
        next = nil
        variables = []
    }

    /// Takes one document; answers whether more are wanted.
    func take(_ document: consuming PipelineDocument) throws -> Bool { try pass(document) }

    /// Nothing more comes.
    func finish() throws { try next?.finish() }

    /// Hands a document on; answers whether the next stage wants more.
    @inline(__always)
    @discardableResult
    final func pass(_ document: consuming PipelineDocument) throws -> Bool {
        guard isOpen, let next else { return false }
        trace.returned += 1
        next.trace.received += 1
        isOpen = try next.take(document)
        return isOpen
    }

    /// What expressions see of a document.
    @inline(__always)
    final func scope(for document: borrowing PipelineDocument) -> EvaluationScope {
        var scope = EvaluationScope(document: document.fields, bindings: variables, context: context.evaluation)
        scope.score = document.score
        return scope
    }

    /// Counts things that stay in memory.
    final func hold(_ count: Int, bytes: Int) throws(QueryError) {
        heldBytes += bytes
        trace.hold(count, bytes)
        try context.memory.take(bytes, for: trace)
    }

    /// Counts things that are dropped.
    final func release(_ count: Int, bytes: Int) {
        heldBytes -= bytes
        trace.hold(-count, -bytes)
        context.memory.give(back: bytes)
    }

    /// Counts everything held as dropped.
    final func releaseAll() { release(0, bytes: heldBytes) }
}

/// Hands results to a closure.
final class FinalSink: StageSink {
    private let body: (PipelineDocument) throws -> Bool

    init(_ context: PipelineContext, _ body: @escaping (PipelineDocument) throws -> Bool) {
        self.body = body
        super.init(context)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool { try body(document) }
}

/// `$match`.
final class MatchSink: StageSink {
    private let filter: Filter

    init(_ filter: Filter, _ surroundings: Surroundings) {
        self.filter = filter
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool { filter.matches(document.fields) ? try pass(document) : isOpen }
}

/// `$limit`.
final class LimitSink: StageSink {
    private var left: Int

    init(_ limit: Int, _ surroundings: Surroundings) {
        left = limit
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        guard left > 0 else { return false }
        left -= 1
        return try pass(document) && left > 0
    }
}

/// `$skip`.
final class SkipSink: StageSink {
    private var left: Int

    init(_ count: Int, _ surroundings: Surroundings) {
        left = count
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        guard left > 0 else { return try pass(document) }
        left -= 1
        return true
    }
}

/// `$count`.
final class CountSink: StageSink {
    private let name: String
    private var count: Int64 = 0

    init(_ name: String, _ surroundings: Surroundings) {
        self.name = name
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) -> Bool {
        count += 1
        return true
    }

    override func finish() throws {
        if count > 0 { try pass(PipelineDocument(fields: JSONObject([(name, .int(count))]))) }
        try super.finish()
    }
}
