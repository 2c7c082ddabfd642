internal import Synchronization

/// Writes to one namespace: a batch is one transaction in the namespace's turn, and travels in few round trips.
///
/// A job's statements are sent together with those of the jobs around it, so the refusal of one may come back while a later
/// job is under way. Then the transaction goes back to the savepoint of the job that was refused, and the jobs behind it are
/// run again, this time each on its own, so that no batch does its work more than twice.
final class PostgresWriter: WriteEngine {
    private enum Outcome { case done(@Sendable () -> Void), failed(any Error) }

    private let space: PostgresSpace
    private let isClosed = Mutex(false)
    private let onFailedCommit = Mutex<@Sendable (Connection) throws -> Void>({ _ in })

    init(_ space: PostgresSpace) { self.space = space }

    func afterFailedCommit(_ body: @escaping @Sendable (Connection) throws -> Void) { onFailedCommit.withLock { $0 = body } }

    func beforeClose() {}

    func close() { isClosed.withLock { $0 = true } }

    func commit<T>(_ body: (Connection) throws -> T) throws -> T {
        try lend { session in
            let transaction = PostgresTransaction(session, space)
            do {
                if let version = try transaction.begin(readsVersion: true) { try space.begins(with: version, session) }
                session.job = 0
                let value = try body(Connection(session, space))
                if let fault = session.fault { throw fault.error }
                try transaction.commit()
                space.committed(isWhole: true)
                return value
            } catch {
                transaction.rollBack()
                throw (error as? PostgresFault)?.error ?? error
            }
        }
    }

    func commit(_ batch: [GroupWriter.Job], isCommitted: () -> Void) {
        var outcomes: [Outcome?] = Array(repeating: nil, count: batch.count)
        do {
            try lend { session in
                let transaction = PostgresTransaction(session, space)
                do {
                    if let version = try transaction.begin(readsVersion: true) { try space.begins(with: version, session) }
                    guard try carryOut(batch, transaction, &outcomes) else { return transaction.rollBack() }
                    space.committed(isWhole: outcomes.allSatisfy { if case .done = $0 { true } else { false } })
                    isCommitted()
                } catch {
                    transaction.rollBack()
                    throw (error as? PostgresFault)?.error ?? error
                }
            }
        } catch {
            // The whole transaction is gone, or nobody knows; nobody who was in it is told otherwise.
            let failure = correct(after: error)
            for job in batch { job.fail(failure) }
            return
        }
        for (job, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .done(let answer): answer()
            case .failed(let error): job.fail(error)
            case nil: job.fail(StorageError.damaged("a write was forgotten"))
            }
        }
    }

    /// Runs the jobs and commits.
    /// - Returns: `false` where a job that was alone failed, so that there is nothing to commit.
    private func carryOut(_ batch: [GroupWriter.Job], _ transaction: PostgresTransaction, _ outcomes: inout [Outcome?]) throws -> Bool {
        let session = transaction.session
        let connection = Connection(session, space)
        let isAlone = batch.count == 1
        var isCareful = false
        var position = 0
        while true {
            do {
                while position < batch.count {
                    session.job = position
                    if !isAlone { try session.send("SAVEPOINT job", []) }
                    outcomes[position] = try attempt(batch[position], session, connection)
                    if case .failed = outcomes[position] {
                        if isAlone { return false }
                        try session.rollBack(to: "job")
                    }
                    if !isAlone { try session.send("RELEASE job", []) }
                    if isCareful { try connection.flush() }
                    position += 1
                }
                try transaction.commit()
                return true
            } catch {
                guard let fault = session.fault, batch.indices.contains(fault.job), !session.isBroken else { throw error }
                if case .failed = outcomes[fault.job] {} else { outcomes[fault.job] = .failed(fault.error) }
                if isAlone { return false }
                session.job = fault.job
                try session.rollBack(to: "job")
                try session.send("RELEASE job", [])
                position = fault.job + 1
                isCareful = true
            }
        }
    }

    /// Runs one job.
    /// - Throws: `PostgresFault` where an earlier job's statement was refused meanwhile.
    private func attempt(_ job: GroupWriter.Job, _ session: PostgresSession, _ connection: Connection) throws -> Outcome {
        let outcome: Outcome
        do { outcome = .done(try job.run(connection)) } catch { outcome = .failed(error) }
        if session.isBroken { throw StorageError.lost("the connection was lost") }
        guard let fault = session.fault else { return outcome }
        // Whose it is, `carryOut` finds out; this job is run again.
        guard fault.job == session.job else { throw fault }
        // What was done with a refusal does not matter: the transaction cannot go on without going back.
        if case .failed = outcome { return outcome }
        return .failed(fault.error)
    }

    private func lend<T>(_ body: (PostgresSession) throws -> T) throws -> T {
        if isClosed.withLock({ $0 }) { throw StorageError.closed }
        return try space.server.lend(.writing, in: space.name, body)
    }

    /// Lets what is held in memory follow the disk again: at once, or else before the next write.
    private func correct(after error: any Error) -> any Error {
        do {
            try lend { try onFailedCommit.withLock { $0 }(Connection($0, space)) }
        } catch {
            space.reloadLater()
        }
        return error
    }
}
