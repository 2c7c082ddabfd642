internal import CSQLite

/// One connection to one SQLite file, with the statements that it has prepared.
///
/// Sendable by the discipline of its owner, who lends it to one thread at a time.
final class SQLiteHandle: @unchecked Sendable {
    enum Role { case writer(Database.Durability), checkpointer, reader }

    /// How many prepared statements are kept; more means that texts are made for each call, which is a mistake elsewhere.
    private static let statementsMax = 1000

    let pointer: OpaquePointer
    /// Where SQLite's hook notes the length of the log.
    private let logPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private var statements: [String: OpaquePointer] = [:]

    /// Opens the file; the writer makes it when it is not there.
    init(path: String, role: Role) throws {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let access =
            switch role {
            case .writer: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .checkpointer: SQLITE_OPEN_READWRITE
            case .reader: SQLITE_OPEN_READONLY
            }
        let code = sqlite3_open_v2(path, &opened, flags | access, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            logPages.deallocate()
            throw StorageError(code: code, message: "\(path): \(message)")
        }
        pointer = opened
        logPages.initialize(to: 0)
        sqlite3_busy_timeout(pointer, 5000)
        try run("PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON")
        if case .writer(let durability) = role {
            try run("PRAGMA journal_mode = WAL; PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
            // In place of SQLite's own checkpoints, which a commit would have to wait for.
            sqlite3_wal_hook(pointer, Self.noteLength, logPages)
        }
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(pointer)
        logPages.deallocate()
    }

    /// Called by SQLite after a commit.
    private static let noteLength: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 = { note, _, _, pages in
        note?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
    }

    /// How many pages the write-ahead log had after this connection's last commit.
    var pagesInLog: Int { Int(logPages.pointee) }

    /// Takes of the write-ahead log what nobody reads any more back into the main file, without waiting for anybody.
    /// - Returns: how many of the log's pages need not be looked at again.
    func checkpoint() throws -> Int {
        var done: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(pointer, nil, SQLITE_CHECKPOINT_PASSIVE, nil, &done)
        guard code == SQLITE_OK else { throw failure }
        return Int(done)
    }

    /// Runs statements without parameters.
    func run(_ sql: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        guard sqlite3_exec(pointer, sql, nil, nil, &message) == SQLITE_OK else {
            let error = StorageError(code: sqlite3_extended_errcode(pointer), message: message.map { String(cString: $0) } ?? "unknown")
            sqlite3_free(message)
            throw error
        }
    }

    /// The prepared statement for `sql`, ready to be bound.
    /// - Returns: the statement, and whether the caller must finalize it: the kept one may be in use further up the stack.
    func statement(_ sql: String) throws -> (statement: OpaquePointer, isOwned: Bool) {
        if let kept = statements[sql] {
            if sqlite3_stmt_busy(kept) == 0 { return (kept, false) }
            return (try prepare(sql), true)
        }
        if statements.count >= Self.statementsMax {
            for (text, statement) in statements where sqlite3_stmt_busy(statement) == 0 {
                sqlite3_finalize(statement)
                statements[text] = nil
            }
        }
        let statement = try prepare(sql)
        statements[sql] = statement
        return (statement, false)
    }

    /// The row id of the last insertion.
    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(pointer) }

    var failure: StorageError { StorageError(code: sqlite3_extended_errcode(pointer), message: String(cString: sqlite3_errmsg(pointer))) }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v3(pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK, let statement else { throw failure }
        return statement
    }
}
