internal import Kernel

/// Where in an array the reader is, and how far it looked through an element.
struct JSONElementScan: Sendable {
    enum Part {
        case first, element, inside, comma, after
    }

    var part = Part.first
    private var depth = 0
    private var isString = false
    private var isEscaped = false

    /// Begins an element.
    mutating func begin() { self = JSONElementScan(part: .inside) }

    init(part: Part = .first) { self.part = part }

    /// Looks at further bytes of the element.
    ///
    /// - Returns: where it ends, when it does.
    mutating func end(in bytes: UnsafeRawBufferPointer) -> Int? {
        for (place, byte) in bytes.enumerated() {
            if isString {
                if takesEndOfString(byte), depth == 0 { return place + 1 }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth <= 1 { return depth == 1 ? place + 1 : place }
                depth -= 1
            case UInt8(ascii: ","), 0x20, 0x0A, 0x0D, 0x09: if depth == 0 { return place }
            default: break
            }
        }
        return nil
    }

    private mutating func takesEndOfString(_ byte: UInt8) -> Bool {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isString = false
            return true
        }
        return false
    }
}

extension DocumentLines {
    /// The next element of an array whose opening bracket was taken.
    mutating func nextElement() throws(FormatError) -> FoundDocument? {
        while true {
            if element.part == .inside { return try restOfElement() }
            dropSpace()
            guard window.count > 0 else {
                guard isFinished, element.part != .after else { return nil }
                throw cutShort()
            }
            try takePunctuation(window[0])
        }
    }

    /// Looks at what stands before an element, between two, or after the last one.
    private mutating func takePunctuation(_ byte: UInt8) throws(FormatError) {
        switch (element.part, byte) {
        case (.first, UInt8(ascii: "]")), (.comma, UInt8(ascii: "]")):
            element.part = .after
            window.drop(1)
        case (.comma, UInt8(ascii: ",")):
            element.part = .element
            window.drop(1)
        case (.comma, _):
            throw damaged(Localized("a comma or ] is expected after a document", zh: "文档之后应为逗号或 ]"))
        case (.after, _):
            throw damaged(Localized("something follows the end of the array", zh: "数组结束之后还有多余内容"))
        case (_, UInt8(ascii: "]")), (_, UInt8(ascii: ",")):
            throw damaged(Localized("a document is expected here", zh: "此处应为一个文档"))
        default:
            element.begin()
            scanned = 0
        }
    }

    private mutating func restOfElement() throws(FormatError) -> FoundDocument? {
        let count = window.count
        var scan = element
        let found = window.withBytes(scanned..<count) { scan.end(in: $0) }
        element = scan
        guard let length = found.map({ $0 + scanned }) else {
            scanned = count
            if count > lineBytesMax { throw tooLong(endsReading: true) }
            if isFinished { throw cutShort() }
            return nil
        }
        let start = line
        guard length <= lineBytesMax else { throw tooLong(endsReading: true) }
        let outcome = window.withBytes(0..<length) { bytes -> Result<JSON, JSONError> in
            do throws(JSONError) {
                return .success(try JSON(parsing: bytes))
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let error) = outcome {
            line += lines(before: error.offset)
            // The offset counts from the start of the element, which nobody can see: the line says where.
            var failure = Self.invalid(error, at: .line(line))
            failure.endsReading = true
            throw failure
        }
        line += lines(before: length)
        window.drop(length)
        scanned = 0
        element.part = .comma
        guard case .success(.object(let document)) = outcome else { throw Self.noObject(.line(start)) }
        return FoundDocument(document: document, place: .line(start))
    }

    private func lines(before length: Int) -> Int {
        window.withBytes(0..<min(length, window.count)) { bytes in bytes.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) } }
    }

    private func damaged(_ what: Localized) -> FormatError {
        FormatError(
            Localized("The JSON array is damaged: \(what.en). Correct it there.", zh: "JSON 数组有误：\(what.zh)。请改正此处。"), at: .line(line), endsReading: true)
    }

    private func cutShort() -> FormatError {
        FormatError(
            Localized(
                "The file ends inside the JSON array; it was probably cut short. Export or upload it again.",
                zh: "文件在 JSON 数组结束之前中断，可能不完整；请重新导出或上传。"),
            at: .line(line + lines(before: window.count)), endsReading: true)
    }
}
