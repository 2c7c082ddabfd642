import Kernel
import Testing

@testable import Documents

@Suite struct QueryIndexOptionTests {
    private func index(_ fields: [String], _ options: String) throws -> IndexDefinition {
        var definition = IndexDefinition(name: "i", fields: fields.map { IndexField(path: $0) })
        try definition.apply(options: object(options))
        try definition.validate()
        return definition
    }

    @Test(arguments: [
        "{}", "{\"kind\":\"geo\"}", "{\"kind\":\"text\"}", "{\"kind\":\"text\",\"weights\":{\"a\":5}}", "{\"sparse\":true}",
        "{\"partial\":{\"a\":{\"$gt\":5}}}", "{\"expireAfterSeconds\":60}", "{\"sparse\":true,\"partial\":{\"b\":1},\"expireAfterSeconds\":0}",
    ]) func keepsOptions(text: String) throws {
        let definition = try index(["a"], text)
        #expect(JSON.object(definition.options).text == text)
        var again = IndexDefinition(name: "i", fields: [IndexField(path: "a")])
        try again.apply(options: definition.options)
        #expect(again == definition)
    }

    @Test(arguments: [
        (["a"], "{\"kind\":\"hashed\"}"), (["a"], "{\"foo\":1}"), (["a"], "{\"sparse\":1}"), (["a"], "{\"partial\":{\"a\":{\"$foo\":1}}}"),
        (["a"], "{\"partial\":{\"a\":{\"$near\":[0,0]}}}"), (["a"], "{\"partial\":{\"$text\":{\"$search\":\"x\"}}}"), (["a"], "{\"partial\":1}"),
        (["a"], "{\"weights\":{\"a\":1}}"), (["a"], "{\"kind\":\"text\",\"weights\":{\"b\":1}}"),
        (["a"], "{\"kind\":\"text\",\"weights\":{\"a\":0}}"), (["a", "b"], "{\"kind\":\"geo\"}"), (["a", "b"], "{\"expireAfterSeconds\":60}"),
        (["_id"], "{\"expireAfterSeconds\":60}"), (["a"], "{\"expireAfterSeconds\":-1}"), (["a"], "{\"expireAfterSeconds\":\"60\"}"),
        (["a"], "{\"kind\":\"geo\",\"expireAfterSeconds\":60}"), (["a"], "{\"kind\":\"text\",\"weights\":{\"a\":\"x\"}}"),
    ]) func refuses(fields: [String], options: String) {
        #expect(throws: QueryError.self) { try index(fields, options) }
    }

