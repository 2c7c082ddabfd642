import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// What only PostgreSQL has: namespaces, other nodes, limits of its own.
struct PostgresTests {
    @Test func theAddressIsShownWithoutItsPassword() throws {
        for address in ["postgres://me:s3cret@db.example:5433/cloud", "host=db.example port=5433 user=me password=s3cret dbname=cloud"] {
            let configuration = try PostgresConfiguration(address)
            #expect("\(configuration)" == "postgres://me@db.example:5433/cloud")
        }
        for address in ["postgres://me:s3cret@db:port:5/x y", "host=", "postgres://s3cret%zz@db", "no address s3cret"] {
            do {
                let configuration = try PostgresConfiguration(address)
                #expect(!"\(configuration)".contains("s3cret"))
            } catch {
                #expect(!"\(error)".contains("s3cret"))
            }
        }
    }

    @Test func aServerThatIsNotThereSaysSoWithoutThePassword() throws {
        let server = PostgresServer(try PostgresConfiguration("postgres://me:s3cret@127.0.0.1:1/cloud"))
        let error = #expect(throws: StorageError.self) { try Database(postgres: server, namespace: "n") }
        #expect(error?.isConnectionLost == true)
        #expect(error.map { !$0.description.contains("s3cret") && $0.description.contains("127.0.0.1") } == true, "\(String(describing: error))")
    }

    /// The same text is about another table in another namespace, on the same connections.
    @Test func namespacesAreApart() async throws {
        let server = try TestServer.connect {
            $0.readersMax = 1; $0.writersMax = 1
        }
        try await withNamespace(server) { first in
            try await withNamespace(server) { second in
                for number in 1...20 {
                    let database = number % 2 == 0 ? first : second
                    try await database.write { try $0.enqueue("INSERT INTO t (a) VALUES ($1)", .int(Int64(number))) }
                    func rows(_ database: Database) throws -> [Int64] { try database.read { try $0.all("SELECT a FROM t ORDER BY a") { $0.int(0) } } }
                    #expect(try rows(first) == (1...Int64(number)).filter { $0 % 2 == 0 })
                    #expect(try rows(second) == (1...Int64(number)).filter { $0 % 2 == 1 })
                }
            }
        }
        server.close()
    }

    @Test func aTableThatIsMadeAgainIsTheNewOne() async throws {
        let server = try TestServer.connect { $0.readersMax = 1 }
        try await withNamespace(server) { database async throws in
            for round in 0..<3 {
                try await database.write { connection in
                    try connection.script("DROP TABLE t; CREATE TABLE t (a BIGINT, b TEXT, x\(round) BIGINT)")
                    try connection.execute("INSERT INTO t (a, b) VALUES ($1, $2)", .int(Int64(round)), "x")
                }
                func read() throws -> Int64? { try database.read { try $0.first("SELECT * FROM t") { $0.int(0) } } }
                // Its columns are others than those that were prepared: the first one is told, the next one is prepared anew.
                #expect(try (try? read()) ?? read() == Int64(round))
            }
        }
        server.close()
    }

