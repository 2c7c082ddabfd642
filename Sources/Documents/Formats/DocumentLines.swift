internal import Kernel

/// Reads documents as JSON lines, or as one JSON array over any number of lines.
///
/// The first byte that is no space tells which: `[` starts an array. Values are read as everywhere (`JSON(parsing:)`), Extended JSON
/// included. Lines may end with `\r\n`, a byte order mark and empty lines are passed over.
///
/// After a line that is refused the next one is read; an array whose text is damaged is not read any further.
public struct DocumentLines: DocumentReading {
    /// What the file turned out to be.
    private enum Shape {
        case unknown, lines, array
    }

    let lineBytesMax: Int
    var window = ByteWindow()
    /// How many bytes of the window were looked at in vain.
    var scanned = 0
    /// The number of the line in which the window starts.
    var line = 1
    var element = JSONElementScan()
    private(set) var isFinished = false
    private var shape = Shape.unknown
    private var hasPassedMark = false
    private var failure: FormatError?

    /// Makes a reader; a line, or an element of an array, may have at most `lineBytesMax` bytes.
    public init(lineBytesMax: Int = 32 << 20) { self.lineBytesMax = lineBytesMax }

    /// Adds the next bytes of the file.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) { window.append(bytes) }

    /// Says that the file has ended.
    public mutating func finish() { isFinished = true }

    /// The next document; nil when more bytes are needed, or at the end.
    public mutating func next() throws(FormatError) -> FoundDocument? {
        if let failure { throw failure }
        do throws(FormatError) {
            if shape == .unknown { try findShape() }
            switch shape {
            case .unknown: return nil
            case .lines: return try nextLine()
            case .array: return try nextElement()
            }
        } catch {
            if error.endsReading { failure = error }
            throw error
        }
    }

    private mutating func findShape() throws(FormatError) {
        if !hasPassedMark {
            guard window.count >= ByteOrderMark.length || isFinished else { return }
            if ByteOrderMark.take(from: &window) {
                throw FormatError(
                    Localized("The file is in UTF-16; save it in UTF-8.", zh: "文件为 UTF-16 编码；请另存为 UTF-8。"), at: .line(1), endsReading: true)
            }
            hasPassedMark = true
        }
        dropSpace()
        guard window.count > 0 else { return }
        if window[0] == UInt8(ascii: "[") {
            shape = .array
            window.drop(1)
        } else {
            shape = .lines
        }
    }

    /// Drops the white space at the start of the window and counts its lines.
    mutating func dropSpace() {
        let (length, lines) = window.withBytes(0..<window.count) { bytes in
            var place = 0
            var lines = 0
            while place < bytes.count, Self.isSpace(bytes[place]) {
                if bytes[place] == 0x0A { lines += 1 }
                place += 1
            }
            return (place, lines)
        }
        window.drop(length)
        line += lines
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private mutating func nextLine() throws(FormatError) -> FoundDocument? {
        while window.count > 0 {
            let count = window.count
            let found = window.withBytes(scanned..<count) { $0.firstIndex(of: 0x0A) }
            guard let length = found.map({ $0 + scanned }) ?? (isFinished ? count : nil) else {
                scanned = count
                if count > lineBytesMax { throw tooLong(endsReading: true) }
                return nil
            }
            let number = line
            let answer = length > lineBytesMax ? Result<JSONObject?, FormatError>.failure(tooLong(endsReading: false)) : lineContent(length, number)
            window.drop(min(length + 1, count))
            scanned = 0
            line += 1
            if let document = try answer.get() { return FoundDocument(document: document, place: .line(number)) }
        }
        return nil
    }

    /// The document in the first `length` bytes; nil when they are blank.
    private func lineContent(_ length: Int, _ number: Int) -> Result<JSONObject?, FormatError> {
        let outcome = window.withBytes(0..<length) { bytes -> Result<JSON?, JSONError> in
            guard bytes.contains(where: { $0 > 0x20 }) else { return .success(nil) }
            do throws(JSONError) {
                return .success(try JSON(parsing: bytes))
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(nil): return .success(nil)
        case .success(.object(let document)?): return .success(document)
        case .success: return .failure(Self.noObject(.line(number)))
        case .failure(let error):
            let end = window.withBytes(0..<length) { bytes in (bytes.lastIndex { $0 > 0x20 } ?? -1) + 1 }
            return .failure(Self.invalid(error, at: .line(number), isCutShort: error.offset >= end))
        }
    }

    func tooLong(endsReading: Bool) -> FormatError {
        FormatError(
            Localized(
                "One document has more than \(lineBytesMax) bytes; write one document a line, or split it.",
                zh: "单个文档超过 \(lineBytesMax) 字节；请每行只写一个文档，或进行拆分。"),
            at: .line(line), code: .limit, endsReading: endsReading)
    }

    static func noObject(_ place: FormatPlace) -> FormatError {
        FormatError(
            Localized("A document is expected here: write an object, {…}.", zh: "此处应为一个文档；请写成对象 {…}。"), at: place)
    }

    /// - Parameter isCutShort: the line ends before the value does.
    static func invalid(_ error: JSONError, at place: FormatPlace, isCutShort: Bool = false) -> FormatError {
        let remedy =
            isCutShort
            ? Localized("Write each document on a line of its own, or all of them as one JSON array.", zh: "请将每个文档写在单独一行，或将全部文档写成一个 JSON 数组。")
            : Localized("Correct it there.", zh: "请改正此处。")
        return FormatError(
            Localized("This is not valid JSON: \(error.message.en). \(remedy.en)", zh: "不是合法的 JSON：\(error.message.zh)。\(remedy.zh)"), at: place)
    }
}
