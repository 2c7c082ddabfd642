import Foundation
import Kernel
import TestSupport
import Testing

@testable import Documents

/// The cases of the manual tests with their values exchanged and their bytes damaged: errors at worst, and what is accepted keeps its word.
@Suite struct QueryMutationFuzzTests {
    private static func cases(_ name: String) throws -> [JSON] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors/\(name).json")
        return try #require(try JSON(parsing: Array(Data(contentsOf: file))).arrayValue)
    }

    private static let indexes = [
        IndexDefinition(name: "a", fields: [IndexField(path: "a")], isMultikey: true, sparse: true),
        IndexDefinition(name: "b", fields: [IndexField(path: "b")], isMultikey: true),
        IndexDefinition(name: "p", fields: [IndexField(path: "p")], isMultikey: true, kind: .geo),
        IndexDefinition(name: "t", fields: [IndexField(path: "title")], isMultikey: true, kind: .text(weights: [:])),
    ]

    @Test(.timeLimit(.minutes(3))) func survivesExchangedFilters() throws {
        let cases = try Self.cases("filters")
        let parts = cases.compactMap { $0["filter"] }
        let documents = cases.flatMap { ($0["matches"]?.arrayValue ?? []) + ($0["rejects"]?.arrayValue ?? []) }.compactMap(\.objectValue)
        var random = SeededGenerator(seed: 81)
        var accepted = 0
        for round in 0..<6000 {
            let mutated = Self.mutate(parts[round % parts.count], parts, &random)
            guard let filter = try? Filter(mutated).bound(to: Self.indexes[3].textContext) else { continue }
            accepted += 1
            let sample = (0..<3).map { _ in random.choose(documents) }
            let plan = chosenPlan(filter: filter, sort: nil, indexes: Self.indexes)
            _ = (plan.rangeCount, advice(filter: filter, sort: nil), try? filter.seed(), filter.nearness?.sorted(sample))
            for document in sample {
                if filter.matches(document) { Self.expectFound(document, plan, "\(mutated.text) by \(plan)") }
                _ = filter.textScore(of: document)
            }
        }
        #expect(accepted > 1500)
    }

    /// A document that matches and that the indexes take has a key where the plan looks.
    private static func expectFound(_ document: JSONObject, _ plan: Plan, _ comment: Comment) {
        switch plan {
        case .index(let index, let ranges, _, _, _), .text(let index, let ranges), .geo(let index, let ranges):
            guard let keys = try? index.keys(for: document) else { return }
            #expect(keys.contains { key in ranges.contains { $0.contains(key) } }, "\(JSON.object(document).text): \(comment)")
        default: break
        }
    }

    @Test(.timeLimit(.minutes(3))) func survivesExchangedUpdates() throws {
        let cases = try Self.cases("updates")
        let parts = cases.compactMap { $0["update"] } + cases.compactMap { $0["arrayFilters"] } + cases.compactMap { $0["filter"] }
        let documents = cases.compactMap { $0["document"]?.objectValue }
        var random = SeededGenerator(seed: 82)
        var accepted = 0
        for round in 0..<6000 {
            let example = cases[round % cases.count]
            let mutated = Self.mutate(example["update"] ?? .null, parts, &random)
            let filters = random.below(3) == 0 ? example["arrayFilters"].map { Self.mutate($0, parts, &random) } : example["arrayFilters"]
            guard let update = try? Update(mutated, arrayFilters: filters) else { continue }
            accepted += 1
            let query = example["filter"].flatMap { try? Filter($0) }
            for document in [example["document"]?.objectValue ?? [:], random.choose(documents)] {
                var changed = document
                let hasChanged = (try? update.apply(to: &changed, now: 0, isInsert: false, matching: query)) ?? false
                #expect(hasChanged == (changed != document), "\(mutated.text)")
                if hasChanged { #expect(throws: Never.self, "\(mutated.text) makes \(JSON.object(changed).text)") { try validateDocument(changed) } }
            }
            if let made = try? update.inserted(for: query ?? .all, now: 0) { #expect(throws: Never.self) { try validateDocument(made) } }
        }
        #expect(accepted > 2000)
    }

    @Test(.timeLimit(.minutes(2))) func survivesDamagedText() throws {
        let seeds = try (Self.cases("filters") + Self.cases("updates")).map(\.text)
        var random = SeededGenerator(seed: 83)
        var parsed = 0
        for round in 0..<6000 {
            var bytes = Array(seeds[round % seeds.count].utf8)
            for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = random.choose(Array("\"\\{}[],:$.0189-aexnu=/+".utf8)) }
            guard let value = try? JSON(parsing: bytes) else { continue }
            parsed += 1
            #expect(try JSON(parsing: value.text).text == value.text)
            for part in ["filter", "update", "document"].compactMap({ value[$0] }) {
                _ = (try? Filter(part), try? Update(part, arrayFilters: value["arrayFilters"]), try? JSONSchema(part))
                var definition = Self.indexes[round % 4]
                if case .object(let members) = part {
                    try? definition.apply(options: members)
                    _ = try? definition.entries(for: members)
                    try? validateDocument(members)
                }
            }
        }
        #expect(parsed > 500)
    }

    /// The same value with some of its parts, names included, exchanged for others.
    private static func mutate(_ value: JSON, _ parts: [JSON], _ random: inout SeededGenerator) -> JSON {
        if random.below(9) == 0 { return other(parts, &random) }
        switch value {
        case .array(let elements): return .array(elements.map { mutate($0, parts, &random) })
        case .object(let members):
            let names = parts.lazy.compactMap(\.objectValue).filter { !$0.isEmpty }
            return .object(
                JSONObject(
                    members.map { member in
                        let name = random.below(12) == 0 ? names.map { $0[0].key }.randomElement(using: &random) ?? member.key : member.key
                        return (name, mutate(member.value, parts, &random))
                    }))
        default: return value
        }
    }

    /// A part of another case, or an extreme value.
    private static func other(_ parts: [JSON], _ random: inout SeededGenerator) -> JSON {
        var part = random.choose(parts)
        while random.below(3) > 0 {
            switch part {
            case .object(let members) where !members.isEmpty: part = members[random.below(members.count)].value
            case .array(let elements) where !elements.isEmpty: part = random.choose(elements)
            default:
                return random.below(3) > 0
                    ? part
                    : random.choose([
                        .int(.max), .int(.min), .double(1e308), .double(.nan), .double(.infinity), "", .null, [], [:], .date(.min),
                        .binary(BinaryData([])), .regularExpression(RegularExpression(pattern: "(")), "龙井", -1, 1e-300,
                    ])
            }
        }
        return part
    }
}
