internal import Dispatch
internal import Synchronization

/// Takes the write-ahead log back into the main file beside the writer, so that no commit has to wait for that.
///
/// What is written meanwhile stays in the log, and SQLite begins the log anew only when nothing of it is left to take back.
/// Under steady writes the writer therefore does the last bit itself, once the log is long and most of it is done.
final class Checkpointer: Sendable {
    private enum Phase { case idle, running, tailIsDue, closed }

    private struct State {
        var phase = Phase.idle
        /// Pages of the log that need not be looked at again.
        var done = 0
        var handle: SQLiteHandle?
    }

    /// A run is worth its syncs from so many pages (of 4 KiB) on.
    private static let pagesWorthARun = 2000
    /// A log of this many pages is to be begun anew.
    private static let pagesMax = 8000
    /// A log of this many pages (128 MiB) grows no more: the writer waits for the run that is under way.
    private static let pagesLimit = 32_000

    private let path: String
    private let queue = DispatchQueue(label: "sampan.checkpoint")
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    /// The writer has committed and told whoever waits; its log now has `pages` pages.
    func committed(pages: Int, by writer: SQLiteHandle) {
        enum Next { case nothing, run, tail, wait }
        let next: Next = state.withLock { state in
            if pages < state.done { state.done = 0 }
            switch state.phase {
            case .idle where pages - state.done >= Self.pagesWorthARun:
                state.phase = .running
                return .run
            case .tailIsDue:
                state.phase = .idle
                return .tail
            case .running where pages >= Self.pagesLimit: return .wait
            case .idle, .running, .closed: return .nothing
            }
        }
        switch next {
        case .nothing: break
        case .run: queue.async { [self] in run() }
        case .tail: note(Result { try writer.checkpoint() })
        case .wait: queue.sync {}
        }
    }

    /// Waits for a run that is under way; there will be none after it.
    func close() {
        queue.sync {
            state.withLock { state in
                state.phase = .closed
                state.handle = nil
            }
        }
    }

    private func run() {
        note(Result { try connection()?.checkpoint() ?? 0 })
        state.withLock { state in
            guard state.phase == .running else { return }
            state.phase = state.done >= Self.pagesMax ? .tailIsDue : .idle
        }
    }

    private func note(_ result: Result<Int, any Error>) {
        state.withLock { state in
            switch result {
            case .success(let done): state.done = done
            // Nothing is lost: the log still has it. A full disk tells the writer itself; the next run is tried some pages later.
            case .failure: state.done += Self.pagesWorthARun
            }
        }
    }

    private func connection() throws -> SQLiteHandle? {
        let (known, isClosed) = state.withLock { ($0.handle, $0.phase == .closed) }
        if known != nil || isClosed { return known }
        let opened = try SQLiteHandle(path: path, role: .checkpointer)
        state.withLock { if $0.phase != .closed { $0.handle = opened } }
        return opened
    }
}
