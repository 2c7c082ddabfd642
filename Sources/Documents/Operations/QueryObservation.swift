internal import Kernel
internal import Synchronization

/// How the documents of one operation were found: for `explain`, and for the list of slow queries.
///
/// Sendable by discipline: an operation is performed by one thread at a time, and nobody else knows of it.
final class QueryObservation: @unchecked Sendable {
    private(set) var plan: Plan?
    private(set) var examined = 0
    private(set) var matched = 0

    /// Notes one walk through candidates; the first one is the operation's own.
    func note(_ plan: Plan, examined: Int, matched: Int) {
        if self.plan == nil { self.plan = plan }
        self.examined += examined
        self.matched += matched
    }
}

extension Plan {
    /// For an answer to `explain`.
    var json: JSONObject {
        switch self {
        case .ids(let ids): ["plan": "ids", "ranges": .int(Int64(ids.count))]
        case .index(let index, let ranges, let exact, let ordered, _):
            ["plan": "index", "index": .string(index.name), "ranges": .int(Int64(ranges.count)), "exact": .bool(exact), "ordered": .bool(ordered)]
        case .text(let index, let ranges): ["plan": "text", "index": .string(index.name), "ranges": .int(Int64(ranges.count))]
        case .geo(let index, let ranges): ["plan": "geo", "index": .string(index.name), "ranges": .int(Int64(ranges.count))]
        case .near(let index, _): ["plan": "near", "index": .string(index.name)]
        case .union(let plans): ["plan": "union", "parts": .array(plans.map { .object($0.json) })]
        case .scan: ["plan": "scan"]
        }
    }
}

/// A query that took long or looked at much more than it found.
struct SlowQuery: Sendable {
    let at: Int64
    let collection: String
    let operation: String
    /// The condition with its values left out.
    let shape: JSON
    let milliseconds: Double
    let examined: Int
    let matched: Int
    let plan: JSONObject
    /// The index that would have served it.
    let advice: [IndexField]?

    var json: JSON {
        var json: JSONObject = [
            "at": .date(at), "collection": .string(collection), "operation": .string(operation), "where": shape, "milliseconds": .double(milliseconds),
            "examined": .int(Int64(examined)), "matched": .int(Int64(matched)), "plan": plan["plan"] ?? "scan",
        ]
        json["index"] = plan["index"]
        json["advice"] = advice.map { .array($0.map { [.string($0.path), .string($0.descending ? "desc" : "asc")] }) }
        return .object(json)
    }
}

/// What a kind of slow query has cost since its environment's database was opened.
public struct CostlyQuery: Sendable, Hashable {
    /// The collection.
    public let collection: String
    /// Such as `get`.
    public let operation: String
    /// The condition with its values left out.
    public let shape: String
    /// Fields of the index that would have served it, each with `asc` or `desc`; none where none is known.
    public let advice: [[String]]
    /// How often it was slow.
    public let count: Int
    /// How long these took together.
    public let totalMilliseconds: Double
    /// Documents that the last one looked at.
    public let examined: Int
    /// Documents that the last one found.
    public let matched: Int
}

/// The last slow queries of one environment, those of one shape once.
final class SlowQueries: Sendable {
    private static let most = 100

    private struct Entry: Sendable {
        var query: SlowQuery
        var count: Int64
        var totalMilliseconds: Double
    }

    private let entries = Mutex<[String: Entry]>([:])

    func note(_ query: SlowQuery) {
        let key = "\(query.collection) \(query.operation) \(query.shape.text)"
        entries.withLock { entries in
            let (count, total) = entries[key].map { ($0.count, $0.totalMilliseconds) } ?? (0, 0)
            if count == 0, entries.count >= Self.most, let oldest = entries.min(by: { $0.value.query.at < $1.value.query.at })?.key { entries[oldest] = nil }
            entries[key] = Entry(query: query, count: count + 1, totalMilliseconds: total + query.milliseconds)
        }
    }

    /// What each kind has cost so far.
    var costs: [CostlyQuery] {
        entries.withLock { Array($0.values) }.map { entry in
            let query = entry.query
            return CostlyQuery(
                collection: query.collection, operation: query.operation, shape: query.shape.text,
                advice: query.advice?.map { [$0.path, $0.descending ? "desc" : "asc"] } ?? [], count: Int(entry.count),
                totalMilliseconds: entry.totalMilliseconds, examined: query.examined, matched: query.matched)
        }
    }

    /// The latest first.
    var json: JSON {
        let all = entries.withLock { Array($0.values) }.sorted { $0.query.at > $1.query.at }
        return .array(
            all.map { entry in
                var json = entry.query.json.objectValue ?? [:]
                json["count"] = .int(entry.count)
                return .object(json)
            })
    }
}

extension JSON {
    /// A condition without the values that it compares with.
    var shape: JSON {
        switch self {
        case .object(let members):
            var shape = JSONObject()
            for (key, value) in members { shape[key] = value.shape }
            return .object(shape)
        case .array(let elements) where elements.contains(where: { $0.objectValue != nil }): return .array(elements.prefix(20).map(\.shape))
        case .null, .bool: return self
        default: return "?"
        }
    }
}
