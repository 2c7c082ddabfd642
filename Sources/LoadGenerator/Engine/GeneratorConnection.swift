internal import NIOCore

/// Who is told, on the connection's event loop, what becomes of requests.
protocol GeneratorConnectionOwner: AnyObject {
    /// The answer came. The connection is free, if it is still usable.
    func answered(_ connection: GeneratorConnection, _ user: VirtualUser, _ answer: Answer)
    /// The connection is gone, and with it the request of the user whom it served.
    func closed(_ connection: GeneratorConnection, _ user: VirtualUser?, _ fault: RequestFault)
}

/// One connection: sends a request, reads its answer, and so on; one at a time.
final class GeneratorConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Gone when the run has ended; the channel may live a little longer.
    private weak var owner: (any GeneratorConnectionOwner)?
    private var context: ChannelHandlerContext?
    private var parser = AnswerParser()
    private var fault = RequestFault.connectionClosed
    /// Whose request is underway.
    private(set) var user: VirtualUser?
    /// Whether another request may be sent.
    private(set) var isUsable = true

    init(owner: any GeneratorConnectionOwner) { self.owner = owner }

    /// Sends the user's request; the connection must be free.
    func send(_ user: VirtualUser) {
        precondition(self.user == nil, "a connection serves one request at a time")
        self.user = user
        // Where the channel is gone already, the owner hears of it and of this request from `channelInactive`, which is still to come.
        context?.writeAndFlush(wrapOutboundOut(user.request), promise: nil)
    }

    /// Gives up the request, and the connection with it: HTTP/1.1 knows no other way.
    ///
    /// The owner is not told about the request.
    func abandon() -> VirtualUser? {
        defer { close() }
        return user.take()
    }

    func close() {
        isUsable = false
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isUsable else { return }
        switch user == nil ? .malformed : parser.read(unwrapInboundIn(data)) {
        case .more: return
        case .malformed:
            fault = .malformedAnswer
            close()
        case .answer(let answer):
            guard let user = user.take() else { return }
            if !answer.keepsConnection { close() }
            owner?.answered(self, user, answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isUsable = false
        owner?.closed(self, user.take(), fault)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset or a broken pipe: for the user, the connection is closed.
        close()
    }
}
