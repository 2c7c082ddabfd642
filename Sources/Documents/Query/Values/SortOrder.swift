public import Kernel

/// The order of an answer: up to eight fields.
public struct SortOrder: Sendable {
    /// The fields, most significant first.
    public var fields: [(path: String, descending: Bool)] { keys.map { ($0.path.text, $0.descending) } }

    let keys: [(path: FieldPath, descending: Bool)]
    /// The place among the keys of how well a document fits `$text`.
    private(set) var scorePlace: Int?

    /// Stands for the score where fields do; no document uses it.
    private static let scoreField = "\u{1}textScore"
    private static let score: JSON = ["$meta": "textScore"]

    /// The most fields of an order.
    static let maximumFields = 8

    /// Reads `[["price","asc"],["name","desc"]]`, or MongoDB's `{"price":1,"name":-1}`.
    public init(_ json: JSON) throws(QueryError) { try self.init(json, allowsScore: false) }

    /// - Parameter allowsScore: whether `{"$meta":"textScore"}` may stand in place of a direction: the best first.
    init(_ json: JSON, allowsScore: Bool) throws(QueryError) {
        var keys: [(path: FieldPath, descending: Bool)] = []
        var json = json
        if allowsScore { scorePlace = try Self.takeScore(&json) }
        switch json {
        case .array(let pairs):
            for pair in pairs { keys.append(try Self.key(fromPair: pair)) }
        case .object(let members):
            for (name, direction) in members { keys.append((try FieldPath(name), try Self.isDescending(direction))) }
        default: throw Self.shapeError
        }
        guard !keys.isEmpty else { throw Self.shapeError }
        guard keys.count <= Self.maximumFields else {
            throw QueryError(.limit, "At most \(Self.maximumFields) fields can order an answer.", zh: "最多按 \(Self.maximumFields) 个字段排序。")
        }
        self.keys = keys
    }

    /// Puts an ordinary key in place of that of the score.
    private static func takeScore(_ json: inout JSON) throws(QueryError) -> Int? {
        var pairs: [JSON]
        switch json {
        case .object(let members): pairs = members.map { [.string($0.key), $0.value] }
        case .array(let elements): pairs = elements
        default: return nil
        }
        let places = pairs.indices.filter { pairs[$0].arrayValue?.count == 2 && pairs[$0].arrayValue?.last == score }
        guard let place = places.first else { return nil }
        if places.count > 1 { throw QueryError(.invalidQuery, "An order names the text score twice.", zh: "排序重复使用了文本得分。") }
        pairs[place] = [.string(scoreField), -1]
        json = .array(pairs)
        return place
    }

    private static func key(fromPair pair: JSON) throws(QueryError) -> (path: FieldPath, descending: Bool) {
        guard case .array(let parts) = pair, parts.count == 2, case .string(let name) = parts[0] else { throw shapeError }
        return (try FieldPath(name), try isDescending(parts[1]))
    }

    private static func isDescending(_ direction: JSON) throws(QueryError) -> Bool {
        switch direction {
        case "asc", "ascending": return false
        case "desc", "descending": return true
        default:
            switch direction.intValue {
            case 1: return false
            case -1: return true
            default:
                throw QueryError(
                    .invalidQuery, "An order is \"asc\" or \"desc\" (or 1 or -1), not \(direction.excerpt).",
                    zh: "排序方向为 \"asc\" 或 \"desc\"（或 1、-1），不能是 \(direction.excerpt)。")
            }
        }
    }

    private static var shapeError: QueryError {
        QueryError(.invalidQuery, "An order is a list such as [[\"price\",\"asc\"]].", zh: "排序应为列表，例如 [[\"price\",\"asc\"]]。")
    }

    /// Whether `left` comes strictly before `right`.
    public func precedes(_ left: JSONObject, _ right: JSONObject) -> Bool {
        compare(key(of: left), key(of: right)) == .ascending
    }

    /// All documents in order (equal ones keep theirs), or the first `limit` of them.
    public func sorted(_ documents: [JSONObject], limit: Int? = nil) -> [JSONObject] {
        var buffer = SortBuffer<JSONObject>(order: self, limit: limit)
        for document in documents { buffer.insert(document, key: key(of: document)) }
        return buffer.drain()
    }
}

/// What an order compares about a document.
struct SortKey: Sendable {
    let values: [SortValue]
}

extension SortOrder {
    /// An array counts with its least element when ascending and with its greatest when descending.
    /// - Parameter score: how well the document fits `$text`.
    func key(of document: JSONObject, score: Double? = nil) -> SortKey {
        var values = keys.map { Self.value(of: document, at: $0.path, descending: $0.descending) }
        if let scorePlace { values[scorePlace] = .value(score.map { .double($0) } ?? .null) }
        return SortKey(values: values)
    }

    private static func value(of document: JSONObject, at path: FieldPath, descending: Bool) -> SortValue {
        let values = path.sortValues(in: document)
        guard var best = values.first else { return .value(.null) }
        let wanted: Precedence = descending ? .descending : .ascending
        for value in values.dropFirst() where SortValue.compare(value, best) == wanted { best = value }
        return best
    }

    func compare(_ left: SortKey, _ right: SortKey) -> Precedence {
        for (place, key) in keys.enumerated() {
            let precedence = SortValue.compare(left.values[place], right.values[place])
            if precedence != .same { return key.descending ? precedence.reversed : precedence }
        }
        return .same
    }
}
