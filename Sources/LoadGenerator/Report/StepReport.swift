/// What became of the requests of one step, each try by itself.
public struct StepReport: Sendable {
    /// The journey's name.
    public let journey: String
    /// The step's name.
    public let step: String
    /// Requests sent.
    public internal(set) var sent = 0
    /// Tries that were not the first one.
    public internal(set) var retries = 0
    /// Answers of success.
    public internal(set) var served = 0
    /// Answers with an accepted code, by code.
    public internal(set) var accepted: [String: Int] = [:]
    /// Answers 429 and 503.
    public internal(set) var refused = 0
    /// Other answers.
    public internal(set) var failed = 0
    /// Requests that came to no usable answer, by reason.
    public internal(set) var lost: [RequestFault: Int] = [:]
    /// Answers by status.
    public internal(set) var statuses: [Int: Int] = [:]
    /// Failed answers by the code that they said; what is beyond the first ``codesMax`` codes is counted as `…`.
    public internal(set) var codes: [String: Int] = [:]
    /// How long users waited for what they wanted, from the moment at which they meant to ask: served, accepted, and timed out (with the time until then,
    /// so that a server does not look faster by losing what is slow).
    public internal(set) var latency = LatencyHistogram()
    /// The same from the moment at which the request was sent; what this leaves out is the wait for the generator and for a connection.
    public internal(set) var service = LatencyHistogram()
    /// How long a refusal took, from the moment at which the user meant to ask.
    public internal(set) var refusal = LatencyHistogram(.twoDigits)

    /// How many different codes are counted by themselves.
    public static let codesMax = 64

    init(journey: String, step: String) { (self.journey, self.step) = (journey, step) }

    /// Requests that failed or were lost while the run went on.
    public var failures: Int { failed + lost.reduce(0) { $1.key == .unfinished ? $0 : $0 + $1.value } }

    mutating func record(_ outcome: Outcome, latency: Int64, service: Int64?) {
        switch outcome {
        case .served: served += 1
        case .accepted(let code): accepted[code, default: 0] += 1
        case .refused:
            refused += 1
            refusal.record(latency)
            return
        case .failed(_, let code):
            failed += 1
            if let code { codes[codes[code] == nil && codes.count >= Self.codesMax ? "…" : code, default: 0] += 1 }
            return
        case .lost(let fault):
            lost[fault, default: 0] += 1
            guard fault == .timedOut else { return }
        }
        self.latency.record(latency)
        // What never got a connection was never sent.
        if let service { self.service.record(service) }
    }
}

/// What became of the users of one journey.
public struct JourneyReport: Sendable {
    /// The journey's name.
    public let journey: String
    /// Users who arrived and were let in.
    public internal(set) var started = 0
    /// Users who got through all steps.
    public internal(set) var completed = 0
    /// Users whom an accepted code sent home.
    public internal(set) var accepted = 0
    /// Users who gave up at a step that failed, after whatever their client retried.
    public internal(set) var abandoned = 0
    /// Users who were underway when the run ended.
    public internal(set) var unfinished = 0
    /// From arrival to the last answer, pauses included, of those who got through.
    public internal(set) var duration = LatencyHistogram(.twoDigits)

    init(journey: String) { self.journey = journey }
}
