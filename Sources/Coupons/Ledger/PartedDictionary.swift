/// A key that says in which part of a `PartedDictionary` it lies.
protocol PartedKey: Hashable, Sendable {
    var part: Int { get }
}

/// A dictionary of many small ones.
///
/// A dictionary that is full moves all that is in it while everybody waits: tens of milliseconds for 200,000 coupons. Here only one part moves.
struct PartedDictionary<Key: PartedKey, Value: Sendable>: Sendable {
    private var parts: [Int: [Key: Value]] = [:]

    var values: some Sequence<Value> { parts.values.lazy.flatMap(\.values) }
    var count: Int { parts.values.reduce(0) { $0 + $1.count } }

    subscript(key: Key) -> Value? {
        get { parts[key.part]?[key] }
        _modify { yield &parts[key.part, default: [:]][key] }
    }

    subscript(key: Key, default value: @autoclosure () -> Value) -> Value {
        get { self[key] ?? value() }
        _modify { yield &parts[key.part, default: [:]][key, default: value()] }
    }

    /// Keeps those of which `isKept` is true; parts with nothing in them go.
    mutating func keep(where isKept: (Value) -> Bool) {
        map { isKept($0) ? $0 : nil }
    }

    /// Puts something else in the place of each, or nothing; parts with nothing in them go.
    mutating func map(_ change: (Value) -> Value?) {
        parts = parts.compactMapValues { part in
            let changed = part.compactMapValues(change)
            return changed.isEmpty ? nil : changed
        }
    }
}

extension Int64: PartedKey {
    /// Numbers that follow each other lie together, so what is old leaves whole parts.
    var part: Int { Int(self >> 8) }
}

extension Ledger.TakerKey: PartedKey {
    /// By what it is, so that parts fill at different times.
    var part: Int { hashValue & 0xFF }
}

extension Ledger.StepKey: PartedKey {
    var part: Int { hashValue & 0xFF }
}
