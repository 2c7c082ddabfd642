import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import LoadGenerator

/// A server on loopback whose delays and answers are known, and which answers one request at a time on each connection.
final class ScriptedServer: Sendable {
    /// What happens to a request.
    enum Reply: Sendable {
        /// After so many milliseconds, these bytes.
        case answer(after: Double, String)
        case silence
        case close

        static func ok(after milliseconds: Double) -> Reply {
            .answer(after: milliseconds, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        }
    }

    let address: SocketAddress

    private init(_ address: SocketAddress) { self.address = address }

    /// The way to it.
    func target() throws -> RehearsalTarget { try RehearsalTarget("http://127.0.0.1:\(address.port ?? 0)", listeners: [address]) }

    /// Runs `body` with a server.
    ///
    /// - Parameter script: Answers what happens to a request, given its number (from 0) and the milliseconds since the first one.
    static func with<Value>(
        _ script: @escaping @Sendable (Int, Double) -> Reply, _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let counter = Counter()
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(script, counter)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(try #require(channel.localAddress))
        do {
            let value = try await body(server)
            try await group.shutdownGracefully()
            return value
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    private final class Counter: Sendable {
        private let state = Mutex((number: 0, first: Int64(0)))

        /// The request's number, and milliseconds since the first one.
        func next() -> (Int, Double) {
            let now = Int64(NIODeadline.now().uptimeNanoseconds)
            return state.withLock { state in
                if state.number == 0 { state.first = now }
                defer { state.number += 1 }
                return (state.number, Double(now - state.first) / 1e6)
            }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let script: @Sendable (Int, Double) -> Reply
        private let counter: Counter

        init(_ script: @escaping @Sendable (Int, Double) -> Reply, _ counter: Counter) { (self.script, self.counter) = (script, counter) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let (number, elapsed) = counter.next()
            switch script(number, elapsed) {
            case .silence: break
            case .close: context.close(promise: nil)
            case .answer(let after, let text):
                let bytes = wrapOutboundOut(ByteBuffer(string: text))
                guard after > 0 else { return context.writeAndFlush(bytes, promise: nil) }
                context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(after * 1e6))) { context.writeAndFlush(bytes, promise: nil) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
