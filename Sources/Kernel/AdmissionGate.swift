internal import Synchronization

/// Lets a bounded number of tasks through at once, and lets a bounded number wait, in the order in which they came.
///
/// For work that costs much memory, processor or foreign patience: what is beyond both bounds is told so at once.
public final class AdmissionGate: Sendable {
    /// Why a task was turned away: as many wait as may.
    public struct Full: Error {}

    private struct State {
        var freePlaces: Int
        var line: [(ticket: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        var nextTicket: UInt64 = 0
    }

    private let waitingMax: Int
    private let state: Mutex<State>

    /// A gate with `places` for work and `waitingMax` places in line.
    public init(places: Int, waitingMax: Int) {
        self.waitingMax = waitingMax
        state = Mutex(State(freePlaces: places))
    }

    /// How many tasks wait.
    public var waiting: Int { state.withLock { $0.line.count } }

    /// Does `work` once there is a place.
    ///
    /// Throws ``Full`` when too many wait already, and `CancellationError` when the task is cancelled while it waits.
    public func run<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await work()
    }

    private func enter() async throws {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let outcome = admit(ticket, continuation) { continuation.resume(with: outcome) }
            }
        } onCancel: {
            giveUp(ticket)
        }
    }

    /// Answers at once, or puts the task in line and answers nothing yet.
    private func admit(_ ticket: UInt64, _ continuation: CheckedContinuation<Void, any Error>) -> Result<Void, any Error>? {
        state.withLock { state in
            // Cancelled before it stood in line: nobody would take it out again.
            if Task.isCancelled { return .failure(CancellationError()) }
            if state.freePlaces > 0 {
                state.freePlaces -= 1
                return .success(())
            }
            if state.line.count >= waitingMax { return .failure(Full()) }
            state.line.append((ticket, continuation))
            return nil
        }
    }

    private func giveUp(_ ticket: UInt64) {
        let waiting = state.withLock { state in
            state.line.firstIndex { $0.ticket == ticket }.map { state.line.remove(at: $0).continuation }
        }
        waiting?.resume(throwing: CancellationError())
    }

    /// Gives the place to the first in line.
    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if state.line.isEmpty {
                state.freePlaces += 1
                return nil
            }
            return state.line.removeFirst().continuation
        }
        next?.resume()
    }
}
