public import HTTPSupport
public import HTTPTypes
internal import Hummingbird
public import Kernel
public import NIOCore
internal import Synchronization

/// Claims of clients beside the router: `POST /v1/coupons/batches/{batch}/claim`.
///
/// A claim that memory refuses (sold out, not yet open, already claimed) is answered on the event loop; the others wait for the writer's next
/// commit, and go back to their event loop all at once.
public struct ClaimLane: FastLane {
    /// Finds out whose token it is.
    public typealias Identify =
        @Sendable (_ token: String, _ request: HTTPRequest, _ requestID: String, _ language: Language, _ clientIP: String) throws -> CallContext

    private static let prefix = "/v1/coupons/batches/"
    private static let suffix = "/claim"

    /// A claim says little.
    public let bodyBytesMax = 4096
    private let coupons: Coupons
    private let edge: FastEdge
    private let identify: Identify

    /// Makes the lane.
    public init(_ coupons: Coupons, edge: FastEdge, identify: @escaping Identify) {
        self.coupons = coupons
        self.edge = edge
        self.identify = identify
    }

    /// A claim with a token, in the simplest form that HTTP has for it.
    public func takes(_ request: HTTPRequest) -> Bool {
        guard request.method == .post, let path = request.path, path.hasPrefix(Self.prefix), path.hasSuffix(Self.suffix), edge.takes(request) else {
            return false
        }
        return !coupons.risk.isAsked && !Self.batch(path).utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "%") }
    }

    private static func batch(_ path: String) -> Substring { path.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count) }

    /// Answers a claim.
    public func answer(_ request: HTTPRequest, _ body: ByteBuffer, clientIP: String, _ reply: FastReply) {
        var visit = edge.visit(request, clientIP: clientIP, reply)
        do {
            guard let token = visit.bearer else { throw SampanError.signInFirst }
            let context = try identify(token, request, visit.requestID, visit.language, clientIP)
            visit.caller = context
            let store = try coupons.store(context.environment)
            let wish = try Self.object(body)
            guard !Coupons.needsProving(wish), let number = Self.plainBatch(request, store) else { return answerSlowly(request, wish, context, visit) }
            let claim = try CouponRequest.claim(wish, batch: number, context)
            if let outcome = Coupons.answerAtOnce(claim, store, now: coupons.clock.now()) { return finish(.success(outcome), store, visit) }
            store.writer.submit(.claim(claim)) { [visit] result in finish(result, store, visit) }
        } catch {
            visit.fail(error)
        }
    }

    /// The number of a batch whose coupons go by no codes, for which tables would have to be read; `nil` also for one that memory does not know: perhaps
    /// another node has just made it.
    private static func plainBatch(_ request: HTTPRequest, _ store: EnvironmentCoupons) -> Int64? {
        store.writer.memory.look { ledger in
            ledger.numbers[String(batch(request.path ?? ""))].flatMap { ledger.batch($0)?.definition.codes == nil ? $0 : nil }
        }
    }

    private func answerSlowly(_ request: HTTPRequest, _ wish: JSONObject, _ context: CallContext, _ visit: FastEdge.Visit) {
        Task {
            do {
                let answer = try await coupons.claim(String(Self.batch(request.path ?? "")), wish, context)
                visit.send(ByteBuffer(bytes: answer.serialized()))
            } catch {
                visit.fail(error)
            }
        }
    }

    /// What `Request.jsonObject` reads.
    private static func object(_ body: ByteBuffer) throws -> JSONObject {
        if body.readableBytes == 0 { return [:] }
        guard let object = try JSON(body).objectValue else { throw SampanError.badMember("body", Localized("a JSON object", zh: " JSON 对象")) }
        return object
    }

    private func finish(_ result: Result<LedgerOutcome, any Error>, _ store: EnvironmentCoupons, _ visit: FastEdge.Visit) {
        do {
            switch try result.get() {
            case .claimed(let coupon, let isRepeat): visit.send(Self.bytes(coupon, isRepeat, store, now: coupons.clock.now()))
            case .refused(let refusal): visit.fail(refusal.sampanError(store.numbers.id))
            case .moved, .batch: visit.fail(SampanError.internalError)
            }
        } catch {
            visit.fail(Coupons.told(error))
        }
    }

    /// The same as `Coupons.answer`, without the tree in between.
    private static func bytes(_ coupon: Coupon, _ isRepeat: Bool, _ store: EnvironmentCoupons, now: Int64) -> ByteBuffer {
        guard coupon.account == .held, !coupon.isFrozen, coupon.uses.isEmpty, now < coupon.until else {
            return ByteBuffer(bytes: JSON.object(["coupon": Coupons.shownAlone(coupon, store, now: now), "repeat": .bool(isRepeat)]).serialized())
        }
        return ByteBuffer(
            string: """
                {"coupon":{"id":"\(store.numbers.id(coupon.number))","status":"held","claimedAt":\(coupon.claimedAt),"from":\(coupon.from),\
                "until":\(coupon.until)},"repeat":\(isRepeat)}
                """)
    }
}
