/// How long things took: a histogram of fixed size in which every value keeps its first three digits (or two).
///
/// The buckets are those of the HDR histogram: of equal width up to a power of two, and from there twice as wide after each doubling. So a
/// microsecond and an hour are both known to 0.1 %, recording is one addition, and two histograms add up without loss.
public struct LatencyHistogram: Sendable, Hashable {
    /// How exactly values are kept.
    public enum Precision: Int, Sendable {
        /// To within 1 part in 128; 15 KiB.
        case twoDigits = 7
        /// To within 1 part in 1024; 184 KiB.
        case threeDigits = 10

        /// Buckets in one doubling, as a power of two.
        var bits: Int { rawValue }
    }

    /// The longest that is told apart, in microseconds: an hour, as which everything counts that takes longer.
    public static let microsecondsMax: Int64 = 3_600_000_000

    /// How exactly values are kept.
    public let precision: Precision
    /// How many values were recorded.
    public private(set) var count = 0
    /// The shortest, in microseconds; 0 where nothing was recorded.
    public private(set) var minimum: Int64 = 0
    /// The longest, in microseconds; 0 where nothing was recorded.
    public private(set) var maximum: Int64 = 0
    /// All values together, in microseconds.
    private(set) var sum: Int64 = 0
    private(set) var buckets: [UInt64]

    /// An empty histogram.
    public init(_ precision: Precision = .threeDigits) {
        self.precision = precision
        buckets = [UInt64](repeating: 0, count: Self.bucket(of: Self.microsecondsMax, precision.bits) + 1)
    }

    /// The histogram of what was encoded, where that adds up.
    init?(_ precision: Precision, buckets: [UInt64], minimum: Int64, maximum: Int64, sum: Int64) {
        self.init(precision)
        guard buckets.count <= self.buckets.count else { return nil }
        for (bucket, recorded) in buckets.enumerated() {
            guard let recorded = Int(exactly: recorded), case let (together, tooMany) = count.addingReportingOverflow(recorded), !tooMany else { return nil }
            self.buckets[bucket] = UInt64(recorded)
            count = together
        }
        (self.minimum, self.maximum, self.sum) = (minimum, maximum, sum)
    }

    /// Records a value, in microseconds; a negative one as 0.
    public mutating func record(_ microseconds: Int64) {
        let value = min(max(microseconds, 0), Self.microsecondsMax)
        buckets[Self.bucket(of: value, precision.bits)] += 1
        minimum = count == 0 ? value : min(minimum, value)
        maximum = max(maximum, value)
        sum += value
        count += 1
    }

    /// Adds what another histogram of the same precision recorded.
    public mutating func merge(_ other: LatencyHistogram) {
        precondition(precision == other.precision, "histograms of different precision do not add up")
        guard other.count > 0 else { return }
        for bucket in buckets.indices { buckets[bucket] += other.buckets[bucket] }
        minimum = count == 0 ? other.minimum : min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        sum += other.sum
        count += other.count
    }

    /// Forgets everything.
    public mutating func reset() {
        guard count > 0 else { return }
        for bucket in buckets.indices { buckets[bucket] = 0 }
        (count, minimum, maximum, sum) = (0, 0, 0, 0)
    }

    /// The mean, in microseconds; exact, and 0 where nothing was recorded.
    public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// The smallest value that at least `percent` of all values do not exceed, in microseconds.
    ///
    /// Never less than the true one, and more only by the precision. 0 where nothing was recorded.
    public func percentile(_ percent: Double) -> Int64 {
        guard count > 0 else { return 0 }
        // What a multiplication adds behind the last digit must not become one more value.
        let exact = percent / 100 * Double(count)
        var missing = UInt64(max(1, min((exact - exact * 1e-12).rounded(.up), Double(count))))
        for (bucket, recorded) in buckets.enumerated() where recorded > 0 {
            if recorded >= missing { return max(minimum, min(Self.last(ofBucket: bucket, precision.bits), maximum)) }
            missing -= recorded
        }
        return maximum
    }

    /// The bucket of a value: `bits` are what is kept of it below its highest one.
    private static func bucket(of value: Int64, _ bits: Int) -> Int {
        let shift = max(0, 63 - value.leadingZeroBitCount - bits)
        return shift << bits + Int(value >> shift)
    }

    /// The largest value of a bucket.
    private static func last(ofBucket bucket: Int, _ bits: Int) -> Int64 {
        guard bucket >= 2 << bits else { return Int64(bucket) }
        let shift = bucket >> bits - 1
        let first = Int64(bucket - shift << bits)
        return (first + 1) << shift - 1
    }
}
