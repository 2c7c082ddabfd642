import Kernel
import TestSupport
import Testing

@Suite struct JSONWriterTests {
    @Test(
        arguments: [
            (JSON.null, "null"), (true, "true"), (.int(.min), "-9223372036854775808"), (.int(.max), "9223372036854775807"), (0, "0"),
            (1.0, "1"), (-0.0, "0"), (1.5, "1.5"), (0.1, "0.1"), (.double(0x1p53), "9007199254740992.0"), (.double(1e300), "1e+300"),
            (.double(.nan), "null"), (.double(.infinity), "null"), (.date(-5), "{\"$date\":-5}"),
            ("a\"\\/\n\t\u{1}é😀", "\"a\\\"\\\\/\\n\\t\\u0001é😀\""), (["b": 1, "a": [.null, "x"]], "{\"b\":1,\"a\":[null,\"x\"]}"),
            ([:], "{}"), ([], "[]"),
        ] as [(JSON, String)]) func writes(value: JSON, expected: String)
    {
        #expect(value.text == expected)
    }

    /// What is written reads back as the same value, and the same bytes are written again.
    @Test func readsBackWhatItWrote() throws {
        var generator = JSONGenerator(seed: 1)
        for _ in 0..<5000 {
            let value = generator.value()
            let bytes = value.serialized()
            let again = try JSON(parsing: bytes)
            #expect(again == value)
            #expect(again.hashValue == value.hashValue)
            #expect(again.serialized() == bytes)
        }
    }

    /// Damaged bytes give a value or an error, never a crash; a value reads back from what it is written as.
    @Test func survivesDamagedBytes() throws {
        var generator = JSONGenerator(seed: 2)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = generator.value().serialized()
            for _ in 0..<Int.random(in: 1...3, using: &generator.random) { damage(&bytes, &generator.random) }
            guard let value = try? JSON(parsing: bytes) else { continue }
            accepted += 1
            #expect(try JSON(parsing: value.serialized()) == value)
        }
        #expect(accepted > 100)
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0...max(0, bytes.count - 1), using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1 where !bytes.isEmpty: bytes.remove(at: place)
        default: bytes.insert(Array("\"\\{}[],:0e-u\u{1}".utf8).randomElement(using: &random) ?? 0, at: min(place, bytes.count))
        }
    }
}
