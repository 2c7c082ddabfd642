import Kernel
import Testing

@testable import Documents

@Suite struct FormatsExtendedJSONTests {
    private static let document: JSONObject = [
        "_id": "65f0c0ffee65f0c0ffee1234", "i": -7, "l": .int(1 << 40), "d": 1.0, "n": .double(.nan), "f": .double(-.infinity), "t": .date(0),
        "b": .date(-1), "o": [["ref": "65f0c0ffee65f0c0ffee1234"], .null, true], "x": .binary(BinaryData([1], subtype: 4)), "s": "价\n",
    ]

    @Test func writesCanonicalForm() {
        #expect(
            ExtendedJSON(.canonical, objectIDs: .identifiers).text(of: Self.document)
                == #"{"_id":{"$oid":"65f0c0ffee65f0c0ffee1234"},"i":{"$numberInt":"-7"},"l":{"$numberLong":"1099511627776"},"d":{"$numberDouble":"1.0"},"#
                + #""n":{"$numberDouble":"NaN"},"f":{"$numberDouble":"-Infinity"},"t":{"$date":{"$numberLong":"0"}},"b":{"$date":{"$numberLong":"-1"}},"#
                + #""o":[{"ref":"65f0c0ffee65f0c0ffee1234"},null,true],"x":{"$binary":{"base64":"AQ==","subType":"04"}},"s":"价\n"}"#)
    }

    @Test func writesRelaxedForm() {
        #expect(
            ExtendedJSON(.relaxed, objectIDs: .everywhere).text(of: Self.document)
                == #"{"_id":{"$oid":"65f0c0ffee65f0c0ffee1234"},"i":-7,"l":1099511627776,"d":1.0,"n":{"$numberDouble":"NaN"},"#
                + #""f":{"$numberDouble":"-Infinity"},"t":{"$date":"1970-01-01T00:00:00.000Z"},"b":{"$date":{"$numberLong":"-1"}},"#
                + #""o":[{"ref":{"$oid":"65f0c0ffee65f0c0ffee1234"}},null,true],"x":{"$binary":{"base64":"AQ==","subType":"04"}},"s":"价\n"}"#)
    }

    @Test(arguments: ExtendedJSON.Form.allCases, ObjectIDForm.allCases) func randomDocumentsComeBack(_ form: ExtendedJSON.Form, _ ids: ObjectIDForm) throws {
        var generator = FormatGenerator(seed: 91)
        for _ in 0..<200 {
            let document = generator.document()
            #expect(try JSON(parsing: ExtendedJSON(form, objectIDs: ids).text(of: document)) == .object(document))
        }
    }
}
