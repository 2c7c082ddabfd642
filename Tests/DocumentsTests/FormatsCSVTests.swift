import Kernel
import Testing

@testable import Documents

@Suite struct FormatsCSVTests {
    static func options(dates: Bool = false, types: CSVTypes = .detect, _ separator: CSVSeparator? = nil, removesGuards: Bool = false) -> CSVOptions {
        var options = CSVOptions()
        (options.dates, options.types, options.separator, options.removesGuards) = (dates, types, separator, removesGuards)
        return options
    }

    static let files: [(String, JSON)] = [
        ("", []), ("a,b\n", []), ("a,b\n1,x", [["a": 1, "b": "x"]]), ("\u{FEFF}a;b\r\n1;x\r\n", [["a": 1, "b": "x"]]),
        ("a\tb\r1\tx\r\r2\t\r", [["a": 1, "b": "x"], ["a": 2]]),
        ("\r\n\nsep=|\r\na|b,c\r\n1|x", [["a": 1, "b,c": "x"]]), ("a,\"b\"\n\"x\r\n,\"\"y\"\"\" , z\n", [["a": "x\r\n,\"y\"", "b": " z"]]),
        (
            "address.city,address.no,tags.1,tags.0,tags.2\n北京,5,b,,\n,,,,\n,,,a,\n",
            [["address": ["city": "北京", "no": 5], "tags": [.null, "b"]], ["tags": ["a"]]]
        ),
        ("y.2024,y.2025,l.0.n,0\n1,2,3,4\n", [["y": ["2024": 1, "2025": 2], "l": [["n": 3]], "0": 4]]),
        ("_id,n\n12,12\n\"13\",\"13\"\n,14", [["_id": "12", "n": 12], ["_id": "13", "n": "13"], ["n": 14]]),
        ("\"a\",\"b\"\n\"1\",\"\"\n\"\",\"\"\n", [["a": 1]]), ("a,b\n\"\",1\n", [["a": "", "b": 1]]), ("a,b,,\n1,2,,\n,,,\n", [["a": 1, "b": 2]]),
        ("a,a.b\n1,\n,2\n", [["a": 1], ["a": ["b": 2]]]), ("a\nsay \"hi\"\n5\" pipe\n", [["a": "say \"hi\""], ["a": "5\" pipe"]]),
        ("a;\"x,y,z\"\n1;2", [["a": 1, "x,y,z": 2]]),
        (
            "o,l,d\n\"{\"\"a\"\":[1,{}]}\",\"[1,\"\"x\"\"]\",\"{\"\"$date\"\":5}\"\n{oops},[1],{}",
            [["o": ["a": [1, [:]]], "l": [1, "x"], "d": .date(5)], ["o": "{oops}", "l": [1], "d": [:]]]
        ),
    ]

