internal import CPostgres

/// One connection to PostgreSQL, always in libpq's pipeline mode: statements are queued, and a round trip is made only
/// when somebody needs a result.
///
/// Outside a transaction every statement is one of its own (`read`); inside one (`PostgresWriter`) what fails is a *fault*:
/// the server skips everything behind it, so nothing more is sent until the writer has gone back to the savepoint of the job
/// that the statement belongs to.
///
/// Sendable by the discipline of its owner, who lends it to one thread at a time.
final class PostgresSession: @unchecked Sendable {
    /// What was sent and not yet answered.
    struct Pending {
        enum Kind { case preparation(PostgresStatement), statement(PostgresStatement?), synchronization }

        let kind: Kind
        let job: Int
        let whenFailed: (@Sendable (StorageError) -> (any Error)?)?
    }

    /// So many statements, or bytes of them, are answered before more are sent.
    private static let pendingMax = 2000
    private static let pendingBytesMax = 4 << 20

    let pointer: OpaquePointer
    /// Increased by the server's keeper when connections were lost; older ones are not used again.
    let epoch: UInt64
    /// What names without a schema mean.
    private(set) var namespace = ""
    /// Whom it is lent to.
    var space: PostgresSpace?
    /// The job of a batch that statements belong to.
    var job = 0
    var isInTransaction = false
    /// Whether what is sent next ends the transaction.
    var isEnding = false
    /// What a transaction must go back for.
    var fault: PostgresFault?
    /// Whether it is of no more use.
    var isBroken = false
    /// The rows that are being handed out.
    var stream: PostgresStream?
    /// How many cursors are open, one inside the other.
    var cursors = 0
    /// Bytes of values that the transaction has sent.
    var bytesSent: Int64 = 0

    var statements: PostgresStatements
    var pending: [Pending] = []
    /// How many of `pending` were answered.
    var answered = 0
    private var pendingBytes = 0
    private var parameters = PostgresParameters()

    /// Connects and sets what each connection has set.
    init(_ configuration: PostgresConfiguration, epoch: UInt64) throws {
        pointer = try configuration.connect()
        self.epoch = epoch
        statements = PostgresStatements(max: configuration.statementsMax)
        guard PQenterPipelineMode(pointer) == 1 else { throw StorageError.lost("no pipeline mode") }
        for (name, value) in configuration.sessionSettings {
            try send("SELECT set_config($1, $2, false)", [.text(name), .text(value)])
        }
        PQclear(try settle())
    }

    deinit {
        stream?.discard()
        PQfinish(pointer)
    }

    /// Lets names without a schema be those of `namespace`; costs nothing when they are, and no round trip when they are not.
    ///
    /// In a transaction of its own, which nothing that fails later can undo.
    func enter(_ namespace: String) throws {
        guard namespace != self.namespace else { return }
        statements.enter(namespace)
        self.namespace = namespace
        try sendText("SET search_path TO \"\(namespace)\"")
        try sendSynchronization()
    }

    func sendSynchronization() throws {
        guard PQpipelineSync(pointer) == 1 else { throw lost() }
        pending.append(Pending(kind: .synchronization, job: job, whenFailed: nil))
    }

    // MARK: Statements

    /// Queues a statement.
    func send(_ sql: String, _ values: [SQLValue], whenFailed: (@Sendable (StorageError) -> (any Error)?)? = nil) throws {
        try requireUsable()
        if isInTransaction, pending.count - answered > Self.pendingMax || pendingBytes > Self.pendingBytesMax { PQclear(try settle()) }
        let statement = try prepared(sql, values)
        let code = try parameters.with(values) { PQsendQueryPrepared(pointer, statement.name, $0, $1, $2, $3, 1) }
        guard code == 1 else { throw lost() }
        pending.append(Pending(kind: .statement(statement), job: job, whenFailed: whenFailed))
        pendingBytes += parameters.byteCount
        bytesSent += Int64(parameters.byteCount)
    }

    /// Runs what was queued and a statement, and answers its result, which the caller clears.
    func run(_ sql: String, _ values: [SQLValue]) throws -> OpaquePointer? {
        try send(sql, values)
        return try settle()
    }

    /// Runs statements without parameters, several in one text.
    func script(_ sql: String) throws {
        try requireUsable()
        PQclear(try settle())
        try synchronize()
        guard PQexitPipelineMode(pointer) == 1 else { throw lost() }
        let result = PQexec(pointer, sql)
        defer { PQclear(result) }
        let failure = Self.failure(of: result)
        guard PQstatus(pointer) == CONNECTION_OK, PQenterPipelineMode(pointer) == 1 else { throw lost() }
        if let failure {
            if isInTransaction { fault = PostgresFault(error: failure, job: job) }
            throw failure
        }
    }

    /// Sends a statement that is not kept and has no values.
    func sendText(_ sql: String) throws {
        guard PQsendQueryParams(pointer, sql, 0, nil, nil, nil, nil, 1) == 1 else { throw lost() }
        pending.append(Pending(kind: .statement(nil), job: job, whenFailed: nil))
    }

    func requireUsable() throws {
        if isBroken { throw StorageError.lost("the connection is gone") }
        if let fault { throw fault.error(for: job) }
        if let stream { try stream.takeAll(self) }
    }

    private func prepared(_ sql: String, _ values: [SQLValue]) throws -> PostgresStatement {
        if let known = statements.find(sql, values) { return known }
        for forgotten in statements.overflow() { try sendText("DEALLOCATE \(forgotten.name)") }
        statements.enter(namespace)
        let statement = statements.add(sql, values)
        let code = statement.types.withUnsafeBufferPointer { PQsendPrepare(pointer, statement.name, sql, Int32($0.count), $0.baseAddress) }
        guard code == 1 else {
            statement.isGone = true
            throw lost()
        }
        pending.append(Pending(kind: .preparation(statement), job: job, whenFailed: nil))
        return statement
    }

    func lost() -> StorageError {
        isBroken = true
        var message = String(cString: PQerrorMessage(pointer))
        while message.last?.isNewline == true { message.removeLast() }
        return StorageError.lost(message.isEmpty ? "the connection is gone" : message)
    }

    func forgetAnswered() {
        guard answered == pending.count else { return }
        pending.removeAll(keepingCapacity: true)
        answered = 0
        pendingBytes = 0
    }
}

/// A statement of a transaction that the server refused.
struct PostgresFault: Error {
    /// What whoever sent it is told.
    let error: any Error
    /// Whose statement it was.
    let job: Int

    /// What a job is told: its own error, or that it has to be run again because of an earlier job's.
    func error(for job: Int) -> any Error { job == self.job ? error : self }
}
