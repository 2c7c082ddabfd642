internal import Kernel
internal import NIOCore

/// Stands before the decoder on one connection, lets lanes have their requests, and closes the connection when nothing happens on it.
///
/// A lane has a request only when it is certain where that begins: all bytes before it were requests that were counted, and all of these are answered.
final class FrontDesk: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// So many bytes that are sent ahead are kept; then nothing more is read.
    private static let aheadMax = 64 << 10
    /// A lane's request is no longer than this.
    private static let headMax = 16 << 10

    private let lanes: [any FastLane]
    private let count: RequestCount
    private let idleTimeout: TimeAmount?

    private var bounds = RequestBounds()
    /// What has come and has gone nowhere yet.
    private var held: ByteBuffer?
    /// Whether the lane has a request; what comes meanwhile waits, since answers go out in the order of the requests.
    private var isAnswering = false
    /// Whether `takeHeld` runs: an answer that comes at once must not call it again, for a thousand requests in one read would be a thousand calls deep.
    private var isTaking = false
    /// The other end has said that nothing more comes, while the lane had a request.
    private var hasInputEnded = false
    private var holdsReads = false
    /// Somebody wants to close the connection while the lane has a request.
    private var closing: (CloseMode, EventLoopPromise<Void>?)?
    private var context: ChannelHandlerContext?
    private var reply: FastReply?
    private var clientIP = ""
    private var lastActive = NIODeadline.now()
    private var idleCheck: Scheduled<Void>?

    init(_ lanes: [any FastLane], count: RequestCount, idleTimeout: TimeAmount?) {
        self.lanes = lanes
        self.count = count
        self.idleTimeout = idleTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        clientIP = context.remoteAddress?.ipAddress ?? ""
        reply = FastReply(desk: NIOLoopBound(self, eventLoop: context.eventLoop), post: LoopPost.of(context.eventLoop))
        if let idleTimeout { checkIdle(in: idleTimeout, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        idleCheck?.cancel()
        self.context = nil
        reply = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        idleCheck?.cancel()
        held = nil
        closing?.1?.fail(ChannelError.alreadyClosed)
        closing = nil
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActive = .now()
        var bytes = unwrapInboundIn(data)
        if held?.readableBytes ?? 0 == 0 {
            held = bytes
        } else {
            // What was read is given back, or a connection that is never quite done would keep all that it ever sent.
            held?.discardReadBytes()
            held?.writeBuffer(&bytes)
        }
        takeHeld(context)
    }

    private func takeHeld(_ context: ChannelHandlerContext) {
        if isTaking { return }
        isTaking = true
        defer { isTaking = false }
        while !isAnswering, let bytes = held {
            guard bytes.readableBytes > 0 else {
                held = nil
                return
            }
            switch look(bytes) {
            case .mine(let lane, let request, let length):
                held?.moveReaderIndex(forwardBy: length)
                isAnswering = true
                guard let reply else { return }
                lane.answer(request, reply)
            case .more: return
            case .others: forward(context)
            }
        }
    }

    private enum Look {
        case mine(any FastLane, FastRequest, length: Int)
        /// It may become one of the lane's when the rest has come.
        case more
        case others
    }

    private func look(_ buffer: ByteBuffer) -> Look {
        // A connection's first request decides what the connection is.
        guard count.hasBegun, !count.isBroken, bounds.isBetween, count.inProgress == 0 else { return .others }
        return buffer.withUnsafeReadableBytes { bytes in
            guard let lane = lanes.first(where: { zip(bytes, $0.start.utf8).allSatisfy { $0 == $1 } }) else { return .others }
            switch RequestScan.read(bytes) {
            case .strange: return .others
            case .more: return bytes.count > Self.headMax ? .others : .more
            case .whole(let scan):
                guard scan.isPlain, scan.bodyLength <= lane.bodyBytesMax else { return .others }
                let target = String(decoding: bytes[scan.target], as: UTF8.self)
                guard lane.takes(target[...]) else { return .others }
                guard bytes.count >= scan.length + scan.bodyLength else { return .more }
                let body = buffer.getSlice(at: buffer.readerIndex + scan.length, length: scan.bodyLength) ?? ByteBuffer()
                return .mine(lane, FastRequest(scan, bytes, body, clientIP: clientIP), length: scan.length + scan.bodyLength)
            }
        }
    }

    private func forward(_ context: ChannelHandlerContext) {
        guard let bytes = held else { return }
        held = nil
        bytes.withUnsafeReadableBytes { bounds.pass($0) }
        context.fireChannelRead(wrapInboundOut(bytes))
    }

    /// The lane's answer, on the event loop.
    func answered(_ bytes: ByteBuffer) {
        guard let context, isAnswering else { return }
        isAnswering = false
        lastActive = .now()
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
        if let (mode, promise) = closing {
            closing = nil
            return context.close(mode: mode, promise: promise)
        }
        // It goes on by itself where the answer came at once.
        if isTaking { return }
        if held != nil {
            takeHeld(context)
            // Whoever is behind keeps what it gets until it is told that this was all for now.
            context.fireChannelReadComplete()
        }
        if hasInputEnded, !isAnswering { endInput(context) }
        if holdsReads, (held?.readableBytes ?? 0) < Self.aheadMax {
            holdsReads = false
            context.read()
        }
    }

    // MARK: The connection

    func read(context: ChannelHandlerContext) {
        if isAnswering, (held?.readableBytes ?? 0) >= Self.aheadMax { holdsReads = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        lastActive = .now()
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isAnswering, mode != .input else { return context.close(mode: mode, promise: promise) }
        guard let (known, first) = closing else {
            closing = (mode, promise)
            return
        }
        // Whoever wants more gets it; both hear of it.
        if let first, let promise { first.futureResult.cascade(to: promise) }
        closing = (known == .all || mode == .all ? .all : known, first ?? promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        // What waits behind the lane's request comes first.
        if isAnswering { hasInputEnded = true } else { endInput(context) }
    }

    private func endInput(_ context: ChannelHandlerContext) {
        hasInputEnded = false
        // Nothing more comes: a request that is not whole is the decoder's to refuse.
        if held != nil { forward(context) }
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    private func checkIdle(in time: TimeAmount, _ context: ChannelHandlerContext) {
        idleCheck = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in self?.checkIdle() }
    }

    private func checkIdle() {
        guard let context, let idleTimeout else { return }
        let end = lastActive + idleTimeout
        if end > .now() { return checkIdle(in: end - .now(), context) }
        // Whoever waits for an answer is not idle; whoever has sent half a request is.
        if isAnswering || count.inProgress > 0 && !count.isReading { return checkIdle(in: idleTimeout, context) }
        context.close(promise: nil)
    }
}
