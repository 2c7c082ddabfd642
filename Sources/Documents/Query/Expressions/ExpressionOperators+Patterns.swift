import Kernel

extension ExpressionOperators {
    static let patterns: [String: NamedOperator] = [
        "$regexMatch": patternOperator("$regexMatch", nil),
        "$regexFind": patternOperator("$regexFind", nil),
        "$regexFindAll": patternOperator("$regexFindAll", nil),
    ]

    /// The most matches of `$regexFindAll`.
    private static let maximumMatches = 10_000

    /// The operator with a pattern that is known already, so that it is compiled but once; nil when the arguments are computed.
    static func compiledPattern(_ name: String, _ arguments: [(name: String, value: Expression)]) throws(QueryError) -> NamedOperator? {
        guard patterns[name] != nil else { return nil }
        var values: [String: JSON] = [:]
        for argument in arguments where argument.name != "input" {
            guard case .literal(let value) = argument.value else { return nil }
            values[argument.name] = value
        }
        guard let found = try pattern(name, values) else { return nil }
        return patternOperator(name, try CompiledPattern(name, found))
    }

    /// A pattern, compiled for what is asked.
    private enum CompiledPattern: Sendable {
        case test(TextPattern)
        case finder(PatternFinder)

        init(_ name: String, _ pattern: (source: String, options: String)) throws(QueryError) {
            if name == "$regexMatch" {
                self = .test(try TextPattern(pattern.source, options: pattern.options))
            } else {
                self = .finder(try PatternFinder(pattern.source, options: pattern.options))
            }
        }
    }

    private static func patternOperator(_ name: String, _ known: CompiledPattern?) -> NamedOperator {
        NamedOperator(required: ["input", "regex"], optional: ["options"]) { (values) throws(QueryError) in
            let nothing: JSON = name == "$regexMatch" ? false : (name == "$regexFind" ? .null : [])
            guard let input = values["input"], !input.isNull else { return nothing }
            var compiled = known
            if compiled == nil {
                guard let found = try pattern(name, values) else { return nothing }
                compiled = try CompiledPattern(name, found)
            }
            let text = try string(name, input)
            switch compiled {
            case .test(let pattern): return .bool(pattern.matches(text))
            case .finder(let finder): return name == "$regexFind" ? try find(finder, in: text) : try findAll(finder, in: text)
            case nil: return nothing
            }
        }
    }

    /// The pattern as a text (with `options` beside it) or as a regular expression's value; nil for null.
    private static func pattern(_ name: String, _ values: [String: JSON]) throws(QueryError) -> (source: String, options: String)? {
        guard let regex = values["regex"], !regex.isNull else { return nil }
        var options = ""
        if let given = values["options"], !given.isNull { options = try string(name, given) }
        if let written = regex["$regularExpression"], case .string(let source)? = written["pattern"] {
            return (source, options.isEmpty ? written["options"]?.stringValue ?? "" : options)
        }
        return (try string(name, regex), options)
    }

    private static func find(_ finder: PatternFinder, in text: String) throws(QueryError) -> JSON {
        let scalars = Array(text.unicodeScalars)
        var steps = PatternFinder.maximumSteps
        return try finder.firstMatch(in: scalars, from: 0, steps: &steps).map { json(of: $0, in: scalars) } ?? .null
    }

    private static func findAll(_ finder: PatternFinder, in text: String) throws(QueryError) -> JSON {
        let scalars = Array(text.unicodeScalars)
        var found: [JSON] = []
        var start = 0
        var steps = PatternFinder.maximumSteps
        while start <= scalars.count, let match = try finder.firstMatch(in: scalars, from: start, steps: &steps) {
            found.append(json(of: match, in: scalars))
            if found.count > maximumMatches {
                throw QueryError(
                    .limit, "$regexFindAll finds at most \(maximumMatches) matches in one text.", zh: "$regexFindAll 在一个文本中最多查找 \(maximumMatches) 处匹配。")
            }
            start = match.whole.isEmpty ? match.whole.upperBound + 1 : match.whole.upperBound
        }
        return .array(found)
    }

    private static func json(of match: PatternFinder.Match, in scalars: [Unicode.Scalar]) -> JSON {
        func text(_ range: Range<Int>) -> JSON { .string(String(String.UnicodeScalarView(scalars[range]))) }
        return [
            "match": text(match.whole), "idx": .int(Int64(match.whole.lowerBound)),
            "captures": .array(match.ranges.dropFirst().map { $0.map(text) ?? .null }),
        ]
    }
}
