public import Kernel
public import Storage

/// Where documents are kept.
public enum DocumentsEngine: Sendable {
    /// A SQLite file for each environment, at the path that this answers; its folder exists. For one node.
    case files(path: @Sendable (EnvironmentID) throws -> String)
    /// A schema of a PostgreSQL for each environment, which any number of nodes share.
    case postgres(PostgresConfiguration)
}

/// The databases of environments: how they are opened, copied and removed.
enum DocumentsPlace: Sendable {
    case files(@Sendable (EnvironmentID) throws -> String)
    case postgres(PostgresServer)

    init(_ engine: DocumentsEngine) {
        switch engine {
        case .files(let path): self = .files(path)
        case .postgres(let configuration):
            self = .postgres(PostgresServer(configuration.readingByIndex))
        }
    }

    /// Whether a read waits for a network, so that it must not hold an event loop.
    var isRemote: Bool { if case .postgres = self { true } else { false } }

    /// How many reads make sense at once beside the event loops.
    var readersMax: Int { if case .postgres(let server) = self { max(2, server.configuration.readersMax) } else { 2 } }

    func open(_ environment: EnvironmentID, queueMax: Int) throws -> Database {
        switch self {
        case .files(let path): try Database(path: path(environment), durability: .full, queueMax: queueMax)
        case .postgres(let server): try Database(postgres: server, namespace: Self.namespace(environment), queueMax: queueMax)
        }
    }

    /// Removes what is not in the environment's folder, which whoever removes the environment removes itself.
    func remove(_ environment: EnvironmentID) throws {
        if case .postgres(let server) = self { try Database.destroy(namespace: Self.namespace(environment), of: server) }
    }

    /// Whether it can be used at all.
    func check() throws {
        if case .postgres(let server) = self { try server.check() }
    }

    func close() {
        if case .postgres(let server) = self { server.close() }
    }

    /// Ids hold no `_`, so no two become the same.
    static func namespace(_ environment: EnvironmentID) -> String { environment.text.replacing("-", with: "_") }
}
