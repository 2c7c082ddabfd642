public import Kernel
internal import Storage
internal import Synchronization

/// What happened to documents, for triggers and whoever else works through it.
extension Documents {
    /// The changes of a collection behind a place, in order.
    ///
    /// A change whose collection was not observed when it came has no document after it, unless that is still what is stored.
    /// - Returns: the changes, and up to where was looked.
    public func changes(
        of name: String, after place: Int64, limit: Int, _ environment: EnvironmentID
    ) throws -> (changes: [DocumentChange], upTo: Int64) {
        let store = try store(environment)
        return try store.database.readMoment { connection in
            let log = ChangeLog(connection: connection)
            guard let collection = store.catalog[name] else { return ([], try log.last()) }
            let rows = try log.rows(after: place, collection: collection.number, limit: limit)
            let reader = store.reader(connection, collection)
            let changes = try rows.map { row in
                let after = try row.after ?? (row.kind == .remove ? nil : reader.one(row.id) { try $0.document(2) })
                return DocumentChange(
                    sequence: row.sequence, at: row.at, collection: name, id: row.id, kind: row.kind, before: row.before, after: after)
            }
            return (changes, try rows.count < limit ? log.last() : rows.last?.sequence ?? place)
        }
    }

    /// The place of the last change.
    public func lastChange(_ environment: EnvironmentID) throws -> Int64 {
        try store(environment).database.read { try ChangeLog(connection: $0).last() }
    }

    /// Has documents of these collections kept as they are after each change as well.
    public func observe(_ collections: Set<String>, _ environment: EnvironmentID) {
        observed.withLock { $0[environment] = collections.isEmpty ? nil : collections }
    }

    /// Calls `body` after commits that changed documents.
    ///
    /// It runs in the writer's turn, so it only hands over.
    /// - Returns: what ends it.
    public func listen(_ environment: EnvironmentID, _ body: @escaping @Sendable () -> Void) throws -> @Sendable () -> Void {
        // The store is kept while somebody listens: another one would tell nobody.
        let store = try store(environment)
        let stop = store.hub.listen { _ in body() }
        return {
            stop()
            withExtendedLifetime(store) {}
        }
    }
}
