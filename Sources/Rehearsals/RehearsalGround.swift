public import Kernel

/// What a rehearsal asks of the platform around it; the composition root knows the rooms that give it.
public protocol RehearsalGround: Sendable {
    /// Makes a copy that is nobody's: masked, without payments, reachable only with tokens of ``tokens(_:from:in:)``.
    func makeShadow(of environment: EnvironmentID, _ wanted: ShadowRequest) async throws -> EnvironmentID
    /// Removes a copy with everything in it.
    func removeShadow(_ shadow: EnvironmentID) async throws
    /// Copies that are there, whoever made them.
    func shadows() -> [EnvironmentID]
    /// Tokens and openids of so many users of a copy, numbered from `first` on.
    func tokens(_ count: Int, from first: Int, in shadow: EnvironmentID) -> [(token: String, openid: String)]
    /// What runs and waits in a copy right now.
    func load(of shadow: EnvironmentID) -> [FunctionLoad]
    /// What has happened in a copy since a moment, in milliseconds since 1970.
    func tally(of shadow: EnvironmentID, since: Int64) async throws -> Tally
    /// Everybody's traffic.
    func traffic() -> [EnvironmentID: Traffic]
    /// Addresses on which this server listens, as `host:port`, and the one that load goes to.
    var listeners: [String] { get }
}

/// What a copy is to be like.
public struct ShadowRequest: Sendable {
    /// Further fields that are masked.
    public let masked: [String]
    /// Operations on its database before the load comes.
    public let prepare: [JSON]

    /// A request.
    public init(masked: [String], prepare: [JSON]) { (self.masked, self.prepare) = (masked, prepare) }
}

/// What a function does at one moment.
public struct FunctionLoad: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// How many invocations one worker takes at once.
    public let concurrency: Int
    /// Workers that serve it.
    public let workers: Int
    /// Invocations that run.
    public let inFlight: Int
    /// Invocations that wait.
    public let queued: Int

    /// A load.
    public init(name: String, concurrency: Int, workers: Int, inFlight: Int, queued: Int) {
        (self.name, self.concurrency, self.workers, self.inFlight, self.queued) = (name, concurrency, workers, inFlight, queued)
    }
}

/// What has happened in an environment within a time.
public struct Tally: Sendable {
    /// What became of a function's invocations.
    public struct Calls: Sendable {
        /// The function's name.
        public let name: String
        /// Those that ended.
        public let calls: Int
        /// Those of them for which no worker was free.
        public let refused: Int
        /// Those of them that waited for code to be loaded.
        public let coldStarts: Int
        /// How long those that ran took on average, in milliseconds.
        public let meanMilliseconds: Double

        /// Calls.
        public init(name: String, calls: Int, refused: Int, coldStarts: Int, meanMilliseconds: Double) {
            (self.name, self.calls, self.refused, self.coldStarts, self.meanMilliseconds) = (name, calls, refused, coldStarts, meanMilliseconds)
        }
    }

    /// Each function.
    public let functions: [Calls]
    /// Each kind of query that looks at far more than it finds, since the copy was made.
    public let queries: [Evidence.Query]

    /// A tally.
    public init(functions: [Calls], queries: [Evidence.Query]) { (self.functions, self.queries) = (functions, queries) }
}
