internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import NIOCore
internal import Tenancy

/// The scripts, styles and pictures of the console: its own, and those of others that set-up put beside it.
///
/// They are read once, at the start. All stand below one folder whose name is made from their content, so that browsers may keep them for
/// ever and scripts may import each other by plain names.
struct ConsoleAssets: Sendable {
    private struct Asset {
        let bytes: ByteBuffer
        /// The same, compressed at set-up.
        var compressed: ByteBuffer?
    }

    private let assets: [String: Asset]
    /// Changes with any asset.
    let version: String

    /// - Parameter parts: the folder with what set-up fetched; the console works without it.
    init(parts: URL?) {
        let root = Bundle.module.bundleURL.appendingPathComponent("Resources/assets")
        var assets: [String: Asset] = [:]
        for folder in [parts, root].compactMap({ $0 }) {
            // The parts may be missing; that our own files are there is seen below.
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] where !name.hasSuffix(".gz") {
                guard let bytes = try? Data(contentsOf: folder.appendingPathComponent(name)) else { preconditionFailure("\(name) cannot be read") }
                let compressed = try? Data(contentsOf: folder.appendingPathComponent("\(name).gz"))
                assets[name] = Asset(bytes: ByteBuffer(bytes: bytes), compressed: compressed.map { ByteBuffer(bytes: $0) })
            }
        }
        precondition(
            assets["console.css"] != nil, "the console's assets were not installed beside the program: the folder sampan_Console.resources is missing")
        self.assets = assets
        let fingerprints = assets.keys.sorted().map { "\($0) \(String(buffer: assets[$0]?.bytes ?? ByteBuffer()).sha256Hex)" }
        version = String(fingerprints.joined(separator: "\n").sha256Hex.prefix(12))
    }

    /// Whether an asset is there.
    func has(_ name: String) -> Bool { assets[name] != nil }

    /// An asset by its name; one of another version is there, too, for pages that were opened before an update, but is not kept.
    func response(_ name: String, version asked: String, _ request: Request) -> Response? {
        guard let asset = assets[name] else { return nil }
        var headers: HTTPFields = [
            .contentType: MediaTypes.ofFile(name), .xContentTypeOptions: "nosniff", .vary: "accept-encoding",
            .cacheControl: asked == version ? "public, max-age=31536000, immutable" : "no-cache",
        ]
        guard let compressed = asset.compressed, request.headers[.acceptEncoding]?.contains("gzip") == true else {
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.bytes))
        }
        headers[.contentEncoding] = "gzip"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: compressed))
    }
}
