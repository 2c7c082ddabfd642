public import Kernel

/// The columns of documents: every path to a value that is no object, in the order in which they were first met.
public struct CSVColumns: Sendable {
    /// The dotted paths.
    public private(set) var paths: [String] = []
    private var known: Set<FieldName> = []
    private let columnsMax: Int

    /// Makes an empty list of at most `columnsMax` columns.
    public init(columnsMax: Int = 4096) { self.columnsMax = columnsMax }

    /// Adds the paths of a document.
    public mutating func add(_ document: JSONObject) throws(FormatError) {
        for (key, value) in document { try add(value, key) }
    }

    private mutating func add(_ value: JSON, _ path: String) throws(FormatError) {
        if case .object(let members) = value, CSVWriter.isFlat(members) {
            for (key, member) in members { try add(member, "\(path).\(key)") }
            return
        }
        guard known.insert(FieldName(path)).inserted else { return }
        paths.append(path)
        if paths.count > columnsMax {
            throw FormatError(
                Localized("The documents have more than \(columnsMax) different fields; say which columns to write.", zh: "文档的字段超过 \(columnsMax) 个；请指定要导出的列。"),
                at: .unplaced, code: .limit)
        }
    }
}

/// Writes documents as rows of a CSV file (RFC 4180) that ``CSVReader`` and spreadsheets read.
///
/// Numbers, truth values and null are plain; dates are ISO 8601; text that could be taken for another type is in quotes, the empty text
/// is `""` and a missing field is nothing. Arrays, bytes, patterns, dates of years beyond four digits, and objects without columns of their
/// own are JSON in one cell; so text that is itself a JSON object or array reads back as that, and whole numbers beyond 2^53 read back
/// as text.
public struct CSVWriter: Sendable {
    private struct Column {
        var path: FieldPath
        /// The columns of the objects that it lies in.
        var above: [FieldPath] = []
        /// Whether there are columns for what lies in it.
        var isSpread = false
    }

    private let columns: [Column]
    private let separator: UInt8
    private let guardsFormulas: Bool
    private let hasMark: Bool

    /// Makes a writer of these columns.
    ///
    /// - Parameters:
    ///   - guardsFormulas: puts `'` before names and texts that start with `=`, `+`, `-`, `@`, tab or return, so that no spreadsheet computes them.
    ///   - byteOrderMark: starts the file with the mark that Excel knows UTF-8 by.
    public init(columns: [String], separator: CSVSeparator = .comma, guardsFormulas: Bool, byteOrderMark: Bool = false) throws(FormatError) {
        var known: [FieldName: FieldPath] = [:]
        var paths: [FieldPath] = []
        for column in columns {
            do throws(QueryError) {
                let path = try FieldPath(column)
                paths.append(path)
                known[FieldName(column)] = path
            } catch {
                throw FormatError(Localized(error.message, zh: error.messageZh), at: .unplaced, code: error.code)
            }
        }
        if paths.isEmpty || known.count < paths.count {
            throw FormatError(
                Localized("Name at least one column, and each only once.", zh: "请至少指定一列，且每列只写一次。"), at: .unplaced, code: .invalidQuery)
        }
        var written = paths.map { Column(path: $0) }
        var spread: Set<FieldName> = []
        for place in written.indices {
            written[place].above = Self.namesAbove(paths[place].text).compactMap { known[$0] }
            for path in written[place].above { spread.insert(FieldName(path.text)) }
        }
        for place in written.indices { written[place].isSpread = spread.contains(FieldName(paths[place].text)) }
        self.columns = written
        self.separator = separator.byte
        self.guardsFormulas = guardsFormulas
        hasMark = byteOrderMark
    }

    /// Appends the row of names, which comes first.
    public func appendHeader(to out: inout [UInt8]) {
        if hasMark { out.append(contentsOf: ByteOrderMark.utf8) }
        appendRow(to: &out) { column, out in append(text: column.path.text, mayBeTyped: false, to: &out) }
    }

    /// Appends the row of a document.
    public func append(_ document: JSONObject, to out: inout [UInt8]) {
        appendRow(to: &out) { column, out in
            guard let value = column.path.onlyValue(in: document) else { return }
            if column.isSpread, Self.isFlat(value) { return }
            // What is in the cell of a whole object or array is not written a second time.
            if column.above.contains(where: { path in path.onlyValue(in: document).map { !Self.isFlat($0) } ?? false }) { return }
            append(value, to: &out)
        }
    }

    private func appendRow(to out: inout [UInt8], _ cell: (Column, inout [UInt8]) -> Void) {
        for (place, column) in columns.enumerated() {
            if place > 0 { out.append(separator) }
            cell(column, &out)
        }
        out.append(contentsOf: [0x0D, 0x0A])
    }

    /// The names of what a path lies in: `a` and `a.b` for `a.b.c`.
    private static func namesAbove(_ path: String) -> [FieldName] {
        zip(path.utf8.indices, path.utf8).filter { $0.1 == UInt8(ascii: ".") }.map { FieldName(String(path[..<$0.0])) }
    }

    private func append(_ value: JSON, to out: inout [UInt8]) {
        switch value {
        case .null, .bool, .int, .double: value.write(to: &out)
        case .string(let text): append(text: text, mayBeTyped: true, to: &out)
        case .date(let milliseconds):
            let text = DateText.iso8601(fromMilliseconds: milliseconds)
            if text.utf8.count == 24 { out.append(contentsOf: text.utf8) } else { Self.append(quoted: value.serialized(), to: &out) }
        case .binary, .regularExpression, .array, .object: Self.append(quoted: value.serialized(), to: &out)
        }
    }

    /// - Parameter mayBeTyped: whether quotes must say that it is no number.
    private func append(text: String, mayBeTyped: Bool, to out: inout [UInt8]) {
        let hasGuard = guardsFormulas && CSVValue.looksLikeFormula(text.utf8)
        let bytes = (hasGuard ? [UInt8(ascii: "'")] : []) + Array(text.utf8)
        if Self.needsQuotes(bytes) || (mayBeTyped && CSVValue.typed(text, dates: true) != nil) {
            Self.append(quoted: bytes, to: &out)
        } else {
            out.append(contentsOf: bytes)
        }
    }

    /// Quotes also what other separators are, so that the reader cannot mistake them.
    private static func needsQuotes(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return true }
        if first <= 0x20 || last <= 0x20 || bytes.starts(with: ByteOrderMark.utf8) { return true }
        return bytes.contains { byte in
            byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == 0x09 || byte == 0x0A || byte == 0x0D
        }
    }

    private static func append(quoted bytes: [UInt8], to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { out.append(byte) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func isFlat(_ value: JSON) -> Bool {
        if case .object(let members) = value { isFlat(members) } else { false }
    }

    /// Whether an object can be spread over columns: it has members, and no name is empty or a number, has a dot, or starts with `$`.
    static func isFlat(_ members: JSONObject) -> Bool {
        !members.isEmpty
            && members.keys.allSatisfy { key in
                !key.isEmpty && !key.startsWithDollar && !key.utf8.contains { $0 == UInt8(ascii: ".") || $0 == 0 } && FieldPath.Part(key).index == nil
            }
    }
}
