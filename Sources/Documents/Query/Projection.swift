public import Kernel

/// Which fields of a document are answered.
public struct Projection: Sendable {
    let tree: ProjectionTree
    /// Where how well a document fits `$text` is put.
    let scores: [FieldPath]
    /// Fields that are computed, after the others.
    let computed: [FieldAssignment]
    /// The array of which only the element stays that made the document fit, `"items.$"`.
    let matched: FieldPath?
    /// Whether it tells how well a document fits `$text`.
    let asksForScore: Bool
    private let now: Int64

    /// The most steps of the expressions for one document.
    private static let stepsMax = 2_000_000

    /// Reads `{"a":1,"b.c":true}` (only these and `_id`), `{"a":0}` (all but these), `{"tags":{"$slice":5}}`,
    /// `{"items":{"$elemMatch":{…}}}` or `{"total":{"$sum":"$prices"}}`.
    ///
    /// `-1` means the same as `0`.
    public init(_ json: JSON) throws(QueryError) { try self.init(json, ofQuery: false, now: 0) }

    /// - Parameters:
    ///   - ofQuery: whether there are conditions beside it, so that `{"score":{"$meta":"textScore"}}` and `"items.$"` may stand in it.
    ///   - now: the time of `$$NOW`.
    init(_ json: JSON, ofQuery: Bool, now: Int64) throws(QueryError) {
        guard case .object(let members) = json else {
            throw QueryError(.invalidQuery, "A projection must be an object such as {\"name\":1}.", zh: "投影必须是对象，例如 {\"name\":1}。")
        }
        var reader = ProjectionReader()
        var scores: [FieldPath] = []
        for (key, value) in members {
            if ofQuery, value == ["$meta": "textScore"] {
                scores.append(try FieldPath(key))
            } else if ofQuery, key.utf8.suffix(2).elementsEqual(".$".utf8) {
                try reader.addMatched(String(key.dropLast(2)), value)
            } else {
                try reader.add(key, value, prefix: "")
            }
        }
        self.scores = scores
        self.now = now
        asksForScore = Pipeline.asksForScore(json)
        if asksForScore, !ofQuery { throw Pipeline.scoreWithoutText }
        matched = reader.matched
        computed = reader.computed
        tree = try reader.finish()
    }

    /// The document with the chosen fields, in the document's order, and the computed ones.
    ///
    /// What `filter` asks for says which element `"items.$"` means, and how well the document fits `$text`.
    public func apply(_ document: JSONObject, matching filter: Filter? = nil) throws(QueryError) -> JSONObject {
        var result = tree.apply(matched == nil ? document : try narrowed(document, filter))
        if !computed.isEmpty {
            var scope = EvaluationScope(document: document, context: EvaluationContext(now: now, steps: Self.stepsMax))
            if asksForScore { scope.score = filter?.textScore(of: document) }
            for field in computed { result.assign(try field.value.evaluate(&scope), at: field.path.parts[...]) }
        }
        guard !scores.isEmpty else { return result }
        let score = filter?.textScore(of: document)
        for path in scores { result.assign(score.map { .double($0) }, at: path.parts[...]) }
        return result
    }

    /// The document with nothing but the matched element in the first array that the path leads to.
    private func narrowed(_ document: JSONObject, _ filter: Filter?) throws(QueryError) -> JSONObject {
        guard let matched else { return document }
        var members = document
        for (place, part) in matched.parts.enumerated() {
            switch members[part.name] {
            case .object(let inner)?: members = inner
            case .array(let elements)?:
                let way = matched.parts[...place]
                guard let index = filter?.matchedIndex(in: document, of: way.map(\.name)), elements.indices.contains(index) else {
                    throw QueryError(
                        .invalidQuery, "The query does not say which element of \"\(matched.text)\" the $ means: it needs a condition on that array.",
                        zh: "查询未说明“\(matched.text)”中的 $ 指哪个元素：需要有针对该数组的条件。")
                }
                var result = document
                result.assign(.array([elements[index]]), at: way)
                return result
            default: return document
            }
        }
        return document
    }
}

/// Tells the members of a projection apart: fields that stay or go, and fields that are computed.
private struct ProjectionReader {
    private var builder = ProjectionBuilder()
    private(set) var computed: [FieldAssignment] = []
    private(set) var matched: FieldPath?

