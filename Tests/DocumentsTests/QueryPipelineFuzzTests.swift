import Kernel
import TestSupport
import Testing

@testable import Documents

/// Nonsensical pipelines give errors, never a crash; and the order in which stages really run changes nothing.
@Suite struct QueryPipelineFuzzTests {
    private static let small = PipelineLimits(memoryBytes: 2_000_000, steps: 500_000)

    private static func examples() throws -> [JSON] {
        let pipelines = try #require(try exampleFile("pipelines").arrayValue).compactMap { $0["pipeline"] }
        let expressions = try #require(try exampleFile("expressions")["cases"]?.arrayValue).compactMap { $0["expression"] }
        return pipelines + expressions.map { [["$addFields": ["a": $0]]] }
    }

    /// Swaps whole values for others, so that what is made is mostly accepted.
    @Test(.timeLimit(.minutes(2))) func survivesExchangedValues() throws {
        var generator = QueryGenerator(seed: 61)
        let values = try Self.examples()
        var accepted = 0
        for round in 0..<8000 {
            let value = Self.exchange(values[round % values.count], values, &generator)
            guard let pipeline = try Self.parsed(value) else { continue }
            accepted += 1
            let documents = [generator.document(), generator.document(), generator.document()]
            for fields in [pipeline, pipeline.rest(sorted: true, counted: true)] { try Self.run(fields, on: documents, &generator) }
            _ = (pipeline.leading, pipeline.requiredFields, pipeline.lookups)
        }
        #expect(accepted > 2000)
    }

    @Test(.timeLimit(.minutes(2))) func survivesDamagedText() throws {
        var generator = QueryGenerator(seed: 62)
        let texts = try Self.examples().map { Array($0.text.utf8) }
        for round in 0..<6000 {
            var bytes = texts[round % texts.count]
            for _ in 0...generator.random.below(3) {
                bytes[generator.random.below(bytes.count)] = generator.random.choose(Array("\"{}[],:$.0123456789-aexnu%".utf8))
            }
            guard let value = try? JSON(parsing: bytes), let pipeline = try Self.parsed(value) else { continue }
            try Self.run(pipeline, on: [generator.document(), generator.document()], &generator)
        }
    }

    /// Filters, limits and skips that are moved forward leave the results as they were.
    @Test(.timeLimit(.minutes(2))) func optimisesSoundly() throws {
        var generator = QueryGenerator(seed: 63)
        var compared = 0
        for _ in 0..<6000 {
            let stages = (0...generator.random.below(5)).map { _ in Self.stage(&generator) }
            let written = Pipeline(stages: try StageParser(names: [], depth: 0).parse(stages))
            let optimised = try Pipeline(.array(stages))
            let documents = (0..<8).map { number -> JSONObject in
                var document = generator.document()
                document["_id"] = .int(Int64(number))
                return document
            }
            let foreign = [generator.document(), generator.document()]
            func results(_ pipeline: Pipeline) -> [JSON]? {
                try? pipeline.run(documents, foreign: { _ in foreign }, now: 0, random: &generator.random)
            }
            guard let expected = results(written) else { continue }
            compared += 1
            #expect(results(optimised) == expected, "\(JSON.array(stages).text)")
        }
        #expect(compared > 3000)
    }

    private static func stage(_ generator: inout QueryGenerator) -> JSON {
        let path = generator.path()
        let name = generator.random.choose(generator.names)
        switch generator.random.below(12) {
        case 0, 1, 2: return ["$match": generator.filter()]
        case 3: return ["$sort": [path: generator.random.choose([1, -1])]]
        case 4: return ["$limit": .int(Int64(1 + generator.random.below(5)))]
        case 5: return ["$skip": .int(Int64(generator.random.below(3)))]
        case 6: return ["$addFields": [path: generator.random.choose(["$a", "$b.a", 1, ["$ifNull": ["$c", "none"]]])]]
        case 7: return ["$project": [path: 1]]
        case 8: return ["$unset": .string(path)]
        case 9: return ["$unwind": ["path": .string("$" + path), "preserveNullAndEmptyArrays": .bool(generator.random.below(2) == 0)]]
        case 10: return ["$lookup": ["from": "f", "localField": .string(path), "foreignField": "a", "as": .string(name)]]
        default: return ["$match": ["$expr": ["$eq": [.string("$" + path), generator.scalar()]]]]
        }
    }

    /// Only errors that tell what is wrong are thrown.
    private static func parsed(_ value: JSON) throws -> Pipeline? {
        do throws(QueryError) { return try Pipeline(value) } catch { return nil }
    }

    private static func run(_ pipeline: Pipeline, on documents: [JSONObject], _ generator: inout QueryGenerator) throws {
        do { _ = try pipeline.run(documents, foreign: { _ in documents }, now: 0, random: &generator.random, limits: small) } catch is QueryError {}
    }

    private static func exchange(_ value: JSON, _ values: [JSON], _ generator: inout QueryGenerator) -> JSON {
        if generator.random.below(12) == 0 {
            return generator.random.below(2) == 0 ? generator.value(depth: 2) : part(of: generator.random.choose(values), &generator)
        }
        switch value {
        case .array(let elements): return .array(elements.map { exchange($0, values, &generator) })
        case .object(let members): return .object(JSONObject(members.map { ($0.key, exchange($0.value, values, &generator)) }))
        default: return value
        }
    }

    /// Some value inside of another.
    private static func part(of value: JSON, _ generator: inout QueryGenerator) -> JSON {
        if generator.random.below(4) == 0 { return value }
        switch value {
        case .array(let elements) where !elements.isEmpty: return part(of: generator.random.choose(elements), &generator)
        case .object(let members) where !members.isEmpty: return part(of: generator.random.choose(members.map(\.value)), &generator)
        default: return value
        }
    }
}