    @Test(arguments: files) func readsRowsAtEveryBoundary(_ text: String, _ expected: JSON) throws {
        let bytes = Array(text.utf8)
        let whole = read(bytes, with: CSVReader())
        #expect(whole.errors == [] && JSON.array(whole.documents.map { .object($0) }) == expected)
        for cut in 0...bytes.count { #expect(read(bytes, with: CSVReader(), pieces: [cut]) == whole) }
        #expect(read(bytes, with: CSVReader(), pieces: Array(0..<bytes.count)) == whole)
    }

    static let cells: [(String, JSON)] = [
        ("0", 0), ("-7", -7), ("007", "007"), ("+5", "+5"), (" 12 ", 12), ("9007199254740991", 9_007_199_254_740_991), ("9007199254740992", "9007199254740992"),
        ("110101199003077777", "110101199003077777"), ("1.50", 1.5), (".5", ".5"), ("5.", "5."), ("1e5", "1e5"), ("1e+05", 1e5), ("2.5E-3", 0.0025),
        ("1.2e3", "1.2e3"),
        ("0.12345678901234567890", "0.12345678901234567890"), ("1e+999", "1e+999"), ("-", "-"), ("1,5", "1,5"), ("true", true), ("FALSE", false),
        ("null", .null),
        ("NULL", "NULL"), ("nan", "nan"), ("2024-03-01", .date(1_709_251_200_000)), ("2024-03-01 12:00:00", .date(1_709_294_400_000)),
        ("2024-03-01T12:00:00.123+08:00", .date(1_709_265_600_123)), ("2024-02-30", "2024-02-30"), ("2024-3-1", "2024-3-1"), ("12:30", "12:30"), ("１２", "１２"),
    ]

    @Test(arguments: cells) func detectsTypes(_ cell: String, _ expected: JSON) {
        let text = "v\tw\n\(cell)\t1\n"
        #expect(read(text, with: CSVReader(Self.options(dates: true))).documents == [["v": expected, "w": 1]])
        #expect(read(text, with: CSVReader(Self.options(types: .text))).documents == [["v": .string(cell), "w": "1"]])
        let withoutDates = expected.dateValue == nil ? expected : .string(cell)
        #expect(read(text, with: CSVReader(Self.options(.tab))).documents == [["v": withoutDates, "w": 1]])
    }

    @Test func goesOnAfterARowThatIsRefused() throws {
        let text = "a,a.b,c\n1,2,\n\n3,,\"x\ny\"\n4,,5,6\n\"x\"y,,\n\"p\" \"q\",,\n7\n,,\u{1}\n"
        let reading = read(text, with: CSVReader())
        #expect(reading.documents == [["a": 3, "c": "x\ny"], ["a": 7], ["c": "\u{1}"]] && reading.lines == [4, 9, 10])
        #expect(reading.errors.map(\.place) == [.line(2), .line(6), .line(7), .line(8)])
        #expect(reading.errors[0].message.en.contains("Both \"a\" and a column below it") && reading.errors[1].message.zh.contains("第 4 列有值"))
    }

    @Test(arguments: [
        ("a,b,a\n1,2,3", 1, "Two columns have the name"), ("a..b\n1", 1, "empty name"), ("\n$a\n1", 2, "starts with $"),
        ("\"\",\"\"\n1", 1, "No column has a name"),
        ("a,b\n1,\"x\ny\n", 2, "never closed"), ("\"a\"b\n1", 1, "Text follows a closing quote"),
    ])
    func whatMakesTheRestUnreadableEndsReading(_ text: String, line: Int, words: String) throws {
        let reading = read(text, with: CSVReader())
        #expect(reading.errors.map(\.place) == [.line(line)] && reading.errors[0].endsReading && reading.errors[0].reason.en.contains(words))
    }

    @Test func saysHowToSaveTextInOtherEncodings() throws {
        let chinese: [UInt8] = [0xD6, 0xD0, 0xCE, 0xC4]
        let inHeader = read(chinese + Array(",b\n1,2\n".utf8), with: CSVReader())
        #expect(inHeader.errors.count == 1 && inHeader.errors[0].endsReading && inHeader.errors[0].reason.en.contains("CSV UTF-8"))
        let inRow = read(Array("a,b\n".utf8) + chinese + Array(",2\nx,3\n".utf8), with: CSVReader())
        #expect(inRow.documents.count == 1 && inRow.errors.map(\.place) == [.line(2)])
        #expect(read([0xFF, 0xFE, 0x61, 0], with: CSVReader()).errors.first?.reason.zh.contains("UTF-16") == true)
    }

    @Test func boundsRowsAndColumns() throws {
        var options = CSVOptions()
        (options.rowBytesMax, options.columnsMax) = (50, 4)
        #expect(read("a,b\n1,2\n3,\"" + String(repeating: "x", count: 99), with: CSVReader(options)).errors.map(\.place) == [.line(3)])
        #expect(read("a,b,c,d,e\n", with: CSVReader(options)).errors.first?.code == .limit)
        #expect(read(String(repeating: "a", count: 99), with: CSVReader(options)).errors.first?.code == .limit)
    }

    @Test func writesColumnsAsAsked() throws {
        let document = object(
            #"{"_id":"007x","n":5,"d":1.5,"t":{"$date":0},"far":{"$date":999999999999999},"a":{"b":{"c":"x,y"},"e":null},"l":[1,{"q":2}],"m":[1,{"q":3}],"s":"12","z":"","y":"\n"}"#
        )
        var out: [UInt8] = []
        let writer = try CSVWriter(
            columns: ["_id", "n", "d", "t", "far", "a.b.c", "a", "a.e", "l", "l.1.q", "m.1.q", "s", "z", "y", "missing"], guardsFormulas: false)
        writer.appendHeader(to: &out)
        writer.append(document, to: &out)
        #expect(
            String(decoding: out, as: UTF8.self)
                == "_id,n,d,t,far,a.b.c,a,a.e,l,l.1.q,m.1.q,s,z,y,missing\r\n"
                + "007x,5,1.5,1970-01-01T00:00:00.000Z,\"{\"\"$date\"\":999999999999999}\",\"x,y\",,null,\"[1,{\"\"q\"\":2}]\",,3,"
                + "\"12\",\"\",\"\n\",\r\n")
        for columns in [["a..b"], [], ["a", "b", "a"]] {
            #expect(throws: FormatError.self) { try CSVWriter(columns: columns, guardsFormulas: false) }
        }
    }