    mutating func add(_ key: String, _ value: JSON, prefix: String) throws(QueryError) {
        switch value {
        case .bool, .int, .double: try builder.add(key, value, prefix: prefix)
        case .object(let members):
            guard let first = members.first else { return try builder.add(key, value, prefix: prefix) }
            if !first.key.startsWithDollar {
                for (name, inner) in members { try add(name, inner, prefix: prefix + key + ".") }
            } else if Self.chooses(first.key, first.value) {
                try builder.add(key, value, prefix: prefix)
            } else {
                computed.append(FieldAssignment(path: try FieldPath(prefix + key), value: try Expression(inPipeline: value)))
            }
        default: computed.append(FieldAssignment(path: try FieldPath(prefix + key), value: try Expression(inPipeline: value)))
        }
    }

    /// `{"$slice":["$tags",2]}` is the expression of that name; with numbers only it is about the field itself.
    private static func chooses(_ name: String, _ operand: JSON) -> Bool {
        switch name {
        case "$slice": operand.arrayValue?.first.map { $0.doubleValue != nil } ?? true
        case "$elemMatch", "$meta": true
        default: false
        }
    }

    mutating func addMatched(_ path: String, _ value: JSON) throws(QueryError) {
        guard matched == nil, ProjectionBuilder.flag(value) == true else {
            throw QueryError(
                .invalidQuery, "A projection can have one $, as in {\"\(path).$\":1}.", zh: "投影中只能有一个 $，写作 {\"\(path).$\":1}。")
        }
        matched = try FieldPath(path)
        try builder.add(path, value, prefix: "")
    }

    mutating func finish() throws(QueryError) -> ProjectionTree {
        if !computed.isEmpty { builder.requireInclusion() }
        var tree = try builder.finish()
        for field in computed { tree.keepShell(at: field.path.parts[...]) }
        return tree
    }
}

/// A projection by levels of the document.
struct ProjectionTree: Sendable {
    /// What happens to one field.
    indirect enum Action: Sendable {
        case keep
        case drop
        case slice(skip: Int, limit: Int?)
        case firstMatch(WholeTest)
        case nested(ProjectionTree)
    }

    /// Whether only named fields stay (otherwise only named fields go).
    var includes: Bool
    var actions: [FieldName: Action] = [:]

    func apply(_ document: JSONObject) -> JSONObject {
        var result = JSONObject()
        result.reserveCapacity(document.count)
        for (key, value) in document {
            guard let action = actions[FieldName(key)] else {
                if !includes { result.append(key, value) }
                continue
            }
            if let kept = apply(action, to: value) { result.append(key, kept) }
        }
        return result
    }

    private func apply(_ action: Action, to value: JSON) -> JSON? {
        switch action {
        case .keep: value
        case .drop: nil
        case .slice(let skip, let limit): Self.slice(value, skip: skip, limit: limit)
        case .firstMatch(let test): Self.firstMatch(value, test)
        case .nested(let tree): tree.apply(nested: value)
        }
    }

    /// Objects are projected, also inside arrays; other values stay only when fields are excluded.
    private func apply(nested value: JSON) -> JSON? {
        switch value {
        case .object(let members): .object(apply(members))
        case .array(let elements): .array(elements.compactMap { apply(nested: $0) })
        default: includes ? nil : value
        }
    }

    private static func slice(_ value: JSON, skip: Int, limit: Int?) -> JSON {
        guard case .array(let elements) = value else { return value }
        let start = skip < 0 ? max(0, elements.count + skip) : min(skip, elements.count)
        let end = limit.map { start + min($0, elements.count - start) } ?? elements.count
        return .array(Array(elements[start..<end]))
    }

    private static func firstMatch(_ value: JSON, _ test: WholeTest) -> JSON? {
        guard case .array(let elements) = value, let first = elements.first(where: { test.passes(.array([$0])) }) else { return nil }
        return .array([first])
    }
}

/// Collects the entries of a projection and finds contradictions.
struct ProjectionBuilder {
    private var entries: [(path: FieldPath, action: ProjectionTree.Action)] = []
    private var keepsID: Bool?
    private var hasInclusion = false
    private var hasExclusion = false

    /// Adds one member; nested objects continue the path.
    mutating func add(_ key: String, _ value: JSON, prefix: String) throws(QueryError) {
        let path = try FieldPath(prefix + key)
        if case .object(let members) = value {
            if members.first?.key.startsWithDollar ?? true {
                try addOperator(path, members)
            } else {
                for (name, inner) in members { try add(name, inner, prefix: prefix + key + ".") }
            }
            return
        }
        guard let keeps = Self.flag(value) else {
            throw QueryError(
                .invalidQuery, "\"\(path.text)\" stays with 1 or true and goes with 0 or false, not \(value.excerpt).",
                zh: "字段“\(path.text)”用 1、true 保留，用 0、false 去掉，而不是 \(value.excerpt)。")
        }
        if path.text == "_id" {
            keepsID = keeps
            return
        }
        if keeps { hasInclusion = true } else { hasExclusion = true }
        entries.append((path, keeps ? .keep : .drop))
    }

