extension JSON: Hashable {
    /// Equality by value; see ``JSON``.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)), (.date(let a), .date(let b)): a == b
        case (.double(let a), .double(let b)): a == b || (a.isNaN && b.isNaN)
        case (.int(let a), .double(let b)), (.double(let b), .int(let a)): Int64(exactly: b) == a
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        case (.binary(let a), .binary(let b)): a == b
        case (.regularExpression(let a), .regularExpression(let b)): a == b
        default: false
        }
    }

    /// Equal numbers hash alike whatever their representation.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .bool(let flag): hasher.combine(flag)
        case .int(let number): hasher.combine(number)
        case .double(let number):
            if let whole = Int64(exactly: number) {
                hasher.combine(whole)
            } else {
                hasher.combine(number.isNaN ? Double.nan.bitPattern : number.bitPattern)
            }
        case .string(let text): text.hashBytes(into: &hasher)
        case .date(let milliseconds):
            hasher.combine(1 as UInt8)
            hasher.combine(milliseconds)
        case .binary(let data): hasher.combine(data)
        case .regularExpression(let expression): hasher.combine(expression)
        case .array(let elements): hasher.combine(elements)
        case .object(let members): hasher.combine(members)
        }
    }
}

/// How two values stand to each other in an order.
public enum Precedence: Int, Sendable {
    /// The left one comes first.
    case ascending = -1
    /// Neither comes first.
    case same = 0
    /// The right one comes first.
    case descending = 1

    /// The same relation seen from the other side.
    public var reversed: Precedence {
        switch self {
        case .ascending: .descending
        case .same: .same
        case .descending: .ascending
        }
    }

    /// Compares two values of one ordered type.
    @inlinable public init<Value: Comparable>(_ left: Value, _ right: Value) {
        self = left < right ? .ascending : (left == right ? .same : .descending)
    }
}

extension Int64 {
    /// Compares with a floating-point number without rounding either; NaN comes before every number.
    public func precedence(to number: Double) -> Precedence {
        if number.isNaN { return .descending }
        if number >= 0x1p63 { return .ascending }
        if number < -0x1p63 { return .descending }
        let whole = number.rounded(.towardZero)
        let integer = Int64(whole)
        if self != integer { return self < integer ? .ascending : .descending }
        return Precedence(whole, number)
    }
}

extension String {
    /// Whether both have the same UTF-8 bytes.
    ///
    /// Swift's `==` also accepts canonically equivalent text, which a database must tell apart.
    @inlinable public func hasSameBytes(as other: String) -> Bool {
        let left = utf8
        let right = other.utf8
        if left.count != right.count { return false }
        let fast = left.withContiguousStorageIfAvailable { leftBytes in
            right.withContiguousStorageIfAvailable { rightBytes in leftBytes.elementsEqual(rightBytes) }
        }
        return (fast ?? nil) ?? left.elementsEqual(right)
    }

    /// The order of the UTF-8 bytes, which is also the order of the Unicode scalars.
    public func bytePrecedence(to other: String) -> Precedence {
        let fast = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in Self.bytePrecedence(left, right) }
        }
        return (fast ?? nil) ?? Self.bytePrecedence(utf8, other.utf8)
    }

    @inline(__always)
    private static func bytePrecedence(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Precedence {
        for (a, b) in zip(left, right) where a != b { return a < b ? .ascending : .descending }
        return Precedence(left.count, right.count)
    }

    /// Feeds the UTF-8 bytes, so that equal bytes hash alike and nothing is normalised.
    public func hashBytes(into hasher: inout Hasher) {
        var copy = self
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
