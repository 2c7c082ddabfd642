import Kernel

extension RuleExpression {
    /// The expression as it would be written; what was bracketed needlessly no longer is.
    var text: String {
        switch self {
        case .literal(.string(let text)): "'\(text)'"
        case .literal(let value): String(decoding: value.serialized(), as: UTF8.self)
        case .list(let parts): "[" + parts.map(\.text).joined(separator: ", ") + "]"
        case .variable(let variable, let path): ([variable.rawValue] + path).joined(separator: ".")
        case .lookup(let lookup, let path): (["get(" + lookup.parts.map(\.text).joined(separator: " + ") + ")"] + path).joined(separator: ".")
        case .not(let part): "!" + part.bracketed
        case .both(let parts): parts.map(\.bracketed).joined(separator: " && ")
        case .either(let parts): parts.map(\.bracketed).joined(separator: " || ")
        case .compare(let comparison, let left, let right): "\(left.bracketed) \(comparison.rawValue) \(right.bracketed)"
        case .among(let element, let list): "\(element.bracketed) in \(list.bracketed)"
        }
    }

    private var bracketed: String {
        switch self {
        case .literal, .list, .variable, .lookup, .not: text
        case .both, .either, .compare, .among: "(\(text))"
        }
    }
}

/// How a rule came to its answer: each comparison with the values it saw.
struct RuleTrace: Sendable {
    struct Line: Sendable, Equatable {
        let text: String
        let holds: Bool
        /// What the sides of a comparison stood for.
        let values: [JSON]
    }

    let holds: Bool
    let lines: [Line]

    /// Evaluates every part, also where the answer is clear before.
    init(_ expression: RuleExpression, _ scope: RuleScope) throws {
        var lines: [Line] = []
        try Self.collect(expression, scope, into: &lines)
        self.lines = lines
        holds = try scope.holds(expression)
    }

    private static func collect(_ expression: RuleExpression, _ scope: RuleScope, into lines: inout [Line]) throws {
        switch expression {
        case .both(let parts), .either(let parts): for part in parts { try collect(part, scope, into: &lines) }
        case .not(let part): try collect(part, scope, into: &lines)
        case .compare(_, let left, let right), .among(let left, let right):
            let values = [try scope.value(left) ?? .null, try scope.value(right) ?? .null]
            lines.append(Line(text: expression.text, holds: try scope.holds(expression), values: values))
        case .literal, .list, .variable, .lookup:
            lines.append(Line(text: expression.text, holds: try scope.holds(expression), values: [try scope.value(expression) ?? .null]))
        }
    }

    /// For the management API.
    var json: JSON {
        ["holds": .bool(holds), "parts": .array(lines.map { ["text": .string($0.text), "holds": .bool($0.holds), "values": .array($0.values)] })]
    }
}
