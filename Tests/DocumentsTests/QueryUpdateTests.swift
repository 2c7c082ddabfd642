import Kernel
import TestSupport
import Testing

@testable import Documents

@Suite struct QueryUpdateTests {
    static let now: Int64 = 1_700_000_000_000

    /// Documents, updates and results.
    static let examples: [(String, String, String)] = [
        ("{\"a\":1}", "{\"$set\":{\"a\":2,\"b.c\":3}}", "{\"a\":2,\"b\":{\"c\":3}}"),
        ("{\"a\":{\"x\":1}}", "{\"$set\":{\"a.y\":2}}", "{\"a\":{\"x\":1,\"y\":2}}"),
        ("{\"a\":[1,2]}", "{\"$set\":{\"a.1\":9,\"a.3\":4}}", "{\"a\":[1,9,null,4]}"),
        ("{\"a\":[{\"x\":1}]}", "{\"$set\":{\"a.0.x\":2,\"a.1.y\":3}}", "{\"a\":[{\"x\":2},{\"y\":3}]}"),
        ("{}", "{\"$set\":{\"a.0.b\":1}}", "{\"a\":{\"0\":{\"b\":1}}}"),
        // New fields appear by path, as MongoDB adds them.
        ("{}", "{\"$set\":{\"b\":1,\"a\":2}}", "{\"a\":2,\"b\":1}"),
        (
            "{\"a\":1,\"b\":{\"c\":1,\"d\":2},\"e\":[1,2]}", "{\"$unset\":{\"a\":\"\",\"b.c\":1,\"e.0\":1,\"x.y\":1}}",
            "{\"b\":{\"d\":2},\"e\":[null,2]}"
        ),
        ("{\"n\":1}", "{\"$inc\":{\"n\":2,\"m\":-1}}", "{\"n\":3,\"m\":-1}"),
        ("{\"n\":1}", "{\"$inc\":{\"n\":0.5}}", "{\"n\":1.5}"),
        ("{\"n\":3}", "{\"$mul\":{\"n\":2,\"m\":5}}", "{\"n\":6,\"m\":0}"),
        ("{\"n\":3}", "{\"$min\":{\"n\":2,\"m\":5}}", "{\"n\":2,\"m\":5}"),
        ("{\"n\":3,\"s\":\"x\"}", "{\"$max\":{\"n\":2,\"s\":1}}", "{\"n\":3,\"s\":\"x\"}"),
        ("{\"n\":null}", "{\"$max\":{\"n\":2}}", "{\"n\":2}"),
        ("{\"a\":1,\"b\":2}", "{\"$rename\":{\"a\":\"c\",\"x\":\"y\"}}", "{\"b\":2,\"c\":1}"),
        ("{\"a\":1,\"b\":2}", "{\"$rename\":{\"a\":\"b\"}}", "{\"b\":1}"),
        ("{\"a\":{\"x\":1}}", "{\"$rename\":{\"a.x\":\"b.y\"}}", "{\"a\":{},\"b\":{\"y\":1}}"),
        ("{\"n\":13}", "{\"$bit\":{\"n\":{\"and\":10}}}", "{\"n\":8}"),
        ("{\"n\":3}", "{\"$bit\":{\"n\":{\"or\":5},\"m\":{\"xor\":4}}}", "{\"n\":7,\"m\":4}"),
        ("{\"a\":[1]}", "{\"$push\":{\"a\":2,\"b\":3}}", "{\"a\":[1,2],\"b\":[3]}"),
        ("{\"a\":[1]}", "{\"$push\":{\"a\":[2,3]}}", "{\"a\":[1,[2,3]]}"),
        ("{\"a\":[3,1]}", "{\"$push\":{\"a\":{\"$each\":[2,5],\"$sort\":-1,\"$slice\":3}}}", "{\"a\":[5,3,2]}"),
        ("{\"a\":[1,2]}", "{\"$push\":{\"a\":{\"$each\":[9,8],\"$position\":1}}}", "{\"a\":[1,9,8,2]}"),
        ("{\"a\":[1,2]}", "{\"$push\":{\"a\":{\"$each\":[9],\"$position\":-1}}}", "{\"a\":[1,9,2]}"),
        ("{\"a\":[1,2,3]}", "{\"$push\":{\"a\":{\"$each\":[4],\"$slice\":-2}}}", "{\"a\":[3,4]}"),
        ("{\"a\":[1]}", "{\"$push\":{\"a\":{\"$each\":[],\"$slice\":0}}}", "{\"a\":[]}"),
        (
            "{\"a\":[{\"s\":3},{\"s\":1}]}", "{\"$push\":{\"a\":{\"$each\":[{\"s\":2}],\"$sort\":{\"s\":1}}}}",
            "{\"a\":[{\"s\":1},{\"s\":2},{\"s\":3}]}"
        ),
        ("{\"a\":[1,2]}", "{\"$addToSet\":{\"a\":2}}", "{\"a\":[1,2]}"),
        ("{\"a\":[1]}", "{\"$addToSet\":{\"a\":{\"$each\":[1.0,2,2]},\"b\":[1]}}", "{\"a\":[1,2],\"b\":[[1]]}"),
        ("{\"a\":[1,2,3],\"b\":[1,2]}", "{\"$pop\":{\"a\":1,\"b\":-1,\"c\":1}}", "{\"a\":[1,2],\"b\":[2]}"),
        ("{\"a\":[1,2,3,2]}", "{\"$pull\":{\"a\":2}}", "{\"a\":[1,3]}"),
        ("{\"a\":[1,5,9]}", "{\"$pull\":{\"a\":{\"$gte\":5,\"$lt\":9}}}", "{\"a\":[1,9]}"),
        ("{\"a\":[{\"x\":1,\"y\":1},{\"x\":2},3]}", "{\"$pull\":{\"a\":{\"x\":1}}}", "{\"a\":[{\"x\":2},3]}"),
        ("{\"a\":[{\"x\":1},{\"x\":5}]}", "{\"$pull\":{\"a\":{\"x\":{\"$gt\":2}}}}", "{\"a\":[{\"x\":1}]}"),
        ("{\"a\":[[1,2],[3]]}", "{\"$pull\":{\"a\":[1,2]}}", "{\"a\":[[3]]}"),
        ("{\"a\":[\"x\",\"y\"]}", "{\"$pull\":{\"a\":{\"$in\":[\"x\",\"z\"]}}}", "{\"a\":[\"y\"]}"),
        ("{\"a\":[1,2,3,1]}", "{\"$pullAll\":{\"a\":[1,3]}}", "{\"a\":[2]}"),
        (
            "{\"a\":1}", "{\"$currentDate\":{\"t\":true,\"u\":{\"$type\":\"date\"}}}",
            "{\"a\":1,\"t\":{\"$date\":1700000000000},\"u\":{\"$date\":1700000000000}}"
        ),
        ("{}", "{\"$set\":{\"t\":{\"$serverDate\":{\"offset\":-1000}}}}", "{\"t\":{\"$date\":1699999999000}}"),
        ("{}", "{\"$push\":{\"t\":{\"at\":{\"$serverDate\":{\"offset\":0}}}}}", "{\"t\":[{\"at\":{\"$date\":1700000000000}}]}"),
        ("{\"a\":1}", "{\"$setOnInsert\":{\"b\":1}}", "{\"a\":1}"),
        ("{\"_id\":\"x\",\"a\":1}", "{\"$set\":{\"_id\":\"x\",\"a\":2}}", "{\"_id\":\"x\",\"a\":2}"),
    ]

