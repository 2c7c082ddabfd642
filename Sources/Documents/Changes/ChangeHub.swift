internal import Kernel
internal import Synchronization

/// Tells whoever wants to know what was committed in one environment, in the order of commits.
///
/// Called by the writer after a commit and before anybody who wrote is answered, so listeners only hand over.
final class ChangeHub: Sendable {
    typealias Listener = @Sendable ([DocumentChange]) -> Void

    private struct State {
        var listeners: [UInt64: Listener] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Whether anybody listens: nobody collects changes for nobody.
    var isHeard: Bool { state.withLock { !$0.listeners.isEmpty } }

    /// - Returns: what ends the listening.
    func listen(_ listener: @escaping Listener) -> @Sendable () -> Void {
        let id = state.withLock { state in
            state.last += 1
            state.listeners[state.last] = listener
            return state.last
        }
        return { [weak self] in self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) } }
    }

    func publish(_ changes: [DocumentChange]) {
        guard !changes.isEmpty else { return }
        for listener in state.withLock({ Array($0.listeners.values) }) { listener(changes) }
    }
}
