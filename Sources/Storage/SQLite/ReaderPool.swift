internal import Dispatch
internal import Synchronization

/// A few reading connections, lent to one thread at a time; opened when first needed.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [SQLiteHandle] = []
        var isClosed = false
    }

    private let path: String
    private let free: DispatchSemaphore
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
        // Closed meanwhile: dropped, which closes it.
        defer { state.withLock { if !$0.isClosed { $0.idle.append(handle) } } }
        return try body(handle)
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle = []
        }
    }

    private func take() throws -> SQLiteHandle {
        let idle = try state.withLock { state in
            if state.isClosed { throw StorageError.closed }
            return state.idle.popLast()
        }
        return try idle ?? SQLiteHandle(path: path, role: .reader)
    }
}
