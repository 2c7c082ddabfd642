import Kernel

/// A security rule's expression, parsed once: `auth.openid == doc._openid && request.data.price > 0`.
///
/// The language is CloudBase's (`auth`, `doc`, `request.data`, `now`, `get()`); EMAS's `request.auth.userId` and
/// `resource.auth.userId` are read as `auth.openid` and `doc._openid`.
indirect enum RuleExpression: Sendable {
    case literal(JSON)
    case list([RuleExpression])
    /// A value of the request or the document, and the way into it.
    case variable(RuleVariable, [String])
    /// Another document: what names it, and the way into it.
    case lookup(RuleLookup, [String])
    case not(RuleExpression)
    case both([RuleExpression])
    case either([RuleExpression])
    case compare(RuleComparison, RuleExpression, RuleExpression)
    /// Whether the first is an element of the second.
    case among(RuleExpression, RuleExpression)
}

/// What an expression can speak of.
enum RuleVariable: String, Sendable {
    /// Who calls: `openid`, `uid`, `unionid`, `loginType`; null without a login.
    case auth
    /// The stored document; null where there is none yet.
    case doc
    /// What the caller writes: the document to be added, or the fields that an update touches, as they will be.
    case data = "request.data"
    /// The server's time as a date.
    case now
}

/// The argument of `get()`: `database.<collection>.<id>`, put together from texts and values.
struct RuleLookup: Sendable {
    let parts: [RuleExpression]
}

/// A comparison as JavaScript writes it.
enum RuleComparison: String, Sendable {
    case equal = "=="
    case different = "!="
    case greater = ">"
    case greaterOrEqual = ">="
    case less = "<"
    case lessOrEqual = "<="

    /// What holds exactly when this does not, for values that can be compared.
    var opposite: RuleComparison? {
        switch self {
        case .equal: .different
        case .different: .equal
        // A missing value is neither greater nor not greater: these have no opposite.
        case .greater, .greaterOrEqual, .less, .lessOrEqual: nil
        }
    }

    /// The same comparison with its sides exchanged.
    var turned: RuleComparison {
        switch self {
        case .equal, .different: self
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        }
    }

    /// Compares two values: equal by value, greater and less only within one type; a date and a number compare as milliseconds.
    func holds(_ left: JSON?, _ right: JSON?) -> Bool {
        let (left, right) = Self.aligned(left ?? .null, right ?? .null)
        switch self {
        case .equal: return left == right
        case .different: return left != right
        case .greater, .greaterOrEqual, .less, .lessOrEqual:
            guard !left.isNull, ValueOrder.rank(left) == ValueOrder.rank(right) else { return false }
            switch ValueOrder.compare(left, right) {
            case .same: return self == .greaterOrEqual || self == .lessOrEqual
            case .ascending: return self == .less || self == .lessOrEqual
            case .descending: return self == .greater || self == .greaterOrEqual
            }
        }
    }

    private static func aligned(_ left: JSON, _ right: JSON) -> (JSON, JSON) {
        switch (left, right) {
        case (.date(let moment), .int), (.date(let moment), .double): (.int(moment), right)
        case (.int, .date(let moment)), (.double, .date(let moment)): (left, .int(moment))
        default: (left, right)
        }
    }
}

extension RuleExpression {
    /// Whether it speaks of a variable.
    func mentions(_ wanted: RuleVariable) -> Bool {
        switch self {
        case .literal: false
        case .variable(let variable, _): variable == wanted
        case .lookup(let lookup, _): lookup.parts.contains { $0.mentions(wanted) }
        case .list(let parts), .both(let parts), .either(let parts): parts.contains { $0.mentions(wanted) }
        case .not(let part): part.mentions(wanted)
        case .compare(_, let left, let right), .among(let left, let right): left.mentions(wanted) || right.mentions(wanted)
        }
    }

    /// How many `get()` it has, and how deep they stand in each other.
    var lookups: (count: Int, depth: Int) {
        switch self {
        case .literal, .variable: return (0, 0)
        case .lookup(let lookup, _):
            let inner = Self.lookups(in: lookup.parts)
            return (inner.count + 1, inner.depth + 1)
        case .list(let parts), .both(let parts), .either(let parts): return Self.lookups(in: parts)
        case .not(let part): return part.lookups
        case .compare(_, let left, let right), .among(let left, let right): return Self.lookups(in: [left, right])
        }
    }

    private static func lookups(in parts: [RuleExpression]) -> (count: Int, depth: Int) {
        parts.reduce((0, 0)) { sum, part in
            let more = part.lookups
            return (sum.0 + more.count, max(sum.1, more.depth))
        }
    }
}
