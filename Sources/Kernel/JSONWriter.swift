extension JSON {
    /// Appends the compact text, keys in their order.
    ///
    /// A date is `{"$date":milliseconds}`, bytes and regular expressions are as in MongoDB's Extended JSON; a double is its shortest text that reads back the same, without fraction when it has none and
    /// is smaller than 2^53 (as JavaScript prints it); NaN and the infinities, which JSON cannot say, are `null`.
    public func write(to out: inout [UInt8]) {
        switch self {
        case .null: out.append(literal: "null")
        case .bool(let flag): out.append(literal: flag ? "true" : "false")
        case .int(let number): out.append(decimal: number)
        case .double(let number): Self.write(number, to: &out)
        case .string(let text): Self.write(text, to: &out)
        case .date(let milliseconds):
            out.append(literal: "{\"$date\":")
            out.append(decimal: milliseconds)
            out.append(UInt8(ascii: "}"))
        case .binary(let data): Self.write(data, to: &out)
        case .regularExpression(let expression): Self.write(expression, to: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members): members.write(to: &out)
        }
    }

    /// The compact text as bytes; see ``write(to:)``.
    public func serialized() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(256)
        write(to: &out)
        return out
    }

    /// The compact text; see ``write(to:)``.
    public var text: String { String(decoding: serialized(), as: UTF8.self) }

    private static func write(_ number: Double, to out: inout [UInt8]) {
        if !number.isFinite {
            out.append(literal: "null")
        } else if abs(number) < 0x1p53, number == number.rounded(.towardZero) {
            out.append(decimal: Int64(number))
        } else {
            out.append(contentsOf: number.description.utf8)
        }
    }

    private static func write(_ data: BinaryData, to out: inout [UInt8]) {
        out.append(literal: "{\"$binary\":{\"base64\":\"")
        Base64.append(data.bytes, to: &out)
        out.append(literal: "\",\"subType\":\"")
        out.append(hexadecimal: data.subtype)
        out.append(literal: "\"}}")
    }

    private static func write(_ expression: RegularExpression, to out: inout [UInt8]) {
        out.append(literal: "{\"$regularExpression\":{\"pattern\":")
        write(expression.pattern, to: &out)
        out.append(literal: ",\"options\":")
        write(expression.options, to: &out)
        out.append(literal: "}}")
    }

    /// Appends a string in quotes.
    static func write(_ text: String, to out: inout [UInt8]) {
        var copy = text
        out.append(UInt8(ascii: "\""))
        copy.withUTF8 { bytes in
            if Self.needsNoEscape(bytes) {
                out.append(contentsOf: bytes)
            } else {
                out.append(escaping: bytes)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    /// Looks eight bytes at a time; text beyond ASCII counts as in need of a closer look.
    private static func needsNoEscape(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var place = 0
        while place + 8 <= bytes.count {
            let word = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: place, as: UInt64.self)
            if JSONBytes.specialBytes(in: word) != 0 { return false }
            place += 8
        }
        return bytes[place...].allSatisfy(JSONBytes.isPlain)
    }
}

extension JSONObject {
    /// Appends the compact text, keys in their order.
    public func write(to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in members {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            JSON.write(member.key, to: &out)
            out.append(UInt8(ascii: ":"))
            member.value.write(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// The compact text as bytes.
    public func serialized() -> [UInt8] { JSON.object(self).serialized() }
}

extension [UInt8] {
    fileprivate mutating func append(literal: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    fileprivate mutating func append(decimal number: Int64) {
        var magnitude = number.magnitude
        if number < 0 { append(UInt8(ascii: "-")) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var first = 20
            repeat {
                first -= 1
                digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[first..<20]))
        }
    }

    fileprivate mutating func append(escaping bytes: UnsafeBufferPointer<UInt8>) {
        var plainStart = 0
        for place in bytes.indices {
            let byte = bytes[place]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plainStart..<place]))
            append(escapeOf: byte)
            plainStart = place + 1
        }
        append(contentsOf: UnsafeBufferPointer(rebasing: bytes[plainStart...]))
    }

    fileprivate mutating func append(escapeOf byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(literal: "\\\"")
        case UInt8(ascii: "\\"): append(literal: "\\\\")
        case 0x08: append(literal: "\\b")
        case 0x09: append(literal: "\\t")
        case 0x0A: append(literal: "\\n")
        case 0x0C: append(literal: "\\f")
        case 0x0D: append(literal: "\\r")
        default:
            append(literal: "\\u00")
            append(hexadecimal: byte)
        }
    }

    fileprivate mutating func append(hexadecimal byte: UInt8) {
        let digits: StaticString = "0123456789abcdef"
        append(digits.utf8Start[Int(byte >> 4)])
        append(digits.utf8Start[Int(byte & 15)])
    }
}
