import Kernel
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
