/// Bytes that came and are not used up, in one piece.
struct ByteWindow: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    /// How many bytes were dropped: the place of the first byte in the file.
    private(set) var dropped = 0

    /// How many bytes there are.
    var count: Int { bytes.count - start }

    /// The byte at a place from 0 to `count - 1`.
    subscript(place: Int) -> UInt8 { bytes[start + place] }

    mutating func append(_ raw: UnsafeRawBufferPointer) {
        // Moves at most as many bytes as were dropped, so that every byte is moved a bounded number of times.
        if start > 0, start >= bytes.count - start {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: raw)
    }

    mutating func drop(_ length: Int) {
        start += length
        dropped += length
        guard start == bytes.count else { return }
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
        start = 0
    }

    /// Shows bytes in place.
    func withBytes<Answer>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start + range.lowerBound..<start + range.upperBound])) }
    }

    /// Whether the bytes at the start are these.
    func starts(with prefix: [UInt8]) -> Bool {
        count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
    }
}

/// The first bytes of a text file, which say how it is encoded.
enum ByteOrderMark {
    /// How many bytes a mark in UTF-8 has.
    static let length = 3
    static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Drops a mark of UTF-8.
    ///
    /// - Returns: whether the text is in UTF-16 instead, which nobody here reads.
    static func take(from window: inout ByteWindow) -> Bool {
        if window.starts(with: utf8) { window.drop(length) }
        return window.starts(with: [0xFF, 0xFE]) || window.starts(with: [0xFE, 0xFF])
    }
}
