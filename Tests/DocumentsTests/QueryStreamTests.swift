import Kernel
import Testing

@testable import Documents

/// How pipelines run: what they hold, when they stop, what they ask of a store.
@Suite struct QueryStreamTests {
    /// Counts what other collections are asked for.
    private final class Collections: ForeignCollections {
        var documents: [String: [JSONObject]] = [:]
        var indexed = true
        var visits = 0
        var handedOver = 0

        func visit(_ collection: String, matching filter: Filter, fields: Set<String>?, _ body: (JSONObject) throws -> Bool) throws {
            visits += 1
            for document in documents[collection] ?? [] where filter.matches(document) {
                handedOver += 1
                if try !body(document) { return }
            }
        }

        func isIndexed(_ collection: String, field: String) -> Bool { indexed }
    }

    /// Runs a pipeline on numbered documents; answers the results, how many documents it took, and its report.
    private func run(
        _ pipeline: String, count: Int, limits: PipelineLimits = PipelineLimits(), foreign: Collections = Collections(), most: Int = .max,
        score: (Int) -> Double? = { _ in nil }
    ) throws -> (results: [JSON], taken: Int, report: [StageReport]) {
        var results: [JSON] = []
        var parsed = try Pipeline(json(pipeline))
        // The store has looked for the text before the first document gets here.
        if parsed.asksForText { parsed = parsed.rest() }
        let run = try PipelineRun(parsed, foreign: foreign, now: 0, limits: limits) { document in
            results.append(.object(document))
            return results.count < most
        }
        var taken = 0
        for number in 0..<count {
            taken += 1
            let document: JSONObject = ["_id": .int(Int64(number)), "g": .int(Int64(number % 10)), "text": .string(String(repeating: "x", count: 100))]
            if try !run.take(document, score: score(number)) { break }
        }
        try run.finish()
        return (results, taken, run.report)
    }

    @Test func stopsWhenNothingMoreIsWanted() throws {
        #expect(try run("[{\"$match\":{\"g\":3}},{\"$limit\":2}]", count: 1000).taken == 14)
        #expect(try run("[{\"$skip\":5},{\"$project\":{\"g\":1}},{\"$limit\":1}]", count: 1000).taken == 6)
        #expect(try run("[{\"$facet\":{\"a\":[{\"$limit\":3}],\"b\":[{\"$limit\":5}]}}]", count: 1000).taken == 5)
        #expect(try run("[{\"$unionWith\":\"x\"},{\"$limit\":4}]", count: 1000).taken == 4)
        #expect(try run("[]", count: 1000, most: 7).taken == 7)
        #expect(try run("[{\"$group\":{\"_id\":\"$g\"}}]", count: 1000, most: 3).results.count == 3)
        #expect(try run("[{\"$sort\":{\"_id\":-1}}]", count: 100, most: 3).results.count == 3)
    }

    @Test func asksNoForeignCollectionInVain() throws {
        let foreign = Collections()
        #expect(try run("[{\"$unionWith\":\"x\"},{\"$limit\":4}]", count: 1000, foreign: foreign).results.count == 4)
        #expect(foreign.visits == 0)
    }

    @Test func holdsNoMoreThanIsWanted() throws {
        let sorted = try run("[{\"$sort\":{\"_id\":-1}},{\"$skip\":1},{\"$limit\":3}]", count: 1000)
        #expect(sorted.report[0].heldMost <= 5)
        #expect(sorted.results.first?["_id"] == 998)
        let projected = try run("[{\"$sort\":{\"_id\":-1}},{\"$project\":{\"g\":1}},{\"$limit\":3}]", count: 1000)
        #expect(projected.report[0].heldMost <= 4)
        #expect(try run("[{\"$sample\":{\"size\":7}}]", count: 1000).report[0].heldMost <= 8)
        #expect(try run("[{\"$group\":{\"_id\":\"$g\",\"n\":{\"$sum\":1}}}]", count: 1000).report[0].heldMost == 10)
    }

