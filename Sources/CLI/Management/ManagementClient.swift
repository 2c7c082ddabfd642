import AsyncHTTPClient
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import NIOPosix

/// Speaks the management API: one place for the key, the language, retries and what an error looks like.
struct ManagementClient: Sendable {
    let endpoint: String
    /// `nil` for who is about to sign in.
    let key: String?
    let language: Language

    /// How often a request that the server put off is sent in all.
    static let attemptsMax = 6
    /// The longest wait between two attempts, whatever the server asks for.
    static let waitSecondsMax = 30
    /// The largest answer that is kept in memory.
    static let answerBytesMax = 128 << 20

    /// What is done with a path.
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// A body that can be sent again.
    enum Body: Sendable {
        case none
        case json(JSON)
        case bytes([UInt8], type: String)
        case file(URL, length: Int)
        /// A file from one of its bytes on.
        case rest(URL, from: Int, length: Int, ProgressLine)
    }

    /// An answer that is a success.
    struct Answer: Sendable {
        var status: Int
        var bytes: [UInt8]
        var requestID: String?

        /// The body as JSON; `null` when it is empty.
        func json() throws -> JSON { bytes.isEmpty ? .null : try JSON(parsing: bytes) }
    }

    /// Sends a request to a path made of `path`'s parts below `/admin/v1`, and again when the server asks for it.
    func send(
        _ method: Method, _ path: [String], query: [(String, String?)] = [], body: Body = .none, headers: [(String, String)] = [],
        timeout: Duration = .seconds(120)
    ) async throws -> Answer {
        var attempt = 1
        while true {
            let response = try await start(method, path, query: query, body: body, headers: headers, timeout: timeout)
            let requestID = response.headers.first(name: "x-request-id")
            let bytes = try await collect(response)
            let status = Int(response.status.code)
            if (200..<300).contains(status) { return Answer(status: status, bytes: bytes, requestID: requestID) }
            guard [429, 503].contains(status), attempt < Self.attemptsMax, let wait = Self.wait(response.headers) else {
                throw ServerProblem.error(status: status, body: bytes, requestID: requestID, endpoint: endpoint)
            }
            attempt += 1
            try await Task.sleep(for: wait)
        }
    }

    /// All rows of a list, page by page.
    /// - Parameter name: the member of the answers that holds the rows.
    func list(_ name: String, _ path: [String]) async throws -> [JSON] {
        var rows: [JSON] = []
        var next: String?
        repeat {
            let page = try await send(.get, path, query: [("limit", "1000"), ("after", next)]).json()
            rows += page[name]?.arrayValue ?? []
            next = page["next"]?.stringValue
        } while next != nil
        return rows
    }

    /// Whether it is a Sampan server that answers at the endpoint.
    func isSampan() async throws -> Bool {
        var request = HTTPClientRequest(url: endpoint + "/healthz")
        request.method = .GET
        do {
            let response = try await HTTPConnections.client.execute(request, timeout: .seconds(10))
            let health = try? JSON(parsing: Array(buffer: try await response.body.collect(upTo: 1 << 16)))
            return response.status == .ok && health?["status"]?.stringValue == "ok" && health?["version"] != nil
        } catch {
            throw unreachable(error)
        }
    }

    /// Starts a request whose answer is read piece by piece; an answer that is no success is thrown.
    func stream(_ path: [String], query: [(String, String?)] = [], timeout: Duration) async throws -> ByteStream {
        let response = try await start(.get, path, query: query, body: .none, headers: [], timeout: timeout)
        let status = Int(response.status.code)
        guard (200..<300).contains(status) else {
            throw ServerProblem.error(
                status: status, body: try await collect(response), requestID: response.headers.first(name: "x-request-id"),
                endpoint: endpoint)
        }
        return ByteStream(body: response.body)
    }

    private func start(
        _ method: Method, _ path: [String], query: [(String, String?)], body: Body, headers: [(String, String)], timeout: Duration
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: address(path, query: query))
        request.method = HTTPMethod(rawValue: method.rawValue)
        if let key { request.headers.add(name: "authorization", value: "Bearer \(key)") }
        request.headers.add(name: "accept-language", value: language.rawValue)
        request.headers.add(name: "user-agent", value: "sampan-cli")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        attach(body, to: &request)
        do {
            return try await HTTPConnections.client.execute(request, timeout: TimeAmount(timeout))
        } catch {
            throw unreachable(error)
        }
    }

    private func attach(_ body: Body, to request: inout HTTPClientRequest) {
        switch body {
        case .none: break
        case .json(let json):
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: json.serialized()))
        case .bytes(let bytes, let type):
            request.headers.add(name: "content-type", value: type)
            request.body = .bytes(ByteBuffer(bytes: bytes))
        case .file(let file, let length):
            request.headers.add(name: "content-type", value: "application/octet-stream")
            request.body = .stream(FilePieces(file: file), length: .known(Int64(length)))
        case .rest(let file, let offset, let length, let progress):
            if !request.headers.contains(name: "content-type") { request.headers.add(name: "content-type", value: "application/octet-stream") }
            request.body = .stream(FilePieces(file: file, offset: offset, progress: progress), length: .known(Int64(length)))
        }
    }

    private func collect(_ response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: Self.answerBytesMax))
        } catch {
            throw unreachable(error)
        }
    }

    private func address(_ path: [String], query: [(String, String?)]) -> String {
        let parts = (["admin", "v1"] + path).map { "/" + $0.percentEncoded }.joined()
        let pairs = query.compactMap { name, value in value.map { "\(name)=\($0.percentEncoded)" } }
        return endpoint + parts + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// The wait that a `Retry-After` asks for; nil when the answer does not invite a retry.
    private static func wait(_ headers: HTTPHeaders) -> Duration? {
        guard let seconds = headers.first(name: "retry-after").flatMap({ Double($0) }), seconds >= 0 else { return nil }
        return .seconds(min(seconds, Double(waitSecondsMax)))
    }

    private func unreachable(_ error: any Error) -> any Error {
        if error is CLIError || error is CancellationError { return error }
        if let error = error as? HTTPClientError, [.readTimeout, .deadlineExceeded].contains(error) {
            return CLIError(
                Localized("\(endpoint) did not answer in time.", zh: "\(endpoint) 未能及时应答。"),
                remedy: Localized("Try again, or look at the server with `sampan doctor`.", zh: "请重试，或用 `sampan doctor` 检查服务器。"))
        }
        return CLIError(
            Localized("Cannot reach \(endpoint): \(Self.cause(error)).", zh: "无法连接 \(endpoint)：\(Self.cause(error))。"),
            remedy: Localized(
                "Start the server with `sampan serve`, or name another one with --endpoint.",
                zh: "请用 `sampan serve` 启动服务器，或用 --endpoint 指定其他服务器。"))
    }

    private static func cause(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: error.connectionErrors.first.map { cause($0.error) } ?? "no such host"
        case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
        case let error as HTTPClientError: error.shortDescription
        default: String(describing: error)
        }
    }
}

extension String {
    /// Safe in a path segment or a query value.
    fileprivate var percentEncoded: String {
        addingPercentEncoding(withAllowedCharacters: .unreserved) ?? self
    }
}

extension CharacterSet {
    /// The characters that RFC 3986 never reserves.
    fileprivate static let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
