internal import Kernel

/// Lines of a CSV file (RFC 4180) that merchants open in a spreadsheet.
enum CSVText {
    /// In front of a file, so that spreadsheets read it as UTF-8.
    static let mark = "\u{FEFF}"

    static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

    /// What users have written must not run as a formula in the merchant's spreadsheet.
    private static func cell(_ text: String) -> String {
        let isFormula = text.utf8.first.map { [UInt8]("=+-@\t\r".utf8).contains($0) } == true && Int64(text) == nil
        let plain = isFormula ? "'" + text : text
        guard plain.utf8.contains(where: { [UInt8](",\"\r\n".utf8).contains($0) }) else { return plain }
        return "\"" + plain.replacing("\"", with: "\"\"") + "\""
    }

    /// One object as a line: its members in the order of `columns`.
    static func line(_ object: JSON, _ columns: [String]) -> String {
        line(
            columns.map { column in
                switch object[column] {
                case .string(let text)?: text
                case .int(let number)? where Self.moments.contains(column): DateText.iso8601(fromMilliseconds: number)
                case .int(let number)?: String(number)
                case .bool(let bool)?: String(bool)
                case nil, .null?: ""
                case let other?: String(decoding: other.serialized(), as: UTF8.self)
                }
            })
    }

    private static let moments: Set<String> = ["at", "claimedAt", "from", "until", "lockedUntil"]
}
