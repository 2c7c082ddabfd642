/// From invocations to workers: how many of one function's workers must be warm for a load.
public struct WorkerPlan: Sendable, Hashable {
    /// Mean seconds that an invocation occupies its place in a worker.
    public let meanDuration: Double
    /// Invocations that one worker serves at a time.
    public let concurrency: Int
    /// The share of places that may be busy on average.
    public let targetUtilisation: Double
    /// Never more workers than this.
    public let maximum: Int

    /// A plan; absurd values are clamped (duration to 0.0001...3600 seconds, utilisation to 0.05...1).
    public init(meanDuration: Double, concurrency: Int, maximum: Int, targetUtilisation: Double = 0.6) {
        self.meanDuration = meanDuration.isFinite ? min(3600, max(0.0001, meanDuration)) : 0.1
        self.concurrency = max(1, concurrency)
        self.targetUtilisation = targetUtilisation.isFinite ? min(1, max(0.05, targetUtilisation)) : 0.6
        self.maximum = max(0, maximum)
    }

    /// Workers for so many invocations a minute: none for none, at least one for any.
    ///
    /// The mean number of busy places is rate × duration (Little's law). There are as many places as keep the target utilisation, and no fewer than let all
    /// but one in 10,000 arrivals find one free (Poisson occupancy, normal approximation: 3.7 standard deviations): of few places, chance often takes more
    /// than the utilisation leaves.
    public func workers(invocationsPerMinute: Double) -> Int {
        guard invocationsPerMinute > 0 else { return 0 }
        let busy = invocationsPerMinute / 60 * meanDuration
        let needed = max(busy / targetUtilisation, busy + 3.7 * busy.squareRoot()) / Double(concurrency)
        return needed < Double(maximum) ? max(min(1, maximum), Int(needed.rounded(.up))) : maximum
    }

    /// The floor: workers for the busiest upper value of the coming minutes, so that they are warm before that minute begins.
    public func floor(for points: [LoadForecast.Point]) -> Int {
        workers(invocationsPerMinute: points.reduce(0) { max($0, $1.upper) })
    }
}
