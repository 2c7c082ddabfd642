/// A value that travels into a statement.
public enum SQLValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    case null
    case int(Int64)
    case double(Double)
    /// Text. PostgreSQL has none with U+0000 in it and refuses that.
    case text(String)
    case blob([UInt8])
    /// Text that may hold any character, for a column of the type `Dialect.verbatimType`.
    case verbatim(String)

    /// A literal in an argument list.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A literal in an argument list.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A literal in an argument list.
    public init(nilLiteral: ()) { self = .null }

    /// Text, or NULL for `nil`.
    public static func optional(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }

    /// An integer, or NULL for `nil`.
    public static func optional(_ int: Int64?) -> SQLValue { int.map { .int($0) } ?? .null }
}
