internal import HTTPTypes
internal import Hummingbird

/// Lets pages of any origin use what clients use: calls, files and HTTP access.
///
/// Any origin is safe there, because who calls is told by a header that a page has to set itself, never by a cookie.
/// The management API and the console stay closed to other origins.
enum CrossOrigin {
    private static let openPaths = ["/v1/", "/files/", "/http/"]
    private static let allowedHeaders =
        "authorization, content-type, x-sampan-env, x-sampan-pass, x-sampan-timeout, x-request-id, idempotency-key, accept-language, range"
    private static let exposedHeaders = "x-request-id, retry-after, content-range, x-sampan-stand-in"
    private static let origin = HTTPField.Name("access-control-allow-origin").unsafelyUnwrapped
    private static let methods = HTTPField.Name("access-control-allow-methods").unsafelyUnwrapped
    private static let headers = HTTPField.Name("access-control-allow-headers").unsafelyUnwrapped
    private static let exposed = HTTPField.Name("access-control-expose-headers").unsafelyUnwrapped
    private static let maxAge = HTTPField.Name("access-control-max-age").unsafelyUnwrapped
    private static let requestMethod = HTTPField.Name("access-control-request-method").unsafelyUnwrapped
    private static let requestHeaders = HTTPField.Name("access-control-request-headers").unsafelyUnwrapped

    /// The answer to a browser that asks before it sends; `nil` for any other request.
    static func preflight(_ request: Request) -> Response? {
        guard request.method == .options, isOpen(request), request.headers[.origin] != nil, request.headers[requestMethod] != nil else { return nil }
        // What a function reads is its own business; the client API knows its headers.
        let asked = request.uri.path.hasPrefix("/http/") ? request.headers[requestHeaders] : nil
        return Response(
            status: .noContent,
            headers: [
                origin: "*", methods: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", headers: asked ?? allowedHeaders, maxAge: "7200",
                .vary: "origin, access-control-request-headers",
            ])
    }

    /// Lets the asking page read the answer, unless a function has said itself who may.
    static func allow(_ response: inout Response, to request: Request) {
        guard isOpen(request), request.headers[.origin] != nil, response.headers[origin] == nil else { return }
        response.headers[origin] = "*"
        response.headers[exposed] = exposedHeaders
    }

    private static func isOpen(_ request: Request) -> Bool { isOpen(request.uri.path) }

    /// Whether pages of any origin may read what is answered at a path.
    static func isOpen(_ path: String) -> Bool { openPaths.contains { path.hasPrefix($0) } }

    /// What lets them, as it goes over the wire.
    static let openFields = "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: \(exposedHeaders)\r\n"
}
