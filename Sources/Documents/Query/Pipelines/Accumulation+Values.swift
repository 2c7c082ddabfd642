import Kernel

/// `$min` and `$max`: null and missing values do not count.
final class ExtremeAccumulator: Accumulator {
    private let wanted: Precedence
    private var best: JSON?

    init(_ wanted: Precedence) { self.wanted = wanted }

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard let value, !value.isNull else { return 0 }
        if let best, ValueOrder.compare(value, best) != wanted { return 0 }
        let growth = value.heapBytes - (best?.heapBytes ?? 0)
        best = value
        return growth
    }

    override var result: JSON { best ?? .null }
}

/// `$first`.
final class FirstAccumulator: Accumulator {
    private var value: JSON?
    private var isEmpty = true

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard isEmpty else { return 0 }
        isEmpty = false
        self.value = value
        return value?.heapBytes ?? 0
    }

    override var result: JSON { value ?? .null }
}

/// `$last`.
final class LastAccumulator: Accumulator {
    private var value: JSON?

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        let growth = (value?.heapBytes ?? 0) - (self.value?.heapBytes ?? 0)
        self.value = value
        return growth
    }

    override var result: JSON { value ?? .null }
}

/// `$push`.
final class ListAccumulator: Accumulator {
    private var values: [JSON] = []

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard let value else { return 0 }
        values.append(value)
        return 24 + value.heapBytes
    }

    override var result: JSON { .array(values) }
}

/// `$addToSet`: the different values as they first came.
final class SetAccumulator: Accumulator {
    private var values: [JSON] = []
    private var seen: Set<JSON> = []

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard let value, seen.insert(value).inserted else { return 0 }
        values.append(value)
        return 56 + value.heapBytes
    }

    override var result: JSON { .array(values) }
}

/// `$mergeObjects`.
final class MergeAccumulator: Accumulator {
    private var merged = JSONObject()

    override func add(_ value: JSON?, of document: JSONObject) throws(QueryError) -> Int {
        guard let value, !value.isNull else { return 0 }
        guard case .object(let members) = value else { throw OperatorError.wrongType("$mergeObjects", "objects", "对象", value) }
        var growth = 0
        for (key, member) in members {
            growth += member.heapBytes - (merged[key]?.heapBytes ?? -40)
            merged[key] = member
        }
        return growth
    }

    override var result: JSON { .object(merged) }
}

/// `$firstN` and `$lastN`.
final class SpanAccumulator: Accumulator {
    private let count: Int
    private let fromEnd: Bool
    private var values: [JSON] = []
    private var start = 0

    init(count: Int, fromEnd: Bool) {
        self.count = count
        self.fromEnd = fromEnd
    }

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        let value = value ?? .null
        if values.count < count {
            values.append(value)
            return 24 + value.heapBytes
        }
        guard fromEnd else { return 0 }
        let growth = value.heapBytes - values[start].heapBytes
        values[start] = value
        start = (start + 1) % count
        return growth
    }

    override var result: JSON { .array(Array(values[start...] + values[..<start])) }
}

/// `$minN` and `$maxN`: the extreme values, the most extreme first; null and missing ones do not count.
final class ExtremesAccumulator: Accumulator {
    private let wanted: Precedence
    private let count: Int
    private var values: [JSON] = []

    init(_ wanted: Precedence, count: Int) {
        self.wanted = wanted
        self.count = count
    }

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        guard let value, !value.isNull else { return 0 }
        if values.count >= count, let last = values.last, ValueOrder.compare(value, last) != wanted { return 0 }
        values.insert(value, at: values.partitioningIndex { ValueOrder.compare(value, $0) == wanted })
        guard values.count > count else { return 24 + value.heapBytes }
        return value.heapBytes - values.removeLast().heapBytes
    }

    override var result: JSON { .array(values) }
}

/// `$top`, `$topN`, `$bottom` and `$bottomN`: values of the first or last documents in an order.
final class OrderedAccumulator: Accumulator {
    private let order: SortOrder?
    private let fromEnd: Bool
    private let count: Int?
    /// In the order; at most `count` (or one) of them.
    private var entries: [(key: SortKey, value: JSON)] = []

    init(_ order: SortOrder?, fromEnd: Bool, count: Int?) {
        self.order = order
        self.fromEnd = fromEnd
        self.count = count
    }

    override func add(_ value: JSON?, of document: JSONObject) -> Int {
        let value = value ?? .null
        let key = order?.key(of: document) ?? SortKey(values: [])
        let most = count ?? 1
        if entries.count >= most {
            let edge = fromEnd ? entries.first : entries.last
            guard let edge, compare(key, edge.key) == (fromEnd ? .descending : .ascending) else {
                return fromEnd && edge.map { compare(key, $0.key) == .same } == true ? replaceFirst(key, value) : 0
            }
        }
        entries.insert((key, value), at: entries.partitioningIndex { compare(key, $0.key) == .ascending })
        let growth = 80 + value.heapBytes
        guard entries.count > most else { return growth }
        return growth - 80 - (fromEnd ? entries.removeFirst() : entries.removeLast()).value.heapBytes
    }

    private func compare(_ left: SortKey, _ right: SortKey) -> Precedence { order?.compare(left, right) ?? .same }

    /// Of equal documents the later ones are nearer to the end.
    private func replaceFirst(_ key: SortKey, _ value: JSON) -> Int {
        let old = entries.removeFirst().value.heapBytes
        entries.insert((key, value), at: entries.partitioningIndex { compare(key, $0.key) == .ascending })
        return value.heapBytes - old
    }

    override var result: JSON {
        guard count == nil else { return .array(entries.map(\.value)) }
        return entries.first?.value ?? .null
    }
}

extension Array {
    /// The first place from which on all elements satisfy the condition.
    func partitioningIndex(where belongsAfter: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
