internal import Kernel

/// Checks that bytes are one JSON text without building its values: for what is handed on as it came.
///
/// As strict as RFC 8259 and what a function's own parser accepts; repeated keys and lone surrogates are the reader's business.
public struct JSONForm {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// The containers around the position, innermost last: `true` for an object.
    private var containers: [Bool] = []

    /// - Throws: `SampanError` `MALFORMED_JSON`.
    public static func check(_ bytes: UnsafeRawBufferPointer, maxDepth: Int = 100) throws {
        do throws(JSONError) {
            var form = JSONForm(bytes: bytes)
            try form.scan(maxDepth: maxDepth)
            guard isUTF8(bytes) else { throw JSONError(.invalidUTF8, offset: 0) }
        } catch {
            throw SampanError.malformedJSON(error)
        }
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }

    private mutating func scan(maxDepth: Int) throws(JSONError) {
        while true {
            try value(maxDepth: maxDepth)
            if try ends() { break }
        }
        skipSpace()
        guard position == bytes.count else { throw failure(.textFollows) }
    }

    /// Takes one value, or the beginnings of containers down to the first value or empty container in them.
    private mutating func value(maxDepth: Int) throws(JSONError) {
        while true {
            skipSpace()
            switch peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let isObject = peek() == UInt8(ascii: "{")
                guard containers.count < maxDepth else { throw failure(.tooDeep(maxDepth)) }
                position += 1
                skipSpace()
                if peek() == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    position += 1
                    return
                }
                containers.append(isObject)
                if isObject { try key() }
            case UInt8(ascii: "\""): return try string()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
            case UInt8(ascii: "t"): return try word("true")
            case UInt8(ascii: "f"): return try word("false")
            case UInt8(ascii: "n"): return try word("null")
            default: throw failure(.noValue)
            }
        }
    }

    /// After a value: closes containers until another value follows (`false`) or the outermost one has ended (`true`).
    private mutating func ends() throws(JSONError) -> Bool {
        while let isObject = containers.last {
            skipSpace()
            switch peek() {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
                if isObject { try key() }
                return false
            case (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")):
                position += 1
                containers.removeLast()
            default: throw failure(.commaExpected)
            }
        }
        return true
    }

    private mutating func key() throws(JSONError) {
        guard peek() == UInt8(ascii: "\"") else { throw failure(.keyExpected) }
        try string()
        skipSpace()
        guard peek() == UInt8(ascii: ":") else { throw failure(.colonExpected) }
        position += 1
    }

    private mutating func string() throws(JSONError) {
        position += 1
        while true {
            switch peek() {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): try escape()
            case 0..<0x20: throw failure(position < bytes.count ? .controlCharacter : .stringOpen)
            default: position += 1
            }
        }
    }

    private mutating func escape() throws(JSONError) {
        position += 1
        let escaped = peek()
        position += 1
        if escaped == UInt8(ascii: "u") {
            for _ in 0..<4 {
                guard Self.isHexadecimal(peek()) else { throw failure(.hexadecimalExpected) }
                position += 1
            }
        } else if !"\"\\/bfnrt".utf8.contains(escaped) {
            throw failure(.unknownEscape)
        }
    }

    private mutating func number() throws(JSONError) {
        if peek() == UInt8(ascii: "-") { position += 1 }
        if peek() == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if peek() == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
    }

    private mutating func digits() throws(JSONError) {
        guard Self.isDigit(peek()) else { throw failure(.digitExpected) }
        while Self.isDigit(peek()) { position += 1 }
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard peek() == word.utf8Start[index] else { throw failure(.unknownWord) }
            position += 1
        }
    }

    private mutating func skipSpace() {
        while true {
            switch peek() {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// The byte at the position; 0, which is nowhere allowed, at the end.
    private func peek() -> UInt8 { position < bytes.count ? bytes[position] : 0 }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }

    private func failure(_ reason: JSONError.Reason) -> JSONError { JSONError(reason, offset: position) }
}
