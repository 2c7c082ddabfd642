internal import HTTPTypes
public import HummingbirdCore
internal import Logging
internal import LoopTasks
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import NIOWebSocket
internal import ServiceLifecycle
internal import Synchronization

extension HTTPServerBuilder {
    /// HTTP/1.1 whose requests are handled on the event loop that their connection belongs to, and WebSockets.
    ///
    /// Handlers here either suspend or do something short, so a hop to the shared thread pool and back would cost more
    /// than the work itself (a third of a read by id). What may take long goes to a thread pool of its own.
    /// - Parameters:
    ///   - room: how many connections are kept, and for how long.
    ///   - admission: who decides about each request when there are more than can be served; `nil`: nobody.
    public static func loopBound(room: ConnectionRoom, webSockets: WebSocketRoute, lanes: [any FastLane], admission: AdmissionControl?) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            LoopBoundChannel(responder: responder, room: room, webSockets: webSockets, lanes: lanes, admission: admission)
        }
    }
}

/// A connection whose task runs on its own event loop: HTTP, until its first request makes it a WebSocket.
struct LoopBoundChannel: ServerChildChannel, HTTPChannelHandler {
    typealias HTTP = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    enum Negotiated: Sendable {
        case http(HTTP)
        case webSocket(WebSocketConnection)
    }

    struct Value: ServerChildChannelValue {
        let negotiated: EventLoopFuture<Negotiated>
        let channel: any Channel
    }

    /// Longer than any event of a function that comes in the address.
    private static let headBytesMax = 80 << 10

    let responder: Responder
    let room: ConnectionRoom
    let webSockets: WebSocketRoute
    let lanes: [any FastLane]
    let admission: AdmissionControl?

    /// The first connection is set up alone: where two threads make the same generic types for the first time at once, Swift's runtime has crashed
    /// right after a start under load (like swiftlang/swift#80909).
    private static let isWarm = Atomic(false)
    private static let warming = Mutex(())

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        if Self.isWarm.load(ordering: .acquiring) { return setUp(channel, logger) }
        return Self.warming.withLock { _ in
            defer { Self.isWarm.store(true, ordering: .releasing) }
            return setUp(channel, logger)
        }
    }

    private func setUp(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let count = NIOLoopBound(RequestCount(), eventLoop: channel.eventLoop)
            let desk = FrontDesk(lanes, count: count.value, admission: admission, room: room)
            try channel.pipeline.syncOperations.addHandler(desk)
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration<Negotiated>(
                upgradeConfiguration: .init(upgraders: [upgrader()]) { channel in
                    channel.eventLoop.makeCompletedFuture { .http(try http(channel, count.value, logger)) }
                })
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = Self.headBytesMax
            limits.maxHeaderListSize = Self.headBytesMax
            limits.maxHeaderFieldCount = 1000
            configuration.decoderConfiguration = limits
            let operations = channel.pipeline.syncOperations
            let negotiated = try operations.configureUpgradableHTTPServerPipeline(configuration: configuration)
            let upgrading = try operations.handler(type: NIOTypedHTTPServerUpgradeHandler<Negotiated>.self)
            try operations.addHandler(UpgradeFilter(accepts: webSockets.accepts), position: .before(upgrading))
            return Value(negotiated: negotiated, channel: channel)
        }
    }

    private func http(_ channel: any Channel, _ count: RequestCount, _ logger: Logger) throws -> HTTP {
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(HTTPConnectionStateHandler(logger: logger))
        try channel.pipeline.syncOperations.addHandler(count)
        return try HTTP(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    private func upgrader() -> NIOTypedWebSocketServerUpgrader<Negotiated> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: WebSocketConnection.messageBytesMax,
            // What may not become a WebSocket has lost its header in the filter: refusing here would lose the request.
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    // What comes now are no requests, and a socket on which nothing happens is no idle connection.
                    channel.pipeline.syncOperations.removeHandler(try channel.pipeline.syncOperations.handler(type: FrontDesk.self), promise: nil)
                    let (messages, continuation) = AsyncStream<ByteBuffer>.makeStream(bufferingPolicy: .bufferingOldest(WebSocketConnection.waitingMessagesMax))
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1000, maxAccumulatedFrameSize: WebSocketConnection.messageBytesMax),
                        WebSocketHandler(messages: continuation),
                    ])
                    return .webSocket(
                        WebSocketConnection(
                            channel: channel, authorization: head.headers.first(name: "authorization"), environment: head.headers.first(name: "x-sampan-env"),
                            clientIP: channel.remoteAddress?.ipAddress ?? "", messages: messages))
                }
            })
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(value.channel.eventLoop)) {
            do {
                switch try await value.negotiated.get() {
                case .http(let http): await handleHTTP(asyncChannel: http, logger: logger)
                case .webSocket(let connection):
                    await withGracefulShutdownHandler {
                        await webSockets.serve(connection)
                        connection.close(.goingAway)
                    } onGracefulShutdown: {
                        connection.close(.goingAway)
                    }
                }
            } catch {
                // A connection that was closed, or spoke no HTTP, before it asked for anything.
                logger.debug("a connection ended before its first request", metadata: ["error": "\(error)"])
                value.channel.close(promise: nil)
            }
        }
    }
}

/// Lets only requests for WebSockets ask for an upgrade: NIO loses the head of a request that asks for one and gets none.
///
/// Only the first request of a connection can become a WebSocket, so it goes when that has passed.
final class UpgradeFilter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let accepts: @Sendable (_ path: String) -> Bool

    init(accepts: @escaping @Sendable (_ path: String) -> Bool) { self.accepts = accepts }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let path = String(head.uri.prefix { $0 != "?" })
        let isAsked = head.method == .GET && head.headers.first(name: "upgrade")?.lowercased() == "websocket"
        if !isAsked || !accepts(path) { head.headers.remove(name: "upgrade") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
