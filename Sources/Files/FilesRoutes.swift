internal import Foundation
public import HTTPSupport
internal import HTTPTypes
public import Hummingbird
public import Kernel
internal import NIOCore

/// Files for clients (`/v1/files`), behind signed addresses (`/files/…`), and for keys.
public struct FilesRoutes: Sendable {
    private static let bodyBytesMax = 256 << 10
    private let files: Files
    private let requireActive: @Sendable (EnvironmentID) throws -> Void
    private let fileIO = FileIO()

    /// Makes the routes.
    public init(_ files: Files, requireActive: @escaping @Sendable (EnvironmentID) throws -> Void) {
        self.files = files
        self.requireActive = requireActive
    }

    /// Adds them to `router`.
    public func add(to router: some RouterMethods<SampanRequestContext>) {
        router.post("/v1/files", use: upload)
        router.post("/v1/files/urls", use: urls)
        router.post("/v1/files/delete", use: delete)
        router.get("/files/:env/**", use: serve)
        // The edge leaves the bytes out; they are only read when they are sent.
        router.head("/files/:env/**", use: serve)
        router.get("/admin/v1/environments/:env/files", use: list)
        router.delete("/admin/v1/environments/:env/files/**", use: remove)
    }

    private func upload(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        let upload = try await request.receiveFile { fields in
            guard let cloudPath = fields["cloudPath"] else {
                throw SampanError.badMember("cloudPath", Localized("a field before the file", zh: "位于 file 之前的字段"))
            }
            return try files.begin(cloudPath, call)
        }
        return .json(try await upload.finish())
    }

    private func urls(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        return .json(try files.urls(try await request.jsonObject(upTo: Self.bodyBytesMax), call))
    }

    private func delete(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let call = try context.requireCall()
        return .json(try await files.delete(try await request.jsonObject(upTo: Self.bodyBytesMax), call))
    }

    private func list(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        let limit = Int(try request.queryInt("limit", in: 1...1000) ?? 100)
        let list = try files.list(environment, prefix: request.queryText("prefix") ?? "", after: request.queryText("after") ?? "", max: limit)
        return .json(["files": .array(list)])
    }

    private func remove(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        let environment = try context.managedEnvironment()
        try await files.remove(path(request, after: "/admin/v1/environments/\(environment)/files/"), environment)
        return Response(status: .noContent)
    }

    /// The bytes behind a signed address; ranges as RFC 9110 has them.
    private func serve(_ request: Request, _ context: SampanRequestContext) async throws -> Response {
        guard let environment = EnvironmentID(try context.parameters.require("env")) else { throw SampanError.noFile("") }
        try requireActive(environment)
        let path = try path(request, after: "/files/\(environment)/")
        let (url, entry) = try files.open(
            path, expires: try request.queryInt("e", in: 0...Int64.max) ?? 0, signature: request.queryText("s") ?? "", environment)
        var headers: HTTPFields = [
            .contentType: MediaTypes.ofFile(path), .cacheControl: "private, max-age=300", .eTag: "\"\(entry.object)\"", .acceptRanges: "bytes",
        ]
        // What users upload must not run in this server's origin.
        headers[.contentSecurityPolicy] = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
        headers[.xContentTypeOptions] = "nosniff"
        if request.headers[.ifNoneMatch] == headers[.eTag] { return Response(status: .notModified, headers: headers) }
        // Units that we do not know are no reason to refuse, and ranges are for GET alone (RFC 9110, 14.2).
        guard request.method == .get, let header = request.headers[.range], header.hasPrefix("bytes=") else {
            return Response(status: .ok, headers: headers, body: try await fileIO.loadFile(path: url.path, context: context))
        }
        guard let range = ByteRange(header, size: entry.size) else {
            headers[.contentRange] = "bytes */\(entry.size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        headers[.contentRange] = "bytes \(range.first)-\(range.last)/\(entry.size)"
        let body = try await fileIO.loadFile(path: url.path, range: Int(range.first)...Int(range.last), context: context)
        return Response(status: .partialContent, headers: headers, body: body)
    }

    private func path(_ request: Request, after prefix: String) throws -> String {
        guard let path = String(request.uri.path.dropFirst(prefix.count)).removingPercentEncoding, !path.isEmpty else { throw SampanError.noFile("") }
        return path
    }
}

/// One range of a `Range: bytes=…` header.
///
/// Several ranges are answered as if none was asked for the rest.
struct ByteRange: Equatable {
    let first: Int64
    let last: Int64

    init?(_ header: String, size: Int64) {
        guard header.hasPrefix("bytes="), size > 0 else { return nil }
        let ends = header.dropFirst(6).prefix { $0 != "," }.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let count = Int64(ends[1]), count > 0 else { return nil }
            first = max(0, size - count)
            last = size - 1
            return
        }
        guard let first = Int64(ends[0]), first < size else { return nil }
        let last = ends[1].isEmpty ? size - 1 : min(Int64(ends[1]) ?? -1, size - 1)
        guard last >= first else { return nil }
        self.first = first
        self.last = last
    }
}
