import Foundation
import Kernel
import NIOCore
import TestSupport
import Testing

@testable import Documents

@Suite("Imports with a file that stays until they are over")
struct ImportTests {
    private static func lines(_ numbers: Range<Int>) -> String { numbers.map { "{\"_id\":\"d-\($0)\",\"n\":\($0)}\n" }.joined() }

    private static func context(_ base: DatabaseFixture) -> CallContext {
        CallContext(environment: base.environment, caller: .key, requestID: "r-test")
    }

    /// Sends a file and starts its import.
    private static func start(_ text: [UInt8], _ plan: ImportPlan, _ base: DatabaseFixture, fileName: String? = nil) async throws -> String {
        let begun = try await base.documents.beginImport(plan, fileName: fileName, context(base))
        let id = try #require(begun["id"]?.stringValue)
        let upload = try base.documents.receiveImport(id, from: 0, base.environment)
        try await upload.write(text[...])
        _ = try await base.documents.received(upload, isWhole: true, context(base))
        return id
    }

    private static func ended(_ id: String, _ base: DatabaseFixture) async throws -> JSON {
        while true {
            let shown = try base.documents.importShown(id, base.environment, .en)
            if !["receiving", "running"].contains(shown["state"]?.stringValue) { return shown }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test(arguments: TestEngine.allCases) func takesAFileToItsEndAndForgetsIt(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            let id = try await Self.start(Array(Self.lines(0..<1200).utf8), ImportPlan(collection: "goods"), base, fileName: "goods.jsonl")
            let shown = try await Self.ended(id, base)
            #expect(shown["state"] == "done")
            #expect(shown["inserted"] == 1200)
            #expect(shown["bytesRead"] == shown["bytes"])
            #expect(try await base.ids("goods", where: ["n": ["$gte": 500, "$lt": 510]]).count == 10)
            #expect(base.documents.imports.spool.size(id, base.environment) == nil)
        }
    }

    @Test(arguments: TestEngine.allCases) func goesOnBehindTheDocumentThatItStoppedAt(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            try await base.perform(#"{"op":"add","collection":"goods","data":{"_id":"d-700","n":-1}}"#)
            let id = try await Self.start(Array(Self.lines(0..<1000).utf8), ImportPlan(collection: "goods"), base)
            let failed = try await Self.ended(id, base)
            #expect(failed["state"] == "failed")
            #expect(failed["error"]?["line"] == 701)
            #expect(failed["inserted"] == 500)  // The batch with the refused document is undone.
            #expect(failed["mayResume"] == true)
            try await base.documents.resumeImport(id, skips: true, base.environment)
            let done = try await Self.ended(id, base)
            #expect(done["state"] == "done")
            #expect(done["inserted"] == 999)
            #expect(done["refused"] == 1)
            #expect(done["refusals"]?.arrayValue?.first?["line"] == 701)
            #expect(try await base.document("goods", "d-700")?["n"] == -1)
        }
    }

    @Test(arguments: TestEngine.allCases) func leavesOutWhatIsRefusedAndTellsOfIt(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            let text = "{\"_id\":\"a\"}\n{\"_id\":\"a\"}\nnothing\n{\"_id\":\"b\",\"$x\":1}\n{\"_id\":\"c\"}\n"
            let id = try await Self.start(Array(text.utf8), ImportPlan(collection: "goods", format: .json, stopsOnError: false), base)
            let done = try await Self.ended(id, base)
            #expect(done["inserted"] == 2)
            #expect(done["refused"] == 3)
            #expect(done["refusals"]?.arrayValue?.map { $0["line"] } == [2, 3, 4])
            #expect(try await base.ids("goods", where: [:]).sorted() == ["a", "c"])
        }
    }

    @Test func whatStandsBeforeTheEndOfABrokenFileIsStored() async throws {
        try await DatabaseFixture.with { base in
            var bytes: [UInt8] = []
            for document: JSONObject in [["_id": "a"], ["_id": "b"]] { try BSONWriter().append(document, to: &bytes) }
            bytes += [40, 0, 0, 0, 2]
            let id = try await Self.start(bytes, ImportPlan(collection: "goods", stopsOnError: false), base)
            let failed = try await Self.ended(id, base)
            #expect(failed["state"] == "failed")
            #expect(failed["inserted"] == 2)
            #expect(failed["error"]?["document"] == 3)
        }
    }

