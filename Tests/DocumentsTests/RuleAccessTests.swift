import Kernel
import NIOCore
import Testing

@testable import Documents

/// Security rules against every operation: nobody sees, counts or changes what a rule does not let them.
@Suite struct RuleAccessTests {
    private func with(_ rules: String, _ body: (DatabaseFixture) async throws -> Void) async throws {
        try await DatabaseFixture.with { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, rules: json(rules), base.environment)
            for line in [
                #"{"_id":"a","_openid":"alice","price":1,"open":true,"members":["alice","bob"]}"#,
                #"{"_id":"b","_openid":"bob","price":2,"open":true,"members":["bob"]}"#,
                #"{"_id":"h","_openid":"bob","price":3,"open":false,"members":[]}"#,
            ] { try await base.perform(["op": "add", "collection": "c", "data": json(line)]) }
            try await body(base)
        }
    }

    private func ids(_ base: DatabaseFixture, _ request: String = #"{"op":"get","collection":"c"}"#, as caller: Caller = DatabaseFixture.alice) async throws
        -> [String]
    {
        try await base.perform(json(request), as: caller)["data"]?.arrayValue?.compactMap { $0["_id"]?.stringValue } ?? []
    }

    @Test func readsAreRestricted() async throws {
        try await with(#"{"read":"doc.open == true"}"#) { base async throws in
            #expect(try await ids(base) == ["a", "b"])
            #expect(try await ids(base, #"{"op":"get","collection":"c","where":{"price":{"$gte":2}}}"#) == ["b"])
            #expect(try await base.perform(#"{"op":"count","collection":"c"}"#, as: DatabaseFixture.alice)["total"] == 2)
            #expect(try await ids(base, #"{"op":"aggregate","collection":"c","pipeline":[{"$match":{"price":{"$gt":0}}}]}"#) == ["a", "b"])
            #expect(await base.refusal(#"{"op":"get","collection":"c","id":"h"}"#, as: DatabaseFixture.alice) == "DOCUMENT_NOT_FOUND")
            #expect(try await base.perform(#"{"op":"get","collection":"c","id":"a"}"#, as: DatabaseFixture.alice)["data"]?["price"] == 1)
            #expect(try await ids(base, as: .key).count == 3, "rules are for clients")
            // An index narrows what the rule says, and changes nothing.
            try await base.documents.createIndex(["keys": [["open", "asc"]]], of: "c", base.environment)
            #expect(try await ids(base) == ["a", "b"])
        }
    }

    @Test func joinsSeeNoMore() async throws {
        try await with(#"{"read":"doc.open == true"}"#) { base async throws in
            _ = try await base.documents.createCollection("open", permission: "READONLY", base.environment)
            try await base.perform(#"{"op":"add","collection":"open","data":{"_id":"x","of":["a","h"]}}"#)
            let joined = try await base.perform(
                #"{"op":"aggregate","collection":"open","pipeline":[{"$lookup":{"from":"c","localField":"of","foreignField":"_id","as":"j"}}]}"#,
                as: DatabaseFixture.alice)
            #expect(joined["data"]?.arrayValue?[0]["j"]?.arrayValue?.compactMap { $0["_id"]?.stringValue } == ["a"])
        }
    }

    @Test func membersReadWhatTheyAreMembersOf() async throws {
        try await with(#"{"read":"auth.openid in doc.members"}"#) { base async throws in
            #expect(try await ids(base) == ["a"])
            #expect(try await ids(base, as: DatabaseFixture.bob) == ["a", "b"])
            try await base.documents.createIndex(["keys": [["members", "asc"]]], of: "c", base.environment)
            #expect(try await ids(base, as: DatabaseFixture.bob) == ["a", "b"])
        }
    }

    @Test func otherDocumentsDecide() async throws {
        try await with(#"{"read":"get('database.users.' + auth.openid).role == 'clerk' || doc.open == true"}"#) { base async throws in
            #expect(try await ids(base) == ["a", "b"])
            try await base.perform(#"{"op":"add","collection":"users","data":{"_id":"alice","role":"clerk"}}"#)
            #expect(try await ids(base).count == 3)
            #expect(try await ids(base, as: DatabaseFixture.bob) == ["a", "b"])
        }
    }

    @Test func writesAreRestricted() async throws {
        let rules =
            #"{"read":true,"create":"request.data.price > 0","update":"doc._openid == auth.openid && request.data.price != 0","delete":"doc._openid == auth.openid && doc.price < 2"}"#
        try await with(rules) { base async throws in
            let alice = DatabaseFixture.alice
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"price":0}}"#, as: alice) == "PERMISSION_DENIED")
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":[{"price":1},{"price":-1}]}"#, as: alice) == "PERMISSION_DENIED")
            #expect(try await ids(base).count == 3, "of many none is kept when one is refused")
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"n","price":5}}"#, as: alice)
            #expect(try await base.perform(#"{"op":"update","collection":"c","where":{},"update":{"$inc":{"price":10}}}"#, as: alice)["updated"] == 2)
            #expect(try await base.document("c", "b")?["price"] == 2)
            #expect(await base.refusal(#"{"op":"update","collection":"c","id":"n","update":{"$set":{"price":0}}}"#, as: alice) == "PERMISSION_DENIED")
            #expect(try await base.document("c", "n")?["price"] == 15)
            #expect(try await base.perform(#"{"op":"update","collection":"c","id":"b","update":{"$set":{"price":9}}}"#, as: alice)["matched"] == 0)
            #expect(await base.refusal(#"{"op":"set","collection":"c","id":"b","data":{"price":9}}"#, as: alice) == "PERMISSION_DENIED")
            #expect(await base.refusal(#"{"op":"set","collection":"c","id":"z","data":{"price":0}}"#, as: alice) == "PERMISSION_DENIED")
            #expect(try await base.perform(#"{"op":"set","collection":"c","id":"z","data":{"price":1}}"#, as: alice)["created"] == 1)
            #expect(try await base.perform(#"{"op":"remove","collection":"c","where":{}}"#, as: alice)["removed"] == 1)
            #expect(try await ids(base).sorted() == ["a", "b", "h", "n"])
        }
    }

    @Test func fieldsAreProtected() async throws {
        try await with(#"{"read":true,"write":"doc._openid == auth.openid","fields":{"price":false}}"#) { base async throws in
            let alice = DatabaseFixture.alice
            for write in [
                #"{"op":"update","collection":"c","id":"a","update":{"$set":{"price":9}}}"#,
                #"{"op":"update","collection":"c","id":"a","update":{"$unset":{"price":""}}}"#,
                #"{"op":"update","collection":"c","where":{"open":true},"update":{"$rename":{"price":"cost"}}}"#,
                #"{"op":"set","collection":"c","id":"a","data":{"open":true}}"#,
                #"{"op":"add","collection":"c","data":{"price":9}}"#,
            ] { #expect(await base.refusal(json(write), as: alice) == "FIELD_PROTECTED", "\(write)") }
            #expect(try await base.perform(#"{"op":"update","collection":"c","id":"a","update":{"$set":{"open":false}}}"#, as: alice)["updated"] == 1)
            #expect(try await base.perform(#"{"op":"update","collection":"c","id":"a","update":{"$set":{"price":9}}}"#)["updated"] == 1)
        }
    }

    @Test func rulesAreKeptAndTaken() async throws {
        try await with(#"{"read":"doc.open == true"}"#) { base async throws in
            #expect(try base.documents.collection("c", base.environment)["rules"] == ["read": "doc.open == true"])
            try await base.documents.setAccess(permission: nil, rules: ["read": false], of: "c", base.environment)
            #expect(await base.refusal(#"{"op":"get","collection":"c"}"#, as: DatabaseFixture.alice) == "PERMISSION_DENIED")
            try await base.documents.setAccess(permission: "READONLY", of: "c", base.environment)
            #expect(try await ids(base).count == 3)
            #expect(try base.documents.collection("c", base.environment)["rules"] == nil)
            for (permission, rules) in [("CUSTOM", nil), ("READONLY", json(#"{"read":true}"#)), (nil, nil), ("ANY", nil)] as [(String?, JSON?)] {
                #expect(await errorCode { try await base.documents.setAccess(permission: permission, rules: rules, of: "c", base.environment) } == "BAD_MEMBER")
            }
            #expect(
                await errorCode { try await base.documents.setAccess(permission: nil, rules: ["read": "doc."], of: "c", base.environment) } == "INVALID_RULE")
        }
    }

    @Test func theTesterSaysWhy() async throws {
        try await with(#"{"read":"doc._openid == auth.openid || doc.open == true","write":false}"#) { base async throws in
            let answer = try base.documents.testRules(["action": "read", "user": ["openid": "alice"], "id": "h"], of: "c", base.environment)
            #expect(answer["allowed"] == false)
            #expect(answer["parts"]?.arrayValue?.map { $0["holds"] } == [false, false])
            #expect(answer["parts"]?.arrayValue?[0]["values"] == ["bob", "alice"])
            #expect(try base.documents.testRules(["action": "read", "user": ["openid": "bob"], "id": "h"], of: "c", base.environment)["allowed"] == true)
            let other = try base.documents.testRules(
                ["action": "create", "user": .null, "data": ["n": 1], "rules": ["create": "auth == null && request.data.n == 1"]], of: "c", base.environment)
            #expect(other["allowed"] == true)
        }
    }
}
