/// Lets work on the same thing happen one after the other, in the order in which it came.
public actor Turns<Key: Hashable & Sendable> {
    private var busy: [Key: [CheckedContinuation<Void, Never>]] = [:]

    /// Nobody works yet.
    public init() {}

    /// Does `body` when nobody else works on `key`.
    public func inTurn<T: Sendable>(_ key: Key, _ body: @Sendable () async throws -> T) async throws -> T {
        await enter(key)
        defer { leave(key) }
        return try await body()
    }

    /// Waits until nobody else works on `key`; whoever enters has to leave, however the work ends.
    public func enter(_ key: Key) async {
        if busy[key] != nil {
            await withCheckedContinuation { busy[key]?.append($0) }
        } else {
            busy[key] = []
        }
    }

    /// Lets the next one work on `key`.
    public func leave(_ key: Key) {
        guard var waiting = busy[key], !waiting.isEmpty else {
            busy[key] = nil
            return
        }
        waiting.removeFirst().resume()
        busy[key] = waiting
    }
}
