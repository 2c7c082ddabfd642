internal import Kernel

/// What cells mean.
enum CSVValue {
    /// The value that an unquoted cell looks like: a word, a number or a date; nil when it is text.
    ///
    /// Whole numbers beyond 2^53 and decimals of more than 17 digits are text, as are numbers with zeros in front: they are
    /// identity cards, orders and telephones, and as numbers they would lose digits.
    static func typed(_ text: String, dates: Bool) -> JSON? {
        let trimmed = text.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }
        guard let last = trimmed.first, trimmed.count <= 40 else { return nil }
        let bytes = Array(trimmed.reversed())
        switch bytes[0] {
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "n"):
            return word(String(decoding: bytes, as: UTF8.self))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            if last <= UInt8(ascii: "9"), let number = number(bytes) { return number }
            return dates ? DateText.milliseconds(fromISO8601: String(decoding: bytes, as: UTF8.self)).map { .date($0) } : nil
        default: return nil
        }
    }

    private static func word(_ text: String) -> JSON? {
        switch text {
        case "true", "TRUE", "True": .bool(true)
        case "false", "FALSE", "False": .bool(false)
        case "null": .null
        default: nil
        }
    }

    private static func number(_ bytes: [UInt8]) -> JSON? {
        guard let value = try? JSON(parsing: bytes) else { return nil }
        switch value {
        case .int(let number): return number.magnitude < 1 << 53 ? value : nil
        case .double: return keepsDigits(bytes) ? value : nil
        default: return nil
        }
    }

    /// Whether a decimal number is written as a double could be: with a point or a signed power, and few digits.
    private static func keepsDigits(_ bytes: [UInt8]) -> Bool {
        let mantissa = bytes.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let power = bytes.dropFirst(mantissa.count + 1).first
        guard power == nil || power == UInt8(ascii: "+") || power == UInt8(ascii: "-") else { return false }
        guard power != nil || mantissa.contains(UInt8(ascii: ".")) else { return false }
        let digits = mantissa.filter { $0 >= 0x30 }.drop { $0 == 0x30 }
        return digits.count - digits.reversed().prefix { $0 == 0x30 }.count <= 17
    }

    /// The value of a cell that is a JSON object or array as a whole.
    static func container(_ bytes: [UInt8], maxDepth: Int) -> JSON? {
        guard let first = bytes.first(where: { $0 != 0x20 }), first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return nil }
        return try? JSON(parsing: bytes, maxDepth: maxDepth)
    }

    /// Whether spreadsheets would take a text, or what follows the quotes in front of it, for a formula.
    static func looksLikeFormula(_ bytes: some Sequence<UInt8>) -> Bool {
        switch bytes.first(where: { $0 != UInt8(ascii: "'") }) {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D: true
        default: false
        }
    }
}
