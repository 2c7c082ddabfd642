internal import HTTPSupport
internal import Kernel
internal import Storage
internal import Synchronization

/// A collection as the store knows it; an immutable value that requests take a copy of.
struct Collection: Sendable {
    let number: Int64
    let name: String
    var access: CollectionAccess
    /// What its documents must look like; `nil` where they may look as they like.
    var validator: CollectionValidator?
    /// What writes keep.
    var indexes: [StoredIndex] { didSet { readable = Self.readable(indexes) } }
    let sql: CollectionSQL
    /// What reads may use: an index counts once the commit that made it is on disk.
    private(set) var readable: [IndexDefinition]

    init(number: Int64, name: String, access: CollectionAccess, validator: CollectionValidator? = nil, indexes: [StoredIndex], sql: CollectionSQL) {
        self.number = number
        self.name = name
        self.access = access
        self.validator = validator
        self.indexes = indexes
        self.sql = sql
        readable = Self.readable(indexes)
    }

    private static func readable(_ indexes: [StoredIndex]) -> [IndexDefinition] { indexes.filter(\.isReady).map(\.definition) }

    /// What `$text` searches.
    var textContext: TextIndexContext? { readable.lazy.compactMap(\.textContext).first }

    /// The tag of its definition.
    var tag: EntityTag {
        EntityTag(
            of: [
                "name": .string(name), "access": .object(access.json), "validator": .object(validator?.json ?? [:]),
                "indexes": .array(indexes.map { .int($0.number) }),
            ])
    }
}

/// An index with its table.
struct StoredIndex: Sendable {
    let number: Int64
    var definition: IndexDefinition
    let sql: IndexSQL
    var isReady = true
}

/// The statements of one collection, made once.
final class CollectionSQL: Sendable {
    let create: String
    let drop: String
    let selectByID: String
    let scan: String
    let scanAfter: String
    private let table: String
    let insert: String
    let update: String
    let delete: String
    let count: String
    /// The documents of so many rows.
    let bodies: String
    static let bodiesAtOnce = 50

    init(_ number: Int64, _ dialect: Dialect) {
        let table = "d\(number)"
        self.table = table
        create = """
            CREATE TABLE \(table) (
                seq \(dialect.rowNumberColumn), id \(dialect.textType) NOT NULL UNIQUE, owner \(dialect.verbatimType) NOT NULL,
                body \(dialect.bytesType) NOT NULL)
            """
        drop = "DROP TABLE \(table)"
        selectByID = "SELECT seq, owner, body FROM \(table) WHERE id = $1"
        scan = "SELECT seq, owner, body FROM \(table) ORDER BY seq"
        scanAfter = "SELECT seq, owner, body FROM \(table) WHERE seq > $1 ORDER BY seq LIMIT $2"
        insert = "INSERT INTO \(table) (id, owner, body) VALUES ($1, $2, $3)"
        update = "UPDATE \(table) SET owner = $2, body = $3 WHERE seq = $1"
        delete = "DELETE FROM \(table) WHERE seq = $1"
        count = "SELECT count(*) FROM \(table)"
        bodies = "SELECT seq, body FROM \(table) WHERE seq IN (\((1...Self.bodiesAtOnce).map { "$\($0)" }.joined(separator: ", ")))"
    }

    /// Takes over the documents of another collection, in their order.
    func copy(from number: Int64) -> String { "INSERT INTO \(table) (id, owner, body) SELECT id, owner, body FROM d\(number) ORDER BY seq" }
}

/// The statements of one index, made once.
final class IndexSQL: Sendable {
    let create: String
    let drop: String
    let insert: String
    let insertIfMissing: String
    /// For a document whose row number only the engine knows.
    let insertByID: String
    let delete: String
    let holder: String
    /// By (ends open, backwards): documents by key range.
    private let ranges: [String]

    /// - Parameter isUnique: PostgreSQL then refuses a second holder of a key itself, which saves asking first.
    init(_ number: Int64, collection: Int64, isUnique: Bool, _ dialect: Dialect) {
        let table = "i\(number)"
        let isKeyAlone = isUnique && dialect == .postgres
        create = """
            CREATE TABLE \(table) (
                key \(dialect.bytesType) NOT NULL, seq \(dialect.integerType) NOT NULL,
                PRIMARY KEY (\(isKeyAlone ? "key" : "key, seq")))\(dialect.withoutRowID)
            """
        drop = "DROP TABLE \(table)"
        insertByID = "INSERT INTO \(table) (key, seq) SELECT $1, seq FROM d\(collection) WHERE id = $2"
        insert = "INSERT INTO \(table) (key, seq) VALUES ($1, $2)"
        insertIfMissing = "INSERT INTO \(table) (key, seq) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        delete = "DELETE FROM \(table) WHERE key = $1 AND seq = $2"
        holder = "SELECT seq FROM \(table) WHERE key = $1"
        ranges = [false, true].flatMap { open in
            ["ASC", "DESC"].map { direction in
                """
                SELECT d.seq, d.owner, d.body FROM \(table) x \(dialect.orderedJoin) d\(collection) d ON d.seq = x.seq \
                WHERE x.key >= $1\(open ? "" : " AND x.key < $2") ORDER BY x.key \(direction)\(isKeyAlone ? "" : ", x.seq \(direction)")
                """
            }
        }
    }

    /// Documents whose keys lie in a half-open range, in key order.
    func range(open: Bool, reversed: Bool) -> String { ranges[(open ? 2 : 0) + (reversed ? 1 : 0)] }
}

/// The collections of one environment, held in memory and changed by the writer only.
final class Catalog: Sendable {
    private let collections: Mutex<[String: Collection]>

    init(_ collections: [Collection]) {
        self.collections = Mutex(Dictionary(uniqueKeysWithValues: collections.map { ($0.name, $0) }))
    }

    subscript(name: String) -> Collection? { collections.withLock { $0[name] } }

    var all: [Collection] { collections.withLock { $0.values.sorted { $0.name < $1.name } } }

    var count: Int { collections.withLock { $0.count } }

    func put(_ collection: Collection) { collections.withLock { $0[collection.name] = collection } }

    func remove(_ name: String) { collections.withLock { $0[name] = nil } }

    /// Takes the state of the disk again, after a commit that failed.
    func reload(_ stored: [Collection]) {
        collections.withLock { $0 = Dictionary(uniqueKeysWithValues: stored.map { ($0.name, $0) }) }
    }

    /// Changes one index of a collection.
    func changeIndex(_ index: Int64, of name: String, _ change: (inout StoredIndex) -> Void) {
        collections.withLock { collections in
            guard let position = collections[name]?.indexes.firstIndex(where: { $0.number == index }) else { return }
            if var changed = collections[name] {
                change(&changed.indexes[position])
                collections[name] = changed
            }
        }
    }
}
