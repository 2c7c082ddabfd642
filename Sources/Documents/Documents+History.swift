internal import HTTPSupport
public import Kernel
internal import Storage

/// Going back in time: a collection as it was, beside the one that is there.
extension Documents {
    /// Makes a new collection that holds what this one held at a moment, with its rules and indexes.
    ///
    /// The log of changes keeps every document as it was before each change, so the past is the present with the first of these in place
    /// of whatever has changed since.
    /// - Parameters:
    ///   - moment: milliseconds since 1970, within the history (14 days unless set otherwise).
    ///   - target: the name of the new collection.
    /// - Returns: `{"collection","documents","changed"}`: how many it holds, and how many of them differ from today's.
    public func restore(_ name: String, at moment: Int64, as target: String, _ environment: EnvironmentID) async throws -> JSON {
        guard DocumentOperation.isCollectionName(target) else {
            throw SampanError.badMember("as", Localized("1 to 64 letters, digits, _, - or .", zh: " 1 到 64 个字母、数字、_、- 或 ."))
        }
        let store = try store(environment)
        let source = try store.collection(name)
        guard moment <= clock.now() else { throw SampanError.badMember("at", Localized("a moment that has passed", zh: "已过去的时刻")) }
        try store.database.read { try store.requireHistory(back: moment, $0) }
        guard try await store.createCollection(target, source.access, source.validator, now: clock.now()) else {
            throw SampanError(
                "COLLECTION_EXISTS", status: 409, Localized("There is a collection \"\(target)\" already.", zh: "已存在集合 “\(target)”。"),
                remedy: Localized("Choose a name that is free.", zh: "请换一个未使用的名称。"))
        }
        do {
            let counts = try await store.fill(target, from: name, asOf: moment)
            for index in source.indexes where index.isReady {
                var definition = index.definition
                definition.isMultikey = false
                try await store.createIndex(definition, on: target)
            }
            AuditNote.changed("collection \(target)", to: ["restored": .string(name), "at": .date(moment)])
            return ["collection": .string(target), "documents": .int(counts.documents), "changed": .int(counts.changed)]
        } catch {
            try await store.dropCollection(target, if: .none)
            throw error
        }
    }
}

extension DocumentStore {
    private static let changesAtOnce = 1000

    /// Throws where the log does not reach back to a moment.
    func requireHistory(back moment: Int64, _ connection: Connection) throws {
        guard limits.historyDays > 0, try ChangeLog(connection: connection).reaches(back: moment) else {
            throw SampanError(
                "HISTORY_TOO_SHORT", status: 422, Localized("The history does not reach back so far.", zh: "历史记录未保留到该时刻。"),
                remedy: Localized("Choose a later moment; \(limits.historyDays) days are kept.", zh: "请选择更晚的时刻；历史保留 \(limits.historyDays) 天。"))
        }
    }

    /// Copies the documents as they are, and then undoes what has changed since, in one transaction: the past of one moment.
    fileprivate func fill(_ target: String, from name: String, asOf moment: Int64) async throws -> (documents: Int64, changed: Int64) {
        try await write { [self] connection in
            let source = try collection(name)
            let copy = try collection(target)
            try requireHistory(back: moment, connection)
            try connection.execute(copy.sql.copy(from: source.number))
            let log = ChangeLog(connection: connection)
            var mutator = mutator(connection, copy)
            mutator.validates = false
            var place = try log.place(upTo: moment)
            var seen: Set<String> = []
            while true {
                let rows = try log.rows(after: place, collection: source.number, limit: Self.changesAtOnce)
                for row in rows where seen.insert(row.id).inserted {
                    if let there = try reader(connection, copy).one(row.id, { (seq: $0.int(0), document: try $0.document(2)) }) {
                        try mutator.remove(there.seq, there.document)
                    }
                    guard let before = row.before else { continue }
                    try mutator.insert(DocumentMutator.Prepared(before, id: row.id, copy, bytesMax: limits.documentBytesMax), before)
                }
                guard let last = rows.last, rows.count == Self.changesAtOnce else { break }
                place = last.sequence
            }
            try connection.flush()
            return (try connection.first(copy.sql.count) { $0.int(0) } ?? 0, Int64(seen.count))
        }
    }
}
