import Kernel
import TestSupport
import Testing

@testable import Documents

@Suite struct QueryPlannerTests {
    private func plan(
        _ query: String, sort: String? = nil, _ indexes: [IndexDefinition]
    ) throws -> (index: String, ranges: Int, exact: Bool, ordered: Bool, reversed: Bool)? {
        let order = try sort.map { try SortOrder(json($0)) }
        guard
            case .index(let index, let ranges, let exact, let ordered, let reversed) = chosenPlan(
                filter: try Filter(json(query)), sort: order, indexes: indexes)
        else { return nil }
        return (index.name, ranges.count, exact, ordered, reversed)
    }

    private func index(_ name: String, _ fields: [(String, Bool)], isMultikey: Bool = false) -> IndexDefinition {
        IndexDefinition(name: name, fields: fields.map { IndexField(path: $0.0, descending: $0.1) }, isMultikey: isMultikey)
    }

    @Test func pinsIDs() throws {
        for (query, expected) in [
            ("{\"_id\":\"x\"}", ["x"]), ("{\"_id\":{\"$in\":[\"b\",\"a\",\"a\"]},\"n\":1}", ["a", "b"]), ("{\"_id\":{\"$in\":[]}}", []),
            ("{\"$and\":[{\"n\":1},{\"_id\":\"x\"}]}", ["x"]),
            ("{\"$or\":[{\"_id\":\"x\"}]}", ["x"]), ("{\"_id\":5}", ["5"]), ("{\"_id\":{\"$in\":[1,\"a\",\"1\"]}}", ["1", "a"]),
        ] {
            guard case .ids(let ids) = chosenPlan(filter: try Filter(json(query)), sort: nil, indexes: []) else {
                Issue.record("\(query) names ids")
                continue
            }
            #expect(ids == expected)
        }
        for query in ["{}", "{\"_id\":5.5}", "{\"_id\":{\"$in\":[true,\"a\"]}}", "{\"$or\":[{\"_id\":\"x\"},{\"a\":1}]}", "{\"_id\":{\"$gt\":\"a\"}}"] {
            guard case .scan = chosenPlan(filter: try Filter(json(query)), sort: nil, indexes: []) else {
                Issue.record("\(query) names no ids")
                continue
            }
        }
    }

    @Test func choosesTheIndexThatBindsMost() throws {
        let one = index("one", [("a", false)])
        let two = index("two", [("a", false), ("b", false)])
        let other = index("other", [("c", false)])
        #expect(try plan("{\"a\":1}", [other, one])?.index == "one")
        #expect(try plan("{\"a\":1,\"b\":2}", [one, two])?.index == "two")
        #expect(try plan("{\"a\":1,\"b\":{\"$gt\":2}}", [one, two])?.index == "two")
        #expect(try plan("{\"b\":1}", [one, two]) == nil)
        #expect(try plan("{\"a\":{\"$ne\":1}}", [one]) == nil)
        #expect(try plan("{\"a\":{\"$in\":[1,2,3]}}", [one])?.ranges == 3)
        #expect(try plan("{\"a\":{\"$in\":[1,1.0,2]},\"b\":{\"$in\":[3,4]}}", [two])?.ranges == 4)
    }

    @Test func knowsWhenTheFilterIsSpared() throws {
        let one = index("one", [("a", false)])
        let multikey = index("one", [("a", false)], isMultikey: true)
        #expect(try plan("{\"a\":1}", [one])?.exact == true)
        #expect(try plan("{\"a\":{\"$gte\":1,\"$lt\":5}}", [one])?.exact == true)
        #expect(try plan("{\"a\":{\"$gte\":1,\"$lt\":5}}", [multikey])?.exact == false)
        #expect(try plan("{\"a\":{\"$gte\":1}}", [multikey])?.exact == true)
        #expect(try plan("{\"a\":1,\"b\":1}", [one])?.exact == false)
        #expect(try plan("{\"a\":[1]}", [one])?.exact == false)
        #expect(try plan("{\"a\":{\"$regex\":\"^x\"}}", [one])?.exact == false)
    }

