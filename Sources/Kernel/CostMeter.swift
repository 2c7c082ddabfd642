public import Synchronization

/// Adds up what one request costs, wherever it is worked on.
///
/// Fairness between environments is by what their requests cost: one that reads a hundred thousand documents is not one like any other.
public final class CostMeter: Sendable {
    /// The meter of the request that the present task works for.
    @TaskLocal public static var current: CostMeter?

    private let total = Atomic<Int64>(0)

    /// A meter at zero.
    public init() {}

    /// What it has come to, in microseconds.
    public var microseconds: Int64 { total.load(ordering: .relaxed) }

    /// Adds the time that `body` takes.
    public func measure<Value>(_ body: () throws -> Value) rethrows -> Value {
        let began = monotonicMicroseconds()
        defer { total.add(monotonicMicroseconds() - began, ordering: .relaxed) }
        return try body()
    }
}
