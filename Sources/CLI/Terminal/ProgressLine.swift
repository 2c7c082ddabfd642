import Kernel
import Synchronization

/// Tells how far a long piece of work is: one line that is rewritten on a terminal, and elsewhere a plain line now and then.
///
/// Work that is soon done says nothing where lines cannot be rewritten.
final class ProgressLine: Sendable {
    private struct State {
        var done = 0
        var lastTold: ContinuousClock.Instant
        var isLineOpen = false
    }

    private let console: any Console
    private let label: String
    private let total: Int?
    private let interval: Duration
    private let state = Mutex(State(lastTold: .now))

    /// `interval` is the least time between two plain lines; without a `total` only what is done is told.
    init(_ label: String, total: Int? = nil, on console: any Console, interval: Duration = .seconds(3)) {
        self.console = console
        self.label = label
        self.total = total
        self.interval = interval
    }

    /// Counts further finished pieces.
    func advance(by count: Int = 1) {
        state.withLock { state in
            state.done += count
            let text = "\(label) \(state.done)" + (total.map { "/\($0)" } ?? "")
            if console.noticesAreOnTerminal {
                console.writeNotice("\r\u{1B}[2K" + text)
                state.isLineOpen = true
            } else if ContinuousClock.now - state.lastTold >= interval {
                state.lastTold = .now
                console.notice(text)
            }
        }
    }

    /// Removes the line from a terminal; what comes next starts at its beginning.
    func finish() {
        state.withLock { state in
            guard state.isLineOpen else { return }
            console.writeNotice("\r\u{1B}[2K")
            state.isLineOpen = false
        }
    }
}
