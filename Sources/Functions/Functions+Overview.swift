public import Kernel

/// What pages about functions show and change, in the management API's words.
extension Functions {
    /// Every function of an environment, by name.
    public func overview(of environment: EnvironmentID) -> [JSON] { catalog.records(of: environment).map { .object($0.summary) } }

    /// One function with its versions and their traffic.
    public func detail(of name: String, in environment: EnvironmentID) throws -> JSON { .object(try catalog.record(name, in: environment).detail) }

    /// Gives one version all calls: rolling back, or forward again.
    public func makeCurrent(version: Int, of name: String, in environment: EnvironmentID) async throws {
        _ = try await deployments.setTraffic([TrafficShare(version: version, weight: 100)], of: name, in: environment)
    }

    /// The latest runs of a function, newest first.
    public func latestExecutions(of name: String, in environment: EnvironmentID, limit: Int) async throws -> [JSON] {
        var query = LogBook.Query()
        query.function = name
        query.limit = limit
        return try await logBook.executions(query, of: environment)
    }

    /// The latest log lines of a function, newest first.
    /// - Parameters:
    ///   - text: only lines that contain it.
    ///   - level: only lines of this level (`debug`, `info`, `warn`, `error`) or above; another name asks for all.
    ///   - requestID: only lines of this request.
    public func latestLogs(
        of name: String, in environment: EnvironmentID, text: String?, level: String?, requestID: String?, limit: Int
    ) async throws -> [JSON] {
        var query = LogBook.Query()
        query.function = name
        query.text = text
        query.level = level.flatMap { LogBook.levels.firstIndex(of: $0) }
        query.requestID = requestID
        query.limit = limit
        return try await logBook.lines(query, of: environment)
    }
}
