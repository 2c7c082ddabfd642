import Foundation
import HTTPSupport
import Kernel
import Testing

@testable import Documents

/// What the documents of a collection must look like, on both engines.
@Suite struct ValidatorTests {
    private static let schema = #"{"validator":{"$jsonSchema":{"required":["name"],"properties":{"price":{"bsonType":"number","minimum":0}}}}}"#

    private func set(_ validation: String, _ base: DatabaseFixture, of name: String = "c") async throws {
        if try !base.documents.collectionNames(base.environment).contains(name) {
            _ = try await base.documents.createCollection(name, permission: "READONLY", base.environment)
        }
        try await base.documents.setAccess(validation: object(validation), of: name, base.environment)
    }

    @Test(arguments: TestEngine.allCases) func everyWayOfWriting(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await set(Self.schema, base)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a","name":"bun","price":3}}"#)
            try await base.perform(#"{"op":"add","collection":"other","data":[{"_id":"a","price":-3},{"_id":"x","price":4}]}"#)
            for write in [
                #"{"op":"add","collection":"c","data":{"price":3}}"#,
                #"{"op":"add","collection":"c","data":[{"name":"x"},{"name":"y","price":"3"}]}"#,
                #"{"op":"set","collection":"c","id":"a","data":{"price":1}}"#,
                #"{"op":"set","collection":"c","id":"new","data":{"price":1}}"#,
                #"{"op":"update","collection":"c","id":"a","update":{"$unset":{"name":""}}}"#,
                #"{"op":"update","collection":"c","where":{"name":"bun"},"update":{"$inc":{"price":-4}}}"#,
                #"{"op":"update","collection":"c","where":{"name":"bun"},"update":[{"$set":{"price":-1}}]}"#,
                #"{"op":"update","collection":"c","where":{"_id":"new"},"update":{"$set":{"price":1}},"upsert":true}"#,
                #"{"op":"replace","collection":"c","where":{"_id":"a"},"data":{"price":1}}"#,
                #"{"op":"findOneAndUpdate","collection":"c","where":{"_id":"a"},"update":{"$set":{"price":-1}}}"#,
                #"{"op":"findOneAndReplace","collection":"c","where":{"_id":"a"},"data":{"price":1}}"#,
                #"{"op":"aggregate","collection":"other","pipeline":[{"$merge":{"into":"c"}}]}"#,
                #"{"op":"aggregate","collection":"other","pipeline":[{"$out":"c"}]}"#,
            ] { #expect(await base.refusal(write) == "DOCUMENT_INVALID", "\(write)") }
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"price":3}}"#, as: DatabaseFixture.alice) == "DOCUMENT_INVALID")
            let bulk = try await base.perform(
                #"{"op":"bulkWrite","collection":"c","operations":[{"add":{"data":{"name":"tea"}}},{"add":{"data":{"price":1}}},{"add":{"data":{"name":"no"}}}]}"#
            )
            #expect(bulk["results"]?.arrayValue?.count == 2, "\(bulk.text)")
            #expect(bulk["results"]?.arrayValue?.last?["error"]?["code"] == "DOCUMENT_INVALID" && bulk["inserted"] == 1)
            let imported = await errorCode { try await base.lines("{\"name\":\"x\"}\n{\"price\":2}", into: "c") }
            #expect(imported == "DOCUMENT_INVALID")
            // Nothing of what was refused is there, and what fits goes through.
            #expect(try await base.perform(#"{"op":"distinct","collection":"c","field":"name"}"#)["values"] == ["bun", "tea"])
            #expect(try await base.perform(#"{"op":"count","collection":"c"}"#)["total"] == 2)
            #expect(try await base.document("c", "a") == ["_id": "a", "name": "bun", "price": 3])
            try await base.perform(#"{"op":"update","collection":"c","id":"a","update":{"$inc":{"price":-3}}}"#)
            #expect(try await base.perform(#"{"op":"remove","collection":"c","id":"a"}"#)["removed"] == 1)
        }
    }

