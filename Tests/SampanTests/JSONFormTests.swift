import HTTPSupport
import Kernel
import Testing

/// The check of events agrees with the parser, except where the parser is stricter about meaning than about form.
struct JSONFormTests {
    private func isSound(_ bytes: [UInt8]) -> Bool {
        (try? bytes.withUnsafeBytes { try JSONForm.check($0) }) != nil
    }

    private func isParsed(_ bytes: [UInt8]) -> Bool { (try? JSON(parsing: bytes)) != nil }

    private static let sound = [
        "null", " true ", "false", "0", "-0", "-12.5e+3", "1E5", "1e-7", #""""#, #""a\"\\\/\b\f\n\r\té\u00e9""#, "[]", "{}", "[1,[2,{}],[]]",
        #"{"a":{"b":[{}]},"c":null}"#, "\t{ \"a\" :\r\n 1 , \"b\" : [ ] } ",
    ]

    @Test(arguments: sound)
    func soundTextsPass(_ text: String) {
        #expect(isSound(Array(text.utf8)))
        #expect(isParsed(Array(text.utf8)))
    }

    @Test func everyCutAndEveryChangedByteIsJudgedAsTheParserJudgesIt() {
        for text in Self.sound {
            let bytes = Array(text.utf8)
            for count in bytes.indices {
                let cut = Array(bytes[..<count])
                #expect(isSound(cut) == isParsed(cut), "\(cut)")
            }
            for place in bytes.indices {
                for byte in [0, 0x1F, 0x20, 0x22, 0x2C, 0x2D, 0x2E, 0x30, 0x31, 0x3A, 0x5B, 0x5C, 0x5D, 0x65, 0x75, 0x7B, 0x7D, 0x80, 0xC3, 0xFF] as [UInt8] {
                    var changed = bytes
                    changed[place] = byte
                    #expect(isSound(changed) == isParsed(changed), "\(String(decoding: changed, as: UTF8.self)) \(changed)")
                }
            }
        }
    }

    @Test func nestingIsBounded() {
        #expect(isSound(Array(String(repeating: "[", count: 100).utf8) + Array(String(repeating: "]", count: 100).utf8)))
        #expect(!isSound(Array(String(repeating: "[", count: 101).utf8) + Array(String(repeating: "]", count: 101).utf8)))
        #expect(!isSound(Array(String(repeating: #"{"a":"#, count: 1_000_000).utf8)))
    }

    @Test func whatOnlyTheReaderCanJudgeIsLeftToIt() {
        #expect(isSound(Array(#"{"a":1,"a":2}"#.utf8)))
        #expect(isSound(Array(#""\ud800""#.utf8)))
    }
}
