import Foundation
import Testing

@testable import Storage

/// Opens a database in a folder of its own and removes it afterwards.
func withDatabase<T>(_ body: (Database) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-storage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = try Database(path: folder.appendingPathComponent("test.sqlite").path)
    try database.migrate([Migration("one", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c BLOB)")])
    let result = try await body(database)
    try database.close()
    return result
}

struct ConnectionTests {
    /// SQLite numbers `$2` by where it first appears; values go by the number that is written.
    @Test func parametersGoByTheirNumberNotByTheirPlace() async throws {
        try await withDatabase { database in
            try await database.write { connection in
                try connection.execute("INSERT INTO t (a, b) VALUES ($1, $2)", 1, "old")
                #expect(try connection.execute("UPDATE t SET b = $2 WHERE a = $1", 1, "new") == 1)
            }
            #expect(try database.read { try $0.first("SELECT b FROM t WHERE a = $1 OR a = $1", 1) { $0.text(0) } } == "new")
        }
    }

    @Test func valuesComeBackAsTheyWent() async throws {
        try await withDatabase { database in
            try await database.write { connection in
                try connection.execute("INSERT INTO t (a, b, c) VALUES ($1, $2, $3)", .int(.max), "你好\u{0}x", .blob([0, 255, 1]))
                try connection.execute("INSERT INTO t (a, b, c) VALUES ($1, $2, $3)", 2, "", .blob([]))
                try connection.execute("INSERT INTO t (a, b, c) VALUES ($1, $2, $3)", 3, nil, nil)
            }
            let rows = try database.read { try $0.all("SELECT a, b, c FROM t ORDER BY a DESC") { ($0.int(0), $0.optionalText(1), $0.isNull(2), $0.bytes(2)) } }
            #expect(rows.map(\.0) == [.max, 3, 2])
            #expect(rows.map(\.1) == ["你好\u{0}x", nil, ""])
            #expect(rows.map(\.2) == [false, true, false])
            #expect(rows[0].3 == [0, 255, 1])
        }
    }

    @Test func aUniqueViolationSaysSo() async throws {
        try await withDatabase { database in
            try await database.write { _ = try $0.execute("INSERT INTO t (a, b) VALUES (1, 'x')") }
            let error = await #expect(throws: StorageError.self) {
                try await database.write { _ = try $0.execute("INSERT INTO t (a, b) VALUES (2, 'x')") }
            }
            #expect(error?.isUniqueViolation == true)
        }
    }
}
