import Kernel

/// The conditions that `$[name]` in an update stands for.
///
/// Each is a query on a document whose only field `name` is the array element.
struct ArrayFilters: Sendable {
    private var filters: [FieldName: Filter] = [:]

    /// More filters than anyone writes by hand.
    private static let maximumCount = 100

    /// Reads `[{"name.field":{"$gt":1}},…]`; nil is no filters.
    init(_ json: JSON?) throws(QueryError) {
        guard let json else { return }
        guard case .array(let elements) = json else {
            throw QueryError(.invalidUpdate, "arrayFilters is an array of queries such as [{\"item.n\":{\"$gt\":1}}].", zh: "arrayFilters 应为条件数组。")
        }
        if elements.count > Self.maximumCount {
            throw QueryError(.limit, "An update takes at most \(Self.maximumCount) array filters.", zh: "一次更新最多 \(Self.maximumCount) 个数组过滤条件。")
        }
        for element in elements {
            let filter = try Filter(element)
            let name = try Self.name(of: filter, element)
            guard filters.updateValue(filter, forKey: FieldName(name)) == nil else {
                throw QueryError(
                    .invalidUpdate, "Two array filters are about \"\(name)\"; join them in one with $and.",
                    zh: "有两个数组过滤条件都关于“\(name)”；请用 $and 合并。")
            }
        }
    }

    /// The name that all fields of a filter begin with.
    private static func name(of filter: Filter, _ json: JSON) throws(QueryError) -> String {
        var roots: [String] = []
        let isPlain = filter.condition.collectRoots(into: &roots)
        guard isPlain, let name = roots.first, roots.allSatisfy({ $0.hasSameBytes(as: name) }) else {
            throw QueryError(
                .invalidUpdate,
                "The array filter \(json.excerpt) must be about one name, such as {\"item.n\":{\"$gt\":1}} for $[item], without $expr and $text.",
                zh: "数组过滤条件 \(json.excerpt) 必须只关于一个名称，例如 $[item] 用 {\"item.n\":{\"$gt\":1}}，且不能用 $expr、$text。")
        }
        try checkName(name)
        return name
    }

    /// A lower-case letter, then letters and digits.
    static func checkName(_ name: String) throws(QueryError) {
        let isName = name.utf8.enumerated().allSatisfy { place, byte in
            switch byte {
            case 0x61...0x7A: true
            case 0x30...0x39, 0x41...0x5A: place > 0
            default: false
            }
        }
        guard isName, !name.isEmpty else {
            throw QueryError(
                .invalidUpdate, "The name \"\(name)\" of an array filter must be a lower-case letter followed by letters and digits.",
                zh: "数组过滤条件的名称“\(name)”必须以小写字母开头，只含字母和数字。")
        }
    }

    /// Refuses filters that no path uses, and paths whose filter is missing.
    func check(usedNames: Set<FieldName>) throws(QueryError) {
        for name in usedNames where filters[name] == nil {
            throw QueryError(
                .invalidUpdate, "There is no array filter for $[\(name.text)]; add one about \"\(name.text)\" to arrayFilters.",
                zh: "没有对应 $[\(name.text)] 的数组过滤条件；请在 arrayFilters 中添加关于“\(name.text)”的条件。")
        }
        for name in filters.keys where !usedNames.contains(name) {
            throw QueryError(
                .invalidUpdate, "The array filter for \"\(name.text)\" is not used; write $[\(name.text)] in a path or leave it out.",
                zh: "数组过滤条件“\(name.text)”没有用到；请在路径中写 $[\(name.text)]，或去掉它。")
        }
    }

    /// Whether an array element is one that `$[name]` stands for.
    func accepts(_ element: JSON, name: String) -> Bool {
        filters[FieldName(name)]?.matches(JSONObject([(name, element)])) ?? false
    }
}

extension Condition {
    /// Collects the first names of all paths; false when something else than fields is asked about.
    fileprivate func collectRoots(into roots: inout [String]) -> Bool {
        switch self {
        case .every(let parts), .some(let parts), .none(let parts): return parts.allSatisfy { $0.collectRoots(into: &roots) }
        case .field(let path, _):
            roots.append(path.root)
            return true
        default: return false
        }
    }
}
