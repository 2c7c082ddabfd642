import Kernel
import TestSupport

/// Makes random JSON values with awkward contents.
struct JSONGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func value(depth: Int = 4) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2: .int(integer())
        case 3: .double(double())
        case 4: .date(integer() / 1000)
        case 5, 6: .string(string())
        case 7: .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1) })
        default: .object(object(depth: depth - 1))
        }
    }

    mutating func object(depth: Int) -> JSONObject {
        JSONObject((0..<Int.random(in: 0...5, using: &random)).map { _ in (string(), value(depth: depth)) })
    }

    mutating func integer() -> Int64 {
        let bits = Int.random(in: 0...63, using: &random)
        return Int64(truncatingIfNeeded: UInt64.random(in: 0...UInt64.max, using: &random)) >> Int64(bits)
    }

    mutating func double() -> Double {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: Double(integer())
        case 1: Double(integer()) / 100
        case 2: Double.random(in: -1...1, using: &random)
        default:
            finite(Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random)))
        }
    }

    private func finite(_ number: Double) -> Double { number.isFinite ? number : 0.1 }

    mutating func string() -> String {
        let pieces = [
            "a", "b", "name", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "é", "e\u{301}", "价格", "😀", "$", ".", "\u{2028}", "0", " ",
        ]
        return (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
}