    @Test(arguments: [
        ("[{\"$match\":{}},{\"$sort\":{\"_id\":1}}]", "2 ($sort)"), ("[{\"$group\":{\"_id\":null,\"all\":{\"$push\":\"$$ROOT\"}}}]", "1 ($group)"),
        ("[{\"$group\":{\"_id\":\"$_id\"}}]", "1 ($group)"), ("[{\"$facet\":{\"a\":[{\"$sort\":{\"_id\":1}}]}}]", "1 ($facet) › 1 ($sort)"),
        ("[{\"$skip\":1},{\"$setWindowFields\":{\"output\":{\"n\":{\"$sum\":1}}}}]", "2 ($setWindowFields)"),
        ("[{\"$bucketAuto\":{\"groupBy\":\"$g\",\"buckets\":2}}]", "1 ($bucketAuto)"), ("[{\"$sample\":{\"size\":9999}}]", "1 ($sample)"),
        ("[{\"$group\":{\"_id\":null,\"m\":{\"$median\":{\"input\":\"$_id\"}},\"s\":{\"$addToSet\":\"$_id\"}}}]", "1 ($group)"),
        ("[{\"$limit\":1},{\"$lookup\":{\"from\":\"big\",\"pipeline\":[],\"as\":\"r\"}}]", "2 ($lookup)"),
        ("[{\"$limit\":1},{\"$lookup\":{\"from\":\"big\",\"localField\":\"x\",\"foreignField\":\"x\",\"as\":\"r\"}}]", "2 ($lookup)"),
        ("[{\"$sort\":{\"_id\":1}},{\"$fill\":{\"output\":{\"v\":{\"value\":0}}}}]", "1 ($sort)"),
    ]) func namesTheStageThatNeedsTooMuch(pipeline: String, stage: String) throws {
        let foreign = Collections()
        foreign.documents["big"] = (0..<3000).map { ["_id": .int(Int64($0)), "text": .string(String(repeating: "y", count: 100))] }
        let error = #expect(throws: QueryError.self) { try run(pipeline, count: 3000, limits: PipelineLimits(memoryBytes: 100_000), foreign: foreign) }
        #expect(error?.code == .limit)
        #expect(error?.message.contains("Stage \(stage) needs more than 100000 bytes") == true, "\(error?.message ?? "")")
        #expect(error?.messageZh.contains(stage) == true)
    }

    @Test func givesMemoryBack() throws {
        let small = PipelineLimits(memoryBytes: 400_000)
        let foreign = Collections()
        foreign.documents["c"] = (0..<10).map { ["_id": .int(Int64($0)), "text": .string(String(repeating: "y", count: 500))] }
        for indexed in [true, false] {
            foreign.indexed = indexed
            let pipeline =
                "[{\"$lookup\":{\"from\":\"c\",\"localField\":\"g\",\"foreignField\":\"_id\",\"as\":\"r\"}},{\"$group\":{\"_id\":null,\"n\":{\"$sum\":{\"$size\":\"$r\"}}}}]"
            #expect(try run(pipeline, count: 20_000, limits: small, foreign: foreign).results == [["_id": .null, "n": 20_000]])
        }
        let correlated =
            "[{\"$lookup\":{\"from\":\"c\",\"let\":{\"g\":\"$g\"},\"pipeline\":[{\"$match\":{\"$expr\":{\"$eq\":[\"$_id\",\"$$g\"]}}}],\"as\":\"r\"}},{\"$count\":\"n\"}]"
        #expect(try run(correlated, count: 2000, limits: small, foreign: foreign).results == [["n": 2000]])
    }

    @Test func joinsInBatchesOrAtOnce() throws {
        let foreign = Collections()
        foreign.documents["c"] = (0..<10).map { ["_id": .int(Int64($0))] }
        let pipeline = "[{\"$lookup\":{\"from\":\"c\",\"localField\":\"g\",\"foreignField\":\"_id\",\"as\":\"r\"}}]"
        _ = try run(pipeline, count: 1000, foreign: foreign)
        #expect(foreign.visits == 5)
        foreign.indexed = false
        foreign.visits = 0
        _ = try run(pipeline, count: 1000, foreign: foreign)
        #expect(foreign.visits == 1)
        // What depends on no document is asked once.
        foreign.visits = 0
        _ = try run("[{\"$lookup\":{\"from\":\"c\",\"pipeline\":[{\"$limit\":1}],\"as\":\"r\"}}]", count: 50, foreign: foreign)
        #expect(foreign.visits == 1)
        foreign.handedOver = 0
        _ = try run(
            "[{\"$limit\":3},{\"$lookup\":{\"from\":\"c\",\"let\":{\"g\":\"$g\"},\"pipeline\":[{\"$match\":{\"$expr\":{\"$eq\":[\"$_id\",\"$$g\"]}}}],\"as\":\"r\"}}]",
            count: 50, foreign: foreign)
        #expect(foreign.handedOver == 3)
    }

    @Test func ordersByScore() throws {
        let result = try run(
            "[{\"$match\":{\"$text\":{\"$search\":\"x\"}}},{\"$sort\":{\"score\":{\"$meta\":\"textScore\"}}},{\"$limit\":2},{\"$project\":{\"s\":{\"$meta\":\"textScore\"}}}]",
            count: 5,
            score: { Double($0 * 3 % 5) })
        #expect(result.results == [["_id": 3, "s": 4], ["_id": 1, "s": 3]])
    }