    /// Computed fields stand beside kept ones only.
    mutating func requireInclusion() { hasInclusion = true }

    /// 1 and true keep; 0, -1 (as Alipay's SDK sends it) and false drop.
    static func flag(_ value: JSON) -> Bool? {
        switch value {
        case .bool(let flag): flag
        case .int(let number): number > 0
        case .double(let number): number > 0
        default: nil
        }
    }

    private mutating func addOperator(_ path: FieldPath, _ members: JSONObject) throws(QueryError) {
        guard members.count == 1, let only = members.first else {
            throw QueryError(
                .invalidQuery, "The projection of \"\(path.text)\" needs exactly one operator.", zh: "字段“\(path.text)”的投影需要且只能有一个操作符。")
        }
        switch only.key {
        case "$slice": entries.append((path, try Self.slice(only.value)))
        case "$elemMatch":
            guard path.parts.count == 1 else {
                throw QueryError(.invalidQuery, "$elemMatch projects top-level fields only.", zh: "$elemMatch 投影只能用于顶层字段。")
            }
            var parser = FilterParser()
            let test = try parser.parseElementMatch(only.value)
            hasInclusion = true
            entries.append((path, .firstMatch(test)))
        default:
            throw QueryError(
                .invalidQuery, "\(only.key) cannot project \"\(path.text)\" here: {\"$meta\":\"textScore\"} stands in a get.",
                zh: "此处不能用 \(only.key) 投影“\(path.text)”：{\"$meta\":\"textScore\"} 用于 get。")
        }
    }

    private static func slice(_ operand: JSON) throws(QueryError) -> ProjectionTree.Action {
        if let count = operand.intValue.map(Int.init) {
            return count < 0 ? .slice(skip: count, limit: nil) : .slice(skip: 0, limit: count)
        }
        if case .array(let parts) = operand, parts.count == 2, let skip = parts[0].intValue, let limit = parts[1].intValue, limit > 0 {
            return .slice(skip: Int(skip), limit: Int(limit))
        }
        throw QueryError(.invalidQuery, "$slice needs a number or [skip, limit].", zh: "$slice 需要一个数或 [跳过, 数量]。")
    }

    func finish() throws(QueryError) -> ProjectionTree {
        if hasInclusion, hasExclusion {
            throw QueryError(
                .invalidQuery,
                "A projection either names the fields to keep or the fields to drop; only _id can be dropped beside kept fields.",
                zh: "投影要么列出要保留的字段，要么列出要去掉的字段；只有 _id 可以在保留列表中去掉。")
        }
        // {"_id":1} alone asks for nothing but the id.
        let includes = hasInclusion || (!hasExclusion && entries.isEmpty && keepsID == true)
        var tree = ProjectionTree(includes: includes)
        for entry in entries { try tree.insert(entry.action, at: entry.path.parts[...], of: entry.path) }
        if tree.actions[FieldName("_id")] == nil {
            if includes, keepsID ?? true { tree.actions[FieldName("_id")] = .keep }
            if !includes, keepsID == false { tree.actions[FieldName("_id")] = .drop }
        }
        return tree
    }
}

extension ProjectionTree {
    mutating func insert(_ action: Action, at parts: ArraySlice<FieldPath.Part>, of path: FieldPath) throws(QueryError) {
        guard let first = parts.first else { return }
        let existing = actions[FieldName(first.name)]
        if parts.count == 1 {
            guard existing == nil else { throw Self.collision(path) }
            actions[FieldName(first.name)] = action
            return
        }
        var child: ProjectionTree
        switch existing {
        case nil: child = ProjectionTree(includes: includes)
        case .nested(let tree)?: child = tree
        default: throw Self.collision(path)
        }
        try child.insert(action, at: parts.dropFirst(), of: path)
        actions[FieldName(first.name)] = .nested(child)
    }

    private static func collision(_ path: FieldPath) -> QueryError {
        QueryError(
            .invalidQuery, "The projection names \"\(path.text)\" twice or together with a field inside it.",
            zh: "投影中“\(path.text)”重复，或与其内部字段冲突。")
    }
}
