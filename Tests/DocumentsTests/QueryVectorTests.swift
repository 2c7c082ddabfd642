import Foundation
import Kernel
import Testing

@testable import Documents

/// Cases on which this implementation and an independent one of MongoDB's language agree.
@Suite struct QueryVectorTests {
    private static func vectors(_ kind: String) throws -> [JSON] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors/query-vectors.json")
        let vectors = try JSON(parsing: Array(Data(contentsOf: file)))
        return try #require(vectors[kind]?.arrayValue)
    }

    @Test func matchesTheAgreedDocuments() throws {
        let cases = try Self.vectors("filters")
        #expect(cases.count > 200)
        for example in cases {
            let query = try #require(example["filter"])
            let filter = try Filter(query)
            let documents = example["documents"]?.arrayValue?.compactMap(\.objectValue) ?? []
            #expect(!documents.isEmpty)
            #expect(example["matches"] == .array(documents.map { .bool(filter.matches($0)) }), "\(query.text)")
        }
    }

    @Test func givesTheAgreedResults() throws {
        let cases = try Self.vectors("updates")
        #expect(cases.count > 200)
        for example in cases {
            let update = try #require(example["update"])
            var document = try #require(example["document"]?.objectValue)
            _ = try Update(update).apply(to: &document, now: 0, isInsert: false)
            #expect(example["result"] == .object(document), "\(update.text)")
        }
    }
}