    @Test(arguments: TestEngine.allCases) func transactionsAreRefusedWhole(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await set(Self.schema, base)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a","name":"bun"}}"#)
            let name = try await base.begin(scope: 1)
            try await base.inTransaction(name, scope: 1, #"{"op":"add","collection":"c","data":{"_id":"b","name":"tea"}}"#)
            try await base.inTransaction(name, scope: 1, #"{"op":"update","collection":"c","id":"a","update":{"$set":{"price":-1}}}"#)
            let code = await errorCode { try await base.inTransaction(name, scope: 1, #"{"op":"commit"}"#) }
            #expect(code == "DOCUMENT_INVALID")
            #expect(try await base.ids("c", where: [:]) == ["a"])
            #expect(try await base.document("c", "a") == ["_id": "a", "name": "bun"])
        }
    }

    @Test func refusalNamesFieldAndRule() async throws {
        try await DatabaseFixture.with { base async throws in
            try await set(
                #"""
                {"validator":{"price":{"$gte":0},"$jsonSchema":{"properties":{"name":{"bsonType":"string","maxLength":3},
                "items":{"items":{"required":["n"],"additionalProperties":false,"properties":{"n":{"minimum":1}}}}}}}}
                """#, base)
            func refused(_ document: String) async throws -> [JSON?] {
                do {
                    try await base.perform(["op": "add", "collection": "c", "data": json(document)])
                    return []
                } catch let error as SampanError {
                    #expect(error.code == "DOCUMENT_INVALID" && error.status == 422 && error.members["collection"] == "c")
                    return [error.members["field"], error.members["rule"]]
                }
            }
            #expect(try await refused(#"{"price":-1}"#) == ["price", #"{"price":{"$gte":0}}"#])
            #expect(try await refused(#"{"name":"x"}"#) == ["price", #"{"price":{"$gte":0}}"#])
            #expect(try await refused(#"{"price":1,"name":5}"#) == ["name", "bsonType"])
            #expect(try await refused(#"{"price":1,"name":"long"}"#) == ["name", "maxLength"])
            #expect(try await refused(#"{"price":1,"items":[{"n":1},{}]}"#) == ["items.1.n", "required"])
            #expect(try await refused(#"{"price":1,"items":[{"n":0}]}"#) == ["items.0.n", "minimum"])
            #expect(try await refused(#"{"price":1,"items":[{"n":1,"m":2}]}"#) == ["items.0.m", "additionalProperties"])
            #expect(try await refused(#"{"price":1,"name":"abc","items":[{"n":1}]}"#) == [])
        }
    }

    @Test(arguments: TestEngine.allCases) func levelsAndActions(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"old","n":-1},{"_id":"good","n":1}]}"#)
            try await set(#"{"validator":{"n":{"$gt":0}},"validationLevel":"moderate"}"#, base)
            // What never fitted may go on; what fitted may not stop.
            try await base.perform(#"{"op":"update","collection":"c","id":"old","update":{"$set":{"n":-2}}}"#)
            #expect(await base.refusal(#"{"op":"update","collection":"c","id":"good","update":{"$set":{"n":-2}}}"#) == "DOCUMENT_INVALID")
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"n":0}}"#) == "DOCUMENT_INVALID")
            try await set(#"{"validationLevel":"strict"}"#, base)
            #expect(await base.refusal(#"{"op":"update","collection":"c","id":"old","update":{"$set":{"n":-3}}}"#) == "DOCUMENT_INVALID")
            try await set(#"{"validationLevel":"off"}"#, base)
            try await base.perform(#"{"op":"add","collection":"c","data":{"n":0}}"#)
            try await set(#"{"validationLevel":"strict","validationAction":"warn"}"#, base)
            #expect(try base.documents.collection("c", base.environment)["validationWarnings"] == nil)
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"w","n":0}}"#)
            let shown = try base.documents.collection("c", base.environment)
            #expect(shown["validationWarnings"]?["count"] == 1 && shown["validationWarnings"]?["lastId"] == "w" && shown["validationWarnings"]?["field"] == "n")
            #expect(shown["validator"] == ["n": ["$gt": 0]] && shown["validationLevel"] == "strict" && shown["validationAction"] == "warn")
            try await set(#"{"validator":null}"#, base)
            #expect(try base.documents.collection("c", base.environment)["validator"] == nil)
            try await base.perform(#"{"op":"add","collection":"c","data":{"n":0}}"#)
        }
    }

    @Test func wrongOnesAreRefused() async throws {
        try await DatabaseFixture.with { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            let tag = try base.documents.collectionTag("c", base.environment)
            for (validation, code) in [
                (#"{"validator":{"$jsonSchema":{"requird":["a"]}}}"#, "INVALID_QUERY"), (#"{"validator":{"a":{"$gtt":1}}}"#, "INVALID_QUERY"),
                (#"{"validator":{"$text":{"$search":"a"}}}"#, "INVALID_QUERY"), (#"{"validator":5}"#, "BAD_MEMBER"),
                (#"{"validator":{"at":{"$near":{"$geometry":{"type":"Point","coordinates":[1,1]}}}}}"#, "INVALID_QUERY"),
                (#"{"validator":{"a":1},"validationLevel":"hard"}"#, "BAD_MEMBER"), (#"{"validator":{"a":1},"validationAction":"shout"}"#, "BAD_MEMBER"),
                (#"{"validationLevel":"strict"}"#, "BAD_MEMBER"),
            ] {
                let refusal = await errorCode { try await set(validation, base) }
                #expect(refusal == code, "\(validation)")
            }
            #expect(try base.documents.collectionTag("c", base.environment).text == tag.text)
            let made = await errorCode { try await base.documents.createCollection("d", permission: nil, validation: ["validator": 5], base.environment) }
            #expect(made == "BAD_MEMBER")
            #expect(try base.documents.collectionNames(base.environment) == ["c"])
        }
    }

    /// Another process over the same database, copies, restored collections and pictures know it as well.
    @Test(arguments: TestEngine.allCases) func itGoesWhereTheCollectionGoes(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a","n":-1}}"#)
            try await set(#"{"validator":{"n":{"$gt":0}}}"#, base)
            base.time.advance(milliseconds: 1000)
            _ = try await base.documents.restore("c", at: base.time.now, as: "past", base.environment)
            #expect(await base.refusal(#"{"op":"add","collection":"past","data":{"n":0}}"#) == "DOCUMENT_INVALID")
            try base.documents.close(base.environment)
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"n":0}}"#) == "DOCUMENT_INVALID")
            for withDocuments in [true, false] {
                let copy = EnvironmentID.random()
                try await base.documents.copy(base.environment, to: copy, withDocuments: withDocuments)
                #expect(try base.documents.collection("c", copy)["validator"] == ["n": ["$gt": 0]])
                try await base.documents.remove(copy)
            }
            try await base.documents.setAccess(rules: ["read": true], of: "c", base.environment)
            let picture = try await base.documents.picture(of: base.environment, at: base.folder.appendingPathComponent("picture.sqlite").path)
            let part = try #require(try picture.parts().first { $0.name == "c" })
            #expect(part.description["validator"] == ["n": ["$gt": 0]] && part.description["rules"] == ["read": true])
            try picture.close()
        }
    }
}
