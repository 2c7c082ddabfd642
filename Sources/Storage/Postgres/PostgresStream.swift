internal import CPostgres

/// The rows of one query while they arrive, one by one; no more than a few are in memory.
///
/// Where another statement is run meanwhile, the rest is taken first, because a connection does one thing at a time.
final class PostgresStream {
    /// The bytes of rows that are kept so.
    private static let heldBytesMax = 64 << 20
    /// So many rows are read and dropped before the server is asked to stop.
    private static let droppedMax = 200

    private var held: [OpaquePointer] = []
    private var heldBytes = 0
    private var position = 0
    private var isAtEnd = false

    /// The next row, which the caller clears.
    func next(_ session: PostgresSession) throws -> OpaquePointer? {
        if position < held.count {
            position += 1
            return held[position - 1]
        }
        held = []
        position = 0
        return isAtEnd ? nil : try receive(session)
    }

    /// Takes what is left into memory, so that the connection is free.
    func takeAll(_ session: PostgresSession) throws {
        guard !isAtEnd else { return }
        while let row = try receive(session) {
            held.append(row)
            heldBytes += PQresultMemorySize(row)
            guard heldBytes < Self.heldBytesMax else {
                try stop(session)
                throw StorageError.refused("54000", "a statement was run while rows of another one arrive, of which too many are left: read them in pages")
            }
        }
    }

    /// Ends it before its end.
    /// - Returns: whether the server was asked to, which fails a transaction.
    @discardableResult
    func stop(_ session: PostgresSession) throws -> Bool {
        discard()
        guard !isAtEnd else { return false }
        for _ in 0..<Self.droppedMax {
            guard let row = try receive(session) else { return false }
            PQclear(row)
        }
        // Those that are on the way arrive before the server notices.
        session.cancel()
        do {
            while let row = try receive(session) { PQclear(row) }
        } catch let error as StorageError where error.state == "57014" {
            // As it was asked to.
            return true
        }
        return false
    }

    func discard() {
        for row in held[position...] { PQclear(row) }
        held = []
        position = 0
    }

    private func receive(_ session: PostgresSession) throws -> OpaquePointer? {
        let result = PQgetResult(session.pointer)
        if PQresultStatus(result) == PGRES_SINGLE_TUPLE { return result }
        // The end, well or not.
        isAtEnd = true
        defer { PQclear(result) }
        let command = session.pending[session.answered]
        if let more = PQgetResult(session.pointer) {
            PQclear(more)
            throw session.lost()
        }
        session.answered += 1
        try session.check(result, command, isRecovering: false)
        if !session.isInTransaction { try session.takeSynchronization() }
        session.forgetAnswered()
        return nil
    }
}

extension PostgresSession {
    /// Hands the rows of a query to `each` as they arrive, until it answers `false`.
    func rows(_ sql: String, _ values: [SQLValue], each: (Row) throws -> Bool) throws {
        // A query that is stopped fails, and would take the transaction with it.
        if isInTransaction { try send("SAVEPOINT rows", []) }
        try send(sql, values)
        let query = pending.count - 1
        try requestResults()
        while answered < query { PQclear(try takeResult()) }
        guard PQsetSingleRowMode(pointer) == 1 else { throw lost() }
        let outer = stream
        let stream = PostgresStream()
        self.stream = stream
        defer {
            stream.discard()
            self.stream = outer
        }
        do {
            while let row = try stream.next(self) {
                defer { PQclear(row) }
                guard try each(Row(result: row, position: 0)) else { break }
            }
            try end(stream)
        } catch {
            if !isBroken, fault == nil { try end(stream) }
            throw error
        }
    }

    private func end(_ stream: PostgresStream) throws {
        let wasCancelled = try stream.stop(self)
        guard isInTransaction else { return }
        if wasCancelled { try rollBack(to: "rows") }
        try send("RELEASE rows", [])
    }

    /// Asks the server to stop what it does, over a connection of its own.
    func cancel() {
        guard let cancellation = PQgetCancel(pointer) else { return }
        defer { PQfreeCancel(cancellation) }
        var message = [CChar](repeating: 0, count: 256)
        // One that does not get through only means that all rows are read.
        _ = PQcancel(cancellation, &message, 256)
    }

    /// Goes back to a savepoint of this transaction after a fault, or before one.
    func rollBack(to savepoint: String) throws {
        if isBroken { throw StorageError.lost("the connection is gone") }
        fault = nil
        try send("ROLLBACK TO \(savepoint)", [])
    }
}
