internal import CPostgres

/// Results, taken in the order in which statements were sent.
extension PostgresSession {
    /// Has everything that is queued carried out.
    /// - Returns: the result of the last statement, which the caller clears.
    func settle() throws -> OpaquePointer? {
        guard answered < pending.count else { return nil }
        let last = pending.count - 1
        try requestResults()
        var result: OpaquePointer?
        do {
            while answered <= last {
                PQclear(result)
                result = nil
                result = try takeResult()
            }
            if !isInTransaction || isEnding { try takeSynchronization() }
            forgetAnswered()
            return result
        } catch {
            PQclear(result)
            throw error
        }
    }

    /// Asks the server to send what it has: at the end of a transaction of one statement, or in the middle of a longer one.
    func requestResults() throws {
        if isInTransaction, !isEnding {
            guard PQsendFlushRequest(pointer) == 1 else { throw lost() }
        } else {
            try sendSynchronization()
        }
        guard PQflush(pointer) >= 0 else { throw lost() }
    }

    /// Ends the server's skipping after an error, and takes everything that is left.
    func synchronize() throws {
        try sendSynchronization()
        guard PQflush(pointer) >= 0 else { throw lost() }
        var failure: (any Error)?
        while answered < pending.count {
            do {
                PQclear(try takeResult(isRecovering: true))
            } catch {
                if isBroken { throw error }
                failure = failure ?? error
            }
        }
        forgetAnswered()
        if let failure { throw failure }
    }

    /// The result of the oldest statement that was not answered; none of the end of a transaction.
    /// - Throws: its error; inside a transaction, where that is a fault, after the server has stopped skipping.
    func takeResult(isRecovering: Bool = false) throws -> OpaquePointer? {
        let command = pending[answered]
        if case .synchronization = command.kind {
            try takeSynchronization()
            return nil
        }
        var result: OpaquePointer?
        while let next = PQgetResult(pointer) {
            PQclear(result)
            result = next
            guard PQresultStatus(next) != PGRES_PIPELINE_SYNC else {
                PQclear(next)
                throw lost()
            }
        }
        answered += 1
        do {
            try check(result, command, isRecovering: isRecovering)
            return result
        } catch {
            PQclear(result)
            throw error
        }
    }

    func check(_ result: OpaquePointer?, _ command: Pending, isRecovering: Bool) throws {
        guard PQstatus(pointer) == CONNECTION_OK, result != nil else { throw lost() }
        guard let failure = Self.failure(of: result) else { return }
        switch command.kind {
        case .preparation(let statement): statement.isGone = true
        // Its tables are no longer what they were when it was planned, or the server does not know it.
        case .statement(let statement?) where failure.state == "0A000" || failure.state == "26000": statement.isGone = true
        default: break
        }
        if PQresultStatus(result) == PGRES_PIPELINE_ABORTED, isRecovering { return }
        if failure.state.hasPrefix("57P0") { isBroken = true }
        let error = command.whenFailed?(failure) ?? failure
        if isRecovering { throw error }
        if isInTransaction {
            fault = PostgresFault(error: error, job: command.job)
            try? synchronize()
            if isBroken { throw StorageError.lost("the connection was lost after: \(failure)") }
            throw PostgresFault(error: error, job: command.job).error(for: job)
        }
        // One statement by itself: what follows it in the queue is the end of its transaction.
        try synchronize()
        throw error
    }

    func takeSynchronization() throws {
        guard let result = PQgetResult(pointer) else { throw lost() }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_PIPELINE_SYNC else { throw lost() }
        answered += 1
    }

    /// What a result says went wrong.
    static func failure(of result: OpaquePointer?) -> StorageError? {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY, PGRES_PIPELINE_SYNC: return nil
        case PGRES_PIPELINE_ABORTED: return StorageError.refused("25P02", "skipped after an earlier error")
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
            let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))) ?? UnsafeMutablePointer(mutating: PQresultErrorMessage(result))
            let message = text.map { String(cString: $0) } ?? "no result"
            return state.isEmpty ? StorageError.lost(message) : StorageError.refused(state, message)
        }
    }

    @inline(never)
    func first<T>(_ sql: String, _ values: [SQLValue], _ transform: (Row) throws -> T) throws -> T? {
        guard let result = try run(sql, values) else { return nil }
        defer { PQclear(result) }
        return PQntuples(result) > 0 ? try transform(Row(result: result, position: 0)) : nil
    }

    @inline(never)
    func all<T>(_ sql: String, _ values: [SQLValue], _ transform: (Row) throws -> T) throws -> [T] {
        guard let result = try run(sql, values) else { return [] }
        defer { PQclear(result) }
        return try (0..<PQntuples(result)).map { try transform(Row(result: result, position: $0)) }
    }

    /// How many rows a statement changed.
    static func changes(of result: OpaquePointer?) -> Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }
}
