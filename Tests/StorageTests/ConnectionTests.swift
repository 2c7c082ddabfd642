import Synchronization
import Testing

@testable import Storage

struct ConnectionTests {
    /// SQLite numbers `$2` by where it first appears; values go by the number that is written.
    @Test(arguments: TestEngine.allCases) func parametersGoByTheirNumberNotByTheirPlace(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try await database.write { connection in
                try connection.execute("INSERT INTO t (a, b) VALUES ($1, $2)", 1, .verbatim("old"))
                #expect(try connection.execute("UPDATE t SET b = $2 WHERE a = $1", 1, .verbatim("new")) == 1)
            }
            #expect(try database.read { try $0.first("SELECT b FROM t WHERE a = $1 OR a = $1", 1) { $0.text(0) } } == "new")
        }
    }

    @Test(arguments: TestEngine.allCases) func valuesComeBackAsTheyWent(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try await database.write { connection in
                try connection.execute("INSERT INTO t (a, b, c) VALUES ($1, $2, $3)", .int(.max), .verbatim("你好\u{0}x"), .blob([0, 255, 1]))
                try connection.execute("INSERT INTO t (a, b, c) VALUES ($1, $2, $3)", 2, .verbatim(""), .blob([]))
                try connection.execute("INSERT INTO t (a, b, c) VALUES ($1, $2, $3)", 3, nil, nil)
            }
            let rows = try database.read { try $0.all("SELECT a, b, c FROM t ORDER BY a DESC") { ($0.int(0), $0.optionalText(1), $0.isNull(2), $0.bytes(2)) } }
            #expect(rows.map(\.0) == [.max, 3, 2])
            #expect(rows.map(\.1) == ["你好\u{0}x", nil, ""])
            #expect(rows.map(\.2) == [false, true, false])
            #expect(rows[0].3 == [0, 255, 1])
        }
    }

    /// A value may be NULL the first time that a statement is run, and of another type the next.
    @Test(arguments: TestEngine.allCases) func oneTextTakesValuesOfAnyType(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try await database.write { connection in
                try connection.script("CREATE TABLE v (n \(connection.dialect.integerType), d DOUBLE PRECISION, s TEXT, small SMALLINT)")
                let insert = "INSERT INTO v (n, d, s, small) VALUES ($1, $2, $3, $4)"
                try connection.execute(insert, nil, nil, nil, nil)
                try connection.execute(insert, .int(-1), .double(-2.5), "x", 7)
                try connection.execute(insert, .int(.min), .double(1e300), "", nil)
                try connection.execute(insert, 5, nil, nil, 1)
            }
            let rows = try database.read {
                try $0.all("SELECT n, d, s, small FROM v ORDER BY n IS NULL, n") { ($0.int(0), $0.double(1), $0.optionalText(2), $0.int(3)) }
            }
            #expect(rows.map(\.0) == [.min, -1, 5, 0])
            #expect(rows.map(\.1) == [1e300, -2.5, 0, 0])
            #expect(rows.map(\.2) == ["", "x", nil, nil])
            #expect(rows.map(\.3) == [0, 7, 1, 0])
            let sums = try database.read { try $0.all("SELECT sum(n), count(*), avg(d) FROM v WHERE n > -10") { [$0.double(0), $0.double(1), $0.double(2)] } }
            #expect(sums == [[4, 2, -2.5]])
        }
    }

    @Test(arguments: TestEngine.allCases) func aUniqueViolationSaysSo(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try await database.write { _ = try $0.execute("INSERT INTO t (a, b) VALUES (1, 'x')") }
            let error = await #expect(throws: StorageError.self) {
                try await database.write { _ = try $0.execute("INSERT INTO t (a, b) VALUES (2, 'x')") }
            }
            #expect(error?.isUniqueViolation == true)
        }
    }

    @Test(arguments: TestEngine.allCases) func anInsertionTellsItsNumber(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            let numbers = try await database.write { connection in
                try (0..<3).map { _ in try connection.insertReturning("a", "INSERT INTO t (c) VALUES ($1)", .blob([1])) }
            }
            #expect(numbers == numbers.sorted() && Set(numbers).count == 3)
            #expect(try database.read { try $0.all("SELECT a FROM t ORDER BY a") { $0.int(0) } } == numbers)
        }
    }

    /// Bytes are ordered as memcmp does, whatever the language of the server.
    @Test(arguments: TestEngine.allCases) func bytesAreOrderedByByte(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            let keys: [[UInt8]] = [[], [0], [0, 1], [1], [65], [90, 1], [97], [127], [128], [200, 0], [200, 0, 0], [255], [255, 255]]
            try await database.write { connection in
                for key in keys.shuffled() { try connection.enqueue("INSERT INTO t (c) VALUES ($1)", .blob(key)) }
            }
            #expect(try database.read { try $0.all("SELECT c FROM t ORDER BY c") { $0.bytes(0) } } == keys)
            let between = try database.read { try $0.all("SELECT c FROM t WHERE c >= $1 AND c < $2 ORDER BY c", .blob([65]), .blob([200, 0])) { $0.bytes(0) } }
            #expect(between == [[65], [90, 1], [97], [127], [128]])
        }
    }

    @Test(arguments: TestEngine.allCases) func whatFailsWhileReadingSpoilsNothing(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database async throws in
            for _ in 0..<3 {
                #expect(throws: StorageError.self) { try database.read { try $0.first("SELECT nothing FROM t") { $0.int(0) } } }
                #expect(throws: StorageError.self) { try database.read { try $0.rows("SELECT a FROM nowhere") { _ in true } } }
                #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 0)
            }
        }
    }

    // MARK: Rows as they arrive

    private struct Stop: Error {}

    @Test(arguments: TestEngine.allCases) func rowsMayBeLeftAtAnyPlace(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try await Self.fill(database, 60_000)
            for place in [1, 2, 150, 5000] {
                var seen = 0
                try database.read { connection in
                    try connection.rows("SELECT a, c FROM t ORDER BY a") { row in
                        seen += 1
                        #expect(row.int(0) == Int64(seen))
                        return seen < place
                    }
                    #expect(try connection.first("SELECT max(a) FROM t") { $0.int(0) } == 60_000)
                    #expect(throws: Stop.self) {
                        try connection.rows("SELECT a FROM t ORDER BY a") { row in if row.int(0) == place { throw Stop() } else { true } }
                    }
                }
                #expect(seen == place)
            }
            // And in the middle of a transaction, which goes on as if nothing had been.
            try await database.write { connection in
                try connection.execute("DELETE FROM t WHERE a = 1")
                try connection.rows("SELECT a, c FROM t ORDER BY a") { _ in false }
                try connection.execute("DELETE FROM t WHERE a = 2")
                #expect(throws: Stop.self) { try connection.rows("SELECT a FROM t ORDER BY a") { _ in throw Stop() } }
                try connection.enqueue("DELETE FROM t WHERE a = 3")
            }
            #expect(try database.read { try $0.first("SELECT min(a) FROM t") { $0.int(0) } } == 4)
        }
    }

    @Test(arguments: TestEngine.allCases) func statementsMayBeRunWhileRowsArrive(_ engine: TestEngine) async throws {
        try await withDatabase(engine) { database in
            try await Self.fill(database, 3000)
            let sum = try await database.write { connection in
                var sum: Int64 = 0
                try connection.rows("SELECT a FROM t ORDER BY a") { row in
                    let a = row.int(0)
                    if a % 100 == 0 {
                        try connection.enqueue("DELETE FROM t WHERE a = $1", .int(a))
                        try connection.rows("SELECT a FROM t WHERE a > $1 ORDER BY a", [.int(a)]) { inner in
                            sum += inner.int(0) - a
                            return try connection.first("SELECT count(*) FROM t WHERE a = $1", .int(a)) { $0.int(0) } == 1
                        }
                    }
                    return a < 2000
                }
                return sum
            }
            #expect(sum == 20)
            #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 2980)
        }
    }

    static func fill(_ database: Database, _ count: Int) async throws {
        try await database.write { connection in
            for number in 1...count {
                try connection.enqueue("INSERT INTO t (a, c) VALUES ($1, $2)", .int(Int64(number)), .blob([UInt8](repeating: 7, count: 100)))
            }
        }
    }
}