    @Test(arguments: examples) func changes(document: String, update: String, expected: String) throws {
        var changed = object(document)
        let hasChanged = try Update(json(update)).apply(to: &changed, now: Self.now, isInsert: false)
        #expect(JSON.object(changed).text == json(expected).text)
        #expect(hasChanged == (json(document).text != json(expected).text))
    }

    @Test func setsOnInsertOnly() throws {
        var document: JSONObject = [:]
        let update = try Update(json("{\"$setOnInsert\":{\"_id\":\"x\",\"a\":1},\"$inc\":{\"n\":1}}"))
        #expect(try update.apply(to: &document, now: 0, isInsert: true))
        #expect(document == object("{\"_id\":\"x\",\"a\":1,\"n\":1}"))
        #expect(try update.apply(to: &document, now: 0, isInsert: false))
        #expect(document["n"] == 2)
    }

    @Test(arguments: [
        "1", "{}", "{\"a\":1}", "{\"$set\":1}", "{\"$foo\":{\"a\":1}}", "{\"$set\":{\"a\":1},\"b\":2}", "{\"$set\":{\"\":1}}",
        "{\"$set\":{\"a..b\":1}}",
        "{\"$set\":{\"$a\":1}}", "{\"$set\":{\"a.$x.b\":1}}", "{\"$set\":{\"a.$[X]\":1}}", "{\"$set\":{\"a\":1,\"a.b\":2}}",
        "{\"$set\":{\"a\":1},\"$inc\":{\"a\":1}}",
        "{\"$set\":{\"a.b\":1},\"$unset\":{\"a\":1}}", "{\"$rename\":{\"a\":\"a\"}}", "{\"$rename\":{\"a\":1}}",
        "{\"$rename\":{\"a\":\"b\"},\"$set\":{\"b\":1}}",
        "{\"$set\":{\"a\":{\"$b\":1}}}", "{\"$set\":{\"a\":{\"\":1}}}", "{\"$set\":{\"a\":{\"$date\":\"x\"}}}",
        "{\"$set\":{\"a\":{\"$serverDate\":1}}}", "{\"$inc\":{\"a\":\"1\"}}",
        "{\"$mul\":{\"a\":null}}", "{\"$bit\":{\"a\":{\"nand\":1}}}", "{\"$bit\":{\"a\":{\"and\":1.5}}}", "{\"$pop\":{\"a\":2}}",
        "{\"$pullAll\":{\"a\":1}}",
        "{\"$addToSet\":{\"a\":{\"$each\":1}}}", "{\"$addToSet\":{\"a\":{\"$each\":[],\"$slice\":1}}}", "{\"$push\":{\"a\":{\"$each\":1}}}",
        "{\"$push\":{\"a\":{\"$each\":[],\"$foo\":1}}}", "{\"$push\":{\"a\":{\"$slice\":1}}}",
        "{\"$push\":{\"a\":{\"$each\":[],\"$sort\":2}}}",
        "{\"$currentDate\":{\"a\":false}}", "{\"$pull\":{\"a\":{\"$foo\":1}}}",
    ]) func refusesToParse(update: String) {
        #expect(throws: QueryError.self) { try Update(json(update)) }
    }

