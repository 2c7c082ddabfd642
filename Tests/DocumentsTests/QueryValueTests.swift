import Kernel
import Testing

@testable import Documents

/// Bytes, regular expressions and the other forms of Extended JSON.
@Suite struct QueryValueTests {
    @Test(arguments: [
        ("{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}", JSON.binary(BinaryData([]))),
        ("{\"$binary\":{\"base64\":\"aGk=\",\"subType\":\"4\"}}", .binary(BinaryData([0x68, 0x69], subtype: 4))),
        ("{\"$binary\":{\"subType\":\"fF\",\"base64\":\"AP8Q\"}}", .binary(BinaryData([0, 255, 16], subtype: 255))),
        (
            "{\"$regularExpression\":{\"pattern\":\"^a/\\\"\",\"options\":\"smii\"}}",
            .regularExpression(RegularExpression(pattern: "^a/\"", options: "ims"))
        ),
        ("{\"$regularExpression\":{\"pattern\":\"x\"}}", .regularExpression(RegularExpression(pattern: "x"))),
        ("{\"$oid\":\"65A0C3F2E4B0A1B2C3D4E5F6\"}", "65a0c3f2e4b0a1b2c3d4e5f6"), ("{\"$numberInt\":\"-5\"}", -5),
        ("{\"$numberLong\":\"9223372036854775807\"}", .int(.max)), ("{\"$numberDouble\":\"0.5\"}", 0.5),
        ("{\"$numberDouble\":\"1e300\"}", 1e300), ("{\"$numberDouble\":\"NaN\"}", .double(.nan)),
        ("{\"$numberDouble\":\"-Infinity\"}", .double(-.infinity)), ("{\"$numberDecimal\":\"0.10\"}", 0.1),
        ("{\"$numberDecimal\":\"1234567890123456789\"}", .int(1_234_567_890_123_456_789)), ("{\"$numberDecimal\":\"-9.5E-3\"}", -0.0095),
        ("{\"$numberDecimal\":\"1E3\"}", 1000), ("{\"$numberDecimal\":\"-0\"}", 0), ("{\"$date\":{\"$numberLong\":\"-1\"}}", .date(-1)),
        ("{\"$date\":\"1970-01-01T00:00:01.5Z\"}", .date(1500)), ("{\"$date\":5}", .date(5)),
    ]) func readsTypedValues(text: String, expected: JSON) throws {
        let value = json(text)
        #expect(value == expected)
        #expect(value.hashValue == expected.hashValue)
        #expect(try JSON(parsing: value.text) == value || value.doubleValue?.isFinite == false)
    }

    /// These stay objects, and no document or query takes them.
    @Test(arguments: [
        "{\"$binary\":\"aGk=\"}", "{\"$binary\":{\"base64\":\"aGk\",\"subType\":\"00\"}}", "{\"$binary\":{\"base64\":\"a=k=\",\"subType\":\"00\"}}",
        "{\"$binary\":{\"base64\":\"====\",\"subType\":\"00\"}}", "{\"$binary\":{\"base64\":\"aGk=\"}}",
        "{\"$binary\":{\"base64\":\"aGk=\",\"subType\":\"100\"}}", "{\"$binary\":{\"base64\":\"aGk=\",\"subType\":\"00\"},\"b\":1}",
        "{\"$regularExpression\":{\"options\":\"i\"}}", "{\"$regularExpression\":{\"pattern\":\"a\",\"options\":1}}", "{\"$oid\":\"5\"}",
        "{\"$oid\":\"65A0C3F2E4B0A1B2C3D4E5FG\"}", "{\"$numberInt\":\"2147483648\"}", "{\"$numberInt\":5}", "{\"$numberLong\":\"1.5\"}",
        "{\"$numberLong\":\"+1\"}", "{\"$numberDouble\":\"x\"}", "{\"$numberDouble\":\"0x1p3\"}", "{\"$numberDouble\":\"1e999\"}",
        "{\"$numberDecimal\":\"0.1000000000000000055\"}", "{\"$numberDecimal\":\"12345678901234567890123\"}", "{\"$numberDecimal\":\"\"}",
        "{\"$date\":\"x\"}", "{\"$date\":null}",
    ]) func leavesOtherShapes(text: String) throws {
        let value = json(text)
        #expect(value.objectValue != nil)
        #expect(throws: QueryError.self) { try validateDocument(["a": value]) }
        #expect(throws: QueryError.self) { try Filter(["a": value]) }
    }

    @Test func writesTypedValues() {
        #expect(JSON.binary(BinaryData([0xFB, 0xFF], subtype: 0x80)).text == "{\"$binary\":{\"base64\":\"+/8=\",\"subType\":\"80\"}}")
        #expect(
            JSON.regularExpression(RegularExpression(pattern: "\\d\"", options: "xi")).text
                == "{\"$regularExpression\":{\"pattern\":\"\\\\d\\\"\",\"options\":\"ix\"}}")
        for length in 0..<40 {
            let value = JSON.binary(BinaryData((0..<length).map { UInt8(truncatingIfNeeded: $0 * 37) }, subtype: UInt8(length)))
            #expect(json(value.text) == value)
        }
    }

    /// What is stored can be read again: written as objects, typed values count as levels.
    @Test(arguments: [(JSON.date(0), 99), (.binary(BinaryData([1])), 98), (.regularExpression(RegularExpression(pattern: "a")), 98), (1, 100)])
    func storesOnlyWhatCanBeReadAgain(value: JSON, levels: Int) throws {
        func nested(_ levels: Int) -> JSONObject {
            var members: JSONObject = ["a": value]
            for _ in 1..<levels { members = ["a": .object(members)] }
            return members
        }
        try validateDocument(nested(levels))
        #expect(try JSON(parsing: nested(levels).serialized()) == .object(nested(levels)))
        #expect(throws: QueryError.self) { try validateDocument(nested(levels + 1)) }
    }

    @Test func keepsValuesSmall() { #expect(MemoryLayout<JSON>.size <= 17) }
}
