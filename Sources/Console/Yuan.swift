internal import Kernel

/// Sums of money as a merchant writes and reads them: yuan with at most two decimals, kept in fen as whole numbers.
enum Yuan {
    /// The most that is read: 10 billion yuan, as the management API takes it.
    private static let most: Int64 = 1_000_000_000_000

    /// `1,234.50`.
    static func text(_ fen: Int64) -> String {
        let (whole, rest) = fen.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(fen < 0 ? "-" : "")\(grouped(whole)).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// `¥1,234.50`.
    static func sign(_ fen: Int64) -> String { fen < 0 ? "-¥\(text(-fen))" : "¥\(text(fen))" }

    /// `10` for ten yuan, `9.90` for less than that: as it stands on a coupon.
    static func short(_ fen: Int64) -> String { fen % 100 == 0 ? grouped((fen / 100).magnitude) : text(fen) }

    /// As a field of a form has it.
    static func field(_ fen: Int64) -> String { text(fen).filter { $0 != "," } }

    /// What somebody typed, in fen; `nil` for what is no sum of money or too much.
    ///
    /// The digits are read one by one: 19.99 is 1999 fen, which no binary fraction would promise.
    static func fen(_ typed: String) -> Int64? {
        let text = typed.filter { $0 != "," && $0 != "，" && $0 != "¥" && $0 != "￥" && $0 != "元" && !$0.isWhitespace }
        return hundredths(text).flatMap { $0 <= most ? $0 : nil }
    }

    /// `12.5` as 1250; `nil` for what is no number with at most two decimals.
    static func hundredths(_ text: String) -> Int64? { ScaledDecimal.scaled(text, places: 2, digitsMax: 15) }

    /// Hundredths as people write them: `15`, `12.5`.
    static func decimal(_ hundredths: Int64) -> String {
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(whole)" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Hundredths of a percent of the price as what is paid of ten: 8500 is 8.5.
    static func thousandths(_ points: Int64) -> String {
        let (whole, rest) = points.quotientAndRemainder(dividingBy: 1000)
        let digits = "00\(rest)".suffix(3)
        let kept = digits.reversed().drop { $0 == "0" }.reversed()
        return kept.isEmpty ? "\(whole)" : "\(whole).\(String(kept))"
    }

    static func grouped(_ number: some BinaryInteger) -> String {
        let digits = String(number)
        let lead = digits.count % 3
        return digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, digit.offset % 3 == lead { text += "," }
            text.append(digit.element)
        }
    }

    private static func digits(_ bytes: Substring.UTF8View) -> Int64? {
        bytes.allSatisfy { (48...57).contains($0) } ? bytes.reduce(0) { $0 * 10 + Int64($1 - 48) } : nil
    }
}
