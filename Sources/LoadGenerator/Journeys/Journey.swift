/// What one kind of user does: steps in order, each a request.
///
/// A user ends the journey at the first step that fails, or that has an accepted result other than success (such as "sold out").
public struct Journey: Sendable {
    /// What the report calls it.
    public var name: String
    /// Its share of the users who arrive, beside the weights of the other journeys.
    public var weight: Double
    /// What is done, in order.
    public var steps: [JourneyStep]
    /// What the client does about a request that came to nothing.
    public var retry: RetryPolicy

    /// A journey.
    public init(_ name: String, weight: Double = 1, retry: RetryPolicy = .never, steps: [JourneyStep]) {
        (self.name, self.weight, self.steps, self.retry) = (name, weight, steps, retry)
    }
}

/// One request of a journey, and what is made of its answer.
public struct JourneyStep: Sendable {
    /// What the report calls it.
    public var name: String
    /// What is sent.
    public var request: RequestTemplate
    /// How long the user thinks before it.
    public var pause: Pause
    /// Which answers are good.
    public var success: SuccessRule
    /// What is kept of a good answer for later steps: the name under which, and where it stands.
    public var captures: [(name: String, path: JSONPath)]

    /// A step.
    public init(
        _ name: String, _ request: RequestTemplate, pause: Pause = .none, success: SuccessRule = SuccessRule(), captures: [(name: String, path: JSONPath)] = []
    ) {
        (self.name, self.request, self.pause, self.success, self.captures) = (name, request, pause, success, captures)
    }
}

/// How long a user thinks: anything between two lengths, all alike likely.
public struct Pause: Sendable, Hashable {
    /// The shortest, in seconds.
    public var atLeast: Double
    /// The longest, in seconds.
    public var atMost: Double

    /// A pause between two lengths, in seconds.
    public init(from atLeast: Double, to atMost: Double) { (self.atLeast, self.atMost) = (atLeast, atMost) }

    /// No pause.
    public static let none = Pause(from: 0, to: 0)

    /// The longest that a pause may be, in seconds.
    public static let secondsMax = 3600.0

    var isPossible: Bool { atLeast >= 0 && atLeast <= atMost && atMost <= Self.secondsMax }
}

/// Which answers of a step are good.
///
/// 429 and 503 are refusals of an overloaded server wherever they are not good answers themselves; every other answer is a failure. Redirections are never
/// followed.
public struct SuccessRule: Sendable {
    /// The statuses of success.
    public var statuses: Set<Int>
    /// Error codes that are results as good as any, such as `SOLD_OUT`: counted by themselves, and the end of the journey.
    public var acceptedCodes: Set<String>
    /// Where an answer says its error code.
    public var codePath: JSONPath
    /// For gateways that answer 200 whatever happened: an answer of success says one of these codes or none.
    ///
    /// Nil where its status says it all.
    public var successCodes: Set<String>?

    /// A rule; what it leaves out is: any 2xx, no code accepted, codes at `code` as in Sampan's answers.
    public init(
        statuses: Set<Int> = Set(200..<300), acceptedCodes: Set<String> = [], codePath: JSONPath? = nil, successCodes: Set<String>? = nil
    ) {
        (self.statuses, self.acceptedCodes, self.successCodes) = (statuses, acceptedCodes, successCodes)
        self.codePath = codePath ?? JSONPath(member: "code")
    }
}

extension JSONPath {
    fileprivate init(member: String) { self.init(parts: [.member(member)]) }
}
