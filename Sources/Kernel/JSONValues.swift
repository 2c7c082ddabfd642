/// Bytes in a document, with MongoDB's mark of what they are.
public struct BinaryData: Sendable, Hashable {
    /// The bytes.
    public var bytes: [UInt8]
    /// What they are: 0 for bytes of any kind, 4 for a UUID, 128 and more for what an app decides.
    public var subtype: UInt8

    /// Bytes with a subtype.
    public init(_ bytes: [UInt8], subtype: UInt8 = 0) {
        self.bytes = bytes
        self.subtype = subtype
    }
}

/// A regular expression as a value: a pattern in a query, and data in a document.
public struct RegularExpression: Sendable, Hashable {
    /// What is between the slashes.
    public let pattern: String
    /// The letters after them, sorted and each once, so that equal expressions are written alike.
    public let options: String

    /// A pattern with its options in any order.
    public init(pattern: String, options: String = "") {
        self.pattern = pattern
        self.options = options.isEmpty ? "" : String(String.UnicodeScalarView(Set(options.unicodeScalars).sorted()))
    }

    /// Expressions are equal when their bytes are.
    public static func == (left: RegularExpression, right: RegularExpression) -> Bool {
        left.pattern.hasSameBytes(as: right.pattern) && left.options.hasSameBytes(as: right.options)
    }

    /// Feeds the bytes of both texts.
    public func hash(into hasher: inout Hasher) {
        pattern.hashBytes(into: &hasher)
        options.hashBytes(into: &hasher)
    }
}

/// Base64 as RFC 4648 has it: the standard alphabet, padded.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The place of each byte in the alphabet; 0xFF where it has none.
    private static let places: [UInt8] = {
        var places = [UInt8](repeating: 0xFF, count: 256)
        for (place, byte) in alphabet.enumerated() { places[Int(byte)] = UInt8(place) }
        return places
    }()

    static func append(_ bytes: [UInt8], to out: inout [UInt8]) {
        out.reserveCapacity(out.count + (bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let length = min(3, bytes.count - start)
            var group: UInt32 = 0
            for place in 0..<3 { group = group << 8 | (place < length ? UInt32(bytes[start + place]) : 0) }
            for place in 0..<4 {
                out.append(place <= length ? alphabet[Int(group >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
            }
        }
    }

    /// The bytes, or nil when the text is not padded Base64.
    static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 4) else { return nil }
        let padding = digits.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var out: [UInt8] = []
        out.reserveCapacity(digits.count / 4 * 3)
        var group: UInt32 = 0
        for (place, digit) in digits.enumerated() {
            let isPadding = place >= digits.count - padding
            let value = isPadding ? 0 : places[Int(digit)]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            guard place % 4 == 3 else { continue }
            for shift in [UInt32(16), 8, 0] { out.append(UInt8(truncatingIfNeeded: group >> shift)) }
            group = 0
        }
        out.removeLast(padding)
        return out
    }
}
