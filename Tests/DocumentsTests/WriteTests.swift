import Foundation
import Kernel
import NIOCore
import Testing

@testable import Documents

@Suite struct WriteTests {
    @Test(arguments: TestEngine.allCases) func aRepeatedWriteAnswersTheFirstAnswer(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let request = #"{"op":"add","collection":"c","data":{"n":1}}"#
            let first = try await base.perform(request, key: "k")
            let second = try await base.perform(request, key: "k")
            #expect(first == second)
            #expect(try await base.ids("c", where: [:]).count == 1)
            let increment = #"{"op":"update","collection":"c","where":{},"update":{"$inc":{"n":1}}}"#
            for _ in 0..<3 { #expect(try await base.perform(increment, key: "i") == ["matched": 1, "updated": 1]) }
            #expect(try await base.ids("c", where: ["n": 2]).count == 1)
        }
    }

    @Test(arguments: TestEngine.allCases) func repeatsThatComeTogetherWriteOnce(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#)
            try await withThrowingTaskGroup(of: JSON.self) { group in
                for _ in 0..<32 {
                    group.addTask { try await base.perform(#"{"op":"update","collection":"c","id":"x","update":{"$inc":{"n":1}}}"#, key: "k") }
                }
                for try await answer in group { #expect(answer["updated"] == 1) }
            }
            #expect(try await base.document("c", "x")?["n"] == 1)
        }
    }

    @Test(arguments: TestEngine.allCases) func aKeyThatWasUsedForAnotherRequestIsRefused(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"n":1}}"#, key: "k")
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"n":2}}"#, key: "k") == "IDEMPOTENCY_MISMATCH")
            #expect(try await base.ids("c", where: [:]).count == 1)
        }
    }

    @Test(arguments: TestEngine.allCases) func keysOfDifferentCallersAreDifferentKeys(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            let request = #"{"op":"add","collection":"c","data":{"n":1}}"#
            let callers: [Caller] = [
                DatabaseFixture.alice, DatabaseFixture.bob, .function(name: "f", user: User(openid: "alice")), .function(name: "g", user: .nobody), .key,
            ]
            for caller in callers { try await base.perform(request, as: caller, key: "k") }
            #expect(try await base.ids("c", where: [:]).count == callers.count)
        }
    }

    /// However ids and keys are put together, one caller's never reads like another's.
    @Test(arguments: TestEngine.allCases) func noOpenidAndKeyTogetherReadLikeAnothers(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            let request = #"{"op":"add","collection":"c","data":{"n":1}}"#
            try await base.perform(request, as: .user(User(openid: "a")), key: "b:c")
            try await base.perform(request, as: .user(User(openid: "a:b")), key: "c")
            #expect(try await base.ids("c", where: [:]).count == 2)
        }
    }

    @Test(arguments: TestEngine.allCases) func aWriteThatFailedIsNotRemembered(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x"}}"#)
            let request = #"{"op":"add","collection":"c","data":{"_id":"x","n":1}}"#
            #expect(await base.refusal(request, key: "k") == "DUPLICATE_KEY")
            try await base.perform(#"{"op":"remove","collection":"c","id":"x"}"#)
            #expect(try await base.perform(request, key: "k") == ["id": "x"])
        }
    }

    @Test(arguments: TestEngine.allCases) func anAddOfManyIsAllOrNothing(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"b"}}"#)
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":[{"_id":"a"},{"_id":"b"},{"_id":"c"}]}"#) == "DUPLICATE_KEY")
            #expect(try await base.ids("c", where: [:]) == ["b"])
        }
    }

    @Test(arguments: TestEngine.allCases) func setCreatesOrReplacesAndSaysWhich(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let request = #"{"op":"set","collection":"c","id":"x","data":{"n":1}}"#
            #expect(try await base.perform(request) == ["created": 1, "updated": 0, "id": "x"])
            #expect(try await base.perform(request) == ["created": 0, "updated": 0, "id": "x"])
            #expect(try await base.perform(#"{"op":"set","collection":"c","id":"x","data":{"m":1}}"#) == ["created": 0, "updated": 1, "id": "x"])
            #expect(try await base.document("c", "x") == ["_id": "x", "m": 1])
        }
    }

    @Test(arguments: TestEngine.allCases) func anUpdateOfOneOfManyChangesOne(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"n":1},{"n":1},{"n":2}]}"#)
            let answer = try await base.perform(#"{"op":"update","collection":"c","where":{"n":1},"update":{"$set":{"n":3}},"multi":false}"#)
            #expect(answer == ["matched": 1, "updated": 1])
            #expect(try await base.perform(#"{"op":"count","collection":"c","where":{"n":1}}"#) == ["total": 1])
        }
    }

    @Test(arguments: [
        ("goods", true), ("a", true), ("A-b_c.9", true), (String(repeating: "x", count: 64), true), ("", false),
        (String(repeating: "x", count: 65), false), ("system.users", false), ("a b", false), ("a/b", false), ("a$b", false), ("商品", false), ("a\"b", false),
        ("a\u{0}", false), ("systemusers", true),
    ])
    func namesOfCollections(_ name: String, isFine: Bool) async throws {
        try await DatabaseFixture.with { base async throws in
            let request: JSON = ["op": "add", "collection": .string(name), "data": [:]]
            #expect(await base.refusal(request) == (isFine ? nil : "BAD_MEMBER"))
            let code = await errorCode { try await base.documents.createCollection(name, permission: nil, base.environment) }
            #expect(code == (isFine ? nil : "BAD_MEMBER"))
        }
    }

    @Test(arguments: TestEngine.allCases) func aClientsDocumentIsSmallerThanAFunctions(_ engine: TestEngine) async throws {
        var limits = Limits()
        limits.clientDocumentBytesMax = 100
        limits.documentBytesMax = 200
        try await DatabaseFixture.with(engine: engine, limits: limits) { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            func add(_ bytes: Int, as caller: Caller) async -> String? {
                // {"_id":"x","t":"…","_openid":"alice"} or {"_id":"x","t":"…"}
                let frame = caller.isClient ? 36 : 18
                let text = String(repeating: "t", count: bytes - frame)
                _ = await base.refusal(#"{"op":"remove","collection":"c","id":"x"}"#)
                return await base.refusal(["op": "set", "collection": "c", "id": "x", "data": ["t": .string(text)]], as: caller)
            }
            #expect(await add(100, as: DatabaseFixture.alice) == nil)
            #expect(await add(101, as: DatabaseFixture.alice) == "DOCUMENT_TOO_LARGE")
            #expect(await add(200, as: DatabaseFixture.function) == nil)
            #expect(await add(201, as: DatabaseFixture.function) == "DOCUMENT_TOO_LARGE")
            // An update cannot grow one beyond it either.
            #expect(await add(90, as: DatabaseFixture.alice) == nil)
            let grown = await base.refusal(#"{"op":"update","collection":"c","id":"x","update":{"$set":{"u":"0123456789"}}}"#, as: DatabaseFixture.alice)
            #expect(grown == "DOCUMENT_TOO_LARGE")
        }
    }

    @Test(arguments: [
        (#"{"op":"get","collection":"c","limit":1000}"#, nil), (#"{"op":"get","collection":"c","limit":1001}"#, "BAD_MEMBER"),
        (#"{"op":"get","collection":"c","limit":-1}"#, "BAD_MEMBER"), (#"{"op":"get","collection":"c","limit":1.5}"#, "BAD_MEMBER"),
        (#"{"op":"get","collection":"c","skip":-1}"#, "BAD_MEMBER"), (#"{"op":"get","collection":"c","limit":"1"}"#, "BAD_MEMBER"),
        (#"{"op":"add","collection":"c","data":[]}"#, "BAD_MEMBER"), (#"{"op":"add","collection":"c"}"#, "BAD_MEMBER"),
        (#"{"op":"add","collection":"c","data":{"_id":""}}"#, "BAD_MEMBER"), (#"{"op":"add","collection":"c","data":{"_id":true}}"#, "BAD_MEMBER"),
        (#"{"op":"add","collection":"c","data":{"$a":1}}"#, "INVALID_DOCUMENT"), (#"{"op":"update","collection":"c","update":{"$set":{"a":1}}}"#, "BAD_MEMBER"),
        (#"{"op":"remove","collection":"c"}"#, "BAD_MEMBER"), (#"{"op":"update","collection":"c","id":"x","update":{"a":1}}"#, "INVALID_UPDATE"),
        (#"{"op":"get","collection":"c","where":{"$what":1}}"#, "INVALID_QUERY"), (#"{"op":"drop","collection":"c"}"#, "BAD_MEMBER"),
        (#"{"op":"get","collection":"none"}"#, "COLLECTION_NOT_FOUND"), (#"{"op":"get","collection":5}"#, "BAD_MEMBER"), (#"[]"#, "BAD_MEMBER"),
        (#"{"op":"update","collection":"c","id":"x","update":{"$set":{"_id":"y"}}}"#, "INVALID_UPDATE"),
    ])
    func requestsAreCheckedBeforeAnythingIsDone(_ request: String, code: String?) async throws {
        try await DatabaseFixture.with { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x"}}"#)
            #expect(await base.refusal(request) == code)
            #expect(try await base.ids("c", where: [:]) == ["x"])
        }
    }

    @Test(arguments: TestEngine.allCases) func anAddHasAtMostAThousandDocuments(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            let many = JSON.array(Array(repeating: ["n": 1], count: 1001))
            #expect(await base.refusal(["op": "add", "collection": "c", "data": many]) == "BAD_MEMBER")
            let fine = JSON.array(Array(repeating: ["n": 1], count: 1000))
            #expect(try await base.perform(["op": "add", "collection": "c", "data": fine])["ids"]?.arrayValue?.count == 1000)
        }
    }

    @Test(arguments: TestEngine.allCases) func aQueryThatDoesNotSayAnswersAHundred(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(["op": "add", "collection": "c", "data": .array(Array(repeating: ["n": 1], count: 150))])
            for request in [#"{"op":"get","collection":"c"}"#, #"{"op":"get","collection":"c","orderBy":[["n","desc"]]}"#] {
                #expect(try await base.perform(request)["data"]?.arrayValue?.count == 100)
            }
            #expect(try await base.perform(#"{"op":"get","collection":"c","limit":0}"#) == ["data": []])
        }
    }

    /// What cannot be read again must not be stored.
    @Test(arguments: TestEngine.allCases) func noUpdateNestsADocumentDeeperThanItCanBeRead(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x"}}"#)
            let path = Array(repeating: "a", count: 60).joined(separator: ".")
            let deep = String(repeating: #"{"b":"#, count: 35) + "1" + String(repeating: "}", count: 35)
            #expect(await base.refusal(#"{"op":"update","collection":"c","id":"x","update":{"$set":{"\#(path)":\#(deep)}}}"#) == nil)
            let deeper = String(repeating: #"{"b":"#, count: 45) + "1" + String(repeating: "}", count: 45)
            for update in [
                #"{"$set":{"\#(path)":\#(deeper)}}"#, #"{"$rename":{"a":"\#(path.replacing("a", with: "z"))"}}"#, #"{"$push":{"\#(path)s":\#(deeper)}}"#,
            ] {
                #expect(await base.refusal(#"{"op":"update","collection":"c","id":"x","update":\#(update)}"#) == "INVALID_UPDATE", "\(update.prefix(20))")
            }
            #expect(try await base.document("c", "x")?["a"] != nil)
        }
    }

    // MARK: Ids that are numbers

    private func found(_ base: DatabaseFixture, _ condition: JSON) async throws -> [JSON] {
        let answer = try await base.perform(["op": "get", "collection": "c", "where": condition])
        return (answer["data"]?.arrayValue ?? []).compactMap { $0["_id"] }
    }

    @Test(arguments: TestEngine.allCases) func aNumberAsIDStaysANumber(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            #expect(try await base.perform(#"{"op":"add","collection":"c","data":{"_id":5,"n":1}}"#) == ["id": 5])
            #expect(try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":6.0},{"_id":"x"}]}"#) == ["ids": [6, "x"]])
            #expect(try await base.perform(#"{"op":"set","collection":"c","id":7,"data":{"n":1}}"#) == ["created": 1, "updated": 0, "id": 7])
            for condition in [["_id": 5], ["_id": ["$in": [5]]], ["_id": ["$in": [5, "5"]]], ["_id": ["$lt": 6]], ["_id": 5, "n": 1]] as [JSON] {
                #expect(try await found(base, condition) == [5], "\(condition.text)")
            }
            #expect(try await found(base, ["_id": "5"]) == [], "a text is no number")
            #expect(try await found(base, ["_id": ["$in": [7, "x", 6]]]).count == 3)
            #expect(try await base.perform(#"{"op":"get","collection":"c","id":5}"#) == ["data": ["_id": 5, "n": 1]])
            #expect(try await base.perform(#"{"op":"update","collection":"c","where":{"_id":5},"update":{"$inc":{"n":1}}}"#) == ["matched": 1, "updated": 1])
            #expect(try await base.perform(#"{"op":"update","collection":"c","id":5,"update":{"$inc":{"n":1}}}"#) == ["matched": 1, "updated": 1])
            #expect(try await base.perform(#"{"op":"get","collection":"c","id":5}"#) == ["data": ["_id": 5, "n": 3]])
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"_id":5}}"#) == "DUPLICATE_KEY")
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"_id":5.5}}"#) == "BAD_MEMBER")
            #expect(try await base.exported("c").contains(#"{"_id":5,"n":3}"#))
            #expect(try await base.lines(#"{"_id":5,"n":9}"#, into: "c", upserts: true) == ["inserted": 0, "updated": 1])
            #expect(try await base.perform(#"{"op":"remove","collection":"c","where":{"_id":5}}"#) == ["removed": 1])
        }
    }

    @Test(arguments: TestEngine.allCases) func aNumberAsIDWaitsForItsTransactionToo(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":5,"n":0}}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"set","collection":"c","id":5,"data":{"n":1}}"#)
            async let updated = base.perform(#"{"op":"update","collection":"c","where":{"_id":5},"update":{"$inc":{"n":10}}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#)
            #expect(try await updated == ["matched": 1, "updated": 1])
            #expect(try await found(base, ["n": 11]) == [5])
        }
    }

    // MARK: Depth

    /// `depth` objects in one another.
    private func nested(_ depth: Int) -> JSON { (1..<depth).reduce(["end": true]) { inner, _ in ["a": inner] } }

    @Test(arguments: [
        (#"{"op":"add","collection":"c","data":#}"#, 0), (#"{"op":"add","collection":"c","data":[#]}"#, 0),
        (#"{"op":"set","collection":"c","id":"x","data":#}"#, 0), (#"{"op":"update","collection":"c","id":"d","update":{"$set":{"a":#}}}"#, 1),
        (#"{"op":"update","collection":"c","id":"d","update":{"$push":{"list":{"$each":[#]}}}}"#, 2),
    ])
    func aDocumentHasAHundredLevelsHoweverItComes(_ request: String, levelsAround: Int) async throws {
        try await DatabaseFixture.with { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"d"}}"#)
            func sent(_ depth: Int) -> ByteBuffer {
                ByteBuffer(string: request.replacingOccurrences(of: "#", with: nested(depth - levelsAround).text))
            }
            let context = CallContext(environment: base.environment, caller: .key, requestID: "r")
            _ = try await base.documents.perform(sent(100), context)
            #expect(["INVALID_DOCUMENT", "INVALID_UPDATE"].contains(await errorCode { try await base.documents.perform(sent(101), context) }))
            let name = try await base.perform(#"{"op":"get","collection":"c","projection":{"_id":1}}"#)["data"]?.arrayValue?.last?["_id"]
            let document = try await base.documents.document("c", id: name?.stringValue ?? "", context)
            #expect(throws: Never.self, "it can be read again") { try JSON(parsing: Array(document.readableBytesView)) }
        }
    }

    @Test(arguments: TestEngine.allCases) func anImportTakesAHundredLevelsToo(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            #expect(try await base.lines(nested(100).text, into: "c") == ["inserted": 1, "updated": 0])
            await #expect(throws: SampanError.self) { try await base.lines(nested(101).text, into: "c") }
        }
    }
}
