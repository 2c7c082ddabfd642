public import NIOCore

/// One invocation as the caller asks for it.
public struct InvocationRequest: Sendable {
    /// The *meta* JSON of the worker protocol, ready made; at most 65535 bytes.
    public var meta: [UInt8]
    /// The event: JSON.
    public var event: ByteBuffer
    /// The id of the request that caused it.
    public var requestID: String
    /// How long the caller waits for the outcome, waiting for a worker included; `nil`: the function's own limit.
    public var timeoutMs: Int?

    /// Describes one invocation.
    public init(meta: [UInt8], event: ByteBuffer, requestID: String, timeoutMs: Int? = nil) {
        self.meta = meta
        self.event = event
        self.requestID = requestID
        self.timeoutMs = timeoutMs
    }
}

/// How an invocation ended.
public enum InvocationOutcome: Sendable, Hashable {
    /// The function returned: JSON, empty for `undefined`.
    case result(ByteBuffer)
    /// The function threw: the error as JSON.
    case failed([UInt8])
    /// The code could not be loaded: the error as JSON.
    case loadFailed([UInt8])
    /// It took longer than it may; its worker was ended.
    case timeout
    /// Its worker ended: "out of memory", "exited with status 1", "killed by signal 9", …
    case crashed(reason: String)
    /// No worker was free in time, or too many invocations wait already.
    case busy
}

/// An invocation's outcome and what it took.
public struct InvocationReport: Sendable {
    /// How it ended.
    public var outcome: InvocationOutcome
    /// From handing it to a worker to its end.
    public var durationMs: Double
    /// Whether it waited until a worker had loaded the code.
    public var cold: Bool
    /// For a cold one: from its arrival until its worker was ready.
    public var coldMs: Double
    /// Memory of the worker as last measured (every 200 ms).
    public var memoryMB: Int
    /// From its arrival until it was handed to a worker.
    public var queuedMs: Double
}
