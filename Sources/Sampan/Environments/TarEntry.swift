/// One file of a tar archive as POSIX defines it (pax interchange format, IEEE 1003.1-2001).
///
/// A plain ustar header where it can say all; a pax header before it for paths that are long or not ASCII, and for sizes from 8 GiB on.
struct TarEntry {
    private static let blockBytes = 512
    private static let nameBytesMax = 100
    private static let sizeMax: Int64 = 0o77777777777

    let path: String
    let size: Int64
    /// In milliseconds.
    let modifiedAt: Int64
    var isExecutable = false

    /// The two empty blocks that end an archive.
    static let end = [UInt8](repeating: 0, count: 2 * blockBytes)

    /// What comes before the file's bytes.
    var header: [UInt8] {
        let records = paxRecords
        guard !records.isEmpty else { return block(name: Array(path.utf8), size: size, type: "0") }
        let pax = block(name: Array("PaxHeader".utf8), size: Int64(records.count), type: "x")
        return pax + records + Self.padding(after: Int64(records.count)) + block(name: plainName, size: min(size, Self.sizeMax), type: "0")
    }

    /// What comes after the file's bytes: up to the end of their last block.
    static func padding(after size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockBytes - Int(size % Int64(blockBytes))) % blockBytes)
    }

    private var needsPath: Bool { path.utf8.count > Self.nameBytesMax || path.utf8.contains { $0 >= 0x80 } }

    /// What a reader takes that does not know pax headers.
    private var plainName: [UInt8] { Array(path.utf8.map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }.suffix(Self.nameBytesMax)) }

    private var paxRecords: [UInt8] {
        var records: [UInt8] = []
        if needsPath { records += Self.record("path", path) }
        if size > Self.sizeMax { records += Self.record("size", String(size)) }
        return records
    }

    /// `<length> <key>=<value>\n`, whose length counts its own digits.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n".utf8
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
        return Array(String(length).utf8) + rest
    }

    private func block(name: [UInt8], size: Int64, type: Unicode.Scalar) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) { block.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
        func octal(_ number: Int64, digits: Int) -> [UInt8] {
            let text = String(number, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(name, at: 0)
        put(octal(isExecutable ? 0o755 : 0o644, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(min(max(0, modifiedAt / 1000), Self.sizeMax), digits: 11), at: 136)
        block[156] = UInt8(ascii: type)
        put("ustar\0".utf8, at: 257)
        put("00".utf8, at: 263)
        // The sum is taken as if its own field held spaces.
        put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148)
        put(octal(block.reduce(0) { $0 + Int64($1) }, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
        return block
    }
}
