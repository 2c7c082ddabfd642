import Foundation
import Testing

@testable import Storage

/// Bounded growth, and pictures of one moment.
struct SpaceTests {
    private static func add(_ connection: Connection, _ count: Int, bytes: Int = 1000) throws {
        for _ in 0..<count { try connection.execute("INSERT INTO t (c) VALUES ($1)", .blob([UInt8](repeating: 1, count: bytes))) }
    }

    private static func rows(_ database: Database) throws -> Int64 { try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } ?? -1 } }

    @Test func whatFitsIsKeptAndWhatDoesNotIsUndone() async throws {
        try await withDatabase { database in
            let start = try await database.write { try $0.usedPages() }
            let kept = try await database.write { try $0.growing(upToPages: start + 30) { try Self.add($0, 50) } != nil }
            #expect(kept)
            #expect(try Self.rows(database) == 50)
            let refused = try await database.write { connection in
                try Self.add(connection, 1)
                return try connection.growing(upToPages: start + 30) { try Self.add($0, 100) } == nil
            }
            #expect(refused)
            #expect(try Self.rows(database) == 51, "only what was bounded is undone")
            #expect(try await database.write { try $0.usedPages() } <= start + 30)
        }
    }

    @Test func pagesThatWereFreedAreUsedAgain() async throws {
        try await withDatabase { database in
            try await database.write { try Self.add($0, 200) }
            let full = try await database.write { try $0.usedPages() }
            try await database.write { _ = try $0.execute("DELETE FROM t WHERE a <= 100") }
            #expect(try await database.write { try $0.usedPages() } < full - 10)
            #expect(try await database.write { try $0.growing(upToPages: full) { try Self.add($0, 90) } != nil })
        }
    }

    @Test func beyondTheBoundWhatDoesNotGrowPasses() async throws {
        try await withDatabase { database in
            try await database.write { try Self.add($0, 100, bytes: 9000) }
            func passes(_ sql: String) async throws -> Bool {
                try await database.write { connection in try connection.growing(upToPages: 1) { try $0.execute(sql) } != nil }
            }
            #expect(try await passes("UPDATE t SET c = zeroblob(9000) WHERE a = 1"))
            #expect(try await passes("UPDATE t SET c = zeroblob(10) WHERE a = 2"))
            #expect(try await passes("DELETE FROM t WHERE a = 3"))
            #expect(try await passes("UPDATE t SET c = zeroblob(90000) WHERE a = 4") == false)
            #expect(try await passes("INSERT INTO t (c) SELECT zeroblob(9000)") == false, "what was freed does not count as used")
            #expect(try Self.rows(database) == 99)
        }
    }

    @Test(arguments: TestEngine.allCases) func whatThrowsIsUndone(_ engine: TestEngine) async throws {
        struct Wrong: Error {}
        try await withDatabase(engine) { database in
            try await database.write { connection in
                #expect(throws: Wrong.self) {
                    try connection.growing(upToPages: 1000) { connection in
                        try Self.add(connection, 1)
                        throw Wrong()
                    }
                }
                try Self.add(connection, 1)
            }
            #expect(try Self.rows(database) == 1)
        }
    }

    @Test func aSnapshotIsOfOneMoment() async throws {
        try await withDatabase { database in
            try await database.write { try Self.add($0, 300) }
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-snapshot-\(UUID().uuidString).sqlite").path
            defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
            try database.snapshot(to: path)
            try await database.write { try Self.add($0, 5) }
            let picture = try Database(path: path)
            #expect(try Self.rows(picture) == 300)
            try picture.close()
            #expect(throws: StorageError.self) { try database.snapshot(to: path) }
        }
    }
}
