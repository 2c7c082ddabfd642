internal import Crypto
internal import Foundation

/// The ids that people see instead of coupons' numbers, which would tell how many a shop has given.
///
/// `cpn-` and thirteen letters and digits: the number, mixed by a bijection that only this environment knows.
struct CouponNumbers: Sendable {
    /// What numbers stand for: a coupon, or the invitation that its user gives.
    enum Purpose: String {
        case ids = "cpn-"
        case invitations = "inv-"
    }

    private let prefix: String
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    private let first: UInt64
    private let second: UInt64
    private let firstInverse: UInt64
    private let secondInverse: UInt64
    private let key: UInt64

    init(secret: SymmetricKey, _ purpose: Purpose = .ids) {
        prefix = purpose.rawValue
        let mixed = HMAC<SHA512>.authenticationCode(for: Array((purpose == .ids ? "ids" : "invitations").utf8), using: secret)
        let words = Array(mixed).withUnsafeBytes { bytes in (0..<3).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) } }
        key = words[0]
        first = words[1] | 1
        second = words[2] | 1
        firstInverse = Self.inverse(first)
        secondInverse = Self.inverse(second)
    }

    /// The id of a coupon.
    func id(_ number: Int64) -> String {
        var mixed = (UInt64(bitPattern: number) ^ key) &* first
        mixed ^= mixed >> 32
        mixed = mixed &* second
        mixed ^= mixed >> 32
        return String(unsafeUninitializedCapacity: 17) { buffer in
            for (index, byte) in prefix.utf8.enumerated() { buffer[index] = byte }
            for index in 0..<13 { buffer[4 + index] = Self.digits[Int(truncatingIfNeeded: mixed >> (5 * UInt64(12 - index))) & 31] }
            return 17
        }
    }

    /// The number of an id; `nil` for what is none.
    func number(_ id: String) -> Int64? {
        let bytes = Array(id.utf8)
        guard bytes.count == 17, bytes.starts(with: prefix.utf8) else { return nil }
        var mixed: UInt64 = 0
        for (index, byte) in bytes[4...].enumerated() {
            guard let digit = Self.digits.firstIndex(of: byte), index > 0 || digit < 16 else { return nil }
            mixed = mixed << 5 | UInt64(digit)
        }
        mixed ^= mixed >> 32
        mixed = mixed &* secondInverse
        mixed ^= mixed >> 32
        mixed = (mixed &* firstInverse) ^ key
        let number = Int64(bitPattern: mixed)
        return number > 0 ? number : nil
    }

    /// The number by which a product becomes 1 again, modulo 2^64: Newton's method doubles the right bits each time.
    private static func inverse(_ odd: UInt64) -> UInt64 {
        var inverse = odd
        for _ in 0..<6 { inverse = inverse &* (2 &- odd &* inverse) }
        return inverse
    }
}