    @Test func reports() throws {
        let report = try run("[{\"$match\":{\"g\":{\"$lt\":5}}},{\"$sortByCount\":\"$g\"},{\"$limit\":2}]", count: 100).report
        #expect(report.map(\.name) == ["$match", "$sortByCount", "$sortByCount", "$limit"])
        #expect(report.map(\.number) == [1, 2, 2, 3])
        #expect(report.map(\.received) == [100, 50, 5, 2])
        #expect(report.map(\.returned) == [50, 5, 2, 2])
        #expect(report[1].heldMost == 5)
        #expect(report[1].json["bytes"]?.intValue ?? 0 > 0)
    }

    @Test func asksTheClock() throws {
        struct TooLate: Error {}
        let pipeline = try Pipeline(json("[{\"$match\":{\"a\":1}}]"))
        let run = try PipelineRun(pipeline, foreign: Collections(), now: 0, checkpoint: { throw TooLate() }) { _ in true }
        #expect(throws: TooLate.self) { for _ in 0..<1000 { _ = try run.take([:]) } }
    }

    @Test(
        arguments: [
            (
                "[{\"$match\":{\"a\":1}},{\"$match\":{\"b\":2}},{\"$sort\":{\"c\":1}},{\"$skip\":2},{\"$limit\":3},{\"$project\":{\"a\":1}}]", "a b", "c", 2, 3,
                1
            ),
            ("[{\"$sort\":{\"c\":1}},{\"$match\":{\"a\":1}},{\"$limit\":3}]", "a", "c", 0, 3, 0),
            ("[{\"$addFields\":{\"x\":1}},{\"$match\":{\"a\":1,\"x\":1}},{\"$limit\":3}]", "a", "", 0, nil, 3),
            ("[{\"$unwind\":\"$a\"},{\"$match\":{\"a\":1,\"b\":2}}]", "b", "", 0, nil, 2),
            (
                "[{\"$lookup\":{\"from\":\"c\",\"localField\":\"a\",\"foreignField\":\"b\",\"as\":\"r\"}},{\"$match\":{\"b\":1}},{\"$limit\":2}]", "b", "", 0,
                2, 1
            ),
            ("[{\"$project\":{\"a\":1}},{\"$limit\":5}]", "", "", 0, 5, 1), ("[{\"$limit\":5},{\"$match\":{\"a\":1}}]", "", "", 0, 5, 1),
            ("[{\"$match\":{\"a\":1}},{\"$count\":\"n\"}]", "a", "", 0, nil, 0),
            ("[{\"$group\":{\"_id\":\"$a\"}},{\"$match\":{\"_id\":1}}]", "", "", 0, nil, 2),
            ("[{\"$match\":{\"$expr\":{\"$and\":[{\"$eq\":[\"$a.b\",5]},{\"$gt\":[\"$c\",1]}]}}}]", "a.b", "", 0, nil, 0),
            ("[{\"$addFields\":{\"x\":1}},{\"$match\":{\"$expr\":{\"$gt\":[\"$$ROOT.x\",0]}}}]", "", "", 0, nil, 2),
            (
                "[{\"$match\":{\"$text\":{\"$search\":\"x\"}}},{\"$sort\":{\"s\":{\"$meta\":\"textScore\"}}},{\"$limit\":2}]", "", "", 0, nil, 2
            ),
        ] as [(String, String, String, Int, Int?, Int)]) func tellsWhatComesFirst(
            pipeline: String, filtered: String, sorted: String, skip: Int, limit: Int?, rest: Int
        ) throws
    {
        let parsed = try Pipeline(json(pipeline))
        let leading = parsed.leading
        let paths = leading.filter.condition.conjuncts.compactMap { condition in if case .field(let path, _) = condition { path.text } else { nil } }
        #expect(paths.joined(separator: " ") == filtered)
        #expect(leading.sort?.fields.map(\.path).joined() ?? "" == sorted)
        #expect(leading.skip == skip)
        #expect(leading.limit == limit)
        #expect(parsed.rest(sorted: true, counted: true).stages.count == rest)
    }

    @Test func offersNearness() throws {
        let pipeline = try Pipeline(
            json(
                "[{\"$geoNear\":{\"near\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"distanceField\":\"d\",\"key\":\"p\",\"maxDistance\":500,\"query\":{\"a\":1}}},{\"$limit\":4}]"
            ))
        let nearness = try #require(pipeline.geoNear)
        #expect(nearness.key?.text == "p")
        #expect(nearness.maximum == 500)
        #expect(nearness.limit == 4)
        #expect(pipeline.leading.filter.matches(["a": 1]))
        #expect(!pipeline.leading.filter.matches(["a": 2]))
    }

