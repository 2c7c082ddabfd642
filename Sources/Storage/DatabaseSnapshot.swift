internal import Dispatch

/// A moment of a database that can be read again and again, while others write: a connection of its own in one transaction.
///
/// The moment is the first read's. It is given back when nobody holds it any more; until then SQLite's log cannot begin anew and
/// PostgreSQL keeps what was deleted, so it is for seconds.
public final class DatabaseSnapshot: Sendable {
    private enum Holder {
        case sqlite(SQLiteHandle, ReaderPool)
        case postgres(PostgresSession, PostgresSpace)
    }

    private let holder: Holder
    /// One read at a time: a connection does one thing after the other.
    private let turn = DispatchSemaphore(value: 1)

    /// - Throws: `StorageError.busy` where as many as there may be are open.
    init(_ engine: Database.Engine) throws {
        switch engine {
        case .sqlite(let pool):
            let handle = try pool.takeForSnapshot()
            holder = .sqlite(handle, pool)
            try handle.run("BEGIN")
        case .postgres(let space):
            let session = try space.server.takeForSnapshot(of: space.name)
            holder = .postgres(session, space)
            session.isInTransaction = true
            try session.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [])
        }
    }

    /// Runs `body` with a connection on which every statement sees the moment, on this thread.
    public func read<T>(_ body: (Connection) throws -> T) throws -> T {
        turn.wait()
        defer { turn.signal() }
        switch holder {
        case .sqlite(let handle, _): return try body(Connection(handle))
        case .postgres(let session, let space):
            do { return try body(Connection(session, space)) } catch let fault as PostgresFault { throw fault.error }
        }
    }

    deinit {
        switch holder {
        case .sqlite(let handle, let pool): pool.giveBackSnapshot(handle)
        case .postgres(let session, let space): space.server.giveBackSnapshot(session)
        }
    }
}

extension Database {
    /// Takes a moment of the database.
    /// - Throws: `StorageError.busy` where as many as there may be are held.
    public func snapshot() throws -> DatabaseSnapshot { try DatabaseSnapshot(engine) }
}

extension ReaderPool {
    /// A connection that is no other reader's, in no transaction.
    func takeForSnapshot() throws -> SQLiteHandle {
        guard snapshots.wait(timeout: .now()) == .success else { throw StorageError.busy }
        do {
            return try take()
        } catch {
            snapshots.signal()
            throw error
        }
    }

    /// Ends the transaction of a connection and keeps it for the next reader.
    func giveBackSnapshot(_ handle: SQLiteHandle) {
        defer { snapshots.signal() }
        // It has only read. One that cannot be ended is dropped, which closes it.
        do { try handle.run("ROLLBACK") } catch { return }
        keep(handle)
    }
}

extension PostgresServer {
    /// A connection that is neither a reader's nor a writer's, in no transaction.
    func takeForSnapshot(of namespace: String) throws -> PostgresSession {
        guard snapshots.wait(timeout: .now()) == .success else { throw StorageError.busy }
        do {
            let session = try take(for: namespace)
            do { try session.enter(namespace) } catch {
                giveBack(session)
                throw error
            }
            return session
        } catch {
            snapshots.signal()
            throw error
        }
    }

    /// Ends the transaction of a connection and keeps it for whoever is next.
    func giveBackSnapshot(_ session: PostgresSession) {
        defer { snapshots.signal() }
        session.fault = nil
        // What cannot be rolled back is a connection that nobody uses again.
        if !session.isBroken { do { try session.end("ROLLBACK") } catch { session.isBroken = true } }
        giveBack(session)
    }
}
