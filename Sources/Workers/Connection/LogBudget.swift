import NIOCore

/// How much a worker may still write to its log: a second's worth at once, refilled as time passes.
struct LogBudget {
    private let bytesPerSecond: Int
    private var available: Int
    private var refilledAt: NIODeadline
    private(set) var droppedBytes = 0

    init(bytesPerSecond: Int, now: NIODeadline) {
        self.bytesPerSecond = bytesPerSecond
        available = bytesPerSecond
        refilledAt = now
    }

    /// Whether a line of this size still fits; if not it counts as dropped.
    mutating func admit(_ bytes: Int, now: NIODeadline) -> Bool {
        let elapsed = min((now - refilledAt).nanoseconds, 1_000_000_000)
        let refill = Int(Double(elapsed) * Double(bytesPerSecond) / 1e9)
        if refill > 0 {
            available = min(bytesPerSecond, available + refill)
            refilledAt = now
        }
        // A line's end counts, so that empty lines are not free.
        if bytes + 1 <= available {
            available -= bytes + 1
            return true
        }
        droppedBytes += bytes + 1
        return false
    }

    /// How much was dropped since this was asked last.
    mutating func takeDropped() -> Int {
        defer { droppedBytes = 0 }
        return droppedBytes
    }
}
