import Foundation
import Kernel
import NIOCore
import Storage
import TestSupport
import Testing

@testable import Documents

@Suite("Backups") struct BackupTests {
    private static func fill(_ base: DatabaseFixture, _ count: Int = 1200) async throws {
        _ = try await base.documents.createCollection("goods", permission: "READONLY", base.environment)
        try await base.documents.createIndex(["name": "byTag", "keys": [["tags", "asc"]]], of: "goods", base.environment)
        try await base.documents.createIndex(["name": "byName", "keys": [["name", "asc"]], "unique": true], of: "goods", base.environment)
        _ = try await base.documents.createCollection("orders", permission: nil, base.environment)
        let lines = (0..<count).map { #"{"_id":"g\#($0)","name":"n\#($0)","tags":["t\#($0 % 7)","all"],"n":\#($0)}"# }.joined(separator: "\n")
        _ = try await base.lines(lines, into: "goods")
        _ = try await base.lines(#"{"_id":"o1","sum":5}"#, into: "orders")
    }

    private static func ended(_ restore: JSON, _ base: DatabaseFixture) async throws -> JSON {
        let id = try #require(restore["id"]?.stringValue)
        var shown = restore
        #expect(
            try await eventually {
                shown = try await base.documents.restore(id, base.environment, .en)
                return shown["state"] != "running"
            })
        return shown
    }

    private static func back(_ backup: JSON, only names: [String]? = nil, _ base: DatabaseFixture) async throws -> JSON {
        let id = try #require(backup["id"]?.stringValue)
        return try await ended(base.documents.restoreBackup(id, collections: names, base.environment, .en), base)
    }

    private static func contents(_ collection: String, _ base: DatabaseFixture) async throws -> [Substring] {
        try await base.exported(collection).split(separator: "\n")
    }

    @Test(arguments: TestEngine.allCases) func allIsPutBackAsItWas(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            try await Self.fill(base)
            let (goods, orders) = (try await Self.contents("goods", base), try await Self.contents("orders", base))
            let backup = try await base.documents.makeBackup(base.environment)
            #expect(backup["kind"] == "manual" && backup["bytes"]?.intValue ?? 0 > 50_000)
            let shown = try await base.documents.backup(try #require(backup["id"]?.stringValue), base.environment)
            #expect(shown["collections"]?.arrayValue?.map { $0["documents"] } == [1200, 1])
            base.time.advance(milliseconds: 1000)
            let before = base.time.now
            base.time.advance(milliseconds: 1000)
            try await base.perform(#"{"op":"remove","collection":"goods","where":{"n":{"$lt":600}}}"#)
            try await base.perform(#"{"op":"update","collection":"goods","where":{},"update":{"$set":{"name":"same-1"}},"multi":false}"#)
            try await base.documents.dropCollection("orders", base.environment)
            _ = try await base.documents.createCollection("later", permission: nil, base.environment)
            try await base.documents.setAccess(permission: "PRIVATE", of: "goods", base.environment)

            let restored = try await Self.back(backup, base)
            #expect(restored["state"] == "done" && restored["documents"] == 1201 && restored["total"] == 1201 && restored["dropped"] == ["later"])
            #expect(try await Self.contents("goods", base) == goods)
            #expect(try await Self.contents("orders", base) == orders)
            #expect(try base.documents.collectionNames(base.environment) == ["goods", "orders"])
            // Who may do what is as it was set last, not as it was then.
            #expect(try base.documents.collection("goods", base.environment)["permission"] == "PRIVATE")
            // Indexes are whole and still refuse.
            #expect(try await base.ids("goods", where: ["tags": "t3"]).count == 171)
            let plan = try await base.perform(#"{"op":"get","collection":"goods","where":{"tags":"t3"},"explain":true}"#)
            #expect("\(plan)".contains("byTag"))
            #expect(await base.refusal(#"{"op":"add","collection":"goods","data":{"name":"n5"}}"#) == "DUPLICATE_KEY")

            // It can be undone like everything else.
            base.time.advance(milliseconds: 1000)
            _ = try await base.documents.restoreAll(at: before + 1, preview: false, base.environment)
            #expect(try await Self.contents("goods", base).sorted() == goods.sorted())
            #expect(try base.documents.collectionNames(base.environment) == ["goods", "orders"])
        }
    }

    @Test(arguments: TestEngine.allCases) func someAreRestoredAndTheOthersStay(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            try await Self.fill(base, 10)
            let backup = try await base.documents.makeBackup(base.environment)
            try await base.perform(#"{"op":"update","collection":"orders","id":"o1","update":{"$set":{"sum":6}}}"#)
            try await base.perform(#"{"op":"remove","collection":"goods","where":{}}"#)
            #expect(try await Self.back(backup, only: ["goods"], base)["dropped"] == [])
            #expect(try await Self.contents("goods", base).count == 10)
            #expect(try await base.document("orders", "o1")?["sum"] == 6)
            #expect(await errorCode { _ = try await Self.back(backup, only: ["none"], base) } == "COLLECTION_NOT_FOUND")
            #expect(await errorCode { _ = try await base.documents.restoreBackup("../x", collections: nil, base.environment, .en) } == "BACKUP_NOT_FOUND")
        }
    }

    /// What fails while it is filled has changed nothing, and leaves nothing.
    @Test(arguments: TestEngine.allCases) func whatFailsChangesNothing(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            try await Self.fill(base, 1200)
            let backup = try await base.documents.makeBackup(base.environment)
            try await base.perform(#"{"op":"remove","collection":"goods","where":{}}"#)
            // All documents of the backup have the same value in this field, which is one too many.
            try await base.documents.createIndex(["name": "one", "keys": [["missing", "asc"]], "unique": true], of: "goods", base.environment)
            let failed = try await Self.back(backup, base)
            #expect(failed["state"] == "failed" && failed["error"]?["code"] == "DUPLICATE_KEY")
            #expect(try await Self.contents("goods", base).isEmpty)
            #expect(try base.documents.collectionNames(base.environment) == ["goods", "orders"])
            #expect(try await eventually { try base.fillings == 0 })
            // The numbers of the tables that are left are those of the catalog.
            let tables = try base.store.database.read { try $0.all("SELECT collection FROM indexes") { $0.int(0) } }
            let known = Set(try base.store.catalog.all.map(\.number))
            #expect(tables.allSatisfy { known.contains($0) })
        }
    }

    @Test func aCancelledOneChangesNothing() async throws {
        try await DatabaseFixture.with { base in
            try await Self.fill(base, 60_000)
            let backup = try await base.documents.makeBackup(base.environment)
            try await base.perform(#"{"op":"remove","collection":"orders","where":{}}"#)
            let id = try #require(backup["id"]?.stringValue)
            let begun = try await base.documents.restoreBackup(id, collections: nil, base.environment, .en)
            let restore = try #require(begun["id"]?.stringValue)
            #expect(await errorCode { _ = try await base.documents.restoreBackup(id, collections: nil, base.environment, .en) } == "RESTORE_BUSY")
            try await base.documents.cancelRestore(restore, base.environment)
            let shown = try await base.documents.restore(restore, base.environment, .en)
            #expect(shown["state"] == "failed" && shown["error"]?["code"] == "RESTORE_CANCELLED")
            #expect(try await Self.contents("orders", base).isEmpty)
            #expect(try base.fillings == 0)
            try await base.documents.cancelRestore(restore, base.environment)
            #expect(await errorCode { _ = try await base.documents.restore(restore, base.environment, .en) } == "RESTORE_NOT_FOUND")
        }
    }

    /// What a server leaves that ends in the middle is told of as cut off, and removed, when the next one looks.
    @Test(arguments: TestEngine.allCases) func whatAServerLeavesIsRemoved(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            try await Self.fill(base, 10)
            let store = try base.store
            let filling = try await store.beginFilling(try store.collection("goods"), for: "res-lost")
            try await store.fill(filling, from: store.collection("goods"), of: store) { _, _ in }
            try await store.turn { connection in
                try RestoreTable(connection: connection).add(
                    RestoreRecord(id: "res-lost", backup: "1-manual", collections: nil, createdAt: base.time.now))
            }
            #expect(try base.fillings == 1)
            base.time.advance(milliseconds: 11 * 60_000)
            let shown = try await base.documents.restore("res-lost", base.environment, .zh)
            #expect(shown["state"] == "failed" && shown["error"]?["code"] == "RESTORE_INTERRUPTED")
            #expect(try base.fillings == 0)
            #expect(try await Self.contents("goods", base).count == 10)
        }
    }

    /// On a database that others write to as well, another node's restore is let alone while it goes on.
    @Test func whatAnotherNodeDoesGoesOn() async throws {
        try await DatabaseFixture.with(engine: .postgres) { base in
            try await Self.fill(base, 10)
            let store = try base.store
            _ = try await store.beginFilling(try store.collection("goods"), for: "res-theirs")
            try await store.turn { connection in
                try RestoreTable(connection: connection).add(
                    RestoreRecord(id: "res-theirs", backup: "1-manual", collections: nil, createdAt: base.time.now))
            }
            #expect(try await base.documents.restore("res-theirs", base.environment, .en)["state"] == "running")
            #expect(try base.fillings == 1)
        }
    }

    /// A backup does not care for the engine that it came from.
    @Test(arguments: [(TestEngine.files, TestEngine.postgres), (.postgres, .files)])
    func movesBetweenEngines(_ from: TestEngine, _ to: TestEngine) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-backups-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = EnvironmentID.random()
        var (backup, goods): (JSON, [Substring]) = (.null, [])
        try await DatabaseFixture.with(engine: from, folder: folder, environment: environment) { base async throws in
            try await Self.fill(base, 700)
            backup = try await base.documents.makeBackup(environment)
            goods = try await Self.contents("goods", base)
        }
        try await DatabaseFixture.with(engine: to, folder: folder, environment: environment) { base async throws in
            #expect(try await Self.back(backup, base)["documents"] == 701)
            #expect(try await Self.contents("goods", base) == goods)
            // Nothing was there whose rules could stay.
            #expect(try base.documents.collection("goods", environment)["permission"] == "READONLY")
            #expect(try await base.ids("goods", where: ["name": "n69"]) == ["g69"])
        }
    }

    // MARK: Plans

    @Test func aPlanMakesOneADayAndKeepsTheNewest() async throws {
        try await DatabaseFixture.with { base in
            try await Self.fill(base, 3)
            let plan = try #require(BackupPlan(hour: 19, keep: 2))
            func look() async throws -> [String] {
                await base.documents.followBackupPlans([base.environment: plan])
                let all = try await base.documents.backups(of: base.environment, .en)
                return all["backups"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
            }
            // The clock stands at 22:13 UTC.
            let first = try await look()
            #expect(first.count == 1 && first[0].hasSuffix("-scheduled"), "the first one is made at once")
            #expect(try await look() == first)
            _ = try await base.documents.makeBackup(base.environment)
            base.time.advance(milliseconds: 20 * 3_600_000)
            #expect(try await look().count == 2, "at 18:13 the next day none is due")
            base.time.advance(milliseconds: 3_600_000)
            #expect(try await look().count == 3)
            base.time.advance(milliseconds: 5 * 86_400_000)
            let last = try await look()
            // Days on which the server was off are not made up for, the oldest one goes, the one that was made by hand stays.
            #expect(last.count == 3 && last[0].hasSuffix("-scheduled") && !last.contains(first[0]) && last.contains { $0.hasSuffix("-manual") })
        }
    }

    @Test(arguments: [(0, 0, -1), (0, 86_399_999, 0), (5, 18_000_000, 18_000_000), (5, 17_999_999, -68_400_000), (23, 82_800_000, 82_800_000)])
    func whenABackupWasDueLast(_ hour: Int64, _ now: Int64, _ due: Int64) throws {
        let plan = try #require(BackupPlan(hour: hour))
        #expect(plan.lastDue(now) == (due == -1 ? 0 : due))
    }

    @Test func aFailureIsToldAndTriedAgainLater() async throws {
        try await DatabaseFixture.with { base in
            try await Self.fill(base, 3)
            // A file where the folder should be.
            let place = base.folder.appendingPathComponent("backups")
            #expect(FileManager.default.createFile(atPath: place.path, contents: nil))
            let plan = try #require(BackupPlan(hour: 0))
            await base.documents.followBackupPlans([base.environment: plan])
            try FileManager.default.removeItem(at: place)
            await base.documents.followBackupPlans([base.environment: plan])
            let told = try await base.documents.backups(of: base.environment, .en)
            #expect(told["failure"]?["error"]?["code"] == "INTERNAL_ERROR" && told["backups"] == [])
            base.time.advance(milliseconds: 10 * 60_000)
            await base.documents.followBackupPlans([base.environment: plan])
            let later = try await base.documents.backups(of: base.environment, .en)
            #expect(later["failure"] == nil && later["backups"]?.arrayValue?.count == 1)
        }
    }

    @Test func anEnvironmentThatGoesTakesItsBackupsAlong() async throws {
        try await DatabaseFixture.with { base in
            try await Self.fill(base, 3)
            _ = try await base.documents.makeBackup(base.environment)
            let folder = base.folder.appendingPathComponent("backups").appendingPathComponent(base.environment.text)
            #expect(FileManager.default.fileExists(atPath: folder.path))
            try await base.documents.remove(base.environment)
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }
    }

    @Test func filesAreWholeOrNotThere() async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-backups-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let (folder, environment) = (BackupFolder(root, server: "one"), EnvironmentID.random())
        struct Cut: Error {}
        #expect(throws: Cut.self) { try folder.make(.manual, at: 5, environment) { _ in throw Cut() } }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.folder(environment).path).isEmpty)
        let one = try folder.make(.manual, at: 5, environment) { try Data("x".utf8).write(to: URL(fileURLWithPath: $0)) }
        let two = try folder.make(.manual, at: 5, environment) { try Data("yy".utf8).write(to: URL(fileURLWithPath: $0)) }
        for name in ["readme.txt", "05-manual.sqlite", "x-manual.sqlite"] {
            #expect(FileManager.default.createFile(atPath: folder.folder(environment).appendingPathComponent(name).path, contents: nil))
        }
        #expect(try folder.all(environment) == [two, one])
        #expect(two.bytes == 2 && two.id == "6-manual")
        // As a server leaves it that is killed: what another one that shares the folder is making stays.
        let parts: () throws -> Int = {
            try FileManager.default.contentsOfDirectory(atPath: folder.folder(environment).path).count { $0.contains(".part") }
        }
        _ = try folder.make(.manual, at: 9, environment) { path in
            for more in ["-wal", "-shm"] { #expect(FileManager.default.createFile(atPath: path + more, contents: nil)) }
            try BackupFolder(root, server: "two").removeUnfinished()
            #expect(try parts() == 3)
            try Data("z".utf8).write(to: URL(fileURLWithPath: path))
        }
        #expect(try parts() == 2)
        try BackupFolder(root, server: "one").removeUnfinished()
        #expect(try parts() == 0)
        try folder.remove(one, environment)
        #expect(folder.find(one.id, environment) == nil && folder.find(two.id, environment) == two)
    }
}

extension DatabaseFixture {
    /// How many collections are there that nobody sees.
    fileprivate var fillings: Int64 {
        get throws { try store.database.read { try $0.first("SELECT count(*) FROM collections WHERE restore IS NOT NULL") { $0.int(0) } ?? -1 } }
    }
}
