public import Kernel
internal import Synchronization

/// Takes each signed request once: while its timestamp is near the clock, and if its signature was not seen before.
public final class SignedOnce: Sendable {
    private static let heldMax = 1_000_000
    private let skew: Int64
    private let startedAt: Int64
    private let grace: Int64
    private let held = Mutex<(signatures: [String: Int64], sweptAt: Int64)>(([:], 0))

    /// - Parameters:
    ///   - skewMilliseconds: how far a timestamp may be from the clock.
    ///   - startedAt: since when signatures are remembered.
    ///   - graceMilliseconds: how long the same signature is taken again: where a client's timestamps are too coarse, its own repeat within one has
    ///     the signature of the first request.
    public init(skewMilliseconds: Int64, startedAt: Int64, graceMilliseconds: Int64 = 0) {
        grace = graceMilliseconds
        skew = skewMilliseconds
        self.startedAt = startedAt
    }

    /// Within the skew of now; and not from before the start, because which signatures were used then is not known any more.
    ///
    /// A timestamp from before the start that lies ahead of its own time is accepted for that long once more, hence twice the skew.
    public func requireTimely(_ timestamp: Int64, now: Int64) throws {
        let (distance, overflows) = now.subtractingReportingOverflow(timestamp)
        if !overflows, abs(distance) <= skew, timestamp >= startedAt || now - startedAt > 2 * skew { return }
        let minutes = skew / 60_000
        throw SampanError.unauthenticated(
            "SIGNATURE_EXPIRED",
            Localized(
                "The request was signed more than \(minutes) minutes ago or ahead, or before the server started.",
                zh: "请求签名时间与服务器相差超过 \(minutes) 分钟,或早于服务器启动时间。"),
            remedy: Localized("Check the client's clock and sign each request anew.", zh: "请校准客户端时间,并为每次请求重新签名。"))
    }

    /// Remembers a signature that fits its request for as long as its timestamp is accepted.
    public func requireFirst(_ signature: String, now: Int64) throws {
        let lifetime = 2 * skew
        let isFirst = held.withLock { held in
            if now - held.sweptAt > 60_000 || held.signatures.count >= Self.heldMax {
                held.signatures = held.signatures.filter { $0.value > now - lifetime }
                held.sweptAt = now
            }
            // Full even after the sweep: refusing is safe, forgetting would allow a replay.
            guard held.signatures.count < Self.heldMax else { return false }
            if let first = held.signatures[signature] { return grace > 0 && now - first <= grace }
            held.signatures[signature] = now
            return true
        }
        guard isFirst else {
            throw SampanError.unauthenticated(
                "SIGNATURE_REPLAYED", Localized("This signed request was received before.", zh: "该签名请求已被接收过。"),
                remedy: Localized("Sign each request anew.", zh: "请为每次请求重新签名。"))
        }
    }
}