    @Test func onlyOrderedIndexesAreUniqueOrDirected() {
        for kind in [IndexKind.geo, .text(weights: [:])] {
            #expect(throws: QueryError.self) { try IndexDefinition(name: "i", fields: [IndexField(path: "a")], unique: true, kind: kind).validate() }
            #expect(throws: QueryError.self) {
                try IndexDefinition(name: "i", fields: [IndexField(path: "a", descending: true)], kind: kind).validate()
            }
        }
    }

    @Test func leavesDocumentsOut() throws {
        let sparse = try index(["a", "b"], "{\"sparse\":true}")
        #expect(try sparse.keys(for: ["c": 1]) == [])
        #expect(try sparse.keys(for: ["a": .null]).count == 1)
        #expect(try sparse.keys(for: ["b": 1]).count == 1)
        let partial = try index(["a"], "{\"partial\":{\"b\":{\"$gt\":5}}}")
        #expect(try partial.keys(for: ["a": 1, "b": 5]) == [])
        #expect(try partial.keys(for: ["a": 1, "b": 6]).count == 1)
        #expect(try partial.keys(for: ["b": 6]).count == 1)
    }

    /// The query, and whether the sparse index on `a` and the partial one on `a` with the given filter may be used.
    @Test(arguments: [
        ("{\"a\":1}", "{\"a\":{\"$exists\":true}}", true, true), ("{\"a\":null}", "{\"a\":{\"$exists\":true}}", false, false),
        ("{\"a\":{\"$in\":[1,null]}}", "{\"a\":{\"$exists\":true}}", false, false), ("{\"a\":{\"$gt\":1}}", "{\"a\":{\"$gt\":0}}", true, true),
        ("{\"a\":{\"$gt\":1}}", "{\"a\":{\"$gt\":1}}", true, true), ("{\"a\":{\"$gte\":1}}", "{\"a\":{\"$gt\":1}}", true, false),
        ("{\"a\":{\"$gt\":1}}", "{\"a\":{\"$gt\":2}}", true, false), ("{\"a\":{\"$gt\":\"x\"}}", "{\"a\":{\"$gt\":0}}", true, false),
        ("{\"a\":7}", "{\"a\":{\"$gte\":5}}", true, true), ("{\"a\":{\"$in\":[6,7]}}", "{\"a\":{\"$gte\":5}}", true, true),
        ("{\"a\":{\"$in\":[4,7]}}", "{\"a\":{\"$gte\":5}}", true, false), ("{\"a\":7,\"b\":1}", "{\"b\":1}", true, true),
        ("{\"a\":7,\"b\":1}", "{\"b\":1,\"c\":1}", true, false), ("{\"a\":7,\"b\":2}", "{\"b\":{\"$in\":[1,2,3]}}", true, true),
        ("{\"a\":7,\"b\":2}", "{\"$or\":[{\"b\":2},{\"c\":1}]}", true, true), ("{\"a\":7,\"b\":{\"$ne\":1}}", "{\"b\":{\"$ne\":1}}", true, true),
        ("{\"a\":{\"$lt\":3}}", "{\"a\":{\"$type\":\"number\"}}", true, true), ("{\"a\":{\"$lt\":3}}", "{\"a\":{\"$type\":\"int\"}}", true, false),
        ("{\"a\":{\"$regex\":\"^x\"}}", "{\"a\":{\"$type\":\"string\"}}", true, true),
        ("{\"a\":7,\"b\":{\"$type\":\"bool\"}}", "{\"b\":{\"$type\":[\"bool\",\"null\"]}}", true, true),
    ]) func usesWhatTheQueryImplies(query: String, partial: String, sparseWorks: Bool, partialWorks: Bool) throws {
        for (definition, works) in [
            (try index(["a"], "{\"sparse\":true}"), sparseWorks), (try index(["a"], "{\"partial\":\(partial)}"), partialWorks),
        ] {
            let plan = chosenPlan(filter: try Filter(json(query)), sort: nil, indexes: [definition])
            let isUsed = if case .index = plan { true } else { false }
            #expect(isUsed == works, "\(query) \(definition.options)")
        }
    }

    @Test func incompleteIndexesGiveNoOrder() throws {
        for options in ["{\"sparse\":true}", "{\"partial\":{\"b\":1}}"] {
            guard case .scan = chosenPlan(filter: .all, sort: try SortOrder(["a": 1]), indexes: [try index(["a"], options)]) else {
                Issue.record("\(options) leaves documents out")
                continue
            }
        }
    }

    @Test func joinsIndexesForAlternatives() throws {
        let indexes = ["a", "b", "c"].map { IndexDefinition(name: $0, fields: [IndexField(path: $0)]) }
        func branches(_ query: String) throws -> Int? {
            guard case .union(let plans) = chosenPlan(filter: try Filter(json(query)), sort: nil, indexes: indexes) else { return nil }
            return plans.count
        }
        #expect(try branches("{\"$or\":[{\"a\":1},{\"b\":{\"$gt\":2}}]}") == 2)
        #expect(try branches("{\"x\":1,\"$or\":[{\"a\":1},{\"_id\":\"k\"},{\"c\":{\"$in\":[1,2]}}]}") == 3)
        #expect(try branches("{\"a\":{\"$or\":[{\"$lt\":1},{\"$gt\":5}]}}") == 2)
        #expect(try branches("{\"$or\":[{\"a\":1},{\"x\":1}]}") == nil)
        #expect(try branches("{\"$or\":[{\"a\":1},{\"b\":{\"$ne\":1}}]}") == nil)
        #expect(try branches("{\"c\":1,\"$or\":[{\"a\":1},{\"b\":1}]}") == nil)
    }

    @Test func expires() throws {
        let definition = try index(["t"], "{\"expireAfterSeconds\":60}")
        #expect(definition.expiry(of: ["t": .date(1000)]) == 61_000)
        #expect(definition.expiry(of: ["t": [.date(5000), 3, .date(1000)]]) == 61_000)
        #expect(definition.expiry(of: ["t": 1000]) == nil)
        #expect(definition.expiry(of: [:]) == nil)
        #expect(definition.expiry(of: ["t": .date(.max)]) == .max)
        #expect(try index(["t"], "{\"expireAfterSeconds\":60,\"partial\":{\"x\":1}}").expiry(of: ["t": .date(1)]) == nil)
        #expect(try index(["t"], "{}").expiry(of: ["t": .date(1)]) == nil)
    }

    @Test(arguments: [
        ("{\"a\":1}", nil, "a"), ("{\"a\":1,\"b\":{\"$gt\":5}}", "{\"c\":-1}", "a -c b"), ("{\"b\":{\"$gt\":5}}", nil, "b"),
        ("{\"b\":{\"$gt\":5},\"c\":{\"$lt\":1}}", nil, "b"), ("{\"a\":{\"$in\":[1,2]},\"b\":2}", "{\"a\":1}", "a b"),
        ("{}", "{\"a\":1,\"b\":-1}", "a -b"), ("{\"a\":{\"$ne\":1}}", nil, ""), ("{\"_id\":\"x\"}", nil, ""), ("{\"a.0\":1}", nil, ""),
        ("{\"a\":{\"$regex\":\"^x\"}}", nil, "a"), ("{\"a\":{\"$regex\":\"x\"}}", nil, ""), ("{\"$or\":[{\"a\":1},{\"b\":1}]}", nil, ""),
        ("{\"a\":{\"$all\":[1]}}", nil, "a"), ("{\"c\":{\"$gt\":1}}", "{\"c\":-1}", "-c"),
    ]) func advises(query: String, sort: String?, fields: String) throws {
        let advised = advice(filter: try Filter(json(query)), sort: try sort.map { try SortOrder(json($0)) })
        #expect((advised ?? []).map { ($0.descending ? "-" : "") + $0.path }.joined(separator: " ") == fields)
    }

    @Test func mergesRanges() {
        let range = { (low: UInt8, high: UInt8?) in KeyRange(lower: [low], upper: high.map { [$0] }) }
        #expect(KeyRange.merged([range(5, 7), range(1, 3), range(2, 4), range(7, 8)]) == [range(1, 4), range(5, 8)])
        #expect(KeyRange.merged([range(5, nil), range(1, 3), range(6, 9)]) == [range(1, 3), range(5, nil)])
        #expect(KeyRange.merged([range(1, 9), range(2, 3)]) == [range(1, 9)])
        #expect(KeyRange.merged([]) == [])
    }
}
