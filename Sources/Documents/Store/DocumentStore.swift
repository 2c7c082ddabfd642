internal import Kernel
internal import Storage
internal import Synchronization

/// The documents of one environment: its file, its catalog, its transactions.
final class DocumentStore: Sendable {
    let database: Database
    let catalog: Catalog
    let transactions: TransactionTable
    let limits: Limits
    /// The environment's quotas as they are now.
    let quotas: @Sendable () -> EnvironmentQuotas
    let pageBytes: Int64
    let clock: WallClock
    private let isObserved: @Sendable (String) -> Bool
    /// Who is told what was committed.
    let hub: ChangeHub
    /// What the writer's turn has changed so far.
    private let pending = PendingChanges()
    /// What took long.
    let slow = SlowQueries()
    /// What was stored although a validator warns of it.
    let warnings = ValidationWarnings()
    /// The indexes that this process fills.
    let building = IndexesUnderWay()
    /// Who watches which queries.
    let watches: WatchRoom
    /// The bytes of the log of changes, where somebody has asked; `nil` before.
    let history = HistorySize()
    /// How many documents collections had, by their numbers, after so many commits.
    private let counts = Mutex<[Int64: (moment: DatabaseMoment, count: Int64)]>([:])

    /// Opens or creates the file at `path`.
    /// - Parameter isObserved: whether documents of a collection are kept as they are after each change.
    convenience init(
        path: String, limits: Limits, clock: WallClock, quotas: @escaping @Sendable () -> EnvironmentQuotas = { EnvironmentQuotas() }
    ) throws {
        try self.init(Database(path: path, durability: .full, queueMax: limits.writeQueueMax), limits: limits, clock: clock, quotas: quotas)
    }

    /// Makes what is missing in a database.
    /// - Parameter isObserved: whether documents of a collection are kept as they are after each change.
    init(
        _ database: Database, limits: Limits, clock: WallClock, isObserved: @escaping @Sendable (String) -> Bool = { _ in false },
        quotas: @escaping @Sendable () -> EnvironmentQuotas = { EnvironmentQuotas() }
    ) throws {
        self.database = database
        try database.migrate(documentsMigrations)
        pageBytes = try database.read { try $0.pageBytes() }
        catalog = Catalog(try database.read { try Self.loadCollections($0) })
        transactions = TransactionTable(limits: limits)
        self.limits = limits
        self.quotas = quotas
        self.clock = clock
        self.isObserved = isObserved
        let hub = ChangeHub()
        self.hub = hub
        watches = WatchRoom(database, catalog, hub, limits: limits, clock: clock)
        let reload: @Sendable (Connection) throws -> Void = { [catalog] connection in catalog.reload(try Self.loadCollections(connection)) }
        database.afterFailedCommit { [pending] connection in
            _ = pending.take()
            try reload(connection)
        }
        database.whenChangedElsewhere { [catalog, watches] connection in
            let before = catalog.all
            try reload(connection)
            // What another node has done to a collection is no change of its documents that the log could tell of.
            for old in before { watches.follow(old, to: catalog[old.name]) }
        }
        database.afterCommit { [hub, pending] in hub.publish(pending.take()) }
    }

    /// The collection called `name`.
    func collection(_ name: String) throws -> Collection {
        guard let collection = catalog[name] else { throw SampanError.noCollection(name) }
        return collection
    }

    /// How many documents a collection has: counting a million takes 10 ms, so it is done again only after something was written.
    func count(_ collection: Collection, _ connection: Connection) throws -> Int64 {
        // Asked for before the count: what is committed in between makes this one too old for the next reader, never wrong.
        let moment = try database.moment(connection)
        if let known = counts.withLock({ $0[collection.number] }), known.moment == moment { return known.count }
        let count = try connection.first(collection.sql.count) { $0.int(0) } ?? 0
        counts.withLock { $0[collection.number] = (moment, count) }
        return count
    }

    /// Runs `body` in the writer's next transaction.
    ///
    /// A document that a transaction holds makes it wait and start again.
    /// - Parameter grows: whether it may need room; what only removes is let through when there is none.
    func write<T: Sendable>(grows: Bool = true, _ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        while true {
            do {
                return try await inTurn { [self] in try grows ? withinQuota($0, body) : body($0) }
            } catch let held as DocumentHeld {
                try await transactions.waitUntilFree(held.key, now: clock.now())
            } catch {
                throw Self.told(error)
            }
        }
    }

