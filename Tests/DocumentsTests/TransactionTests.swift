import Kernel
import Storage
import Synchronization
import Testing

@testable import Documents

@Suite struct TransactionTests {
    @Test(arguments: TestEngine.allCases) func transactionsOnOneDocumentComeOneAfterTheOther(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for scope in 1...20 {
                    group.addTask {
                        let name = try await base.begin(scope: UInt64(scope))
                        let read = try await base.inTransaction(name, scope: UInt64(scope), #"{"op":"get","collection":"c","id":"x"}"#)
                        let n = try #require(read["data"]?["n"]?.intValue)
                        try await base.inTransaction(
                            name, scope: UInt64(scope), #"{"op":"set","collection":"c","id":"x","data":{"n":\#(n + 1)}}"#)
                        try await base.inTransaction(name, scope: UInt64(scope), #"{"op":"commit"}"#)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await base.document("c", "x")?["n"] == 20)
        }
    }

    @Test(arguments: TestEngine.allCases) func nothingIsSeenFromOutsideBeforeTheCommitAndEverythingAfter(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.documents.createIndex(["keys": [["n", "asc"]]], of: made("c", base), base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"kept","n":1},{"_id":"gone","n":2},{"_id":"old","n":3}]}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"kept","update":{"$inc":{"n":10}}}"#)
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"remove","collection":"c","id":"gone"}"#) == ["removed": 1])
            let set = try await base.inTransaction(name, scope: 1, #"{"op":"set","collection":"c","id":"old","data":{"n":13}}"#)
            #expect(set["updated"] == 1)
            let added = try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"c","data":{"n":14}}"#)
            let id = try #require(added["id"]?.stringValue)

            #expect(try await base.ids("c", where: ["n": ["$gt": 9]]) == [])
            let inside = try await base.inTransaction(name, scope: 1, #"{"op":"get","collection":"c","id":"kept"}"#)
            #expect(inside["data"]?["n"] == 11, "the transaction itself sees what it wrote")
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)

            // By index and by scan alike.
            #expect(try await base.ids("c", where: ["n": ["$gt": 9]]) == ["kept", "old", id])
            #expect(try await base.ids("c", where: ["n": ["$lt": 9]]) == [])
            #expect(Set(try await base.ids("c", where: [:])) == ["kept", "old", id])
        }
    }

    /// What a transaction has added it finds again, under the id that was answered: a number stays one.
    @Test(arguments: TestEngine.allCases) func aTransactionFindsWhatItAdded(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await made("c", base)
            let name = try await base.begin(scope: 1)
            let added = try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"c","data":{"n":1}}"#)
            let id = try #require(added["id"]?.stringValue)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"\#(id)","update":{"$inc":{"n":1}}}"#)
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"c","data":{"_id":5}}"#) == ["id": 5])
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"set","collection":"c","id":5,"data":{"n":3}}"#)["id"] == 5)
            #expect(try await base.inTransaction(name, scope: 1, #"{"op":"get","collection":"c","id":5}"#)["data"] == ["_id": 5, "n": 3])
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await base.document("c", id)?["n"] == 2)
            #expect(try await base.perform(#"{"op":"get","collection":"c","id":5}"#)["data"] == ["_id": 5, "n": 3])
        }
    }

    @Test(arguments: TestEngine.allCases) func aPlainWriteWaitsForTheTransactionThatHoldsItsDocument(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"x","update":{"$set":{"t":1}}}"#)
            async let plain = base.perform(#"{"op":"update","collection":"c","id":"x","update":{"$set":{"n":100}}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await plain == ["matched": 1, "updated": 1])
            #expect(try await base.document("c", "x") == ["_id": "x", "n": 100, "t": 1])
        }
    }

    @Test(arguments: [
        #"{"op":"update","collection":"c","id":"x","update":{"$set":{"n":1}}}"#, #"{"op":"update","collection":"c","where":{},"update":{"$set":{"n":1}}}"#,
        #"{"op":"set","collection":"c","id":"x","data":{}}"#, #"{"op":"remove","collection":"c","id":"x"}"#, #"{"op":"remove","collection":"c","where":{}}"#,
        #"{"op":"add","collection":"c","data":{"_id":"x"}}"#,
    ])
    func aPlainWriteThatWaitsTooLongIsRefused(_ request: String) async throws {
        try await DatabaseFixture.with { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"get","collection":"c","id":"x"}"#)
            #expect(await sweepingUntilOver(base) { await base.refusal(request) } == "TRANSACTION_CONFLICT")
            #expect(try await base.document("c", "x") == ["_id": "x", "n": 0])
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
        }
    }

    @Test(arguments: TestEngine.allCases) func aTransactionThatWaitsTooLongForAnotherIsRefused(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x"}}"#)
            let first = try await base.begin(scope: 1)
            let second = try await base.begin(scope: 2)
            try await base.inTransaction(first, scope: 1, #"{"op":"get","collection":"c","id":"x"}"#)
            let code = await sweepingUntilOver(base) {
                await errorCode { try await base.inTransaction(second, scope: 2, #"{"op":"get","collection":"c","id":"x"}"#) }
            }
            #expect(code == "TRANSACTION_CONFLICT")
        }
    }

    @Test(arguments: TestEngine.allCases) func transactionsThatHoldWhatTheOtherWantsDoNotWaitForEver(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"x"},{"_id":"y"}]}"#)
            let names = [try await base.begin(scope: 1), try await base.begin(scope: 2)]
            try await base.inTransaction(names[0], scope: 1, #"{"op":"get","collection":"c","id":"x"}"#)
            try await base.inTransaction(names[1], scope: 2, #"{"op":"get","collection":"c","id":"y"}"#)
            let codes = await withTaskGroup(of: String?.self) { group in
                for (scope, wanted) in [(1, "y"), (2, "x")] {
                    group.addTask {
                        let code = await errorCode {
                            try await base.inTransaction(names[scope - 1], scope: UInt64(scope), #"{"op":"get","collection":"c","id":"\#(wanted)"}"#)
                        }
                        // As runTransaction does: whoever is refused lets go of everything.
                        if code != nil { base.documents.endScope(UInt64(scope), in: base.environment) }
                        return code
                    }
                }
                return await group.reduce(into: [String?]()) { $0.append($1) }
            }
            #expect(codes.compactMap { $0 } == ["TRANSACTION_CONFLICT"])
        }
    }

    @Test(arguments: TestEngine.allCases) func callsOfOneTransactionForTheSameDocumentMayWaitTogether(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#)
            let first = try await base.begin(scope: 1)
            let second = try await base.begin(scope: 2)
            try await base.inTransaction(first, scope: 1, #"{"op":"get","collection":"c","id":"x"}"#)
            async let one = base.inTransaction(second, scope: 2, #"{"op":"update","collection":"c","id":"x","update":{"$inc":{"n":1}}}"#)
            async let two = base.inTransaction(second, scope: 2, #"{"op":"update","collection":"c","id":"x","update":{"$inc":{"n":1}}}"#)
            try await base.inTransaction(first, scope: 1, #"{"op":"rollback"}"#)
            _ = try await (one, two)
            try await base.inTransaction(second, scope: 2, #"{"op":"commit"}"#)
            #expect(try await base.document("c", "x")?["n"] == 2)
        }
    }

    @Test(arguments: TestEngine.allCases) func aChangeUnderTheTransactionIsAConflictAndNothingIsWritten(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"x","n":0},{"_id":"y","n":0}]}"#)
            let name = try await base.begin(scope: 1)
            for id in ["y", "x"] {
                try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"\#(id)","update":{"$inc":{"n":1}}}"#)
            }
            // As a write does that passed the lock before the transaction took it.
            let store = try base.store
            try await store.database.write { connection in
                let collection = try store.collection("c")
                let old = try #require(try store.reader(connection, collection).one("x") { (seq: $0.int(0), document: try $0.document(2)) })
                try store.mutator(connection, collection).replace(old.seq, old: old.document, new: ["_id": "x", "n": 7], bytesMax: 1000)
            }
            let code = await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#) }
            #expect(code == "TRANSACTION_CONFLICT")
            #expect(try await base.document("c", "x")?["n"] == 7)
            #expect(try await base.document("c", "y")?["n"] == 0)
            #expect(await base.refusal(#"{"op":"update","collection":"c","id":"y","update":{"$inc":{"n":1}}}"#) == nil, "its locks are free")
        }
    }

    @Test(arguments: TestEngine.allCases) func whatItsInvocationLeavesOpenIsUndone(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#)
            let name = try await base.begin(scope: 1)
            let other = try await base.begin(scope: 2)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"x","update":{"$inc":{"n":1}}}"#)
            base.documents.endScope(1, in: base.environment)
            #expect(await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#) } == "TRANSACTION_NOT_FOUND")
            #expect(try await base.document("c", "x")?["n"] == 0)
            try await base.inTransaction(other, scope: 2, #"{"op":"update","collection":"c","id":"x","update":{"$inc":{"n":5}}}"#)
            try await base.inTransaction(other, scope: 2, #"{"op":"commit"}"#)
            #expect(try await base.document("c", "x")?["n"] == 5)
        }
    }

    @Test(arguments: TestEngine.allCases) func aTransactionEndsAfterTenSeconds(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"x","update":{"$inc":{"n":1}}}"#)
            base.time.advance(milliseconds: 10_000)
            try base.store.transactions.sweep(now: base.time.now)
            try await base.inTransaction(name, scope: 1, #"{"op":"get","collection":"c","id":"x"}"#)
            base.time.advance(milliseconds: 1)
            try base.store.transactions.sweep(now: base.time.now)
            #expect(await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#) } == "TRANSACTION_NOT_FOUND")
            #expect(try await base.perform(#"{"op":"update","collection":"c","id":"x","update":{"$inc":{"n":1}}}"#)["updated"] == 1)
            #expect(try await base.document("c", "x")?["n"] == 1)
        }
    }

    @Test(arguments: TestEngine.allCases) func aDuplicateAtTheCommitLeavesNothingOfIt(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.documents.createIndex(["keys": [["email", "asc"]], "unique": true], of: made("c", base), base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","email":"e"}}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"c","data":{"_id":"first","email":"f"}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"c","data":{"_id":"second","email":"e"}}"#)
            #expect(await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#) } == "DUPLICATE_KEY")
            #expect(try await base.ids("c", where: [:]) == ["x"])
            #expect(try await base.ids("c", where: ["email": "f"]) == [])
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"email":"f"}}"#) == nil, "the index forgot it as well")
        }
    }

    @Test(arguments: TestEngine.allCases) func stockIsNeverSoldTwice(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for number in 0..<10 { try await base.perform(["op": "add", "collection": "stock", "data": ["_id": .string("g\(number)"), "left": 3]]) }
            let sold = await withTaskGroup(of: Int.self) { group in
                for buyer in 1...64 {
                    group.addTask { await buy(base, goods: ["g\(buyer % 10)", "g\(buyer * 7 % 10)"], scope: UInt64(buyer)) }
                }
                return await group.reduce(0, +)
            }
            let left = try await base.perform(#"{"op":"get","collection":"stock"}"#)["data"]?.arrayValue ?? []
            let counts = left.compactMap { $0["left"]?.intValue }
            #expect(counts.count == 10 && counts.allSatisfy { $0 >= 0 })
            #expect(counts.reduce(0, +) == Int64(30 - sold), "what is sold and what is left make what there was")
            #expect(sold > 0)
        }
    }

    @Test(arguments: TestEngine.allCases) func aTransactionBelongsToItsInvocation(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let name = try await base.begin(scope: 1)
            #expect(await errorCode { try await base.inTransaction(name, scope: 2, #"{"op":"commit"}"#) } == "TRANSACTION_NOT_FOUND")
            #expect(await errorCode { try await base.inTransaction("t-", scope: 1, #"{"op":"commit"}"#) } == "TRANSACTION_NOT_FOUND")
            #expect(await base.refusal(#"{"op":"begin"}"#, as: DatabaseFixture.alice, scope: 1) == "PERMISSION_DENIED")
            #expect(await base.refusal(#"{"op":"begin"}"#, as: DatabaseFixture.function) == "PERMISSION_DENIED")
            #expect(await base.refusal(#"{"op":"commit"}"#, as: DatabaseFixture.function, scope: 1) == "BAD_MEMBER")
        }
    }

    /// A key may ask again after a restart, or be led to another node: what it began is not there, and somebody else's is not it.
    @Test func aNameIsKnownWhereItWasGivenAlone() throws {
        let here = TransactionTable(limits: Limits()), there = TransactionTable(limits: Limits())
        let mine = try here.begin(scope: TransactionTable.scopeOfKeys, now: 0)
        _ = try there.begin(scope: TransactionTable.scopeOfKeys, now: 0)
        #expect(try here.find(mine.name, scope: TransactionTable.scopeOfKeys, now: 0) === mine)
        #expect(throws: SampanError.self) { try there.find(mine.name, scope: TransactionTable.scopeOfKeys, now: 0) }
    }

    /// A key's transaction lives from request to request, and not longer than any other.
    @Test(arguments: TestEngine.allCases) func keysHaveTransactionsToo(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"stock","data":{"_id":"a","left":3}}"#)
            func begin() async throws -> JSON { try await base.perform(#"{"op":"begin"}"#)["transaction"] ?? .null }
            func say(_ request: String, in name: JSON) async throws -> JSON {
                var request = object(request)
                request["transaction"] = name
                return try await base.perform(.object(request))
            }
            let name = try await begin()
            #expect(try await say(#"{"op":"update","collection":"stock","id":"a","update":{"$inc":{"left":-1}}}"#, in: name)["updated"] == 1)
            #expect(try await say(#"{"op":"get","collection":"stock","where":{"left":2}}"#, in: name)["data"]?.arrayValue?.count == 1)
            #expect(try await base.document("stock", "a")?["left"] == 3)
            // Not a function's, and no function's is a key's.
            #expect(await errorCode { try await base.inTransaction(name.stringValue ?? "", scope: 1, #"{"op":"commit"}"#) } == "TRANSACTION_NOT_FOUND")
            let theirs = try await base.begin(scope: 1)
            #expect(await errorCode { try await say(#"{"op":"commit"}"#, in: .string(theirs)) } == "TRANSACTION_NOT_FOUND")
            #expect(await errorCode { try await say(#"{"op":"count","collection":"stock"}"#, in: "c-1") } == "TRANSACTION_NOT_FOUND")
            _ = try await say(#"{"op":"commit"}"#, in: name)
            #expect(try await base.document("stock", "a")?["left"] == 2)
            #expect(await errorCode { try await say(#"{"op":"commit"}"#, in: name) } == "TRANSACTION_NOT_FOUND")

            let forgotten = try await begin()
            _ = try await say(#"{"op":"set","collection":"stock","id":"a","data":{"left":0}}"#, in: forgotten)
            base.time.advance(milliseconds: 10_001)
            try base.store.transactions.sweep(now: base.time.now)
            #expect(await errorCode { try await say(#"{"op":"commit"}"#, in: forgotten) } == "TRANSACTION_NOT_FOUND")
            #expect(try await base.document("stock", "a")?["left"] == 2)
        }
    }

    @Test(arguments: [
        #"{"op":"findOneAndDelete","collection":"c","where":{}}"#, #"{"op":"createCollection","collection":"c"}"#,
        #"{"op":"update","collection":"c","where":{},"update":{"$set":{"a":1}},"upsert":true}"#,
        #"{"op":"bulkWrite","collection":"c","operations":[{"add":{"data":{}}}]}"#,
        #"{"op":"aggregate","collection":"c","pipeline":[{"$out":"d"}]}"#,
    ])
    func someThingsAreNotForTransactions(_ request: String) async throws {
        try await DatabaseFixture.with { base async throws in
            _ = try await made("c", base)
            let name = try await base.begin(scope: 1)
            #expect(await errorCode { try await base.inTransaction(name, scope: 1, request) } == "UNSUPPORTED_IN_TRANSACTION")
        }
    }

    private func made(_ name: String, _ base: DatabaseFixture) async throws -> String {
        _ = try await base.documents.createCollection(name, permission: nil, base.environment)
        return name
    }

    /// Lets waits expire, but no transaction, for as long as `body` runs.
    private func sweepingUntilOver(_ base: DatabaseFixture, _ body: @escaping @Sendable () async -> String?) async -> String? {
        let outcome = Outcome()
        let task = Task {
            let code = await body()
            outcome.isOver.store(true, ordering: .releasing)
            return code
        }
        while !outcome.isOver.load(ordering: .acquiring) {
            (try? base.store)?.transactions.sweep(now: base.time.now + 3001)
            await Task.yield()
        }
        return await task.value
    }

    private final class Outcome: Sendable {
        let isOver = Atomic(false)
    }

    /// Buys one of each, all or nothing, and tries again on a conflict; answers how many were bought.
    private func buy(_ base: DatabaseFixture, goods: [String], scope: UInt64) async -> Int {
        while true {
            do {
                let name = try await base.begin(scope: scope)
                for id in goods {
                    let read = try await base.inTransaction(name, scope: scope, #"{"op":"get","collection":"stock","id":"\#(id)"}"#)
                    guard let left = read["data"]?["left"]?.intValue, left > 0 else {
                        try await base.inTransaction(name, scope: scope, #"{"op":"rollback"}"#)
                        return 0
                    }
                    try await base.inTransaction(
                        name, scope: scope, #"{"op":"set","collection":"stock","id":"\#(id)","data":{"left":\#(left - 1)}}"#)
                }
                try await base.inTransaction(name, scope: scope, #"{"op":"commit"}"#)
                return goods.count
            } catch let error as SampanError where error.code == "TRANSACTION_CONFLICT" {
                base.documents.endScope(scope, in: base.environment)
            } catch {
                Issue.record(error)
                return 0
            }
        }
    }
}
