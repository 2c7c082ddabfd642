import Kernel
import TestSupport
import Testing

@testable import Documents

/// Damaged and nonsensical input gives errors, never a crash.
@Suite struct QueryFuzzTests {
    private static let seeds =
        QueryFilterTests.examples.map(\.query) + QueryUpdateTests.examples.map(\.1) + [
            "[{\"$match\":{\"a\":1}},{\"$group\":{\"_id\":\"$a\",\"n\":{\"$sum\":1}}},{\"$sort\":{\"n\":-1}},{\"$limit\":5}]",
            "[{\"$unwind\":{\"path\":\"$a\",\"includeArrayIndex\":\"i\"}},{\"$project\":{\"x\":{\"$map\":{\"input\":\"$a\",\"in\":{\"$add\":[\"$$this\",1]}}}}}]",
            "[{\"$addFields\":{\"d\":{\"$dateToString\":{\"date\":{\"$date\":0},\"format\":\"%Y\",\"timezone\":\"+08:00\"}}}},{\"$replaceRoot\":{\"newRoot\":\"$a\"}}]",
            "[{\"$lookup\":{\"from\":\"x\",\"localField\":\"a\",\"foreignField\":\"b\",\"as\":\"c\"}},{\"$sample\":{\"size\":2}},{\"$sortByCount\":\"$a\"}]",
            "{\"a\":{\"$slice\":[1,2]},\"b\":1}", "[[\"a\",\"asc\"],[\"b\",\"desc\"]]",
        ]

    @Test(.timeLimit(.minutes(2))) func survivesDamagedQueries() throws {
        var generator = QueryGenerator(seed: 51)
        var accepted = 0
        for round in 0..<6000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0...generator.random.below(3) { Self.damage(&bytes, &generator.random) }
            guard let damaged = try? JSON(parsing: bytes) else { continue }
            accepted += try Self.exercise(damaged, &generator)
        }
        #expect(accepted > 300)
    }

    /// Swaps whole values for others, which keeps the text valid and so reaches further than damaged bytes.
    @Test(.timeLimit(.minutes(2))) func survivesExchangedValues() throws {
        var generator = QueryGenerator(seed: 52)
        let values = try Self.seeds.map { try JSON(parsing: $0) }
        var accepted = 0
        for round in 0..<6000 {
            accepted += try Self.exercise(Self.exchange(values[round % values.count], values, &generator), &generator)
        }
        #expect(accepted > 1000)
    }

    /// Patterns made of everything that means something in them.
    @Test(.timeLimit(.minutes(2))) func survivesNonsensicalPatterns() throws {
        var random = SeededGenerator(seed: 53)
        let pieces = [
            "a", "b", "(", ")", "(?:", "[", "]", "[^", "-", "{2}", "{1,3}", "{", "}", "*", "+", "?", "|", "^", "$", ".", "\\d", "\\W",
            "\\b", "\\u4e00",
            "\\", "\\x4", "(?i)", "价", ",", "\\p{L}", "\\ud83d",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let source = (0..<random.below(12)).map { _ in random.choose(pieces) }.joined()
            guard let pattern = try? TextPattern(source, options: random.choose(["", "i", "m", "s", "x"])) else { continue }
            accepted += 1
            for text in ["", "ab", "aab价b\n"] { _ = pattern.matches(text) }
        }
        #expect(accepted > 2000)
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = random.choose(Array("\"\\{}[],:$.0123456789-aexnu()*+?|^".utf8))
        case 1 where bytes.count > 1: bytes.remove(at: place)
        default: bytes.insert(random.choose(Array("\"{}[],:$.01-a".utf8)), at: place)
        }
    }

    private static func exchange(_ value: JSON, _ values: [JSON], _ generator: inout QueryGenerator) -> JSON {
        if generator.random.below(8) == 0 {
            return generator.random.below(2) == 0 ? generator.value(depth: 2) : generator.random.choose(values)
        }
        switch value {
        case .array(let elements): return .array(elements.map { exchange($0, values, &generator) })
        case .object(let members): return .object(JSONObject(members.map { ($0.key, exchange($0.value, values, &generator)) }))
        default: return value
        }
    }

    /// Uses a value as everything that it could be; answers as how many it was accepted.
    private static func exercise(_ value: JSON, _ generator: inout QueryGenerator) throws -> Int {
        var accepted = 0
        let documents = [generator.document(), generator.document()]
        if let filter = try? Filter(value) {
            accepted += 1
            let index = generator.index()
            let matching = documents.count { filter.matches($0) }
            #expect(matching <= 2)
            _ = plan(filter: filter, sort: nil, indexes: [index])
        }
        if let update = try? Update(value) {
            accepted += 1
            for document in documents {
                var changed = document
                let hasChanged = (try? update.apply(to: &changed, now: 0, isInsert: false)) ?? false
                #expect(hasChanged == (changed != document))
            }
        }
        if let pipeline = try? Pipeline(value) {
            accepted += 1
            _ = try? pipeline.run(documents, foreign: { _ in documents }, now: 0, random: &generator.random)
        }
        if let projection = try? Projection(value) {
            accepted += 1
            for document in documents {
                guard let shown = try? projection.apply(document) else { continue }
                #expect(shown.count <= document.count + projection.computed.count)
            }
        }
        if let order = try? SortOrder(value) { #expect(order.sorted(documents).count == 2) }
        if case .object(let members) = value { try? validateDocument(members) }
        return accepted
    }
}