    @Test(arguments: [
        ("{\"a\":1}", "{\"$set\":{\"a.b\":1}}"), ("{\"a\":null}", "{\"$set\":{\"a.b\":1}}"), ("{\"a\":[1]}", "{\"$set\":{\"a.b\":1}}"),
        ("{\"a\":[]}", "{\"$set\":{\"a.10001\":1}}"), ("{\"n\":9223372036854775807}", "{\"$inc\":{\"n\":1}}"),
        ("{\"n\":9223372036854775807}", "{\"$mul\":{\"n\":2}}"), ("{\"n\":1e308}", "{\"$mul\":{\"n\":10}}"),
        ("{\"n\":\"1\"}", "{\"$inc\":{\"n\":1}}"),
        ("{\"n\":null}", "{\"$inc\":{\"n\":1}}"), ("{\"n\":{\"$date\":1}}", "{\"$inc\":{\"n\":1}}"),
        ("{\"n\":1.5}", "{\"$bit\":{\"n\":{\"or\":1}}}"),
        ("{\"a\":1}", "{\"$push\":{\"a\":1}}"), ("{\"a\":1}", "{\"$pop\":{\"a\":1}}"), ("{\"a\":{}}", "{\"$pull\":{\"a\":1}}"),
        ("{\"a\":null}", "{\"$addToSet\":{\"a\":1}}"),
        ("{\"_id\":\"x\"}", "{\"$set\":{\"_id\":\"y\"}}"), ("{\"_id\":\"x\"}", "{\"$unset\":{\"_id\":1}}"),
        ("{\"_id\":\"x\"}", "{\"$rename\":{\"_id\":\"id\"}}"),
        ("{\"a\":[{\"b\":1}]}", "{\"$rename\":{\"a.0.b\":\"c\"}}"),
    ]) func refusesAndLeavesTheDocument(document: String, update: String) throws {
        let parsed = try Update(json(update))
        var changed = object(document)
        #expect(throws: QueryError.self) { try parsed.apply(to: &changed, now: 0, isInsert: false) }
        #expect(changed == object(document))
    }

