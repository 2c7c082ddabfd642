extension JSONParser {
    /// Parses the rest of a string whose opening quote has been taken.
    mutating func parseString() throws(JSONError) -> String {
        let start = position
        var isASCII = true
        while true {
            skipPlainText()
            guard position < count else { break }
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                let text = try makeString(from: start, isASCII: isASCII)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
            if byte < 0x20 { throw failure(.controlCharacter) }
            if byte >= 0x80 { isASCII = false }
            position += 1
        }
        throw failure(.stringOpen)
    }

    /// Stops at a quote, a backslash, a control character, a byte beyond ASCII or the end; takes eight bytes at a time.
    @inline(__always)
    mutating func skipPlainText() {
        while position + 8 <= count {
            let special = JSONBytes.specialBytes(in: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
            if special != 0 {
                position += special.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < count, JSONBytes.isPlain(base[position]) { position += 1 }
    }

    private func makeString(from start: Int, isASCII: Bool) throws(JSONError) -> String {
        let bytes = UnsafeBufferPointer(start: base + start, count: position - start)
        if isASCII { return String(decoding: bytes, as: UTF8.self) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw JSONError(.invalidUTF8, offset: start)
        }
        return text
    }

    /// Continues at the first backslash; `start` is where the string's content begins.
    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var bytes = Array(UnsafeBufferPointer(start: base + start, count: position - start))
        while position < count {
            let byte = base[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw JSONError(.invalidUTF8, offset: start)
                }
                return text
            case UInt8(ascii: "\\"): try parseEscape(into: &bytes)
            case 0..<0x20:
                position -= 1
                throw failure(.controlCharacter)
            default: bytes.append(byte)
            }
        }
        throw failure(.stringOpen)
    }

    private mutating func parseEscape(into bytes: inout [UInt8]) throws(JSONError) {
        guard position < count else { throw failure(.stringOpen) }
        let kind = base[position]
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(kind)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes.append(contentsOf: UTF8.encode(try parseEscapedScalar()) ?? UTF8.encodedReplacementCharacter)
        default:
            position -= 1
            throw failure(.unknownEscape)
        }
    }

    /// The scalar of `\uXXXX` or of a surrogate pair of them.
    private mutating func parseEscapedScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position - 2
        let first = try parseHexadecimalUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, position + 1 < count, base[position] == UInt8(ascii: "\\"), base[position + 1] == UInt8(ascii: "u") {
            position += 2
            let second = try parseHexadecimalUnit()
            if (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00))
            {
                return scalar
            }
        }
        throw JSONError(.loneSurrogate, offset: start)
    }

    private mutating func parseHexadecimalUnit() throws(JSONError) -> UInt16 {
        guard count - position >= 4 else { throw failure(.hexadecimalExpected) }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexadecimalDigit(base[position]) else { throw failure(.hexadecimalExpected) }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