    @Test func usesTheOrderOfAnIndex() throws {
        let two = index("two", [("a", false), ("b", true)])
        #expect(try plan("{\"a\":1}", sort: "{\"b\":-1}", [two])?.ordered == true)
        #expect(try plan("{\"a\":1}", sort: "{\"b\":-1}", [two])?.reversed == false)
        #expect(try plan("{\"a\":1}", sort: "{\"b\":1}", [two])?.reversed == true)
        #expect(try plan("{\"a\":{\"$gt\":1}}", sort: "{\"a\":1,\"b\":-1}", [two])?.ordered == true)
        #expect(try plan("{\"a\":{\"$gt\":1}}", sort: "{\"a\":-1,\"b\":1}", [two])?.reversed == true)
        #expect(try plan("{\"a\":{\"$gt\":1}}", sort: "{\"a\":1,\"b\":1}", [two])?.ordered == false)
        #expect(try plan("{\"a\":{\"$gt\":1}}", sort: "{\"b\":1}", [two])?.ordered == false)
        #expect(try plan("{\"a\":{\"$in\":[1,2]}}", sort: "{\"b\":-1}", [two])?.ordered == false)
        #expect(try plan("{}", sort: "{\"a\":1}", [two])?.ordered == true)
        #expect(try plan("{\"z\":1}", sort: "{\"a\":1}", [two])?.exact == false)
        #expect(try plan("{}", sort: "{\"b\":1}", [two]) == nil)
        #expect(try plan("{}", sort: "{\"a\":1}", [index("two", [("a", false)], isMultikey: true)]) == nil)
    }

    /// Whatever the plan, the ranges find every document that matches; when they are exact, no other; when ordered, in order.
    @Test func findsWhatTheFilterFinds() throws {
        var generator = QueryGenerator(seed: 41)
        var planned = 0
        var exact = 0
        var ordered = 0
        for round in 0..<400 {
            generator.makesArrays = round.isMultiple(of: 3)
            let documents = (0..<20).map { _ in generator.document() }
            generator.makesArrays = true
            var definition = generator.index()
            guard let collection = IndexedDocuments(documents, &definition) else { continue }
            for _ in 0..<6 {
                let query = generator.random.below(2) == 0 ? generator.filter() : Self.filter(&generator, definition)
                let filter = try Filter(query)
                let order: SortOrder? = generator.random.below(2) == 0 ? nil : try Self.order(&generator, definition)
                guard
                    case .index(_, let ranges, let isExact, let isOrdered, let isReversed) = chosenPlan(
                        filter: filter, sort: order, indexes: [definition])
                else { continue }
                planned += 1
                let found = collection.documents(in: ranges, reversed: isReversed)
                let wanted = documents.indices.filter { filter.matches(documents[$0]) }
                let context: Comment = "\(query.text) with \(definition) finds \(found) of \(documents.map { JSON.object($0).text })"
                #expect(Set(wanted).isSubset(of: found), context)
                if isExact {
                    exact += 1
                    #expect(Set(wanted) == Set(found), context)
                }
                for (range, next) in zip(ranges, ranges.dropFirst()) {
                    #expect(range.upper.map { !next.lower.lexicographicallyPrecedes($0) } ?? false, context)
                }
                if isOrdered, let order {
                    ordered += 1
                    for (left, right) in zip(found, found.dropFirst()) {
                        #expect(!order.precedes(documents[right], documents[left]), context)
                    }
                }
            }
        }
        #expect(planned > 1000)
        #expect(exact > 300)
        #expect(ordered > 100)
    }

    /// A query that the first fields of the index can answer.
    private static func filter(_ generator: inout QueryGenerator, _ index: IndexDefinition) -> JSON {
        var members = JSONObject()
        for field in index.fields.prefix(1 + generator.random.below(2)) {
            let operand = generator.scalar()
            members[field.path] = generator.random.choose([
                operand, ["$in": [operand, generator.scalar()]], ["$gt": operand], ["$lte": operand],
                ["$gte": operand, "$lt": generator.scalar()],
            ])
        }
        return .object(members)
    }

    /// An order that the index often has, forwards or backwards.
    private static func order(_ generator: inout QueryGenerator, _ index: IndexDefinition) throws -> SortOrder {
        var members = JSONObject()
        let turns = generator.random.below(2) == 0
        for field in index.fields.dropFirst(generator.random.below(2)) { members[field.path] = field.descending != turns ? -1 : 1 }
        if members.isEmpty { members[generator.path()] = generator.random.choose([1, -1]) }
        return try SortOrder(.object(members))
    }
}

/// Documents with an index, as a store keeps them.
private struct IndexedDocuments {
    private var entries: [(key: [UInt8], document: Int)] = []

    /// Nil when the index cannot cover one of the documents (two arrays).
    init?(_ documents: [JSONObject], _ definition: inout IndexDefinition) {
        for (place, document) in documents.enumerated() {
            guard let keyed = try? definition.entries(for: document) else { return nil }
            entries += keyed.keys.map { ($0, place) }
            if keyed.isMultikey { definition.isMultikey = true }
        }
        entries.sort { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// The documents of ranges, each once, in key order.
    func documents(in ranges: [KeyRange], reversed: Bool) -> [Int] {
        var seen: Set<Int> = []
        let read = reversed ? Array(entries.reversed()) : entries
        return read.filter { entry in ranges.contains { $0.contains(entry.key) } }.map(\.document).filter { seen.insert($0).inserted }
    }
}
