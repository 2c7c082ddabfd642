import Kernel
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Documents

/// Somebody who is told, and remembers it.
private final class Listener: WatchPeer {
    private let told = Mutex<[JSON]>([])

    func send(_ text: ByteBuffer) {
        let message = text.withUnsafeReadableBytes { try? JSON(parsing: $0) } ?? .null
        told.withLock { $0.append(message) }
    }

    var messages: [JSON] { told.withLock { $0 } }

    /// Waits for so many messages and answers them all.
    func messages(_ count: Int) async throws -> [JSON] {
        _ = try await eventually { messages.count >= count }
        #expect(messages.count == count)
        return messages
    }
}

@Suite struct WatchTests {
    private func session(_ base: DatabaseFixture, _ listener: Listener, as caller: Caller = DatabaseFixture.alice) -> WatchSession {
        let session = WatchSession(documents: base.documents, peer: listener) { _, _ in
            CallContext(environment: base.environment, caller: caller, requestID: "r")
        }
        session.login("t", nil)
        return session
    }

    private func say(_ session: WatchSession, _ message: String) { session.take(ByteBuffer(string: message)) }

    private func with(
        _ engine: TestEngine = .files, permission: String? = "READONLY", rules: JSON? = nil, limits: Limits = Limits(),
        _ body: (DatabaseFixture) async throws -> Void
    ) async throws {
        try await DatabaseFixture.with(engine: engine, limits: limits) { base async throws in
            _ = try await base.documents.createCollection("c", permission: permission, rules: rules, base.environment)
            for (id, price) in [("a", 1), ("b", 2), ("d", 4)] {
                try await base.perform(["op": "add", "collection": "c", "data": ["_id": .string(id), "price": .int(Int64(price)), "_openid": "alice"]])
            }
            try await body(base)
        }
    }

    private static func changes(_ message: JSON) -> [String] {
        message["changes"]?.arrayValue?.map { "\($0["queueType"]?.stringValue ?? "") \($0["dataType"]?.stringValue ?? "") \($0["docId"]?.stringValue ?? "")" }
            ?? []
    }