    @Test func aFileComesInPiecesAndStartsWithItsLast() async throws {
        try await DatabaseFixture.with { base in
            let text = Array(Self.lines(0..<10).utf8)
            let begun = try await base.documents.beginImport(ImportPlan(collection: "goods"), fileName: nil, bytes: Int64(text.count), Self.context(base))
            let id = try #require(begun["id"]?.stringValue)
            let first = try base.documents.receiveImport(id, from: 0, base.environment)
            try await first.write(text[..<50])
            #expect(await errorCode { try base.documents.receiveImport(id, from: 50, base.environment) } == "IMPORT_BUSY")
            #expect(try await base.documents.received(first, isWhole: true, Self.context(base))["received"] == 50)
            #expect(await errorCode { try base.documents.receiveImport(id, from: 20, base.environment) } == "IMPORT_OFFSET")
            let second = try base.documents.receiveImport(id, from: 50, base.environment)
            #expect(await errorCode { try await second.write(text[50...] + [32, 32]) } == "IMPORT_TOO_LONG")
            try await second.write(text[50...])
            _ = try await base.documents.received(second, isWhole: true, Self.context(base))
            #expect(try await Self.ended(id, base)["inserted"] == 10)
            #expect(await errorCode { try base.documents.receiveImport(id, from: 0, base.environment) } == "IMPORT_STATE")
        }
    }

    @Test(arguments: TestEngine.allCases) func aCancelledOneStoresNothingMore(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base in
            let id = try await Self.start(Array(Self.lines(0..<200_000).utf8), ImportPlan(collection: "goods"), base)
            try await base.documents.cancelImport(id, base.environment)
            let shown = try base.documents.importShown(id, base.environment, .en)
            #expect(shown["state"] == "cancelled")
            let count = try await base.perform(#"{"op":"count","collection":"goods"}"#)["total"]?.intValue
            #expect(count == shown["inserted"]?.intValue)
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await base.perform(#"{"op":"count","collection":"goods"}"#)["total"]?.intValue == count)
            try await base.documents.cancelImport(id, base.environment)
            #expect(await errorCode { try base.documents.importShown(id, base.environment, .en) } == "IMPORT_NOT_FOUND")
        }
    }

    @Test(arguments: TestEngine.allCases) func aRestartGoesOnWithNothingTwice(_ engine: TestEngine) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sampan-imports-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = EnvironmentID.random()
        var id = ""
        try await DatabaseFixture.with(engine: engine, folder: folder, environment: environment) { base in
            id = try await Self.start(Array(Self.lines(0..<20_000).utf8), ImportPlan(collection: "goods"), base)
            // One that waits for its turn does not keep the server from ending.
            _ = try await Self.start(Array(Self.lines(0..<10).utf8), ImportPlan(collection: "later"), base)
            #expect(try await eventually { try base.documents.importShown(id, environment, .en)["inserted"]?.intValue ?? 0 >= 500 })
            // Stops between two batches, as at the end of the server.
            await base.documents.imports.stop()
            #expect(try base.documents.importShown(id, environment, .en)["state"] == "running")
        }
        try await DatabaseFixture.with(engine: engine, folder: folder, environment: environment) { base in
            base.documents.imports.goOn()
            let done = try await Self.ended(id, base)
            #expect(done["state"] == "done")
            #expect(done["inserted"] == 20_000)
            #expect(try await base.perform(#"{"op":"count","collection":"goods"}"#)["total"] == 20_000)
            for shown in try base.documents.imports(of: environment, .en) {
                #expect(try await Self.ended(#require(shown["id"]?.stringValue), base)["state"] == "done")
            }
            #expect(try await base.perform(#"{"op":"count","collection":"later"}"#)["total"] == 10)
            try await base.documents.remove(environment)
        }
    }

