import Kernel

/// What an update operator does to a field.
enum FieldChange: Sendable {
    case set(JSON, usesServerDate: Bool)
    case unset
    case increment(JSON)
    case multiply(JSON)
    case minimum(JSON, usesServerDate: Bool)
    case maximum(JSON, usesServerDate: Bool)
    case bits(BitOperation, Int64)
    case currentDate
    case rename(FieldPath)
    case push(PushOptions)
    case addToSet([JSON], usesServerDate: Bool)
    case pop(first: Bool)
    case pull(Predicate)
    case pullObjects(Condition)
    case pullAll(Set<JSON>)

    /// How `$bit` combines.
    enum BitOperation: String, Sendable { case and, or, xor }

    /// Whether a missing field comes into being.
    var createsMissing: Bool {
        switch self {
        case .unset, .rename, .pop, .pull, .pullObjects, .pullAll: false
        default: true
        }
    }

    /// Changes the value (nil is missing) and answers whether it is another one now.
    func apply(to value: inout JSON?, path: FieldPath, now: Int64) throws(QueryError) -> Bool {
        switch self {
        case .set(let wanted, let usesServerDate): return Self.replace(&value, Self.resolved(wanted, usesServerDate, now))
        case .currentDate: return Self.replace(&value, .date(now))
        case .unset: return Self.replace(&value, nil)
        case .minimum(let operand, let usesServerDate):
            return Self.replace(&value, Self.resolved(operand, usesServerDate, now), when: .ascending)
        case .maximum(let operand, let usesServerDate):
            return Self.replace(&value, Self.resolved(operand, usesServerDate, now), when: .descending)
        case .increment(let amount): return Self.replace(&value, try Arithmetic.sum(value, amount, path))
        case .multiply(let factor): return Self.replace(&value, try Arithmetic.product(value, factor, path))
        case .bits(let operation, let mask): return Self.replace(&value, try Arithmetic.bits(value, operation, mask, path))
        case .rename: return false
        case .push, .addToSet, .pop, .pull, .pullObjects, .pullAll: return try applyToArray(&value, path: path, now: now)
        }
    }

    private static func resolved(_ value: JSON, _ usesServerDate: Bool, _ now: Int64) -> JSON {
        usesServerDate ? resolvingServerDates(value, now: now) : value
    }

    private static func replace(_ value: inout JSON?, _ wanted: JSON?) -> Bool {
        if value == wanted { return false }
        value = wanted
        return true
    }

    /// Replaces a missing value, or one that the operand precedes or follows.
    private static func replace(_ value: inout JSON?, _ operand: JSON, when wanted: Precedence) -> Bool {
        if let old = value, ValueOrder.compare(operand, old) != wanted { return false }
        value = operand
        return true
    }

    private func applyToArray(_ value: inout JSON?, path: FieldPath, now: Int64) throws(QueryError) -> Bool {
        var elements: [JSON]
        let wasMissing = value == nil
        switch value {
        case nil:
            if !createsMissing { return false }
            elements = []
        case .array(let old)?: elements = old
        default:
            throw QueryError(
                .invalidUpdate, "\"\(path.text)\" is not an array, so nothing can be added to it or taken from it.",
                zh: "“\(path.text)”不是数组，不能增删元素。")
        }
        value = nil
        let hasChanged = change(&elements, now: now)
        value = .array(elements)
        return hasChanged || wasMissing
    }

    private func change(_ elements: inout [JSON], now: Int64) -> Bool {
        let countBefore = elements.count
        switch self {
        case .push(let options): return options.apply(to: &elements, now: now)
        case .addToSet(let additions, let usesServerDate):
            var present = Set(elements)
            for addition in additions {
                let value = Self.resolved(addition, usesServerDate, now)
                if present.insert(value).inserted { elements.append(value) }
            }
        case .pop(let first):
            if !elements.isEmpty { elements.remove(at: first ? 0 : elements.count - 1) }
        case .pull(let predicate): elements.removeAll { predicate.holds(forElement: $0) }
        case .pullObjects(let condition): elements.removeAll { element in element.objectValue.map { condition.matches($0) } ?? false }
        case .pullAll(let values): elements.removeAll { values.contains($0) }
        default: return false
        }
        return elements.count != countBefore
    }
}

