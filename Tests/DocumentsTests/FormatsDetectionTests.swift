import Kernel
import Testing

@testable import Documents

@Suite struct FormatsDetectionTests {
    @Test(arguments: [
        ("orders.JSON", DocumentFormat.json), ("a.b.jsonl", .json), ("a.ndjson", .json), ("表.csv", .csv), ("a.tsv", .csv), ("dump/orders.bson", .bson),
        ("a.xlsx", nil), ("bson", nil),
    ])
    func knowsNames(_ name: String, _ format: DocumentFormat?) {
        #expect(DocumentFormat(fileName: name) == format)
    }

    @Test(arguments: [
        ("{}", DocumentFormat.json), ("\u{FEFF} \n[", .json), ("a,b\n1,2", .csv), ("", .csv), ("\n\r\n\n\u{2}", .csv), ("a\tb\n\u{1}", .csv), ("_id", .csv),
        ("\u{FEFF}a;b", .csv),
    ])
    func knowsTexts(_ text: String, _ format: DocumentFormat) {
        #expect(DocumentFormat(detecting: Array(text.utf8.prefix(16))) == format)
    }

    @Test func everyFormatReadsWhatItDetects() throws {
        var bson: [UInt8] = []
        try BSONWriter().append(["a": 1], to: &bson)
        for (bytes, format) in [(Array("[{\"a\":1}]".utf8), DocumentFormat.json), (Array("a,b\n1,".utf8), .csv), (bson, .bson)] {
            let detected = DocumentFormat(detecting: Array(bytes.prefix(16)))
            #expect(detected == format)
            #expect(read(bytes, with: detected.reader()).documents == [["a": 1]])
        }
        #expect(DocumentFormat(detecting: [5, 0, 0, 0, 0]) == .bson)
        #expect(DocumentFormat(detecting: Array(FormatsBSONTests.fixture.prefix(16))) == .bson)
    }
}
