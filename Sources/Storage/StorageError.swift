/// What can go wrong below a capability: always the server's or the machine's fault, never the caller's.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// The engine's result code (SQLite's extended code).
    public let code: Int32
    /// The engine's message, for the log only.
    public let message: String

    /// A row that cannot be what was written: the file was damaged or changed by hand.
    public static func damaged(_ what: String) -> StorageError { StorageError(code: -2, message: "damaged: \(what)") }

    /// The text for people and logs.
    public var description: String { "storage error \(code): \(message)" }

    /// The write queue of a database file is full.
    public static let busy = StorageError(code: -1, message: "too many writes are waiting for this database")

    /// The database file was closed.
    public static let closed = StorageError(code: -3, message: "the database is closed")

    /// Whether a unique index of the engine refused a row.
    public var isUniqueViolation: Bool { code == 2067 || code == 1555 }
}
