public import Kernel

/// The order of an answer: up to eight fields.
public struct SortOrder: Sendable {
    /// The fields, most significant first.
    public var fields: [(path: String, descending: Bool)] { keys.map { ($0.path.text, $0.descending) } }

    let keys: [(path: FieldPath, descending: Bool)]

    /// The most fields of an order.
    static let maximumFields = 8

    /// Reads `[["price","asc"],["name","desc"]]`, or MongoDB's `{"price":1,"name":-1}`.
    public init(_ json: JSON) throws(QueryError) {
        var keys: [(path: FieldPath, descending: Bool)] = []
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
        var selection = TopSelection<JSONObject>(order: self, limit: limit)
        for document in documents { selection.insert(document, document) }
        return selection.inOrder()
    }
}

/// What an order compares about a document.
struct SortKey: Sendable {
    let values: [SortValue]
}

extension SortOrder {
    /// An array counts with its least element when ascending and with its greatest when descending.
    func key(of document: JSONObject) -> SortKey {
        SortKey(values: keys.map { Self.value(of: document, at: $0.path, descending: $0.descending) })
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

/// Keeps the first `limit` of many payloads in the order of their documents, in memory for that many only.
public struct TopSelection<Payload: Sendable>: Sendable {
    private struct Entry: Sendable {
        let key: SortKey
        let arrival: Int
        let payload: Payload
    }

    private let order: SortOrder
    private let limit: Int
    /// A heap whose first entry is the one to drop next, once `limit` is reached.
    private var heap: [Entry] = []
    private var arrivals = 0

    /// Prepares a selection; without `limit` everything is kept.
    public init(order: SortOrder, limit: Int? = nil) {
        self.order = order
        self.limit = max(0, limit ?? .max)
    }

    /// How many payloads are kept.
    public var count: Int { heap.count }

    /// Offers a payload with the document that it is ordered by.
    public mutating func insert(_ payload: Payload, _ document: JSONObject) {
        guard limit > 0 else { return }
        let entry = Entry(key: order.key(of: document), arrival: arrivals, payload: payload)
        arrivals += 1
        if heap.count < limit {
            heap.append(entry)
            // Without a limit nothing is ever dropped, so the heap's shape is not needed.
            if limit != .max { siftUp() }
        } else if comesBefore(entry, heap[0]) {
            heap[0] = entry
            siftDown()
        }
    }

    /// The payloads in order; equal ones as they arrived.
    public func inOrder() -> [Payload] { heap.sorted(by: comesBefore).map(\.payload) }

    private func comesBefore(_ left: Entry, _ right: Entry) -> Bool {
        switch order.compare(left.key, right.key) {
        case .ascending: true
        case .descending: false
        case .same: left.arrival < right.arrival
        }
    }

    private mutating func siftUp() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard comesBefore(heap[parent], heap[child]) else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var last = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && comesBefore(heap[last], heap[child]) { last = child }
            if last == parent { return }
            heap.swapAt(parent, last)
            parent = last
        }
    }
}
