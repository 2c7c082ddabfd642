internal import Kernel
internal import Storage

/// Going back in time: a collection as it was, and all of them.
extension DocumentStore {
    private static let changesAtOnce = 1000
    /// The most documents that a restore of everything puts back: they are one transaction.
    private static let restoredMax: Int64 = 1_000_000

    /// What going back does to a collection.
    struct Return: Sendable {
        enum Outcome: String, Sendable {
            /// It is there, and some of its documents were put back.
            case changed
            case unchanged
            /// It had been dropped and is there again.
            case restored
            /// It came later and is dropped.
            case removed
        }

        let name: String
        let outcome: Outcome
        /// How many documents have changed since.
        let changed: Int64
    }

    /// Throws where the log does not reach back to a moment.
    func requireHistory(back moment: Int64, _ connection: Connection) throws {
        guard moment <= clock.now() else { throw SampanError.badMember("at", Localized("a moment that has passed", zh: "已过去的时刻")) }
        guard limits.historyDays > 0, try ChangeLog(connection: connection).reaches(back: moment) else {
            throw SampanError(
                "HISTORY_TOO_SHORT", status: 422, Localized("The history does not reach back so far.", zh: "历史记录未保留到该时刻。"),
                remedy: Localized("Choose a later moment; \(limits.historyDays) days are kept.", zh: "请选择更晚的时刻；历史保留 \(limits.historyDays) 天。"))
        }
    }

    /// The collection that had a name at a moment, dropped since or not; where there was none, the one that has it now.
    func collection(_ name: String, at moment: Int64, _ connection: Connection) throws -> Collection {
        if let life = try PastCollections(connection: connection).all(at: moment).first(where: { $0.collection.name == name }) { return life.collection }
        return try collection(name)
    }

    /// Fills a new collection with what another one held: copies its documents and undoes what has changed since, in one transaction.
    func fill(_ target: String, from source: Collection, asOf moment: Int64) async throws -> (documents: Int64, changed: Int64) {
        try await write { [self] connection in
            let copy = try collection(target)
            try requireHistory(back: moment, connection)
            try connection.execute(copy.sql.copy(from: source.number))
            let log = ChangeLog(connection: connection)
            var mutator = mutator(connection, copy)
            mutator.validates = false
            let place = try log.place(upTo: moment)
            var changed: Int64 = 0
            try firstChanges(log, after: place, upTo: log.last(), of: source.number) { row in
                changed += 1
                if let there = try reader(connection, copy).one(row.id, { (seq: $0.int(0), document: try $0.document(2)) }) {
                    try mutator.remove(there.seq, there.document)
                }
                guard let before = row.before else { return }
                try mutator.insert(DocumentMutator.Prepared(before, id: row.id, copy, bytesMax: limits.documentBytesMax), before)
            }
            try connection.flush()
            return (try connection.first(copy.sql.count) { $0.int(0) } ?? 0, changed)
        }
    }

    /// Calls `body` with the first change of each document behind a place.
    private func firstChanges(
        _ log: ChangeLog, after start: Int64, upTo end: Int64, of collection: Int64? = nil, _ body: (ChangeLog.Row) throws -> Void
    ) throws {
        var place = start
        var seen: [Int64: Set<String>] = [:]
        while true {
            let rows = try log.rows(after: place, collection: collection, limit: Self.changesAtOnce)
            for row in rows where row.sequence <= end && seen[row.collection, default: []].insert(row.id).inserted { try body(row) }
            guard let last = rows.last, rows.count == Self.changesAtOnce, last.sequence < end else { return }
            place = last.sequence
        }
    }

    // MARK: Everything

    /// What ``goBack(to:)`` would do.
    func wayBack(to moment: Int64) throws -> [Return] {
        try database.readMoment { connection in
            try requireHistory(back: moment, connection)
            return try wayBack(to: moment, connection).returns
        }
    }

