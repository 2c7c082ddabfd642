internal import Kernel
internal import Synchronization

/// What is deployed, in memory: a call looks at no disk to find its function.
final class FunctionCatalog: Sendable {
    private struct State {
        var records: [EnvironmentID: [String: FunctionRecord]] = [:]
        /// Functions that answer HTTP, longest path first.
        var httpPaths: [EnvironmentID: [(path: String, name: String)]] = [:]

        mutating func indexPaths(_ environment: EnvironmentID) {
            let bound = records[environment]?.values.compactMap { record in record.httpPath.map { (path: $0, name: record.name) } } ?? []
            httpPaths[environment] = bound.sorted { ($0.path.count, $1.name) > ($1.path.count, $0.name) }
        }
    }

    private let state: Mutex<State>

    init(_ records: [FunctionRecord]) {
        var state = State()
        for record in records { state.records[record.environment, default: [:]][record.name] = record }
        for environment in state.records.keys { state.indexPaths(environment) }
        self.state = Mutex(state)
    }

    // MARK: Looking

    func find(_ name: String, in environment: EnvironmentID) -> FunctionRecord? { state.withLock { $0.records[environment]?[name] } }

    /// The function called `name`.
    /// - Throws: `FUNCTION_NOT_FOUND`.
    func record(_ name: String, in environment: EnvironmentID) throws -> FunctionRecord {
        guard let record = find(name, in: environment) else { throw SampanError.noFunction(name, environment) }
        return record
    }

    /// An environment's functions by name.
    func records(of environment: EnvironmentID) -> [FunctionRecord] {
        state.withLock { $0.records[environment]?.values.sorted { $0.name < $1.name } ?? [] }
    }

    func count(in environment: EnvironmentID) -> Int { state.withLock { $0.records[environment]?.count ?? 0 } }

    var all: [FunctionRecord] { state.withLock { $0.records.values.flatMap(\.values) } }

    /// The function bound to the longest prefix of `path`.
    func function(at path: String, in environment: EnvironmentID) -> String? {
        state.withLock { $0.httpPaths[environment] }?.first { bound, _ in
            bound == "/" || path == bound || path.hasPrefix(bound + "/")
        }?.name
    }

    // MARK: Changing

    func put(_ record: FunctionRecord) {
        state.withLock { state in
            state.records[record.environment, default: [:]][record.name] = record
            state.indexPaths(record.environment)
        }
    }

    func remove(_ name: String, from environment: EnvironmentID) {
        state.withLock { state in
            state.records[environment]?[name] = nil
            state.indexPaths(environment)
        }
    }

    func removeAll(of environment: EnvironmentID) {
        state.withLock { state in
            state.records[environment] = nil
            state.httpPaths[environment] = nil
        }
    }
}
