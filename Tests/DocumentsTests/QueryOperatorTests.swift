import Kernel
import TestSupport
import Testing

@testable import Documents

/// What vectors cannot say about operators: chance, sizes beside the writer of BSON, and the same on both engines.
@Suite struct QueryOperatorTests {
    @Test func aSampleIsAboutAsLargeAsAsked() throws {
        let filter = try Filter(["$sampleRate": 0.25])
        let found = (0..<20_000).count { _ in filter.matches([:]) }
        // Eleven standard deviations on either side.
        #expect((4300...5700).contains(found))
    }

    /// Chance before `$unwind` would take or leave all elements of a document together.
    @Test func chanceIsNotAskedBeforeAnUnwind() throws {
        for condition in [json(#"{"$sampleRate":0.5}"#), json(#"{"$expr":{"$lt":[{"$rand":{}},0.5]}}"#)] {
            let pipeline = try Pipeline([["$unwind": "$t"], ["$match": condition], ["$count": "n"]])
            #expect(pipeline.leadingMatch == nil)
            var random = SeededGenerator(seed: 1)
            let documents: [JSONObject] = [["t": .array((0..<2000).map { .int($0) })]]
            let count = try pipeline.run(documents, foreign: { _ in [] }, now: 0, random: &random).first?["n"]?.intValue
            #expect((700...1300).contains(try #require(count)))
        }
        let fixed = try Pipeline([["$unwind": "$t"], ["$match": ["a": 1]]])
        #expect(fixed.leadingMatch != nil, "what is no matter of chance still moves")
    }

    @Test func anIndexIsNoMatterOfChance() {
        for condition in [json(#"{"$sampleRate":0.5}"#), json(#"{"a":1,"$or":[{"b":1},{"$expr":{"$lt":[{"$rand":{}},0.5]}}]}"#)] {
            #expect(throws: QueryError.self) { try PartialFilter(condition) }
        }
        #expect(throws: Never.self) { try PartialFilter(["a": 1]) }
    }

    @Test func aSizeIsWhatTheWriterWrites() throws {
        var generator = QueryGenerator(seed: 7)
        var documents = (0..<300).map { _ in generator.document(depth: 4) }
        documents.append(["l": .array((0..<1200).map { .int($0) }), "r": json(#"{"$regularExpression":{"pattern":"^a","options":"i"}}"#)])
        documents.append(["b": .binary(BinaryData([1, 2, 3], subtype: 2)), "é": "你好"])
        for document in documents {
            var bytes: [UInt8] = []
            try BSONWriter().append(document, to: &bytes)
            #expect(BSONSize.of(document) == bytes.count, "\(JSON.object(document).text)")
        }
    }

    @Test(arguments: TestEngine.allCases) func bothEnginesAnswerTheSame(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","k":2,"v":1},{"_id":"b","k":9,"v":3},{"_id":"d","k":2,"v":40}]}"#)
            func run(_ pipeline: String) async throws -> JSON? {
                try await base.perform(["op": "aggregate", "collection": "c", "pipeline": json(pipeline)])["data"]
            }
            #expect(try await run(#"[{"$documents":[{"n":1},{"n":2}]},{"$match":{"n":2}}]"#) == [["n": 2]])
            let own = #"{"$lookup":{"localField":"k","foreignField":"k","pipeline":[{"$documents":[{"k":9,"w":"x"}]}],"as":"r"}}"#
            #expect(try await run(#"[{"$match":{"_id":"b"}},\#(own),{"$project":{"r":"$r.w"}}]"#) == [["_id": "b", "r": ["x"]]])
            let first = #"{"$lookup":{"from":"c","pipeline":[{"$limit":1},{"$project":{"_id":1}}],"as":"r"}}"#
            #expect(try await run(#"[{"$match":{"_id":"b"}},\#(first),{"$unset":["k","v"]}]"#) == [["_id": "b", "r": [["_id": "a"]]]])
            #expect(try await run(#"[{"$match":{"$sampleRate":1}},{"$count":"n"}]"#) == [["n": 3]])
            #expect(try await base.perform(#"{"op":"count","collection":"c","where":{"$sampleRate":0}}"#)["total"] == 0)
            #expect(
                try await run(#"[{"$bucketAuto":{"groupBy":"$v","buckets":2,"granularity":"1-2-5"}}]"#) == [
                    ["_id": ["min": 0.5, "max": 5], "count": 2], ["_id": ["min": 5, "max": 50], "count": 1],
                ])
            let explained = try await base.perform(#"{"op":"aggregate","collection":"c","pipeline":[{"$documents":[{"n":1}]}],"explain":true}"#)["explain"]
            #expect(explained?["examined"] == 0, "the collection is not read")
        }
    }
}
