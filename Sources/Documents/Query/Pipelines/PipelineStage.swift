import Kernel

/// A stage and where it was written.
struct PlacedStage: Sendable {
    /// 1 is the first one.
    let number: Int
    /// As written, `$group`.
    let name: String
    var stage: Stage
}

/// One stage of a pipeline.
enum Stage: Sendable {
    case match(StageMatch)
    case group(Grouping)
    case sort(StageSort)
    case limit(Int)
    case skip(Int)
    case project(StageProjection)
    case addFields([FieldAssignment])
    case unset(ProjectionTree)
    case count(String)
    case lookup(Lookup)
    case graphLookup(GraphLookup)
    case unwind(Unwinding)
    case sample(Int)
    case replaceRoot(Expression)
    case redact(Expression)
    case bucketAuto(AutomaticBuckets)
    case facet([(name: String, pipeline: Pipeline)])
    case geoNear(GeoNear)
    case windowFields(WindowFields)
    case unionWith(Union)
    case fill(Fill)
    case densify(Densify)
    /// `$documents`: not those of a collection but these.
    case documents(Expression)
}

/// `$group`, and what `$bucket` and `$sortByCount` are written with.
struct Grouping: Sendable {
    let key: Expression
    let fields: [(name: String, accumulator: AccumulatorDefinition)]
}

/// `$lookup`: by equality, by a pipeline, or both.
struct Lookup: Sendable {
    /// Nil when the pipeline has documents of its own.
    let from: String?
    let equality: (localField: FieldPath, foreignField: FieldPath)?
    let variables: [Expression]
    let pipeline: Pipeline?
    let into: FieldPath
}

/// `$graphLookup`.
struct GraphLookup: Sendable {
    let from: String
    let start: Expression
    let connectFrom: FieldPath
    let connectTo: FieldPath
    let into: FieldPath
    let maximumDepth: Int?
    let depthField: FieldPath?
    let restriction: Filter
}

/// `$unionWith`.
struct Union: Sendable {
    /// Nil when the pipeline has documents of its own.
    let from: String?
    let pipeline: Pipeline
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

/// `$bucketAuto`.
struct AutomaticBuckets: Sendable {
    let key: Expression
    let count: Int
    let fields: [(name: String, accumulator: AccumulatorDefinition)]
    /// Which numbers may be bounds; nil: those that are there.
    let granularity: BucketGranularity?
}

extension Stage {
    /// Whether exactly one document comes out for each that goes in, in the same order.
    var isOneToOne: Bool {
        switch self {
        case .project, .addFields, .unset, .lookup, .graphLookup, .replaceRoot: true
        default: false
        }
    }

    func collectCollections(into names: inout [String]) {
        func add(_ name: String?) { if let name, !names.contains(name) { names.append(name) } }
        switch self {
        case .lookup(let lookup):
            add(lookup.from)
            for inner in lookup.pipeline?.lookups ?? [] { add(inner) }
        case .graphLookup(let lookup): add(lookup.from)
        case .unionWith(let union):
            add(union.from)
            for inner in union.pipeline.lookups { add(inner) }
        case .facet(let facets): for facet in facets { for inner in facet.pipeline.lookups { add(inner) } }
        default: break
        }
    }
}
