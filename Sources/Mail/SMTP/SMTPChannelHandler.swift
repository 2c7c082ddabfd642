internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Carries a conversation over a connection: cuts what comes into replies, keeps the time, and turns to TLS.
final class SMTPChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var conversation: SMTPConversation
    private let timeouts: SMTPTimeouts
    private let security: SMTPSecurity?
    private let outcome: EventLoopPromise<Void>
    private var parser = SMTPReplyParser()
    private var deadline: Scheduled<Void>?
    private var isOver = false

    init(_ conversation: SMTPConversation, timeouts: SMTPTimeouts, security: SMTPSecurity?, outcome: EventLoopPromise<Void>) {
        self.conversation = conversation
        self.timeouts = timeouts
        self.security = security
        self.outcome = outcome
    }

    func channelActive(context: ChannelHandlerContext) {
        expectReply(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(SMTPFailure) {
            for reply in try parser.feed(Self.unwrapInboundIn(data).readableBytesView) where !isOver {
                try perform(conversation.receive(reply), context)
            }
        } catch {
            end(.failure(error), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent, conversation.step == .handshake, !isOver else {
            return context.fireUserInboundEventTriggered(event)
        }
        do throws(SMTPFailure) {
            try perform(conversation.secured(), context)
        } catch {
            end(.failure(error), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isOfTLS = error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
        end(.failure(isOfTLS ? .insecure("\(error)") : .unreachable("\(error)")), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(.disconnected(conversation.step)), context)
        context.fireChannelInactive()
    }

    private func perform(_ action: SMTPConversation.Action, _ context: ChannelHandlerContext) throws(SMTPFailure) {
        switch action {
        case .send(let bytes):
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            expectReply(context)
        case .secure:
            try turnToTLS(context)
            expectReply(context)
        case .finish(let bytes):
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            end(.success(()), context)
        }
    }

    private func turnToTLS(_ context: ChannelHandlerContext) throws(SMTPFailure) {
        // Somebody in between could have put it there, to be taken for an answer of the encrypted connection.
        guard parser.isBetweenReplies else { throw .malformedReply("something follows the answer to STARTTLS in the clear") }
        do {
            guard let security else { throw SMTPFailure.notOffered("TLS") }
            try context.pipeline.syncOperations.addHandler(security.handler(), position: .first)
        } catch {
            throw .insecure("\(error)")
        }
    }

    private func expectReply(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let step = conversation.step
        let limit = step == .content ? timeouts.content : timeouts.reply
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        deadline = context.value.eventLoop.scheduleTask(in: limit) { handler.value.end(.failure(.timedOut(step)), context.value) }
    }

    /// Says once how it went, and hangs up.
    private func end(_ result: Result<Void, SMTPFailure>, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        deadline?.cancel()
        outcome.completeWith(result.mapError { $0 as any Error })
        // After what was written last, which is QUIT or nothing.
        context.close(promise: nil)
    }
}
