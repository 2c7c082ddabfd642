/// How long an environment's functions sit idle between invocations, and from it when to stop and when to start their last worker.
///
/// The hybrid histogram of Shahrad et al., "Serverless in the Wild" (USENIX ATC 2020): bins of one minute for four hours; a worker is stopped when the
/// last invocation ends, started again shortly before the 5th percentile of idle times (× 0.9), and kept until after the 99th (× 1.1). Where idle
/// times are too few, without pattern or mostly longer than four hours, a fixed keep-alive is used. Their time-series model for the last case is
/// left out: what is regular by the clock is in `LoadForecast`.
public struct IdleHistogram: Sendable, Equatable {
    /// Minutes that are told apart.
    public static let minutes = 240
    /// Counts are halved when they reach this, so that old habits fade.
    private static let totalMax = 2000
    /// Fewer idle times than this say nothing.
    private static let totalMin = 10

    private var bins = [UInt16](repeating: 0, count: minutes)
    private var beyond = 0
    private var total = 0

    /// An empty histogram.
    public init() {}

    /// What to do with the last worker when an invocation has ended and no other came.
    ///
    /// Times are minutes after that end.
    public enum Decision: Sendable, Hashable {
        /// Keep it for so long, then stop it; nothing is started ahead.
        case fixed(keepAlive: Double)
        /// Stop it at once if `start` is above zero, have one warm again at `start`, stop it at `stop`.
        case pattern(start: Double, stop: Double)

        /// Whether a worker is warm so many minutes after the last invocation ended.
        public func isWarm(after idle: Double) -> Bool {
            switch self {
            case .fixed(let keepAlive): idle <= keepAlive
            case .pattern(let start, let stop): idle >= start && idle <= stop
            }
        }

        /// Minutes that a worker was kept warm without serving, when the next invocation came after `idle`.
        public func warmMinutes(until idle: Double) -> Double {
            switch self {
            case .fixed(let keepAlive): min(idle, keepAlive)
            case .pattern(let start, let stop): max(0, min(idle, stop) - start)
            }
        }
    }

    /// Counts one idle time: minutes from the end of an invocation to the start of the next.
    ///
    /// What is not a number or negative is ignored.
    public mutating func record(idle: Double) {
        guard idle >= 0 else { return }
        if idle < Double(Self.minutes) { bins[Int(idle)] += 1 } else { beyond += 1 }
        total += 1
        if total >= Self.totalMax { halve() }
    }

    /// What to do, or the fixed keep-alive (minutes) where the histogram does not know.
    public func decision(fixedKeepAlive: Double = 10) -> Decision {
        let within = total - beyond
        guard within >= Self.totalMin, beyond * 2 < total, variation >= 2 else { return .fixed(keepAlive: max(0, fixedKeepAlive)) }
        // The head is rounded down and the tail up, as in the paper: being ready too early costs less than being late.
        let head = Double(percentile(0.05, of: within)) * 0.9
        let tail = Double(percentile(0.99, of: within) + 1) * 1.1
        return .pattern(start: head < 1 ? 0 : head, stop: min(Double(Self.minutes), tail))
    }

    /// Share of idle times that were four hours or longer.
    public var shareBeyond: Double { total > 0 ? Double(beyond) / Double(total) : 0 }

    /// Standard deviation ÷ mean of the bins' counts: small when idle times are spread evenly, which is no pattern.
    private var variation: Double {
        let mean = Double(total - beyond) / Double(Self.minutes)
        guard mean > 0 else { return 0 }
        let squares = bins.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (squares / Double(Self.minutes)).squareRoot() / mean
    }

    private func percentile(_ share: Double, of within: Int) -> Int {
        var reached = 0
        for (minute, count) in bins.enumerated() {
            reached += Int(count)
            if Double(reached) >= share * Double(within) { return minute }
        }
        return Self.minutes - 1
    }

    private mutating func halve() {
        for minute in bins.indices { bins[minute] /= 2 }
        beyond /= 2
        total = beyond + bins.reduce(0) { $0 + Int($1) }
    }
}

extension IdleHistogram {
    private static let mark: UInt32 = 0x0149_4853  // "SHI", version 1

    /// The histogram as bytes (13 and up to five for each minute that was seen), to be kept and read again with `init(bytes:)`.
    public func bytes() -> [UInt8] {
        var writer = ByteWriter(mark: Self.mark)
        writer.append(UInt(beyond))
        for (minute, count) in bins.enumerated() where count > 0 {
            writer.append(UInt(minute))
            writer.append(UInt(count))
        }
        writer.append(UInt(Self.minutes))
        return writer.finished()
    }

    /// Reads what `bytes()` gave.
    public init(bytes: [UInt8]) throws(DamagedBytes) {
        var reader = try ByteReader(bytes, mark: Self.mark)
        beyond = try reader.number(upTo: Self.totalMax)
        var next = 0
        while case let minute = try reader.number(upTo: Self.minutes), minute < Self.minutes {
            guard minute >= next else { throw .content }
            bins[minute] = UInt16(try reader.number(upTo: Self.totalMax))
            next = minute + 1
        }
        try reader.finish()
        total = beyond + bins.reduce(0) { $0 + Int($1) }
        guard total < Self.totalMax else { throw .content }
    }
}
