import Kernel
import TestSupport
import Testing

@testable import Documents

/// `$geoNear` by an index answers what it answers without one, and looks at less.
@Suite struct GeoNearTests {
    @Test(arguments: TestEngine.allCases) func anIndexChangesNothingButTheWork(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for collection in ["plain", "indexed"] { _ = try await base.documents.createCollection(collection, permission: nil, base.environment) }
            try await base.documents.createIndex(["keys": [["at", "2dsphere"]]], of: "indexed", base.environment)
            var random = SeededGenerator(seed: 7)
            let documents = (0..<250).map { JSON.object(["_id": .int($0), "at": place(&random), "n": .int($0 % 7)]) }
            for collection in ["plain", "indexed"] {
                try await base.perform(["op": "add", "collection": .string(collection), "data": .array(documents)])
            }
            for _ in 0..<20 {
                let near: JSON = ["type": "Point", "coordinates": [.double(random.unit() * 360 - 180), .double(random.unit() * 180 - 90)]]
                var asked: JSONObject = ["near": near, "distanceField": "d", "key": "at"]
                if random.unit() < 0.5 { asked["maxDistance"] = .double(random.unit() * 8_000_000) }
                if random.unit() < 0.3 { asked["minDistance"] = .double(random.unit() * 2_000_000) }
                if random.unit() < 0.4 { asked["query"] = ["n": ["$lt": 3]] }
                if random.unit() < 0.3 { asked["near"] = near["coordinates"] }
                if asked["near"] == near["coordinates"] {
                    asked["spherical"] = true
                    asked["maxDistance"] = asked["maxDistance"]?.doubleValue.map { .double($0 / 6_378_100) }
                    asked["minDistance"] = asked["minDistance"]?.doubleValue.map { .double($0 / 6_378_100) }
                }
                var stages: [JSON] = [["$geoNear": .object(asked)], ["$project": ["d": 1]]]
                if random.unit() < 0.6 { stages.append(["$limit": .int(Int64(1 + random.unit() * 20))]) }
                let answers = try await both(base, stages)
                #expect(answers[0] == answers[1], "\(JSON.array(stages).text)")
            }
        }
    }

    @Test(arguments: TestEngine.allCases) func explainNamesTheIndex(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            try await base.documents.createIndex(["keys": [["at", "2dsphere"]]], of: "c", base.environment)
            let documents = (0..<400).map { JSON.object(["_id": .int($0), "at": .array([.double(Double($0) * 0.4), 10])]) }
            try await base.perform(["op": "add", "collection": "c", "data": .array(documents)])
            // Without a key it is the field of the only index on places.
            let request = #"""
                {"op":"aggregate","collection":"c","explain":true,
                "pipeline":[{"$geoNear":{"near":{"type":"Point","coordinates":[40,10]},"distanceField":"d"}},{"$limit":3}]}
                """#
            let explained = try #require(try await base.perform(request)["explain"])
            #expect(explained["plan"] == "geo")
            #expect(explained["index"] == "at_2dsphere" || explained["index"] == "at")
            #expect(try #require(explained["examined"]?.intValue) < 300)
            var asked = object(request)
            asked["explain"] = nil
            let found = try await base.perform(.object(asked))["data"]?.arrayValue ?? []
            #expect(found.first?["_id"] == 100)
            #expect(found.count == 3)
        }
    }

    private func both(_ base: DatabaseFixture, _ stages: [JSON]) async throws -> [JSON?] {
        var answers: [JSON?] = []
        for collection in ["plain", "indexed"] {
            answers.append(try await base.perform(["op": "aggregate", "collection": .string(collection), "pipeline": .array(stages)])["data"])
        }
        return answers
    }

    /// A point, the old way or as GeoJSON, or several.
    private func place(_ random: inout SeededGenerator) -> JSON {
        let pair: JSON = [.double(random.unit() * 360 - 180), .double(random.unit() * 180 - 90)]
        switch random.unit() {
        case ..<0.6: return ["type": "Point", "coordinates": pair]
        case ..<0.8: return pair
        default: return [["type": "Point", "coordinates": pair], ["type": "Point", "coordinates": [.double(random.unit() * 180), 0]]]
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func unit() -> Double { Double.random(in: 0..<1, using: &self) }
}
