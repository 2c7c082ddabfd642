internal import Crypto
internal import Kernel
internal import Storage
internal import Synchronization

/// The moment that a transaction's queries see, with its collections and indexes as they were then, and what has been read of it.
///
/// It is taken by the transaction's first query, and given back when the transaction ends.
final class TransactionView: Sendable {
    /// A document that a query found.
    private struct Row: Hashable {
        let collection: Int64
        let seq: Int64
    }

    private let snapshot: DatabaseSnapshot
    private let collections: [String: Collection]
    private let readsMax: Int
    private let reads = Mutex<[Row: SHA256Digest]>([:])

    /// - Throws: `StorageError.busy` where as many moments as there may be are held.
    init(of store: DocumentStore) throws {
        snapshot = try store.database.snapshot()
        let stored = try snapshot.read { try DocumentStore.loadCollections($0) }
        collections = Dictionary(uniqueKeysWithValues: stored.map { ($0.name, $0) })
        readsMax = store.limits.transactionReadsMax
    }

    /// The collection as it was; `nil` where it was not there yet.
    func collection(_ name: String) -> Collection? { collections[name] }

    /// Runs `body` with a connection that sees the moment.
    func read<T>(_ body: (Connection) throws -> T) throws -> T {
        do { return try snapshot.read(body) } catch let error as StorageError where error.isMissingTable {
            // PostgreSQL keeps rows for whoever looks at the past, but no tables.
            throw SampanError.transactionConflict
        } catch {
            throw DocumentStore.told(error)
        }
    }

    /// Remembers that the transaction's outcome may depend on a document.
    func note(_ row: Storage.Row, _ collection: Collection) throws {
        let key = Row(collection: collection.number, seq: row.int(0))
        let isTooMany = reads.withLock { reads in
            if reads[key] == nil { reads[key] = row.withBytes(2) { SHA256.hash(data: $0) } }
            return reads.count > readsMax
        }
        guard !isTooMany else {
            throw SampanError.limitExceeded(
                Localized("The queries of one transaction find at most \(readsMax) documents.", zh: "一个事务中的查询最多匹配 \(readsMax) 个文档。"))
        }
    }

    /// Throws a conflict unless every document that queries found is still what they found.
    ///
    /// Called by the writer.
    func requireUnchanged(_ store: DocumentStore, _ connection: Connection) throws {
        let reads = reads.withLock { $0 }
        for (collection, rows) in Dictionary(grouping: reads, by: \.key.collection) {
            guard let known = collections.values.first(where: { $0.number == collection }), store.catalog[known.name]?.number == collection else {
                throw SampanError.transactionConflict
            }
            for start in stride(from: 0, to: rows.count, by: CollectionSQL.bodiesAtOnce) {
                let part = rows[start..<min(start + CollectionSQL.bodiesAtOnce, rows.count)]
                try Self.requireUnchanged(part.map { ($0.key.seq, $0.value) }, known, connection)
            }
        }
    }

    private static func requireUnchanged(_ rows: [(seq: Int64, digest: SHA256Digest)], _ collection: Collection, _ connection: Connection) throws {
        guard let last = rows.last else { return }
        // The last one is asked for again and again, so that there is one statement for any number.
        let seqs = rows.map(\.seq) + Array(repeating: last.seq, count: CollectionSQL.bodiesAtOnce - rows.count)
        var expected = Dictionary(uniqueKeysWithValues: rows.map { ($0.seq, $0.digest) })
        try connection.rows(collection.sql.bodies, seqs.map { .int($0) }, wanted: .all) { row in
            guard row.withBytes(1, { SHA256.hash(data: $0) }) == expected.removeValue(forKey: row.int(0)) else { throw SampanError.transactionConflict }
            return true
        }
        guard expected.isEmpty else { throw SampanError.transactionConflict }
    }
}

/// What one query of a transaction sees: the moment, and over it what the transaction has written.
struct TransactionSight: Sendable {
    let view: TransactionView
    /// By collection.
    let written: [String: WrittenDocuments]

    /// What a reader of `collection` leaves out and adds.
    func overlay(of collection: Collection) -> ReadOverlay {
        ReadOverlay(view: view, written: written[collection.name] ?? WrittenDocuments(), isMissing: view.collection(collection.name) == nil)
    }
}

/// What a transaction has done to the documents of one collection.
struct WrittenDocuments: Sendable {
    /// The rows of those that it has changed or removed.
    var hidden: Set<Int64> = []
    /// Those that it has changed or added, as they will be.
    var documents: [JSONObject] = []
}

/// What a reader finds otherwise than it is stored.
struct ReadOverlay {
    let view: TransactionView
    let written: WrittenDocuments
    /// Whether the collection was not there at the moment that is read.
    let isMissing: Bool
}
