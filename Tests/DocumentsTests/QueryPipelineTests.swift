import Kernel
import TestSupport
import Testing

@testable import Documents

/// Whole pipelines, as the manual of MongoDB describes their stages.
@Suite struct QueryPipelineTests {
    @Test func givesTheDescribedResults() throws {
        let cases = try #require(try exampleFile("pipelines").arrayValue)
        #expect(cases.count > 150)
        for example in cases {
            let name = example["name"]?.stringValue ?? ""
            do {
                let result = try Self.run(example)
                if let code = example["error"] {
                    Issue.record("\(name) gave \(JSON.array(result).text) instead of \(code.text)")
                } else {
                    #expect(.array(result) == example["result"], "\(name) gave \(JSON.array(result).text)")
                }
            } catch let error as QueryError {
                #expect(example["error"] == .string(error.code.rawValue), "\(name): \(error.message)")
            }
        }
    }

    private static func run(_ example: JSON) throws -> [JSON] {
        let foreign = example["foreign"]
        var random = SeededGenerator(seed: 1)
        return try Pipeline(example["pipeline"] ?? .null).run(
            documents(example["documents"]), foreign: { documents(foreign?[$0]) }, now: 1_700_000_000_000, random: &random)
    }

    private static func documents(_ list: JSON?) -> [JSONObject] { list?.arrayValue?.compactMap(\.objectValue) ?? [] }

    /// What the store does first and what remains give the same as the whole.
    @Test func divides() throws {
        for example in try #require(try exampleFile("pipelines").arrayValue) where example["result"] != nil {
            let pipeline = try Pipeline(example["pipeline"] ?? .null)
            let leading = pipeline.leading
            for sorted in [true, false] {
                var input = Self.documents(example["documents"]).filter { leading.filter.matches($0) }
                if sorted || leading.sort == nil {
                    if let sort = leading.sort { input = sort.sorted(input) }
                    input = Array(input.dropFirst(leading.skip).prefix(leading.limit ?? .max))
                }
                if let name = leading.countField { input = input.isEmpty ? [] : [[name: .int(Int64(input.count))]] }
                if let fields = pipeline.requiredFields, leading.countField == nil {
                    input = input.map { JSONObject($0.filter { fields.contains($0.key) }.map { ($0.key, $0.value) }) }
                }
                let foreign = example["foreign"]
                var random = SeededGenerator(seed: 1)
                let result = try pipeline.rest(sorted: sorted, counted: true).run(
                    input, foreign: { Self.documents(foreign?[$0]) }, now: 1_700_000_000_000, random: &random)
                #expect(.array(result) == example["result"], "\(example["name"]?.text ?? "") sorted \(sorted) gave \(JSON.array(result).text)")
            }
        }
    }
}
