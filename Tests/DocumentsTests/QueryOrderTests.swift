import Kernel
import TestSupport
import Testing

@testable import Documents

@Suite struct QueryOrderTests {
    /// From the least to the greatest.
    static let ladder: [JSON] = [
        .null, .double(.nan), .double(-.infinity), .double(-1e300), .int(.min), -1, .double(-0.5), 0, 0.5, 1,
        .double(9_007_199_254_740_992),
        .int(9_007_199_254_740_993), .double(9_007_199_254_740_994), .int(.max - 1), .int(.max), .double(0x1p63), .double(.infinity),
        "", "\0", "\0a", "\u{1}", "a", "a\0", "ab", "b", "é", "😀",
        [:], ["a": .null], ["a": 1], ["b": 1], ["b": 1, "a": 0], ["b": 2], ["a": "x"], ["a": [:]],
        [], [.null], [1], [1, 1], [2], ["a"], [["a": 1]], [[]], [[1]],
        .binary(BinaryData([])), .binary(BinaryData([], subtype: 1)), .binary(BinaryData([0])), .binary(BinaryData([255])),
        .binary(BinaryData([0], subtype: 1)), .binary(BinaryData([0, 0])), .binary(BinaryData([UInt8](repeating: 0, count: 256))),
        false, true, .date(.min), .date(-1), .date(0), .date(.max), .regularExpression(RegularExpression(pattern: "", options: "i")),
        .regularExpression(RegularExpression(pattern: "a")), .regularExpression(RegularExpression(pattern: "a", options: "i")),
        .regularExpression(RegularExpression(pattern: "ab")),
    ]

    @Test func ordersAllTypes() {
        for (low, left) in Self.ladder.enumerated() {
            for (high, right) in Self.ladder.enumerated() {
                #expect(ValueOrder.compare(left, right) == Precedence(low, high), "\(left.text) and \(right.text)")
                #expect((left == right) == (low == high))
            }
        }
    }

    @Test func encodesInTheSameOrder() {
        let keys = Self.ladder.map { KeyEncoder.encode(.value($0)) }
        for (low, left) in keys.enumerated() {
            for (high, right) in keys.enumerated() where low < high {
                #expect(left.lexicographicallyPrecedes(right), "\(Self.ladder[low].text) and \(Self.ladder[high].text)")
            }
        }
        #expect(KeyEncoder.encode(.emptyArray).lexicographicallyPrecedes(KeyEncoder.encode(.value(.null))))
    }

    @Test func encodesEqualNumbersAlike() {
        for (left, right) in [
            (JSON.int(1), JSON.double(1)), (.int(0), .double(-0.0)), (.int(.min), .double(-0x1p63)), (.int(1 << 60), .double(0x1p60)),
        ] {
            #expect(KeyEncoder.encode(.value(left)) == KeyEncoder.encode(.value(right)))
        }
    }

    /// Random keys of several fields compare like their values, and no value's key begins another's.
    @Test func encodesRandomValuesInOrder() {
        var generator = QueryGenerator(seed: 31)
        for _ in 0..<20_000 {
            let left = [generator.value(depth: 2), generator.value(depth: 1)]
            let right = [generator.random.below(2) == 0 ? left[0] : generator.value(depth: 2), generator.value(depth: 1)]
            let directions = [generator.random.below(2) == 0, generator.random.below(2) == 0]
            var expected = Precedence.same
            for place in 0..<2 where expected == .same {
                let precedence = ValueOrder.compare(left[place], right[place])
                expected = directions[place] ? precedence.reversed : precedence
            }
            let keys = [left, right].map { values in
                var encoder = KeyEncoder()
                for (place, value) in values.enumerated() { encoder.append(.value(value), descending: directions[place]) }
                return encoder.bytes
            }
            let found: Precedence = keys[0] == keys[1] ? .same : (keys[0].lexicographicallyPrecedes(keys[1]) ? .ascending : .descending)
            #expect(found == expected, "\(left) \(right)")
            let (first, second) = (KeyEncoder.encode(.value(left[0])), KeyEncoder.encode(.value(right[0])))
            #expect(first == second || !first.starts(with: second))
        }
    }
}
