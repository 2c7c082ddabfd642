import Kernel
import Testing

@testable import Documents

@Suite struct FormatsLinesTests {
    static let files: [(String, count: Int)] = [
        ("", 0), ("\n \r\n", 0), ("[]", 0), (" [ ]\n", 0),
        ("{\"a\":1}\n{\"a\":2}", 2), ("\u{FEFF}{\"a\":1}\r\n\r\n{\"a\":2}\r\n", 2), ("\u{FEFF}[{\"a\":1}]", 1),
        ("[{\"a\":\"]},\\\"\"},\n{\"b\":[1,{}]}\n,\n\n{}]\n\n", 3), ("\n\n[\n{\n\"a\": [\n1]\n}\n]", 1),
        ("{\"_id\":{\"$oid\":\"65f0c0ffee65f0c0ffee1234\"},\"d\":{\"$date\":{\"$numberLong\":\"5\"}}}", 1),
    ]

    @Test(arguments: files) func readsLinesAndArraysAtEveryBoundary(_ text: String, count: Int) throws {
        let bytes = Array(text.utf8)
        let whole = read(bytes, with: DocumentLines())
        #expect(whole.errors == [] && whole.documents.count == count)
        for cut in 0...bytes.count { #expect(read(bytes, with: DocumentLines(), pieces: [cut]) == whole) }
        #expect(read(bytes, with: DocumentLines(), pieces: Array(0..<bytes.count)) == whole)
    }

    @Test func readsExtendedJSON() throws {
        let reading = read("{\"_id\":{\"$oid\":\"65f0c0ffee65f0c0ffee1234\"},\"d\":{\"$date\":\"1970-01-01T00:00:01Z\"}}", with: DocumentLines())
        #expect(reading.documents == [["_id": "65f0c0ffee65f0c0ffee1234", "d": .date(1000)]])
    }

    @Test func goesOnAfterALineThatIsRefused() throws {
        let reading = read("{\"a\":1}\n\n{oops}\n[1]\n7\n{\"a\":2}", with: DocumentLines())
        #expect(reading.documents == [["a": 1], ["a": 2]] && reading.lines == [1, 6])
        #expect(reading.errors.map(\.place) == [.line(3), .line(4), .line(5)])
        #expect(reading.errors[0].message.en.hasPrefix("Line 3: This is not valid JSON: "))
        #expect(reading.errors[0].queryError.messageZh.hasPrefix("第 3 行：不是合法的 JSON："))
    }

    @Test func saysWhatToDoAboutAPrettyPrintedDocument() throws {
        let reading = read("{\n  \"a\": 1\n}\n", with: DocumentLines())
        #expect(reading.errors.first?.reason.en.contains("on a line of its own") == true)
    }

    @Test(arguments: [
        ("[{\"a\":1},\n{oops}]", 2, 1), ("[{},\n]", 2, 1), ("[{}\n{}]", 2, 1), ("[\n{}]\n{}", 3, 1), ("[{\"a\":\n1,\n\n2}]", 4, 0), ("[{}\n,\n", 3, 1),
        ("[\n\n", 3, 0), ("[\n{\"a\":\n\"", 3, 0), ("[,]", 1, 0), ("[\n}", 2, 0),
    ])
    func aDamagedArrayEndsReadingAtItsLine(_ text: String, line: Int, documents: Int) throws {
        let reading = read(text, with: DocumentLines())
        #expect(reading.errors.map(\.place) == [.line(line)] && reading.errors.first?.endsReading == true)
        #expect(reading.documents.count == documents)
    }

    @Test func anArrayThatIsCutShortAnywhereIsRefused() throws {
        let whole = Array("[{\"a\":[1,\"x\\\"\"]},\n{\"b\":{}}]".utf8)
        for length in 1..<whole.count {
            let reading = read(Array(whole.prefix(length)), with: DocumentLines())
            #expect(reading.errors.count == 1 && reading.errors.first?.endsReading == true && reading.documents.count < 3)
        }
    }

    @Test func anElementThatIsNoObjectIsPassedOver() throws {
        let reading = read("[1,\n\"a]\\\"\",{},[2]\n,true]", with: DocumentLines())
        #expect(reading.documents == [[:]])
        #expect(reading.errors.map(\.place) == [.line(1), .line(2), .line(2), .line(3)])
    }

    @Test func refusesUTF16AndWhatIsTooLong() throws {
        #expect(read([0xFF, 0xFE, 0x7B, 0], with: DocumentLines()).errors.first?.reason.en.contains("UTF-8") == true)
        let long = "{\"a\":\"" + String(repeating: "x", count: 60) + "\"}"
        let lines = read("{}\n\(long)\n{}", with: DocumentLines(lineBytesMax: 50))
        #expect(lines.documents.count == 2 && lines.errors.map(\.place) == [.line(2)] && lines.errors[0].code == .limit)
        let array = read("[{},\n\(long),{}]", with: DocumentLines(lineBytesMax: 50))
        #expect(array.documents.count == 1 && array.errors.map(\.place) == [.line(2)] && array.errors[0].code == .limit)
        // No end of the line in sight: the reader does not wait for it.
        let open = read(Array(("{}\n" + long).utf8), with: DocumentLines(lineBytesMax: 50), pieces: [60])
        #expect(open.errors.first?.endsReading == true)
    }

    @Test func anErrorThatEndsReadingStays() throws {
        var reader = DocumentLines()
        reader.append(Array("[{},x]".utf8))
        #expect(try reader.next() != nil)
        #expect(throws: FormatError.self) { try reader.next() }
        #expect(throws: FormatError.self) { try reader.next() }
    }

    @Test(.timeLimit(.minutes(1))) func survivesDamage() throws {
        var generator = FormatGenerator(seed: 71)
        for round in 0..<3000 {
            var bytes = Array(Self.files[4 + round % 6].0.utf8)
            generator.damage(&bytes)
            let whole = read(bytes, with: DocumentLines())
            #expect(read(bytes, with: DocumentLines(), pieces: generator.pieces(of: bytes.count)) == whole)
            #expect(whole.errors.allSatisfy { ($0.place.line ?? 0) > 0 })
        }
    }
}
