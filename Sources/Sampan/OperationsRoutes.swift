internal import Foundation
internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel
internal import NIOCore

/// What machines and browsers need beside the APIs: health, the API's description, the client SDK, the sample shop's pages.
struct OperationsRoutes: Sendable {
    private let home: URL
    private let fileIO = FileIO()

    private let isReady: @Sendable () -> Bool

    init(home: URL, isReady: @escaping @Sendable () -> Bool) {
        self.home = home
        self.isReady = isReady
    }

    func add(to router: some RouterMethods<SampanRequestContext>) {
        router.get("/healthz") { _, _ in Response.json(["status": "ok", "version": .string(Version.current)]) }
        router.get("/readyz") { _, _ in
            isReady() ? Response.json(["status": "ok"]) : Response.json(["status": "starting or stopping"], status: .serviceUnavailable)
        }
        router.get("/openapi.yaml") { _, context in try await file(home.appendingPathComponent("docs/api/openapi.yaml"), context) }
        router.get("/sdk/sampan.js") { _, context in try await file(home.appendingPathComponent("sdk/client/sampan.js"), context) }
        router.get("/samples/retail", use: sample)
        router.get("/samples/retail/**", use: sample)
    }

    private func sample(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        // Without the slash at the end the pages' relative addresses would miss.
        guard request.uri.path != "/samples/retail" else {
            return Response(status: .movedPermanently, headers: [.location: "/samples/retail/\(request.uri.query.map { "?\($0)" } ?? "")"])
        }
        let rest = request.uri.path.dropFirst("/samples/retail/".count)
        guard let path = String(rest).removingPercentEncoding, path.split(separator: "/").allSatisfy({ $0 != ".." && $0 != "." }), !path.utf8.contains(0) else {
            throw HTTPError(.notFound)
        }
        var response = try await file(home.appendingPathComponent("templates/retail/h5").appendingPathComponent(path.isEmpty ? "index.html" : path), context)
        response.headers[.contentSecurityPolicy] = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; frame-ancestors 'self'"
        return response
    }

    private func file(_ url: URL, _ context: SampanRequestContext) async throws -> Response {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue else { throw HTTPError(.notFound) }
        let body = try await fileIO.loadFile(path: url.path, context: context)
        return Response(
            status: .ok, headers: [.contentType: MediaTypes.ofFile(url.lastPathComponent), .cacheControl: "no-cache", .xContentTypeOptions: "nosniff"],
            body: body)
    }
}

/// The program's version.
enum Version {
    static let current = "0.1.0"
}
