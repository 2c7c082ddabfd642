/// Why stored bytes are refused: the caller starts anew with an empty value, which costs accuracy and nothing else.
public enum DamagedBytes: Error, Hashable, Sendable {
    /// Written by another version of this value, or not by this value at all.
    case otherFormat
    /// The checksum does not fit: bytes were lost or changed.
    case checksum
    /// The checksum fits and the content makes no sense.
    case content
}

/// Writes a value: a mark of four bytes that names kind and version, the content, and a checksum (FNV-1a, 64 bits).
struct ByteWriter {
    private(set) var bytes: [UInt8]

    init(mark: UInt32) { bytes = (0..<4).map { UInt8(truncatingIfNeeded: mark >> ($0 * 8)) } }

    /// Seven bits a byte, least first; the high bit says that more follow.
    mutating func append(_ value: UInt) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ value: Double) { append(fixed: value.bitPattern) }

    mutating func append(contentsOf more: [UInt8]) { bytes += more }

    func finished() -> [UInt8] {
        var whole = self
        whole.append(fixed: checksum(bytes[...]))
        return whole.bytes
    }

    private mutating func append(fixed: UInt64) { for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: fixed >> (shift * 8))) } }
}

/// Reads what `ByteWriter` wrote and refuses everything else.
struct ByteReader {
    private let bytes: [UInt8]
    private var place: Int

    init(_ whole: [UInt8], mark: UInt32) throws(DamagedBytes) {
        guard whole.count >= 12, whole.prefix(4).elementsEqual((0..<4).map { UInt8(truncatingIfNeeded: mark >> ($0 * 8)) }) else { throw .otherFormat }
        bytes = Array(whole.dropLast(8))
        place = 4
        guard checksum(bytes[...]) == Self.fixed(whole.suffix(8)) else { throw .checksum }
    }

    /// A number of at most `limit`.
    mutating func number(upTo limit: Int) throws(DamagedBytes) -> Int {
        guard let value = bytes.withUnsafeBufferPointer({ nextNumber(in: $0, &place) }), value <= UInt(max(0, limit)) else { throw .content }
        return Int(value)
    }

    /// Numbers from 0 to `limit`.
    mutating func amounts(_ count: Int, upTo limit: Double) throws(DamagedBytes) -> [Double] {
        var values = [Double]()
        for _ in 0..<count {
            let value = Double(bitPattern: Self.fixed(try take(8)))
            guard value >= 0, value <= limit else { throw .content }
            values.append(value)
        }
        return values
    }

    mutating func take(_ count: Int) throws(DamagedBytes) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - place else { throw .content }
        defer { place += count }
        return bytes[place..<place + count]
    }

    func finish() throws(DamagedBytes) { if place != bytes.endIndex { throw .content } }

    private static func fixed(_ eight: ArraySlice<UInt8>) -> UInt64 {
        eight.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The number that begins at `place`, which is moved behind it; none if it has no end or is too large.
func nextNumber(in bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> UInt? {
    var (value, shift): (UInt, UInt) = (0, 0)
    while place < bytes.count, shift < 63 {
        let byte = bytes[place]
        place += 1
        value |= UInt(byte & 127) << shift
        if byte < 128 { return value }
        shift += 7
    }
    return nil
}

private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
