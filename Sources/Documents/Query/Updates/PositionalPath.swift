import Kernel

extension FieldPath.Part {
    /// A part of an update's path that stands for elements of an array.
    enum Position: Equatable {
        /// `$`: the element that the query found.
        case matched
        /// `$[]`: every element.
        case each
        /// `$[name]`: those that an array filter accepts.
        case chosen(String)
    }

    /// Which elements the part stands for; nil when it is a name.
    var position: Position? {
        guard name.startsWithDollar else { return nil }
        if name == "$" { return .matched }
        guard name.hasPrefix("$["), name.hasSuffix("]") else { return nil }
        let inner = String(name.dropFirst(2).dropLast())
        return inner.isEmpty ? .each : .chosen(inner)
    }
}

extension FieldPath {
    /// A path of an update, in which `$`, `$[]` and `$[name]` may stand for elements.
    init(updating text: String) throws(QueryError) {
        let names = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String(Substring($0)) }
        guard names.contains(where: { $0.startsWithDollar }) else {
            try self.init(text, code: .invalidUpdate)
            return
        }
        let parts = names.map { Part($0) }
        for part in parts where part.name.startsWithDollar {
            if case .chosen(let name)? = part.position { try ArrayFilters.checkName(name) }
            guard part.position != nil else {
                throw QueryError(
                    .invalidUpdate, "\"\(part.name)\" in \"\(text)\" is no name of a field; elements are meant by $, $[] or $[name].",
                    zh: "“\(text)”中的“\(part.name)”不是字段名；数组元素用 $、$[] 或 $[名称] 表示。")
            }
        }
        guard parts[0].position == nil, parts.count(where: { $0.position == .matched }) <= 1 else {
            throw QueryError(
                .invalidUpdate, "\"\(text)\" must begin with a field and can have one $ only; use $[] or $[name] for inner arrays.",
                zh: "“\(text)”必须以字段名开头，且最多一个 $；内层数组请用 $[] 或 $[名称]。")
        }
        // Everything else about a path is checked with a name in each position's place.
        _ = try FieldPath(parts.map { $0.position == nil ? $0.name : "0" }.joined(separator: "."), code: .invalidUpdate)
        self.init(parts: parts, text: text)
    }

    /// Whether a part stands for elements of an array.
    var isPositional: Bool { parts.contains { $0.position != nil } }

    /// The names of the array filters that the path uses.
    var filterNames: [FieldName] {
        parts.compactMap { part in
            if case .chosen(let name)? = part.position { FieldName(name) } else { nil }
        }
    }
}

/// What `$`, `$[]` and `$[name]` mean for one document.
struct PositionalScope {
    let document: JSONObject
    let query: Filter?
    let filters: ArrayFilters

    /// The paths with numbers that a path stands for.
    func expand(_ path: FieldPath) throws(QueryError) -> [FieldPath] {
        var expanded: [FieldPath] = []
        try expand(path, at: 0, prefix: [], value: .object(document), into: &expanded)
        return expanded
    }

    private func expand(
        _ path: FieldPath, at place: Int, prefix: [FieldPath.Part], value: JSON?, into expanded: inout [FieldPath]
    ) throws(QueryError) {
        guard place < path.parts.count else {
            expanded.append(FieldPath(parts: prefix, text: prefix.map(\.name).joined(separator: ".")))
            return
        }
        let part = path.parts[place]
        guard let position = part.position else {
            let inner: JSON? =
                if case .array(let elements)? = value { part.index.flatMap { $0 < elements.count ? elements[$0] : nil } } else {
                    value?[part.name]
                }
            try expand(path, at: place + 1, prefix: prefix + [part], value: inner, into: &expanded)
            return
        }
        for index in try indices(position, path, prefix, value) {
            let element: JSON? = if case .array(let elements)? = value, index < elements.count { elements[index] } else { nil }
            try expand(path, at: place + 1, prefix: prefix + [FieldPath.Part(String(index))], value: element, into: &expanded)
        }
    }

    private func indices(
        _ position: FieldPath.Part.Position, _ path: FieldPath, _ prefix: [FieldPath.Part], _ value: JSON?
    ) throws(QueryError) -> [Int] {
        if position == .matched {
            guard let index = query?.matchedIndex(in: document, of: prefix.map(\.name)) else {
                throw QueryError(
                    .invalidUpdate, "\"\(path.text)\": the query did not look into an array, so $ stands for nothing; use $[] or $[name].",
                    zh: "“\(path.text)”：查询条件没有匹配数组元素，$ 无所指；请用 $[] 或 $[名称]。")
            }
            return [index]
        }
        guard case .array(let elements)? = value else {
            let names = prefix.map(\.name).joined(separator: ".")
            throw QueryError(
                .invalidUpdate, "\"\(path.text)\" needs an array in \"\(names)\", not \(value.map(\.excerpt) ?? "a missing field").",
                zh: "“\(path.text)”要求“\(names)”是数组，而不是 \(value.map(\.excerpt) ?? "缺失的字段")。")
        }
        guard case .chosen(let name) = position else { return Array(elements.indices) }
        return elements.indices.filter { filters.accepts(elements[$0], name: name) }
    }
}