    @Test func onlySoManyStatementsAreKept() async throws {
        let server = try TestServer.connect {
            $0.readersMax = 1; $0.writersMax = 1; $0.statementsMax = 30
        }
        try await withNamespace(server) { database async throws in
            for number in 0..<200 { #expect(try database.read { try $0.first("SELECT \(number) + $1", 1) { $0.int(0) } } == Int64(number + 1)) }
            try await database.write { connection in
                for number in 0..<200 { try connection.enqueue("INSERT INTO t (a) VALUES ($1 + \(number) * 0)", .int(Int64(number))) }
            }
            #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 200)
            let kept = try database.read { try $0.first("SELECT count(*) FROM pg_prepared_statements") { $0.int(0) } } ?? 0
            #expect((1...31).contains(kept), "\(kept)")
        }
        server.close()
    }

    @Test func textWithNULIsRefusedAndNothingElseIs() async throws {
        try await withDatabase(.postgres) { database async throws in
            let error = await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO t (a) VALUES (1)")
                    try connection.execute("INSERT INTO t (b) VALUES ($1)", .text("a\u{0}b"))
                }
            }
            #expect(error?.state == "22021")
            try await database.write { _ = try $0.execute("INSERT INTO t (b) VALUES ($1)", .verbatim("a\u{0}b")) }
            #expect(try database.read { try $0.all("SELECT b FROM t") { $0.text(0) } } == ["a\u{0}b"])
        }
    }

    @Test func aStatementThatTakesTooLongIsStopped() async throws {
        let server = try TestServer.connect { $0.statementMilliseconds = 100 }
        try await withNamespace(server) { database async throws in
            let error = #expect(throws: StorageError.self) { try database.read { try $0.first("SELECT pg_sleep(5)::text") { $0.text(0) } } }
            #expect(error?.isTimeout == true)
            await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO t (a) VALUES (1)")
                    try connection.rows("SELECT a, pg_sleep(5)::text FROM generate_series(1, 5) a") { _ in true }
                }
            }
            #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 0)
        }
        server.close()
    }

    @Test(arguments: [RowsWanted.all, .some, .atMost(2500)])
    func rowsComeInOrderHoweverTheyAreAskedFor(_ wanted: RowsWanted) async throws {
        try await withDatabase(.postgres) { database async throws in
            try await ConnectionTests.fill(database, 5000)
            for stop in [1, 100, 101, 2500] {
                var seen: [Int64] = []
                func read(_ connection: Connection) throws {
                    try connection.rows("SELECT a FROM t WHERE a > $1 ORDER BY a", [0], wanted: wanted) { row in
                        seen.append(row.int(0))
                        // A statement between the rows.
                        if seen.count == 50, try connection.first("SELECT $1 + 1", 1, transform: { $0.int(0) }) != 2 { seen.append(-1) }
                        return seen.count < stop
                    }
                }
                try database.read { try read($0) }
                #expect(seen == Array(1...Int64(stop)))
                seen = []
                try database.writeNow { try read($0) }
                #expect(seen == Array(1...Int64(stop)))
                #expect(throws: StorageError.self) { try database.read { try $0.rows("SELECT 1 / (a - 3) FROM t ORDER BY a", wanted: wanted) { _ in true } } }
            }
        }
    }

    // MARK: Other nodes

    @Test func writersOfSeveralNodesTakeTurns() async throws {
        let server = try TestServer.connect()
        try await withNamespace(server) { database async throws in
            let other = try Database(postgres: try TestServer.connect(), namespace: database.namespace)
            try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        // Reading and then writing what was read: two at a time would lose something.
                        try await (number % 2 == 0 ? database : other).write { connection in
                            let length = try connection.first("SELECT coalesce(length(c), 0) FROM t") { $0.int(0) } ?? -1
                            try connection.enqueue("UPDATE t SET c = $1", .blob([UInt8](repeating: 1, count: Int(length) + 1)))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try database.read { try $0.first("SELECT length(c) FROM t") { $0.int(0) } } == 100)
            try other.close()
        }
        server.close()
    }

    @Test func whoChangesTheSchemaTellsTheOthers() async throws {
        let server = try TestServer.connect()
        let elsewhere = try TestServer.connect()
        try await withNamespace(server) { database async throws in
            let other = try Database(postgres: elsewhere, namespace: database.namespace)
            let told = Mutex((here: 0, there: [Int64]()))
            database.whenChangedElsewhere { _ in told.withLock { $0.here += 1 } }
            other.whenChangedElsewhere { connection in
                let count = try connection.first("SELECT count(*) FROM t") { $0.int(0) } ?? -1
                told.withLock { $0.there.append(count) }
            }
            // By the signal alone: the other one writes nothing.
            for number in 1...3 {
                try await database.write { connection in
                    try connection.execute("INSERT INTO t (a) VALUES ($1)", .int(Int64(number)))
                    try connection.schemaChanged()
                }
                #expect(try await eventually { other.version == database.version })
            }
            #expect(told.withLock { $0.there.last } == 3)
            #expect(told.withLock { $0.here } == 0, "its own changes are no news")
            // A change that was undone leaves both right.
            struct Wrong: Error {}
            await #expect(throws: Wrong.self) {
                try await database.write { connection in
                    try connection.schemaChanged()
                    throw Wrong()
                }
            }
            try await other.write { try $0.schemaChanged() }
            try await database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (4)") }
            #expect(told.withLock { $0.here } >= 1)
            #expect(other.version == database.version)
            try other.close()
        }
        server.close()
        elsewhere.close()
    }

    // MARK: Room

    @Test func aFullDatabaseTakesNothingMore() async throws {
        try await withDatabase(.postgres) { database async throws in
            let start = try await database.write { try $0.usedPages() }
            @Sendable func add(_ count: Int, upTo pages: Int64) async throws -> Bool {
                try await database.write { connection in
                    let kept: Bool? = try connection.growing(upToPages: start + pages) { connection in
                        for _ in 0..<count { try connection.enqueue("INSERT INTO t (c) VALUES ($1)", .blob([UInt8](repeating: 1, count: 1000))) }
                        return true
                    }
                    return kept == true
                }
            }
            #expect(try await add(50, upTo: 100))
            #expect(try await !add(5000, upTo: 100), "what does not fit is undone")
            #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 50)
            #expect(try await !add(1, upTo: 100), "its pages are given back by the vacuum only")
            #expect(try await add(1, upTo: 100_000))
            #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 51)
        }
    }

    @Test func valuesOfEveryKindAreRead() async throws {
        try await withDatabase(.postgres) { database async throws in
            let sql = "SELECT 7::int2, -7::int4, true, 2.5::float4, -12345678.25::numeric, 0.0001::numeric, 'x'::varchar, 1e20::numeric, NULL::int8"
            let row = try database.read { try $0.all(sql) { row in (0..<9).map { row.double($0) } } }
            #expect(row[0][0...3] == [7, -7, 1, 2.5])
            #expect(row[0][4] == -12345678.25 && abs(row[0][5] - 0.0001) < 1e-12 && row[0][7] == 1e20 && row[0][8] == 0)
            let texts = try database.read { try $0.all(sql) { row in [row.text(0), row.text(1), row.text(6), row.text(8)] } }
            #expect(texts == [["7", "-7", "x", ""]])
            #expect(try database.read { try $0.first("SELECT 123456789012::numeric") { $0.int(0) } } == 123_456_789_012)
        }
    }
}
