import Kernel

/// What a rule says of documents that are not known yet: the condition that is ANDed to a query.
///
/// Everything that does not depend on the document is decided at once. Of the rest, what a query can say becomes conditions, which the
/// planner uses like the caller's own; what it cannot say (two fields of a document, a `get()` that a field names) looks at each document.
/// The condition is exact, except that what depends on `request.data` counts as true: writes check that when the data are known.
struct RuleConstraint {
    let scope: RuleScope

    /// The documents for which `expression` can be true.
    func condition(_ expression: RuleExpression) throws -> Condition { try condition(expression, negated: false) }

    private static let always = Condition.every([])
    private static let never = Condition.some([])

    private func condition(_ expression: RuleExpression, negated: Bool) throws -> Condition {
        if !expression.mentions(.doc), !expression.mentions(.data) { return try scope.holds(expression) != negated ? Self.always : Self.never }
        switch expression {
        case .not(let part): return try condition(part, negated: !negated)
        case .both(let parts): return Self.joined(try parts.map { try condition($0, negated: negated) }, all: !negated)
        case .either(let parts): return Self.joined(try parts.map { try condition($0, negated: negated) }, all: negated)
        default: break
        }
        if expression.mentions(.data) { return Self.always }
        guard let plain = try plainCondition(expression) else { return .check(RuleCheck(expression, negated: negated, scope)) }
        return negated ? .none([plain]) : plain
    }

    private static func joined(_ parts: [Condition], all: Bool) -> Condition { all ? .every(parts) : .some(parts) }

    /// What a query can say by itself, exactly; `nil` for the rest.
    private func plainCondition(_ expression: RuleExpression) throws -> Condition? {
        switch expression {
        case .variable(.doc, let path):
            guard let path = Self.fieldPath(path) else { return nil }
            return .none([.strict(path, .among(MemberSet(values: RuleScope.falsy, patterns: [])))])
        case .compare(let comparison, .variable(.doc, let path), let other) where !other.mentions(.doc):
            return Self.compared(Self.fieldPath(path), comparison, try scope.value(other) ?? .null)
        case .compare(let comparison, let other, .variable(.doc, let path)) where !other.mentions(.doc):
            return Self.compared(Self.fieldPath(path), comparison.turned, try scope.value(other) ?? .null)
        case .among(.variable(.doc, let path), let list) where !list.mentions(.doc):
            guard let path = Self.fieldPath(path) else { return nil }
            guard case .array(let elements)? = try scope.value(list) else { return Self.never }
            return .strict(path, .among(MemberSet(values: elements, patterns: [])))
        case .among(let element, .variable(.doc, let path)) where !element.mentions(.doc):
            return Self.contains(path, try scope.value(element) ?? .null)
        default: return nil
        }
    }

    private static func compared(_ path: FieldPath?, _ comparison: RuleComparison, _ operand: JSON) -> Condition? {
        guard let path else { return nil }
        let value = operand.intValue.map { .int($0) } ?? operand
        switch comparison {
        case .equal, .different:
            let same = Condition.some(aligned(value).map { .strict(path, .equal($0)) })
            return comparison == .equal ? same : .none([same])
        case .greater, .greaterOrEqual, .less, .lessOrEqual:
            if value.isNull { return never }
            // A date against a number that is between two milliseconds: looked at one by one.
            if case .double = value { return nil }
            return .some(aligned(value).map { .strict(path, comparison.test($0)) })
        }
    }

    /// A moment is found as a date and as a number of milliseconds.
    private static func aligned(_ value: JSON) -> [JSON] {
        switch value {
        case .date(let moment): [value, .int(moment)]
        case .int(let number): [value, .date(number)]
        default: [value]
        }
    }

    /// Whether the field is an array with this element.
    private static func contains(_ path: [String], _ element: JSON) -> Condition? {
        // A query looks into arrays on the way, and takes an array for its own element: only the plain case means the same.
        guard path.count == 1, let field = fieldPath(path), element.arrayValue == nil else { return nil }
        return .every([.field(field, .value(.equal(element))), .strict(field, .type([.array]))])
    }

    /// A path as queries write it; `nil` where a name has a point or is no name there.
    private static func fieldPath(_ path: [String]) -> FieldPath? {
        guard !path.isEmpty, !path.contains(where: { $0.contains(".") }) else { return nil }
        return try? FieldPath(path.joined(separator: "."))
    }
}

extension RuleComparison {
    fileprivate func test(_ value: JSON) -> ValueTest {
        switch self {
        case .equal, .different: .equal(value)
        case .greater: .greater(value)
        case .greaterOrEqual: .greaterOrEqual(value)
        case .less: .less(value)
        case .lessOrEqual: .lessOrEqual(value)
        }
    }
}

/// A part of a rule that is evaluated for each document.
struct RuleCheck: DocumentCheck {
    private let expression: RuleExpression
    private let negated: Bool
    private let scope: RuleScope

    init(_ expression: RuleExpression, negated: Bool, _ scope: RuleScope) {
        self.expression = expression
        self.negated = negated
        self.scope = scope
    }

    func passes(_ document: JSONObject) -> Bool {
        guard scope.lookups.failure == nil else { return false }
        var scope = scope
        scope.document = document
        do {
            return try scope.holds(expression) != negated
        } catch {
            scope.lookups.failure = error
            return false
        }
    }
}
