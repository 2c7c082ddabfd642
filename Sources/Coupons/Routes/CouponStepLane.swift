public import HTTPSupport
public import Kernel
internal import NIOCore

/// Steps that a shop's back end takes for its orders, beside the router: `POST /admin/v1/environments/{env}/coupons/lock`, `release`, `redeem`, `refund`.
///
/// These four are in the ledger and in no audit log, so nothing else has to be written for them.
public struct CouponStepLane: FastLane {
    /// Finds out whether whoever sent a request may do it in the environment of that name.
    /// - Parameter endpoint: its path as the table of who may do what has it.
    public typealias Authorise = @Sendable (_ request: FastRequest, _ endpoint: String, _ environment: String) throws -> EnvironmentID

    private static let prefix = "/admin/v1/environments/"
    private static let steps: [Substring: LedgerEntry.Kind] = ["lock": .lock, "release": .release, "redeem": .redeem, "refund": .refund]

    /// All of them, and others.
    public let start = "POST " + CouponStepLane.prefix
    /// Twenty coupons and their amounts fit.
    public let bodyBytesMax = 4096
    private let coupons: Coupons
    private let edge: FastEdge
    private let authorise: Authorise

    /// Makes the lane.
    public init(_ coupons: Coupons, edge: FastEdge, authorise: @escaping Authorise) {
        self.coupons = coupons
        self.edge = edge
        self.authorise = authorise
    }

    /// One of the four steps, whose address is written as everybody writes it.
    public func takes(_ target: Substring) -> Bool { !coupons.risk.isAsked && Self.parts(target) != nil }

    private static func parts(_ path: some StringProtocol) -> (environment: Substring, step: Substring, kind: LedgerEntry.Kind)? {
        let rest = Substring(path.dropFirst(prefix.utf8.count)).split(separator: "/", omittingEmptySubsequences: false)
        guard rest.count == 3, rest[1] == "coupons", let kind = steps[rest[2]], rest[0].utf8.allSatisfy({ $0 != UInt8(ascii: "%") }) else { return nil }
        return (rest[0], rest[2], kind)
    }

    /// Takes a step.
    public func answer(_ request: FastRequest, _ reply: FastReply) {
        let visit = edge.visit(request, reply)
        do {
            guard let (name, step, kind) = Self.parts(request.path) else { throw SampanError.internalError }
            let environment = try authorise(request, "\(Self.prefix){env}/coupons/\(step)", String(name))
            let context = CallContext(
                environment: environment, caller: .key, requestID: visit.requestID, language: visit.language, clientIP: request.clientIP)
            let store = try coupons.store(environment)
            let move = try CouponRequest.move(kind, request.jsonObject(), store.numbers, coupons.limits, context)
            store.writer.submit(.move(move)) { [coupons] result in
                do {
                    visit.send(try coupons.answer(result.get(), store))
                } catch {
                    visit.fail(Coupons.told(error))
                }
            }
        } catch {
            visit.fail(error)
        }
    }
}
