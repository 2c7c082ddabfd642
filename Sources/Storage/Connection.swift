internal import CPostgres

/// One connection inside `Database.read` or `Database.write`; it never leaves the closure that received it.
///
/// Statements are written once for both engines: `$1…` parameters and the SQL that SQLite and PostgreSQL share; for what
/// must differ in a schema there is `dialect`. They are prepared once for each connection and kept.
public struct Connection {
    enum Engine {
        case sqlite(SQLiteHandle)
        case postgres(PostgresSession)
    }

    let engine: Engine

    init(_ handle: SQLiteHandle) { engine = .sqlite(handle) }

    /// - Parameter space: what the session is used for until it is given back.
    init(_ session: PostgresSession, _ space: PostgresSpace) {
        session.space = space
        engine = .postgres(session)
    }

    /// The engine behind it.
    public var dialect: Dialect { if case .sqlite = engine { .sqlite } else { .postgres } }

    /// Runs a statement that answers no rows.
    /// - Returns: how many rows it changed.
    @discardableResult
    public func execute(_ sql: String, _ values: SQLValue...) throws -> Int {
        switch engine {
        case .sqlite(let handle): return try handle.execute(sql, values)
        case .postgres(let session):
            let result = try session.run(sql, values)
            defer { PQclear(result) }
            return PostgresSession.changes(of: result)
        }
    }

    /// Runs a statement whose outcome is not needed at once: SQLite runs it here and now, PostgreSQL is sent it together with
    /// what follows, which saves a round trip.
    ///
    /// If it fails, `orThrow` may say as what. That is thrown here, or by a later statement, or, when the closure has returned,
    /// the write fails with it; in each case everything that the write did is undone.
    ///
    /// On PostgreSQL a closure is run a second time where an earlier write of the same transaction failed. So it changes
    /// nothing outside the database after it has sent something, unless it calls `flush` in between.
    public func enqueue(_ sql: String, _ values: SQLValue..., orThrow: (@Sendable (StorageError) -> (any Error)?)? = nil) throws {
        switch engine {
        case .sqlite(let handle):
            do {
                _ = try handle.execute(sql, values)
            } catch let error as StorageError {
                throw orThrow?(error) ?? error
            }
        case .postgres(let session):
            try session.send(sql, values, whenFailed: orThrow)
            if !session.isInTransaction { PQclear(try session.settle()) }
        }
    }

    /// Returns when everything that was sent has been carried out, and this write will not be run again.
    public func flush() throws {
        guard case .postgres(let session) = engine else { return }
        try session.requireUsable()
        PQclear(try session.settle())
    }

    /// Runs a query and hands its rows to `each`, in order, until it answers `false`.
    ///
    /// Rows are not gathered: a scan of millions needs little memory. On PostgreSQL a statement that is run meanwhile takes the
    /// rest of them into memory, at most 64 MiB, save where `some` are wanted.
    /// - Parameter wanted: how many are likely to be looked at; SQLite does not need to know.
    public func rows(_ sql: String, _ values: [SQLValue] = [], wanted: RowsWanted = .all, each: (Row) throws -> Bool) throws {
        switch engine {
        case .sqlite(let handle): try handle.rows(sql, values, each: each)
        case .postgres(let session):
            switch wanted {
            case .all: try session.rows(sql, values, each: each)
            case .some: try session.pagedRows(sql, values, each: each)
            case .atMost(let count): try session.rows("\(sql) LIMIT $\(values.count + 1)", values + [.int(Int64(count))], each: each)
            }
        }
    }

    /// The rows of a query, each mapped by `transform`.
    public func all<T>(_ sql: String, _ values: SQLValue..., transform: (Row) throws -> T) throws -> [T] {
        switch engine {
        case .sqlite(let handle):
            var result: [T] = []
            try handle.rows(sql, values) {
                result.append(try transform($0))
                return true
            }
            return result
        case .postgres(let session): return try session.all(sql, values, transform)
        }
    }

    /// The first row of a query that has few, mapped by `transform`.
    public func first<T>(_ sql: String, _ values: SQLValue..., transform: (Row) throws -> T) throws -> T? {
        switch engine {
        case .sqlite(let handle): return try handle.first(sql, values, transform)
        case .postgres(let session): return try session.first(sql, values, transform)
        }
    }

    /// Inserts one row and answers the number that `column`, its primary key, was given.
    public func insertReturning(_ column: String, _ sql: String, _ values: SQLValue...) throws -> Int64 {
        switch engine {
        case .sqlite(let handle):
            _ = try handle.execute(sql, values)
            return handle.lastInsertedRow
        case .postgres(let session):
            let result = try session.run("\(sql) RETURNING \(column)", values)
            defer { PQclear(result) }
            guard let result, PQntuples(result) == 1 else { throw StorageError.damaged("\(sql) gave no \(column)") }
            return Row(result: result, position: 0).int(0)
        }
    }

    /// The row id of the last insertion.
    ///
    /// SQLite's alone: `insertReturning` answers it on both engines.
    public var lastInsertedRow: Int64 {
        guard case .sqlite(let handle) = engine else { preconditionFailure("PostgreSQL has no row ids: use insertReturning") }
        return handle.lastInsertedRow
    }

    /// Runs statements without parameters (migrations, index definitions).
    ///
    /// Not kept.
    public func script(_ sql: String) throws {
        switch engine {
        case .sqlite(let handle): try handle.run(sql)
        case .postgres(let session): try session.script(sql)
        }
    }

    /// Says that what other nodes hold in memory about this database's schema is old once this write is committed.
    public func schemaChanged() throws {
        if case .postgres(let session) = engine { try session.space?.schemaChanged(session) }
    }
}

/// How many rows of a query are likely to be looked at.
public enum RowsWanted: Sendable, Equatable {
    /// All of them: the server sends them as fast as they are taken, and to stop it costs milliseconds.
    case all
    /// Who knows: the server is asked page by page.
    case some
    /// So many; the query has no `LIMIT` of its own.
    case atMost(Int)
}
