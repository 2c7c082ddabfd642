internal import NIOPosix

/// Runs what blocks (hashing, writing and syncing files) on a thread of its own.
///
/// Requests are handled on event loops, where a sync of some milliseconds would hold up every other connection of the loop.
public func offEventLoop<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(work)
}
