#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Which share of a processor the calling thread uses, lap by lap.
///
/// All of its calls come from one thread.
struct ProcessorMeter {
    private var started: (moment: Int64, used: Int64) = (0, 0)
    private var lapped: (moment: Int64, used: Int64) = (0, 0)
    private var most: Double?

    /// Begins, at a moment in nanoseconds.
    mutating func start(at moment: Int64) {
        started = (moment, Self.used())
        lapped = started
    }

    /// The share since the last lap, from 0 to 1.
    mutating func lap(at moment: Int64) -> Double {
        let used = Self.used()
        let share = Self.share(from: lapped, to: (moment, used))
        lapped = (moment, used)
        most = max(most ?? 0, share)
        return share
    }

    /// The share of the busiest lap; of the whole time where that was too short for one.
    func most(at moment: Int64) -> Double { most ?? Self.share(from: started, to: (moment, Self.used())) }

    private static func share(from start: (moment: Int64, used: Int64), to end: (moment: Int64, used: Int64)) -> Double {
        end.moment > start.moment ? Double(end.used - start.used) / Double(end.moment - start.moment) : 0
    }

    /// Nanoseconds of processor time that the calling thread has used.
    private static func used() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
