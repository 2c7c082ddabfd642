import Kernel

/// A dotted path to a field, `a.b.0.c`.
public struct FieldPath: Sendable, Hashable {
    /// One name between dots.
    public struct Part: Sendable {
        /// The name as written.
        public let name: String
        /// The array index it also is, when it is a decimal number without needless zeros.
        public let index: Int?

        init(_ name: String) {
            self.name = name
            let digits = name.utf8
            let isIndex = !digits.isEmpty && digits.count <= 9 && digits.allSatisfy { (0x30...0x39).contains($0) }
            index = isIndex && (digits.count == 1 || digits.first != 0x30) ? Int(name) : nil
        }
    }

    /// The names, from the outside in.
    public let parts: [Part]
    /// The path as written.
    public let text: String

    /// The longest path, as deep as the deepest document.
    static let maximumParts = 100

    /// Reads a dotted path.
    ///
    /// Refused: empty names, names that start with `$`, names with NUL, more than 100 names.
    public init(_ text: String, code: QueryError.Code = .invalidQuery) throws(QueryError) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Part(String(Substring($0))) }
        for part in parts {
            if part.name.isEmpty {
                throw QueryError(
                    code, "The field path \"\(text)\" has an empty name; write names separated by single dots.",
                    zh: "字段路径“\(text)”中有空的名称；请用单个点分隔各级名称。")
            }
            if part.name.startsWithDollar || part.name.utf8.contains(0) {
                throw QueryError(
                    code, "The field path \"\(text)\" has a name that starts with $ or contains NUL; use another name.",
                    zh: "字段路径“\(text)”中有以 $ 开头或含 NUL 的名称；请换一个名称。")
            }
        }
        if parts.count > Self.maximumParts {
            throw QueryError(.limit, "A field path can have at most 100 names.", zh: "字段路径最多 100 级。")
        }
    }

    /// Takes parts that have been checked.
    init(parts: [Part], text: String) {
        self.parts = parts
        self.text = text
    }

    /// Paths are equal when their bytes are.
    public static func == (left: FieldPath, right: FieldPath) -> Bool { left.text.hasSameBytes(as: right.text) }

    /// Feeds the bytes of the path.
    public func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }

    /// The first name.
    public var root: String { parts[0].name }
    /// Whether a part could mean an array index.
    var hasIndex: Bool { parts.contains { $0.index != nil } }
}

extension FieldPath {
    /// Whether any value that the path leads to in MongoDB's sense passes `test`; nil stands for a missing field.
    ///
    /// An array on the way fans out over its objects, and a number also picks an element. At the end an array gives each of its elements
    /// and then itself, unless `expandsLastArray` is false. Elements that are no objects lead nowhere, not even to "missing".
    func anyValue(in document: JSONObject, expandsLastArray: Bool, _ test: (JSON?) -> Bool) -> Bool {
        anyValue(in: document, from: 0, expandsLastArray, test)
    }

    /// The one value at this path, through objects by name and arrays by number; `nil` when it is missing.
    func onlyValue(in document: JSONObject) -> JSON? {
        var value: JSON? = .object(document)
        for part in parts {
            switch value {
            case .object(let members)?: value = members[part.name]
            case .array(let elements)?: value = part.index.flatMap { $0 < elements.count ? elements[$0] : nil }
            default: return nil
            }
        }
        return value
    }

    func anyValue(in object: JSONObject, from place: Int, _ expands: Bool, _ test: (JSON?) -> Bool) -> Bool {
        guard let value = object[parts[place].name] else { return test(nil) }
        return anyValue(of: value, after: place, expands, test)
    }

    /// Continues from the value that `parts[place]` led to.
    private func anyValue(of value: JSON, after place: Int, _ expands: Bool, _ test: (JSON?) -> Bool) -> Bool {
        if place == parts.count - 1 {
            if expands, case .array(let elements) = value, elements.contains(where: { test($0) }) { return true }
            return test(value)
        }
        switch value {
        case .object(let members): return anyValue(in: members, from: place + 1, expands, test)
        case .array(let elements): return anyValue(inArray: elements, after: place, expands, test)
        default: return test(nil)
        }
    }

    private func anyValue(inArray elements: [JSON], after place: Int, _ expands: Bool, _ test: (JSON?) -> Bool) -> Bool {
        for case .object(let members) in elements where anyValue(in: members, from: place + 1, expands, test) { return true }
        guard let index = parts[place + 1].index, index < elements.count else { return false }
        return anyValue(of: elements[index], after: place + 1, expands, test)
    }
}

extension FieldPath {
    /// The values that a document is sorted by at this path: one, or one for each array element.
    func sortValues(in document: JSONObject) -> [SortValue] {
        var values: [SortValue] = []
        collect(from: document, at: 0, into: &values)
        return values
    }

    private func collect(from object: JSONObject, at place: Int, into values: inout [SortValue]) {
        collect(fromValue: object[parts[place].name] ?? .null, after: place, into: &values)
    }

    private func collect(fromValue value: JSON, after place: Int, into values: inout [SortValue]) {
        let isLast = place == parts.count - 1
        switch value {
        case .object(let members) where !isLast: collect(from: members, at: place + 1, into: &values)
        case .array(let elements):
            if elements.isEmpty {
                values.append(isLast ? .emptyArray : .value(.null))
            } else if isLast {
                for element in elements { values.append(.value(element)) }
            } else if let index = parts[place + 1].index, index < elements.count {
                collect(fromValue: elements[index], after: place + 1, into: &values)
            } else {
                for element in elements {
                    if case .object(let members) = element {
                        collect(from: members, at: place + 1, into: &values)
                    } else {
                        values.append(.value(.null))
                    }
                }
            }
        default: values.append(.value(isLast ? value : .null))
        }
    }
}

/// A field's name as a dictionary key: names are equal when their bytes are, as in documents.
struct FieldName: Sendable, Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: FieldName, right: FieldName) -> Bool { left.text.hasSameBytes(as: right.text) }

    func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}

extension String {
    /// Whether the first byte is `$`, whatever it combines with.
    var startsWithDollar: Bool { utf8.first == UInt8(ascii: "$") }
}
