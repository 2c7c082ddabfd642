/// Looks at the bytes of strings eight at a time.
enum JSONBytes {
    /// Marks the first quote, backslash, control character or byte beyond ASCII of eight bytes in little-endian order.
    ///
    /// The mark is the high bit of its byte. Marks after the first may be wrong; zero means that there is none.
    @inline(__always)
    static func specialBytes(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let bytes = UInt64(littleEndian: word)
        let quote = bytes ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = bytes ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let special = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (bytes &- ones &* 0x20) & ~bytes | bytes
        return special & 0x8080_8080_8080_8080
    }

    /// Whether a byte stands for itself in a JSON string and is ASCII.
    @inline(__always)
    static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
