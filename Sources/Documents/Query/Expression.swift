import Kernel

/// An aggregation expression, such as `{"$multiply":["$price","$count"]}`.
indirect enum Expression: Sendable {
    case literal(JSON)
    /// `$$name.a.b`; `$a.b` is the variable `CURRENT`.
    case variable(String, path: [String])
    case object([(key: String, value: Expression)])
    case array([Expression])
    case call(PositionalOperator, [Expression])
    case namedCall(NamedOperator, [String: Expression])
    case every([Expression])
    case some([Expression])
    case choice(condition: Expression, then: Expression, otherwise: Expression)
    case branches([(condition: Expression, then: Expression)], otherwise: Expression?)
    case firstPresent([Expression])
    case binding([(name: String, value: Expression)], in: Expression)
    case map(ArrayWalk)
    case filter(ArrayWalk, limit: Expression?)
    case reduce(input: Expression, initial: Expression, step: Expression)
}

/// What `$map` and `$filter` do to every element.
struct ArrayWalk: Sendable {
    let input: Expression
    let name: String
    let body: Expression
}

/// An operator on arguments in a row.
///
/// A missing argument is nil.
struct PositionalOperator: Sendable {
    let arity: ClosedRange<Int>
    let evaluate: @Sendable ([JSON?]) throws(QueryError) -> JSON?

    init(_ arity: ClosedRange<Int>, _ evaluate: @escaping @Sendable ([JSON?]) throws(QueryError) -> JSON?) {
        self.arity = arity
        self.evaluate = evaluate
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
    let root: JSON
    var bindings: [(name: String, value: JSON?)] = []
    let now: Int64
    let budget: EvaluationBudget

    func value(of name: String) -> JSON? {
        switch name {
        case "CURRENT", "ROOT": root
        case "NOW": .date(now)
        case "REMOVE": nil
        default: bindings.last { $0.name == name }?.value
        }
    }
}

/// Bounds what expressions build: nested copies of one value cost memory only once they are written out, and then too late.
final class EvaluationBudget {
    private var remaining = 200_000_000

    /// The most nodes or text blocks in one value.
    static let maximumValueSize = 2_000_000

    /// The deepest nesting of one value; everything that walks values does so by recursion.
    static let maximumDepth = maximumDocumentDepth + 50

    /// Counts the nodes of a value that has been built.
    func charge(_ value: JSON?) throws(QueryError) {
        guard let value else { return }
        var size = 0
        Self.measure(value, depth: 0, into: &size)
        remaining -= size
        if remaining < 0 || size > Self.maximumValueSize {
            throw QueryError(
                .limit, "The aggregation builds values that are too large or too deeply nested; filter earlier.", zh: "聚合生成的值过大或嵌套过深；请更早过滤。"
            )
        }
    }

    /// Counts nodes until there are too many; too deep counts as too many.
    private static func measure(_ value: JSON, depth: Int, into size: inout Int) {
        size += depth > maximumDepth ? maximumValueSize : 1
        if size > maximumValueSize { return }
        switch value {
        case .string(let text): size += text.utf8.count >> 5
        case .array(let elements):
            for element in elements where size <= maximumValueSize { measure(element, depth: depth + 1, into: &size) }
        case .object(let members):
            for member in members where size <= maximumValueSize { measure(member.value, depth: depth + 1, into: &size) }
        default: break
        }
    }
}