    @Test(arguments: TestEngine.allCases) func aQueryIsFollowed(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let listener = Listener()
            let session = session(base, listener)
            say(session, #"{"type":"watch","watch":"w","collection":"c","where":{"price":{"$lt":5}},"orderBy":[["price","desc"]]}"#)
            let first = try await listener.messages(2)
            #expect(first[0]["type"] == "ready")
            #expect(first[1]["type"] == "init" && first[1]["docs"]?.arrayValue?.map { $0["_id"] } == ["d", "b", "a"])
            // One message each: several commits may be told of in one, where they come fast.
            var count = 2
            for request in [
                #"{"op":"add","collection":"c","data":{"_id":"x","price":3}}"#,
                #"{"op":"update","collection":"c","id":"a","update":{"$set":{"price":4.5},"$unset":{"_openid":""}}}"#,
                #"{"op":"update","collection":"c","id":"b","update":{"$set":{"price":9}}}"#,
                #"{"op":"set","collection":"c","id":"d","data":{"price":0}}"#,
                #"{"op":"remove","collection":"c","id":"x"}"#,
                #"{"op":"add","collection":"c","data":{"_id":"y","price":50}}"#,
                #"{"op":"update","collection":"c","id":"y","update":{"$set":{"price":1}}}"#,
            ] {
                try await base.perform(request)
                if !request.contains("50") { count += 1 }
                _ = try await listener.messages(count)
            }
            let told = try await listener.messages(8)[2...]
            #expect(
                told.flatMap(Self.changes) == [
                    "enqueue add x", "update update a", "dequeue update b", "update replace d", "dequeue remove x", "enqueue update y",
                ])
            #expect(told[3]["changes"]?.arrayValue?[0]["updatedFields"] == ["price": 4.5])
            #expect(told[3]["changes"]?.arrayValue?[0]["removedFields"] == ["_openid"])
            #expect(told.last?["order"] == ["a", "y", "d"])
        }
    }

    @Test(arguments: TestEngine.allCases) func aLimitLetsTheNextOneIn(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let listener = Listener()
            let session = session(base, listener)
            say(session, #"{"type":"watch","watch":"w","collection":"c","orderBy":[["price","asc"]],"limit":2}"#)
            #expect(try await listener.messages(2)[1]["docs"]?.arrayValue?.map { $0["_id"] } == ["a", "b"])
            try await base.perform(#"{"op":"remove","collection":"c","id":"a"}"#)
            #expect(try await Self.changes(listener.messages(3)[2]) == ["dequeue limit a", "enqueue limit d"])
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"z","price":0}}"#)
            let last = try await listener.messages(4)[3]
            #expect(Self.changes(last) == ["dequeue limit d", "enqueue limit z"] && last["order"] == ["z", "b"])
        }
    }

    @Test(arguments: TestEngine.allCases) func whatWasMissedIsToldOnReturn(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let before = Listener()
            let first = session(base, before)
            say(first, #"{"type":"watch","watch":"w","collection":"c","where":{"price":{"$lt":5}}}"#)
            let token = try #require(try await before.messages(2)[1]["resume"]?.stringValue)
            first.end()
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","price":3}}"#)
            try await base.perform(#"{"op":"update","collection":"c","id":"a","update":{"$inc":{"price":1}}}"#)
            try await base.perform(#"{"op":"update","collection":"c","id":"a","update":{"$inc":{"price":1}}}"#)
            try await base.perform(#"{"op":"update","collection":"c","id":"b","update":{"$set":{"price":9}}}"#)
            let after = Listener()
            say(session(base, after), #"{"type":"watch","watch":"w","collection":"c","where":{"price":{"$lt":5}},"resume":"\#(token)"}"#)
            let message = try await after.messages(2)[1]
            #expect(message["type"] == "next" && Self.changes(message) == ["update update a", "dequeue remove b", "enqueue add x"])
            #expect(message["changes"]?.arrayValue?[0]["doc"]?["price"] == 3)
        }
    }

    /// Another collection of the same name has a past of its own.
    @Test(arguments: TestEngine.allCases) func whatIsAnotherCollectionNowIsToldAnew(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let before = Listener()
            let first = session(base, before)
            say(first, #"{"type":"watch","watch":"w","collection":"c"}"#)
            let token = try #require(try await before.messages(2)[1]["resume"]?.stringValue)
            first.end()
            try await base.documents.dropCollection("c", base.environment)
            _ = try await base.documents.createCollection("c", permission: "READONLY", base.environment)
            let after = Listener()
            say(session(base, after), #"{"type":"watch","watch":"w","collection":"c","resume":"\#(token)"}"#)
            let message = try await after.messages(2)[1]
            #expect(message["type"] == "init" && message["docs"] == [])
        }
    }

    @Test(arguments: TestEngine.allCases) func whoeverWatchesSeesWhatABackupBrings(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let backup = try await base.documents.makeBackup(base.environment)
            try await base.perform(#"{"op":"remove","collection":"c","where":{}}"#)
            let listener = Listener()
            let session = session(base, listener)
            say(session, #"{"type":"watch","watch":"w","collection":"c"}"#)
            #expect(try await listener.messages(2)[1]["docs"] == [])
            let id = try #require(backup["id"]?.stringValue)
            _ = try await base.documents.restoreBackup(id, collections: nil, base.environment, .en)
            #expect(try await listener.messages(3)[2]["code"] == "WATCH_ENDED")
            say(session, #"{"type":"watch","watch":"w","collection":"c"}"#)
            #expect(try await listener.messages(4)[3]["docs"]?.arrayValue?.count == 3)
        }
    }

    /// On a shared database other nodes restore, drop and close collections, too.
    @Test func whatAnotherNodeDoesToACollectionIsTold() async throws {
        try await with(.postgres) { first async throws in
            try await DatabaseFixture.with(engine: .postgres, folder: first.folder, environment: first.environment) { second async throws in
                let listener = Listener()
                let session = session(second, listener)
                let watch = #"{"type":"watch","watch":"w","collection":"c"}"#
                say(session, watch)
                #expect(try await listener.messages(2)[1]["docs"]?.arrayValue?.count == 3)
                let backup = try await first.documents.makeBackup(first.environment)
                try await first.perform(#"{"op":"remove","collection":"c","where":{}}"#)
                #expect(try await eventually { listener.messages.dropFirst(2).flatMap(Self.changes).count == 3 })
                let told = listener.messages.count
                _ = try await first.documents.restoreBackup(try #require(backup["id"]?.stringValue), collections: nil, first.environment, .en)
                #expect(try await listener.messages(told + 1)[told]["code"] == "WATCH_ENDED")
                say(session, watch)
                #expect(try await listener.messages(told + 2)[told + 1]["docs"]?.arrayValue?.count == 3)
                try await first.documents.setAccess(permission: "PRIVATE", of: "c", first.environment)
                #expect(try await listener.messages(told + 3)[told + 2]["code"] == "WATCH_ENDED")
                say(session, watch)
                _ = try await listener.messages(told + 4)
                try await first.documents.dropCollection("c", first.environment)
                #expect(try await listener.messages(told + 5)[told + 4]["code"] == "COLLECTION_NOT_FOUND")
            }
        }
    }

    @Test func whatIsNotKnownAnyMoreIsToldAnew() async throws {
        var limits = Limits()
        limits.historyDays = 0
        try await with(limits: limits) { base async throws in
            let listener = Listener()
            let session = session(base, listener)
            say(session, #"{"type":"watch","watch":"w","collection":"c","resume":"1.1"}"#)
            #expect(try await listener.messages(2)[1]["type"] == "init")
            try await base.perform(#"{"op":"remove","collection":"c","id":"a"}"#)
            #expect(try await Self.changes(listener.messages(3)[2]) == ["dequeue remove a"])
        }
    }

    @Test func nobodyIsToldWhatTheyMayNotSee() async throws {
        try await with(permission: nil, rules: ["read": "doc._openid == auth.openid", "write": true]) { base async throws in
            let (alice, bob) = (Listener(), Listener())
            let sessions = [session(base, alice), session(base, bob, as: DatabaseFixture.bob)]
            for session in sessions { say(session, #"{"type":"watch","watch":"w","collection":"c"}"#) }
            #expect(try await alice.messages(2)[1]["docs"]?.arrayValue?.count == 3)
            #expect(try await bob.messages(2)[1]["docs"] == [])
            try await base.perform(#"{"op":"update","collection":"c","id":"a","update":{"$set":{"_openid":"bob"}}}"#)
            #expect(try await Self.changes(alice.messages(3)[2]) == ["dequeue update a"])
            #expect(try await Self.changes(bob.messages(3)[2]) == ["enqueue update a"])
            try await base.documents.setAccess(permission: "ADMINONLY", of: "c", base.environment)
            #expect(try await alice.messages(4)[3]["code"] == "WATCH_ENDED")
            sessions[0].take(ByteBuffer(string: #"{"type":"watch","watch":"again","collection":"c"}"#))
            #expect(try await alice.messages(5)[4]["code"] == "PERMISSION_DENIED")
        }
    }

    @Test(arguments: TestEngine.allCases) func whatWasUndoneIsToldToNobody(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let listener = Listener()
            say(session(base, listener), #"{"type":"watch","watch":"w","collection":"c"}"#)
            _ = try await listener.messages(2)
            // The second document exists, so the first one is undone with it.
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":[{"_id":"n1"},{"_id":"a"}]}"#) == "DUPLICATE_KEY")
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"n2"}}"#)
            #expect(try await listener.messages(3)[2]["changes"]?.arrayValue?.map { $0["docId"] } == ["n2"])
        }
    }

    @Test func watchersOfOneQueryShareIt() async throws {
        try await with { base async throws in
            let listeners = (0..<200).map { _ in Listener() }
            for listener in listeners { say(session(base, listener), #"{"type":"watch","watch":"w","collection":"c","where":{"price":1}}"#) }
            for listener in listeners { _ = try await listener.messages(2) }
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"n","price":1}}"#)
            for listener in listeners { #expect(try await Self.changes(listener.messages(3)[2]) == ["enqueue add n"]) }
        }
    }

    @Test(arguments: [
        (#"{"type":"watch"}"#, "BAD_MEMBER"), (#"{"type":"watch","watch":"w","collection":"none"}"#, "COLLECTION_NOT_FOUND"),
        (#"{"type":"watch","watch":"w","collection":"c","where":{"$bad":1}}"#, "INVALID_QUERY"), ("[]", "BAD_MEMBER"), ("{", "MALFORMED_JSON"),
        (#"{"type":"close","watch":"w"}"#, "BAD_MEMBER"), (#"{"type":"dance"}"#, "BAD_MEMBER"),
        (#"{"type":"watch","watch":"w","collection":"c","limit":0}"#, "BAD_MEMBER"),
        (#"{"type":"watch","watch":"w","collection":"c","where":{"$sampleRate":0.5}}"#, "INVALID_QUERY"),
    ])
    func whatMakesNoSenseIsSaid(_ message: String, _ code: String) async throws {
        try await with { base async throws in
            let listener = Listener()
            say(session(base, listener), message)
            #expect(try await listener.messages(2)[1]["code"]?.stringValue == code)
        }
    }

    @Test func whoHasNotLoggedInIsToldSo() async throws {
        try await with { base async throws in
            let listener = Listener()
            let session = WatchSession(documents: base.documents, peer: listener) { _, _ in throw SampanError.accessChanged }
            #expect(!session.isStillWelcome())
            #expect(try await listener.messages(1)[0]["code"] == "LOGIN_FIRST")
        }
    }

    @Test func theNameOfAWatchThatFailedIsFreeAgain() async throws {
        var limits = Limits()
        limits.watchesOfConnectionMax = 1
        try await with(limits: limits) { base async throws in
            let listener = Listener()
            let session = session(base, listener)
            say(session, #"{"type":"watch","watch":"w","collection":"none"}"#)
            #expect(try await listener.messages(2)[1]["code"] == "COLLECTION_NOT_FOUND")
            say(session, #"{"type":"watch","watch":"w","collection":"c"}"#)
            #expect(try await listener.messages(3)[2]["type"] == "init")
        }
    }

    @Test func tooManyAreRefused() async throws {
        var limits = Limits()
        limits.watchedDocumentsMax = 3
        limits.watchesOfConnectionMax = 1
        try await with(limits: limits) { base async throws in
            let listener = Listener()
            let session = session(base, listener)
            say(session, #"{"type":"watch","watch":"w","collection":"c"}"#)
            _ = try await listener.messages(2)
            say(session, #"{"type":"watch","watch":"v","collection":"c"}"#)
            #expect(try await listener.messages(3)[2]["code"] == "LIMIT_EXCEEDED")
            try await base.perform(#"{"op":"add","collection":"c","data":{}}"#)
            #expect(try await listener.messages(4)[3]["code"] == "LIMIT_EXCEEDED")
            #expect(try await listener.messages(4)[3]["watch"] == "w")
        }
    }
}
