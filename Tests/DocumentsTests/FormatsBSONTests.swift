import Kernel
import TestSupport
import Testing

@testable import Documents

@Suite struct FormatsBSONTests {
    /// Made by pymongo 4.20.1: one value of each type that is read without a warning.
    static let fixture = hexadecimal(
        """
        4d010000075f69640065f0c0ffee65f0c0ffee123401646f75626c6500000000000000f83f02746578740006000000e4bbb7007800036f626a656374001f000000
        0461001700000010300001000000033100080000000a62000000000562696e6172790002000000000102056f6c640006000000020200000001020575756964001000
        000004000102030405060708090a0b0c0d0e0f087965730001086e6f00000964617465007bb2e2f98d010000096265666f726500ffffffffffffffff0b7265676578
        005e6100696d0010696e74333200f9ffffff12696e74363400010000000000200012736d616c6c363400050000000000000013646563696d616c00c6070000000000
        000000000000003c301377686f6c65000c0000000000000000000000000044b01365786163740001000000000000000000000000003e301174696d65000000000000
        f1536500
        """)

    static let fixtureDocument: JSONObject = [
        "_id": "65f0c0ffee65f0c0ffee1234", "double": 1.5, "text": "价\0x", "object": ["a": [1, ["b": .null]]], "binary": .binary(BinaryData([1, 2])),
        "old": .binary(BinaryData([1, 2], subtype: 2)), "uuid": .binary(BinaryData(Array(0..<16), subtype: 4)), "yes": true, "no": false,
        "date": .date(1_709_294_400_123), "before": .date(-1), "regex": .regularExpression(RegularExpression(pattern: "^a", options: "im")), "int32": -7,
        "int64": .int(9_007_199_254_740_993), "small64": 5, "decimal": 19.9, "whole": -1200, "exact": 0.1, "time": .date(1_700_000_000_000),
    ]

