public import Kernel

/// Which documents are meant: MongoDB's query language, parsed once.
public struct Filter: Sendable {
    let condition: Condition

    /// Parses a query such as `{"price":{"$lt":100},"$or":[…]}`.
    ///
    /// A query with `$text` also has to be told what is indexed, before or after; see ``bound(to:)``.
    public init(_ json: JSON) throws(QueryError) {
        var parser = FilterParser()
        condition = try parser.parse(json)
        try condition.checkOrders()
    }

    init(condition: Condition) { self.condition = condition }

    /// Every document.
    public static let all = Filter(condition: .every([]))

    /// Whether every document matches because nothing is asked.
    public var isAll: Bool {
        if case .every(let parts) = condition { parts.isEmpty } else { false }
    }

    /// Whether `$sampleRate` or `$rand` decide: the same document may match now and not the next time.
    public var isRandom: Bool { condition.isRandom }

    /// The documents that match both.
    public func and(_ other: Filter) -> Filter {
        Filter(condition: .every(condition.conjuncts + other.condition.conjuncts))
    }

    /// The same filter, which knows what is indexed.
    public init(_ json: JSON, text context: TextIndexContext?) throws(QueryError) {
        self = try Filter(json).bound(to: context)
    }

    /// Whether a document matches.
    ///
    /// An error inside `$expr` (say, adding a string) means that it does not.
    public func matches(_ document: JSONObject) -> Bool { condition.matches(document) }
}

/// A condition on a whole document.
indirect enum Condition: Sendable {
    case every([Condition])
    case some([Condition])
    case none([Condition])
    case field(FieldPath, Predicate)
    case expression(Expression)
    /// The value that a path leads to, through objects by name and arrays by number only, passes: unlike `field`, never "any of these".
    case strict(FieldPath, ValueTest)
    /// Something that is asked about each document.
    case check(any DocumentCheck)
    case schema(JSONSchema)
    /// `$near`: the field holds a place at a wanted distance.
    case near(Nearness)
    case text(TextQuery)

    /// The conditions that must all hold.
    var conjuncts: [Condition] {
        if case .every(let parts) = self { parts.flatMap(\.conjuncts) } else { [self] }
    }
}

/// A condition that no query can express.
protocol DocumentCheck: Sendable {
    func passes(_ document: JSONObject) -> Bool
}

/// A condition on the values that a path leads to.
indirect enum Predicate: Sendable {
    /// Holds for a document when one of the values passes.
    case value(ValueTest)
    /// Holds when the field itself (not its elements) passes.
    case whole(WholeTest)
    case every([Predicate])
    case some([Predicate])
    case not(Predicate)
}

/// A test of one value.
enum ValueTest: Sendable {
    case equal(JSON)
    case less(JSON)
    case lessOrEqual(JSON)
    case greater(JSON)
    case greaterOrEqual(JSON)
    case among(MemberSet)
    case remainder(divisor: Int64, remainder: Int64)
    case pattern(TextPattern)
    case type([ValueType])
    case bits(BitTest)
}

/// A test of a field as a whole.
enum WholeTest: Sendable {
    case exists
    case size(Int)
    /// An element that is an object meets a condition.
    case elementMatches(Condition)
    /// An element passes a predicate.
    case elementPasses(Predicate)
    /// The field holds a place, or an array of places one of which passes.
    case place(GeoTest)
}

/// The operands of `$in`: values, looked up by hash, and patterns.
struct MemberSet: Sendable {
    let values: Set<JSON>
    let patterns: [TextPattern]
    let hasNull: Bool

    init(values: [JSON], patterns: [TextPattern]) {
        self.values = Set(values)
        self.patterns = patterns
        hasNull = self.values.contains(.null)
    }

    func contains(_ value: JSON?) -> Bool {
        guard let value else { return hasNull }
        if values.contains(value) { return true }
        guard case .string(let text) = value else { return false }
        return patterns.contains { $0.matches(text) }
    }
}
