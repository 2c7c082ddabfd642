public import Kernel

/// An aggregation: stages that documents pass through one after the other.
public struct Pipeline: Sendable {
    let stages: [Stage]

    /// The most stages.
    static let maximumStages = 100
    /// The most documents or groups between two stages.
    static let maximumDocuments = 100_000

    /// Parses `[{"$match":…},{"$group":…},…]`.
    public init(_ json: JSON) throws(QueryError) {
        guard case .array(let elements) = json else {
            throw QueryError(
                .invalidQuery, "A pipeline is an array of stages such as [{\"$match\":{…}}].", zh: "聚合管道应为阶段数组，例如 [{\"$match\":{…}}]。")
        }
        guard elements.count <= Self.maximumStages else {
            throw QueryError(.limit, "A pipeline can have at most \(Self.maximumStages) stages.", zh: "聚合管道最多 \(Self.maximumStages) 个阶段。")
        }
        var stages: [Stage] = []
        for element in elements { stages += try Stage.parse(element) }
        self.stages = stages
    }

    /// The filter of the first stage when that is `$match`: the store may hand over only the documents that match it.
    public var leadingMatch: Filter? {
        if case .match(let filter)? = stages.first { filter } else { nil }
    }

    /// The other collections that the pipeline reads.
    public var lookups: [String] {
        var names: [String] = []
        for case .lookup(let lookup) in stages where !names.contains(lookup.from) { names.append(lookup.from) }
        return names
    }

    /// Passes documents through all stages.
    ///
    /// `foreign` gives all documents of another collection; it is asked once for each `$lookup`.
    public func run(
        _ documents: [JSONObject], foreign: (String) throws -> [JSONObject], now: Int64, random: inout some RandomNumberGenerator
    ) throws -> [JSON] {
        let runner = PipelineRunner(now: now)
        var current = documents
        var place = 0
        while place < stages.count {
            if case .sort(let order) = stages[place], place + 1 < stages.count, case .limit(let limit) = stages[place + 1] {
                // An order followed by a limit needs to keep only so many.
                current = order.sorted(current, limit: limit)
                place += 2
                continue
            }
            switch stages[place] {
            case .lookup(let lookup): current = try runner.join(current, with: try foreign(lookup.from), lookup)
            case .sample(let size): current = Self.sample(current, size, &random)
            default: current = try runner.run(stages[place], current)
            }
            place += 1
        }
        return current.map { .object($0) }
    }

    /// Chooses without repetition: the first places of a shuffle.
    private static func sample(_ documents: [JSONObject], _ size: Int, _ random: inout some RandomNumberGenerator) -> [JSONObject] {
        var shuffled = documents
        let count = min(size, shuffled.count)
        for place in 0..<count { shuffled.swapAt(place, Int.random(in: place..<shuffled.count, using: &random)) }
        return Array(shuffled.prefix(count))
    }
}

/// One stage of a pipeline.
enum Stage: Sendable {
    case match(Filter)
    case group(Grouping)
    case sort(SortOrder)
    case limit(Int)
    case skip(Int)
    case project(StageProjection)
    case addFields([FieldAssignment])
    case unset(ProjectionTree)
    case count(String)
    case lookup(Lookup)
    case unwind(Unwinding)
    case sample(Int)
    case replaceRoot(Expression)
}

/// `$group`.
struct Grouping: Sendable {
    let key: Expression
    let fields: [(name: String, kind: Accumulation.Kind, value: Expression)]
}

/// `$lookup`.
struct Lookup: Sendable {
    let from: String
    let localField: FieldPath
    let foreignField: FieldPath
    let into: FieldPath
}

/// `$unwind`.
struct Unwinding: Sendable {
    let path: FieldPath
    let keepsEmpty: Bool
    let indexField: FieldPath?
}

/// A computed field.
struct FieldAssignment: Sendable {
    let path: FieldPath
    let value: Expression
}

/// `$project`: chosen fields, and computed ones after them.
struct StageProjection: Sendable {
    let tree: ProjectionTree
    let computed: [FieldAssignment]
}
