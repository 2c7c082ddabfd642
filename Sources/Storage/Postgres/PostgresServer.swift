internal import CPostgres
internal import Dispatch
internal import Synchronization

/// A PostgreSQL that many databases share: its connections, and the signals that come from other nodes.
public final class PostgresServer: Sendable {
    enum Use { case reading, writing }

    private struct State {
        var idle: [PostgresSession] = []
        /// Increased when a connection was lost: the idle ones of before are most likely gone too.
        var epoch: UInt64 = 0
        /// The last attempt to connect, if it failed: for a moment nobody makes another one, which could take seconds.
        var failure: (error: any Error, until: DispatchTime)?
        var isClosed = false
    }

    /// How it is reached and used.
    public let configuration: PostgresConfiguration
    private let readers: DispatchSemaphore
    private let writers: DispatchSemaphore
    /// Those that are lent for longer, to hold a moment; see `DatabaseSnapshot`.
    let snapshots: DispatchSemaphore
    private let state = Mutex(State())
    let listener: PostgresListener

    /// Makes no connection yet.
    public init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        readers = DispatchSemaphore(value: max(1, configuration.readersMax))
        writers = DispatchSemaphore(value: max(1, configuration.writersMax))
        snapshots = DispatchSemaphore(value: max(1, configuration.snapshotsMax))
        listener = PostgresListener(configuration)
    }

    /// Connects, for a clear word at a start.
    /// - Throws: `StorageError` where it cannot be reached or is too old.
    public func check() throws {
        let version = try lend(.reading, in: "public") { PQserverVersion($0.pointer) }
        guard version >= 150_000 else { throw StorageError.refused("0A000", "\(configuration) is PostgreSQL \(version / 10_000), and 15 is needed") }
    }

    /// Lends a connection to `body`; waits while all are lent.
    ///
    /// Reads and writes are bounded apart: writers that wait for another node's turn keep no reader waiting.
    func lend<T>(_ use: Use, in namespace: String, _ body: (PostgresSession) throws -> T) throws -> T {
        let free = use == .reading ? readers : writers
        free.wait()
        defer { free.signal() }
        let session = try take(for: namespace)
        defer { giveBack(session) }
        try session.enter(namespace)
        return try body(session)
    }

    /// Closes the connections that nobody uses, and the others once they are given back.
    ///
    /// Further use throws.
    public func close() {
        listener.close()
        state.withLock { state in
            state.isClosed = true
            state.idle = []
        }
    }

    func take(for namespace: String) throws -> PostgresSession {
        while true {
            let (idle, epoch) = try state.withLock { state -> (PostgresSession?, UInt64) in
                if state.isClosed { throw StorageError.closed }
                let position = state.idle.lastIndex { $0.namespace == namespace } ?? state.idle.indices.last
                return (position.map { state.idle.remove(at: $0) }, state.epoch)
            }
            guard let idle else { return try connect(epoch) }
            if idle.isAlive { return idle }
            forgetIdle(before: idle.epoch + 1)
        }
    }

    private func connect(_ epoch: UInt64) throws -> PostgresSession {
        if let failure = state.withLock({ $0.failure }), failure.until > .now() { throw failure.error }
        do {
            let session = try PostgresSession(configuration, epoch: epoch)
            state.withLock { $0.failure = nil }
            return session
        } catch {
            state.withLock { $0.failure = (error, .now() + .milliseconds(500)) }
            throw error
        }
    }

    func giveBack(_ session: PostgresSession) {
        session.space = nil
        if session.isBroken { forgetIdle(before: session.epoch + 1) }
        guard session.isAtRest else { return }
        state.withLock { state in
            if !state.isClosed, session.epoch == state.epoch { state.idle.append(session) }
        }
    }

    private func forgetIdle(before epoch: UInt64) {
        // Dropped outside the lock, which closes them.
        let dropped = state.withLock { state -> [PostgresSession] in
            state.epoch = max(state.epoch, epoch)
            defer { state.idle.removeAll { $0.epoch < epoch } }
            return state.idle.filter { $0.epoch < epoch }
        }
        _ = dropped
    }
}
