internal import NIOCore
internal import NIOWebSocket

/// Turns frames into messages, keeps the connection alive, and notices when nobody is there any more.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// How often a quiet client is asked whether it is there; two questions without an answer end the connection.
    static let pingInterval = TimeAmount.seconds(25)

    private let messages: AsyncStream<ByteBuffer>.Continuation
    private var pinging: RepeatedTask?
    private var hasBeenHeard = true

    init(messages: AsyncStream<ByteBuffer>.Continuation) { self.messages = messages }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pinging = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.pingInterval, delay: Self.pingInterval) { _ in
            let (handler, context) = bound.value
            handler.ping(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Too long, badly masked or cut short: what follows cannot be understood either.
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        hasBeenHeard = true
        switch frame.opcode {
        case .text, .binary:
            if case .dropped = messages.yield(frame.unmaskedData) { hangUp(context, .policyViolation) }
        case .ping: context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
        case .connectionClose:
            let reply = WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData)
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(reply)).whenComplete { _ in bound.value.close(promise: nil) }
        default: break
        }
    }

    private func ping(_ context: ChannelHandlerContext) {
        guard hasBeenHeard else { return context.close(promise: nil) }
        hasBeenHeard = false
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: context.channel.allocator.buffer(capacity: 0))), promise: nil)
    }

    private func hangUp(_ context: ChannelHandlerContext, _ code: WebSocketConnection.CloseCode) {
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(code.rawValue)))
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)), promise: nil)
        context.close(promise: nil)
    }

    private func end() {
        pinging?.cancel()
        pinging = nil
        messages.finish()
    }
}
