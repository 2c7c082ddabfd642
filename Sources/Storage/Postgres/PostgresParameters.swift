internal import CPostgres

/// The values of a statement as libpq wants them: in binary form, each an address and a length.
///
/// One for each connection, used again for every statement.
struct PostgresParameters {
    private var bytes: [UInt8] = []
    private var ends: [Int?] = []
    private var addresses: [UnsafePointer<CChar>?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// Hands the values to `send`; their addresses hold that long.
    mutating func with(
        _ values: [SQLValue],
        _ send: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Int32
    ) throws -> Int32 {
        if values.isEmpty { return send(0, nil, nil, nil) }
        try pack(values)
        let count = values.count
        while formats.count < count { formats.append(1) }
        defer { if bytes.count > 1 << 20 { bytes = [] } }
        return bytes.withUnsafeBytes { bytes in
            addresses.removeAll(keepingCapacity: true)
            lengths.removeAll(keepingCapacity: true)
            var start = 0
            for end in ends {
                guard let end else {
                    addresses.append(nil)
                    lengths.append(0)
                    continue
                }
                addresses.append(bytes.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self))
                lengths.append(Int32(end - start))
                start = end
            }
            return send(Int32(count), addresses, lengths, formats)
        }
    }

    /// Bytes that are on their way to the server.
    var byteCount: Int { bytes.count }

    private mutating func pack(_ values: [SQLValue]) throws {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        for value in values {
            switch value {
            case .null:
                ends.append(nil)
                continue
            case .int(let int): append(UInt64(bitPattern: int))
            case .double(let double): append(double.bitPattern)
            case .text(let text):
                let start = bytes.count
                bytes.append(contentsOf: text.utf8)
                guard !bytes[start...].contains(0) else { throw StorageError.refused("22021", "PostgreSQL has no text with U+0000 in it") }
            case .verbatim(let text): bytes.append(contentsOf: text.utf8)
            case .blob(let blob): bytes.append(contentsOf: blob)
            }
            ends.append(bytes.count)
        }
        // An empty value at the end needs an address too: a null one would be NULL.
        bytes.append(0)
    }

    private mutating func append(_ word: UInt64) {
        withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
