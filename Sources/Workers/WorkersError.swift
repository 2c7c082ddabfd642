/// Why workers cannot be run on this machine.
public struct WorkersError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// There is no Node, or it cannot be run.
        case nodeMissing
        /// There is no `bwrap`, or it cannot make namespaces here.
        case sandboxUnavailable
        /// A folder that the pool needs is missing or cannot be written.
        case directoryUnusable
        /// A process could not be started.
        case startFailed
        /// The pool was run twice or used after its end.
        case notRunning
    }

    /// What went wrong.
    public let code: Code
    /// The details, and what can be done.
    public let message: String

    /// The code and the details.
    public var description: String { "\(code.rawValue): \(message)" }

    /// An error with its details.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
