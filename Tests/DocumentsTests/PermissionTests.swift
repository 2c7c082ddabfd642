import Kernel
import NIOCore
import Testing

@testable import Documents

/// Every preset against every operation and caller: what it touched, or the code it was refused with.
@Suite struct PermissionTests {
    private static let operations: [(name: String, request: String, member: String)] = [
        ("get one", #"{"op":"get","collection":"c","id":"x"}"#, "data"),
        ("get", #"{"op":"get","collection":"c","where":{"n":0}}"#, "data"),
        ("count", #"{"op":"count","collection":"c"}"#, "total"),
        ("aggregate", #"{"op":"aggregate","collection":"c","pipeline":[{"$match":{"n":0}}]}"#, "data"),
        (
            "lookup",
            #"{"op":"aggregate","collection":"open","pipeline":[{"$lookup":{"from":"c","localField":"n","foreignField":"n","as":"j"}},{"$unwind":"$j"}]}"#,
            "data"
        ),
        ("add", #"{"op":"add","collection":"c","data":{"n":1}}"#, "id"),
        ("update one", #"{"op":"update","collection":"c","id":"x","update":{"$set":{"n":2}}}"#, "updated"),
        ("update", #"{"op":"update","collection":"c","where":{"n":0},"update":{"$set":{"n":2}}}"#, "updated"),
        ("set", #"{"op":"set","collection":"c","id":"x","data":{"n":2}}"#, "updated"),
        ("remove one", #"{"op":"remove","collection":"c","id":"x"}"#, "removed"),
        ("remove", #"{"op":"remove","collection":"c","where":{"n":0}}"#, "removed"),
    ]

    private static let reads = ["get one", "get", "count", "aggregate", "lookup"]
    private static let denied = "PERMISSION_DENIED"

    /// What a user may see or change of a document that is theirs (`own`) or another's.
    private func expected(_ permission: Permission, _ operation: String, own: Bool) -> String {
        let isRead = Self.reads.contains(operation)
        switch permission {
        case .adminOnly: return Self.denied
        case .adminWrite: return isRead ? "1" : Self.denied
        case .readOnly where isRead: return "1"
        case .readOnly, .private, .custom: break
        }
        if own || operation == "add" { return "1" }
        switch operation {
        case "get one": return "DOCUMENT_NOT_FOUND"
        case "set": return Self.denied
        default: return "0"
        }
    }

    /// As a preset, and written out as rules.
    @Test(arguments: Permission.presets, [false, true]) func usersReachWhatThePresetSays(_ permission: Permission, asRules: Bool) async throws {
        for (name, request, member) in Self.operations {
            for (caller, isOwner) in [(DatabaseFixture.alice, true), (DatabaseFixture.bob, false)] {
                let touched = try await touch(permission, asRules: asRules, request, member, as: caller)
                #expect(touched == expected(permission, name, own: isOwner), "\(permission.rawValue): \(name), owner: \(isOwner)")
            }
        }
    }

    @Test(arguments: Permission.presets) func functionsAndKeysReachEverything(_ permission: Permission) async throws {
        for (name, request, member) in Self.operations {
            for caller in [Caller.function(name: "f", user: User(openid: "bob")), DatabaseFixture.function, .key] {
                #expect(try await touch(permission, request, member, as: caller) == "1", "\(permission.rawValue): \(name), \(caller)")
            }
        }
    }

    /// One document of alice's under a preset; answers how many the request touched, or its code.
    private func touch(
        _ permission: Permission, asRules: Bool = false, _ request: String, _ member: String, as caller: Caller
    ) async throws -> String {
        var touched = ""
        try await DatabaseFixture.with { base async throws in
            _ = try await base.documents.createCollection(
                "c", permission: asRules ? nil : permission.rawValue, rules: asRules ? .object(RuleSet.source(of: permission)) : nil, base.environment)
            _ = try await base.documents.createCollection("open", permission: "READONLY", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0,"_openid":"alice"}}"#)
            try await base.perform(#"{"op":"add","collection":"open","data":{"n":0}}"#)
            do {
                let answer = try await base.perform(request, as: caller)[member]
                switch answer {
                case .int(let count)?: touched = String(count)
                case .array(let found)?: touched = String(found.count)
                case .string?, .object?: touched = "1"
                default: touched = "no \(member)"
                }
            } catch let error as SampanError {
                touched = error.code
                #expect(try await base.document("c", "x") == ["_id": "x", "n": 0, "_openid": "alice"], "a refusal changes nothing")
            }
        }
        return touched
    }

    @Test(arguments: TestEngine.allCases) func theBareDocumentFollowsThePresetToo(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: "PRIVATE", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":0}}"#, as: DatabaseFixture.alice)
            func read(_ caller: Caller) async throws -> String {
                String(buffer: try await base.documents.document("c", id: "x", CallContext(environment: base.environment, caller: caller, requestID: "r")))
            }
            #expect(try await read(DatabaseFixture.alice) == #"{"_id":"x","n":0,"_openid":"alice"}"#)
            #expect(await errorCode { try await read(DatabaseFixture.bob) } == "DOCUMENT_NOT_FOUND")
            try await base.documents.setAccess(permission: "ADMINONLY", of: "c", base.environment)
            #expect(await errorCode { try await read(DatabaseFixture.alice) } == "PERMISSION_DENIED")
        }
    }

    @Test(arguments: TestEngine.allCases) func clientsMakeNoCollections(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            #expect(await base.refusal(#"{"op":"createCollection","collection":"c"}"#, as: DatabaseFixture.alice) == "PERMISSION_DENIED")
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{}}"#, as: DatabaseFixture.alice) == "COLLECTION_NOT_FOUND")
            for isNew in [true, false] {
                let answer = try await base.perform(#"{"op":"createCollection","collection":"c"}"#, as: DatabaseFixture.function)
                #expect(answer["created"]?.boolValue == isNew)
            }
        }
    }

    @Test(arguments: TestEngine.allCases) func whatAUserWritesCarriesTheirOpenid(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: "READONLY", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","_openid":"bob","n":0}}"#, as: DatabaseFixture.alice)
            #expect(try await base.document("c", "x")?["_openid"] == "alice")
            try await base.perform(#"{"op":"set","collection":"c","id":"x","data":{"_openid":"bob"}}"#, as: DatabaseFixture.alice)
            #expect(try await base.document("c", "x") == ["_id": "x", "_openid": "alice"])
        }
    }

    @Test(arguments: [
        #"{"$set":{"_openid":"bob"}}"#, #"{"$unset":{"_openid":1}}"#, #"{"$rename":{"n":"_openid"}}"#, #"{"$rename":{"_openid":"n"}}"#,
        #"{"$set":{"_openid":null}}"#,
    ])
    func aUserCannotGiveADocumentAway(_ update: String) async throws {
        try await DatabaseFixture.with { base async throws in
            _ = try await base.documents.createCollection("c", permission: "READONLY", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"x","n":"bob"}}"#, as: DatabaseFixture.alice)
            for target in [#""id":"x""#, #""where":{}"#] {
                let code = await base.refusal(#"{"op":"update","collection":"c",\#(target),"update":\#(update)}"#, as: DatabaseFixture.alice)
                #expect(code == "PERMISSION_DENIED")
            }
            #expect(try await base.document("c", "x") == ["_id": "x", "n": "bob", "_openid": "alice"])
        }
    }

    @Test(arguments: TestEngine.allCases) func openidInAConditionStandsForTheCaller(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: "READONLY", base.environment)
            for caller in [DatabaseFixture.alice, DatabaseFixture.bob] { try await base.perform(#"{"op":"add","collection":"c","data":{"n":0}}"#, as: caller) }
            let condition = #"{"op":"get","collection":"c","where":{"$or":[{"_openid":"{openid}"}]}}"#
            for (caller, name) in [
                (DatabaseFixture.alice, "alice"), (DatabaseFixture.bob, "bob"), (.function(name: "f", user: User(openid: "bob")), "bob"),
            ] as [(Caller, JSON)] {
                let found = try await base.perform(condition, as: caller)["data"]?.arrayValue
                #expect(found?.map { $0["_openid"] } == [name])
            }
            // Where nobody is behind the call the text is a text.
            #expect(try await base.perform(condition, as: .key)["data"] == [])
        }
    }
}
