public import Kernel

/// An aggregation: stages that documents pass through one after the other.
///
/// ``leading`` says what a store can do before the first stage, ``rest(sorted:counted:)`` what then remains, and ``PipelineRun`` runs that
/// on one document after the other.
public struct Pipeline: Sendable {
    let stages: [PlacedStage]

    /// What is to be done with the results, when the last stage is `$out` or `$merge`; otherwise they are the answer.
    public let output: PipelineOutput?

    /// The most stages.
    static let maximumStages = 100
    /// The most documents that one document is joined with.
    static let maximumDocuments = 100_000
    /// The deepest nesting of pipelines in pipelines.
    static let maximumNesting = 10

    /// Parses `[{"$match":…},{"$group":…},…]`.
    public init(_ json: JSON) throws(QueryError) {
        var elements = try StageParser.elements(json)
        output = try elements.last.flatMap { (last: JSON) throws(QueryError) in try PipelineOutput(stage: last) }
        if output != nil { elements.removeLast() }
        stages = Self.optimized(try StageParser(names: [], depth: 0).parse(elements))
        if stages.first?.stage.asksForText != true, elements.contains(where: Self.asksForScore) { throw Self.scoreWithoutText }
    }

    /// Whether `{"$meta":"textScore"}` stands somewhere in it.
    static func asksForScore(_ json: JSON) -> Bool {
        switch json {
        case .object(let members): json == ["$meta": "textScore"] || members.contains { $0.key != "$literal" && asksForScore($0.value) }
        case .array(let elements): elements.contains(where: asksForScore)
        default: false
        }
    }

    static let scoreWithoutText = QueryError(
        .invalidQuery, "{\"$meta\":\"textScore\"} needs a $text in the query, or in the first stage of the pipeline.",
        zh: "{\"$meta\":\"textScore\"} 需要查询（或管道第一个阶段）中有 $text。")

    init(stages: [PlacedStage]) {
        self.stages = stages
        output = nil
    }

    /// The filter of the first stages when these are `$match`: the store may hand over only the documents that match it.
    public var leadingMatch: Filter? {
        let filter = leading.filter
        return filter.isAll ? nil : filter
    }

    /// The other collections that the pipeline reads, also inside nested pipelines.
    public var lookups: [String] {
        var names: [String] = []
        for stage in stages { stage.stage.collectCollections(into: &names) }
        return names
    }

    /// Passes documents in memory through all stages.
    ///
    /// `foreign` gives all documents of another collection.
    public func run(
        _ documents: [JSONObject], foreign: @escaping (String) throws -> [JSONObject], now: Int64, random: inout some RandomNumberGenerator,
        limits: PipelineLimits = PipelineLimits()
    ) throws -> [JSON] {
        var results: [JSON] = []
        let run = try PipelineRun(
            self, foreign: CollectionsInMemory(documents: foreign), now: now, limits: limits, random: SeededFrom(&random)
        ) { document in
            results.append(.object(document))
            return true
        }
        for document in documents where try !run.take(document) { break }
        try run.finish()
        return results
    }
}

/// A generator that begins where another one is.
private struct SeededFrom: RandomNumberGenerator {
    private var state: UInt64

    init(_ random: inout some RandomNumberGenerator) { state = random.next() }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        let first = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        let second = (first ^ (first >> 27)) &* 0x94D0_49BB_1331_11EB
        return second ^ (second >> 31)
    }
}
