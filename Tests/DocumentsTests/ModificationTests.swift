import Foundation
import Kernel
import Testing

@testable import Documents

/// Upserts, positions in arrays, find-and-change, bulk writes and distinct values, on both engines.
@Suite struct ModificationTests {
    private func with(_ engine: TestEngine, _ body: (DatabaseFixture) async throws -> Void) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for line in [
                #"{"_id":"a","n":1,"tags":["x","y"],"items":[{"sku":"p","qty":1},{"sku":"q","qty":5}]}"#, #"{"_id":"b","n":2,"tags":["y"]}"#,
                #"{"_id":"c","n":3}"#,
            ] { try await base.perform(["op": "add", "collection": "c", "data": json(line)]) }
            try await body(base)
        }
    }

    @Test(arguments: TestEngine.allCases) func upserts(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let made = try await base.perform(
                #"{"op":"update","collection":"c","where":{"sku":"new","n":{"$gt":5}},"update":{"$set":{"n":9},"$setOnInsert":{"first":true}},"upsert":true}"#)
            let id = try #require(made["upsertedId"]?.stringValue)
            #expect(made["matched"] == 0 && made["updated"] == 0)
            #expect(try await base.document("c", id) == ["_id": .string(id), "sku": "new", "first": true, "n": 9])
            let again = try await base.perform(#"{"op":"update","collection":"c","where":{"sku":"new"},"update":{"$inc":{"n":1}},"upsert":true}"#)
            #expect(again["matched"] == 1 && again["upsertedId"] == nil)
            #expect(
                try await base.perform(#"{"op":"update","collection":"c","id":7,"update":{"$set":{"n":1}},"upsert":true}"#)["upsertedId"] == 7)
            #expect(try await base.perform(#"{"op":"replace","collection":"c","id":"z","data":{"n":1},"upsert":true}"#)["upsertedId"] == "z")
            #expect(try await base.perform(#"{"op":"replace","collection":"c","where":{"_id":"z"},"data":{"m":2}}"#)["updated"] == 1)
            #expect(try await base.document("c", "z") == ["_id": "z", "m": 2])
        }
    }

    @Test(arguments: TestEngine.allCases) func positions(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            try await base.perform(#"{"op":"update","collection":"c","where":{"items.sku":"q"},"update":{"$inc":{"items.$.qty":10}}}"#)
            #expect(try await base.document("c", "a")?["items"]?.arrayValue?[1]["qty"] == 15)
            try await base.perform(
                #"{"op":"update","collection":"c","where":{"_id":"a"},"update":{"$set":{"items.$[few].low":true}},"arrayFilters":[{"few.qty":{"$lt":5}}]}"#)
            #expect(try await base.document("c", "a")?["items"] == [["sku": "p", "qty": 1, "low": true], ["sku": "q", "qty": 15]])
            try await base.perform(#"{"op":"update","collection":"c","where":{"_id":"a"},"update":[{"$set":{"total":{"$sum":"$items.qty"}}}]}"#)
            #expect(try await base.document("c", "a")?["total"] == 16)
        }
    }

    @Test(arguments: TestEngine.allCases) func findAndChange(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let before = try await base.perform(
                #"{"op":"findOneAndUpdate","collection":"c","where":{"n":{"$gte":2}},"orderBy":[["n","desc"]],"update":{"$inc":{"n":10}},"projection":{"n":1}}"#
            )
            #expect(before["data"] == ["_id": "c", "n": 3])
            let after = try await base.perform(
                #"{"op":"findOneAndUpdate","collection":"c","where":{"_id":"c"},"update":{"$inc":{"n":1}},"return":"after"}"#)
            #expect(after["data"]?["n"] == 14)
            #expect(try await base.perform(#"{"op":"findOneAndDelete","collection":"c","where":{"n":14}}"#)["data"]?["_id"] == "c")
            #expect(try await base.perform(#"{"op":"findOneAndDelete","collection":"c","where":{"n":14}}"#)["data"] == .null)
            #expect(
                try await base.perform(#"{"op":"findOneAndReplace","collection":"c","where":{"_id":"b"},"data":{"k":1},"return":"after"}"#)["data"]
                    == ["_id": "b", "k": 1])
        }
    }

    @Test(arguments: TestEngine.allCases) func manyAtOnce(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let list =
                #"[{"add":{"data":{"_id":"d"}}},{"update":{"where":{"n":{"$lt":3}},"update":{"$set":{"m":1}}}},{"add":{"data":{"_id":"a"}}},{"remove":{"where":{"m":1},"multi":false}}]"#
            let stopped = try await base.perform(json(#"{"op":"bulkWrite","collection":"c","operations":\#(list)}"#))
            #expect(stopped["results"]?.arrayValue?.count == 3 && stopped["inserted"] == 1 && stopped["updated"] == 2 && stopped["removed"] == 0)
            #expect(stopped["results"]?.arrayValue?[2]["error"]?["code"] == "DUPLICATE_KEY")
            let all = try await base.perform(
                json(
                    #"{"op":"bulkWrite","collection":"c","ordered":false,"operations":[{"add":{"data":{"_id":"a"}}},{"fly":{}},{"add":{"data":{"_id":"e"}}}]}"#)
            )
            #expect(all["inserted"] == 1 && all["results"]?.arrayValue?.count == 3)
            #expect(all["results"]?.arrayValue?.compactMap { $0["error"]?["code"] } == ["DUPLICATE_KEY", "BAD_MEMBER"])
        }
    }

    @Test(arguments: TestEngine.allCases) func differentValues(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            #expect(try await base.perform(#"{"op":"distinct","collection":"c","field":"tags"}"#)["values"] == ["x", "y"])
            #expect(try await base.perform(#"{"op":"distinct","collection":"c","field":"n","where":{"tags":"y"}}"#)["values"] == [1, 2])
        }
    }

    @Test(arguments: TestEngine.allCases) func whatWasCutSaysSo(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            #expect(try await base.perform(#"{"op":"get","collection":"c","limit":2}"#)["more"] == true)
            #expect(try await base.perform(#"{"op":"get","collection":"c","limit":3}"#)["more"] == nil)
            #expect(try await base.perform(#"{"op":"get","collection":"c","limit":2,"orderBy":[["n","desc"]]}"#)["more"] == true)
            #expect(try await base.perform(#"{"op":"get","collection":"c","limit":2,"skip":1,"orderBy":[["n","desc"]]}"#)["more"] == nil)
        }
    }

    @Test(arguments: TestEngine.allCases) func resultsGoIntoCollections(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let sums = #"{"$group":{"_id":"$tags","n":{"$sum":"$n"}}}"#
            let written = try await base.perform(
                json(#"{"op":"aggregate","collection":"c","pipeline":[{"$unwind":"$tags"},\#(sums),{"$out":"sums"}]}"#))
            #expect(written["written"] == 2)
            #expect(try await base.document("sums", "y") == ["_id": "y", "n": 3])
            try await base.perform(#"{"op":"update","collection":"sums","id":"y","update":{"$set":{"kept":true}}}"#)
            try await base.perform(
                json(#"{"op":"aggregate","collection":"c","pipeline":[{"$match":{"_id":"a"}},{"$unwind":"$tags"},\#(sums),{"$merge":{"into":"sums"}}]}"#))
            #expect(try await base.document("sums", "y") == ["_id": "y", "n": 1, "kept": true])
            #expect(
                await base.refusal(json(#"{"op":"aggregate","collection":"c","pipeline":[{"$out":"x"}]}"#), as: DatabaseFixture.alice) == "PERMISSION_DENIED")
        }
    }

    @Test(arguments: TestEngine.allCases) func indexesOfEveryKind(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("shops", permission: "READONLY", base.environment)
            for (id, name, x, y) in [("a", "西湖茶馆 tea house", 120.15, 30.25), ("b", "北京烤鸭店", 116.40, 39.90), ("c", "Green Tea", 120.16, 30.26)] {
                try await base.perform([
                    "op": "add", "collection": "shops",
                    "data": [
                        "_id": .string(id), "name": .string(name), "at": ["type": "Point", "coordinates": [.double(x), .double(y)]], "open": .bool(id != "c"),
                    ],
                ])
            }
            let near =
                #"{"op":"get","collection":"shops","where":{"at":{"$near":{"$geometry":{"type":"Point","coordinates":[120.15,30.25]},"$maxDistance":5000}}}}"#
            let text = #"{"op":"get","collection":"shops","where":{"$text":{"$search":"茶馆"}}}"#
            func ids(_ request: String) async throws -> [String] {
                try await base.perform(json(request))["data"]?.arrayValue?.compactMap { $0["_id"]?.stringValue } ?? []
            }
            #expect(await base.refusal(json(text)) == "INVALID_QUERY", "it needs an index")
            for request in [
                #"{"keys":[["at","2dsphere"]]}"#, #"{"keys":[["name","text"]]}"#, #"{"keys":[["open","asc"]],"name":"partial","partial":{"open":true}}"#,
                #"{"keys":[["rare","asc"]],"name":"sparse","sparse":true}"#,
            ] { try await base.documents.createIndex(object(request), of: "shops", base.environment) }
            #expect(try await ids(near) == ["a", "c"])
            #expect(try await ids(near.replacingOccurrences(of: "5000", with: "5000000")) == ["a", "c", "b"])
            #expect(try await ids(text) == ["a"])
            #expect(try await ids(#"{"op":"get","collection":"shops","where":{"$text":{"$search":"tea"}}}"#).sorted() == ["a", "c"])
            #expect(try await ids(#"{"op":"get","collection":"shops","where":{"open":true},"orderBy":[["_id","asc"]]}"#) == ["a", "b"])
            #expect(try await ids(#"{"op":"get","collection":"shops","where":{"$or":[{"open":false},{"_id":"b"}]},"orderBy":[["_id","asc"]]}"#) == ["b", "c"])
            let keys = try base.documents.collection("shops", base.environment)["indexes"]?.arrayValue?.map { $0["keys"] }
            #expect(keys?.prefix(2) == [[["at", "2dsphere"]], [["name", "text"]]])
            try await base.perform(#"{"op":"update","collection":"shops","id":"b","update":{"$set":{"at":{"type":"Point","coordinates":[120.151,30.251]}}}}"#)
            #expect(try await ids(near) == ["a", "b", "c"])
        }
    }

    /// An index is made while others write; whoever dies in between leaves none that anybody reads.
    @Test(arguments: TestEngine.allCases) func anIndexIsBuiltBesideWriters(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for start in stride(from: 0, to: 3000, by: 1000) {
                let list = (start..<(start + 1000)).map { JSON.object(["_id": .string("\($0)"), "n": .int(Int64($0 % 10))]) }
                try await base.perform(["op": "add", "collection": "c", "data": .array(list)])
            }
            async let made: Void = base.documents.createIndex(["keys": [["n", "asc"]], "name": "n"], of: "c", base.environment)
            for number in 0..<60 {
                try await base.perform(["op": "update", "collection": "c", "id": .string("\(number * 40)"), "update": ["$set": ["n": 77]]])
                try await base.perform(["op": "remove", "collection": "c", "id": .string("\(number * 40 + 1)")])
                try await base.perform(["op": "add", "collection": "c", "data": ["_id": .string("x\(number)"), "n": 77]])
            }
            try await made
            #expect(try await base.perform(#"{"op":"count","collection":"c","where":{"n":77}}"#)["total"] == 120)
            let byIndex = try await base.perform(#"{"op":"count","collection":"c","where":{"n":3}}"#)["total"]
            try await base.documents.dropIndex("n", of: "c", base.environment)
            #expect(try await base.perform(#"{"op":"count","collection":"c","where":{"n":3}}"#)["total"] == byIndex)
            let twice = #"{"keys":[["n","asc"]],"name":"once","unique":true}"#
            #expect(await errorCode { try await base.documents.createIndex(object(twice), of: "c", base.environment) } == "DUPLICATE_KEY")
            #expect(try base.documents.collection("c", base.environment)["indexes"] == [])
        }
    }
}

/// What an operation may not do.
@Suite struct ModificationLimitsTests {
    @Test func oneIsRemovedByItsID() async throws {
        try await DatabaseFixture.with { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a"},{"_id":"b"},{"_id":"c","n":1}]}"#)
            #expect(try await base.perform(#"{"op":"remove","collection":"c","id":"b","multi":false}"#)["removed"] == 1)
            #expect(try await base.document("c", "a") != nil)
            #expect(try await base.perform(#"{"op":"remove","collection":"c","where":{"n":{"$exists":false}},"multi":false}"#)["removed"] == 1)
            #expect(await base.refusal(#"{"op":"remove","collection":"c","multi":false}"#) == "BAD_MEMBER")
            #expect(try await base.perform(#"{"op":"count","collection":"c"}"#)["total"] == 1)
        }
    }

    /// Who may change what they may not read is not told what it holds.
    @Test func nobodyReadsByChanging() async throws {
        try await DatabaseFixture.with { base async throws in
            let rules = json(#"{"read":"doc.open == true","update":true,"delete":true,"create":true}"#)
            _ = try await base.documents.createCollection("c", permission: nil, rules: rules, base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"hidden","open":false,"secret":1},{"_id":"shown","open":true}]}"#)
            for change in [
                #"{"op":"findOneAndUpdate","collection":"c","where":{"_id":"hidden"},"update":{"$inc":{"n":1}}}"#,
                #"{"op":"findOneAndReplace","collection":"c","id":"hidden","data":{},"return":"after"}"#,
                #"{"op":"findOneAndDelete","collection":"c","where":{"secret":1}}"#,
            ] { #expect(try await base.perform(json(change), as: DatabaseFixture.alice)["data"] == .null) }
            #expect(try await base.document("c", "hidden") == ["_id": "hidden", "open": false, "secret": 1])
            let closing = #"{"op":"findOneAndUpdate","collection":"c","id":"shown","update":{"$set":{"open":false}},"return":"after"}"#
            #expect(try await base.perform(json(closing), as: DatabaseFixture.alice)["data"] == .null)
            #expect(try await base.document("c", "shown")?["open"] == false)
        }
    }

    @Test func transactionsTakeNoManyAtOnce() async throws {
        try await DatabaseFixture.with { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a"}}"#)
            for operation in [
                #"{"op":"bulkWrite","collection":"c","transaction":"c-1","operations":[{"add":{"data":{}}}]}"#,
                #"{"op":"aggregate","collection":"c","transaction":"c-1","pipeline":[{"$out":"d"}]}"#,
            ] {
                let code = await errorCode { try await base.perform(json(operation), as: DatabaseFixture.function, scope: 1) }
                #expect(code == "UNSUPPORTED_IN_TRANSACTION")
            }
            #expect(try await base.perform(#"{"op":"count","collection":"c"}"#)["total"] == 1)
        }
    }

    @Test func aBulkWriteIsRepeatedOnce() async throws {
        try await DatabaseFixture.with { base async throws in
            let request = json(#"{"op":"bulkWrite","collection":"c","operations":[{"add":{"data":{"n":1}}}]}"#)
            try await base.perform(#"{"op":"createCollection","collection":"c"}"#)
            let first = try await base.perform(request, key: "k")
            #expect(try await base.perform(request, key: "k") == first)
            #expect(try await base.perform(#"{"op":"count","collection":"c"}"#)["total"] == 1)
        }
    }
}
