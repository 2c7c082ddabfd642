public import Kernel

/// MongoDB's order of values of all types.
public enum ValueOrder {
    /// The place of a value's type among the types; a missing value counts as null.
    ///
    /// Types that JSON values cannot have (MinKey, ObjectId, timestamps…) leave gaps.
    public static func rank(_ value: JSON?) -> UInt8 {
        switch value {
        case nil, .null: 0x10
        case .int, .double: 0x20
        case .string: 0x30
        case .object: 0x40
        case .array: 0x50
        case .binary: 0x58
        case .bool: 0x60
        case .date: 0x70
        case .regularExpression: 0x80
        }
    }

    /// Compares two values: first their types, then what they hold.
    ///
    /// `.same` exactly when the values are equal.
    public static func compare(_ left: JSON, _ right: JSON) -> Precedence {
        let leftRank = rank(left)
        let rightRank = rank(right)
        return leftRank == rightRank ? compareWithinType(left, right) : Precedence(leftRank, rightRank)
    }

    private static func compareWithinType(_ left: JSON, _ right: JSON) -> Precedence {
        switch (left, right) {
        case (.int(let a), .int(let b)), (.date(let a), .date(let b)): Precedence(a, b)
        case (.double(let a), .double(let b)): compare(a, b)
        case (.int(let a), .double(let b)): a.precedence(to: b)
        case (.double(let a), .int(let b)): b.precedence(to: a).reversed
        case (.string(let a), .string(let b)): a.bytePrecedence(to: b)
        case (.bool(let a), .bool(let b)): Precedence(a ? 1 : 0, b ? 1 : 0)
        case (.array(let a), .array(let b)): compare(a, b)
        case (.object(let a), .object(let b)): compare(a, b)
        case (.binary(let a), .binary(let b)): compare(a, b)
        case (.regularExpression(let a), .regularExpression(let b)): compare(a, b)
        default: .same
        }
    }

    /// NaN comes before every number and equals itself.
    private static func compare(_ left: Double, _ right: Double) -> Precedence {
        if left.isNaN || right.isNaN { return Precedence(left.isNaN ? 0 : 1, right.isNaN ? 0 : 1) }
        return Precedence(left, right)
    }

    /// The shorter first, then by subtype, then byte by byte.
    private static func compare(_ left: BinaryData, _ right: BinaryData) -> Precedence {
        let bySize = Precedence(left.bytes.count, right.bytes.count)
        if bySize != .same { return bySize }
        if left.subtype != right.subtype { return Precedence(left.subtype, right.subtype) }
        for (a, b) in zip(left.bytes, right.bytes) where a != b { return Precedence(a, b) }
        return .same
    }

    private static func compare(_ left: RegularExpression, _ right: RegularExpression) -> Precedence {
        let byPattern = left.pattern.bytePrecedence(to: right.pattern)
        return byPattern == .same ? left.options.bytePrecedence(to: right.options) : byPattern
    }

    private static func compare(_ left: [JSON], _ right: [JSON]) -> Precedence {
        for (a, b) in zip(left, right) {
            let precedence = compare(a, b)
            if precedence != .same { return precedence }
        }
        return Precedence(left.count, right.count)
    }

    /// Member by member: the type of the value, then the name, then the value.
    private static func compare(_ left: JSONObject, _ right: JSONObject) -> Precedence {
        for (a, b) in zip(left, right) {
            let byType = Precedence(rank(a.value), rank(b.value))
            if byType != .same { return byType }
            let byName = a.key.bytePrecedence(to: b.key)
            if byName != .same { return byName }
            let byValue = compareWithinType(a.value, b.value)
            if byValue != .same { return byValue }
        }
        return Precedence(left.count, right.count)
    }
}

/// What a document is sorted and indexed by: one value of a field, or the sign of an empty array, which comes before null.
enum SortValue: Sendable, Hashable {
    /// The field is an array without elements.
    case emptyArray
    /// The field, or an element of it; null when it is missing.
    case value(JSON)

    static func compare(_ left: SortValue, _ right: SortValue) -> Precedence {
        switch (left, right) {
        case (.emptyArray, .emptyArray): .same
        case (.emptyArray, .value): .ascending
        case (.value, .emptyArray): .descending
        case (.value(let a), .value(let b)): ValueOrder.compare(a, b)
        }
    }
}
