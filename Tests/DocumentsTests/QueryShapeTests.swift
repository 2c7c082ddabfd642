import Kernel
import TestSupport
import Testing

@testable import Documents

/// Projection, order and validation: what an answer and a document look like.
@Suite struct QueryShapeTests {
    @Test(arguments: [
        ("{\"a\":1}", "{\"_id\":\"x\",\"a\":1,\"b\":2}", "{\"_id\":\"x\",\"a\":1}"),
        ("{\"a\":true,\"_id\":0}", "{\"_id\":\"x\",\"a\":1,\"b\":2}", "{\"a\":1}"),
        ("{\"a\":0}", "{\"_id\":\"x\",\"a\":1,\"b\":2}", "{\"_id\":\"x\",\"b\":2}"),
        ("{\"a\":-1,\"_id\":false}", "{\"_id\":\"x\",\"a\":1,\"b\":2}", "{\"b\":2}"),
        ("{\"_id\":1}", "{\"_id\":\"x\",\"a\":1}", "{\"_id\":\"x\"}"),
        ("{\"_id\":0}", "{\"_id\":\"x\",\"a\":1}", "{\"a\":1}"),
        ("{}", "{\"_id\":\"x\",\"a\":1}", "{\"_id\":\"x\",\"a\":1}"),
        ("{\"b\":1,\"a\":1}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"),
        ("{\"a.b\":1}", "{\"a\":{\"b\":1,\"c\":2},\"d\":1}", "{\"a\":{\"b\":1}}"),
        ("{\"a.b\":1}", "{\"a\":[{\"b\":1,\"c\":2},{\"c\":3},5,[{\"b\":7,\"c\":8}]]}", "{\"a\":[{\"b\":1},{},[{\"b\":7}]]}"),
        ("{\"a.b\":1}", "{\"a\":5}", "{}"),
        ("{\"a.b\":0}", "{\"a\":[{\"b\":1,\"c\":2},5]}", "{\"a\":[{\"c\":2},5]}"),
        ("{\"a\":{\"b\":1,\"c\":1}}", "{\"a\":{\"b\":1,\"c\":2,\"d\":3}}", "{\"a\":{\"b\":1,\"c\":2}}"),
        ("{\"a\":{\"$slice\":2}}", "{\"a\":[1,2,3],\"b\":1}", "{\"a\":[1,2],\"b\":1}"),
        ("{\"a\":{\"$slice\":-2}}", "{\"a\":[1,2,3]}", "{\"a\":[2,3]}"),
        ("{\"a\":{\"$slice\":[1,1]}}", "{\"a\":[1,2,3]}", "{\"a\":[2]}"),
        ("{\"a\":{\"$slice\":[-2,1]}}", "{\"a\":[1,2,3]}", "{\"a\":[2]}"),
        ("{\"a\":{\"$slice\":[5,5]}}", "{\"a\":[1,2,3]}", "{\"a\":[]}"),
        ("{\"b\":1,\"a\":{\"$slice\":1}}", "{\"a\":[1,2],\"b\":1,\"c\":1}", "{\"a\":[1],\"b\":1}"),
        (
            "{\"a\":{\"$elemMatch\":{\"x\":2}}}", "{\"_id\":\"i\",\"a\":[{\"x\":1},{\"x\":2,\"y\":1},{\"x\":2}],\"b\":1}",
            "{\"_id\":\"i\",\"a\":[{\"x\":2,\"y\":1}]}"
        ),
        ("{\"a\":{\"$elemMatch\":{\"x\":9}}}", "{\"_id\":\"i\",\"a\":[{\"x\":1}]}", "{\"_id\":\"i\"}"),
        ("{\"a\":{\"$elemMatch\":{\"$gt\":1}}}", "{\"a\":[1,2,3]}", "{\"a\":[2]}"),
    ]) func projects(projection: String, document: String, expected: String) throws {
        #expect(JSON.object(try Projection(json(projection)).apply(object(document))).text == expected)
    }

    @Test(arguments: [
        "1", "{\"a\":1,\"b\":0}", "{\"a\":0,\"b\":\"x\"}", "{\"a\":1,\"a.b\":1}", "{\"a.b\":1,\"a\":1}", "{\"a\":{\"$foo\":1}}",
        "{\"a\":{\"$slice\":\"x\"}}",
        "{\"a\":{\"$slice\":[1,0]}}", "{\"a\":{\"$slice\":1,\"$elemMatch\":{}}}", "{\"a.b\":{\"$elemMatch\":{}}}", "{\"a..b\":1}",
        "{\"a\":{}}",
    ]) func refusesProjections(projection: String) {
        #expect(throws: QueryError.self) { try Projection(json(projection)) }
    }

