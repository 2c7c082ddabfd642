import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Console

/// What set-up puts beside the console.
struct AssetsTests {
    private static func request(_ headers: HTTPFields) -> Request {
        Request(head: HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/", headerFields: headers), body: .init(buffer: ByteBuffer()))
    }

    @Test func theyAreServedCompressedToWhoeverTakesThat() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parts-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("plain".utf8).write(to: folder.appendingPathComponent("htmx.min.js"))
        try Data("packed".utf8).write(to: folder.appendingPathComponent("htmx.min.js.gz"))
        let assets = ConsoleAssets(parts: folder)
        #expect(assets.has("htmx.min.js") && assets.has("console.css") && !assets.has("htmx.min.js.gz"))
        let plain = try #require(assets.response("htmx.min.js", version: assets.version, Self.request([:])))
        #expect(plain.body.contentLength == 5 && plain.headers[.contentEncoding] == nil)
        let packed = try #require(assets.response("htmx.min.js", version: assets.version, Self.request([.acceptEncoding: "br, gzip"])))
        #expect(packed.body.contentLength == 6 && packed.headers[.contentEncoding] == "gzip")
    }

    @Test func withoutThemTheConsoleIsThere() {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("missing-\(UUID().uuidString)")
        #expect(ConsoleAssets(parts: folder).has("console.css") && !ConsoleAssets(parts: folder).has("htmx.min.js"))
        #expect(ConsoleAssets(parts: folder).version == ConsoleAssets(parts: nil).version)
    }
}
