internal import HTTPTypes
public import Kernel
public import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// A few requests that come by the thousand in one second, and are answered beside decoder and router.
///
/// A routed request costs a task, two suspensions and some sixty allocations; where the work itself is a look into memory, or a place in the
/// writer's next commit, that is most of what it costs. Everything that a lane does not take goes the ordinary way, and the ordinary way
/// answers the same requests in the same words: which one a request went by, nobody can tell.
public protocol FastLane: Sendable {
    /// How each of its requests begins: `POST /v1/things/`.
    var start: String { get }
    /// The largest body that it takes.
    var bodyBytesMax: Int { get }
    /// Whether it answers the request to this target, which begins as it should; on the event loop, so it must be quick.
    func takes(_ target: Substring) -> Bool
    /// Answers a request, now or later.
    func answer(_ request: FastRequest, _ reply: FastReply)
}

/// A request of a fast lane, with what lanes want to know of it.
public struct FastRequest: Sendable {
    /// The method.
    public let method: String
    /// The path; there is no query.
    public let path: String
    /// The field of that name.
    public let authorization, acceptLanguage, requestID, environment, userAgent: String?
    /// The body.
    public let body: ByteBuffer
    /// The address of the connection's other end.
    public let clientIP: String

    /// The token or key that was sent.
    public var bearer: String? { authorization.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil } }

    /// The body as `Request.jsonObject` reads it.
    public func jsonObject() throws -> JSONObject {
        if body.readableBytes == 0 { return [:] }
        guard let object = try JSON(body).objectValue else { throw SampanError.badMember("body", Localized("a JSON object", zh: " JSON 对象")) }
        return object
    }

    init(_ scan: RequestScan, _ head: UnsafeRawBufferPointer, _ body: ByteBuffer, clientIP: String) {
        func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: head[$0], as: UTF8.self) } }
        method = text(scan.method) ?? ""
        path = text(scan.target) ?? ""
        authorization = text(scan.authorization)
        acceptLanguage = text(scan.acceptLanguage)
        requestID = text(scan.requestID)
        environment = text(scan.environment)
        userAgent = text(scan.userAgent)
        self.body = body
        self.clientIP = clientIP
    }
}

/// Where the answer to a request of a fast lane goes; called once, from any thread.
public struct FastReply: Sendable {
    let desk: NIOLoopBound<FrontDesk>
    let post: LoopPost

    /// Sends the answer: its head and body as they go over the wire.
    func send(_ bytes: ByteBuffer) { post.deliver(LoopPost.Letter(desk: desk, bytes: bytes)) }
}

/// Counts the requests of a connection that the router is answering, and asks admission for those that the desk could not tell apart.
final class RequestCount: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private(set) var inProgress = 0
    /// Whether one of them has not come whole.
    private(set) var isReading = false
    /// Whether there was one.
    private(set) var hasBegun = false
    /// Whether the decoder has refused something: what comes then is no request any more.
    private(set) var isBroken = false
    /// How many have been answered.
    private(set) var ended = 0
    /// How many that admission has let in are on their way here.
    var permits = 0
    var gate: LoopGate?
    /// Called when one has been answered.
    var onEnd: (() -> Void)?
    /// What comes is of a request that was refused, and the connection is being closed.
    private var isRefusing = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefusing { return }
        switch unwrapInboundIn(data) {
        case .head:
            if permits > 0 {
                permits -= 1
            } else if inProgress == 0, gate?.arriveUnknown() == false {
                hasBegun = true
                return refuse(context)
            }
            (inProgress, isReading, hasBegun) = (inProgress + 1, true, true)
        case .body: break
        case .end: isReading = false
        }
        context.fireChannelRead(data)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        isRefusing = true
        let error = SampanError.overloaded
        let problem = JSON.object(error.problem(requestID: RequestID.make(), language: .en)).serialized()
        let head = HTTPResponse(
            status: .init(code: error.status),
            headerFields: [
                .contentType: "application/problem+json; charset=utf-8", .contentLength: String(problem.count), .cacheControl: "no-store",
                .retryAfter: String(error.retryAfter ?? 1), .connection: "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: problem))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isBroken = true
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        inProgress -= 1
        ended += 1
        context.write(data, promise: promise)
        onEnd?()
    }
}

/// Brings answers to an event loop: those that come while it is on its way go along, so that a commit of hundreds wakes it once.
final class LoopPost: Sendable {
    struct Letter: Sendable {
        let desk: NIOLoopBound<FrontDesk>
        let bytes: ByteBuffer
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
        if loop.inEventLoop { return letter.desk.value.answered(letter.bytes) }
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
        for letter in letters { letter.desk.value.answered(letter.bytes) }
    }
}