    @Test(arguments: [
        ("[[\"a\",\"asc\"]]", "[{\"a\":2},{\"a\":1},{}]", "[{},{\"a\":1},{\"a\":2}]"),
        (
            "[[\"a\",\"desc\"]]", "[{\"a\":1},{\"a\":\"x\"},{\"a\":null},{\"a\":true}]",
            "[{\"a\":true},{\"a\":\"x\"},{\"a\":1},{\"a\":null}]"
        ),
        (
            "{\"a\":1,\"b\":-1}", "[{\"a\":1,\"b\":1},{\"a\":0,\"b\":0},{\"a\":1,\"b\":2}]",
            "[{\"a\":0,\"b\":0},{\"a\":1,\"b\":2},{\"a\":1,\"b\":1}]"
        ),
        // Least element ascending, greatest descending; an empty array comes before null.
        ("[[\"a\",\"asc\"]]", "[{\"a\":[5,1]},{\"a\":2},{\"a\":null},{\"a\":[]}]", "[{\"a\":[]},{\"a\":null},{\"a\":[5,1]},{\"a\":2}]"),
        ("[[\"a\",\"desc\"]]", "[{\"a\":3},{\"a\":[5,1]},{\"a\":[]}]", "[{\"a\":[5,1]},{\"a\":3},{\"a\":[]}]"),
        ("[[\"a.b\",\"asc\"]]", "[{\"a\":[{\"b\":4},{\"b\":2}]},{\"a\":{\"b\":3}}]", "[{\"a\":[{\"b\":4},{\"b\":2}]},{\"a\":{\"b\":3}}]"),
        ("[[\"a.1\",\"asc\"]]", "[{\"a\":[0,9]},{\"a\":[5,1]}]", "[{\"a\":[5,1]},{\"a\":[0,9]}]"),
    ]) func sorts(order: String, documents: String, expected: String) throws {
        let sorted = try SortOrder(json(order)).sorted(json(documents).arrayValue?.compactMap(\.objectValue) ?? [])
        #expect(JSON.array(sorted.map { .object($0) }).text == expected)
    }

    @Test(arguments: [
        "1", "[]", "{}", "[\"a\"]", "[[\"a\"]]", "[[\"a\",\"up\"]]", "[[1,\"asc\"]]", "[[\"\",\"asc\"]]", "{\"a\":2}",
        "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}",
    ]) func refusesOrders(order: String) {
        #expect(throws: QueryError.self) { try SortOrder(json(order)) }
    }

    /// Keeping the first few gives the beginning of the whole order, and equal documents stay in their order.
    @Test func keepsTheFirstFew() throws {
        var generator = QueryGenerator(seed: 21)
        for _ in 0..<200 {
            let order = try SortOrder(.array([[.string(generator.path()), "asc"], [.string("n"), "desc"]]))
            let documents = (0..<30).map { _ -> JSONObject in
                var document = generator.document()
                document["n"] = .int(Int64(generator.random.below(3)))
                return document
            }
            let all = order.sorted(documents)
            #expect(all.count == documents.count)
            for (left, right) in zip(all, all.dropFirst()) { #expect(!order.precedes(right, left)) }
            let limit = generator.random.below(32)
            #expect(order.sorted(documents, limit: limit) == Array(all.prefix(limit)))
        }
    }

    @Test(arguments: [
        "{\"$a\":1}", "{\"a\":{\"$b\":1}}", "{\"a\":[{\"$b\":1}]}", "{\"\":1}", "{\"a\":{\"\":1}}", "{\"a.b\":1}", "{\"a\\u0000\":1}",
        "{\"a\":{\"$date\":\"x\"}}",
        "{\"a\":{\"$serverDate\":{}}}", "{\"$\\u0301\":1}",
    ]) func refusesDocuments(document: String) {
        let error = #expect(throws: QueryError.self) { try validateDocument(object(document)) }
        #expect(error?.code == .invalidDocument)
    }

    @Test func acceptsDocuments() throws {
        try validateDocument(object("{\"_id\":\"x\",\"a\":{\"b.c\":[1,{\"$date\":5}]},\"__proto__\":1,\"价格\":2,\"a$\":3}"))
        #expect(throws: QueryError.self) { try validateDocument(["a": .double(.nan)]) }
        var deep: JSON = 1
        for _ in 0..<99 { deep = [deep] }
        try validateDocument(["a": deep])
        #expect(throws: QueryError.self) { try validateDocument(["a": [deep]]) }
    }
}
