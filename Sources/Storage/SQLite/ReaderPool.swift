internal import Dispatch
internal import Synchronization

/// A few reading connections, lent to one thread at a time; opened when first needed.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [SQLiteHandle] = []
        var isClosed = false
    }

    /// The most moments that are held at once.
    private static let snapshotsMax = 64

    private let path: String
    private let free: DispatchSemaphore
    /// Those that are lent for longer, to hold a moment; see `DatabaseSnapshot`.
    let snapshots = DispatchSemaphore(value: snapshotsMax)
    private let state = Mutex(State())

    init(path: String, readers: Int) {
        self.path = path
        free = DispatchSemaphore(value: readers)
    }

    /// Lends a connection to `body`; waits while all are lent.
    func read<T>(_ body: (SQLiteHandle) throws -> T) throws -> T {
        free.wait()
        defer { free.signal() }
        let handle = try take()
        defer { keep(handle) }
        return try body(handle)
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle = []
        }
    }

    /// Keeps a connection for the next reader; closed meanwhile, it is dropped, which closes it.
    func keep(_ handle: SQLiteHandle) { state.withLock { if !$0.isClosed { $0.idle.append(handle) } } }

    func take() throws -> SQLiteHandle {
        let idle = try state.withLock { state in
            if state.isClosed { throw StorageError.closed }
            return state.idle.popLast()
        }
        return try idle ?? SQLiteHandle(path: path, role: .reader)
    }
}
