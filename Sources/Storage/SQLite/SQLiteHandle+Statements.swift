internal import CSQLite
internal import Foundation

/// Statements with values, run on one connection.
extension SQLiteHandle {
    /// Runs a statement that answers no rows.
    /// - Returns: how many rows it changed.
    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        try run(sql, values) { statement in
            var code = sqlite3_step(statement)
            while code == SQLITE_ROW { code = sqlite3_step(statement) }
            guard code == SQLITE_DONE else { throw failure }
        }
        return Int(sqlite3_changes(pointer))
    }

    /// Hands the rows of a query to `each`, in order, until it answers `false`.
    func rows(_ sql: String, _ values: [SQLValue], each: (Row) throws -> Bool) throws {
        try run(sql, values) { statement in
            while true {
                let code = sqlite3_step(statement)
                if code == SQLITE_DONE { return }
                guard code == SQLITE_ROW else { throw failure }
                guard try each(Row(statement: statement)) else { return }
            }
        }
    }

    /// The first row of a query, mapped by `transform`.
    ///
    /// Never inlined where both engines meet: there the compiler would ask for the type of the result once for each of them.
    @inline(never)
    func first<T>(_ sql: String, _ values: [SQLValue], _ transform: (Row) throws -> T) throws -> T? {
        var result: T?
        try rows(sql, values) {
            result = try transform($0)
            return false
        }
        return result
    }

    private func run(_ sql: String, _ values: [SQLValue], _ body: (OpaquePointer) throws -> Void) throws {
        let (statement, isOwned) = try statement(sql)
        defer { if isOwned { sqlite3_finalize(statement) } else { sqlite3_reset(statement) } }
        // SQLite numbers `$2` by where it first appears, so the name says which value it stands for.
        let count = sqlite3_bind_parameter_count(statement)
        var position: Int32 = 1
        while position <= count {
            guard let name = sqlite3_bind_parameter_name(statement, position) else { preconditionFailure("parameters are written $1, $2, …: \(sql)") }
            let number = Int(atoi(name.advanced(by: 1)))
            precondition(number >= 1 && number <= values.count, "\(sql) wants more values than it was given")
            guard bind(values[number - 1], statement, position) == SQLITE_OK else { throw failure }
            position += 1
        }
        try body(statement)
    }

    private func bind(_ value: SQLValue, _ statement: OpaquePointer, _ position: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(statement, position)
        case .int(let int): return sqlite3_bind_int64(statement, position, int)
        case .double(let double): return sqlite3_bind_double(statement, position, double)
        case .text(var text), .verbatim(var text):
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
