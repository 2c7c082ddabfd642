import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A small HTTP server that keeps what it was sent and answers as the test says.
final class RecordingServer: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var query: [String: String]
        /// By name in lower case.
        var headers: [String: String]
        var body: [UInt8]

        var json: JSON { (try? JSON(parsing: body)) ?? .null }
        /// `METHOD path`, as tests compare it.
        var line: String { "\(method) \(path)" }
    }

    struct Response: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body: [UInt8] = []

        static func json(_ json: JSON, status: Int = 200, headers: [(String, String)] = []) -> Response {
            Response(status: status, headers: headers + [("content-type", "application/json")], body: json.serialized())
        }

        static func problem(_ status: Int, code: String, detail: String, remedy: String, headers: [(String, String)] = []) -> Response {
            json(
                [
                    "status": .int(Int64(status)), "code": .string(code), "detail": .string(detail), "remedy": .string(remedy),
                    "requestId": "r-1",
                ],
                status: status, headers: headers)
        }
    }

    typealias Answer = @Sendable (Request) -> Response

    private let channel: any Channel
    private let received = Mutex<[Request]>([])
    private let answer: Answer

    private init(channel: any Channel, answer: @escaping Answer) {
        self.channel = channel
        self.answer = answer
    }

    /// Runs `body` with a server on a free port of the loopback address.
    static func run<Value>(_ answer: @escaping Answer, _ body: (RecordingServer) async throws -> Value) async throws -> Value {
        let shared = Shared()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler { shared.server?.respond($0) ?? Response(status: 503) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = RecordingServer(channel: channel, answer: answer)
        shared.server = server
        do {
            let value = try await body(server)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    var endpoint: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    var requests: [Request] { received.withLock { $0 } }
    /// The requests of a method to a path that begins so.
    func requests(_ method: String, _ prefix: String) -> [Request] { requests.filter { $0.method == method && $0.path.hasPrefix(prefix) } }

    private func respond(_ request: Request) -> Response {
        received.withLock { $0.append(request) }
        return answer(request)
    }

    /// The server is known only after its channel is.
    private final class Shared: Sendable {
        private let box = Mutex<RecordingServer?>(nil)

        var server: RecordingServer? {
            get { box.withLock { $0 } }
            set { box.withLock { $0 = newValue } }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let respond: @Sendable (Request) -> Response
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ respond: @escaping @Sendable (Request) -> Response) { self.respond = respond }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let piece): body += piece.readableBytesView
            case .end: finish(context)
            }
        }

        private func finish(_ context: ChannelHandlerContext) {
            guard let head else { return }
            let response = respond(Self.request(head, body))
            var headers = HTTPHeaders(response.headers)
            headers.replaceOrAdd(name: "content-length", value: String(response.body.count))
            let status = HTTPResponseStatus(statusCode: response.status)
            context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        private static func request(_ head: HTTPRequestHead, _ body: [UInt8]) -> Request {
            let parts = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
            let pairs = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
                return (sides[0], sides.count > 1 ? sides[1] : "")
            }
            return Request(
                method: head.method.rawValue, path: parts[0], query: Dictionary(pairs) { $1 },
                headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }, body: body)
        }
    }
}
