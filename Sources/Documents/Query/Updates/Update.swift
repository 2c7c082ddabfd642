public import Kernel

/// Changes to a document: MongoDB's update operators or an update pipeline, parsed once.
public struct Update: Sendable {
    private enum Body: Sendable {
        /// In the order in which they are applied and in which new fields appear: by path.
        case operations([UpdateOperation])
        case pipeline(UpdatePipeline)
    }

    private let body: Body
    private let filters: ArrayFilters
    /// Whether a path has `$`, `$[]` or `$[name]`.
    private let isPositional: Bool

    /// The most fields of one update.
    static let maximumOperations = 1000

    /// Parses an update such as `{"$set":{"a.b":1},"$inc":{"n":1}}`, or stages such as `[{"$set":{"n":{"$add":["$n",1]}}}]`.
    ///
    /// An update without operators is refused, and so are array filters that no path uses.
    public init(_ json: JSON, arrayFilters: JSON? = nil) throws(QueryError) {
        filters = try ArrayFilters(arrayFilters)
        if case .array(let stages) = json {
            try filters.check(usedNames: [])
            body = .pipeline(try UpdatePipeline(stages))
            isPositional = false
            return
        }
        guard case .object(let members) = json, !members.isEmpty else {
            throw QueryError(
                .invalidUpdate, "An update must be an object with operators, such as {\"$set\":{\"price\":10}}.",
                zh: "更新必须是带操作符的对象，例如 {\"$set\":{\"price\":10}}。")
        }
        var parser = UpdateParser()
        for (name, operand) in members { try parser.add(name, operand) }
        let operations = try parser.finish()
        body = .operations(operations)
        isPositional = operations.contains { $0.path.isPositional }
        try filters.check(usedNames: Set(operations.flatMap { $0.path.filterNames }))
    }

    /// Applies the update and answers whether the document changed.
    ///
    /// After an error the document is as before. `isInsert` says that the document is about to be created: only then `$setOnInsert`
    /// counts and `_id` may be set. `filter` is the query that found the document; a `$` in a path stands for the element that it found.
    public func apply(
        to document: inout JSONObject, now: Int64, isInsert: Bool, matching filter: Filter? = nil
    ) throws(QueryError) -> Bool {
        let copy: JSONObject
        switch body {
        case .operations(let operations):
            guard let changed = try changed(document, by: operations, now, isInsert, filter) else { return false }
            copy = changed
        case .pipeline(let pipeline):
            copy = try pipeline.apply(to: document, now: now)
            if copy == document { return false }
        }
        if !isInsert, copy["_id"] != document["_id"] {
            throw QueryError(.invalidUpdate, "_id cannot change; add a new document instead.", zh: "_id 不能修改；请新建文档。")
        }
        document = copy
        return true
    }

    /// The document that an upsert creates when nothing matches: what the filter's equalities say, then updated.
    ///
    /// It has no `_id` unless the filter or the update gives one.
    public func inserted(for filter: Filter, now: Int64) throws(QueryError) -> JSONObject {
        var document = try filter.seed()
        _ = try apply(to: &document, now: now, isInsert: true)
        if let id = document["_id"] { document.setFirst("_id", id) }
        try validateDocument(document, code: .invalidUpdate)
        return document
    }

    /// The document after all operations, or nil when none changed it.
    private func changed(
        _ document: JSONObject, by operations: [UpdateOperation], _ now: Int64, _ isInsert: Bool, _ filter: Filter?
    ) throws(QueryError) -> JSONObject? {
        let active = operations.filter { isInsert || !$0.isForInsertOnly }
        var copy = document
        var hasChanged = false
        for operation in isPositional ? try expanded(active, document, filter) : active {
            if try operation.apply(to: &copy, now: now) { hasChanged = true }
        }
        guard hasChanged else { return nil }
        if operations.contains(where: \.canDeepen) {
            try ValueValidation(code: .invalidUpdate, allowsServerDates: false).check(.object(copy), depth: 0)
        }
        return copy
    }

    /// The operations with a number for every `$`, `$[]` and `$[name]`, which may now concern the same elements.
    private func expanded(
        _ operations: [UpdateOperation], _ document: JSONObject, _ filter: Filter?
    ) throws(QueryError) -> [UpdateOperation] {
        let scope = PositionalScope(document: document, query: filter, filters: filters)
        var expanded: [UpdateOperation] = []
        for operation in operations {
            guard operation.path.isPositional else {
                expanded.append(operation)
                continue
            }
            for path in try scope.expand(operation.path) { expanded.append(UpdateOperation(path: path, change: operation.change)) }
        }
        try UpdateOrder.refuseConflicts(expanded.flatMap(\.paths))
        return expanded
    }
}

/// One operator on one field.
struct UpdateOperation: Sendable {
    let path: FieldPath
    let change: FieldChange
    var isForInsertOnly = false

    /// Where the operator appends a field that is new.
    var orderingPath: FieldPath {
        if case .rename(let target) = change { target } else { path }
    }

    /// The fields that the operator writes.
    var paths: [FieldPath] {
        if case .rename(let target) = change { [path, target] } else { [path] }
    }

    /// Whether values may come to lie deeper than was checked when parsing.
    var canDeepen: Bool {
        if case .rename = change { true } else { false }
    }

    func apply(to document: inout JSONObject, now: Int64) throws(QueryError) -> Bool {
        if case .rename(let target) = change { return try rename(to: target, in: &document) }
        let walker = UpdateWalker(path: path, createsMissing: change.createsMissing)
        return try walker.modify(&document) { (value: inout JSON?) throws(QueryError) -> Bool in
            try change.apply(to: &value, path: path, now: now)
        }
    }

    /// Moves a value; neither end may lie in an array.
    private func rename(to target: FieldPath, in document: inout JSONObject) throws(QueryError) -> Bool {
        for end in [path, target] where end.crossesArray(in: document) {
            throw QueryError(
                .invalidUpdate, "$rename cannot reach into the array on the way to \"\(end.text)\".", zh: "$rename 不能进入“\(end.text)”路径上的数组。"
            )
        }
        var moved: JSON?
        let found = try UpdateWalker(path: path, createsMissing: false).modify(&document) {
            (value: inout JSON?) throws(QueryError) -> Bool in
            moved = value
            value = nil
            return moved != nil
        }
        guard found, let moved else { return false }
        return try UpdateWalker(path: target, createsMissing: true).modify(&document) { (value: inout JSON?) throws(QueryError) -> Bool in
            value = moved
            return true
        }
    }
}

extension FieldPath {
    /// Whether an array lies on the way (not at the end).
    fileprivate func crossesArray(in document: JSONObject) -> Bool {
        var value = JSON.object(document)
        for part in parts {
            if case .array = value { return true }
            guard let next = value[part.name] else { return false }
            value = next
        }
        return false
    }
}
