public import HTTPTypes
internal import HummingbirdCore
internal import Kernel
public import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// A few requests that come by the thousand in one second, and are answered beside the router.
///
/// A routed request costs a task, two suspensions and some thirty allocations; where the work itself is a look into memory, or a place in the
/// writer's next commit, that is most of what it costs. Everything that a lane does not take goes the ordinary way, and the ordinary way
/// answers the same requests in the same words: which one a request went by, nobody can tell.
public protocol FastLane: Sendable {
    /// The largest body that it takes.
    var bodyBytesMax: Int { get }
    /// Whether it answers this request; on the event loop, so it must be quick.
    func takes(_ request: HTTPRequest) -> Bool
    /// Answers a request, now or later.
    func answer(_ request: HTTPRequest, _ body: ByteBuffer, clientIP: String, _ reply: FastReply)
}

/// Where the answer to a request of a fast lane goes; called once, from any thread.
public struct FastReply: Sendable {
    fileprivate let desk: NIOLoopBound<FrontDesk>
    fileprivate let post: LoopPost

    /// Sends the answer.
    public func send(_ response: HTTPResponse, _ body: ByteBuffer) { post.deliver(LoopPost.Letter(desk: desk, response: response, body: body)) }
}

/// Stands before the router on one connection, and lets a lane have its requests.
final class FrontDesk: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// Whatever comes goes on to the router, which has so many requests to answer.
        case passing(Int)
        /// A request for the lane is being read.
        case reading(HTTPRequest, ByteBuffer)
        /// The lane has it; what comes meanwhile waits, since answers go out in the order of the requests.
        case answering
    }

    /// So many parts of requests that are sent ahead are kept; then nothing more is read.
    private static let partsMax = 64

    private let lane: any FastLane
    private var state = State.passing(0)
    private var waiting = CircularBuffer<HTTPRequestPart>()
    private var holdsReads = false
    private var context: ChannelHandlerContext?
    private var reply: FastReply?
    private var clientIP = ""

    init(_ lane: any FastLane) { self.lane = lane }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        clientIP = context.remoteAddress?.ipAddress ?? ""
        reply = FastReply(desk: NIOLoopBound(self, eventLoop: context.eventLoop), post: LoopPost.of(context.eventLoop))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        reply = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(unwrapInboundIn(data), context) }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch state {
        case .answering: waiting.append(part)
        case .reading(let request, var body): continueReading(request, &body, part, context)
        case .passing(let requests):
            if case .head(let request) = part {
                if requests == 0, lane.takes(request) {
                    state = .reading(request, ByteBuffer())
                    return
                }
                state = .passing(requests + 1)
            }
            context.fireChannelRead(wrapInboundOut(part))
        }
    }

    private func continueReading(_ request: HTTPRequest, _ body: inout ByteBuffer, _ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .body(var bytes):
            // Not kept in two places while it grows.
            state = .answering
            if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
            guard body.readableBytes <= lane.bodyBytesMax else {
                // Too large for the lane: the router says so, in its own way.
                state = .passing(1)
                context.fireChannelRead(wrapInboundOut(.head(request)))
                context.fireChannelRead(wrapInboundOut(.body(body)))
                return
            }
            state = .reading(request, body)
        case .end:
            state = .answering
            guard let reply else { return }
            lane.answer(request, body, clientIP: clientIP, reply)
        case .head: context.close(promise: nil)
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = state, waiting.count >= Self.partsMax { holdsReads = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), case .passing(let requests) = state { state = .passing(max(0, requests - 1)) }
        context.write(data, promise: promise)
    }

    /// The lane's answer, on the event loop.
    fileprivate func answered(_ response: HTTPResponse, _ body: ByteBuffer) {
        guard let context, case .answering = state else { return }
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        state = .passing(0)
        var isReadComplete = true
        while let part = waiting.first {
            if case .answering = state { break }
            waiting.removeFirst()
            take(part, context)
            isReadComplete = false
        }
        // Whoever is behind keeps what it gets until it is told that this was all for now.
        if !isReadComplete { context.fireChannelReadComplete() }
        if holdsReads, waiting.count < Self.partsMax {
            holdsReads = false
            context.read()
        }
    }
}

/// Brings answers to an event loop: those that come while it is on its way go along, so that a commit of hundreds wakes it once.
final class LoopPost: Sendable {
    struct Letter: Sendable {
        let desk: NIOLoopBound<FrontDesk>
        let response: HTTPResponse
        let body: ByteBuffer
    }

    private static let posts = Mutex<[ObjectIdentifier: LoopPost]>([:])

    private let loop: any EventLoop
    private let letters = Mutex<[Letter]>([])

    private init(_ loop: any EventLoop) { self.loop = loop }

    /// The one of an event loop.
    static func of(_ loop: any EventLoop) -> LoopPost {
        posts.withLock { posts in
            if let post = posts[ObjectIdentifier(loop)] { return post }
            let post = LoopPost(loop)
            posts[ObjectIdentifier(loop)] = post
            return post
        }
    }

    func deliver(_ letter: Letter) {
        if loop.inEventLoop { return letter.desk.value.answered(letter.response, letter.body) }
        let isFirst = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        if isFirst { loop.execute { self.handOut() } }
    }

    private func handOut() {
        let letters = letters.withLock { letters in
            defer { letters.removeAll(keepingCapacity: true) }
            return letters
        }
        for letter in letters { letter.desk.value.answered(letter.response, letter.body) }
    }
}
