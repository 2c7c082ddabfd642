import Foundation
import Testing

@testable import Storage

/// What the same tests run on.
enum TestEngine: String, CaseIterable, Sendable {
    case sqlite
    case postgres
}

/// The servers that `scripts/with-postgres.sh` has started.
enum TestServer {
    /// One for everybody.
    static let shared = address("SAMPAN_TEST_POSTGRES").map(PostgresServer.init)

    /// Connections of one's own; ends the test where there is no server.
    static func connect(_ variable: String = "SAMPAN_TEST_POSTGRES", _ change: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresServer {
        guard var configuration = address(variable) else { try skip(variable) }
        change(&configuration)
        return PostgresServer(configuration)
    }

    static func skip(_ variable: String = "SAMPAN_TEST_POSTGRES") throws -> Never {
        try Test.cancel("\(variable) is not set: run it with scripts/with-postgres.sh")
    }

    private static func address(_ variable: String) -> PostgresConfiguration? {
        ProcessInfo.processInfo.environment[variable].flatMap { try? PostgresConfiguration($0) }
    }

    static func namespace() -> String { "test_" + UUID().uuidString.lowercased() }
}

extension Migration {
    /// The table that most tests use.
    static let table = Migration("one") { "CREATE TABLE t (a \($0.rowNumberColumn), b \($0.verbatimType) UNIQUE, c \($0.bytesType))" }
}

/// Opens a database that is gone afterwards, with a table `t`.
func withDatabase<T>(_ engine: TestEngine = .sqlite, _ body: (Database) async throws -> T) async throws -> T {
    switch engine {
    case .sqlite:
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-storage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try Database(path: folder.appendingPathComponent("test.sqlite").path)
        try database.migrate([.table])
        let result = try await body(database)
        try database.close()
        return result
    case .postgres:
        guard let server = TestServer.shared else { try TestServer.skip() }
        return try await withNamespace(server, body)
    }
}

/// Opens a namespace of a server that is gone afterwards, with a table `t`.
func withNamespace<T>(_ server: PostgresServer, _ body: (Database) async throws -> T) async throws -> T {
    let namespace = TestServer.namespace()
    let database = try Database(postgres: server, namespace: namespace)
    try database.migrate([.table])
    let result = try await body(database)
    try database.close()
    try Database.destroy(namespace: namespace, of: server)
    return result
}
