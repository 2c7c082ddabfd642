public import NIOCore
internal import NIOFoundationCompat
internal import NIOWebSocket
internal import Synchronization

/// The WebSockets that a server serves: which requests become one, and who talks with it.
public struct WebSocketRoute: Sendable {
    /// Whether a path is one of a WebSocket.
    let accepts: @Sendable (_ path: String) -> Bool
    /// Talks with a client until either has enough; runs on the connection's event loop.
    let serve: @Sendable (WebSocketConnection) async -> Void

    /// Serves the WebSockets at `path`.
    public init(path: String, serve: @escaping @Sendable (WebSocketConnection) async -> Void) {
        accepts = { $0 == path }
        self.serve = serve
    }
}

/// One client at the other end of a WebSocket: texts come in, texts go out.
///
/// Pings are answered and sent by themselves; who does not read what is sent is hung up on, so that nobody's slowness fills memory.
public final class WebSocketConnection: Sendable {
    /// Why a connection is ended (RFC 6455, 7.4).
    public enum CloseCode: UInt16, Sendable {
        case goingAway = 1001
        case policyViolation = 1008
        case messageTooBig = 1009
        case tryAgainLater = 1013
    }

    /// The header `authorization` of the request that opened it.
    public let authorization: String?
    /// The header `x-sampan-env`.
    public let environment: String?
    /// The client's address.
    public let clientIP: String
    /// What the client says, until it hangs up.
    public let messages: AsyncStream<ByteBuffer>

    /// What may wait to be read by the client.
    static let waitingBytesMax = 8 << 20
    /// The largest message of a client.
    static let messageBytesMax = 1 << 20
    /// What may wait to be handled of a client that talks faster than it is answered.
    static let waitingMessagesMax = 256

    private let channel: any Channel
    private let waitingBytes = Atomic<Int>(0)

    init(channel: any Channel, authorization: String?, environment: String?, clientIP: String, messages: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.authorization = authorization
        self.environment = environment
        self.clientIP = clientIP
        self.messages = messages
    }

    /// Sends a text; the order of calls is the order of arrival.
    ///
    /// After the end it does nothing.
    public func send(_ text: ByteBuffer) {
        let bytes = text.readableBytes
        guard waitingBytes.add(bytes, ordering: .relaxed).newValue <= Self.waitingBytesMax else {
            // Not read for megabytes: whatever comes later would not be read either.
            close(.tryAgainLater)
            return
        }
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { [self] _ in waitingBytes.subtract(bytes, ordering: .relaxed) }
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .text, data: text), promise: promise)
    }

    /// Says goodbye and hangs up.
    public func close(_ code: CloseCode) {
        var data = channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(code.rawValue)))
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)).whenComplete { [channel] _ in
            channel.close(promise: nil)
        }
    }
}
