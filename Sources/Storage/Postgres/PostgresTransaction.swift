internal import CPostgres

/// The transaction of one batch.
struct PostgresTransaction {
    let session: PostgresSession
    let space: PostgresSpace

    init(_ session: PostgresSession, _ space: PostgresSpace) {
        self.session = session
        self.space = space
    }

    /// Begins it, in this namespace's turn.
    /// - Returns: the version of the schema; `nil` where it is not asked for.
    @discardableResult
    func begin(readsVersion: Bool) throws -> Int64? {
        session.job = -1
        session.isInTransaction = true
        session.bytesSent = 0
        try session.send("BEGIN", [])
        try session.send("SELECT pg_advisory_xact_lock($1)", [.int(space.lock)])
        guard readsVersion else { return nil }
        let result = try session.run("SELECT version FROM sampan_meta", [])
        defer { PQclear(result) }
        guard let result, PQntuples(result) == 1 else { throw StorageError.damaged("sampan_meta has no row") }
        return Row(result: result, position: 0).int(0)
    }

    /// Commits, with everything that was sent before.
    ///
    /// A fault of an earlier statement is thrown as it is.
    func commit() throws {
        let job = session.job
        session.job = -1
        defer { session.job = job }
        let tag = try session.end("COMMIT")
        // PostgreSQL answers COMMIT with ROLLBACK, and no error, where the transaction has failed before.
        guard tag == "COMMIT" else { throw StorageError.refused("25P02", "the transaction had failed before") }
    }

    /// Undoes everything.
    func rollBack() {
        guard !session.isBroken, session.isInTransaction else { return }
        session.fault = nil
        session.job = -1
        // What cannot be rolled back is a connection that nobody uses again.
        do { try session.end("ROLLBACK") } catch { session.isBroken = true }
    }

    /// Runs `body` between the two.
    func run<T>(_ body: (Connection) throws -> T) throws -> T {
        do {
            try begin(readsVersion: false)
            let value = try body(Connection(session, space))
            if let fault = session.fault { throw fault.error }
            try commit()
            return value
        } catch {
            rollBack()
            throw (error as? PostgresFault)?.error ?? error
        }
    }
}
