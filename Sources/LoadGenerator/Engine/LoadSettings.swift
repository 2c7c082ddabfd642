internal import Foundation
internal import Kernel

/// The bounds of a run, and what voids it.
public struct LoadSettings: Sendable {
    /// How long a client waits for an answer, in milliseconds from the moment at which it meant to ask.
    public var timeoutMilliseconds = 10_000
    /// How many connections there may be.
    public var connectionsMax = 512
    /// How many connections are made before the clock starts (at most ``connectionsMax``).
    ///
    /// Making one costs the generator more than a request, and so much of it at the first moment of a launch would be told as the server's slowness.
    public var connectionsAtStart = 64
    /// How many connections are made at once.
    ///
    /// Few, or one slow moment of the server makes a hundred connections at a time, which keep the generator from reading the answers and so make more.
    public var connectingMax = 16
    /// How many requests may wait for a connection; a user beyond is dropped, which voids the run.
    public var waitingMax = 100_000
    /// How many users may be underway, those included that think; a user beyond is dropped, which voids the run.
    public var usersMax = 200_000
    /// How many users may arrive in all.
    public var arrivalsMax = 20_000_000
    /// How long arrivals may go on, in seconds.
    public var secondsMax = 3600
    /// How long after the last arrival the run waits for users who are still underway, in seconds.
    public var drainSeconds = 60
    /// How late the generator may turn to 1 of 100 requests, in microseconds; later voids the run.
    public var lagP99Max: Int64 = 1000
    /// Which share of a processor the generator, which has one thread, may use in its busiest second; more voids the run.
    public var processorShareMax = 0.85
    /// Where chance begins: which journey a user goes on, how long pauses are.
    public var seed: UInt64 = 1
    /// Letters, digits and hyphens (at most 40) that tell this run's unique values from those of other runs.
    public var runID = "run"

    /// Settings that fit most runs.
    public init() {}

    /// - Throws: `BAD_LOAD_SETTING`, or `LOAD_PLAN_TOO_LARGE` where `plan` goes beyond.
    func check(_ plan: ArrivalPlan) throws(SampanError) {
        let ranges: [(name: String, value: Int, range: ClosedRange<Int>)] = [
            ("timeoutMilliseconds", timeoutMilliseconds, 1...300_000), ("connectionsMax", connectionsMax, 1...50_000),
            ("connectionsAtStart", connectionsAtStart, 0...50_000), ("connectingMax", connectingMax, 1...10_000),
            ("waitingMax", waitingMax, 0...1_000_000), ("usersMax", usersMax, 1...1_000_000),
            ("arrivalsMax", arrivalsMax, 1...1_000_000_000), ("secondsMax", secondsMax, 1...86_400), ("drainSeconds", drainSeconds, 0...3600),
        ]
        for (name, value, range) in ranges where !range.contains(value) {
            throw .badLoadSetting(name, "\(range.lowerBound)…\(range.upperBound)")
        }
        guard (1...40).contains(runID.utf8.count), runID.utf8.allSatisfy({ Self.isPlain($0) }) else { throw .badLoadSetting("runID", "A-Z a-z 0-9 -, 1…40") }
        try checkFileLimit()
        guard plan.seconds <= Double(secondsMax) else {
            throw .planTooLarge(
                Localized(
                    "The plan lasts \(Int(plan.seconds)) s; at most \(secondsMax) s are allowed.",
                    zh: "计划时长 \(Int(plan.seconds)) 秒,上限为 \(secondsMax) 秒。"))
        }
        guard plan.arrivals <= Double(arrivalsMax) else {
            throw .planTooLarge(
                Localized(
                    "\(Int(plan.arrivals)) users would arrive; at most \(arrivalsMax) are allowed.",
                    zh: "计划到达 \(Int(plan.arrivals)) 人,上限为 \(arrivalsMax) 人。"))
        }
    }

    /// Connections that the system would refuse would look like the server's fault.
    private func checkFileLimit() throws(SampanError) {
        var limit = rlimit()
        #if canImport(Glibc)
            let asked = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let asked = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard asked == 0, limit.rlim_cur < rlim_t(connectionsMax + 64) else { return }
        throw .badLoadSetting("connectionsMax", "1…\(max(1, Int(limit.rlim_cur) - 64)) (ulimit -n: \(limit.rlim_cur))")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45: true
        default: false
        }
    }
}
