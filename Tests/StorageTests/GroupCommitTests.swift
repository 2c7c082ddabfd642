import Synchronization
import Testing

@testable import Storage

struct GroupCommitTests {
    private struct Refused: Error {}

    @Test(arguments: TestEngine.allCases) func aJobThatThrowsIsUndoneAloneAndToldSo(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
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

    /// Jobs of every kind together: what each is told is what became of it, whoever failed before or behind it.
    @Test(arguments: TestEngine.allCases) func everyJobIsToldWhatBecameOfIt(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try await database.write { try $0.execute("INSERT INTO t (a, b) VALUES (1000000, 'taken')") }
            for round in 0..<5 {
                let told = await withTaskGroup(of: (Int, Result<Int64, any Error>).self) { group in
                    for number in 0..<300 {
                        group.addTask {
                            do { return (number, .success(try await Self.write(database, round, number))) } catch { return (number, .failure(error)) }
                        }
                    }
                    return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                let stored = try database.read {
                    try $0.all("SELECT a FROM t WHERE a >= $1 AND a < $2", .int(Int64(round * 1000)), .int(Int64(round * 1000 + 1000))) { $0.int(0) }
                }
                #expect(stored.count == 150, "half of them succeed, with a row each")
                for (number, result) in told {
                    let isThere = stored.contains(Int64(round * 1000 + number))
                    switch (number % 6, result) {
                    case (0, .success(let value)), (1, .success(let value)), (2, .success(let value)):
                        #expect(isThere && value == Int64(number))
                    case (3, .failure(let error)): #expect(!isThere && error is Refused)
                    case (4, .failure(let error)): #expect(!isThere && (error as? StorageError)?.isUniqueViolation == true, "\(error)")
                    case (5, .failure(let error)): #expect(!isThere && error is Duplicate, "\(error)")
                    default: Issue.record("\(number): \(result)")
                    }
                }
            }
        }
    }

    private struct Duplicate: Error {}

    private static func write(_ database: Database, _ round: Int, _ number: Int) async throws -> Int64 {
        let a = Int64(round * 1000 + number)
        return try await database.write { connection in
            let insert = "INSERT INTO t (a, b) VALUES ($1, $2)"
            switch number % 6 {
            case 0: try connection.execute(insert, .int(a), nil)
            case 1: try connection.enqueue(insert, .int(a), nil)
            case 2:
                try connection.enqueue(insert, .int(a), nil)
                return try connection.first("SELECT a FROM t WHERE a = $1", .int(a)) { $0.int(0) - Int64(round * 1000) } ?? -1
            case 3:
                try connection.enqueue(insert, .int(a), nil)
                throw Refused()
            case 4: try connection.enqueue(insert, .int(a), .verbatim("taken"))
            default:
                try connection.enqueue(insert, .int(a), nil)
                try connection.enqueue(insert, .int(a + 100_000), .verbatim("taken")) { $0.isUniqueViolation ? Duplicate() : nil }
                try connection.enqueue(insert, .int(a + 200_000), nil)
            }
            return Int64(number)
        }
    }

    /// Whoever goes on after a refused statement must not be told that it is there.
    @Test func onPostgresARefusedStatementCannotBeIgnored() async throws {
        try await withDatabase(.postgres) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        await #expect(throws: StorageError.self) {
                            try await database.write { connection in
                                try connection.execute("INSERT INTO t (a) VALUES ($1)", .int(Int64(number)))
                                _ = try? connection.execute("INSERT INTO t (a) VALUES ($1)", .int(Int64(number)))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 0)
        }
    }

    /// What is answered is visible to every later read.
    @Test(arguments: TestEngine.allCases) func aReadAfterAWriteSeesIt(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            for number in 0..<50 {
                try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES ($1)", .int(Int64(number))) }
                #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == Int64(number + 1))
            }
        }
    }

    @Test(arguments: TestEngine.allCases) func aFailedCommitFailsEveryoneInItAndTellsWhoAskedToKnow(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            let told = Mutex(0)
            database.afterFailedCommit { _ in told.withLock { $0 += 1 } }
            // A deferred foreign key fails at the commit, not at the statement.
            try await database.write { connection in
                try connection.script("CREATE TABLE child (p \(connection.dialect.integerType) REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED)")
            }
            await #expect(throws: StorageError.self) {
                try await database.write { _ = try $0.execute("INSERT INTO child (p) VALUES (99)") }
            }
            #expect(told.withLock { $0 } == 1)
            // And the writer goes on.
            try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") }
        }
    }

    @Test(arguments: TestEngine.allCases) func aMomentLastsUntilSomebodyCommits(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            let first = try database.read { try database.moment($0) }
            if engine == .sqlite { #expect(try database.read { try database.moment($0) } == first, "others may write to the same PostgreSQL") }
            try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") }
            #expect(try database.read { try database.moment($0) } != first)
        }
    }

    @Test(arguments: TestEngine.allCases) func aClosedDatabaseSaysSo(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try database.close()
            await #expect(throws: StorageError.self) { try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") } }
        }
    }
}
