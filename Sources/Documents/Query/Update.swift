public import Kernel

/// Changes to a document: MongoDB's update operators, parsed once.
public struct Update: Sendable {
    /// In the order in which they are applied and in which new fields appear: by path.
    let operations: [UpdateOperation]

    /// The most fields of one update.
    static let maximumOperations = 1000

    /// Parses an update such as `{"$set":{"a.b":1},"$inc":{"n":1}}`.
    ///
    /// An update without operators is refused.
    public init(_ json: JSON) throws(QueryError) {
        guard case .object(let members) = json, !members.isEmpty else {
            throw QueryError(
                .invalidUpdate, "An update must be an object with operators, such as {\"$set\":{\"price\":10}}.",
                zh: "更新必须是带操作符的对象，例如 {\"$set\":{\"price\":10}}。")
        }
        var parser = UpdateParser()
        for (name, operand) in members { try parser.add(name, operand) }
        operations = try parser.finish()
    }

    /// Applies the update and answers whether the document changed.
    ///
    /// After an error the document is as before. `isInsert` says that the document is about to be created: only then `$setOnInsert`
    /// counts and `_id` may be set.
    public func apply(to document: inout JSONObject, now: Int64, isInsert: Bool) throws(QueryError) -> Bool {
        var copy = document
        var hasChanged = false
        for operation in operations where isInsert || !operation.isForInsertOnly {
            if try operation.apply(to: &copy, now: now) { hasChanged = true }
        }
        guard hasChanged else { return false }
        if !isInsert, copy["_id"] != document["_id"] {
            throw QueryError(.invalidUpdate, "_id cannot change; add a new document instead.", zh: "_id 不能修改；请新建文档。")
        }
        if operations.contains(where: \.canDeepen) {
            try ValueValidation(code: .invalidUpdate, allowsServerDates: false).check(.object(copy), depth: 0)
        }
        document = copy
        return true
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

/// Leads a change to the field at a path.
struct UpdateWalker {
    let path: FieldPath
    /// Whether missing objects and array elements on the way are made.
    let createsMissing: Bool

    /// How far beyond its end an array may grow by one update.
    static let maximumPadding = 10_000

    /// Changes a field: nil is a missing one, before and after.
    typealias Change = (inout JSON?) throws(QueryError) -> Bool

    func modify(_ document: inout JSONObject, _ change: Change) throws(QueryError) -> Bool {
        try modify(&document, at: 0, change)
    }

    private func modify(_ object: inout JSONObject, at place: Int, _ change: Change) throws(QueryError) -> Bool {
        let name = path.parts[place].name
        guard let index = object.index(ofKey: name) else {
            guard createsMissing, let value = try made(at: place, change) else { return false }
            object.append(name, value)
            return true
        }
        let (hasChanged, isGone) = try object.modifyValue(at: index) { (value: inout JSON) throws(QueryError) -> (Bool, Bool) in
            try modifyTaken(&value, at: place, change)
        }
        if isGone { object.removeValue(forKey: name) }
        return hasChanged
    }

    /// Takes the value out of its place while it changes, so that it is not copied.
    private func modifyTaken(_ value: inout JSON, at place: Int, _ change: Change) throws(QueryError) -> (hasChanged: Bool, isGone: Bool) {
        var taken: JSON? = value
        value = .null
        let hasChanged = try modify(&taken, after: place, change)
        value = taken ?? .null
        return (hasChanged, taken == nil)
    }

    /// Continues with the value that `parts[place]` led to.
    private func modify(_ value: inout JSON?, after place: Int, _ change: Change) throws(QueryError) -> Bool {
        if place == path.parts.count - 1 { return try change(&value) }
        switch value {
        case .object(var members):
            value = nil
            let hasChanged = try modify(&members, at: place + 1, change)
            value = .object(members)
            return hasChanged
        case .array(var elements):
            value = nil
            let hasChanged = try modify(&elements, at: place + 1, change)
            value = .array(elements)
            return hasChanged
        default:
            guard createsMissing else { return false }
            throw QueryError(
                .invalidUpdate,
                "\"\(path.text)\" cannot be made because \"\(path.parts[place].name)\" holds \((value ?? .null).excerpt), which has no fields.",
                zh: "无法写入“\(path.text)”：“\(path.parts[place].name)”的值是 \((value ?? .null).excerpt)，没有字段。")
        }
    }

    private func modify(_ elements: inout [JSON], at place: Int, _ change: Change) throws(QueryError) -> Bool {
        guard let index = path.parts[place].index else {
            guard createsMissing else { return false }
            throw QueryError(
                .invalidUpdate,
                "\"\(path.text)\" leads through an array; name the element by its number, not \"\(path.parts[place].name)\".",
                zh: "“\(path.text)”经过数组；请用数字下标，而不是“\(path.parts[place].name)”。")
        }
        // A removed element leaves null, so that the others keep their places.
        if index < elements.count {
            let wasNull = elements[index].isNull
            let (hasChanged, isGone) = try modifyTaken(&elements[index], at: place, change)
            return hasChanged && !(wasNull && isGone)
        }
        guard createsMissing else { return false }
        guard index - elements.count <= Self.maximumPadding else {
            throw QueryError(
                .limit, "\"\(path.text)\" is more than \(Self.maximumPadding) places beyond the end of the array.",
                zh: "“\(path.text)”超出数组末尾 \(Self.maximumPadding) 位以上。")
        }
        guard let value = try made(at: place, change) else { return false }
        elements.append(contentsOf: repeatElement(.null, count: index - elements.count))
        elements.append(value)
        return true
    }

    /// The value of a field that is not there yet.
    private func made(at place: Int, _ change: Change) throws(QueryError) -> JSON? {
        var value: JSON? = place == path.parts.count - 1 ? nil : .object(JSONObject())
        return try modify(&value, after: place, change) ? value : nil
    }
}
