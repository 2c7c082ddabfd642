import Kernel
import TestSupport
import Testing

@testable import Documents

/// Whatever index is chosen, no document that matches is missed.
@Suite struct QueryIndexKindTests {
    /// Documents under several indexes, as a store keeps them.
    private struct Collection {
        let documents: [JSONObject]
        private(set) var definitions: [IndexDefinition]
        private var entries: [String: [(key: [UInt8], document: Int)]] = [:]

        /// Indexes that cannot take one of the documents are left out.
        init(_ documents: [JSONObject], _ definitions: [IndexDefinition]) {
            self.documents = documents
            self.definitions = []
            for var definition in definitions {
                guard let keyed = try? documents.map({ try definition.entries(for: $0) }) else { continue }
                definition.isMultikey = keyed.contains(where: \.isMultikey)
                entries[definition.name] = keyed.enumerated().flatMap { place, entries in entries.keys.map { ($0, place) } }
                self.definitions.append(definition)
            }
        }

        func found(_ index: IndexDefinition, _ ranges: [KeyRange]) -> Set<Int> {
            Set((entries[index.name] ?? []).filter { entry in ranges.contains { $0.contains(entry.key) } }.map(\.document))
        }

        /// What a plan finds; nil for everything.
        func found(_ plan: Plan) -> Set<Int>? {
            switch plan {
            case .index(let index, let ranges, _, _, _), .text(let index, let ranges), .geo(let index, let ranges):
                return found(index, ranges)
            case .near(let index, let nearness): return found(index, nearness.ranges(within: nearness.farthest))
            case .union(let plans):
                var all: Set<Int> = []
                for plan in plans {
                    guard let found = found(plan) else { return nil }
                    all.formUnion(found)
                }
                return all
            case .ids(let ids): return Set(documents.indices.filter { documents[$0]["_id"]?.stringValue.map(ids.contains) ?? false })
            case .scan: return nil
            }
        }

