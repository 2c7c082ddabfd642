/// Lets work on the same thing happen one after the other, in the order in which it came.
public actor Turns<Key: Hashable & Sendable> {
    private var busy: [Key: [CheckedContinuation<Void, Never>]] = [:]

    /// Nobody works yet.
    public init() {}

    /// Does `body` when nobody else works on `key`.
    public func inTurn<T: Sendable>(_ key: Key, _ body: @Sendable () async throws -> T) async throws -> T {
        if busy[key] != nil {
            await withCheckedContinuation { busy[key]?.append($0) }
        } else {
            busy[key] = []
        }
        defer { leave(key) }
        return try await body()
    }

    private func leave(_ key: Key) {
        guard var waiting = busy[key], !waiting.isEmpty else {
            busy[key] = nil
            return
        }
        waiting.removeFirst().resume()
        busy[key] = waiting
    }
}
