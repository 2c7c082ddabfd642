/// When an environment's database is backed up by itself.
public struct BackupPlan: Sendable, Hashable {
    /// The most backups that may be kept.
    public static let keepMax = 365

    /// The hour of the day, 0 to 23 UTC, from which on the day's backup is due.
    public let hour: Int
    /// How many scheduled backups are kept; older ones are removed.
    public let keep: Int

    /// Makes a plan; `nil` where the numbers are out of their bounds.
    public init?(hour: Int64, keep: Int64 = 14) {
        guard (0..<24).contains(hour), (1...Int64(Self.keepMax)).contains(keep) else { return nil }
        self.hour = Int(hour)
        self.keep = Int(keep)
    }

    /// As the settings show it: `{"hour","keep"}`.
    public var json: JSON { ["hour": .int(Int64(hour)), "keep": .int(Int64(keep))] }

    /// The last moment up to `now` at which a backup was due, in milliseconds.
    public func lastDue(_ now: Int64) -> Int64 {
        let day: Int64 = 86_400_000
        let offset = Int64(hour) * 3_600_000
        let days = (now - offset).dividedFloor(by: day)
        return days * day + offset
    }
}

extension Int64 {
    fileprivate func dividedFloor(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
