import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// Servers and connections that die while somebody writes: nobody is told that something is there which is not.
@Suite(.serialized) struct PostgresFaultTests {
    private static let variable = "SAMPAN_TEST_POSTGRES_FAULTS"

    /// Kills server processes, and keeps the tests of this suite away from everybody else's server.
    private static func kill(_ pid: Int64, _ signal: Int32) { Foundation.kill(pid_t(pid), signal) }

    private static func backend(_ connection: Connection) throws -> Int64 { try connection.first("SELECT pg_backend_pid()") { $0.int(0) } ?? 0 }

    @Test func aConnectionThatDiesWhileIdleIsReplaced() async throws {
        let server = try TestServer.connect(Self.variable) { $0.readersMax = 2 }
        try await withNamespace(server) { database async throws in
            for _ in 0..<3 { try await Self.useAfterTheEnd(of: database) }
        }
        server.close()
    }

    private static func useAfterTheEnd(of database: Database) async throws {
        let pid = try database.read(backend)
        kill(pid, SIGTERM)
        try await Task.sleep(for: .milliseconds(200))
        #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 0)
        try await database.write { _ = try $0.execute("DELETE FROM t") }
    }

    @Test func aConnectionThatDiesInTheMiddleSaysSo() async throws {
        let server = try TestServer.connect(Self.variable)
        try await withNamespace(server) { database in
            let told = Mutex(0)
            database.afterFailedCommit { _ in told.withLock { $0 += 1 } }
            let error = await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO t (a) VALUES (1)")
                    _ = try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(error?.isConnectionLost == true, "\(String(describing: error))")
            #expect(told.withLock { $0 } == 1, "over a new connection")
            #expect(throws: StorageError.self) {
                try database.read { try $0.rows("SELECT a, pg_terminate_backend(pg_backend_pid()) FROM generate_series(1, 10) a") { _ in true } }
            }
            #expect(throws: StorageError.self) {
                try database.read { try $0.rows("SELECT pg_terminate_backend(pg_backend_pid())", wanted: .some) { _ in true } }
            }
            try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (2)") }
            #expect(try database.read { try $0.all("SELECT a FROM t") { $0.int(0) } } == [2])
        }
        server.close()
    }

    private final class Tally: Sendable {
        let acknowledged = Mutex<Set<Int64>>([])
        let failures = Mutex(0)
    }

    /// SIGKILL of one process makes PostgreSQL end all others at once and recover from its log, as after a loss of power.
    @Test func nobodyIsToldSuccessForWhatACrashTookAway() async throws {
        let server = try TestServer.connect(Self.variable) { $0.connectSeconds = 2 }
        let namespace = TestServer.namespace()
        let database = try Database(postgres: server, namespace: namespace)
        try database.migrate([.table])
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<16 {
                group.addTask {
                    for number in 0..<400 {
                        let a = Int64(writer * 1000 + number)
                        do {
                            try await database.write {
                                try $0.enqueue("INSERT INTO t (a, c) VALUES ($1, $2)", .int(a), .blob([UInt8](repeating: 1, count: 500)))
                            }
                            tally.acknowledged.withLock { _ = $0.insert(a) }
                        } catch {
                            tally.failures.withLock { $0 += 1 }
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                }
            }
            group.addTask {
                for _ in 0..<2 {
                    let before = tally.acknowledged.withLock { $0.count }
                    _ = try await eventually { tally.acknowledged.withLock({ $0.count }) >= before + 300 }
                    guard let pid = try? database.read({ try Self.backend($0) }), pid > 0 else { continue }
                    Self.kill(pid, SIGKILL)
                }
            }
            try await group.waitForAll()
        }
        _ = try await eventually { (try? database.read { try Self.backend($0) }) != nil }
        let stored = Set(try database.read { try $0.all("SELECT a FROM t") { $0.int(0) } })
        let told = tally.acknowledged.withLock { $0 }
        #expect(told.isSubset(of: stored), "\(told.subtracting(stored).count) of \(told.count) are missing")
        #expect(tally.failures.withLock { $0 } > 0, "the server was killed")
        #expect(told.count > 300, "and writes went on: \(told.count)")
        try database.close()
        try Database.destroy(namespace: namespace, of: server)
        server.close()
    }

    /// While one node's batch holds the namespace's turn for too long, another one's gets an error and nothing hangs.
    @Test func aTurnThatNeverComesIsAnError() async throws {
        let server = try TestServer.connect(Self.variable)
        try await withNamespace(server) { database in
            let impatient = try TestServer.connect(Self.variable) { $0.statementMilliseconds = 200 }
            let other = try Database(postgres: impatient, namespace: database.namespace)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (started, announce) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    try await database.write { connection in
                        try connection.execute("INSERT INTO t (a) VALUES (1)")
                        announce.yield()
                        _ = try connection.first("SELECT pg_sleep(1)::text") { $0.text(0) }
                    }
                }
                for await _ in started { break }
                let error = await #expect(throws: StorageError.self) { try await other.write { _ = try $0.execute("INSERT INTO t (a) VALUES (2)") } }
                #expect(error?.isTimeout == true, "\(String(describing: error))")
                try await group.waitForAll()
            }
            try await other.write { _ = try $0.execute("INSERT INTO t (a) VALUES (3)") }
            #expect(try database.read { try $0.all("SELECT a FROM t ORDER BY a") { $0.int(0) } } == [1, 3])
            try other.close()
            impatient.close()
        }
        server.close()
    }
}
