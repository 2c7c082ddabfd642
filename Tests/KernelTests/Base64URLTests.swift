import Foundation
import TestSupport
import Testing

@testable import Kernel

@Suite struct Base64URLTests {
    @Test func itIsWhatFoundationWritesWithTheOtherAlphabet() {
        var chance = SeededGenerator(seed: 1)
        for length in 0..<70 {
            let bytes = (0..<length).map { _ in UInt8(chance.below(256)) }
            let expected = Data(bytes).base64EncodedString().filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
            let text = Base64URL.text(bytes)
            #expect(text == String(expected))
            #expect(Base64URL.bytes(Array(text.utf8)[...]) == bytes)
        }
    }

    @Test(arguments: ["A", "AB=", "AB+A", "AB/A", "AAAAA", "AB", "AAB", "Zm9 v", "é"])
    func whatIsNotItsOwnTextIsNone(_ text: String) { #expect(Base64URL.bytes(Array(text.utf8)[...]) == nil) }

    @Test func requestIDsDiffer() {
        let ids = Set((0..<100_000).map { _ in RequestID.make() })
        #expect(ids.count == 100_000)
        #expect(ids.allSatisfy { RequestID.accepted($0) && $0.utf8.count == 18 })
    }
}
