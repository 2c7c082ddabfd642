/// What happened in one second of a run.
public struct SecondReport: Sendable, Hashable {
    /// Seconds since the run began.
    public let second: Int
    /// Users whose moment lay in it.
    public internal(set) var arrivals = 0
    /// Users of them for whom there was no room; they void the run.
    public internal(set) var dropped = 0
    /// Requests sent.
    public internal(set) var sent = 0
    /// Answers that came, of any kind.
    public internal(set) var answered = 0
    /// Answers with success or an accepted code.
    public internal(set) var served = 0
    /// Answers 429 and 503.
    public internal(set) var refused = 0
    /// Other answers, and requests that came to none.
    public internal(set) var failed = 0
    /// The median latency of what was served in this second, in microseconds, to 1 %.
    public internal(set) var p50: Int64 = 0
    /// The 99th percentile of it.
    public internal(set) var p99: Int64 = 0
    /// The 99th percentile of how late the generator was, in microseconds.
    public internal(set) var lagP99: Int64 = 0
    /// The share of a processor that the generator used, from 0 to 1.
    public internal(set) var processorShare = 0.0
}

/// The seconds of a run, one row each, in bounded memory: percentiles are taken when a second ends.
struct SecondSeries: Sendable {
    private(set) var rows = [SecondReport(second: 0)]
    private var latency = LatencyHistogram(.twoDigits)
    private var lag = LatencyHistogram(.twoDigits)
    private let secondsMax: Int
    /// Where the last row ends, in nanoseconds; the last possible one has no end.
    private var rowEnd: Int64 = nanosecondsPerSecond

    private static let nanosecondsPerSecond: Int64 = 1_000_000_000

    /// - Parameter secondsMax: What comes later than this is counted in the last row.
    init(secondsMax: Int) { self.secondsMax = secondsMax }

    /// Ends the seconds before `now`; time only goes forward.
    mutating func advance(to now: Int64) {
        while now >= rowEnd, rows.count < secondsMax {
            closeRow()
            rows.append(SecondReport(second: rows.count))
            rowEnd += Self.nanosecondsPerSecond
        }
    }

    /// Takes the percentiles of the last row.
    mutating func closeRow() {
        let last = rows.count - 1
        (rows[last].p50, rows[last].p99, rows[last].lagP99) = (latency.percentile(50), latency.percentile(99), lag.percentile(99))
        latency.reset()
        lag.reset()
    }

    /// Changes the second of `moment`, which may lie a little back.
    @inline(__always) mutating func change(at moment: Int64, _ body: (inout SecondReport) -> Void) {
        advance(to: moment)
        body(&rows[min(Int(moment / Self.nanosecondsPerSecond), rows.count - 1)])
    }

    mutating func setProcessorShare(_ share: Double, ofRow row: Int) { rows[row].processorShare = share }

    mutating func recordLatency(_ microseconds: Int64) { latency.record(microseconds) }

    mutating func recordLag(_ microseconds: Int64) { lag.record(microseconds) }
}