    /// Runs `body` in the writer's turn; when it throws, nobody is told of what it had changed.
    func inTurn<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        try await database.write { [pending] connection in
            try pending.undoing {
                let mark = pending.changes.count
                let value = try body(connection)
                // Somebody will be told: what the engine refuses of it must be known before the next job begins.
                if pending.changes.count > mark { try connection.flush() }
                return value
            }
        }
    }

    /// Runs `body`, which changes definitions rather than documents, in the writer's turn.
    func turn<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        do { return try await database.write(body) } catch { throw Self.told(error) }
    }

    /// Runs `body` with a reading connection.
    func read<T>(_ body: (Connection) throws -> T) throws -> T {
        do { return try database.read(body) } catch { throw Self.told(error) }
    }

    /// What a caller is told who can do something about it: to come again.
    static func told(_ error: any Error) -> any Error {
        switch error {
        case StorageError.busy: SampanError.writesWaiting
        case let error as StorageError where error.isFull: SampanError.storageFull
        case let error as StorageError where error.isConnectionLost || error.isTimeout || error.isConflict: SampanError.databaseAway
        default: error
        }
    }

    /// Runs `body` in the writer's turn and throws where it makes the database larger than its quota, which undoes it.
    ///
    /// The engine is asked for the size only where there is a quota.
    func withinQuota<T>(_ connection: Connection, _ body: (Connection) throws -> T) throws -> T {
        guard let limit = quotas()[.documentBytes] else { return try body(connection) }
        let room = try limit + historyBytes(connection)
        // The engine may undo the work and do it a second time: what the first one changed is forgotten as well.
        let mark = pending.changes.count
        let work = { [pending] (connection: Connection) throws -> T in
            pending.forget(from: mark)
            return try body(connection)
        }
        guard let value = try connection.growing(upToPages: room / pageBytes, work) else { throw SampanError.quotaExceeded(.documentBytes, limit) }
        return value
    }

    /// What the log of changes and dropped collections take, which is not counted against a quota: what is full could otherwise not be emptied.
    func historyBytes(_ connection: Connection) throws -> Int64 {
        if let known = history.bytes { return known }
        let bytes = try ChangeLog(connection: connection).bytes() + PastCollections(connection: connection).bytes()
        history.bytes = bytes
        return bytes
    }

    /// Throws `DocumentHeld` when a transaction holds the document.
    ///
    /// Called by the writer before it touches one.
    func requireFree(_ collection: Collection, _ id: String) throws {
        let key = DocumentLocks.Key(collection: collection.name, id: id)
        if !transactions.isFree(key) { throw DocumentHeld(key: key) }
    }

    func mutator(_ connection: Connection, _ collection: Collection) -> DocumentMutator {
        // Where several nodes write, watchers read the log as well.
        let keepsImages = isObserved(collection.name) || (database.isShared && hub.isHeard)
        let recorder = ChangeRecorder(
            log: limits.historyDays > 0 || keepsImages ? ChangeLog(connection: connection) : nil, pending: hub.isHeard ? pending : nil,
            now: clock.now(), keepsImages: keepsImages, size: history)
        return DocumentMutator(connection: connection, collection: collection, catalog: catalog, limits: limits, recorder: recorder, warnings: warnings)
    }

    func reader(_ connection: Connection, _ collection: Collection) -> DocumentReader {
        DocumentReader(connection: connection, collection: collection, limits: limits)
    }

    static func loadCollections(_ connection: Connection) throws -> [Collection] {
        let indexes = try loadIndexes(connection)
        return try connection.all("SELECT number, name, permission, rules, validator FROM collections WHERE restore IS NULL ORDER BY number") { row in
            var collection = try collection(row, connection.dialect)
            collection.indexes = indexes.filter { $0.collection == collection.number }.map(\.index)
            return collection
        }
    }

    /// A row of number, name, permission, rules and validator.
    static func collection(_ row: Row, _ dialect: Dialect) throws -> Collection {
        Collection(
            number: row.int(0), name: row.text(1), access: CollectionAccess(permission: row.text(2), rules: row.optionalText(3)),
            validator: try CollectionValidator(stored: row.optionalText(4)), indexes: [], sql: CollectionSQL(row.int(0), dialect))
    }

    /// All indexes with the numbers of their collections.
    static func loadIndexes(_ connection: Connection) throws -> [(collection: Int64, index: StoredIndex)] {
        try connection.all("SELECT number, collection, name, fields, is_unique, is_multikey, options, is_ready FROM indexes ORDER BY number") { row in
            var definition = try IndexDefinition(
                name: row.text(2), storedFields: row.text(3), unique: row.int(4) == 1, isMultikey: row.int(5) == 1)
            if let options = row.optionalText(6) { try definition.apply(options: JSON(parsing: Array(options.utf8)).objectValue ?? [:]) }
            let sql = IndexSQL(row.int(0), collection: row.int(1), isUnique: definition.unique, connection.dialect)
            return (row.int(1), StoredIndex(number: row.int(0), definition: definition, sql: sql, isReady: row.int(7) == 1))
        }
    }
}

extension StorageError {
    /// Matches errors by code in a `catch`.
    static func ~= (pattern: StorageError, error: any Error) -> Bool { (error as? StorageError)?.code == pattern.code }
}

/// A plain write met a document that a transaction holds: it is undone and tried again later.
struct DocumentHeld: Error {
    let key: DocumentLocks.Key
}

/// How index definitions are stored.
extension IndexDefinition {
    init(name: String, storedFields: String, unique: Bool, isMultikey: Bool) throws {
        let fields = try JSON(parsing: Array(storedFields.utf8)).arrayValue ?? []
        self.init(
            name: name,
            fields: fields.map { IndexField(path: $0.arrayValue?.first?.stringValue ?? "", descending: $0.arrayValue?.last?.stringValue == "desc") },
            unique: unique, isMultikey: isMultikey)
    }

    /// `[["price","asc"],…]`, as in the management API.
    var fieldsJSON: JSON { .array(fields.map { [.string($0.path), .string($0.descending ? "desc" : "asc")] }) }

    /// The same, with what kind of index it is in place of a direction.
    var shownKeys: JSON {
        switch kind {
        case .ordered: fieldsJSON
        case .text: .array(fields.map { [.string($0.path), "text"] })
        case .geo: .array(fields.map { [.string($0.path), "2dsphere"] })
        }
    }
}
