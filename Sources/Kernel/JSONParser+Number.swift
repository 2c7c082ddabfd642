extension JSONParser {
    /// Parses a number: an integer that fits in 64 bits stays one, everything else is a double.
    mutating func parseNumber() throws(JSONError) -> JSON {
        let start = position
        let isNegative = base[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var digits = DecimalDigits()
        let wholeStart = position
        takeDigits(into: &digits)
        guard position > wholeStart else { throw failure(.digitExpected) }
        if base[wholeStart] == UInt8(ascii: "0"), position - wholeStart > 1 {
            throw JSONError(.leadingZero, offset: wholeStart)
        }
        var isInteger = true
        if position < count, base[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            let fractionStart = position
            takeDigits(into: &digits)
            guard position > fractionStart else { throw failure(.digitExpected) }
            digits.exponent = fractionStart - position
        }
        if position < count, base[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            digits.exponent += try parseExponent()
        }
        if isInteger, let number = digits.integer(isNegative: isNegative) { return .int(number) }
        if let number = digits.exactDouble(isNegative: isNegative) { return .double(number) }
        return .double(try roundedDouble(from: start))
    }

    @inline(__always)
    private mutating func takeDigits(into digits: inout DecimalDigits) {
        while position < count {
            let digit = base[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            digits.append(digit)
            position += 1
        }
    }

    private mutating func parseExponent() throws(JSONError) -> Int {
        position += 1
        var isNegative = false
        if position < count, base[position] == UInt8(ascii: "-") || base[position] == UInt8(ascii: "+") {
            isNegative = base[position] == UInt8(ascii: "-")
            position += 1
        }
        let start = position
        var exponent = 0
        while position < count, base[position] &- UInt8(ascii: "0") <= 9 {
            if exponent < 100_000 { exponent = exponent * 10 + Int(base[position] - UInt8(ascii: "0")) }
            position += 1
        }
        guard position > start else { throw failure(.digitExpected) }
        return isNegative ? -exponent : exponent
    }

    /// The slow and always correct way: the standard library rounds the text.
    private func roundedDouble(from start: Int) throws(JSONError) -> Double {
        let text = String(decoding: UnsafeBufferPointer(start: base + start, count: position - start), as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw JSONError(.numberTooLarge, offset: start)
        }
        return number
    }
}

/// The digits of a number as far as they fit in 64 bits, and the power of ten that they are multiplied by.
private struct DecimalDigits {
    var significand: UInt64 = 0
    var overflowed = false
    var exponent = 0

    @inline(__always)
    mutating func append(_ digit: UInt8) {
        let (product, overflow) = significand.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        if overflow || carry { overflowed = true }
        significand = sum
    }

    func integer(isNegative: Bool) -> Int64? {
        if overflowed { return nil }
        if isNegative { return significand <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- significand) : nil }
        return Int64(exactly: significand)
    }

    /// The double, when one correctly rounded operation on exact operands gives it (Clinger's fast path).
    func exactDouble(isNegative: Bool) -> Double? {
        guard !overflowed, significand <= 1 << 53, (-22...22).contains(exponent) else { return nil }
        let power = Self.exactPowersOfTen[abs(exponent)]
        let magnitude = exponent < 0 ? Double(significand) / power : Double(significand) * power
        return isNegative ? -magnitude : magnitude
    }

    private static let exactPowersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
