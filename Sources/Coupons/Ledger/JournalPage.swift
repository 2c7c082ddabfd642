/// The bytes of a page: what one commit appends to the journal.
///
/// A checksum lies in front, so that a page of which only a part reached the disk is known for what it is.
enum JournalPage {
    enum Damage: Error, Equatable { case checksum, form }

    /// In the byte of an entry's kind: members follow that most entries do not have.
    fileprivate static let moreFlag: UInt8 = 0x80

    static func bytes(of entries: some Collection<LedgerEntry>) -> [UInt8] {
        var writer = ByteWriter()
        writer.bytes.reserveCapacity(16 + entries.count * 72)
        writer.fixed(0)
        writer.number(Int64(entries.count))
        for entry in entries { writer.entry(entry) }
        let checksum = hash(writer.bytes[8...])
        for index in 0..<8 { writer.bytes[index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt64(index))) }
        return writer.bytes
    }

    static func entries(in bytes: UnsafeRawBufferPointer, _ each: (LedgerEntry) throws -> Void) throws {
        guard bytes.count >= 9 else { throw Damage.form }
        let checksum = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard hash(UnsafeRawBufferPointer(rebasing: bytes[8...])) == checksum else { throw Damage.checksum }
        var reader = ByteReader(bytes: bytes, position: 8)
        let count = try reader.number()
        guard count >= 0, count <= bytes.count else { throw Damage.form }
        for _ in 0..<count { try each(try reader.entry()) }
        guard reader.position == bytes.count else { throw Damage.form }
    }

    /// FNV-1a over words of eight bytes: a checksum against accidents, not against people.
    static func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) } ?? hash(Array(bytes))
    }

    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bytes.count)
        var position = 0
        while position + 8 <= bytes.count {
            hash = (hash ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 29
            position += 8
        }
        while position < bytes.count {
            hash = (hash ^ UInt64(bytes[position])) &* 0x0000_0100_0000_01B3
            position += 1
        }
        return hash ^ (hash >> 32)
    }
}

private struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func fixed(_ word: UInt64) { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func number(_ number: Int64) {
        // Zigzag, then seven bits a byte.
        var rest = UInt64(bitPattern: (number << 1) ^ (number >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func text(_ text: String) {
        number(Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func entry(_ entry: LedgerEntry) {
        let hasMore = !entry.place.isEmpty || entry.inviter != 0
        bytes.append(entry.kind.rawValue | (hasMore ? JournalPage.moreFlag : 0))
        bytes.append(entry.account.rawValue)
        number(entry.batch)
        number(entry.coupon)
        number(entry.at)
        number(entry.amount)
        number(entry.balance)
        number(entry.from)
        number(entry.until)
        number(entry.code)
        text(entry.text)
        text(entry.order)
        text(entry.key)
        fixed(entry.hash)
        guard hasMore else { return }
        text(entry.place)
        number(entry.inviter)
    }
}

private struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    mutating func byte() throws -> UInt8 {
        guard position < bytes.count else { throw JournalPage.Damage.form }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() throws -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 64 else { throw JournalPage.Damage.form }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func text() throws -> String {
        let count = try number()
        guard count >= 0, count <= bytes.count - position else { throw JournalPage.Damage.form }
        defer { position += Int(count) }
        return String(decoding: bytes[position..<(position + Int(count))], as: UTF8.self)
    }

    mutating func fixed() throws -> UInt64 {
        guard bytes.count - position >= 8 else { throw JournalPage.Damage.form }
        defer { position += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    mutating func entry() throws -> LedgerEntry {
        let first = try byte()
        guard let kind = LedgerEntry.Kind(rawValue: first & ~JournalPage.moreFlag), let account = CouponAccount(rawValue: try byte()) else {
            throw JournalPage.Damage.form
        }
        var entry = LedgerEntry(kind: kind, batch: try number(), coupon: try number(), at: try number(), account: account)
        entry.amount = try number()
        entry.balance = try number()
        entry.from = try number()
        entry.until = try number()
        entry.code = try number()
        entry.text = try text()
        entry.order = try text()
        entry.key = try text()
        entry.hash = try fixed()
        guard first & JournalPage.moreFlag != 0 else { return entry }
        entry.place = try text()
        entry.inviter = try number()
        return entry
    }
}
