public import Kernel

/// Hears of each invocation as it comes and goes; what it does has to take next to no time.
public protocol InvocationObserver: Sendable {
    /// An invocation has arrived.
    /// - Parameter now: in milliseconds.
    /// - Returns: a number that `ended` gets back.
    func began(_ function: String, in environment: EnvironmentID, at now: Int64) -> Int64
    /// An invocation is over.
    /// - Parameters:
    ///   - mark: what `began` has answered.
    ///   - durationMs: from handing it to a worker to its end; 0 where no worker got it.
    ///   - cold: whether it waited for a worker to load the code.
    func ended(_ function: String, in environment: EnvironmentID, at now: Int64, mark: Int64, durationMs: Double, cold: Bool)
}

/// Nobody who hears of invocations.
public struct NoObserver: InvocationObserver {
    /// Makes nobody.
    public init() {}

    /// Does nothing.
    public func began(_ function: String, in environment: EnvironmentID, at now: Int64) -> Int64 { 0 }

    /// Does nothing.
    public func ended(_ function: String, in environment: EnvironmentID, at now: Int64, mark: Int64, durationMs: Double, cold: Bool) {}
}
