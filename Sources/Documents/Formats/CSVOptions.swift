/// What stands between the cells of a row.
public enum CSVSeparator: String, Sendable, CaseIterable {
    case comma = ","
    case semicolon = ";"
    case tab = "\t"

    var byte: UInt8 {
        switch self {
        case .comma: UInt8(ascii: ",")
        case .semicolon: UInt8(ascii: ";")
        case .tab: 0x09
        }
    }
}

/// How cells become values.
public enum CSVTypes: String, Sendable, CaseIterable {
    /// A cell that looks like a number, a truth value, `null` or a JSON object or array is one.
    case detect
    /// Every cell is text.
    case text
}

/// How a CSV file is read.
public struct CSVOptions: Sendable {
    /// How cells become values.
    public var types = CSVTypes.detect
    /// Whether ISO 8601 dates become dates, when types are detected.
    public var dates = false
    /// The separator; nil finds it in the header.
    public var separator: CSVSeparator?
    /// Whether `'` before `=`, `+`, `-`, `@` is taken away, which ``CSVWriter`` puts there when it guards against formulas.
    public var removesGuards = false
    /// The largest row.
    public var rowBytesMax = 16 << 20
    /// The most columns.
    public var columnsMax = 4096

    /// Reads types but no dates, and finds the separator.
    public init() {}
}
