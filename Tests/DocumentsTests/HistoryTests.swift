import Kernel
import Storage
import TestSupport
import Testing

@testable import Documents

/// A collection as it was at a moment, on both engines.
@Suite struct HistoryTests {
    @Test(arguments: TestEngine.allCases) func theStateOfAMoment(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            func after(_ request: String) async throws -> Int64 {
                base.time.advance(milliseconds: 1000)
                try await base.perform(json(request))
                return base.time.now
            }
            let start = base.time.now
            let added = try await after(#"{"op":"add","collection":"c","data":[{"_id":"a","n":1},{"_id":"b","n":1},{"_id":"c","n":1}]}"#)
            try await base.documents.createIndex(["keys": [["n", "asc"]], "name": "n"], of: "c", base.environment)
            let changed = try await after(#"{"op":"update","collection":"c","where":{"_id":{"$ne":"c"}},"update":{"$inc":{"n":1}}}"#)
            _ = try await after(#"{"op":"update","collection":"c","id":"a","update":{"$set":{"n":9}}}"#)
            let removed = try await after(#"{"op":"remove","collection":"c","id":"b"}"#)
            _ = try await after(#"{"op":"add","collection":"c","data":{"_id":"b","n":100}}"#)
            func state(_ moment: Int64, _ name: String) async throws -> [JSON] {
                _ = try await base.documents.restore("c", at: moment, as: name, base.environment)
                return try await base.perform(["op": "get", "collection": .string(name), "orderBy": [["_id", "asc"]]])["data"]?.arrayValue?.map {
                    .array([$0["_id"] ?? .null, $0["n"] ?? .null])
                } ?? []
            }
            #expect(try await state(start, "t0") == [])
            #expect(try await state(added, "t1") == [["a", 1], ["b", 1], ["c", 1]])
            #expect(try await state(changed, "t2") == [["a", 2], ["b", 2], ["c", 1]])
            #expect(try await state(removed, "t3") == [["a", 9], ["c", 1]])
            #expect(try await state(base.time.now, "t4") == [["a", 9], ["b", 100], ["c", 1]])
            // Its indexes are there, and right.
            #expect(try await base.perform(#"{"op":"count","collection":"t2","where":{"n":2}}"#)["total"] == 2)
            #expect(try base.documents.collection("t2", base.environment)["indexes"]?.arrayValue?.count == 1)
            #expect(await errorCode { _ = try await base.documents.restore("c", at: changed, as: "t2", base.environment) } == "COLLECTION_EXISTS")
            #expect(await errorCode { _ = try await base.documents.restore("c", at: base.time.now + 1, as: "x", base.environment) } == "BAD_MEMBER")
        }
    }

    /// Whatever happens to the documents: each moment that was looked at is found again.
    @Test func everyMomentIsFoundAgain() async throws {
        try await DatabaseFixture.with { base async throws in
            var random = SeededGenerator(seed: 11)
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            var moments: [(at: Int64, state: JSON?)] = []
            for _ in 0..<60 {
                base.time.advance(milliseconds: 10)
                let id = JSON.string("d\(random.below(6))")
                let n = JSON.int(Int64(random.below(100)))
                switch random.below(3) {
                case 0: try await base.perform(["op": "set", "collection": "c", "id": id, "data": ["n": n]])
                case 1: try await base.perform(["op": "update", "collection": "c", "id": id, "update": ["$set": ["n": n]]])
                default: try await base.perform(["op": "remove", "collection": "c", "id": id])
                }
                moments.append((base.time.now, try await base.perform(#"{"op":"get","collection":"c","orderBy":[["_id","asc"]]}"#)["data"]))
            }
            for (number, moment) in moments.enumerated() where number % 7 == 0 {
                _ = try await base.documents.restore("c", at: moment.at, as: "t\(number)", base.environment)
                let found = try await base.perform(["op": "get", "collection": .string("t\(number)"), "orderBy": [["_id", "asc"]]])["data"]
                #expect(found == moment.state)
            }
        }
    }

    @Test func whatIsForgottenCannotBeRestored() async throws {
        var limits = Limits()
        limits.historyDays = 1
        try await DatabaseFixture.with(limits: limits) { base async throws in
            let start = base.time.now
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a"}}"#)
            base.time.advance(milliseconds: 2 * 86_400_000)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"b"}}"#)
            try await base.store.forgetHistory()
            #expect(await errorCode { _ = try await base.documents.restore("c", at: start, as: "t", base.environment) } == "HISTORY_TOO_SHORT")
            #expect(try base.documents.collectionNames(base.environment) == ["c"])
        }
    }
}

/// Dropped collections, and everything at one moment, on both engines.
@Suite struct PastTests {
    private func contents(_ base: DatabaseFixture, _ environment: EnvironmentID? = nil) async throws -> [String: JSON] {
        var all: [String: JSON] = [:]
        for name in try base.documents.collectionNames(base.environment) {
            all[name] = try await base.perform(["op": "get", "collection": .string(name), "orderBy": [["_id", "asc"]], "limit": 1000])["data"]
        }
        return all
    }

    @Test(arguments: TestEngine.allCases) func aDroppedCollectionIsRestored(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","n":1},{"_id":"b","n":2}]}"#)
            try await base.documents.createIndex(["keys": [["n", "asc"]], "name": "n", "unique": true], of: "c", base.environment)
            try await base.documents.setAccess(rules: ["read": true], of: "c", base.environment)
            let whole = base.time.now
            base.time.advance(milliseconds: 1000)
            try await base.perform(#"{"op":"remove","collection":"c","id":"a"}"#)
            base.time.advance(milliseconds: 1000)
            try await base.documents.dropCollection("c", base.environment)
            #expect(await base.refusal(#"{"op":"get","collection":"c"}"#) == "COLLECTION_NOT_FOUND")
            let dropped = try base.documents.droppedCollections(base.environment)
            #expect(dropped.map { $0["name"] } == ["c"] && dropped.first?["documents"] == 1 && dropped.first?["droppedAt"] == .int(base.time.now))
            // Another one of the same name is another one.
            base.time.advance(milliseconds: 1000)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"z"}}"#)
            #expect(try await base.documents.restore("c", at: whole, as: "old", base.environment)["documents"] == 2)
            #expect(try await contents(base)["old"] == [["_id": "a", "n": 1], ["_id": "b", "n": 2]])
            #expect(try base.documents.collection("old", base.environment)["rules"] == ["read": true])
            #expect(try base.documents.collection("old", base.environment)["indexes"]?.arrayValue?.count == 1)
            #expect(await base.refusal(#"{"op":"add","collection":"old","data":{"n":2}}"#) == "DUPLICATE_KEY")
            #expect(await errorCode { _ = try await base.documents.restore("c", at: whole, as: nil, base.environment) } == "COLLECTION_EXISTS")
            try await base.documents.dropCollection("c", base.environment)
            #expect(try await base.documents.restore("c", at: whole + 1500, as: nil, base.environment)["documents"] == 1)
            #expect(await errorCode { _ = try await base.documents.restore("none", at: whole, as: nil, base.environment) } == "COLLECTION_NOT_FOUND")
        }
    }

    @Test(arguments: TestEngine.allCases) func everythingGoesBackAndForthAgain(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            func step(_ requests: String...) async throws {
                base.time.advance(milliseconds: 1000)
                for request in requests { try await base.perform(request) }
            }
            try await step(#"{"op":"add","collection":"a","data":[{"_id":"1","u":1},{"_id":"2","u":2},{"_id":"3","u":3}]}"#)
            try await base.documents.createIndex(["keys": [["u", "asc"]], "name": "u", "unique": true], of: "a", base.environment)
            try await step(#"{"op":"add","collection":"gone","data":[{"_id":"x","n":1}]}"#)
            let (then, before) = (base.time.now, try await contents(base))
            // Two swap a value that is unique, one goes, one comes; a collection goes and comes back empty, another one is new.
            try await step(
                #"{"op":"update","collection":"a","id":"1","update":{"$set":{"u":9}}}"#,
                #"{"op":"update","collection":"a","id":"2","update":{"$set":{"u":1}}}"#,
                #"{"op":"update","collection":"a","id":"1","update":{"$set":{"u":2}}}"#, #"{"op":"remove","collection":"a","id":"3"}"#,
                #"{"op":"add","collection":"a","data":{"_id":"4","u":3}}"#, #"{"op":"update","collection":"gone","id":"x","update":{"$inc":{"n":1}}}"#)
            try await base.documents.dropCollection("gone", base.environment)
            try await step(#"{"op":"add","collection":"gone","data":[{"_id":"y"}]}"#, #"{"op":"add","collection":"new","data":[{"_id":"n"}]}"#)
            let (later, after) = (base.time.now, try await contents(base))
            base.time.advance(milliseconds: 1000)
            let preview = try await base.documents.restoreAll(at: then, preview: true, base.environment)
            #expect(try await contents(base) == after)
            let done = try await base.documents.restoreAll(at: then, preview: false, base.environment)
            #expect(preview == done)
            #expect(done["collections"]?.arrayValue?.map { $0["outcome"] } == ["changed", "restored", "removed", "removed"], "\(done.text)")
            #expect(try await contents(base) == before)
            #expect(await base.refusal(#"{"op":"add","collection":"a","data":{"u":3}}"#) == "DUPLICATE_KEY")
            #expect(try await base.perform(#"{"op":"count","collection":"a","where":{"u":2}}"#)["total"] == 1)
            // And that is undone in the same way, also by a process that has only just begun.
            let restored = base.time.now
            base.time.advance(milliseconds: 1000)
            try base.documents.close(base.environment)
            _ = try await base.documents.restoreAll(at: later, preview: false, base.environment)
            #expect(try await contents(base) == after)
            base.time.advance(milliseconds: 1000)
            _ = try await base.documents.restoreAll(at: restored, preview: false, base.environment)
            #expect(try await contents(base) == before)
        }
    }

    @Test(arguments: TestEngine.allCases) func whatFailsChangesNothing(_ engine: TestEngine) async throws {
        var limits = Limits()
        limits.lockWaitMillisecondsMax = 1
        try await DatabaseFixture.with(engine: engine, limits: limits) { base async throws in
            try await base.perform(#"{"op":"add","collection":"a","data":[{"_id":"1"},{"_id":"2"}]}"#)
            let then = base.time.now
            base.time.advance(milliseconds: 1000)
            try await base.perform(#"{"op":"update","collection":"a","where":{},"update":{"$set":{"n":1}}}"#)
            try await base.perform(#"{"op":"add","collection":"new","data":{"_id":"1"}}"#)
            let after = try await contents(base)
            // A transaction holds the last document that would be put back.
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"a","id":"2","update":{"$set":{"n":5}}}"#)
            let transactions = try base.store.transactions
            let sweeping = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(20))
                    base.time.advance(milliseconds: 10)
                    transactions.sweep(now: base.time.now)
                }
            }
            let code = await errorCode { try await base.documents.restoreAll(at: then, preview: false, base.environment) }
            sweeping.cancel()
            // Until it has ended it may move the clock once more.
            _ = await sweeping.result
            #expect(code == "TRANSACTION_CONFLICT")
            #expect(try await contents(base) == after)
            try await base.inTransaction(name, scope: 1, #"{"op":"rollback"}"#)
            #expect(await errorCode { try await base.documents.restoreAll(at: base.time.now + 1, preview: false, base.environment) } == "BAD_MEMBER")
            _ = try await base.documents.restoreAll(at: then, preview: false, base.environment)
            #expect(try await contents(base) == ["a": [["_id": "1"], ["_id": "2"]]])
        }
    }

    @Test(arguments: TestEngine.allCases) func whatIsDroppedGoesForGoodInTheEnd(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for name in ["a", "b"] {
                try await base.perform(["op": "add", "collection": .string(name), "data": ["n": 1]])
                try await base.documents.createIndex(["keys": [["n", "asc"]], "name": "n"], of: name, base.environment)
                try await base.documents.dropCollection(name, base.environment)
            }
            let last = try #require(try base.documents.droppedCollections(base.environment).first)
            #expect(last["name"] == "b")
            let copy = EnvironmentID.random()
            try await base.documents.copy(base.environment, to: copy, withDocuments: true)
            #expect(try base.documents.droppedCollections(copy) == [])
            #expect(await errorCode { try await base.documents.restoreAll(at: base.time.now - 1, preview: true, copy) } == "HISTORY_TOO_SHORT")
            try await base.documents.remove(copy)
            try await base.documents.removeDropped(last["number"]?.intValue ?? 0, base.environment)
            #expect(try base.documents.droppedCollections(base.environment).map { $0["name"] } == ["a"])
            base.time.advance(milliseconds: 15 * 86_400_000)
            try await base.store.forgetHistory()
            #expect(try base.documents.droppedCollections(base.environment) == [])
            let indexes = try base.store.database.read { try $0.first("SELECT count(*) FROM indexes") { $0.int(0) } }
            #expect(indexes == 0)
        }
    }
}
