import NIOCore
import Synchronization

/// The invocations that one worker has, by their number in its frames.
///
/// Used on the worker's event loop, and by callers elsewhere who write to an idle worker themselves.
final class InFlightInvocations: Sendable {
    struct Entry: Sendable {
        let invocation: Invocation
        let dispatchedAt: NIODeadline
        let cold: Bool
    }

    private struct State {
        var entries: [UInt32: Entry] = [:]
        var lastNumber: UInt32 = 0
        var isClosed = false
        /// When deadlines are looked at next; one look serves all.
        var nextCheck: NIODeadline?
    }

    private let state = Mutex(State())

    /// Takes an invocation in.
    /// - Returns: its number, and whether its deadline comes before the next look at deadlines; `nil` when the worker is lost.
    func add(_ invocation: Invocation, cold: Bool) -> (number: UInt32, needsCheck: Bool)? {
        state.withLock { state in
            if state.isClosed { return nil }
            repeat { state.lastNumber &+= 1 } while state.lastNumber == 0 || state.entries[state.lastNumber] != nil
            state.entries[state.lastNumber] = Entry(invocation: invocation, dispatchedAt: .now(), cold: cold)
            let needsCheck = state.nextCheck.map { invocation.deadline < $0 } ?? true
            if needsCheck { state.nextCheck = invocation.deadline }
            return (state.lastNumber, needsCheck)
        }
    }

    /// Takes one out; `nil` when it has ended before.
    func remove(_ number: UInt32) -> Entry? { state.withLock { $0.entries.removeValue(forKey: number) } }

    /// Takes out everything; the deadlines need no look until something is added.
    func removeAll() -> [Entry] {
        state.withLock { state in
            defer { state.entries = [:] }
            return Array(state.entries.values)
        }
    }

    /// Takes out what is due, and says when to look again.
    func removeLate(now: NIODeadline) -> (late: [Entry], nextCheck: NIODeadline?) {
        state.withLock { state in
            let late = state.entries.filter { $0.value.invocation.deadline <= now }
            for number in late.keys { state.entries[number] = nil }
            state.nextCheck = state.entries.values.map(\.invocation.deadline).min()
            return (Array(late.values), state.nextCheck)
        }
    }

    /// What an invocation runs, while it runs.
    func context(of number: UInt32) -> InvocationContext? { state.withLock { $0.entries[number]?.invocation.context } }

    var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

    /// The worker is lost: nothing is taken in any more.
    func close() { state.withLock { $0.isClosed = true } }
}