    private func wayBack(to moment: Int64, _ connection: Connection) throws -> (lives: [PastCollections.Life], returns: [Return]) {
        let lives = try PastCollections(connection: connection).all(at: moment)
        let place = try ChangeLog(connection: connection).place(upTo: moment)
        let counts = try connection.all("SELECT collection, count(DISTINCT id) FROM changes WHERE seq > $1 GROUP BY collection", .int(place)) {
            (collection: $0.int(0), count: $0.int(1))
        }
        let changed = Dictionary(uniqueKeysWithValues: counts.map { ($0.collection, $0.count) })
        guard lives.reduce(0, { $0 + (changed[$1.collection.number] ?? 0) }) <= Self.restoredMax else {
            throw SampanError.limitExceeded(
                Localized(
                    "More than \(Self.restoredMax) documents have changed since. Restore collections one by one, or a backup.",
                    zh: "此后变更的文档超过 \(Self.restoredMax) 个。请逐个恢复集合，或恢复备份。"))
        }
        let there = Set(lives.map(\.collection.number))
        let later = catalog.all.filter { !there.contains($0.number) }.map { Return(name: $0.name, outcome: .removed, changed: changed[$0.number] ?? 0) }
        return (
            lives,
            lives.map { life in
                let count = changed[life.collection.number] ?? 0
                return Return(name: life.collection.name, outcome: life.droppedAt != nil ? .restored : count > 0 ? .changed : .unchanged, changed: count)
            } + later
        )
    }

    /// Makes all collections what they were at a moment, in one transaction: all of it happens or nothing.
    ///
    /// What it does is written to the log like every other change, so that it can be undone in the same way.
    func goBack(to moment: Int64) async throws -> [Return] {
        while true {
            do {
                return try await inTurn { [self] connection in
                    let (lives, returns) = try withinQuota(connection) { try goBack(to: moment, $0) }
                    try connection.schemaChanged()
                    try connection.flush()
                    // Last, as with every change of the catalog: what was thrown before has changed nothing.
                    for gone in returns where gone.outcome == .removed { catalog.remove(gone.name) }
                    for life in lives where life.droppedAt != nil { catalog.put(life.collection) }
                    history.bytes = nil
                    return returns
                }
            } catch let held as DocumentHeld {
                try await transactions.waitUntilFree(held.key, now: clock.now())
            } catch {
                throw Self.told(error)
            }
        }
    }

    private func goBack(to moment: Int64, _ connection: Connection) throws -> ([PastCollections.Life], [Return]) {
        try requireHistory(back: moment, connection)
        let log = ChangeLog(connection: connection)
        let (place, end) = (try log.place(upTo: moment), try log.last())
        let (lives, returns) = try wayBack(to: moment, connection)
        let past = PastCollections(connection: connection)
        for gone in returns where gone.outcome == .removed { _ = try past.drop(try collection(gone.name), now: clock.now()) }
        for life in lives where life.droppedAt != nil { try past.bringBack(life.collection, now: clock.now()) }
        let collections = Dictionary(uniqueKeysWithValues: lives.map { ($0.collection.number, $0.collection) })
        // What goes makes room for what comes: two documents may have swapped a value that is unique.
        for isComing in [false, true] {
            try firstChanges(log, after: place, upTo: end) { row in
                guard let collection = collections[row.collection] else { return }
                try putBack(row, collection, isComing: isComing, connection)
            }
        }
        return (lives, returns)
    }

    /// Makes one document what it was before its first change since: first what goes or is replaced, then what comes.
    private func putBack(_ row: ChangeLog.Row, _ collection: Collection, isComing: Bool, _ connection: Connection) throws {
        var mutator = mutator(connection, collection)
        mutator.validates = false
        let there = try reader(connection, collection).one(row.id) { (seq: $0.int(0), document: try $0.document(2)) }
        switch (there, row.before) {
        case (nil, let before?) where isComing:
            try requireFree(collection, row.id)
            try mutator.insert(DocumentMutator.Prepared(before, id: row.id, collection, bytesMax: limits.documentBytesMax), before)
        case (let there?, let before) where !isComing && there.document != before:
            try requireFree(collection, row.id)
            if let before, !collection.indexes.contains(where: \.definition.unique) {
                try mutator.replace(there.seq, old: there.document, new: before, bytesMax: limits.documentBytesMax, as: .replace)
            } else {
                try mutator.remove(there.seq, there.document)
            }
        default: break
        }
    }

    // MARK: Dropped collections

    /// Removes a dropped collection for good; `false` where there is none of this number.
    func removeDropped(_ number: Int64) async throws -> Bool {
        try await turn { [self] connection in
            let past = PastCollections(connection: connection)
            guard let found = try past.dropped().first(where: { $0.collection.number == number }) else { return false }
            try past.remove(found.collection)
            try connection.flush()
            history.bytes = nil
            return true
        }
    }

    /// Removes what was dropped before a moment, a collection a turn.
    func forgetDropped(before moment: Int64) async throws {
        let old = try database.read { try PastCollections(connection: $0).dropped() }.filter { $0.droppedAt < moment }
        for dropped in old { _ = try await removeDropped(dropped.collection.number) }
        try await database.write { try PastCollections(connection: $0).forgetReturns(before: moment) }
    }
}
