internal import CPostgres

/// One value of a result, in the binary form in which PostgreSQL sends it.
struct PostgresCell {
    private let result: OpaquePointer
    private let row: Int32
    private let column: Int32

    init(_ result: OpaquePointer, row: Int32, column: Int32) {
        self.result = result
        self.row = row
        self.column = column
    }

    var isNull: Bool { PQgetisnull(result, row, column) == 1 }

    /// Where the value lies; it goes with the result.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    }

    var int: Int64 {
        let bytes = bytes
        guard !bytes.isEmpty else { return 0 }
        switch PQftype(result, column) {
        case PostgresType.int8: return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        case PostgresType.int4: return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case PostgresType.int2: return Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        case PostgresType.bool: return bytes[0] == 0 ? 0 : 1
        case PostgresType.oid: return Int64(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
        case PostgresType.float8, PostgresType.float4, PostgresType.numeric: return Int64(exactly: double.rounded(.towardZero)) ?? 0
        default: return Int64(text) ?? 0
        }
    }

    var double: Double {
        let bytes = bytes
        guard !bytes.isEmpty else { return 0 }
        switch PQftype(result, column) {
        case PostgresType.float8: return Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
        case PostgresType.float4: return Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
        case PostgresType.numeric: return Self.numeric(bytes)
        case PostgresType.int8, PostgresType.int4, PostgresType.int2, PostgresType.bool, PostgresType.oid: return Double(int)
        default: return Double(text) ?? 0
        }
    }

    var text: String {
        if isNull { return "" }
        switch PQftype(result, column) {
        case PostgresType.int8, PostgresType.int4, PostgresType.int2, PostgresType.bool, PostgresType.oid: return String(int)
        case PostgresType.float8, PostgresType.float4, PostgresType.numeric: return String(double)
        default: return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// What `sum` of large integers answers: digits to the base 10,000 behind their number, weight, sign and scale.
    private static func numeric(_ bytes: UnsafeRawBufferPointer) -> Double {
        func word(_ position: Int) -> Int16 { Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: position * 2, as: Int16.self)) }
        guard bytes.count >= 8, UInt16(bitPattern: word(2)) & 0xC000 != 0xC000 else { return .nan }
        var value = 0.0
        var left = Int(word(1))
        for digit in 0..<min(Int(word(0)), bytes.count / 2 - 4) {
            value = value * 10_000 + Double(word(4 + digit))
            left -= 1
        }
        while left >= 0 {
            value *= 10_000
            left -= 1
        }
        while left < -1 {
            value /= 10_000
            left += 1
        }
        return word(2) == 0x4000 ? -value : value
    }
}

/// The object identifiers of PostgreSQL's own types; they never change.
enum PostgresType {
    static let unspecified: Oid = 0
    static let bool: Oid = 16
    static let bytea: Oid = 17
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let oid: Oid = 26
    static let float4: Oid = 700
    static let float8: Oid = 701
    static let numeric: Oid = 1700
}