    @Test func padsArraysUpToALimit() throws {
        var document: JSONObject = ["a": []]
        #expect(try Update(json("{\"$set\":{\"a.10000\":1}}")).apply(to: &document, now: 0, isInsert: false))
        #expect(document["a"]?.arrayValue?.count == 10_001)
    }

    /// Operators that say what the result is, rather than what to add, change nothing the second time.
    @Test func repeatsWithoutEffect() throws {
        var generator = QueryGenerator(seed: 11)
        var applied = 0
        for _ in 0..<3000 {
            var document = generator.document()
            let name = generator.random.choose(["$set", "$unset", "$min", "$max", "$addToSet", "$pull", "$pullAll", "$rename"])
            var operand = generator.value(depth: 1)
            if name == "$pullAll" { operand = [operand] }
            if name == "$rename" { operand = "z" }
            let update = try Update(.object([name: .object([generator.path(): operand])]))
            let before = document
            guard let changed = try? update.apply(to: &document, now: 0, isInsert: false) else {
                #expect(document == before)
                continue
            }
            applied += 1
            #expect(changed == (document != before))
            let once = document
            #expect(try !update.apply(to: &document, now: 5, isInsert: false))
            #expect(document == once)
        }
        #expect(applied > 1000)
    }

    @Test func refusesResultsThatAreTooDeep() throws {
        var deep: JSON = 1
        for _ in 0..<98 { deep = ["a": deep] }
        #expect(throws: Never.self) { try Update(["$set": ["x": deep]]) }
        #expect(throws: QueryError.self) { try Update(["$set": ["x.y.z": deep]]) }
        let path = Array(repeating: "p", count: 100).joined(separator: ".")
        #expect(throws: Never.self) { try Update(["$set": .object([path: 1])]) }
        for operand in [1, ["$each": []], ["$each": [1]]] as [JSON] {
            #expect(throws: QueryError.self) { try Update(["$push": .object([path: operand])]) }
            #expect(throws: QueryError.self) { try Update(["$addToSet": .object([path: operand])]) }
        }
        var document: JSONObject = ["x": deep]
        #expect(throws: QueryError.self) {
            try Update(json("{\"$rename\":{\"x\":\"y.z.w\"}}")).apply(to: &document, now: 0, isInsert: false)
        }
    }

    @Test func resolvesServerDates() {
        let value = json(
            "{\"a\":[{\"$serverDate\":{\"offset\":5}},{\"b\":{\"$serverDate\":{}}}],\"c\":{\"$serverDate\":true},\"d\":{\"$serverDate\":7}}"
        )
        #expect(
            resolvingServerDates(value, now: 100)
                == json("{\"a\":[{\"$date\":105},{\"b\":{\"$date\":100}}],\"c\":{\"$date\":100},\"d\":{\"$serverDate\":7}}"))
        #expect(resolvingServerDates(json("{\"$serverDate\":{\"offset\":5}}"), now: .max) == .date(.max))
    }
}
