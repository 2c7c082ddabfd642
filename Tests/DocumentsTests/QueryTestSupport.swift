import Kernel
import TestSupport

@testable import Documents

/// Parses JSON written in a test.
func json(_ text: String) -> JSON {
    do {
        return try JSON(parsing: text)
    } catch {
        fatalError("A test contains invalid JSON: \(error) in \(text)")
    }
}

/// Parses an object written in a test.
func object(_ text: String) -> JSONObject {
    guard case .object(let members) = json(text) else { fatalError("A test needs an object: \(text)") }
    return members
}

/// Makes small documents and queries from few names and values, so that they often have to do with each other.
struct QueryGenerator {
    var random: SeededGenerator
    /// Whether documents contain arrays; queries always may.
    var makesArrays = true
    let names = ["a", "b", "c"]

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func scalar() -> JSON {
        random.choose([
            .null, true, false, 0, 1, 2, 3, -1, 1.5, 2.0, .int(.max), .double(0x1p63), .int(9_007_199_254_740_993),
            .double(9_007_199_254_740_992),
            "", "a", "ab", "b", "a\0", "é", .date(0), .date(1), .date(-1),
            .binary(BinaryData([1])), .binary(BinaryData([0, 2], subtype: 5)),
        ])
    }

    mutating func value(depth: Int) -> JSON {
        switch random.below(depth > 0 ? 10 : 6) {
        case 0..<6: scalar()
        case 6 where makesArrays, 7 where makesArrays: .array((0..<random.below(4)).map { _ in value(depth: depth - 1) })
        case 6, 7: scalar()
        default: .object(document(depth: depth - 1))
        }
    }

    mutating func document(depth: Int = 2) -> JSONObject {
        var object = JSONObject()
        for name in names where random.below(3) > 0 { object[name] = value(depth: depth) }
        return object
    }

    mutating func path() -> String {
        let first = random.choose(names)
        return random.below(3) == 0 ? first + "." + random.choose(names) : first
    }

    mutating func condition() -> JSON {
        switch random.below(12) {
        case 0, 1, 2: value(depth: 1)
        case 3: ["$gt": scalar()]
        case 4: ["$gte": scalar(), "$lt": scalar()]
        case 5: ["$lte": scalar()]
        case 6: ["$in": .array((0..<random.below(4)).map { _ in value(depth: 1) })]
        case 7: ["$ne": scalar()]
        case 8: ["$exists": .bool(random.below(2) == 0)]
        case 9: ["$regex": random.choose(["^a", "b", "^", "^ab$", "a|b"])]
        case 10: ["$not": ["$gt": scalar()]]
        default: ["$elemMatch": ["$gt": scalar()]]
        }
    }

    mutating func filter() -> JSON {
        var members = JSONObject()
        for _ in 0...random.below(3) { members[path()] = condition() }
        if random.below(5) == 0 { members["$or"] = [.object([path(): condition()]), .object([path(): condition()])] }
        return .object(members)
    }

    mutating func index() -> IndexDefinition {
        var fields: [IndexField] = []
        for _ in 0...random.below(3) {
            let candidate = path()
            if !fields.contains(where: { $0.path == candidate }) {
                fields.append(IndexField(path: candidate, descending: random.below(2) == 0))
            }
        }
        return IndexDefinition(name: "i", fields: fields)
    }
}

/// The planner's choice, for tests whose own `plan` hides it (and the module's name is hidden by its class).
func chosenPlan(filter: Filter, sort: SortOrder?, indexes: [IndexDefinition]) -> Plan { plan(filter: filter, sort: sort, indexes: indexes) }
