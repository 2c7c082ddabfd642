import Kernel
import Testing

@testable import Documents

/// What a sample says of a collection's documents, on both engines.
@Suite struct SchemaOverviewTests {
    private func field(_ path: String, _ schema: JSON) -> JSON? { schema["fields"]?.arrayValue?.first { $0["path"] == .string(path) } }

    @Test(arguments: TestEngine.allCases) func pathsTypesAndValues(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(
                #"""
                {"op":"add","collection":"c","data":[
                {"_id":"a","name":"bun","price":3,"tags":["x","y"],"size":{"cm":1.5},"open":true},
                {"_id":"b","name":"bun","price":"4","tags":["x"],"open":false},
                {"_id":"c","name":"tea","price":5000000000,"at":{"$date":7},"open":null},
                {"_id":"d","name":"tea","price":-1}]}
                """#)
            let schema = try await base.documents.schema(of: "c", base.environment)
            #expect(schema["documents"] == 4 && schema["sampled"] == 4 && schema["more"] == nil)
            #expect(field("name", schema)?["values"] == ["bun", "tea"])
            #expect(field("_id", schema)?["values"] == nil)
            let price = try #require(field("price", schema))
            #expect(price["types"] == [["type": "int", "share": 0.5], ["type": "string", "share": 0.25], ["type": "long", "share": 0.25]])
            #expect(price["min"] == -1 && price["max"] == 5_000_000_000 && price["missing"] == 0.0 && price["example"] == 3)
            #expect(field("tags", schema)?["missing"] == 0.5)
            #expect(field("tags[]", schema)?["values"] == ["x", "y"] && field("tags[]", schema)?["missing"] == 0.5)
            #expect(field("size.cm", schema)?["types"] == [["type": "double", "share": 1.0]] && field("size.cm", schema)?["missing"] == 0.75)
            #expect(field("at", schema)?["values"] == [.date(7)])
            #expect(field("open", schema)?["types"]?.arrayValue?.count == 2)
            #expect(await errorCode { try await base.documents.schema(of: "none", base.environment) } == "COLLECTION_NOT_FOUND")
        }
    }

    /// However many there are: a bounded number is read, from the oldest to the newest.
    @Test(arguments: TestEngine.allCases) func aBoundedSampleOfAll(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for start in stride(from: 0, to: 3000, by: 500) {
                let documents = (start..<start + 500).map { number -> JSON in ["n": .int(Int64(number))] }
                try await base.perform(["op": "add", "collection": "c", "data": .array(documents)])
            }
            let schema = try await base.documents.schema(of: "c", base.environment)
            #expect(schema["documents"] == 3000 && schema["sampled"] == 1000)
            let n = try #require(field("n", schema))
            #expect(n["min"] == 0 && (n["max"]?.intValue ?? 0) > 2800)
            _ = try await base.documents.createCollection("empty", permission: nil, base.environment)
            #expect(try await base.documents.schema(of: "empty", base.environment)["fields"] == [])
            // Names that are ids are cut off.
            let names = JSON.object(JSONObject((0..<700).map { ("k\($0)", JSON.int(1)) }))
            try await base.perform(["op": "add", "collection": "wide", "data": names])
            let wide = try await base.documents.schema(of: "wide", base.environment)
            #expect(wide["more"] == true && wide["fields"]?.arrayValue?.count == 500)
        }
    }
}
