/// What can go wrong below a capability: always the server's or the machine's fault, never the caller's.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// SQLite's extended result code; below zero for what this room says itself.
    public let code: Int32
    /// The engine's message, for the log only.
    public let message: String
    /// PostgreSQL's five characters (SQLSTATE); empty for SQLite and where the connection was lost.
    public let state: String

    init(code: Int32, message: String, state: String = "") {
        self.code = code
        self.message = message
        self.state = state
    }

    /// A row that cannot be what was written: the file was damaged or changed by hand.
    public static func damaged(_ what: String) -> StorageError { StorageError(code: -2, message: "damaged: \(what)") }

    /// The text for people and logs.
    public var description: String { "storage error \(state.isEmpty ? "\(code)" : state): \(message)" }

    /// The write queue of a database is full.
    public static let busy = StorageError(code: -1, message: "too many writes are waiting for this database")

    /// The database was closed.
    public static let closed = StorageError(code: -3, message: "the database is closed")

    /// The connection to PostgreSQL could not be made or is gone; whether a commit that was under way is there is not known.
    static func lost(_ message: String) -> StorageError { StorageError(code: Self.lostCode, message: message) }

    /// PostgreSQL refused a statement.
    static func refused(_ state: String, _ message: String) -> StorageError { StorageError(code: -6, message: message, state: state) }

    private static let lostCode: Int32 = -5

    /// Whether a unique index of the engine refused a row.
    public var isUniqueViolation: Bool { code == 2067 || code == 1555 || state == "23505" }

    /// Whether the same again may succeed: a deadlock, or others' changes at the same moment.
    public var isConflict: Bool { state == "40001" || state == "40P01" }

    /// Whether PostgreSQL could not be reached or went away meanwhile.
    public var isConnectionLost: Bool { code == Self.lostCode || state.hasPrefix("08") || state.hasPrefix("57P0") }

    /// Whether the disk has no room: what was being written is undone, and can be written again when there is.
    public var isFull: Bool { code & 0xFF == 13 || code == Self.noRoomForLogIndex || state == "53100" }

    /// SQLite's `SQLITE_IOERR_SHMSIZE`.
    private static let noRoomForLogIndex: Int32 = 4874

    /// Whether a table is not there: somebody has removed it meanwhile.
    public var isMissingTable: Bool { state == "42P01" }

    /// Whether the statement took longer than it may.
    public var isTimeout: Bool { state == "57014" || state == "55P03" }
}
