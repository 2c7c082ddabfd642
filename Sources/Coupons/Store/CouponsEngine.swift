internal import Foundation
public import Kernel
public import Storage

/// Where coupons are kept.
public enum CouponsEngine: Sendable {
    /// A SQLite file for each environment, at the path that this answers; its folder exists. For one node.
    case files(path: @Sendable (EnvironmentID) throws -> String)
    /// A schema of a PostgreSQL for each environment, which any number of nodes share.
    case postgres(PostgresConfiguration)
}

/// The databases of environments: how they are opened and removed.
enum CouponsPlace: Sendable {
    case files(@Sendable (EnvironmentID) throws -> String)
    case postgres(PostgresServer)

    init(_ engine: CouponsEngine) {
        switch engine {
        case .files(let path): self = .files(path)
        case .postgres(let configuration): self = .postgres(PostgresServer(configuration.readingByIndex))
        }
    }

    func open(_ environment: EnvironmentID, queueMax: Int) throws -> Database {
        switch self {
        case .files(let path): try Database(path: path(environment), durability: .full, queueMax: queueMax)
        case .postgres(let server): try Database(postgres: server, namespace: Self.namespace(environment), queueMax: queueMax)
        }
    }

    /// Whether an environment has had anything to do with coupons; where that is not known without opening them, yes.
    func exists(_ environment: EnvironmentID) throws -> Bool {
        guard case .files(let path) = self else { return true }
        return FileManager.default.fileExists(atPath: try path(environment))
    }

    /// Removes what is not in the environment's folder, which whoever removes the environment removes itself.
    func remove(_ environment: EnvironmentID) throws {
        if case .postgres(let server) = self { try Database.destroy(namespace: Self.namespace(environment), of: server) }
    }

    func close() {
        if case .postgres(let server) = self { server.close() }
    }

    /// Beside the schema of the documents, which begins with `env_`.
    private static func namespace(_ environment: EnvironmentID) -> String { "coupons_" + environment.text.replacing("-", with: "_") }
}
