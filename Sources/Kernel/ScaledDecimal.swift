/// Decimal fractions that are kept as whole numbers of their last place: fen as yuan, hundredths of a percent.
///
/// The digits are read and written one by one: 19.99 is 1999, which no binary fraction would promise.
public enum ScaledDecimal {
    /// `5.5` with two places as 550; `nil` for what is no such number, finer, or longer than `digitsMax` in front of the point.
    public static func scaled(_ text: some StringProtocol, places: Int, digitsMax: Int = 11) -> Int64? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let (whole, part) = (parts[0], parts.count == 2 ? Array(parts[1]) : [])
        guard (1...digitsMax).contains(whole.count), parts.count == 1 || (1...places).contains(part.count) else { return nil }
        let digits = Array(whole) + part + Array(repeating: UInt8(ascii: "0"), count: places - part.count)
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    /// Hundredths with two places: 550 as `5.50`, -50 as `-0.50`.
    public static func hundredths(_ number: Int64) -> String {
        let (whole, rest) = number.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(number < 0 ? "-" : "")\(whole).\(DateText.padded(Int(rest), 2))"
    }
}