    @Test func guardsAgainstFormulas() throws {
        let documents: [JSONObject] = ["=1+1", "+a", "-1", "@x", "\tx", "'=x", "''+", "'x", "x=1", "－1"].map { ["=v": .string($0), "n": -5] }
        var out: [UInt8] = []
        let writer = try CSVWriter(columns: ["=v", "n"], separator: .semicolon, guardsFormulas: true, byteOrderMark: true)
        writer.appendHeader(to: &out)
        for document in documents { writer.append(document, to: &out) }
        let text = String(decoding: out, as: UTF8.self)
        #expect(text.hasPrefix("\u{FEFF}'=v;n\r\n'=1+1;-5\r\n'+a;-5\r\n\"'-1\";-5\r\n'@x;-5\r\n"))
        #expect(read(out, with: CSVReader(Self.options(removesGuards: true))).documents == documents)
        #expect(read(out, with: CSVReader()).documents.first == ["'=v": "'=1+1", "n": -5])
    }

    @Test func columnsAreBoundedAndInOrder() throws {
        var columns = CSVColumns(columnsMax: 5)
        try columns.add(object(#"{"_id":"a","o":{"x":1,"y":{"z":2}},"e":{}}"#))
        try columns.add(object(#"{"_id":"a","o":{"0":1}}"#))
        #expect(columns.paths == ["_id", "o.x", "o.y.z", "e", "o"])
        #expect(throws: FormatError.self) { try columns.add(["more": 1]) }
    }

    /// What of a document comes back from a row: see ``CSVWriter``.
    private static func expected(_ value: JSON) -> JSON {
        switch value {
        case .object(let members) where CSVWriter.isFlat(members): .object(JSONObject(members.map { ($0.key, expected($0.value)) }))
        case .int(let number) where number.magnitude >= 1 << 53: .string(String(number))
        case .string, .date: value
        default: json(value.text)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: CSVSeparator.allCases, [false, true]) func randomDocumentsComeBack(_ separator: CSVSeparator, guards: Bool) throws
    {
        var generator = FormatGenerator(seed: 101)
        for _ in 0..<150 {
            let documents = (0..<5).map { _ in generator.document() }
            var columns = CSVColumns()
            for document in documents { try columns.add(document) }
            let writer = try CSVWriter(columns: columns.paths, separator: separator, guardsFormulas: guards, byteOrderMark: guards)
            var bytes: [UInt8] = []
            writer.appendHeader(to: &bytes)
            for document in documents { writer.append(document, to: &bytes) }
            let reader = CSVReader(Self.options(dates: true, columns.paths.count == 1 ? separator : nil, removesGuards: guards))
            let reading = read(bytes, with: reader, pieces: generator.pieces(of: bytes.count))
            #expect(reading.errors == [])
            #expect(reading.documents.map { JSON.object($0).withSortedMembers } == documents.map { Self.expected(.object($0)).withSortedMembers })
        }
    }

    @Test(.timeLimit(.minutes(1))) func survivesDamage() throws {
        var generator = FormatGenerator(seed: 102)
        var accepted = 0
        for round in 0..<5000 {
            var bytes = Array(Self.files[2 + round % (Self.files.count - 2)].0.utf8)
            generator.damage(&bytes)
            let whole = read(bytes, with: CSVReader())
            accepted += whole.documents.count
            #expect(read(bytes, with: CSVReader(), pieces: generator.pieces(of: bytes.count)) == whole)
            #expect(whole.errors.allSatisfy { ($0.place.line ?? 0) > 0 })
        }
        #expect(accepted > 1000)
    }
}
