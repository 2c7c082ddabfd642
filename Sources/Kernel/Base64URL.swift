/// Base64 with the alphabet that is safe in headers and addresses, unpadded (RFC 4648, section 5).
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// The text of some bytes.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        var letters: [UInt8] = []
        letters.reserveCapacity(bytes.underestimatedCount * 4 / 3 + 4)
        var (held, bits) = (UInt32(0), UInt32(0))
        for byte in bytes {
            held = held << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                letters.append(alphabet[Int(held >> bits & 63)])
            }
        }
        if bits > 0 { letters.append(alphabet[Int(held << (6 - bits) & 63)]) }
        return String(decoding: letters, as: UTF8.self)
    }

    /// The bytes of a text; `nil` for a letter that is none of the alphabet, and for any but the one text that `text` would write.
    public static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var (held, bits) = (UInt32(0), UInt32(0))
        let values = values
        for letter in text {
            let value = values[Int(letter)]
            guard value < 64 else { return nil }
            held = held << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> bits))
            }
        }
        // A letter too many says nothing, and what is left of the last one must be zero.
        guard bits < 6, held & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }
}