/// The modifiers of `$push`.
struct PushOptions: Sendable {
    /// How the array is sorted afterwards.
    enum Order: Sendable {
        case byValue(descending: Bool)
        case byFields(SortOrder)
    }

    var additions: [JSON]
    var usesServerDate: Bool
    var position: Int?
    var order: Order?
    var slice: Int?

    func apply(to elements: inout [JSON], now: Int64) -> Bool {
        let before = elements
        let new = usesServerDate ? additions.map { resolvingServerDates($0, now: now) } : additions
        elements.insert(contentsOf: new, at: insertionPlace(count: elements.count))
        switch order {
        case nil: break
        case .byValue(let descending)?:
            elements.sort { ValueOrder.compare($0, $1) == (descending ? .descending : .ascending) }
        case .byFields(let order)?:
            // Elements that are no objects have none of the fields.
            elements.sort { order.precedes($0.objectValue ?? JSONObject(), $1.objectValue ?? JSONObject()) }
        }
        if let slice {
            let kept = min(abs(slice), elements.count)
            if slice < 0 { elements.removeFirst(elements.count - kept) } else { elements.removeLast(elements.count - kept) }
        }
        return elements != before
    }

    private func insertionPlace(count: Int) -> Int {
        guard let position else { return count }
        return position < 0 ? max(0, count + max(position, -count)) : min(position, count)
    }
}

/// `$inc`, `$mul` and `$bit` on stored values.
enum Arithmetic {
    static func sum(_ value: JSON?, _ amount: JSON, _ path: FieldPath) throws(QueryError) -> JSON {
        guard let value else { return amount }
        if case .int(let a) = value, case .int(let b) = amount {
            let (sum, overflow) = a.addingReportingOverflow(b)
            if overflow { throw overflowError(path) }
            return .int(sum)
        }
        return try finite((try number(value, "$inc", path)) + (amount.doubleValue ?? 0), path)
    }

    static func product(_ value: JSON?, _ factor: JSON, _ path: FieldPath) throws(QueryError) -> JSON {
        guard let value else {
            if case .int = factor { return .int(0) }
            return .double(0)
        }
        if case .int(let a) = value, case .int(let b) = factor {
            let (product, overflow) = a.multipliedReportingOverflow(by: b)
            if overflow { throw overflowError(path) }
            return .int(product)
        }
        return try finite((try number(value, "$mul", path)) * (factor.doubleValue ?? 0), path)
    }

    static func bits(
        _ value: JSON?, _ operation: FieldChange.BitOperation, _ mask: Int64, _ path: FieldPath
    ) throws(QueryError) -> JSON {
        guard let old = (value ?? .int(0)).intValue else {
            throw QueryError(
                .invalidUpdate, "$bit needs a whole number in \"\(path.text)\", not \((value ?? .null).excerpt).",
                zh: "$bit 要求“\(path.text)”是整数，而不是 \((value ?? .null).excerpt)。")
        }
        switch operation {
        case .and: return .int(old & mask)
        case .or: return .int(old | mask)
        case .xor: return .int(old ^ mask)
        }
    }

    private static func number(_ value: JSON, _ name: String, _ path: FieldPath) throws(QueryError) -> Double {
        guard let number = value.doubleValue else {
            throw QueryError(
                .invalidUpdate, "\(name) needs a number in \"\(path.text)\", not \(value.excerpt).",
                zh: "\(name) 要求“\(path.text)”是数字，而不是 \(value.excerpt)。")
        }
        return number
    }

    private static func finite(_ number: Double, _ path: FieldPath) throws(QueryError) -> JSON {
        guard number.isFinite else { throw overflowError(path) }
        return .double(number)
    }

    private static func overflowError(_ path: FieldPath) -> QueryError {
        QueryError(.invalidUpdate, "The result for \"\(path.text)\" is too large for a number.", zh: "“\(path.text)”的计算结果超出数字范围。")
    }
}
