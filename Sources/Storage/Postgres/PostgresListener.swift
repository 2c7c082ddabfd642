internal import CPostgres
internal import Dispatch
internal import Synchronization

/// Hears what other nodes say: a connection of its own, opened when somebody first wants to hear.
///
/// What is said while it is not connected is lost, so after that everybody is told to look.
final class PostgresListener: Sendable {
    typealias Handler = @Sendable (_ version: Int64) -> Void

    private struct State {
        var handlers: [String: [UInt64: Handler]] = [:]
        var lastToken: UInt64 = 0
        var isStarted = false
        var isClosed = false
    }

    /// Touched on `queue` only.
    private struct Line: @unchecked Sendable {
        // libpq's connection goes from one block of the queue to the next, and no two run at once.
        var pointer: OpaquePointer?
        var source: (any DispatchSourceRead)?
    }

    private let configuration: PostgresConfiguration
    private let queue = DispatchQueue(label: "sampan.listener")
    private let state = Mutex(State())
    private let line = Mutex(Line())

    init(_ configuration: PostgresConfiguration) { self.configuration = configuration }

    /// - Returns: what to forget the handler by.
    func listen(_ namespace: String, _ handler: @escaping Handler) -> UInt64 {
        let (token, isFirst) = state.withLock { state in
            state.lastToken += 1
            state.handlers[namespace, default: [:]][state.lastToken] = handler
            defer { state.isStarted = true }
            return (state.lastToken, !state.isStarted)
        }
        if isFirst { queue.async { [self] in connect() } }
        return token
    }

    func forget(_ namespace: String, _ token: UInt64) {
        state.withLock { state in
            state.handlers[namespace]?[token] = nil
            if state.handlers[namespace]?.isEmpty == true { state.handlers[namespace] = nil }
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.handlers = [:]
        }
        queue.sync { hangUp() }
    }

    private func connect() {
        guard !state.withLock({ $0.isClosed }) else { return }
        do {
            let pointer = try configuration.connect()
            let result = PQexec(pointer, "LISTEN \(PostgresSpace.channel)")
            defer { PQclear(result) }
            let source = DispatchSource.makeReadSource(fileDescriptor: PQsocket(pointer), queue: queue)
            source.setEventHandler { [self] in hear() }
            // The connection may only go when nobody watches its socket any more.
            nonisolated(unsafe) let closed = pointer
            source.setCancelHandler { PQfinish(closed) }
            line.withLock { $0 = Line(pointer: pointer, source: source) }
            source.activate()
            if PQresultStatus(result) != PGRES_COMMAND_OK { return retry() }
            for handler in state.withLock({ $0.handlers.values.flatMap(\.values) }) { handler(.max) }
        } catch {
            // Whatever it is, it is tried again; writes look for themselves anyway.
            retry()
        }
    }

    private func hear() {
        guard let pointer = line.withLock({ $0.pointer }) else { return }
        guard PQconsumeInput(pointer) == 1, PQstatus(pointer) == CONNECTION_OK else { return retry() }
        while let notification = PQnotifies(pointer) {
            let words = String(cString: notification.pointee.extra).split(separator: " ", maxSplits: 1)
            PQfreemem(notification)
            guard words.count == 2, let version = Int64(words[0]) else { continue }
            for handler in state.withLock({ Array(($0.handlers[String(words[1])] ?? [:]).values) }) { handler(version) }
        }
    }

    private func retry() {
        hangUp()
        queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in self?.connect() }
    }

    private func hangUp() {
        line.withLock { line in
            line.source?.cancel()
            line = Line()
        }
    }
}
