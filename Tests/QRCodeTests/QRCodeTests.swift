import Foundation
import FoundationXML
import QRCode
import Testing

@Suite("Pictures for a phone's camera")
struct QRCodeTests {
    private static let uri =
        "otpauth://totp/Sampan:xiaoming%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sampan&algorithm=SHA1&digits=6&period=30"

    @Test func theFormOfThePicture() throws {
        let svg = try QRCode.svg(Self.uri, label: "Scan <this> & \"that\"")
        let document = try ParsedPicture(svg)
        #expect(document.elements.filter { $0 == "path" }.count == 1)
        #expect(Set(document.elements) == ["svg", "title", "rect", "path"])
        #expect(document.title == "Scan <this> & \"that\"")
        #expect(!svg.replacing("http://www.w3.org/2000/svg", with: "").contains("http"), "nothing is fetched")
        let picture = try Picture(svg)
        let border = 0..<picture.size
        for edge in [0, 1, 2, 3, picture.size - 4, picture.size - 1] {
            #expect(border.allSatisfy { !picture.isDark(edge, $0) && !picture.isDark($0, edge) }, "the quiet zone is light")
        }
        #expect(picture.isDark(4, 4), "a corner's mark begins right after it")
    }

    @Test func whatDoesNotFitIsRefused() {
        #expect(throws: QRCode.CannotEncode.self) { try QRCode.svg("", label: "") }
        #expect(throws: QRCode.CannotEncode.self) { try QRCode.svg(String(repeating: "a", count: 3000), label: "") }
    }

    /// Read by a decoder that shares nothing with the encoder (ZBar, which scripts/setup.sh test installs).
    @Test(
        .enabled(if: BarcodeReader.isInstalled, "Debian's libzbar0 is not installed"),
        arguments: [uri, "a", "小明@例子", String(repeating: "0123456789abcdef", count: 60)])
    func aReaderReadsIt(_ text: String) throws {
        let picture = try Picture(QRCode.svg(text, label: "code"))
        let reader = try #require(BarcodeReader())
        #expect(reader.read(picture.grey(scale: 4), width: picture.size * 4) == text)
    }
}

/// The elements of an SVG, which must be well-formed XML.
private final class ParsedPicture: NSObject, XMLParserDelegate {
    private(set) var elements: [String] = []
    private(set) var title = ""

    init(_ text: String) throws {
        super.init()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        try #require(parser.parse(), "\(String(describing: parser.parserError))")
    }

    func parser(_: XMLParser, didStartElement name: String, namespaceURI _: String?, qualifiedName _: String?, attributes _: [String: String]) {
        elements.append(name)
    }

    func parser(_: XMLParser, foundCharacters text: String) { if elements.last == "title" { title += text } }
}

/// The path of the SVG, painted.
private struct Picture {
    let size: Int
    private var dark: [Bool]

    init(_ svg: String) throws {
        let box = try #require(svg.firstMatch(of: /viewBox="0 0 (\d+) \d+"/))
        size = try #require(Int(box.1))
        dark = Array(repeating: false, count: size * size)
        let path = try #require(svg.firstMatch(of: /d="([^"]+)"/)).1
        var painted = 0
        for run in path.matches(of: /M(\d+) (\d+)h(\d+)v1h-(\d+)z/) {
            let (column, row, length) = (try #require(Int(run.1)), try #require(Int(run.2)), try #require(Int(run.3)))
            #expect(run.3 == run.4)
            for step in 0..<length { dark[row * size + column + step] = true }
            painted += run.0.count
        }
        #expect(painted == path.count, "nothing else is in the path")
    }

    func isDark(_ row: Int, _ column: Int) -> Bool { dark[row * size + column] }

    /// One byte for each pixel.
    func grey(scale: Int) -> [UInt8] {
        (0..<size * scale).flatMap { y in (0..<size * scale).map { x in isDark(y / scale, x / scale) ? 0 : 255 } }
    }
}
