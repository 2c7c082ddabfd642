import Kernel

/// Reads the text of a rule.
struct RuleParser {
    /// CloudBase's limits (product-surface, security rules).
    static let charactersMax = 1024
    static let lookupsMax = 3
    static let lookupDepthMax = 2
    /// Brackets and signs of negation in each other.
    private static let depthMax = 50

    private let tokens: [RuleToken]
    private var place = 0
    private var depth = 0

    private init(_ text: String) throws(QueryError) { tokens = try RuleTokens.all(of: text) }

    /// Reads an expression and holds it to the limits.
    static func parse(_ text: String) throws(QueryError) -> RuleExpression {
        guard text.count <= charactersMax else {
            throw RuleError.wrong("A rule has at most \(charactersMax) characters.", zh: "安全规则最多 \(charactersMax) 个字符。")
        }
        let expression = try whole(text)
        let lookups = expression.lookups
        guard lookups.count <= lookupsMax, lookups.depth <= lookupDepthMax else {
            throw RuleError.wrong(
                "A rule has at most \(lookupsMax) get(), at most \(lookupDepthMax) in each other.",
                zh: "安全规则最多 \(lookupsMax) 个 get()，嵌套最多 \(lookupDepthMax) 层。")
        }
        return expression
    }

    private static func whole(_ text: String) throws(QueryError) -> RuleExpression {
        var parser = try RuleParser(text)
        let expression = try parser.either()
        guard parser.token == .end else { throw RuleError.unexpected(parser.token.shown) }
        return expression
    }

    // MARK: Grammar, from what binds least to what binds most

    private mutating func either() throws(QueryError) -> RuleExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw RuleError.wrong("A rule nests at most \(Self.depthMax) brackets.", zh: "安全规则最多嵌套 \(Self.depthMax) 层。")
        }
        var parts = [try both()]
        while skip("||") { parts.append(try both()) }
        return parts.count == 1 ? parts[0] : .either(parts)
    }

    private mutating func both() throws(QueryError) -> RuleExpression {
        var parts = [try comparison()]
        while skip("&&") { parts.append(try comparison()) }
        return parts.count == 1 ? parts[0] : .both(parts)
    }

    private mutating func comparison() throws(QueryError) -> RuleExpression {
        let left = try prefixed()
        if token == .name("in") {
            place += 1
            return .among(left, try prefixed())
        }
        guard case .sign(let sign) = token, let comparison = Self.comparison(sign) else { return left }
        place += 1
        return .compare(comparison, left, try prefixed())
    }

    private static func comparison(_ sign: String) -> RuleComparison? {
        switch sign {
        case "===": .equal
        case "!==": .different
        default: RuleComparison(rawValue: sign)
        }
    }

    private mutating func prefixed() throws(QueryError) -> RuleExpression {
        var negations = 0
        while skip("!") { negations += 1 }
        let operand = try primary()
        return negations % 2 == 0 ? (negations == 0 ? operand : .not(.not(operand))) : .not(operand)
    }

    private mutating func primary() throws(QueryError) -> RuleExpression {
        let token = token
        place += 1
        switch token {
        case .number(let number): return .literal(number)
        case .text(let text): return .literal(.string(text))
        case .template: throw RuleError.wrong("A text in backquotes stands only inside get().", zh: "反引号文本只能用于 get() 中。")
        case .sign("-"):
            guard case .number(let number) = self.token else { throw RuleError.unexpected("-") }
            place += 1
            return .literal(number.intValue.map { .int(-$0) } ?? .double(-(number.doubleValue ?? 0)))
        case .sign("("):
            let inner = try either()
            try require(")")
            return inner
        case .sign("["): return .list(try list(until: "]"))
        case .name(let name): return try named(name)
        default: throw RuleError.unexpected(token.shown)
        }
    }

    private mutating func list(until close: String) throws(QueryError) -> [RuleExpression] {
        var parts: [RuleExpression] = []
        if skip(close) { return parts }
        repeat { parts.append(try either()) } while skip(",")
        try require(close)
        return parts
    }

    private mutating func named(_ name: String) throws(QueryError) -> RuleExpression {
        switch name {
        case "true": return .literal(true)
        case "false": return .literal(false)
        case "null", "undefined": return .literal(.null)
        case "now": return .variable(.now, [])
        case "auth":
            let path = try self.path()
            return .variable(.auth, path == ["userId"] ? ["openid"] : path)
        case "doc": return .variable(.doc, try path())
        case "get": return try lookup()
        case "request": return try request(try path())
        case "resource":
            // EMAS: the creator of the stored document.
            guard try path() == ["auth", "userId"] else { throw RuleError.unexpected("resource") }
            return .variable(.doc, ["_openid"])
        default:
            throw RuleError.wrong(
                "A rule does not know \"\(name)\"; there are auth, doc, request.data, now and get().",
                zh: "安全规则不认识“\(name)”；可用 auth、doc、request.data、now 和 get()。")
        }
    }

    private func request(_ path: [String]) throws(QueryError) -> RuleExpression {
        switch path.first {
        case "data": return .variable(.data, Array(path.dropFirst()))
        case "auth":
            let rest = Array(path.dropFirst())
            return .variable(.auth, rest == ["userId"] ? ["openid"] : rest)
        default: throw RuleError.wrong("Of request a rule knows data and auth.", zh: "request 下只有 data 与 auth。")
        }
    }

    /// `.name`, `['name']` and `[0]`, as many as there are.
    private mutating func path() throws(QueryError) -> [String] {
        var path: [String] = []
        while true {
            if skip(".") {
                guard case .name(let name) = token else { throw RuleError.unexpected(token.shown) }
                place += 1
                path.append(name)
            } else if skip("[") {
                switch token {
                case .text(let name): path.append(name)
                case .number(.int(let index)): path.append(String(index))
                default: throw RuleError.wrong("Inside [ ] stands a text or a number.", zh: "[ ] 中应为文本或数字。")
                }
                place += 1
                try require("]")
            } else {
                return path
            }
        }
    }

    private mutating func lookup() throws(QueryError) -> RuleExpression {
        try require("(")
        var parts: [RuleExpression] = []
        repeat {
            if case .template(let pieces) = token {
                place += 1
                for piece in pieces {
                    switch piece {
                    case .text(let text): parts.append(.literal(.string(text)))
                    case .source(let source): parts.append(try Self.whole(source))
                    }
                }
            } else {
                parts.append(try primary())
            }
        } while skip("+")
        try require(")")
        guard case .literal(.string(let start))? = parts.first, start.hasPrefix("database.") else {
            throw RuleError.wrong(
                "get() takes a text such as 'database.users.' + auth.openid.", zh: "get() 的参数形如 'database.users.' + auth.openid。")
        }
        return .lookup(RuleLookup(parts: parts), try path())
    }

    // MARK: Pieces

    private var token: RuleToken { tokens[min(place, tokens.count - 1)] }

    private mutating func skip(_ sign: String) -> Bool {
        guard token == .sign(sign) else { return false }
        place += 1
        return true
    }

    private mutating func require(_ sign: String) throws(QueryError) {
        guard skip(sign) else { throw token == .end ? RuleError.unclosed : RuleError.unexpected(token.shown) }
    }
}
