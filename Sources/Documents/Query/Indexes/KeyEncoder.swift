import Kernel

/// Writes values as bytes whose order is ``ValueOrder``.
///
/// No encoded value is the beginning of another one.
///
/// A value is a byte for its type and what follows: numbers as below, text with NUL escaped and ended by two NULs, containers member by
/// member and ended by a NUL, which is smaller than any type; binary data by its length, subtype and bytes. A descending field has all its bits inverted.
struct KeyEncoder {
    private(set) var bytes: [UInt8] = []

    private static let emptyArrayMark: UInt8 = 0x08

    mutating func append(_ value: SortValue, descending: Bool) {
        let start = bytes.count
        switch value {
        case .emptyArray: bytes.append(Self.emptyArrayMark)
        case .value(let value): append(value)
        }
        if descending { for place in start..<bytes.count { bytes[place] = ~bytes[place] } }
    }

    private mutating func append(_ value: JSON) {
        bytes.append(ValueOrder.rank(value))
        appendContent(value)
    }

    private mutating func appendContent(_ value: JSON) {
        switch value {
        case .null: break
        case .bool(let flag): bytes.append(flag ? 1 : 0)
        case .int(let number): appendNumber(number)
        case .double(let number): appendNumber(number)
        case .string(let text): appendText(text)
        case .date(let milliseconds): appendBigEndian(UInt64(bitPattern: milliseconds) ^ 1 << 63)
        case .binary(let data):
            appendBigEndian(UInt64(data.bytes.count))
            bytes.append(data.subtype)
            bytes += data.bytes
        case .regularExpression(let expression):
            appendText(expression.pattern)
            appendText(expression.options)
        case .array(let elements):
            for element in elements { append(element) }
            bytes.append(0)
        case .object(let members):
            for (key, member) in members {
                bytes.append(ValueOrder.rank(member))
                appendText(key)
                appendContent(member)
            }
            bytes.append(0)
        }
    }

    /// A double from 2^53 on leaves gaps that integers lie in: the distance to the double below follows in two bytes.
    private mutating func appendNumber(_ number: Int64) {
        var below = Double(number)
        if number.precedence(to: below) == .ascending { below = below.nextDown }
        appendOrdered(below)
        if abs(below) >= 0x1p53 { appendDistance(UInt16(truncatingIfNeeded: number &- Int64(below))) }
    }

    private mutating func appendNumber(_ number: Double) {
        appendOrdered(number)
        if abs(number) >= 0x1p53 { appendDistance(0) }
    }

    private mutating func appendDistance(_ distance: UInt16) {
        bytes.append(UInt8(distance >> 8))
        bytes.append(UInt8(distance & 0xFF))
    }

    /// The usual trick: flip the sign bit of positive numbers and all bits of negative ones.
    ///
    /// NaN goes below everything.
    private mutating func appendOrdered(_ number: Double) {
        if number.isNaN { return appendBigEndian(0) }
        let pattern = (number == 0 ? 0.0 : number).bitPattern
        appendBigEndian(pattern >> 63 == 1 ? ~pattern : pattern | 1 << 63)
    }

    private mutating func appendBigEndian(_ word: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    private mutating func appendText(_ text: String) {
        appendEscaped(Array(text.utf8))
        bytes.append(0)
        bytes.append(0)
    }

    private mutating func appendEscaped(_ text: [UInt8]) {
        for byte in text {
            bytes.append(byte)
            if byte == 0 { bytes.append(0xFF) }
        }
    }
}

extension KeyEncoder {
    /// The encoding of one value in ascending order.
    static func encode(_ value: SortValue) -> [UInt8] {
        var encoder = KeyEncoder()
        encoder.append(value, descending: false)
        return encoder.bytes
    }

    /// The type byte of a value, where its type begins.
    static func typeStart(of value: JSON) -> [UInt8] { [ValueOrder.rank(value)] }

    /// What every string that begins with `prefix` begins with.
    static func textStart(_ prefix: [UInt8]) -> [UInt8] {
        var encoder = KeyEncoder()
        encoder.bytes.append(ValueOrder.rank(.string("")))
        encoder.appendEscaped(prefix)
        return encoder.bytes
    }
}
