internal import Kernel

/// Reads the rows of a CSV file (RFC 4180) as documents.
///
/// The first row names the fields by dotted paths: `address.city` is a member of an object, and `tags.0`, `tags.1` (all numbers from 0 on)
/// are elements of an array. The separator is the most frequent of `,`, `;` and tab in it, or what a line `sep=;` before it says.
///
/// Cells: empty is a missing field (in an array before others: null); `_id` is text; with ``CSVTypes/detect`` a JSON object or array
/// is that value, Extended JSON included, and an unquoted cell is a number, a truth value, null or a date if it looks like one. A cell in
/// quotes is text, `""` the empty one, unless every name in the header is in quotes too: then quotes mean nothing. Rows without any value
/// are passed over.
///
/// After a row that is refused the next one is read.
public struct CSVReader: DocumentReading {
    private let options: CSVOptions
    private var window = ByteWindow()
    private var records: CSVRecords
    private var start: CSVStart? = CSVStart()
    private var header: CSVHeader?
    private var isFinished = false
    private var failure: FormatError?

    /// Makes a reader.
    public init(_ options: CSVOptions = CSVOptions()) {
        self.options = options
        records = CSVRecords(rowBytesMax: options.rowBytesMax, columnsMax: options.columnsMax)
    }

    /// The paths of the columns once the header was read; empty for columns without a name.
    public var columns: [String] { header?.names.map { $0 ?? "" } ?? [] }

    /// Adds the next bytes of the file.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) { window.append(bytes) }

    /// Says that the file has ended.
    public mutating func finish() { isFinished = true }

    /// The next document; nil when more bytes are needed, or at the end.
    public mutating func next() throws(FormatError) -> FoundDocument? {
        if let failure { throw failure }
        do throws(FormatError) {
            return try nextDocument()
        } catch {
            var named = error
            // Without the names nothing that follows means anything.
            if header == nil { named.endsReading = true }
            if named.endsReading { failure = named }
            throw named
        }
    }

    private mutating func nextDocument() throws(FormatError) -> FoundDocument? {
        if var looking = start {
            let found = try looking.separator(&window, &records, options, isFinished: isFinished)
            start = found == nil ? looking : nil
            guard let found else { return nil }
            records.separator = found
        }
        while let row = try records.next(&window, isFinished: isFinished) {
            guard let header else {
                if !row.fields.allSatisfy(\.isMissing) { header = try CSVHeader(row, options) }
                continue
            }
            if let document = try header.document(row) { return FoundDocument(document: document, place: .line(row.line)) }
        }
        return nil
    }
}

/// Looks for the separator in the first line that is not empty.
struct CSVStart: Sendable {
    private var hasPassedMark = false
    private var place = 0
    private var isQuoted = false
    private var counts: [CSVSeparator: Int] = [:]

    /// The separator; nil when more bytes are needed.
    mutating func separator(_ window: inout ByteWindow, _ records: inout CSVRecords, _ options: CSVOptions, isFinished: Bool) throws(FormatError) -> UInt8? {
        if !hasPassedMark {
            guard window.count >= ByteOrderMark.length || isFinished else { return nil }
            if ByteOrderMark.take(from: &window) {
                throw FormatError(
                    Localized("The file is in UTF-16; save the table as \"CSV UTF-8\".", zh: "文件为 UTF-16 编码；请将表格另存为“CSV UTF-8”。"), at: .line(1),
                    endsReading: true)
            }
            hasPassedMark = true
        }
        if let separator = options.separator { return separator.byte }
        while place < window.count {
            let byte = window[place]
            if !isQuoted, byte == 0x0A || byte == 0x0D, place > 0 { return lineEnded(&window, &records) }
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if !isQuoted, let separator = CSVSeparator.allCases.first(where: { $0.byte == byte }) { counts[separator, default: 0] += 1 }
            if place == 0, byte == 0x0A || byte == 0x0D {
                if byte == 0x0A { records.countLine() }
                window.drop(1)
            } else {
                place += 1
            }
            if place > options.rowBytesMax { break }
        }
        return isFinished || place > options.rowBytesMax ? mostFrequent : nil
    }

    private var mostFrequent: UInt8 {
        let most = CSVSeparator.allCases.max { counts[$0, default: 0] < counts[$1, default: 0] }
        guard let most, counts[most, default: 0] > counts[.comma, default: 0] else { return CSVSeparator.comma.byte }
        return most.byte
    }

    /// Takes away the line `sep=;` that spreadsheets write.
    private func lineEnded(_ window: inout ByteWindow, _ records: inout CSVRecords) -> UInt8 {
        guard place == 5, window.starts(with: Array("sep=".utf8)), window[4] != UInt8(ascii: "\"") else { return mostFrequent }
        let separator = window[4]
        window.drop(5)
        return separator
    }
}