    @Test(
        arguments: [
            ("[]", nil), ("[{\"$match\":{\"a.b\":1}},{\"$group\":{\"_id\":\"$c\",\"n\":{\"$sum\":\"$d.e\"}}}]", ["a", "c", "d"]),
            ("[{\"$project\":{\"x\":\"$a\",\"b\":1,\"_id\":0}}]", ["a", "b"]), ("[{\"$project\":{\"a\":0}}]", nil), ("[{\"$count\":\"n\"}]", []),
            ("[{\"$group\":{\"_id\":\"$$ROOT\"}}]", nil), ("[{\"$group\":{\"_id\":\"$$ROOT.a\"}}]", ["a"]),
            ("[{\"$unwind\":\"$l\"},{\"$sort\":{\"s\":1}},{\"$group\":{\"_id\":\"$l.x\"}}]", ["l", "s"]), ("[{\"$match\":{\"a\":1}}]", nil),
            ("[{\"$addFields\":{\"x\":{\"$let\":{\"vars\":{\"v\":\"$a\"},\"in\":\"$$v.b\"}}}},{\"$count\":\"n\"}]", ["a"]),
            ("[{\"$group\":{\"_id\":null,\"t\":{\"$top\":{\"sortBy\":{\"s\":1},\"output\":\"$o\"}}}}]", ["s", "o"]),
            ("[{\"$facet\":{\"a\":[]}}]", nil), ("[{\"$replaceWith\":\"$a\"}]", ["a"]),
        ] as [(String, [String]?)]) func knowsWhatItReads(pipeline: String, fields: [String]?) throws
    {
        #expect(try Pipeline(json(pipeline)).requiredFields == fields.map { Set($0) })
    }

    @Test func knowsCollections() throws {
        let pipeline = try Pipeline(
            json(
                "[{\"$lookup\":{\"from\":\"a\",\"pipeline\":[{\"$unionWith\":\"b\"}],\"as\":\"r\"}},{\"$facet\":{\"f\":[{\"$lookup\":{\"from\":\"c\",\"localField\":\"x\",\"foreignField\":\"y\",\"as\":\"r\"}}]}},{\"$unionWith\":\"a\"},{\"$merge\":\"m\"}]"
            ))
        #expect(pipeline.lookups == ["a", "b", "c"])
        #expect(pipeline.output?.collection == "m")
    }

    @Test func describesOutput() throws {
        let out = try #require(try Pipeline(json("[{\"$out\":\"x\"}]")).output)
        #expect(out.replacesCollection && out.collection == "x")
        func merged(_ merge: String, _ result: JSONObject, _ stored: JSONObject) throws -> JSONObject? {
            try Pipeline(json("[{\"$merge\":\(merge)}]")).output?.merged(result, into: stored, now: 0)
        }
        let stored: JSONObject = ["_id": 1, "a": 1, "b": 2]
        #expect(try merged("\"x\"", ["_id": 9, "a": 5, "c": 3], stored) == ["_id": 1, "a": 5, "b": 2, "c": 3])
        #expect(try merged("{\"into\":\"x\",\"whenMatched\":\"replace\"}", ["a": 5], stored) == ["_id": 1, "a": 5])
        #expect(try merged("{\"into\":\"x\",\"whenMatched\":\"keepExisting\"}", ["a": 5], stored) == nil)
        let pipeline =
            "{\"into\":\"x\",\"on\":[\"k\"],\"let\":{\"w\":\"$a\"},\"whenMatched\":[{\"$set\":{\"a\":{\"$add\":[\"$a\",\"$$new.a\",\"$$w\"]}}}],\"whenNotMatched\":\"discard\"}"
        #expect(try merged(pipeline, ["a": 5], stored) == ["_id": 1, "a": 11, "b": 2])
        let output = try #require(try Pipeline(json("[{\"$merge\":\(pipeline)}]")).output)
        #expect(output.on == ["k"])
        #expect(output.whenMatched == .pipeline && output.whenNotMatched == .discard)
        for bad in [
            "1", "{\"into\":\"x\",\"whenMatched\":\"no\"}", "{\"into\":\"x\",\"whenMatched\":[{\"$group\":{\"_id\":1}}]}", "{\"into\":\"x\",\"on\":[]}",
        ] {
            #expect(throws: QueryError.self) { try Pipeline(json("[{\"$merge\":\(bad)}]")) }
        }
    }
}
