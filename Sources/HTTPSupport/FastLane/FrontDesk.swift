internal import Kernel
internal import NIOCore

/// Stands before the decoder on one connection: asks admission for each request, lets lanes have theirs, and closes the connection when nothing happens
/// on it.
///
/// It takes a request apart only when it is certain where that begins: all bytes before it were requests that were counted, and all of these are
/// answered. What cannot be told apart goes on to the decoder, and admission is asked behind that.
final class FrontDesk: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// So many bytes that are sent ahead are kept; then nothing more is read.
    private static let aheadMax = 64 << 10
    /// A lane's request is no longer than this.
    static let headMax = 16 << 10

    /// What is left of a refused request's body is read and thrown away up to this; beyond it the connection is closed.
    static let skippedMax = 256 << 10

    /// Nobody waits longer than this, whatever they say.
    static let patienceMax = 600_000

    /// Where the next request of the connection stands.
    enum Standing {
        case unknown
        /// In line.
        case waiting
        case admitted
    }

    private let lanes: [any FastLane]
    let count: RequestCount
    let admission: AdmissionControl?
    var gate: LoopGate?
    var standing = Standing.unknown
    /// So much of a refused request's body is still to come.
    var skipping = 0
    /// The request that admission was asked for.
    var asked: RequestScan?
    /// How many requests went on to the decoder, as far as they could be told apart.
    private var forwarded = 0
    /// Whether anything went on since whoever is behind was told that this was all for now.
    private var hasPassedOn = false
    let room: ConnectionRoom?

    var bounds = RequestBounds()
    /// What has come and has gone nowhere yet.
    var held: ByteBuffer?
    /// Whether the lane has a request; what comes meanwhile waits, since answers go out in the order of the requests.
    var isAnswering = false
    /// Whether `takeHeld` runs: an answer that comes at once must not call it again, for a thousand requests in one read would be a thousand calls deep.
    private var isTaking = false
    /// The other end has said that nothing more comes, while the lane had a request.
    private var hasInputEnded = false
    private var holdsReads = false
    /// Somebody wants to close the connection while the lane has a request.
    private var closing: (CloseMode, EventLoopPromise<Void>?)?
    var context: ChannelHandlerContext?
    private var reply: FastReply?
    var clientIP = ""
    var lastActive = NIODeadline.now()
    var patienceCheck: Scheduled<Void>?
    /// When the request that is being read began to go on, and how much of it has.
    var bodyBegan = NIODeadline.now()
    var bodyBytes = 0

    init(_ lanes: [any FastLane], count: RequestCount, admission: AdmissionControl? = nil, room: ConnectionRoom?) {
        self.lanes = lanes
        self.count = count
        self.admission = admission
        self.room = room
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        clientIP = context.remoteAddress?.ipAddress ?? ""
        gate = admission?.gate(of: context.eventLoop)
        count.gate = gate
        count.onEnd = { [weak self] in self?.routerHasAnswered() }
        reply = FastReply(desk: NIOLoopBound(self, eventLoop: context.eventLoop), post: LoopPost.of(context.eventLoop))
        if context.channel.isActive { beginPatience(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        patienceCheck?.cancel()
        self.context = nil
        reply = nil
        count.onEnd = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        beginPatience(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        patienceCheck?.cancel()
        held = nil
        closing?.1?.fail(ChannelError.alreadyClosed)
        closing = nil
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Whoever sends a head byte by byte is as idle as whoever sends nothing.
        if !isHalf { lastActive = .now() }
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

    /// Whoever is behind hears that a read is over only where something of it was for them.
    func channelReadComplete(context: ChannelHandlerContext) {
        guard hasPassedOn else { return }
        hasPassedOn = false
        context.fireChannelReadComplete()
    }

    private func takeHeld(_ context: ChannelHandlerContext) {
        if isTaking { return }
        isTaking = true
        defer { isTaking = false }
        while !isAnswering, standing != .waiting, let bytes = held {
            guard bytes.readableBytes > 0 else {
                held = nil
                return
            }
            if skipping > 0 {
                let count = min(skipping, bytes.readableBytes)
                held?.moveReaderIndex(forwardBy: count)
                skipping -= count
                continue
            }
            if standing == .unknown, gate != nil, !count.isBroken, bounds.isBetween {
                // The one before is being answered: it is looked at when that is done.
                if forwarded > count.ended || count.inProgress > 0 { return }
                switch ask(bytes, context) {
                case .goOn: break
                case .again: continue
                case .later: return
                }
            }
            switch look(bytes) {
            case .mine(let lane, let request, let length):
                held?.moveReaderIndex(forwardBy: length)
                isAnswering = true
                (asked, standing) = (nil, .unknown)
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
        guard var bytes = held else { return }
        held = nil
        // The request behind it is asked for by itself.
        if let length = asked.map({ $0.length + $0.bodyLength }) ?? (gate == nil ? nil : bounds.bodyLeft), length < bytes.readableBytes,
            let piece = bytes.readSlice(length: length)
        {
            held = bytes
            bytes = piece
        }
        if asked != nil {
            forwarded += 1
            count.permits += 1
        }
        (asked, standing) = (nil, .unknown)
        bytes.withUnsafeReadableBytes { bounds.pass($0) }
        noteBody(bytes.readableBytes)
        hasPassedOn = true
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
        goOn(context)
    }

    /// Looks at what has come meanwhile.
    func goOn(_ context: ChannelHandlerContext) {
        // It goes on by itself where the answer came at once.
        if isTaking { return }
        if held != nil {
            takeHeld(context)
            // Whoever is behind keeps what it gets until it is told that this was all for now.
            channelReadComplete(context: context)
        }
        if hasInputEnded, !isAnswering, standing != .waiting { endInput(context) }
        if holdsReads, (held?.readableBytes ?? 0) < Self.aheadMax {
            holdsReads = false
            context.read()
        }
    }

    private func routerHasAnswered() {
        guard held != nil, let context else { return }
        // Behind the end of the answer, which is on its way.
        context.eventLoop.assumeIsolated().execute { [weak self] in
            guard let self, let context = self.context else { return }
            goOn(context)
        }
    }

    // MARK: The connection

    func read(context: ChannelHandlerContext) {
        if (held?.readableBytes ?? 0) >= Self.aheadMax { holdsReads = true } else { context.read() }
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
        // What waits, and what waits behind the lane's request, comes first.
        if isAnswering || standing == .waiting { hasInputEnded = true } else { endInput(context) }
    }

    private func endInput(_ context: ChannelHandlerContext) {
        hasInputEnded = false
        // Nothing more comes: a request that is not whole is the decoder's to refuse.
        if held != nil { forward(context) }
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
}
