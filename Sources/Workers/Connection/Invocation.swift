import NIOCore

/// An invocation on its way through the pool.
///
/// Exactly one of its two ends is called, once.
final class Invocation: Sendable {
    let request: InvocationRequest
    let context: InvocationContext
    let arrivedAt: NIODeadline
    let deadline: NIODeadline
    private let continuation: CheckedContinuation<InvocationReport, Never>

    init(
        request: InvocationRequest, context: InvocationContext, arrivedAt: NIODeadline,
        continuation: CheckedContinuation<InvocationReport, Never>
    ) {
        self.request = request
        self.context = context
        self.arrivedAt = arrivedAt
        deadline = arrivedAt + .milliseconds(Int64(request.timeoutMs ?? context.code.timeoutMs))
        self.continuation = continuation
    }

    /// It was handed to a worker and has ended.
    func end(_ outcome: InvocationOutcome, dispatchedAt: NIODeadline, cold: Bool, memoryMB: Int, now: NIODeadline) {
        let queuedMs = milliseconds(dispatchedAt - arrivedAt)
        let report = InvocationReport(
            outcome: outcome, durationMs: milliseconds(now - dispatchedAt), cold: cold, coldMs: cold ? queuedMs : 0, memoryMB: memoryMB,
            queuedMs: queuedMs)
        continuation.resume(returning: report)
    }

    /// No worker has taken it.
    func refuse(_ outcome: InvocationOutcome, now: NIODeadline) {
        let report = InvocationReport(
            outcome: outcome, durationMs: 0, cold: false, coldMs: 0, memoryMB: 0, queuedMs: milliseconds(now - arrivedAt))
        continuation.resume(returning: report)
    }

    private func milliseconds(_ amount: TimeAmount) -> Double { Double(amount.nanoseconds) / 1e6 }
}
