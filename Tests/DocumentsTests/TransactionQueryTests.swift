import Kernel
import Testing

@testable import Documents

/// Queries inside a transaction: one moment, the transaction's own writes over it, and conflicts.
@Suite struct TransactionQueryTests {
    private static let goods = #"{"op":"add","collection":"c","data":[{"_id":"a","n":1,"k":"x"},{"_id":"b","n":2,"k":"x"},{"_id":"c","n":3,"k":"y"}]}"#

    /// By scan and by indexes: ordered, for texts and for places.
    @Test(arguments: TestEngine.allCases, [false, true])
    func aTransactionSeesOneMoment(_ engine: TestEngine, _ isIndexed: Bool) async throws {
        try await with(engine, isIndexed: isIndexed) { base async throws in
            let name = try await base.begin(scope: 1)
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"},"orderBy":[["n","desc"]]}"#) == ["b", "a"])
            try await base.perform(#"{"op":"update","collection":"c","id":"c","update":{"$set":{"k":"x"}}}"#)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"d","n":4,"k":"x"}}"#)
            try await base.perform(#"{"op":"remove","collection":"c","id":"a"}"#)
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"},"orderBy":[["n","desc"]]}"#) == ["b", "a"])
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"count","collection":"c","where":{"n":{"$gte":1}}}"#)["total"] == 3)
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"count","collection":"c"}"#)["total"] == 3)
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"get","collection":"c","id":"c"}"#)["data"]?["k"] == "y")
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"distinct","collection":"c","field":"k"}"#)["values"] == ["x", "y"])
            let sum = #"{"op":"aggregate","collection":"c","pipeline":[{"$group":{"_id":null,"sum":{"$sum":"$n"}}}]}"#
            #expect(try await base.inTransaction(name, scope: 1, sum)["data"]?.arrayValue?.first?["sum"] == 6)
            #expect(await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"get","collection":"c","id":"d"}"#) } == "DOCUMENT_NOT_FOUND")
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(Set(try await base.ids("c", where: ["k": "x"])) == ["b", "c", "d"], "one that only read has no conflict")
        }
    }

    @Test(arguments: TestEngine.allCases, [false, true])
    func queriesSeeWhatTheTransactionWrote(_ engine: TestEngine, _ isIndexed: Bool) async throws {
        try await with(engine, isIndexed: isIndexed) { base async throws in
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"a","update":{"$set":{"n":9}}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"remove","collection":"c","id":"b"}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"c","data":{"_id":"d","n":5,"k":"x"}}"#)
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"},"orderBy":[["n","asc"]]}"#) == ["d", "a"])
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","orderBy":[["n","asc"]],"limit":2}"#) == ["c", "d"])
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","orderBy":[["n","asc"]],"skip":2}"#) == ["a"])
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"n":{"$lt":3}}}"#) == [])
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"_id":{"$in":["a","b","d"]}},"orderBy":[["_id","asc"]]}"#) == ["a", "d"])
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"count","collection":"c"}"#)["total"] == 3)
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"count","collection":"c","where":{"k":"x"}}"#)["total"] == 2)
            let join = #"""
                {"op":"aggregate","collection":"c","pipeline":[{"$match":{"_id":"c"}},
                {"$lookup":{"from":"c","pipeline":[{"$match":{"k":"x"}},{"$sort":{"n":-1}}],"as":"x"}}]}
                """#
            let joined = try await base.inTransaction(name, scope: 1, join)["data"]?.arrayValue?.first?["x"]?.arrayValue
            #expect(joined?.map { $0["_id"] } == ["a", "d"])
            // What it writes after the moment was taken is seen as well.
            try await base.inTransaction(name, scope: 1, #"{"op":"set","collection":"c","id":"c","data":{"n":7,"k":"x"}}"#)
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"},"orderBy":[["n","asc"]]}"#) == ["d", "c", "a"])
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await base.ids("c", where: ["n": ["$gte": 5]]).sorted() == ["a", "c", "d"])
        }
    }

    @Test(arguments: TestEngine.allCases)
    func whatAQueryFoundAndOthersChangedIsAConflict(_ engine: TestEngine) async throws {
        for change in [
            #"{"op":"update","collection":"c","id":"a","update":{"$set":{"n":8}}}"#, #"{"op":"remove","collection":"c","id":"a"}"#,
            #"{"op":"set","collection":"c","id":"b","data":{"n":2,"k":"z"}}"#,
        ] {
            try await with(engine) { base async throws in
                let name = try await base.begin(scope: 1)
                #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"},"orderBy":[["n","asc"]]}"#) == ["a", "b"])
                try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"sums","data":{"_id":"s","sum":3}}"#)
                try await base.perform(change)
                #expect(await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#) } == "TRANSACTION_CONFLICT")
                #expect(try await base.document("sums", "s") == nil)
            }
        }
    }

    /// What a query looked at and did not find is free.
    @Test(arguments: TestEngine.allCases) func whatAQueryDidNotFindIsNoConflict(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let name = try await base.begin(scope: 1)
            _ = try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"a","update":{"$inc":{"n":1}}}"#)
            try await base.perform(#"{"op":"update","collection":"c","id":"c","update":{"$set":{"n":8}}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await base.document("c", "a")?["n"] == 2)
        }
    }

    @Test(arguments: TestEngine.allCases) func aDocumentThatIsReadByItsIDAfterTheMomentIsThatOfTheMoment(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let name = try await base.begin(scope: 1)
            _ = try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"y"}}"#)
            try await base.perform(#"{"op":"update","collection":"c","id":"a","update":{"$inc":{"n":100}}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"a","update":{"$inc":{"n":1}}}"#)
            #expect(await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#) } == "TRANSACTION_CONFLICT")
            #expect(try await base.document("c", "a")?["n"] == 101, "nobody's update is lost")
        }
    }

    @Test(arguments: TestEngine.allCases) func whatAConditionFindsIsChangedAndRemoved(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let name = try await base.begin(scope: 1)
            let update = #"{"op":"update","collection":"c","where":{"k":"x"},"update":{"$inc":{"n":10}}}"#
            #expect(try await base.inTransaction(name, scope: 1, update) == ["matched": 2, "updated": 2])
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"remove","collection":"c","where":{"n":{"$in":[11,3]}}}"#) == ["removed": 2])
            #expect(try await ids(base, name, #"{"op":"get","collection":"c"}"#) == ["b"])
            #expect(try await base.ids("c", where: [:]).count == 3)
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await base.document("c", "b")?["n"] == 12)
            #expect(try await base.ids("c", where: [:]) == ["b"])
        }
    }

    /// Nothing of another's transaction is seen by half: the sum of all accounts is always the same.
    @Test(arguments: TestEngine.allCases) func sumsOfAccountsAreAlwaysRight(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for number in 0..<8 { try await base.perform(["op": "add", "collection": "c", "data": ["_id": .string("\(number)"), "n": 100]]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for scope in 1...6 {
                    group.addTask {
                        for round in 0..<6 { try await move(base, scope: UInt64(scope), from: (scope + round) % 8, to: (scope * 3 + round * 5 + 1) % 8) }
                    }
                }
                for scope in 20...22 {
                    group.addTask {
                        for _ in 0..<10 {
                            let total = try await sum(base, scope: UInt64(scope))
                            #expect(total == 800)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await sum(base, scope: 30) == 800)
        }
    }

    @Test(arguments: TestEngine.allCases) func momentsAreGivenBackAndBounded(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            // More than there may be at once, one after the other.
            for scope in 1...80 {
                let name = try await base.begin(scope: UInt64(scope))
                #expect(try await base.inTransaction(name, scope: UInt64(scope), #"{"op":"count","collection":"c"}"#)["total"] == 3)
                base.documents.endScope(UInt64(scope), in: base.environment)
            }
            let name = try await base.begin(scope: 100)
            _ = try await base.inTransaction(name, scope: 100, #"{"op":"count","collection":"c"}"#)
            base.time.advance(milliseconds: 10_001)
            try base.store.transactions.sweep(now: base.time.now)
            #expect(await errorCode { try await base.inTransaction(name, scope: 100, #"{"op":"count","collection":"c"}"#) } == "TRANSACTION_NOT_FOUND")
        }
    }

    @Test(arguments: TestEngine.allCases) func aTransactionReadsSoManyDocumentsAtMost(_ engine: TestEngine) async throws {
        var limits = Limits()
        limits.transactionReadsMax = 60
        try await DatabaseFixture.with(engine: engine, limits: limits) { base async throws in
            let documents = (0..<61).map { JSON.object(["_id": .string("\($0)"), "n": .int(Int64($0))]) }
            try await base.perform(["op": "add", "collection": "c", "data": .array(documents)])
            let name = try await base.begin(scope: 1)
            let within = #"{"op":"count","collection":"c","where":{"n":{"$lt":60}}}"#
            #expect(try await base.inTransaction(name, scope: 1, within)["total"] == 60)
            #expect(await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"count","collection":"c"}"#) } == "LIMIT_EXCEEDED")
            let second = try await base.begin(scope: 2)
            _ = try await base.inTransaction(second, scope: 2, within)
            try await base.inTransaction(second, scope: 2, #"{"op":"add","collection":"c","data":{"_id":"sum","n":1}}"#)
            try await base.inTransaction(second, scope: 2, #"{"op":"commit"}"#)
            #expect(try await base.document("c", "sum")?["n"] == 1, "sixty documents are looked at again in two portions")
        }
    }

    /// A collection or an index that comes or goes meanwhile changes nothing of what is seen.
    @Test(arguments: TestEngine.allCases) func definitionsAreThoseOfTheMoment(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let name = try await base.begin(scope: 1)
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"}}"#).count == 2)
            try await base.perform(#"{"op":"add","collection":"later","data":{"_id":"l"}}"#)
            try await base.documents.createIndex(["keys": [["k", "asc"]]], of: "c", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"d","n":4,"k":"x"}}"#)
            #expect(try await ids(base, name, #"{"op":"get","collection":"c","where":{"k":"x"}}"#).count == 2)
            #expect(try await ids(base, name, #"{"op":"get","collection":"later"}"#) == [])
            try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"later","data":{"_id":"own"}}"#)
            #expect(try await ids(base, name, #"{"op":"get","collection":"later"}"#) == ["own"])
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await base.ids("later", where: [:]).sorted() == ["l", "own"])
        }
    }

    // MARK: Support

    private func with(_ engine: TestEngine, isIndexed: Bool = false, _ body: (DatabaseFixture) async throws -> Void) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            if isIndexed {
                try await base.documents.createIndex(["keys": [["k", "asc"], ["n", "asc"]]], of: "c", base.environment)
                try await base.documents.createIndex(["keys": [["n", "asc"]]], of: "c", base.environment)
            }
            try await base.perform(Self.goods)
            try await body(base)
        }
    }

    private func ids(_ base: DatabaseFixture, _ name: String, _ request: String) async throws -> [String] {
        let found = try await base.inTransaction(name, scope: 1, request)
        return (found["data"]?.arrayValue ?? []).compactMap { $0["_id"]?.stringValue }
    }

    /// The sum of all accounts, in a transaction of one query.
    private func sum(_ base: DatabaseFixture, scope: UInt64) async throws -> Int64? {
        defer { base.documents.endScope(scope, in: base.environment) }
        let name = try await base.begin(scope: scope)
        let found = try await base.inTransaction(name, scope: scope, #"{"op":"get","collection":"c"}"#)["data"]?.arrayValue ?? []
        return found.compactMap { $0["n"]?.intValue }.reduce(0, +)
    }

    /// Moves one from an account to another, by a query for both of them; again after a conflict.
    private func move(_ base: DatabaseFixture, scope: UInt64, from: Int, to: Int) async throws {
        while true {
            do {
                let name = try await base.begin(scope: scope)
                let query = #"{"op":"get","collection":"c","where":{"_id":{"$in":["\#(from)","\#(to)"]}}}"#
                let found = try await base.inTransaction(name, scope: scope, query)["data"]?.arrayValue ?? []
                for account in found where from != to {
                    let id = account["_id"]?.stringValue ?? ""
                    let n = (account["n"]?.intValue ?? 0) + (id == "\(from)" ? -1 : 1)
                    try await base.inTransaction(name, scope: scope, #"{"op":"set","collection":"c","id":"\#(id)","data":{"n":\#(n)}}"#)
                }
                try await base.inTransaction(name, scope: scope, #"{"op":"commit"}"#)
                return
            } catch let error as SampanError where error.code == "TRANSACTION_CONFLICT" {
                base.documents.endScope(scope, in: base.environment)
            }
        }
    }
}
