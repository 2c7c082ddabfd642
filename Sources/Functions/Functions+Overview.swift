public import HTTPSupport
public import Kernel

/// What pages about functions show and change, in the management API's words.
extension Functions {
    /// Every function of an environment, by name.
    public func overview(of environment: EnvironmentID) -> [JSON] { catalog.records(of: environment).map { .object($0.summary) } }

    /// The names of an environment's functions, in order.
    public func names(in environment: EnvironmentID) -> [String] { catalog.records(of: environment).map(\.name) }

    /// How many functions there are.
    public func count(in environment: EnvironmentID) -> Int64 { Int64(catalog.count(in: environment)) }

    /// One function with its versions and their traffic.
    public func detail(of name: String, in environment: EnvironmentID) throws -> JSON { .object(try catalog.record(name, in: environment).detail) }

    /// Divides the calls of a function among its versions: a list such as `[{"version":3,"weight":90},{"version":4,"weight":10}]`.
    public func setTraffic(_ shares: JSON, of name: String, in environment: EnvironmentID, if precondition: Precondition = .none) async throws {
        _ = try await deployments.setTraffic(TrafficShare.list(shares), of: name, in: environment, if: precondition)
    }

    /// Replaces the triggers of a function by a list of them.
    public func setTriggers(_ triggers: [JSON], of name: String, in environment: EnvironmentID, if precondition: Precondition = .none) async throws {
        let wanted = try Trigger.wanted(in: ["triggers": .array(triggers)]) ?? []
        _ = try await deployments.setTriggers(wanted, of: name, in: environment, if: precondition)
    }

    /// When each trigger of a function runs next, in milliseconds, by the trigger's name; not those that never run again.
    public func nextRuns(of name: String, in environment: EnvironmentID) throws -> [String: Int64] {
        let now = clock.now()
        return try catalog.record(name, in: environment).triggers.reduce(into: [:]) { runs, trigger in
            runs[trigger.name] = trigger.next(after: now)
        }
    }

    /// Removes a function with its versions, its timers and what waits for it in the queue.
    public func remove(_ name: String, from environment: EnvironmentID, if precondition: Precondition = .none) async throws {
        try await deployments.remove(name, from: environment, if: precondition)
    }

    /// The tag of a function, for a change by somebody who has seen this state.
    public func tag(of name: String, in environment: EnvironmentID) throws -> EntityTag { EntityTag(of: try detail(of: name, in: environment)) }

    /// How a run can end.
    public static let executionStatuses = ["success", "failed", "timeout", "crashed", "refused"]

    /// The runs of a function, newest first.
    /// - Parameters:
    ///   - status: only those that ended so.
    ///   - after: only those before the run with this `id`.
    public func latestExecutions(of name: String, in environment: EnvironmentID, status: String?, after: Int64?, limit: Int) async throws -> [JSON] {
        var query = LogBook.Query()
        query.function = name
        query.status = status
        query.after = after
        query.limit = limit
        return try await logBook.executions(query, of: environment)
    }

    /// Which log lines are wanted.
    public struct LineQuery: Sendable {
        /// Of one function only.
        public var function: String?
        /// Only lines that contain it.
        public var text: String?
        /// Only lines of this level (`debug`, `info`, `warn`, `error`) or above; another name asks for all.
        public var level: String?
        /// Only lines of this request.
        public var requestID: String?
        /// Only lines of this moment or later, in milliseconds.
        public var since: Int64?
        /// Only lines before the one with this `id`.
        public var after: Int64?

        /// All lines.
        public init() {}
    }

    /// Log lines, newest first.
    public func latestLogs(_ wanted: LineQuery, in environment: EnvironmentID, limit: Int) async throws -> [JSON] {
        var query = LogBook.Query()
        query.function = wanted.function
        query.text = wanted.text
        query.level = wanted.level.flatMap { LogBook.levels.firstIndex(of: $0) }
        query.requestID = wanted.requestID
        query.since = wanted.since
        query.after = wanted.after
        query.limit = limit
        return try await logBook.lines(query, of: environment)
    }
}
