import Kernel

/// An aggregation expression, such as `{"$multiply":["$price","$count"]}`.
indirect enum Expression: Sendable {
    case literal(JSON)
    /// `$a.b`: a top-level field of the current document, and the names below it.
    case field(String, rest: [String])
    /// `$$name.a.b`.
    case variable(Variable, path: [String])
    case object([(key: String, value: Expression)])
    case array([Expression])
    case call(String, PositionalOperator, [Expression])
    case namedCall(String, NamedOperator, [(name: String, value: Expression)])
    case every([Expression])
    case some([Expression])
    case choice(condition: Expression, then: Expression, otherwise: Expression)
    case branches([(condition: Expression, then: Expression)], otherwise: Expression?)
    case firstPresent([Expression])
    case binding([Expression], in: Expression)
    case map(ArrayWalk)
    case filter(ArrayWalk, limit: Expression?)
    case reduce(input: Expression, initial: Expression, step: Expression)
    /// `$convert`, whose `onError` is evaluated only when it is needed.
    case conversion(input: Expression, to: Expression, onError: Expression?, onNull: Expression?)
    case random
}

/// What `$$name` stands for.
enum Variable: Sendable {
    case current, root, now, removed
    /// The score of a text search.
    case score
    /// What `$redact` decides.
    case verdict(RedactVerdict)
    /// A name given by `$let`, `$map` and the like or by the `let` of a `$lookup`: its place among the names bound there.
    case bound(Int)
}

/// What `$redact` does with a level of a document.
enum RedactVerdict: String, Sendable, CaseIterable {
    case keep = "KEEP"
    case prune = "PRUNE"
    case descend = "DESCEND"

    /// A text that no document can hold by accident.
    var mark: JSON { .string("\u{0}$$\(rawValue)\u{0}") }
}

/// What `$map` and `$filter` do to every element.
struct ArrayWalk: Sendable {
    let input: Expression
    let body: Expression
}

/// An operator on arguments in a row.
///
/// A missing argument is nil.
struct PositionalOperator: Sendable {
    let arity: ClosedRange<Int>
    let evaluate: @Sendable ([JSON?]) throws(QueryError) -> JSON?
    /// The same for exactly two arguments, without a list of them: comparisons and sums are most of what runs.
    private(set) var evaluatePair: (@Sendable (JSON?, JSON?) throws(QueryError) -> JSON?)?

    init(_ arity: ClosedRange<Int>, _ evaluate: @escaping @Sendable ([JSON?]) throws(QueryError) -> JSON?) {
        self.arity = arity
        self.evaluate = evaluate
    }

    /// An operator on two arguments.
    static func onPair(_ evaluate: @escaping @Sendable (JSON?, JSON?) throws(QueryError) -> JSON?) -> PositionalOperator {
        PositionalOperator(2...2) { (values) throws(QueryError) in try evaluate(values[0], values[1]) }.withPair(evaluate)
    }

    /// The operator with a quick way for two arguments.
    func withPair(_ evaluate: @escaping @Sendable (JSON?, JSON?) throws(QueryError) -> JSON?) -> PositionalOperator {
        var copy = self
        copy.evaluatePair = evaluate
        return copy
    }

    /// An operator that answers null when an argument is null or missing.
    static func onValues(
        _ arity: ClosedRange<Int>, _ evaluate: @escaping @Sendable ([JSON]) throws(QueryError) -> JSON?
    ) -> PositionalOperator {
        PositionalOperator(arity) { arguments throws(QueryError) in
            var values: [JSON] = []
            values.reserveCapacity(arguments.count)
            for argument in arguments {
                guard let argument, !argument.isNull else { return .null }
                values.append(argument)
            }
            return try evaluate(values)
        }
    }
}

/// An operator on arguments with names.
///
/// A missing argument is absent.
struct NamedOperator: Sendable {
    let required: Set<String>
    let optional: Set<String>
    let evaluate: @Sendable ([String: JSON]) throws(QueryError) -> JSON?
}

/// What an expression can see while it is evaluated, and how much it may still produce.
struct EvaluationScope {
    /// The current document, `$$CURRENT`.
    var document: JSONObject
    /// The whole document where the current one is a part of it.
    var root: JSONObject?
    /// The values of the bound names, outermost first.
    var bindings: [JSON?] = []
    var score: Double?
    let context: EvaluationContext

    init(document: JSONObject, bindings: [JSON?] = [], context: EvaluationContext) {
        self.document = document
        self.bindings = bindings
        self.context = context
    }

    func value(of variable: Variable) -> JSON? {
        switch variable {
        case .current: .object(document)
        case .root: .object(root ?? document)
        case .now: .date(context.now)
        case .removed: nil
        case .score: score.map { .double($0) }
        case .verdict(let verdict): verdict.mark
        case .bound(let place): bindings[place]
        }
    }
}
