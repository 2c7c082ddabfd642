import Foundation
import Kernel
import Testing

@testable import Documents

/// Cases written by hand from the manual's semantics: `Vectors/filters.json` and `Vectors/updates.json`.
@Suite struct QueryManualTests {
    private static func cases(_ name: String) throws -> [JSON] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors/\(name).json")
        return try #require(try JSON(parsing: Array(Data(contentsOf: file))).arrayValue)
    }

    @Test func filters() throws {
        let cases = try Self.cases("filters")
        #expect(cases.count > 100)
        for example in cases {
            let name = Comment(rawValue: example["name"]?.stringValue ?? "?")
            if let error = example["error"] {
                let failure = #expect(throws: QueryError.self, name) { try Self.filter(example) }
                if case .string(let code) = error { #expect(failure?.code.rawValue == code, name) }
                continue
            }
            do {
                let filter = try Self.filter(example)
                for document in example["matches"]?.arrayValue ?? [] {
                    #expect(filter.matches(try #require(document.objectValue)), "\(name) should match \(document.text)")
                }
                for document in example["rejects"]?.arrayValue ?? [] {
                    #expect(!filter.matches(try #require(document.objectValue)), "\(name) should not match \(document.text)")
                }
            } catch { Issue.record("\(name): \(error)") }
        }
    }

    /// `"text"` gives the fields of the text index.
    private static func filter(_ example: JSON) throws -> Filter {
        let fields = example["text"]?.objectValue?.map { TextIndexContext.Field(path: $0.key, weight: Int($0.value.intValue ?? 1)) }
        return try Filter(try #require(example["filter"]), text: try fields.map { try TextIndexContext($0) })
    }

    @Test func updates() throws {
        let cases = try Self.cases("updates")
        #expect(cases.count > 100)
        for example in cases {
            let name = Comment(rawValue: example["name"]?.stringValue ?? "?")
            let outcome = Result { try Self.updated(example) }
            switch (example["error"], outcome) {
            case (nil, .success(let document)): #expect(JSON.object(document).text == example["result"]?.text, name)
            case (nil, .failure(let error)): Issue.record("\(name): \(error)")
            case (.some, .success(let document)): Issue.record("\(name) should fail, not give \(JSON.object(document).text)")
            case (.some(let code), .failure(let error)):
                let failure = try #require(error as? QueryError, name)
                if case .string(let code) = code { #expect(failure.code.rawValue == code, "\(name): \(failure)") }
            }
        }
    }

    /// The document after the update; one that `"upsert"` makes when there is none.
    private static func updated(_ example: JSON) throws -> JSONObject {
        let update = try Update(try #require(example["update"]), arrayFilters: example["arrayFilters"])
        let filter = try example["filter"].map { try Filter($0) }
        guard var document = example["document"]?.objectValue else {
            return try update.inserted(for: try #require(filter), now: 1_700_000_000_000)
        }
        let before = document
        do {
            let hasChanged = try update.apply(to: &document, now: 1_700_000_000_000, isInsert: false, matching: filter)
            #expect(hasChanged == (document != before))
        } catch {
            #expect(document == before)
            throw error
        }
        return document
    }
}
