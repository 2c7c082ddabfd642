/// The text of 128-bit decimal numbers (IEEE 754-2008, binary integer significand), as MongoDB's drivers write it.
enum BSONDecimal {
    private static let bias = 6176

    static func text(low: UInt64, high: UInt64) -> String {
        let sign = high >> 63 == 1 ? "-" : ""
        switch high >> 58 & 0x1F {
        case 0x1F: return "NaN"
        case 0x1E: return sign + "Infinity"
        // Significands of this form are beyond 34 digits, which the standard reads as zero.
        case 0x18...0x1D: return sign + text(0, exponent: Int(high >> 47 & 0x3FFF) - bias)
        default:
            let significand = UInt128(high & (1 << 49 - 1)) << 64 | UInt128(low)
            return sign + text(significand < largest ? significand : 0, exponent: Int(high >> 49 & 0x3FFF) - bias)
        }
    }

    /// 10^34.
    private static let largest: UInt128 = (0..<34).reduce(1) { power, _ in power * 10 }

    /// Plain digits where the standard has them, otherwise with an exponent.
    private static func text(_ significand: UInt128, exponent: Int) -> String {
        let digits = String(significand)
        let count = digits.utf8.count
        let scientific = exponent + count - 1
        if exponent > 0 || scientific < -6 {
            let fraction = count > 1 ? "." + digits.dropFirst() : ""
            return "\(digits.prefix(1))\(fraction)E\(scientific < 0 ? "" : "+")\(scientific)"
        }
        if exponent == 0 { return digits }
        if count + exponent > 0 { return "\(digits.dropLast(-exponent)).\(digits.suffix(-exponent))" }
        return "0." + String(repeating: "0", count: -exponent - count) + digits
    }
}
