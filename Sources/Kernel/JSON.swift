/// A JSON value, with dates, bytes and patterns, and with 64-bit integers kept apart from floating-point numbers.
///
/// Equality and hashing are by value: `.int(1)` equals `.double(1)`, objects are equal only with the same keys in the same order,
/// strings are equal when their UTF-8 bytes are (not when they merely look alike), and NaN equals itself.
public enum JSON: Sendable {
    /// The JSON `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction that fits in 64 bits.
    case int(Int64)
    /// Any other number.
    case double(Double)
    /// Text.
    case string(String)
    /// A moment, in milliseconds since 1970-01-01T00:00:00Z.
    case date(Int64)
    /// Bytes; kept behind a reference, so that the seldom case makes no other value larger.
    indirect case binary(BinaryData)
    /// A regular expression.
    indirect case regularExpression(RegularExpression)
    /// A list of values.
    case array([JSON])
    /// Members in their written order.
    case object(JSONObject)
}

extension JSON {
    /// Whether this is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The text, when this is a string.
    public var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The integer, when this is one or a floating-point number without fraction that fits.
    public var intValue: Int64? {
        switch self {
        case .int(let number): number
        case .double(let number): Int64(exactly: number)
        default: nil
        }
    }

    /// The number, when this is one.
    public var doubleValue: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// The truth value, when this is one.
    public var boolValue: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// The milliseconds since 1970, when this is a date.
    public var dateValue: Int64? {
        if case .date(let milliseconds) = self { milliseconds } else { nil }
    }

    /// The bytes with their subtype, when this is binary data.
    public var binaryValue: BinaryData? {
        if case .binary(let data) = self { data } else { nil }
    }

    /// The regular expression, when this is one.
    public var regularExpressionValue: RegularExpression? {
        if case .regularExpression(let expression) = self { expression } else { nil }
    }

    /// The elements, when this is an array.
    public var arrayValue: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members, when this is an object.
    public var objectValue: JSONObject? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The member `key`, when this is an object that has one.
    public subscript(key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }
}

// There is no `nil` literal on purpose: it would turn `condition ? nil : value` into a null where a missing value is meant.
extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A floating-point number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A list.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object with its keys in the written order; a repeated key keeps its first place and its last value.
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}
