internal import Kernel

/// The columns of a file as a tree of names: `address.city` lies below `address`.
struct CSVHeader: Sendable {
    private struct Node: Sendable {
        var name: String
        var depth: Int
        var column: Int?
        var children: [Int] = []
        /// Whether the names below are 0, 1, 2, …; they stand in that order then.
        var isArray = false
    }

    /// The path of each column; nil for one without a name.
    let names: [String?]
    /// Whether every name is in quotes: such a file quotes every cell, and quotes do not tell text from numbers.
    let quotesEverything: Bool
    private let options: CSVOptions
    private var nodes = [Node(name: "", depth: 0)]

    init(_ row: CSVRow, _ options: CSVOptions) throws(FormatError) {
        self.options = options
        quotesEverything = row.fields.allSatisfy(\.isQuoted)
        var names: [String?] = []
        for (column, field) in row.fields.enumerated() {
            let name = try Self.name(field, row.line, options)
            names.append(name.isEmpty ? nil : name)
            if name.isEmpty { continue }
            do throws(QueryError) {
                try Self.insert(FieldPath(name, code: .invalidDocument), column, into: &nodes)
            } catch {
                throw FormatError(Localized(error.message, zh: error.messageZh), at: .line(row.line), code: error.code, endsReading: true)
            }
        }
        self.names = names
        if nodes.count == 1 {
            throw FormatError(
                Localized("No column has a name; the first row must name the fields.", zh: "所有列都没有名称；首行应为字段名。"), at: .line(row.line), endsReading: true)
        }
        findArrays()
    }

    private static func name(_ field: CSVField, _ line: Int, _ options: CSVOptions) throws(FormatError) -> String {
        var bytes = field.bytes[...]
        if options.removesGuards, bytes.first == UInt8(ascii: "'"), CSVValue.looksLikeFormula(bytes) {
            bytes.removeFirst()
        }
        if !field.isQuoted {
            bytes = bytes.drop { $0 == 0x20 }
            while bytes.last == 0x20 { bytes.removeLast() }
        }
        guard let name = String(validating: bytes, as: UTF8.self) else { throw CSVHeader.notUTF8(line, endsReading: true) }
        return name
    }

    static func notUTF8(_ line: Int, endsReading: Bool) -> FormatError {
        FormatError(
            Localized("The text is not UTF-8; save the table as \"CSV UTF-8\".", zh: "文本不是 UTF-8 编码；请将表格另存为“CSV UTF-8”。"), at: .line(line),
            endsReading: endsReading)
    }

    private static func insert(_ path: FieldPath, _ column: Int, into nodes: inout [Node]) throws(QueryError) {
        var place = 0
        for part in path.parts {
            if let known = nodes[place].children.first(where: { nodes[$0].name.hasSameBytes(as: part.name) }) {
                place = known
                continue
            }
            nodes.append(Node(name: part.name, depth: nodes[place].depth + 1))
            nodes[place].children.append(nodes.count - 1)
            place = nodes.count - 1
        }
        guard nodes[place].column == nil else {
            throw QueryError(
                .invalidDocument, "Two columns have the name \"\(path.text)\"; rename one.", zh: "有两列同名“\(path.text)”；请重命名其中一列。")
        }
        nodes[place].column = column
    }

    private mutating func findArrays() {
        for place in nodes.indices.dropFirst() {
            let children = nodes[place].children
            let byIndex = children.compactMap { child in FieldPath.Part(nodes[child].name).index.map { (index: $0, child: child) } }
                .sorted { $0.index < $1.index }
            guard !children.isEmpty, byIndex.count == children.count, byIndex.map(\.index) == Array(0..<children.count) else { continue }
            nodes[place].isArray = true
            nodes[place].children = byIndex.map(\.child)
        }
    }
}

extension CSVHeader {
    /// The document of a row; nil when all its cells are empty.
    func document(_ row: CSVRow) throws(FormatError) -> JSONObject? {
        for (column, field) in row.fields.enumerated() where !isMissing(field) && (column >= names.count || names[column] == nil) {
            throw FormatError(
                Localized(
                    "Column \(column + 1) has a value but no name in the header; name it, or put quotes around cells that contain the separator.",
                    zh: "第 \(column + 1) 列有值，但首行没有列名；请补上列名，或用引号括起含分隔符的单元格。"), at: .line(row.line))
        }
        guard case .object(let members)? = try nested(nodes[0], row), !members.isEmpty else { return nil }
        return members
    }

    private func isMissing(_ field: CSVField) -> Bool { field.bytes.isEmpty && (!field.isQuoted || quotesEverything) }

    /// The value at a name; nil when it is missing.
    private func value(_ node: Node, _ row: CSVRow) throws(FormatError) -> JSON? {
        let own = try node.column.flatMap { (column) throws(FormatError) in try cell(node, column, row) }
        if node.children.isEmpty { return own }
        let nested = try nested(node, row)
        guard let own, nested != nil else { return own ?? nested }
        let name = node.column.flatMap { names[$0] } ?? node.name
        throw FormatError(
            Localized(
                "Both \"\(name)\" and a column below it have a value (\(own.text.prefix(40))); leave one of them empty.",
                zh: "“\(name)”与其下级列同时有值（\(own.text.prefix(40))）；请只保留其一。"), at: .line(row.line))
    }

    /// The object or array below a name; nil when all in it is missing.
    private func nested(_ node: Node, _ row: CSVRow) throws(FormatError) -> JSON? {
        if node.isArray {
            var elements: [JSON] = []
            var length = 0
            for child in node.children {
                let element = try value(nodes[child], row)
                elements.append(element ?? .null)
                if element != nil { length = elements.count }
            }
            return length == 0 ? nil : .array(Array(elements.prefix(length)))
        }
        var members = JSONObject()
        for child in node.children {
            if let member = try value(nodes[child], row) { members.append(nodes[child].name, member) }
        }
        return members.isEmpty ? nil : .object(members)
    }

    private func cell(_ node: Node, _ column: Int, _ row: CSVRow) throws(FormatError) -> JSON? {
        guard column < row.fields.count else { return nil }
        let field = row.fields[column]
        if isMissing(field) { return nil }
        let hasGuard = options.removesGuards && field.bytes.first == UInt8(ascii: "'") && CSVValue.looksLikeFormula(field.bytes)
        guard let text = String(validating: hasGuard ? field.bytes.dropFirst() : field.bytes[...], as: UTF8.self) else {
            throw Self.notUTF8(row.line, endsReading: false)
        }
        let isIdentifier = node.depth == 1 && node.name == "_id"
        guard options.types == .detect, !hasGuard, !isIdentifier else { return .string(text) }
        if let container = CSVValue.container(field.bytes, maxDepth: BSONDecoder.depthMax - node.depth) { return container }
        if field.isQuoted, !quotesEverything { return .string(text) }
        return CSVValue.typed(text, dates: options.dates) ?? .string(text)
    }
}
