/// What a client does about a request that was refused or came to nothing.
public enum RetryPolicy: Sendable, Hashable {
    /// Nothing: the user gives up.
    case never
    /// As a good SDK does: waits as long as `Retry-After` says, give or take half, and stops where it would make things worse.
    ///
    /// It tries at most `triesMax` times in all, and only while retries are at most the share `budget` of the journey's first tries.
    case courteous(triesMax: Int = 2, budget: Double = 0.1)
    /// As impatient clients do: again at once, up to so many times in all.
    case rude(triesMax: Int = 5)

    /// The most tries that a policy may allow.
    public static let triesMaxMax = 100

    var isPossible: Bool {
        switch self {
        case .never: true
        case .courteous(let tries, let budget): (1...Self.triesMaxMax).contains(tries) && (0...1).contains(budget)
        case .rude(let tries): (1...Self.triesMaxMax).contains(tries)
        }
    }
}

/// Decides for all users of a journey whether and when a request is made again.
struct RetryJudge: Sendable {
    /// Without a word of the server, the first pause; it doubles with each try.
    private static let pauseSeconds = 0.3
    /// What is saved while nothing fails is worth so many retries at most, so that a long calm does not pay for a storm.
    private static let savedMax = 100.0

    private let policy: RetryPolicy
    private var saved = 0.0

    init(_ policy: RetryPolicy) { self.policy = policy }

    /// Takes note of a first try, which earns a part of a retry.
    mutating func triedFirst() {
        if case .courteous(_, let budget) = policy { saved = min(saved + budget, Self.savedMax) }
    }

    /// After how many seconds the request is made again; nil where the client gives up.
    ///
    /// - Parameters:
    ///   - tries: How often it was made.
    ///   - retryAfter: What the server said, in seconds.
    mutating func pause(after outcome: Outcome, tries: Int, retryAfter: Double?, _ random: inout SeededRandom) -> Double? {
        switch policy {
        case .never: return nil
        case .rude(let triesMax): return outcome.isRetriedByTheRude && tries < triesMax ? 0 : nil
        case .courteous(let triesMax, _):
            // 1 less a rounding error is 1.
            guard outcome.isRetriedByTheCourteous, tries < triesMax, saved >= 1 - 1e-9 else { return nil }
            saved -= 1
            return (retryAfter ?? Self.pauseSeconds * Double(1 << min(tries - 1, 10))) * random.uniform(0.5...1.5)
        }
    }
}

/// What became of a request.
enum Outcome: Hashable, Sendable {
    /// A good answer.
    case served
    /// A good answer with an accepted error code.
    case accepted(code: String)
    /// 429 or 503.
    case refused
    /// Any other answer, with the code that it said.
    case failed(status: Int, code: String?)
    /// No answer.
    case lost(RequestFault)

    fileprivate var isRetriedByTheRude: Bool {
        switch self {
        case .served, .accepted: false
        case .refused: true
        case .failed(let status, _): status >= 500
        case .lost(let fault): fault != .unfinished
        }
    }

    fileprivate var isRetriedByTheCourteous: Bool {
        switch self {
        case .served, .accepted, .failed: false
        case .refused: true
        case .lost(let fault): fault == .timedOut || fault == .connectFailed || fault == .connectionClosed
        }
    }
}

/// Why a request came to no answer that could be used.
public enum RequestFault: String, Sendable, CaseIterable {
    /// Nothing came within the time that a client waits.
    case timedOut
    /// No connection could be made.
    case connectFailed
    /// The generator's own machine had no socket or port left for a connection; it voids the run.
    case noSocket
    /// The server closed the connection before it had answered.
    case connectionClosed
    /// The answer was not HTTP/1.1, or had no length.
    case malformedAnswer
    /// A good answer did not hold what later steps need.
    case captureMissing
    /// The run ended before an answer came.
    case unfinished
}
