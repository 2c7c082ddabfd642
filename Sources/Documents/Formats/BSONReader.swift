internal import Kernel

/// What becomes of a decimal number that is neither a 64-bit integer nor exactly the decimal form of a double.
public enum InexactDecimals: String, Sendable {
    /// It becomes text with all its digits, and a warning says so.
    case text
    /// Its document is refused.
    case refuse
}

/// Reads documents as `mongodump` writes them to `.bson` files: one after another, each with its length in front.
///
/// How types are read:
/// - double, text, object, array, boolean, null, binary (with its subtype) and regular expression: as themselves;
/// - int32 and int64: whole numbers; UTC date: date; ObjectId: its 24 hexadecimal digits; undefined: null; symbol: text;
/// - decimal128: a whole number or a double when that is exactly the same number (not the same digits: 1.10 becomes 1.1), otherwise see
///   ``InexactDecimals``; its NaN and infinities are those of a double;
/// - timestamp: the date of its second, with a warning when its counter is lost; JavaScript: its text, with a warning;
/// - JavaScript with variables, DBPointer, the smallest and the largest key: the document is refused.
///
/// A document that is refused is passed over when its length can be trusted; a length that cannot be ends reading.
public struct BSONReader: DocumentReading {
    private let documentBytesMax: Int
    private let decimals: InexactDecimals
    private var window = ByteWindow()
    private var isFinished = false
    private var taken = 0
    private var isCompressed = false
    private var failure: FormatError?

    /// Makes a reader of documents of at most `documentBytesMax` bytes.
    public init(documentBytesMax: Int = 16 << 20, decimals: InexactDecimals = .text) {
        self.documentBytesMax = documentBytesMax
        self.decimals = decimals
    }

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
            if isCompressed { named.reason = Self.compressed }
            named.endsReading = error.endsReading || isCompressed
            if named.endsReading { failure = named }
            throw named
        }
    }

    private mutating func nextDocument() throws(FormatError) -> FoundDocument? {
        let place = FormatPlace.document(taken + 1, byte: window.dropped)
        guard window.count >= 4 else {
            if isFinished, window.count > 0 { throw cutShort(place, missing: 4 - window.count) }
            return nil
        }
        // A damaged file is only said to be compressed once it turns out not to be documents.
        if taken == 0 { isCompressed = window.starts(with: [0x1F, 0x8B, 0x08]) }
        let length = try length(place)
        guard window.count >= length else {
            if isFinished { throw cutShort(place, missing: length - window.count) }
            return nil
        }
        var decoder = BSONDecoder(bytes: window.withBytes(0..<length) { Array($0) }, decimals: decimals)
        let start = window.dropped
        taken += 1
        window.drop(length)
        do throws(BSONFailure) {
            let document = try decoder.document()
            isCompressed = false
            return FoundDocument(document: document, place: place, warnings: decoder.warnings)
        } catch {
            throw FormatError(error.reason, at: .document(taken, byte: start + error.offset), code: error.code)
        }
    }

    private func length(_ place: FormatPlace) throws(FormatError) -> Int {
        let length = Int(Int32(truncatingIfNeeded: (0..<4).reduce(0 as UInt32) { $0 | UInt32(window[$1]) << UInt32($1 * 8) }))
        if taken == 0, window.starts(with: [0x6D, 0xE2, 0x99, 0x81]) {
            throw FormatError(
                Localized(
                    "This is an archive of mongodump; dump again without --archive and take the collection's .bson file.",
                    zh: "这是 mongodump 的归档文件；请去掉 --archive 重新导出，并使用该集合的 .bson 文件。"), at: place, endsReading: true)
        }
        if length > documentBytesMax {
            throw FormatError(
                Localized(
                    "A document would have \(length) bytes, but \(documentBytesMax) are allowed; check that this is a .bson file of mongodump, or split the document.",
                    zh: "文档长度为 \(length) 字节，上限为 \(documentBytesMax)；请确认文件是 mongodump 的 .bson 文件，或拆分该文档。"),
                at: place, code: .limit, endsReading: true)
        }
        if length < 5 {
            throw FormatError(
                Localized(
                    "No document starts here: its length would be \(length). Check that this is a .bson file of mongodump and complete.",
                    zh: "此处不是文档的开头：长度为 \(length)。请确认文件是 mongodump 的 .bson 文件且完整。"), at: place, endsReading: true)
        }
        return length
    }

    private func cutShort(_ place: FormatPlace, missing: Int) -> FormatError {
        FormatError(
            Localized(
                "The file ends inside this document: \(missing) bytes are missing. Dump or upload it again.", zh: "文件在此文档中间中断，缺少 \(missing) 字节；请重新导出或上传。"),
            at: place, endsReading: true)
    }

    private static let compressed = Localized(
        "The file is compressed; unpack it with gunzip, or dump without --gzip.", zh: "文件是压缩文件；请先用 gunzip 解压，或导出时去掉 --gzip。")
}
