internal import Kernel

/// What clients may do in a collection.
///
/// Functions and keys always may.
public enum Permission: String, Sendable, CaseIterable {
    /// All users read; a document's creator writes it.
    case readOnly = "READONLY"
    /// Only a document's creator reads and writes it.
    case `private` = "PRIVATE"
    /// All users read; none writes.
    case adminWrite = "ADMINWRITE"
    /// No user reads or writes.
    case adminOnly = "ADMINONLY"
    /// The collection's own rules say it.
    case custom = "CUSTOM"

    /// Those that need no rules.
    public static let presets = allCases.filter { $0 != .custom }
}