    @Test func filesThatNobodyComesBackForGo() async throws {
        try await DatabaseFixture.with { base in
            let begun = try await base.documents.beginImport(ImportPlan(collection: "goods"), fileName: nil, bytes: 100, Self.context(base))
            let id = try #require(begun["id"]?.stringValue)
            let upload = try base.documents.receiveImport(id, from: 0, base.environment)
            try await upload.write([1, 2, 3])
            try upload.close()
            let real = Int64(Date().timeIntervalSince1970 * 1000)
            base.time.advance(milliseconds: real + Imports.fileMillisecondsMax - 60_000 - base.time.now)
            await base.documents.imports.tidy()
            #expect(try base.documents.importShown(id, base.environment, .en)["received"] == 3)
            base.time.advance(milliseconds: 120_000)
            await base.documents.imports.tidy()
            #expect(try base.documents.importShown(id, base.environment, .en)["state"] == "cancelled")
            #expect(base.documents.imports.spool.size(id, base.environment) == nil)
        }
    }

    // MARK: Formats

    private static let mixed = [
        #"{"_id":"a","name":"=1+1","price":1.5,"at":{"$date":1700000000000},"tags":["x","y"],"in":{"deep":true},"blob":{"$binary":{"base64":"AAH/","subType":"00"}}}"#,
        #"{"_id":"b","name":"包子, \"热\"","price":300,"none":null}"#,
    ]

    @Test(arguments: ["jsonl", "ejson", "ejson-canonical", "bson", "csv"]) func whatIsExportedIsImportedAsTheSame(_ format: String) async throws {
        try await DatabaseFixture.with { base in
            _ = try await base.lines(Self.mixed.joined(separator: "\n"), into: "one")
            let texts = ["collection": "one", "format": format]
            let export = try await base.documents.export(ExportPlan { texts[$0] }, base.environment)
            #expect(export.total == 2)
            var bytes: [UInt8] = []
            while let piece = try await export.next() { bytes += piece.readableBytesView }
            // The format is found out from the bytes, but for tables.
            var plan = ImportPlan(collection: "two", format: format == "csv" ? .csv : nil)
            plan.csv.dates = true
            _ = try await base.documents.importDocuments(ByteBuffer(bytes: bytes), plan, Self.context(base))
            for id in ["a", "b"] {
                let (was, became) = (try await base.document("one", id), try await base.document("two", id))
                if format == "csv" {
                    // A table has its columns in one order, and bytes as text in a cell.
                    #expect(became?["name"] == was?["name"])
                    #expect(became?["price"] == was?["price"])
                    #expect(became?["at"] == was?["at"])
                    #expect(became?["in"] == was?["in"])
                } else {
                    #expect(became == was)
                }
            }
        }
    }

    @Test func aConditionChoosesWhatIsExported() async throws {
        try await DatabaseFixture.with { base in
            _ = try await base.lines((0..<3000).map { "{\"_id\":\"\($0)\",\"n\":\($0)}" }.joined(separator: "\n"), into: "c")
            let texts = ["collection": "c", "where": #"{"n":{"$gte":2990}}"#, "format": "csv", "fields": "n"]
            let export = try await base.documents.export(ExportPlan { texts[$0] }, base.environment)
            var text = ""
            while let piece = try await export.next() { text += String(buffer: piece) }
            #expect(text == "\u{FEFF}n\r\n" + (2990..<3000).map { "\($0)\r\n" }.joined())
        }
    }

    @Test(arguments: [
        ["format": "xml"], ["mode": "overwrite"], ["onError": "ignore"], ["types": "all"], ["dates": "maybe"], ["separator": "|"], ["guards": "x"],
    ]) func wordsThatAreNoneAreRefused(_ wrong: [String: String]) {
        let texts = wrong.merging(["collection": "c"]) { mine, _ in mine }
        #expect(throws: SampanError.self) { try ImportPlan { texts[$0] } }
    }

    @Test func aPlanIsKeptAsItWas() throws {
        let texts = [
            "collection": "c", "mode": "upsert", "format": "csv", "onError": "skip", "types": "text", "dates": "yes", "separator": "tab", "guards": "keep",
        ]
        let plan = try ImportPlan { texts[$0] }
        let kept = plan.texts
        #expect(Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value.stringValue ?? "") }) == texts)
    }
}
