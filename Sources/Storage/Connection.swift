internal import CSQLite
internal import Foundation

/// One connection inside `Database.read` or `Database.write`; it never leaves the closure that received it.
///
/// Statements are written once for both engines: `$1…` parameters and the SQL that SQLite and PostgreSQL share.
/// They are prepared once for each connection and kept.
public struct Connection {
    private let handle: SQLiteHandle

    init(_ handle: SQLiteHandle) { self.handle = handle }

    /// Runs a statement that answers no rows.
    /// - Returns: how many rows it changed.
    @discardableResult
    public func execute(_ sql: String, _ values: SQLValue...) throws -> Int {
        try run(sql, values) { statement in
            var code = sqlite3_step(statement)
            while code == SQLITE_ROW { code = sqlite3_step(statement) }
            guard code == SQLITE_DONE else { throw handle.failure }
        }
        return Int(sqlite3_changes(handle.pointer))
    }

    /// Runs a query and hands its rows to `each`, in order, until it answers `false`.
    public func rows(_ sql: String, _ values: [SQLValue] = [], each: (Row) throws -> Bool) throws {
        try run(sql, values) { statement in
            while true {
                let code = sqlite3_step(statement)
                if code == SQLITE_DONE { return }
                guard code == SQLITE_ROW else { throw handle.failure }
                guard try each(Row(statement)) else { return }
            }
        }
    }

    /// The rows of a query, each mapped by `transform`.
    public func all<T>(_ sql: String, _ values: SQLValue..., transform: (Row) throws -> T) throws -> [T] {
        var result: [T] = []
        try rows(sql, values) {
            result.append(try transform($0))
            return true
        }
        return result
    }

    /// The first row of a query, mapped by `transform`.
    public func first<T>(_ sql: String, _ values: SQLValue..., transform: (Row) throws -> T) throws -> T? {
        var result: T?
        try rows(sql, values) {
            result = try transform($0)
            return false
        }
        return result
    }

    /// The row id of the last insertion.
    public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle.pointer) }

    /// Runs statements without parameters (migrations, index definitions).
    ///
    /// Not kept.
    public func script(_ sql: String) throws { try handle.run(sql) }

    private func run(_ sql: String, _ values: [SQLValue], _ body: (OpaquePointer) throws -> Void) throws {
        let (statement, isOwned) = try handle.statement(sql)
        defer { if isOwned { sqlite3_finalize(statement) } else { sqlite3_reset(statement) } }
        // SQLite numbers `$2` by where it first appears, so the name says which value it stands for.
        let count = sqlite3_bind_parameter_count(statement)
        var position: Int32 = 1
        while position <= count {
            guard let name = sqlite3_bind_parameter_name(statement, position) else { preconditionFailure("parameters are written $1, $2, …: \(sql)") }
            let number = Int(atoi(name.advanced(by: 1)))
            precondition(number >= 1 && number <= values.count, "\(sql) wants more values than it was given")
            guard bind(values[number - 1], statement, position) == SQLITE_OK else { throw handle.failure }
            position += 1
        }
        try body(statement)
    }

    private func bind(_ value: SQLValue, _ statement: OpaquePointer, _ position: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(statement, position)
        case .int(let int): return sqlite3_bind_int64(statement, position, int)
        case .double(let double): return sqlite3_bind_double(statement, position, double)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(statement, position, $0.baseAddress ?? Self.empty, Int32($0.count), Self.transient)
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob64(statement, position, $0.baseAddress ?? Self.emptyRaw, UInt64($0.count), Self.transient)
            }
        }
    }

    /// SQLite copies the bytes before the bind returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    /// A non-null address for empty values: a null one would bind NULL.
    ///
    /// Never read, never written.
    nonisolated(unsafe) private static let emptyRaw = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
    nonisolated(unsafe) private static let empty = emptyRaw.assumingMemoryBound(to: CChar.self)
}

/// The current row of a query; valid only inside the closure that received it.
public struct Row {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) { self.statement = statement }

    /// The column as an integer (0 for NULL).
    public func int(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

    /// The column as a floating-point number.
    public func double(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }

    /// The column as text (empty for NULL).
    public func text(_ column: Int) -> String {
        guard let text = sqlite3_column_text(statement, Int32(column)) else { return "" }
        return String(
            decoding: UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, Int32(column)))), as: UTF8.self)
    }

    /// The column as text, `nil` for NULL.
    public func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    /// Whether the column is NULL.
    public func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

    /// The column's bytes, where they lie: copy what must outlive the closure.
    public func withBytes<T>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        let start = sqlite3_column_blob(statement, Int32(column))
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(column)))))
    }

    /// A copy of the column's bytes.
    public func bytes(_ column: Int) -> [UInt8] { withBytes(column) { Array($0) } }
}
