public import HTTPSupport
public import Kernel
internal import NIOCore
internal import Synchronization

/// Claims of clients beside the router: `POST /v1/coupons/batches/{batch}/claim`.
///
/// A claim that memory refuses (sold out, not yet open, already claimed) is answered on the event loop; the others wait for the writer's next
/// commit, and go back to their event loop all at once.
public struct ClaimLane: FastLane {
    /// Finds out whose token it is.
    public typealias Identify =
        @Sendable (_ token: String, _ request: FastRequest, _ requestID: String, _ language: Language) throws -> CallContext

    private static let prefix = "/v1/coupons/batches/"
    private static let suffix = "/claim"

    /// All of them.
    public let start = "POST " + ClaimLane.prefix
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

    /// A claim, whose address is written as everybody writes it.
    public func takes(_ target: Substring) -> Bool {
        guard target.hasSuffix(Self.suffix), target.utf8.count > Self.prefix.utf8.count + Self.suffix.utf8.count else { return false }
        return !coupons.risk.isAsked && !Self.batch(target).utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "%") }
    }

    private static func batch(_ path: some StringProtocol) -> String { String(path.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)) }

    /// Answers a claim.
    public func answer(_ request: FastRequest, _ reply: FastReply) {
        var visit = edge.visit(request, reply)
        do {
            guard let token = request.bearer else { throw SampanError.signInFirst }
            let context = try identify(token, request, visit.requestID, visit.language)
            visit.caller = context
            let store = try coupons.store(context.environment)
            let (wish, batch) = (try request.jsonObject(), Self.batch(request.path))
            guard !Coupons.needsProving(wish), let number = Self.plainBatch(batch, store) else { return answerSlowly(batch, wish, context, visit) }
            let claim = try CouponRequest.claim(wish, batch: number, context)
            if let outcome = Coupons.answerAtOnce(claim, store, now: coupons.clock.now()) { return finish(.success(outcome), store, visit) }
            store.writer.submit(.claim(claim)) { [visit] result in finish(result, store, visit) }
        } catch {
            visit.fail(error)
        }
    }

    /// The number of a batch whose coupons go by no codes, for which tables would have to be read; `nil` also for one that memory does not know: perhaps
    /// another node has just made it.
    private static func plainBatch(_ id: String, _ store: EnvironmentCoupons) -> Int64? {
        store.writer.memory.look { ledger in ledger.numbers[id].flatMap { ledger.batch($0)?.definition.codes == nil ? $0 : nil } }
    }

    private func answerSlowly(_ batch: String, _ wish: JSONObject, _ context: CallContext, _ visit: FastEdge.Visit) {
        Task {
            do {
                visit.send(try await coupons.claim(batch, wish, context))
            } catch {
                visit.fail(error)
            }
        }
    }

    private func finish(_ result: Result<LedgerOutcome, any Error>, _ store: EnvironmentCoupons, _ visit: FastEdge.Visit) {
        do {
            switch try result.get() {
            case .claimed(let coupon, let isRepeat): Self.send(coupon, isRepeat, store, now: coupons.clock.now(), visit)
            case .refused(let refusal): visit.fail(refusal.sampanError(store.numbers.id))
            case .moved, .batch: visit.fail(SampanError.internalError)
            }
        } catch {
            visit.fail(Coupons.told(error))
        }
    }

    /// The same as `Coupons.answer`, without the tree in between.
    private static func send(_ coupon: Coupon, _ isRepeat: Bool, _ store: EnvironmentCoupons, now: Int64, _ visit: FastEdge.Visit) {
        guard coupon.account == .held, !coupon.isFrozen, coupon.uses.isEmpty, now < coupon.until else {
            return visit.send(JSON.object(["coupon": Coupons.shownAlone(coupon, store, now: now), "repeat": .bool(isRepeat)]))
        }
        visit.send(
            """
            {"coupon":{"id":"\(store.numbers.id(coupon.number))","status":"held","claimedAt":\(coupon.claimedAt),"from":\(coupon.from),\
            "until":\(coupon.until)},"repeat":\(isRepeat)}
            """)
    }
}
