/// The bounds that every part obeys, each with its unit in its name.
public struct Limits: Sendable {
    /// The largest body of an ordinary JSON request.
    public var bodyBytesMax = 16 << 20
    /// The largest event or result of a function.
    public var functionBytesMax = 32 << 20
    /// The largest uploaded file.
    public var fileBytesMax = 512 << 20
    /// The largest file of documents that is imported.
    public var importBytesMax: Int64 = 8 << 30
    /// The largest blob of a deployment.
    public var blobBytesMax = 256 << 20
    /// How many files a function version may have.
    public var functionFilesMax = 20_000
    /// The largest document.
    public var documentBytesMax = 16 << 20
    /// The largest document that a client (not a function) may write.
    public var clientDocumentBytesMax = 512 << 10
    /// The deepest nesting of JSON.
    public var jsonDepthMax = 100
    /// The most documents that one query answers.
    public var queryRowsMax = 1000
    /// The documents that a query answers when it does not say.
    public var queryRowsDefault = 100
    /// The most documents that one scan may read.
    public var scanDocumentsMax = 2_000_000
    /// The most bytes that one answer of the database may hold.
    public var answerBytesMax = 64 << 20
    /// How long a scan may run.
    public var scanMillisecondsMax = 10_000
    /// From when on a read is listed among the slow ones.
    public var slowQueryMilliseconds = 100
    /// From how many documents that were looked at for nothing a read is listed, too.
    public var slowQueryExamined = 10_000
    /// The most different values that `distinct` answers.
    public var distinctValuesMax = 10_000
    /// The estimated bytes that the stages of one aggregation may hold together.
    public var aggregateMemoryBytesMax = 100 << 20
    /// The most documents that one `add` may insert.
    public var addDocumentsMax = 1000
    /// The most collections of an environment.
    public var collectionsMax = 1000
    /// The most indexes of a collection.
    public var indexesMax = 20
    /// How long a transaction may stay open.
    public var transactionMillisecondsMax = 10_000
    /// The most documents that the queries of one transaction may find.
    public var transactionReadsMax = 10_000
    /// How long a transaction waits for a document that another one holds.
    public var lockWaitMillisecondsMax = 3000
    /// How many writes may wait for one database file.
    public var writeQueueMax = 10_000
    /// How long a request of an ordinary class may wait for its turn when there are more than can be served; 0 switches admission off.
    public var admissionMilliseconds = 5
    /// How many connections are kept, at most as many as the process may have files open.
    public var connectionsMax = 200_000
    /// How much of the machine's memory may go to workers that are kept ready for what is expected, in percent; 0 keeps none ready.
    public var elasticMemoryPercent = 50
    /// How many steps of coupons may wait in memory to be written to their tables; each takes about 250 bytes.
    public var couponTailMax = 300_000
    /// How long an order may keep a coupon locked.
    public var couponLockSecondsMax = 86_400
    /// How long it does when it does not say.
    public var couponLockSecondsDefault = 900
    /// How many database files stay open.
    public var openDatabasesMax = 64
    /// How long a repeat with the same idempotency key is recognised.
    public var idempotencyHours = 24

    /// How long changes of documents are kept to go back to; 0 keeps none.
    public var historyDays = 14
    /// The most changes that are kept of one environment.
    public var historyRowsMax: Int64 = 10_000_000
    /// The most documents of a query that is watched.
    public var watchedDocumentsMax = 5000
    /// The most queries that one connection watches.
    public var watchesOfConnectionMax = 100

    /// The default bounds.
    public init() {}
}
