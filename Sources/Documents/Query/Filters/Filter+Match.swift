import Kernel

extension Condition {
    func matches(_ document: JSONObject) -> Bool {
        switch self {
        case .every(let parts): parts.allSatisfy { $0.matches(document) }
        case .some(let parts): parts.contains { $0.matches(document) }
        case .none(let parts): !parts.contains { $0.matches(document) }
        case .field(let path, let predicate): predicate.holds(at: path, in: document)
        case .expression(let expression): expression.isTrue(for: document)
        case .strict(let path, let test): test.passes(path.onlyValue(in: document))
        case .check(let check): check.passes(document)
        case .schema(let schema): schema.accepts(document)
        case .near(let nearness): nearness.distance(of: document) != nil
        case .text(let query): query.score(of: document) != nil
        }
    }
}

extension Predicate {
    /// Whether the values at `path` satisfy this.
    ///
    /// Each operator looks at all values for itself, as MongoDB does: `{"$gt":1,"$lt":5}` holds for `[0, 10]`.
    func holds(at path: FieldPath, in document: JSONObject) -> Bool {
        switch self {
        case .value(let test):
            // Mostly a field of the document holds something that does not fan out; a scan asks this of each document.
            if path.parts.count == 1, let value = document[path.root], value.arrayValue == nil {
                test.passes(value)
            } else {
                path.anyValue(in: document, expandsLastArray: true) { test.passes($0) }
            }
        case .whole(let test): path.anyValue(in: document, expandsLastArray: false) { test.passes($0) }
        case .every(let parts): parts.allSatisfy { $0.holds(at: path, in: document) }
        case .some(let parts): parts.contains { $0.holds(at: path, in: document) }
        case .not(let part): !part.holds(at: path, in: document)
        }
    }

    /// Whether one array element satisfies this, as `$elemMatch` and `$pull` ask.
    func holds(forElement element: JSON) -> Bool {
        switch self {
        case .value(let test): test.passes(element)
        case .whole(let test): test.passes(element)
        case .every(let parts): parts.allSatisfy { $0.holds(forElement: element) }
        case .some(let parts): parts.contains { $0.holds(forElement: element) }
        case .not(let part): !part.holds(forElement: element)
        }
    }
}

extension ValueTest {
    /// Whether a value passes; nil is a missing field, which counts as null where null is asked for.
    func passes(_ value: JSON?) -> Bool {
        switch self {
        case .equal(let operand): value.map { $0 == operand } ?? operand.isNull
        case .less(let operand): Self.compare(value, operand) { $0 == .ascending }
        case .lessOrEqual(let operand): Self.compare(value, operand) { $0 != .descending }
        case .greater(let operand): Self.compare(value, operand) { $0 == .descending }
        case .greaterOrEqual(let operand): Self.compare(value, operand) { $0 != .ascending }
        case .among(let set): set.contains(value)
        case .remainder(let divisor, let remainder): Self.remainder(of: value, by: divisor) == remainder
        case .pattern(let pattern):
            if case .string(let text) = value { pattern.matches(text) } else { false }
        case .bits(let test): test.passes(value)
        case .type(let types): value.map { value in types.contains { $0.includes(value) } } ?? false
        }
    }

    /// Only values of the operand's type compare, and NaN only with itself.
    private static func compare(_ value: JSON?, _ operand: JSON, _ accepts: (Precedence) -> Bool) -> Bool {
        guard ValueOrder.rank(value) == ValueOrder.rank(operand) else { return false }
        let value = value ?? .null
        if isNaN(value) != isNaN(operand) { return false }
        return accepts(ValueOrder.compare(value, operand))
    }

    private static func isNaN(_ value: JSON) -> Bool {
        if case .double(let number) = value { number.isNaN } else { false }
    }

    /// The remainder of a number's whole part, with the sign of the number.
    private static func remainder(of value: JSON?, by divisor: Int64) -> Int64? {
        switch value {
        case .int(let number): divisor == -1 ? 0 : number % divisor
        case .double(let number): Int64(exactly: number.rounded(.towardZero)).map { divisor == -1 ? 0 : $0 % divisor }
        default: nil
        }
    }
}

extension WholeTest {
    func passes(_ value: JSON?) -> Bool {
        switch (self, value) {
        case (.exists, _): value != nil
        case (.place(let test), _): test.passes(value)
        case (.size(let size), .array(let elements)): elements.count == size
        case (.elementPasses(let predicate), .array(let elements)): elements.contains { predicate.holds(forElement: $0) }
        case (.elementMatches(let condition), .array(let elements)):
            elements.contains { element in
                if case .object(let members) = element { condition.matches(members) } else { false }
            }
        default: false
        }
    }
}