        /// Checks a query's plan and answers which kind it is.
        func check(_ filter: Filter, _ query: JSON, exactly: Bool = false) -> String {
            let plan = chosenPlan(filter: filter, sort: nil, indexes: definitions)
            let wanted = Set(documents.indices.filter { filter.matches(documents[$0]) })
            if let found = found(plan) {
                let missed = wanted.subtracting(found).map { JSON.object(documents[$0]).text }
                #expect(missed.isEmpty, "\(query.text) by \(plan) misses \(missed)")
                if case .index(_, _, true, _, _) = plan { #expect(found == wanted, "\(query.text) by \(plan)") }
            }
            switch plan {
            case .index: return "index"
            case .text: return "text"
            case .geo: return "geo"
            case .near: return "near"
            case .union: return "union"
            case .ids: return "ids"
            case .scan: return "scan"
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func sparsePartialAndUnionMissNothing() throws {
        var generator = QueryGenerator(seed: 71)
        var kinds: [String: Int] = [:]
        for round in 0..<500 {
            generator.makesArrays = !round.isMultiple(of: 3)
            let documents = (0..<20).map { _ in generator.document() }
            generator.makesArrays = true
            var definitions: [IndexDefinition] = []
            for name in ["i", "j", "k"] {
                var definition = generator.index()
                definition.name = name
                definition.sparse = generator.random.below(2) == 0
                if generator.random.below(2) == 0 { definition.partial = try? PartialFilter(Self.partial(&generator)) }
                definitions.append(definition)
            }
            let collection = Collection(documents, definitions)
            for _ in 0..<10 {
                var query = generator.filter()
                // Queries that contain a partial index's own condition are answered by it.
                if generator.random.below(2) == 0, let own = definitions.compactMap(\.partial).first { query = ["$and": [query, own.json]] }
                if generator.random.below(3) == 0 { query = ["$or": [query, generator.filter()]] }
                guard let filter = try? Filter(query) else { continue }
                kinds[collection.check(filter, query), default: 0] += 1
                if case .index(let index, _, _, _, _) = chosenPlan(filter: filter, sort: nil, indexes: collection.definitions) {
                    if index.sparse { kinds["sparse", default: 0] += 1 }
                    if index.partial != nil { kinds["partial", default: 0] += 1 }
                }
            }
        }
        for kind in ["index", "union", "sparse", "partial"] { #expect(kinds[kind, default: 0] > 150, "\(kind) of \(kinds)") }
    }

    private static func partial(_ generator: inout QueryGenerator) -> JSON {
        let (path, value) = (generator.path(), generator.scalar())
        return generator.random.choose([
            .object([path: ["$exists": true]]), .object([path: value]), .object([path: ["$gt": value]]), .object([path: ["$lte": value]]),
            .object([path: ["$type": ["number", "string"]]]), .object([path: ["$in": [value, generator.scalar()]]]),
            .object([path: ["$ne": value]]), ["$or": [.object([path: value]), .object([generator.path(): ["$gte": value]])]],
        ])
    }

    @Test(.timeLimit(.minutes(2))) func implicationIsSound() throws {
        var generator = QueryGenerator(seed: 72)
        var implied = 0
        for _ in 0..<30_000 {
            let wanted = Self.partial(&generator)
            let query = generator.random.below(3) == 0 ? Self.partial(&generator) : generator.filter()
            guard let narrow = try? Filter(query), let wide = try? Filter(wanted),
                Implication.holds(narrow.condition.plannable, imply: wide.condition)
            else { continue }
            implied += 1
            for _ in 0..<10 {
                let document = generator.document()
                #expect(!narrow.matches(document) || wide.matches(document), "\(query.text) does not imply \(wanted.text): \(document)")
            }
        }
        #expect(implied > 500)
    }

    @Test(.timeLimit(.minutes(2))) func geoMissesNothing() throws {
        var random = SeededGenerator(seed: 73)
        var kinds: [String: Int] = [:]
        var matched = 0
        for _ in 0..<60 {
            let documents = (0..<12).map { _ -> JSONObject in
                let shape = QueryGeoTests.shape(&random)
                return random.choose([["p": shape], ["p": shape], ["p": [shape, QueryGeoTests.shape(&random)]], ["p": .null], [:]])
            }
            let collection = Collection(documents, [IndexDefinition(name: "g", fields: [IndexField(path: "p")], kind: .geo)])
            #expect(collection.definitions.count == 1)
            for _ in 0..<12 {
                let query: JSON = ["p": Self.geoTest(&random)]
                guard let filter = try? Filter(query) else { continue }
                kinds[collection.check(filter, query), default: 0] += 1
                matched += documents.count { filter.matches($0) }
            }
        }
        #expect(kinds["geo", default: 0] > 300)
        #expect(kinds["near", default: 0] > 50)
        #expect(kinds["scan", default: 0] == 0)
        #expect(matched > 300)
    }

    private static func geoTest(_ random: inout SeededGenerator) -> JSON {
        let shape = QueryGeoTests.shape(&random)
        let center = random.choose([(0.0, 0.0), (179.9, 10), (116.4, 39.9), (10, -85), (-179.95, 10)])
        let point: JSON = [.double(center.0), .double(center.1)]
        let size = random.choose([0.001, 0.1, 5, 40, 170])
        return random.choose([
            ["$geoIntersects": ["$geometry": shape]], ["$geoWithin": ["$geometry": shape]], ["$geoIntersects": ["$geometry": shape]],
            ["$geoWithin": ["$centerSphere": [point, .double(size * .pi / 180)]]], ["$geoWithin": ["$center": [point, .double(size)]]],
            ["$geoWithin": ["$box": [[.double(center.0 - size), .double(center.1 - size)], [.double(center.0 + size), .double(center.1 + size)]]]],
            ["$near": ["$geometry": QueryGeoTests.point(center.0, center.1), "$maxDistance": .double(size * 100_000)]],
            ["$nearSphere": point, "$maxDistance": .double(size * .pi / 180)],
        ])
    }

    @Test func ringsOfNearFindTheNearest() throws {
        var random = SeededGenerator(seed: 74)
        let documents = (0..<300).map { _ -> JSONObject in
            ["p": [.double(Double(random.below(36_000)) / 100 - 180), .double(Double(random.below(18_000)) / 100 - 90)]]
        }
        let collection = Collection(documents, [IndexDefinition(name: "g", fields: [IndexField(path: "p")], kind: .geo)])
        for _ in 0..<100 {
            let center = QueryGeoTests.point(Double(random.below(360)) - 180, Double(random.below(180)) - 90)
            let nearness = try #require(try Filter(["p": ["$near": ["$geometry": center]]]).nearness)
            var radius = 1000.0
            while true {
                let found = collection.found(collection.definitions[0], nearness.ranges(within: radius))
                let within = documents.indices.filter { nearness.distance(of: documents[$0]) ?? .infinity <= radius }
                #expect(Set(within).isSubset(of: found))
                if radius >= nearness.farthest {
                    #expect(found.count == 300)
                    break
                }
                radius *= 4
            }
        }
    }

    @Test func smallPlacesNeedFewKeysAndRanges() throws {
        let index = IndexDefinition(name: "g", fields: [IndexField(path: "p")], kind: .geo)
        #expect(try index.keys(for: ["p": [116.4, 39.9]]).map(\.count) == [8])
        #expect(try index.keys(for: ["p": [[116.4, 39.9], [121.4, 31.2]]]).count == 2)
        #expect(try index.keys(for: [:]) == [])
        #expect(try index.keys(for: ["p": .null]) == [])
        #expect(try index.keys(for: ["p": []]) == [])
        let square = json("{\"type\":\"Polygon\",\"coordinates\":[[[116,39],[117,39],[117,40],[116,40],[116,39]]]}")
        #expect((1...12).contains(try index.keys(for: ["p": square]).count))
        for wrong in ["5", "\"x\"", "[200,0]", "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}", "[[0,0],\"x\"]"] {
            let error = #expect(throws: QueryError.self) { try index.keys(for: ["p": json(wrong)]) }
            #expect(error?.code == .invalidDocument)
        }
        // A circle of a kilometre must not read a whole province.
        let nearness = try #require(try Filter(["p": ["$near": ["$geometry": QueryGeoTests.point(116.4, 39.9)]]]).nearness)
        let ranges = nearness.ranges(within: 1000)
        #expect(ranges.count < 80)
        let far = try index.keys(for: ["p": [116.45, 39.9]])
        #expect(!far.contains { key in ranges.contains { $0.contains(key) } })
    }

    @Test func textMissesNothing() throws {
        var random = SeededGenerator(seed: 75)
        let words = ["tea", "teas", "Tea", "green", "black", "café", "cafe", "龙井", "茶", "龙井茶叶", "绿茶", "box", "boxes", "xés", "xe", "a_b", "１２"]
        let index = IndexDefinition(name: "t", fields: [IndexField(path: "a"), IndexField(path: "b.c")], kind: .text(weights: ["a": 5]))
        try index.validate()
        var matched = 0
        for _ in 0..<150 {
            func text(_ random: inout SeededGenerator) -> JSON {
                .string((0...random.below(5)).map { _ in random.choose(words) }.joined(separator: random.choose([" ", "", "-", "，"])))
            }
            let documents = (0..<15).map { _ -> JSONObject in
                random.choose([["a": text(&random)], ["b": ["c": text(&random)]], ["b": [["c": text(&random)], ["c": 5]]], ["a": [text(&random), 1]]])
            }
            let collection = Collection(documents, [index])
            for _ in 0..<10 {
                let search = (0...random.below(3)).map { _ in random.choose(["", "-", "\""]) + random.choose(words) }.joined(separator: " ")
                let query: JSON = [
                    "$text": [
                        "$search": .string(search), "$caseSensitive": .bool(random.below(3) == 0), "$diacriticSensitive": .bool(random.below(3) == 0),
                    ]
                ]
                let filter = try Filter(query).bound(to: index.textContext)
                #expect(collection.check(filter, query) == "text")
                matched += documents.count { filter.matches($0) }
                let either = try Filter(["$or": [query, ["_id": "x"]]]).bound(to: index.textContext)
                #expect(collection.check(either, query) == "union")
            }
        }
        #expect(matched > 2000)
    }
}
