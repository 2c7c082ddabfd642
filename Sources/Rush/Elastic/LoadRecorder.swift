internal import Forecast
public import Kernel
internal import Synchronization

/// Counts invocations as they come and go, for a fraction of a microsecond each; read out every few seconds.
///
/// An environment whose functions were never called takes nothing here, a function that was takes about 150 bytes.
public final class LoadRecorder: Sendable {
    /// What a function did since the last reading, and where it stands.
    struct FunctionTally: Sendable {
        var inFlight = 0
        /// When it had nothing to do any more, in milliseconds; −1 before its first invocation has ended.
        var lastEnd: Int64 = -1
        var begun = 0
        var ended = 0
        var milliseconds = 0.0
        var cold = 0
        var spared = 0
        /// Minutes without work before an invocation.
        var idles: [Double] = []
    }

    /// What an environment did since the last reading.
    struct Tally: Sendable {
        var minutes: [(minute: Minute, count: Int)] = []
        var functions: [String: FunctionTally] = [:]
        var isChanged = false
    }

    private final class Stripe: Sendable {
        let tallies = Mutex<[EnvironmentID: Tally]>([:])
    }

    /// A shorter time without work is none: nobody would end a worker for it.
    static let idleMin: Int64 = 10_000
    /// Between two readings there are hardly ever two of each; if nobody reads, the oldest go.
    private static let keptMax = 32

    private let stripes = (0..<16).map { _ in Stripe() }
    private let ordinaryIdle: Int64

    /// Makes a recorder.
    /// - Parameter ordinaryIdleSeconds: how long workers stay without work when nobody plans for them: a call after more than that would have been a cold
    ///   start.
    public init(ordinaryIdleSeconds: Int) { ordinaryIdle = Int64(ordinaryIdleSeconds) * 1000 }

    private func stripe(_ environment: EnvironmentID) -> Stripe { stripes[Int(environment.text.utf8.last ?? 0) & 15] }

    /// An invocation has arrived.
    /// - Parameter now: in milliseconds.
    /// - Returns: how long its function had nothing to do before, in milliseconds; −1 where it had, or nothing is known. `ended` takes it.
    public func began(_ function: String, in environment: EnvironmentID, at now: Int64) -> Int64 {
        stripe(environment).tallies.withLock { $0[environment, default: Tally()].began(function, at: now) }
    }

    /// An invocation is over.
    public func ended(_ function: String, in environment: EnvironmentID, at now: Int64, idleBefore: Int64, durationMs: Double, cold: Bool) {
        let isSpared = idleBefore > ordinaryIdle && !cold
        stripe(environment).tallies.withLock { tallies in
            tallies[environment, default: Tally()].ended(function, at: now, durationMs: durationMs, cold: cold, spared: isSpared)
        }
    }

    /// Forgets environments that are gone.
    func forget(where isGone: (EnvironmentID) -> Bool) {
        for stripe in stripes { stripe.tallies.withLock { $0 = $0.filter { !isGone($0.key) } } }
    }

    /// What has come since the last time, by environment; the running minute is counted again the next time.
    func read() -> [(environment: EnvironmentID, tally: Tally)] {
        stripes.flatMap { stripe in
            stripe.tallies.withLock { tallies in
                tallies.filter(\.value.isChanged).keys.compactMap { environment in tallies[environment]?.take().map { (environment, $0) } }
            }
        }
    }

    fileprivate static func add(_ minute: Minute, to minutes: inout [(minute: Minute, count: Int)]) {
        if let last = minutes.last, last.minute == minute {
            minutes[minutes.count - 1].count += 1
        } else {
            if minutes.count >= keptMax { minutes.removeFirst() }
            minutes.append((minute, 1))
        }
    }
}

extension LoadRecorder.Tally {
    fileprivate mutating func began(_ function: String, at now: Int64) -> Int64 {
        isChanged = true
        LoadRecorder.add(Minute(now / 60_000), to: &minutes)
        return functions[function, default: .init()].began(at: now)
    }

    fileprivate mutating func ended(_ function: String, at now: Int64, durationMs: Double, cold: Bool, spared: Bool) {
        isChanged = true
        functions[function, default: .init()].ended(at: now, durationMs: durationMs, cold: cold, spared: spared)
    }

    fileprivate mutating func take() -> LoadRecorder.Tally? {
        let taken = self
        isChanged = false
        if let last = minutes.last { minutes = [last] }
        for name in functions.keys { functions[name]?.reset() }
        return taken
    }
}

extension LoadRecorder.FunctionTally {
    fileprivate mutating func began(at now: Int64) -> Int64 {
        begun += 1
        inFlight += 1
        guard inFlight == 1, lastEnd >= 0 else { return -1 }
        let idle = max(0, now - lastEnd)
        if idle >= LoadRecorder.idleMin, idles.count < 32 { idles.append(Double(idle) / 60_000) }
        return idle
    }

    fileprivate mutating func ended(at now: Int64, durationMs: Double, cold isCold: Bool, spared isSpared: Bool) {
        // What had begun before its function was forgotten still ends.
        inFlight = max(0, inFlight - 1)
        if inFlight == 0 { lastEnd = now }
        if durationMs > 0 {
            ended += 1
            milliseconds += durationMs
        }
        if isCold { cold += 1 }
        if isSpared { spared += 1 }
    }

    fileprivate mutating func reset() {
        (begun, ended, milliseconds, cold, spared) = (0, 0, 0, 0, 0)
        idles.removeAll(keepingCapacity: false)
    }
}
