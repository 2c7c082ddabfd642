import Kernel
import Testing

@testable import Documents

/// `{"$meta":"textScore"}`: how well documents fit `$text`, in queries and pipelines.
@Suite struct TextScoreTests {
    @Test(arguments: TestEngine.allCases) func queriesTellAndOrderByTheScore(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let found =
                try await base.perform(
                    #"""
                    {"op":"get","collection":"c","where":{"$text":{"$search":"tea"}},"projection":{"score":{"$meta":"textScore"}},
                    "orderBy":[["score",{"$meta":"textScore"}]]}
                    """#)["data"]?.arrayValue ?? []
            #expect(found.map { $0["_id"] } == ["whole", "title", "body"])
            #expect(found.map { $0["score"] } == [11, 7.5, 0.625])
            #expect(found.first?["t"] == "tea", "a projection of the score alone keeps the rest")
            let one = try await base.perform(
                #"""
                {"op":"get","collection":"c","where":{"$text":{"$search":"tea"}},"projection":{"_id":1,"s.n":{"$meta":"textScore"}},
                "orderBy":{"s":{"$meta":"textScore"}},"skip":1,"limit":1}
                """#)
            #expect(one["data"] == [["_id": "title", "s": ["n": 7.5]]])
        }
    }

    @Test(arguments: TestEngine.allCases) func pipelinesTellAndOrderByTheScore(_ engine: TestEngine) async throws {
        try await with(engine) { base async throws in
            let match = #"{"$match":{"$text":{"$search":"tea"}}}"#
            let sorted = #"\#(match),{"$sort":{"score":{"$meta":"textScore"}}},{"$limit":2},{"$project":{"s":{"$meta":"textScore"}}}"#
            #expect(try await aggregated(base, sorted) == [["_id": "whole", "s": 11], ["_id": "title", "s": 7.5]])
            let added = #"\#(match),{"$addFields":{"s":{"$meta":"textScore"}}},{"$match":{"s":{"$gt":1}}},{"$sort":{"s":1}},{"$project":{"s":1}}"#
            #expect(try await aggregated(base, added) == [["_id": "title", "s": 7.5], ["_id": "whole", "s": 11]])
            let grouped = #"\#(match),{"$group":{"_id":null,"sum":{"$sum":{"$meta":"textScore"}}}}"#
            #expect(try await aggregated(base, grouped) == [["_id": .null, "sum": 19.125]])
        }
    }

    @Test(arguments: [
        #"{"op":"get","collection":"c","where":{"t":"tea"},"orderBy":[["s",{"$meta":"textScore"}]]}"#,
        #"{"op":"get","collection":"c","projection":{"s":{"$meta":"textScore"}}}"#,
        #"{"op":"get","collection":"c","id":"whole","projection":{"s":{"$meta":"textScore"}}}"#,
        #"{"op":"get","collection":"c","where":{"$text":{"$search":"tea"}},"projection":{"s":{"$meta":"recordId"}}}"#,
        #"{"op":"get","collection":"c","where":{"$text":{"$search":"tea"}},"orderBy":[["s",{"$meta":"textScore"}],["t",{"$meta":"textScore"}]]}"#,
        #"{"op":"aggregate","collection":"c","pipeline":[{"$sort":{"s":{"$meta":"textScore"}}}]}"#,
        #"{"op":"aggregate","collection":"c","pipeline":[{"$limit":5},{"$match":{"$text":{"$search":"tea"}}}]}"#,
        #"{"op":"aggregate","collection":"c","pipeline":[{"$match":{"t":"tea"}},{"$match":{"$text":{"$search":"tea"}}}]}"#,
    ])
    func thereIsNoScoreWithoutAText(_ request: String) async throws {
        try await with(.files) { base async throws in #expect(await base.refusal(request) == "INVALID_QUERY") }
    }

    private func with(_ engine: TestEngine, _ body: (DatabaseFixture) async throws -> Void) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: nil, base.environment)
            try await base.documents.createIndex(["keys": [["t", "text"], ["b", "text"]], "weights": ["t": 10]], of: "c", base.environment)
            try await base.perform(
                #"""
                {"op":"add","collection":"c","data":[{"_id":"body","t":"a shop","b":"much green old tea"},{"_id":"title","t":"green tea"},
                {"_id":"whole","t":"tea"},{"_id":"none","t":"coffee","b":"beans"}]}
                """#)
            try await body(base)
        }
    }

    private func aggregated(_ base: DatabaseFixture, _ stages: String) async throws -> [JSON] {
        try await base.perform(#"{"op":"aggregate","collection":"c","pipeline":[\#(stages)]}"#)["data"]?.arrayValue ?? []
    }
}
