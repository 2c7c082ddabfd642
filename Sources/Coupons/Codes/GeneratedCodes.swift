internal import Crypto
internal import Foundation

/// Codes that the server makes and knows again without keeping any: twelve letters and digits, `7K3M-9QXD-2F8W`.
///
/// A code is its batch's number, its place in the batch and 22 zeros, enciphered by a Feistel network that only this environment knows. Of 2^60
/// texts of this form only those that were made decipher to a batch, a place and zeros, so a guess hits one of a million codes once in 2^40 tries.
struct GeneratedCodes: Sendable {
    /// Which code it is.
    struct Place: Sendable, Hashable {
        let batch: Int64
        let index: Int64
    }

    private static let length = 12
    private static let half: UInt64 = (1 << 30) - 1
    private static let zeroBits: UInt64 = 22
    private static let indexBits: UInt64 = 24
    private static let rounds: UInt8 = 6
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    private let key: SymmetricKey

    init(secret: SymmetricKey) { key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array("codes".utf8), using: secret)) }

    /// The code at a place.
    func code(_ place: Place) -> String {
        let plain = (UInt64(place.batch) << Self.indexBits | UInt64(place.index)) << Self.zeroBits
        var (left, right) = (plain >> 30, plain & Self.half)
        for round in 0..<Self.rounds { (left, right) = (right, left ^ mix(right, round)) }
        let bits = left << 30 | right
        var text = ""
        text.reserveCapacity(Self.length + 2)
        for index in 0..<Self.length {
            if index == 4 || index == 8 { text.append("-") }
            text.unicodeScalars.append(UnicodeScalar(Self.digits[Int(truncatingIfNeeded: bits >> (5 * UInt64(Self.length - 1 - index))) & 31]))
        }
        return text
    }

    /// Which code a text is; `nil` for what is none, whoever typed it how.
    func place(_ text: String) -> Place? {
        var bits: UInt64 = 0
        var count = 0
        for byte in text.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: " ") {
            guard count < Self.length, let digit = Self.digit(byte) else { return nil }
            bits = bits << 5 | digit
            count += 1
        }
        guard count == Self.length else { return nil }
        var (left, right) = (bits >> 30, bits & Self.half)
        for round in (0..<Self.rounds).reversed() { (left, right) = (right ^ mix(left, round), left) }
        let plain = left << 30 | right
        guard plain & ((1 << Self.zeroBits) - 1) == 0 else { return nil }
        let place = plain >> Self.zeroBits
        return Place(batch: Int64(place >> Self.indexBits), index: Int64(place & ((1 << Self.indexBits) - 1)))
    }

    /// What is read like another letter is taken for it.
    private static func digit(_ byte: UInt8) -> UInt64? {
        let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
        let meant =
            switch upper {
            case UInt8(ascii: "O"): UInt8(ascii: "0")
            case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
            default: upper
            }
        return digits.firstIndex(of: meant).map(UInt64.init)
    }

    private func mix(_ half: UInt64, _ round: UInt8) -> UInt64 {
        let input: [UInt8] = [
            round, UInt8(truncatingIfNeeded: half), UInt8(truncatingIfNeeded: half >> 8), UInt8(truncatingIfNeeded: half >> 16), UInt8(half >> 24),
        ]
        return HMAC<SHA256>.authenticationCode(for: input, using: key).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } & Self.half
    }
}
