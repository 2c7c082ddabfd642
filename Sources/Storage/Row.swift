internal import CSQLite

/// The current row of a query; valid only inside the closure that received it.
public struct Row {
    /// SQLite's statement, or libpq's result.
    private let source: OpaquePointer
    /// The row in libpq's result; below zero for SQLite.
    ///
    /// One comparison that goes the same way for every row of a query: SQLite pays nothing that can be measured for it.
    private let position: Int32

    init(statement: OpaquePointer) {
        source = statement
        position = -1
    }

    init(result: OpaquePointer, position: Int32) {
        source = result
        self.position = position
    }

    private var isSQLite: Bool { position < 0 }

    /// The column as an integer (0 for NULL).
    public func int(_ column: Int) -> Int64 {
        isSQLite ? sqlite3_column_int64(source, Int32(column)) : cell(column).int
    }

    /// The column as a floating-point number.
    public func double(_ column: Int) -> Double {
        isSQLite ? sqlite3_column_double(source, Int32(column)) : cell(column).double
    }

    /// The column as text (empty for NULL).
    public func text(_ column: Int) -> String {
        guard isSQLite else { return cell(column).text }
        guard let text = sqlite3_column_text(source, Int32(column)) else { return "" }
        return String(decoding: UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(source, Int32(column)))), as: UTF8.self)
    }

    /// The column as text, `nil` for NULL.
    public func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    /// Whether the column is NULL.
    public func isNull(_ column: Int) -> Bool {
        isSQLite ? sqlite3_column_type(source, Int32(column)) == SQLITE_NULL : cell(column).isNull
    }

    /// The column's bytes, where they lie: copy what must outlive the closure.
    public func withBytes<T>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        guard isSQLite else { return try body(cell(column).bytes) }
        let start = sqlite3_column_blob(source, Int32(column))
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(source, Int32(column)))))
    }

    /// A copy of the column's bytes.
    public func bytes(_ column: Int) -> [UInt8] { withBytes(column) { Array($0) } }

    private func cell(_ column: Int) -> PostgresCell { PostgresCell(source, row: position, column: Int32(column)) }
}
