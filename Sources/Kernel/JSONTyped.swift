/// Values that JSON has no form of its own for, as MongoDB's Extended JSON writes them.
///
/// Read are `$date`, `$binary`, `$regularExpression`, `$oid` (as its text), `$numberInt`, `$numberLong`, `$numberDouble` and
/// `$numberDecimal`. What has another shape stays an object, whose name with `$` is refused wherever documents and queries are checked.
enum TypedValue {
    /// The value that an object with a single member stands for, or nil when it is an ordinary object.
    static func read(_ name: String, _ content: JSON) -> JSON? {
        switch name {
        case "$date": date(content)
        case "$binary": binary(content)
        case "$regularExpression": regularExpression(content)
        case "$oid": objectID(content)
        case "$numberInt": whole(content).flatMap { Int32(exactly: $0) }.map { .int(Int64($0)) }
        case "$numberLong": whole(content).map { .int($0) }
        case "$numberDouble": double(content)
        case "$numberDecimal": decimal(content)
        default: nil
        }
    }

    /// Milliseconds (also as `$numberLong`, which has been read by then) or an ISO 8601 text.
    private static func date(_ content: JSON) -> JSON? {
        switch content {
        case .int, .double: content.intValue.map { .date($0) }
        case .string(let text): DateText.milliseconds(fromISO8601: text).map { .date($0) }
        default: nil
        }
    }

    private static func binary(_ content: JSON) -> JSON? {
        guard case .object(let members) = content, members.count == 2, case .string(let base64)? = members["base64"],
            case .string(let subtype)? = members["subType"], (1...2).contains(subtype.utf8.count), let mark = UInt8(subtype, radix: 16),
            let bytes = Base64.decode(base64)
        else { return nil }
        return .binary(BinaryData(bytes, subtype: mark))
    }

    private static func regularExpression(_ content: JSON) -> JSON? {
        guard case .object(let members) = content, case .string(let pattern)? = members["pattern"] else { return nil }
        switch (members.count, members["options"]) {
        case (1, nil): return .regularExpression(RegularExpression(pattern: pattern))
        case (2, .string(let options)?): return .regularExpression(RegularExpression(pattern: pattern, options: options))
        default: return nil
        }
    }

    private static func objectID(_ content: JSON) -> JSON? {
        guard case .string(let text) = content, text.utf8.count == 24, text.utf8.allSatisfy(isHexadecimal) else { return nil }
        return .string(text.lowercased())
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    private static func whole(_ content: JSON) -> Int64? {
        guard case .string(let text) = content, text.utf8.first != UInt8(ascii: "+") else { return nil }
        return Int64(text)
    }

    private static func double(_ content: JSON) -> JSON? {
        guard case .string(let text) = content else { return nil }
        switch text {
        case "NaN": return .double(.nan)
        case "Infinity": return .double(.infinity)
        case "-Infinity": return .double(-.infinity)
        default: return DecimalText(text).flatMap { _ in Double(text) }.flatMap { $0.isFinite ? .double($0) : nil }
        }
    }

    /// An integer when it is one that fits; a double only when that reads back as the same decimal number.
    private static func decimal(_ content: JSON) -> JSON? {
        guard case .string(let text) = content else { return nil }
        if text == "NaN" || text == "Infinity" || text == "-Infinity" { return double(content) }
        guard let wanted = DecimalText(text) else { return nil }
        if let whole = wanted.integer { return .int(whole) }
        guard let number = Double(text), number.isFinite, DecimalText(number.description) == wanted else { return nil }
        return .double(number)
    }
}

/// A decimal number by its digits: `digits` without zeros around them, times ten to the power of `exponent`.
private struct DecimalText: Equatable {
    var isNegative = false
    var digits: [UInt8] = []
    var exponent = 0

    /// Reads `-12.50e3`; nil for anything else.
    init?(_ text: String) {
        var rest = Substring(text).utf8
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { isNegative = rest.removeFirst() == UInt8(ascii: "-") }
        var hasDigits = false
        var isFraction = false
        while let byte = rest.first, byte | 0x20 != UInt8(ascii: "e") {
            rest.removeFirst()
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
                continue
            }
            guard (0x30...0x39).contains(byte) else { return nil }
            hasDigits = true
            digits.append(byte - 0x30)
            if isFraction { exponent -= 1 }
        }
        guard hasDigits, readExponent(rest) else { return nil }
        digits = Array(digits.drop { $0 == 0 })
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { (exponent, isNegative) = (0, false) }
    }

    private mutating func readExponent(_ rest: Substring.UTF8View) -> Bool {
        if rest.isEmpty { return true }
        guard let power = Int(String(Substring(rest.dropFirst()))), power.magnitude < 100_000 else { return false }
        exponent += power
        return true
    }

    /// The number, when it is whole and fits.
    var integer: Int64? {
        guard exponent >= 0, digits.count + exponent <= 19 else { return nil }
        var value: Int64 = 0
        for digit in digits + [UInt8](repeating: 0, count: exponent) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = isNegative ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }
}