    static func hexadecimal(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// A document with one member `v` of a type.
    static func member(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        let body = [type, UInt8(ascii: "v"), 0] + content + [0]
        return [UInt8(body.count + 4), 0, 0, 0] + body
    }

    @Test func readsWhatMongoDBWritesAtEveryBoundary() throws {
        let bytes = Self.fixture + Self.fixture
        let whole = read(bytes, with: BSONReader())
        #expect(whole.documents == [Self.fixtureDocument, Self.fixtureDocument] && whole.errors == [] && whole.warnings == [])
        for cut in 0...bytes.count { #expect(read(bytes, with: BSONReader(), pieces: [cut]) == whole) }
        #expect(read(bytes, with: BSONReader(), pieces: Array(0..<bytes.count)) == whole)
    }

    @Test func saysWhereDocumentsStart() throws {
        var reader = BSONReader()
        reader.append(Self.fixture + Self.fixture)
        #expect(try reader.next()?.place == .document(1, byte: 0))
        #expect(try reader.next()?.place == .document(2, byte: 333))
        #expect(try reader.next() == nil)
    }

    @Test func readsOldTypesWithWarnings() throws {
        let code = [2, 0, 0, 0, UInt8(ascii: "x"), 0] as [UInt8]
        let bytes = Self.member(0x06, []) + Self.member(0x0E, code) + Self.member(0x0D, code) + Self.member(0x11, [3, 0, 0, 0, 2, 0, 0, 0])
        let reading = read(bytes, with: BSONReader())
        #expect(reading.documents == [["v": .null], ["v": "x"], ["v": "x"], ["v": .date(2000)]])
        #expect(reading.warnings.map(\.path) == ["v", "v"] && reading.errors == [])
    }

    @Test(
        arguments: [
            (0x0C, [2, 0, 0, 0, 0x78, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), (0x0F, [5, 0, 0, 0, 0]), (0x7F, []), (0xFF, []),
        ] as [(UInt8, [UInt8])])
    func refusesWhatCannotBeStored(_ type: UInt8, _ content: [UInt8]) throws {
        let reading = read(Self.fixture + Self.member(type, content) + Self.fixture, with: BSONReader())
        #expect(reading.documents.count == 2 && reading.errors.count == 1)
        #expect(reading.errors.first?.code == .unsupported && reading.errors.first?.message.en.hasPrefix("Document 2 (byte 337): \"v\" is ") == true)
        #expect(reading.errors.first?.message.zh.hasPrefix("第 2 个文档（第 337 字节）：“v”的类型为") == true)
    }

    static let decimals: [(low: UInt64, high: UInt64, text: String)] = [
        (1, 0, "1E-6176"), (1, 0x3034_0000_0000_0000, "0.000001"), (1, 0x3032_0000_0000_0000, "1E-7"), (0, 0xB040_0000_0000_0000, "-0"),
        (0, 0x7C00_0000_0000_0000, "NaN"), (0, 0xF800_0000_0000_0000, "-Infinity"), (0x12D687, 0x3038_0000_0000_0000, "123.4567"),
        (0x378D_8E63_FFFF_FFFF, 0x5FFF_ED09_BEAD_87C0, "9.999999999999999999999999999999999E+6144"), (0, 0x3046_0000_0000_0000, "0E+3"),
        (0, 0x303C_0000_0000_0000, "0.00"), (0x378D_8E64_0000_0000, 0x3041_ED09_BEAD_87C0, "0"), (5, 0x6C10_0000_0000_0000, "0"),
    ]

    @Test(arguments: decimals) func writesDecimalsAsTheirStandard(_ low: UInt64, _ high: UInt64, _ text: String) {
        #expect(BSONDecimal.text(low: low, high: high) == text)
    }

    @Test func decimalsOfManyDigitsBecomeTextOrAreRefused() throws {
        // 0.1234567890123456789 has no double of the same digits.
        let content = withUnsafeBytes(of: (UInt64(1_234_567_890_123_456_789).littleEndian, UInt64(0x301A_0000_0000_0000).littleEndian)) { Array($0) }
        let asText = read(Self.member(0x13, content), with: BSONReader())
        #expect(asText.documents == [["v": "0.1234567890123456789"]] && asText.warnings.map(\.path) == ["v"])
        let refused = read(Self.member(0x13, content), with: BSONReader(decimals: .refuse))
        #expect(refused.documents == [] && refused.errors.first?.endsReading == false && refused.errors.first?.reason.en.contains("at \"v\"") == true)
    }

    @Test func saysWhichFileItIs() throws {
        for (bytes, word) in [([0x1F, 0x8B, 0x08, 0, 1, 2], "gunzip"), ([0x6D, 0xE2, 0x99, 0x81, 1], "--archive"), (Array("{\"a\":1}\n".utf8), ".bson file")] {
            let reading = read(bytes, with: BSONReader())
            #expect(reading.errors.count == 1 && reading.errors.first?.reason.en.contains(word) == true && reading.errors.first?.endsReading == true)
        }
        let cut = read(Array(Self.fixture.dropLast(3)), with: BSONReader())
        #expect(cut.errors.first?.reason.en.contains("3 bytes are missing") == true)
        #expect(read(Self.fixture, with: BSONReader(documentBytesMax: 100)).errors.first?.code == .limit)
    }

    @Test func aFileThatIsCutShortAnywhereIsRefused() throws {
        for length in 1..<Self.fixture.count {
            let reading = read(Self.fixture + Self.fixture.prefix(length), with: BSONReader())
            #expect(reading.documents.count == 1 && reading.errors.map(\.place) == [.document(2, byte: 333)])
            #expect(reading.errors.first?.endsReading == true)
        }
    }

    @Test func everyByteOfADocumentMayBeDamaged() throws {
        for place in 4..<Self.fixture.count {
            for value in [0, 1, 2, 0x7F, 0x80, 0xFF] as [UInt8] {
                var bytes = Self.fixture
                bytes[place] = value
                let reading = read(bytes + Self.fixture, with: BSONReader())
                // Whatever became of the first one, the second one is found.
                #expect(reading.documents.last == Self.fixtureDocument && reading.documents.count + reading.errors.count == 2)
            }
        }
    }

    @Test func refusesRepeatedNamesAndGoesOn() throws {
        let pair: [UInt8] = [0x0A, 0x61, 0, 0x0A, 0x61, 0]
        let reading = read([11, 0, 0, 0] + pair + [0] + Self.fixture, with: BSONReader())
        #expect(reading.documents.count == 1 && reading.errors.first?.message.en.contains("at \"a\": the name occurs twice") == true)
    }

    @Test func largeObjectsAreLookedThroughQuickly() throws {
        let names = (0..<30_000).map { "n\($0)" }
        var bytes: [UInt8] = []
        try BSONWriter().append(JSONObject(names.map { ($0, .null) }.prefix(40)), to: &bytes)
        var content: [UInt8] = []
        for name in names + ["n7"] { content += [0x0A] + Array(name.utf8) + [0] }
        let length = UInt32(content.count + 5)
        let repeated = (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32($0 * 8)) } + content + [0]
        let reading = read(bytes + repeated, with: BSONReader())
        #expect(reading.documents.map(\.count) == [40] && reading.errors.first?.message.en.contains("at \"n7\"") == true)
    }

    @Test func boundsDepth() throws {
        func nested(_ depth: Int) -> JSONObject { (1..<depth).reduce([:] as JSONObject) { inner, _ in ["a": .object(inner)] } }
        var bytes: [UInt8] = []
        try BSONWriter().append(nested(100), to: &bytes)
        #expect(read(bytes, with: BSONReader()).documents == [nested(100)])
        let error = #expect(throws: FormatError.self) { try BSONWriter().append(nested(101), to: &bytes) }
        #expect(error?.code == .limit)
        // One more around it by hand.
        let length = UInt32(bytes.count + 8)
        let deeper = (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32($0 * 8)) } + [3, 0x61, 0] + bytes + [0]
        #expect(read(deeper, with: BSONReader()).errors.first?.code == .limit)
    }

    @Test func writesObjectIDsWhenAsked() throws {
        let id = "65f0c0ffee65f0c0ffee1234"
        let document: JSONObject = ["_id": .string(id), "owner": .string(id), "in": ["_id": .string(id)], "all": [.string(id), .string(id.uppercased())]]
        for (form, count) in [(ObjectIDForm.text, 0), (.identifiers, 1), (.everywhere, 4)] {
            var bytes: [UInt8] = []
            try BSONWriter(objectIDs: form).append(document, to: &bytes)
            #expect(read(bytes, with: BSONReader()).documents == [document])
            let raw = Self.hexadecimal(id)
            #expect(bytes.indices.count { bytes[$0...].starts(with: raw) } == count)
        }
    }

    @Test func aRefusedDocumentLeavesNothing() throws {
        var bytes: [UInt8] = [1]
        #expect(throws: FormatError.self) { try BSONWriter().append(["a": 1, "b\0": 2], to: &bytes) }
        #expect(throws: FormatError.self) { try BSONWriter(documentBytesMax: 20).append(["a": "0123456789"], to: &bytes) }
        #expect(bytes == [1])
    }

    @Test(.timeLimit(.minutes(1))) func randomDocumentsComeBack() throws {
        var generator = FormatGenerator(seed: 81)
        for _ in 0..<300 {
            let documents = (0..<5).map { _ in generator.document() }
            var bytes: [UInt8] = []
            for document in documents { try BSONWriter(objectIDs: .identifiers).append(document, to: &bytes) }
            let reading = read(bytes, with: BSONReader(), pieces: generator.pieces(of: bytes.count))
            #expect(reading.documents == documents && reading.errors == [])
        }
    }

    @Test(.timeLimit(.minutes(1))) func survivesDamage() throws {
        var generator = FormatGenerator(seed: 82)
        var accepted = 0
        for _ in 0..<6000 {
            var bytes = Self.fixture
            if generator.random.below(2) == 0 {
                // The length stays, so that the damage is inside.
                for _ in 0...generator.random.below(4) {
                    bytes[4 + generator.random.below(bytes.count - 5)] = UInt8(truncatingIfNeeded: generator.random.next())
                }
            } else {
                generator.damage(&bytes)
            }
            let whole = read(bytes, with: BSONReader())
            accepted += whole.documents.count
            #expect(whole.errors.count + whole.documents.count > 0 || bytes.isEmpty)
            #expect(read(bytes, with: BSONReader(), pieces: generator.pieces(of: bytes.count)) == whole)
        }
        #expect(accepted > 500)
    }
}
