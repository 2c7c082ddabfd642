internal import Kernel
internal import NIOCore

/// Stands before the decoder on one connection, lets a lane have its requests, and closes the connection when nothing happens on it.
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

    private let lane: any FastLane
    private let count: RequestCount
    private let idleTimeout: TimeAmount?

    private var bounds = RequestBounds()
    /// What has come and has gone nowhere yet.
    private var held: ByteBuffer?
    /// Whether the lane has a request; what comes meanwhile waits, since answers go out in the order of the requests.
    private var isAnswering = false
    private var holdsReads = false
    /// Somebody wants to close the connection while the lane has a request.
    private var closing: (CloseMode, EventLoopPromise<Void>?)?
    private var context: ChannelHandlerContext?
    private var reply: FastReply?
    private var clientIP = ""
    private var lastActive = NIODeadline.now()
    private var idleCheck: Scheduled<Void>?

    init(_ lane: any FastLane, count: RequestCount, idleTimeout: TimeAmount?) {
        self.lane = lane
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
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActive = .now()
        var bytes = unwrapInboundIn(data)
        if held == nil { held = bytes } else { held?.writeBuffer(&bytes) }
        takeHeld(context)
    }

    private func takeHeld(_ context: ChannelHandlerContext) {
        while !isAnswering, let bytes = held {
            guard bytes.readableBytes > 0 else {
                held = nil
                return
            }
            switch look(bytes) {
            case .mine(let request, let length):
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
        case mine(FastRequest, length: Int)
        /// It may become one of the lane's when the rest has come.
        case more
        case others
    }

    private func look(_ buffer: ByteBuffer) -> Look {
        // A connection's first request decides what the connection is.
        guard count.hasBegun, bounds.isBetween, count.inProgress == 0 else { return .others }
        return buffer.withUnsafeReadableBytes { bytes in
            let start = lane.start.utf8
            guard zip(bytes, start).allSatisfy({ $0 == $1 }) else { return .others }
            switch RequestScan.read(bytes) {
            case .strange: return .others
            case .more: return bytes.count > Self.headMax ? .others : .more
            case .whole(let scan):
                guard scan.isPlain, bytes.count >= start.count, scan.bodyLength <= lane.bodyBytesMax else { return .others }
                let target = String(decoding: bytes[scan.target], as: UTF8.self)
                guard lane.takes(target[...]) else { return .others }
                guard bytes.count >= scan.length + scan.bodyLength else { return .more }
                let body = buffer.getSlice(at: buffer.readerIndex + scan.length, length: scan.bodyLength) ?? ByteBuffer()
                return .mine(FastRequest(scan, bytes, body, clientIP: clientIP), length: scan.length + scan.bodyLength)
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
        if held != nil {
            takeHeld(context)
            // Whoever is behind keeps what it gets until it is told that this was all for now.
            context.fireChannelReadComplete()
        }
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
        closing = (mode, promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Nothing more comes: a request that is not whole is the decoder's to refuse.
        if !isAnswering, held != nil, event as? ChannelEvent == .inputClosed { forward(context) }
        context.fireUserInboundEventTriggered(event)
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
