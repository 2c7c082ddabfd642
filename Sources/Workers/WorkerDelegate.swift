public import NIOCore

/// Who answers what functions ask of the platform, and takes their logs.
public protocol WorkerDelegate: Sendable {
    /// Answers a call that a running invocation makes.
    func call(_ call: WorkerCall, from invocation: InvocationContext) async -> CallAnswer
    /// Takes a log line.
    ///
    /// Called on an event loop, in the order of the lines: it must be quick.
    func log(_ line: WorkerLog)
    /// Says that an invocation has ended, however it did, before its caller hears so; calls of it may still be on their way.
    ///
    /// It must be quick.
    func invocationEnded(_ invocation: InvocationContext)
}

/// What a function asks of the platform.
public struct WorkerCall: Sendable, Hashable {
    /// The method, such as `database`.
    public var method: String
    /// Its parameters.
    public var json: ByteBuffer
    /// Bytes that go with them, such as a file.
    public var attachment: ByteBuffer

    /// A call with the given parameters.
    public init(method: String, json: ByteBuffer, attachment: ByteBuffer = ByteBuffer()) {
        self.method = method
        self.json = json
        self.attachment = attachment
    }
}

/// The answer to a `WorkerCall`.
public enum CallAnswer: Sendable, Hashable {
    /// The answer's bytes.
    case reply(ByteBuffer)
    /// A problem as JSON.
    case error([UInt8])
}

/// The invocation that something belongs to.
public struct InvocationContext: Sendable {
    /// Unique in this pool.
    public let id: UInt64
    /// The id of the request that caused it.
    public let requestID: String
    /// What runs.
    public let code: FunctionCode
    /// What the caller gave `invoke`.
    public let caller: any Sendable
}

/// One line of a function's log.
public struct WorkerLog: Sendable {
    /// How grave it is.
    public enum Level: UInt8, Sendable, Hashable, Comparable {
        case debug, info, warn, error

        /// Whether the left one is less grave.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// How grave it is.
    public let level: Level
    /// What was written, without the line's end.
    public let text: String
    /// What the worker runs; `nil` while it has no code yet.
    public let code: FunctionCode?
    /// The invocation which wrote it, when that is known.
    public let invocation: InvocationContext?
}
