import Kernel
import Testing

@testable import Documents

/// How documents are found is told, slow queries are remembered with the index that would help, and what has expired goes.
@Suite struct ExplainTests {
    private func with(_ engine: TestEngine = .files, limits: Limits = Limits(), _ body: (DatabaseFixture) async throws -> Void) async throws {
        try await DatabaseFixture.with(engine: engine, limits: limits) { base async throws in
            let goods = (0..<200).map { JSON.object(["_id": .string("g\($0)"), "price": .int(Int64($0)), "kind": .string($0 % 4 == 0 ? "tea" : "cake")]) }
            try await base.perform(["op": "add", "collection": "c", "data": .array(goods)])
            try await body(base)
        }
    }

    private func explain(_ base: DatabaseFixture, _ request: String) async throws -> JSON {
        var object = try #require(json(request).objectValue)
        object["explain"] = true
        object["collection"] = "c"
        return try #require(try await base.perform(.object(object))["explain"])
    }

    @Test func everyPlanIsNamed() async throws {
        try await with { base async throws in
            let scan = try await explain(base, #"{"op":"get","where":{"kind":"tea","price":{"$gt":10}},"orderBy":[["price","desc"]]}"#)
            #expect(scan["plan"] == "scan" && scan["examined"] == 200 && scan["matched"] == 47 && scan["returned"] == 47)
            #expect(scan["advice"] == [["kind", "asc"], ["price", "desc"]])
            try await base.documents.createIndex(["keys": [["kind", "asc"], ["price", "desc"]], "name": "kp"], of: "c", base.environment)
            let index = try await explain(base, #"{"op":"get","where":{"kind":"tea","price":{"$gt":10}},"orderBy":[["price","desc"]],"limit":5}"#)
            #expect(index["plan"] == "index" && index["index"] == "kp" && index["exact"] == true && index["ordered"] == true && index["examined"] == 6)
            #expect(index["returned"] == 5 && index["advice"] == nil)
            #expect(try await explain(base, #"{"op":"count","where":{"_id":{"$in":["g1","g2"]}}}"#)["plan"] == "ids")
            let union = try await explain(base, #"{"op":"count","where":{"$or":[{"kind":"tea"},{"_id":"g1"}]}}"#)
            #expect(union["plan"] == "union" && union["examined"] == 51)
            let stages = try await explain(base, #"{"op":"aggregate","pipeline":[{"$match":{"kind":"tea"}},{"$group":{"_id":null,"n":{"$sum":1}}}]}"#)
            #expect(stages["plan"] == "index" && stages["stages"]?.arrayValue?.last?["out"] == 1)
        }
    }

    @Test func clientsAreNotTold() async throws {
        try await with { base async throws in
            try await base.documents.setAccess(permission: "READONLY", of: "c", base.environment)
            #expect(await base.refusal(#"{"op":"get","collection":"c","explain":true}"#, as: DatabaseFixture.alice) == "PERMISSION_DENIED")
        }
    }

    @Test func whatWasSlowIsListed() async throws {
        var limits = Limits()
        limits.slowQueryExamined = 100
        try await with(limits: limits) { base async throws in
            for price in [3, 4] { try await base.perform(["op": "get", "collection": "c", "where": ["price": .int(Int64(price))]]) }
            let list = try base.documents.slowQueries(base.environment).arrayValue ?? []
            #expect(list.count == 1 && list[0]["count"] == 2)
            #expect(list[0]["where"] == ["price": "?"] && list[0]["advice"] == [["price", "asc"]] && list[0]["examined"] == 200)
        }
    }

    @Test(arguments: TestEngine.allCases) func whatHasExpiredGoes(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let now = base.time.now
            for (id, at) in [("old", now - 120_000), ("new", now - 30_000)] {
                try await base.perform(["op": "add", "collection": "s", "data": ["_id": .string(id), "at": .date(at)]])
            }
            try await base.perform(#"{"op":"add","collection":"s","data":{"_id":"never","at":"no date"}}"#)
            try await base.documents.createIndex(["keys": [["at", "asc"]], "expireAfterSeconds": 60], of: "s", base.environment)
            try await base.store.removeExpired()
            #expect(try await base.perform(#"{"op":"count","collection":"s"}"#)["total"] == 2)
            base.time.advance(milliseconds: 31_000)
            try await base.store.removeExpired()
            #expect(try await base.document("s", "never") != nil)
            #expect(try await base.perform(#"{"op":"count","collection":"s"}"#)["total"] == 1)
        }
    }

    @Test(arguments: TestEngine.allCases) func oldChangesAreForgotten(_ engine: TestEngine) async throws {
        var limits = Limits()
        limits.historyDays = 1
        try await with(engine, limits: limits) { base async throws in
            let before = try base.documents.lastChange(base.environment)
            base.time.advance(milliseconds: 86_400_000 + 1)
            try await base.perform(#"{"op":"update","collection":"c","id":"g1","update":{"$set":{"price":7}}}"#)
            try await base.store.forgetHistory()
            let left = try base.documents.changes(of: "c", after: 0, limit: 1000, base.environment).changes
            #expect(left.map(\.id) == ["g1"] && left[0].before?["price"] == 1 && left[0].sequence > before)
        }
    }
}
