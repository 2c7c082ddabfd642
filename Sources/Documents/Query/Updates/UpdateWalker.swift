import Kernel

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
