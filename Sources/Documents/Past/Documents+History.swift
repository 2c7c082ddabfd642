internal import HTTPSupport
public import Kernel
internal import Storage

/// Going back in time: a collection as it was, beside the one that is there, and all of them in place.
extension Documents {
    /// Makes a new collection that holds what this one held at a moment, with its rules, validator and indexes; one that was dropped as well.
    ///
    /// The log of changes keeps every document as it was before each change, so the past is the present with the first of these in place
    /// of whatever has changed since.
    /// - Parameters:
    ///   - moment: milliseconds since 1970, within the history (14 days unless set otherwise).
    ///   - target: the name of the new collection; `nil` for its own, where that is free.
    /// - Returns: `{"collection","documents","changed"}`: how many it holds, and how many of them differ from today's.
    public func restore(_ name: String, at moment: Int64, as target: String?, _ environment: EnvironmentID) async throws -> JSON {
        let target = target ?? name
        guard DocumentOperation.isCollectionName(target) else {
            throw SampanError.badMember("as", Localized("1 to 64 letters, digits, _, - or .", zh: " 1 到 64 个字母、数字、_、- 或 ."))
        }
        let store = try store(environment)
        let source = try store.database.read { connection in
            let source = try store.collection(name, at: moment, connection)
            try store.requireHistory(back: moment, connection)
            return source
        }
        guard try await store.createCollection(target, source.access, source.validator, now: clock.now()) else {
            throw SampanError(
                "COLLECTION_EXISTS", status: 409, Localized("There is a collection \"\(target)\" already.", zh: "已存在集合 “\(target)”。"),
                remedy: Localized("Choose a name that is free.", zh: "请换一个未使用的名称。"))
        }
        do {
            let counts = try await store.fill(target, from: source, asOf: moment)
            for index in source.indexes where index.isReady {
                try await store.createIndex(index.definition.unmarked, on: target)
            }
            AuditNote.changed("collection \(target)", to: ["restored": .string(name), "at": .date(moment)])
            return ["collection": .string(target), "documents": .int(counts.documents), "changed": .int(counts.changed)]
        } catch {
            // It has never held anything that somebody could want back.
            try await store.dropCollection(target, if: .none, keepsPast: false)
            throw error
        }
    }

    /// Makes all collections what they were at a moment: all or nothing, and undone in the same way.
    ///
    /// Those that came later are dropped, those that were dropped since come back. Permissions, rules, validators and indexes stay as they are.
    /// - Parameter preview: whether it is only told what would be done.
    /// - Returns: `{"at","collections":[{"name","outcome":"changed|unchanged|restored|removed","changed"}]}`
    public func restoreAll(at moment: Int64, preview: Bool, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let returns = preview ? try await offEventLoop { try store.wayBack(to: moment) } : try await store.goBack(to: moment)
        if !preview {
            for gone in returns where gone.outcome == .removed { store.watches.end(collection: gone.name, because: .noCollection(gone.name)) }
            AuditNote.changed("documents of \(environment)", to: ["restoredTo": .date(moment)])
        }
        let collections = returns.sorted { $0.name < $1.name }.map { one -> JSON in
            ["name": .string(one.name), "outcome": .string(one.outcome.rawValue), "changed": .int(one.changed)]
        }
        return ["at": .int(moment), "collections": .array(collections)]
    }

    /// The collections that were dropped and can be restored, the last one first.
    /// - Returns: `[{"number","name","documents","permission","createdAt","droppedAt","restorableUntil"}]`
    public func droppedCollections(_ environment: EnvironmentID) throws -> [JSON] {
        let store = try store(environment)
        return try store.read { connection in
            try PastCollections(connection: connection).dropped().map { dropped in
                [
                    "number": .int(dropped.collection.number), "name": .string(dropped.collection.name),
                    "documents": .int(try store.count(dropped.collection, connection)),
                    "permission": .string(dropped.collection.access.permission.rawValue), "createdAt": .int(dropped.createdAt),
                    "droppedAt": .int(dropped.droppedAt), "restorableUntil": .int(dropped.droppedAt + Int64(limits.historyDays) * 86_400_000),
                ]
            }
        }
    }

    /// Removes a dropped collection for good, before its time.
    public func removeDropped(_ number: Int64, _ environment: EnvironmentID) async throws {
        guard try await store(environment).removeDropped(number) else { throw SampanError.noCollection(String(number)) }
        AuditNote.changed("dropped collection \(number)")
    }
}
