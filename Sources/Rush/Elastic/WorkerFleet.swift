public import Kernel

/// A function as those see it who plan its workers.
public struct ElasticFunction: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// How many invocations one worker serves at once.
    public let concurrency: Int
    /// The memory of one worker.
    public let memoryMB: Int

    /// Describes a function.
    public init(name: String, concurrency: Int, memoryMB: Int) {
        self.name = name
        self.concurrency = concurrency
        self.memoryMB = memoryMB
    }
}

/// Those who run functions, as the planning of their workers asks and tells them.
public protocol WorkerFleet: Sendable {
    /// Every environment that there is, whatever its state.
    func environments() -> [EnvironmentID]
    /// The functions of an environment that are served now.
    func functions(of environment: EnvironmentID) -> [ElasticFunction]
    /// Wishes for about a minute that so many workers of a function stay although they have no work, and for how long the last one does beyond that
    /// (`nil`: as long as any).
    func keep(_ function: String, of environment: EnvironmentID, workers: Int, lastIdleSeconds: Double?)
    /// How many workers each function has now.
    func workers(of environment: EnvironmentID) -> [String: Int]
}

/// What opens at a known moment without anybody announcing it: coupons that can be claimed from then on.
public protocol LaunchCalendar: Sendable {
    /// What opens soon, or opened within the last hour.
    /// - Parameter onlyAtHand: do not fetch it from the disk.
    /// - Returns: `nil` where it would have to be.
    func launches(of environment: EnvironmentID, onlyAtHand: Bool) async throws -> [Launch]?
}

/// Something that opens at a moment for so many.
public struct Launch: Sendable, Hashable {
    /// What people call it.
    public let name: String
    /// When it opens, in milliseconds.
    public let opensAt: Int64
    /// When it closes.
    public let closesAt: Int64
    /// How many there are to get.
    public let count: Int64

    /// Describes a launch.
    public init(name: String, opensAt: Int64, closesAt: Int64, count: Int64) {
        self.name = name
        self.opensAt = opensAt
        self.closesAt = closesAt
        self.count = count
    }
}

/// What the planning of workers may use of a node.
public struct ElasticLimits: Sendable {
    /// Workers that are kept ready on the whole node, at most.
    public var workersMax = 48
    /// Workers of one function, at most.
    public var workersPerFunctionMax = 4
    /// Memory that the workers which are kept ready may take together by their functions' settings.
    public var memoryMB = 4096
    /// How long a worker without work stays when nobody plans for it.
    public var idleSeconds = 300

    /// The default limits.
    public init() {}
}
