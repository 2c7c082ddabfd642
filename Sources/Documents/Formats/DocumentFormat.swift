/// A kind of file that documents are read from.
public enum DocumentFormat: String, Sendable, CaseIterable {
    /// JSON lines, or one JSON array.
    case json
    /// A table whose first row names the fields.
    case csv
    /// What `mongodump` writes.
    case bson

    /// The format that the end of a file's name tells; nil for an unknown one.
    public init?(fileName: String) {
        guard let dot = fileName.lastIndex(of: ".") else { return nil }
        switch fileName[dot...].dropFirst().lowercased() {
        case "json", "jsonl", "ndjson": self = .json
        case "csv", "tsv": self = .csv
        case "bson": self = .bson
        default: return nil
        }
    }

    /// The format that the first bytes look like, 16 of them if there are as many.
    ///
    /// Text that starts with `{` or `[` is JSON; a length in front of the number of a type, or an empty document, is BSON; all else is CSV.
    public init(detecting start: [UInt8]) {
        if Self.looksLikeBSON(start) {
            self = .bson
            return
        }
        let text = start.starts(with: ByteOrderMark.utf8) ? start.dropFirst(ByteOrderMark.length) : start[...]
        let first = text.first { !DocumentLines.isSpace($0) }
        self = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .csv
    }

    /// No text has a zero or a one as its fourth byte, and every document of less than 32 MiB has.
    private static func looksLikeBSON(_ start: [UInt8]) -> Bool {
        guard start.count >= 5, start[3] <= 1 else { return false }
        return BSONType(rawValue: start[4]) != nil || start[..<5] == [5, 0, 0, 0, 0]
    }

    /// A reader of this format.
    ///
    /// - Parameters:
    ///   - csv: how cells are read, where the file has any.
    ///   - decimals: what becomes of decimal numbers of too many digits in BSON.
    public func reader(csv: CSVOptions = CSVOptions(), decimals: InexactDecimals = .text) -> any DocumentReading {
        switch self {
        case .json: DocumentLines()
        case .csv: CSVReader(csv)
        case .bson: BSONReader(decimals: decimals)
        }
    }
}
