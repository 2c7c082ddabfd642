internal import Synchronization

/// Ends the scheduler's sleep early and says what for.
///
/// A signal that comes while nobody sleeps is kept: the next sleep ends at once.
final class WakeSignal: Sendable {
    /// What there is to look at.
    struct Reasons: OptionSet, Sendable {
        let rawValue: Int
        /// Something was queued, or a place to run it has become free.
        static let queue = Reasons(rawValue: 1)
        /// Functions were deployed, changed or removed.
        static let triggers = Reasons(rawValue: 2)
    }

    private struct State {
        var reasons: Reasons = []
        var isSent = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Whether somebody sleeps until a signal comes.
    var hasSleeper: Bool { state.withLock { $0.sleeper != nil } }

    /// Wakes whoever sleeps.
    func send(_ reasons: Reasons) {
        let sleeper = state.withLock { state in
            state.reasons.formUnion(reasons)
            state.isSent = true
            return state.sleeper.take()
        }
        sleeper?.resume()
    }

    /// What was sent since the last time, for the one who works on it.
    func take() -> Reasons {
        state.withLock { state in
            defer {
                state.reasons = []
                state.isSent = false
            }
            return state.reasons
        }
    }

    /// Returns when a signal was sent, after `limit`, or when the task is cancelled; only one may sleep.
    func sleep(upTo limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cancelled: a signal came first.
                try? await Task.sleep(for: limit)
            }
            group.addTask { await self.untilSent() }
            await group.next()
            group.cancelAll()
        }
    }

    private func untilSent() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isSent || Task.isCancelled { return true }
                    state.sleeper = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleeper.take() }?.resume()
        }
    }
}
