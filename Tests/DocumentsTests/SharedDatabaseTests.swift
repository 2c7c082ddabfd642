import Foundation
import Kernel
import Logging
import NIOCore
import Storage
import TestSupport
import Testing

@testable import Documents

/// One PostgreSQL under several nodes, and environments as a whole on both engines.
@Suite struct SharedDatabaseTests {
    /// Two nodes over the same environment.
    private func withTwoNodes(_ body: (DatabaseFixture, DatabaseFixture) async throws -> Void) async throws {
        try await DatabaseFixture.with(engine: .postgres) { first async throws in
            try await DatabaseFixture.with(engine: .postgres, folder: first.folder, environment: first.environment) { second async throws in
                try await body(first, second)
            }
        }
    }

    @Test func whatOneNodeMakesTheOtherOneFinds() async throws {
        try await withTwoNodes { first, second async throws in
            _ = try second.documents.collectionNames(second.environment)
            try await first.perform(#"{"op":"add","collection":"c","data":{"_id":"a","n":1}}"#)
            #expect(try await eventually { try second.documents.collectionNames(second.environment) == ["c"] }, "the signal came")
            #expect(try await second.document("c", "a")?["n"] == 1)
            try await second.documents.setAccess(permission: "ADMINONLY", of: "c", second.environment)
            #expect(try await eventually { await first.refusal(#"{"op":"get","collection":"c"}"#, as: DatabaseFixture.alice) == "PERMISSION_DENIED" })
            try await second.documents.dropCollection("c", second.environment)
            // Without waiting for any signal: a write begins with a look.
            #expect(try await first.perform(#"{"op":"add","collection":"c","data":{"_id":"b"}}"#) == ["id": "b"])
        }
    }

    @Test func nodesTakeTurnsAtOneDocument() async throws {
        try await withTwoNodes { first, second async throws in
            try await first.perform(#"{"op":"add","collection":"c","data":{"_id":"a","n":0}}"#)
            #expect(try await eventually { try second.documents.collectionNames(second.environment) == ["c"] })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await (number % 2 == 0 ? first : second).perform(#"{"op":"update","collection":"c","id":"a","update":{"$inc":{"n":1}}}"#)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await first.document("c", "a")?["n"] == 100)
        }
    }

    /// An index is kept by a node that has not heard of it yet, and unique across nodes.
    @Test func anIndexIsKeptByEveryNode() async throws {
        try await withTwoNodes { first, second async throws in
            try await first.perform(#"{"op":"add","collection":"c","data":{"_id":"a","n":1}}"#)
            #expect(try await eventually { try second.documents.collectionNames(second.environment) == ["c"] })
            try await first.documents.createIndex(["keys": [["n", "asc"]], "unique": true], of: "c", first.environment)
            #expect(await second.refusal(#"{"op":"add","collection":"c","data":{"n":1}}"#) == "DUPLICATE_KEY")
            try await second.perform(#"{"op":"add","collection":"c","data":{"_id":"b","n":[2,3]}}"#)
            #expect(try await first.ids("c", where: ["n": 3]) == ["b"])
            #expect(try await eventually { try first.store.collection("c").readable.map(\.isMultikey) == [true] })
            #expect(try await first.ids("c", where: ["n": ["$gte": 2]]) == ["b"])
        }
    }

    /// A transaction of one node that another node's write came between is told so.
    @Test func aTransactionSeesWhatAnotherNodeHasChanged() async throws {
        try await withTwoNodes { first, second async throws in
            try await first.perform(#"{"op":"add","collection":"c","data":{"_id":"a","n":0}}"#)
            #expect(try await eventually { try second.documents.collectionNames(second.environment) == ["c"] })
            let name = try await first.begin(scope: 1)
            try await first.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"a","update":{"$inc":{"n":1}}}"#)
            try await second.perform(#"{"op":"update","collection":"c","id":"a","update":{"$inc":{"n":10}}}"#)
            #expect(await errorCode { try await first.inTransaction(name, scope: 1, #"{"op":"commit"}"#) } == "TRANSACTION_CONFLICT")
            #expect(try await first.document("c", "a")?["n"] == 10)
        }
    }

    // MARK: Whole environments

    @Test(arguments: TestEngine.allCases) func aCopyIsLikeItsOriginalAndItsOwn(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","n":1},{"_id":"b","n":[2,3],"f":"cloud://\#(base.environment)/x.png"}]}"#)
            try await base.documents.createIndex(["keys": [["n", "asc"]], "unique": true], of: "c", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"d","n":9}}"#, key: "k")
            let copied = EnvironmentID.random()
            try await base.documents.copy(base.environment, to: copied, withDocuments: true)
            try await DatabaseFixture.with(engine: engine, folder: base.folder, environment: copied) { copy async throws in
                #expect(try await copy.ids("c", where: ["n": ["$gte": 1]]) == ["a", "b", "d"])
                #expect(try await copy.document("c", "b")?["f"] == .string("cloud://\(copied)/x.png"))
                #expect(await copy.refusal(#"{"op":"add","collection":"c","data":{"n":3}}"#) == "DUPLICATE_KEY")
                // Numbers go on where the original's were.
                try await copy.perform(#"{"op":"add","collection":"e","data":{"_id":"x"}}"#)
                try await copy.perform(#"{"op":"add","collection":"c","data":{"_id":"e","n":7}}"#)
                #expect(try await base.ids("c", where: [:]).count == 3)
                let usage = try copy.documents.usage(copied)
                #expect(usage.collections == 2 && usage.bytes > 0)
                try await copy.documents.remove(copied)
            }
            #expect(try await base.ids("c", where: ["n": 2]) == ["b"])
        }
    }

    @Test(arguments: TestEngine.allCases) func aPictureHasWhatWasThereAtItsMoment(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","n":1},{"_id":"b","t":"\u0000é"}]}"#)
            try await base.documents.createIndex(["keys": [["n", "asc"]]], of: "c", base.environment)
            let exported = try await base.exported("c")
            let picture = try await base.documents.picture(of: base.environment, at: base.folder.appendingPathComponent("picture.sqlite").path)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"later"}}"#)
            let parts = try picture.parts()
            #expect(parts.map(\.name) == ["c"])
            #expect(parts.first?.description["indexes"]?.arrayValue?.count == 1)
            #expect(parts.first?.lineBytes == Int64(exported.utf8.count))
            var text = ""
            while let lines = try parts.first?.nextLines() { text += String(buffer: lines) }
            #expect(text == exported)
            try picture.close()
        }
    }

    @Test(arguments: TestEngine.allCases) func aRemovedEnvironmentIsGone(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a"}}"#)
            try await base.documents.remove(base.environment)
            if engine == .files { try FileManager.default.removeItem(at: base.folder.appendingPathComponent("\(base.environment).sqlite")) }
            #expect(try base.documents.collectionNames(base.environment) == [])
        }
    }

    // MARK: What text may hold

    @Test(arguments: TestEngine.allCases) func anyTextIsStoredAndFound(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let document = #"{"_id":"a","_openid":"x\u0000y","t":"\u0000","u":1e300}"#
            try await base.perform(#"{"op":"add","collection":"c","data":\#(document)}"#, as: DatabaseFixture.function)
            try await base.documents.createIndex(["keys": [["t", "asc"]], "name": "a\u{0}b"], of: "c", base.environment)
            #expect(try await base.ids("c", where: ["t": "\u{0}"]) == ["a"])
            #expect(try await base.exported("c").contains(#""_openid":"x\u0000y""#))
            try await base.documents.dropIndex("a\u{0}b", of: "c", base.environment)
        }
    }

    /// Statements look dear to a planner that may not read whole tables; compiled each time, they would take 50 ms.
    @Test func noStatementIsCompiled() async throws {
        try await DatabaseFixture.with(engine: .postgres) { base async throws in
            let isOn = try base.store.read { try $0.first("SELECT current_setting('jit')") { $0.text(0) } }
            #expect(isOn == "off")
        }
    }

    @Test func aServerThatIsAwayIsNotAnInnerError() async throws {
        let documents = Documents(
            engine: .postgres(try PostgresConfiguration("postgres://nobody@127.0.0.1:1/none")), limits: Limits(), clock: .system,
            spool: ImportSpool(FileManager.default.temporaryDirectory),
            backups: BackupFolder(FileManager.default.temporaryDirectory.appendingPathComponent("sampan-no-backups"), server: "test"),
            logger: Logger(label: "test"))
        #expect(await errorCode { try documents.collectionNames(.random()) } == "DATABASE_AWAY")
        let end = Task { try await documents.run() }
        end.cancel()
        try await end.value
    }
}
