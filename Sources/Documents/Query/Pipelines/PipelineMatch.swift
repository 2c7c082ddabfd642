import Kernel

/// `$match`: a filter, or one that is complete only once the variables around it have values.
enum StageMatch: Sendable {
    case fixed(Filter)
    /// Its `$expr` uses the variables of a `$lookup` or the time.
    case open(JSON, names: [String])

    init(_ operand: JSON, names: [String]) throws(QueryError) {
        let binder = MatchBinder(names: names, values: names.map { _ in .null }, now: 0)
        guard binder.isNeeded(for: operand) else {
            self = .fixed(try Filter(operand))
            return
        }
        // Mistakes are told when the pipeline is parsed, not when it runs.
        _ = try Filter(binder.bind(operand))
        self = .open(operand, names: names)
    }

    /// Whether it asks for `$text`.
    var asksForText: Bool {
        switch self {
        case .fixed(let filter): filter.condition.hasText
        case .open(let operand, _): Self.asksForText(operand)
        }
    }

    private static func asksForText(_ json: JSON) -> Bool {
        switch json {
        case .object(let members): members.contains { $0.key == "$text" || ($0.key != "$expr" && asksForText($0.value)) }
        case .array(let elements): elements.contains(where: asksForText)
        default: false
        }
    }

    /// The filter once the variables have values.
    func bound(to values: [JSON?], now: Int64) throws(QueryError) -> Filter {
        switch self {
        case .fixed(let filter): filter
        case .open(let operand, let names): try Filter(MatchBinder(names: names, values: values, now: now).bind(operand))
        }
    }
}

/// Writes the values of variables into the `$expr` of a filter.
private struct MatchBinder {
    let names: [String]
    let values: [JSON?]
    let now: Int64

    func isNeeded(for operand: JSON) -> Bool {
        switch operand {
        case .object(let members): members.contains { $0.key == "$expr" ? uses($0.value) : isNeeded(for: $0.value) }
        case .array(let elements): elements.contains { isNeeded(for: $0) }
        default: false
        }
    }

    private func uses(_ expression: JSON) -> Bool {
        switch expression {
        case .string(let text): isTime(text) || names.contains { text == "$$" + $0 || text.hasPrefix("$$\($0).") }
        case .object(let members): members.contains { uses($0.value) }
        case .array(let elements): elements.contains { uses($0) }
        default: false
        }
    }

    private func isTime(_ text: String) -> Bool { text == "$$NOW" || text == "$$CLUSTER_TIME" }

    func bind(_ operand: JSON) -> JSON {
        switch operand {
        case .object(let members):
            .object(JSONObject(members.map { ($0.key, $0.key == "$expr" ? wrapped($0.value) : bind($0.value)) }))
        case .array(let elements): .array(elements.map { bind($0) })
        default: operand
        }
    }

    /// `$let` binds the values around the expression and so keeps to its own rules about names that hide others.
    private func wrapped(_ expression: JSON) -> JSON {
        let timed = replacingTime(expression)
        guard !names.isEmpty, uses(timed) else { return timed }
        var variables = JSONObject()
        for (name, value) in zip(names, values) { variables[name] = value.map { ["$literal": $0] } ?? "$$REMOVE" }
        return ["$let": ["vars": .object(variables), "in": timed]]
    }

    private func replacingTime(_ expression: JSON) -> JSON {
        switch expression {
        case .string(let text) where isTime(text): .date(now)
        case .object(let members):
            .object(JSONObject(members.map { ($0.key, $0.key == "$literal" ? $0.value : replacingTime($0.value)) }))
        case .array(let elements): .array(elements.map { replacingTime($0) })
        default: expression
        }
    }
}

extension Stage {
    /// Whether it is a `$match` with `$text`.
    var asksForText: Bool { if case .match(let match) = self { match.asksForText } else { false } }
}

extension Pipeline {
    /// The pipeline with its open filters completed.
    func bound(to values: [JSON?], now: Int64) throws(QueryError) -> Pipeline {
        var bound = stages
        for place in bound.indices {
            if case .match(let match) = bound[place].stage, case .open = match {
                bound[place].stage = .match(.fixed(try match.bound(to: values, now: now)))
            }
        }
        return Pipeline(stages: bound)
    }

    /// Whether a filter waits for variables.
    var isOpen: Bool {
        stages.contains {
            if case .match(.open) = $0.stage { true } else { false }
        }
    }
}
