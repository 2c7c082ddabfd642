public import Kernel

/// How many users arrive when: a rate over time, as straight lines from one to the next.
///
/// A plan holds no arrivals. How many there will be and how dense is known before the start; the moments come one by one from ``times()``.
public struct ArrivalPlan: Sendable, Hashable {
    /// How arrivals lie within the rate.
    public enum Spacing: Sendable, Hashable {
        /// As far apart as the rate says: at 100 a second, one each 10 ms.
        case even
        /// By chance and without memory, as people do who do not know of each other; the same for the same seed.
        case poisson(seed: UInt64)
    }

    /// A stretch of time in which the rate goes straight from one value to another.
    public struct Stage: Sendable, Hashable {
        /// Arrivals a second at its beginning.
        public var from: Double
        /// Arrivals a second at its end.
        public var to: Double
        /// Its length in seconds.
        public var seconds: Double

        /// A stage.
        public init(from: Double, to: Double, seconds: Double) { (self.from, self.to, self.seconds) = (from, to, seconds) }

        /// A stage of one rate.
        public init(rate: Double, seconds: Double) { self.init(from: rate, to: rate, seconds: seconds) }

        /// How many arrive in it.
        var arrivals: Double { (from + to) / 2 * seconds }
    }

    /// The longest plan, in seconds: a day.
    public static let secondsMax = 86_400.0
    /// The highest rate that a plan may hold, in arrivals a second.
    public static let rateMax = 1_000_000.0
    /// The most stages of a plan.
    public static let stagesMax = 20_000

    /// The rate over time.
    public let stages: [Stage]
    /// How arrivals lie within the rate.
    public let spacing: Spacing
    /// Its length in seconds.
    public let seconds: Double
    /// How many arrive: exactly so many where the spacing is even, on average where it is by chance.
    public let arrivals: Double
    /// The highest rate, in arrivals a second.
    public let peakRate: Double

    /// A plan of any shape.
    public init(_ stages: [Stage], spacing: Spacing = .even) throws(SampanError) {
        guard !stages.isEmpty, stages.count <= Self.stagesMax else { throw .badArrivalPlan(.stages) }
        // Written so that what is no number is refused too.
        guard stages.allSatisfy({ $0.seconds > 0 && $0.seconds <= Self.secondsMax }) else { throw .badArrivalPlan(.length) }
        guard stages.allSatisfy({ (0...Self.rateMax).contains($0.from) && (0...Self.rateMax).contains($0.to) }) else { throw .badArrivalPlan(.rate) }
        let seconds = stages.reduce(0) { $0 + $1.seconds }
        guard seconds <= Self.secondsMax else { throw .badArrivalPlan(.length) }
        (self.stages, self.spacing, self.seconds) = (stages, spacing, seconds)
        let arrivals = stages.reduce(0) { $0 + $1.arrivals }
        self.arrivals = spacing == .even ? arrivals.rounded(.up) : arrivals
        peakRate = stages.reduce(0) { max($0, $1.from, $1.to) }
    }

    /// The moments of the arrivals, one after the other.
    public func times() -> ArrivalTimes { ArrivalTimes(self) }
}

extension ArrivalPlan {
    /// The same rate all the time.
    public static func constant(_ rate: Double, seconds: Double, spacing: Spacing = .even) throws(SampanError) -> ArrivalPlan {
        try ArrivalPlan([Stage(rate: rate, seconds: seconds)], spacing: spacing)
    }

    /// One rate after the other, each as long: to find where a system bends.
    public static func steps(_ rates: [Double], secondsEach: Double, spacing: Spacing = .even) throws(SampanError) -> ArrivalPlan {
        try ArrivalPlan(rates.map { Stage(rate: $0, seconds: secondsEach) }, spacing: spacing)
    }

    /// From one rate straight to another.
    public static func ramp(from: Double, to: Double, seconds: Double, spacing: Spacing = .even) throws(SampanError) -> ArrivalPlan {
        try ArrivalPlan([Stage(from: from, to: to, seconds: seconds)], spacing: spacing)
    }

    /// A launch: everybody at once, and half of those above the ordinary rate after each half-life.
    ///
    /// - Parameters:
    ///   - peak: The rate at the first moment, in arrivals a second.
    ///   - base: The rate to which it falls.
    ///   - halfLife: Seconds after which half of the difference is left.
    public static func launch(
        peak: Double, base: Double = 0, halfLife: Double, seconds: Double, spacing: Spacing = .even
    ) throws(SampanError) -> ArrivalPlan {
        guard halfLife > 0, halfLife <= secondsMax, seconds > 0, seconds <= secondsMax else { throw .badArrivalPlan(.length) }
        // Eight lines for each half-life are within 0.1 % of the curve; after twelve half-lives nothing of the launch is left.
        let line = halfLife / 8
        let lines = Int(min(seconds / line, 96))
        var stages: [Stage] = []
        var rate = peak
        for _ in 0..<lines {
            let next = base + (rate - base) * 0.917_004_043_204_671_2  // 2 to the power of -1/8
            stages.append(Stage(from: rate, to: next, seconds: line))
            rate = next
        }
        let left = seconds - Double(lines) * line
        if left > 0 { stages.append(Stage(from: rate, to: lines == 96 ? base : rate, seconds: left)) }
        return try ArrivalPlan(stages, spacing: spacing)
    }

    /// What once arrived in each minute, so many times: last year's day with this year's users.
    ///
    /// The rate goes straight from the middle of one minute to that of the next, so the total is kept and no minute begins with a jump.
    public static func replay(perMinute: [Double], times factor: Double = 1, spacing: Spacing = .even) throws(SampanError) -> ArrivalPlan {
        guard let first = perMinute.first, let last = perMinute.last, perMinute.count <= stagesMax else { throw .badArrivalPlan(.stages) }
        let rate = { (arrivals: Double) in arrivals / 60 * factor }
        var stages = [Stage(rate: rate(first), seconds: 30)]
        for (minute, next) in zip(perMinute, perMinute.dropFirst()) { stages.append(Stage(from: rate(minute), to: rate(next), seconds: 60)) }
        stages.append(Stage(rate: rate(last), seconds: 30))
        return try ArrivalPlan(stages, spacing: spacing)
    }
}
