import Synchronization
import Testing

@testable import Storage

struct GroupCommitTests {
    private struct Refused: Error {}

    @Test func aJobThatThrowsIsUndoneAloneAndToldSo() async throws {
        try await withDatabase { database in
            let results = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            try await database.write { connection in
                                try connection.execute("INSERT INTO t (a) VALUES ($1)", .int(Int64(number)))
                                if number % 3 == 0 { throw Refused() }
                            }
                            return true
                        } catch { return false }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            let stored = try database.read { try $0.all("SELECT a FROM t") { $0.int(0) } }
            #expect(results == stored.count)
            #expect(stored.allSatisfy { $0 % 3 != 0 })
            #expect(stored.count == 133)
        }
    }

    /// What is answered is visible to every later read.
    @Test func aReadAfterAWriteSeesIt() async throws {
        try await withDatabase { database in
            for number in 0..<50 {
                try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES ($1)", .int(Int64(number))) }
                #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == Int64(number + 1))
            }
        }
    }

    @Test func aFailedCommitFailsEveryoneInItAndTellsWhoAskedToKnow() async throws {
        try await withDatabase { database in
            let told = Mutex(0)
            database.afterFailedCommit { _ in told.withLock { $0 += 1 } }
            // A deferred foreign key fails at the commit, not at the statement.
            try await database.write { try $0.script("CREATE TABLE child (p INTEGER REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED)") }
            await #expect(throws: StorageError.self) {
                try await database.write { _ = try $0.execute("INSERT INTO child (p) VALUES (99)") }
            }
            #expect(told.withLock { $0 } == 1)
            // And the writer goes on.
            try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") }
        }
    }
}
