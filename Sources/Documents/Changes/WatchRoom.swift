internal import Dispatch
internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Storage

/// Who receives what a watched query has to tell.
protocol WatchPeer: AnyObject, Sendable {
    /// Sends a text in order; never waits.
    func send(_ text: ByteBuffer)
}

/// The watched queries of one environment.
///
/// Watchers of the same query with the same rights share one ``WatchedQuery``: it is worked out, and written as JSON, once.
/// Sendable by discipline: everything but the queue is touched on the queue only, which also keeps what a watcher is told in order.
final class WatchRoom: @unchecked Sendable {
    /// One watcher of a query.
    struct Member {
        let peer: any WatchPeer
        /// The name by which the peer knows the watch.
        let watch: String
        /// Called when an error ends the watch.
        var ended: @Sendable () -> Void = {}

        func fail(_ error: any Error, _ language: Language) {
            ended()
            peer.send(WatchMessage.failure(watch, error, language))
        }
    }

    private final class Group {
        let request: WatchRequest
        let access: @Sendable (Collection) -> DocumentGuard
        var watched: WatchedQuery
        /// The collection when the watch began.
        let number: Int64
        /// The last change that the documents include.
        var sequence: Int64
        var members: [ObjectIdentifier: [Member]] = [:]

        init(
            _ request: WatchRequest, access: @escaping @Sendable (Collection) -> DocumentGuard, watched: WatchedQuery, number: Int64, sequence: Int64
        ) {
            self.request = request
            self.access = access
            self.watched = watched
            self.number = number
            self.sequence = sequence
        }

        var place: WatchPlace { WatchPlace(collection: number, sequence: sequence) }
    }

    private let queue = DispatchQueue(label: "sampan.watch")
    private let database: Database
    private let catalog: Catalog
    private let hub: ChangeHub
    private let limits: Limits
    private let clock: WallClock
    private var groups: [String: Group] = [:]
    private var stopListening: (@Sendable () -> Void)?
    /// The last change that was looked at, where other nodes write too.
    private var looked: Int64 = 0
    private static let lookInterval = DispatchTimeInterval.milliseconds(250)

    init(_ database: Database, _ catalog: Catalog, _ hub: ChangeHub, limits: Limits, clock: WallClock) {
        self.database = database
        self.catalog = catalog
        self.hub = hub
        self.limits = limits
        self.clock = clock
    }

    private func collection(_ name: String) throws -> Collection {
        guard let collection = catalog[name] else { throw SampanError.noCollection(name) }
        return collection
    }

    // MARK: Coming and going

    /// Begins a watch: the peer is told the result, or what changed since it was told the last time, and then every change.
    func watch(_ request: WatchRequest, _ caller: Caller, _ member: Member) {
        queue.async { [self] in
            do {
                try begin(request, caller, member)
            } catch {
                member.fail(error, request.language)
            }
        }
    }

    /// Ends one watch of a peer, or all of them.
    func unwatch(_ peer: any WatchPeer, _ watch: String? = nil) {
        queue.async { [self] in
            for (key, group) in groups {
                let left = watch.map { name in group.members[ObjectIdentifier(peer)]?.filter { $0.watch != name } ?? [] } ?? []
                group.members[ObjectIdentifier(peer)] = left.isEmpty ? nil : left
                if group.members.isEmpty { groups[key] = nil }
            }
            if groups.isEmpty { stop() }
        }
    }

    /// Ends the watches of a collection whose rules have changed, or that is gone; their peers begin them again, or learn why not.
    func end(collection: String?, because error: SampanError) {
        queue.async { [self] in
            for (key, group) in groups where collection == nil || group.request.collection == collection {
                for member in group.members.values.joined() { member.fail(error, group.request.language) }
                groups[key] = nil
            }
            if groups.isEmpty { stop() }
        }
    }

    /// Ends the watches of a collection that is gone, is another one now, or lets others read.
    func follow(_ before: Collection, to now: Collection?) {
        guard let now else { return end(collection: before.name, because: .noCollection(before.name)) }
        if now.number != before.number {
            end(collection: now.name, because: .collectionReplaced)
        } else if now.access.json != before.access.json {
            end(collection: now.name, because: .accessChanged)
        }
    }

    private func begin(_ request: WatchRequest, _ caller: Caller, _ member: Member) throws {
        try listen()
        let collection = try collection(request.collection)
        let key = request.key(collection.access.reach(.read, caller), caller)
        let group = try groups[key] ?? made(request, caller, collection)
        // What waits in the queue behind this comes later, to this member as to the others.
        if let since = request.resume, let events = try missed(since, group, collection) {
            member.peer.send(WatchMessage.next(member.watch, WatchMessage.tail(events, group.watched.order, group.place)))
        } else {
            member.peer.send(WatchMessage.initial(member.watch, group.watched, group.place))
        }
        group.members[ObjectIdentifier(member.peer), default: []].append(member)
        groups[key] = group
    }

    private func made(_ request: WatchRequest, _ caller: Caller, _ collection: Collection) throws -> Group {
        let access: @Sendable (Collection) -> DocumentGuard = { [database, catalog, limits, clock] collection in
            DocumentGuard(collection, for: .read, caller, now: clock.now()) { name, id in
                guard let other = catalog[name] else { return nil }
                return try database.read { try DocumentReader(connection: $0, collection: other, limits: limits).one(id) { try $0.document(2) } }
            }
        }
        let (documents, sequence) = try read(request, access(collection), collection)
        return Group(
            request, access: access, watched: WatchedQuery(WatchedQuery.Query(filter: request.filter, sort: request.sort, limit: request.limit), documents),
            number: collection.number, sequence: sequence)
    }

    private func read(_ request: WatchRequest, _ access: DocumentGuard, _ collection: Collection) throws -> (documents: [JSONObject], sequence: Int64) {
        try database.readMoment { connection in
            let sequence = try limits.historyDays > 0 ? ChangeLog(connection: connection).last() : 0
            let most = request.limit ?? limits.watchedDocumentsMax + 1
            let documents = try DocumentReader(connection: connection, collection: collection, limits: limits).found(
                access.restricted(request.filter), sort: request.sort, limit: most)
            try access.check()
            guard documents.count <= limits.watchedDocumentsMax else { throw SampanError.tooManyWatched(limits.watchedDocumentsMax) }
            return (documents, sequence)
        }
    }

    /// What has changed since a peer was told the last time; `nil` where that is not known any more, or too much.
    private func missed(_ place: WatchPlace, _ group: Group, _ collection: Collection) throws -> [WatchedQuery.Event]? {
        let since = place.sequence
        guard limits.historyDays > 0, group.request.limit == nil, place.collection == group.number, since <= group.sequence else { return nil }
        let rows = try database.read { connection -> [ChangeLog.Row]? in
            let log = ChangeLog(connection: connection)
            guard try since == group.sequence || log.oldest() <= since + 1 else { return nil }
            return try log.rows(after: since, collection: collection.number)
        }
        guard let rows, rows.count < ChangeLog.readMax else { return nil }
        let filter = try group.access(collection).restricted(group.request.filter)
        var first: [String: JSONObject?] = [:]
        for row in rows where row.sequence <= group.sequence && first[row.id] == nil { first[row.id] = .some(row.before) }
        return first.sorted { $0.key < $1.key }.compactMap { id, before in
            WatchedQuery.Event(id: id, was: before.flatMap { filter.matches($0) ? $0 : nil }, now: group.watched.documents[id])
        }
    }

    // MARK: Changes

    private func listen() throws {
        guard stopListening == nil else { return }
        guard database.isShared else {
            stopListening = hub.listen { [weak self] changes in
                guard let self else { return }
                queue.async { self.take(changes) }
            }
            return
        }
        // Other nodes write too: the log has everybody's changes in one order, this node's own commits only say when to look.
        looked = try database.read { try ChangeLog(connection: $0).last() }
        let stop = hub.listen { [weak self] _ in
            guard let self else { return }
            queue.async { self.look() }
        }
        stopListening = stop
        lookAgain()
    }

    private func stop() {
        stopListening?()
        stopListening = nil
    }

    private func lookAgain() {
        queue.asyncAfter(deadline: .now() + Self.lookInterval) { [weak self] in
            guard let self, stopListening != nil else { return }
            look()
            lookAgain()
        }
    }

    /// Takes what the log has behind the last look.
    private func look() {
        let names = Dictionary(uniqueKeysWithValues: catalog.all.map { ($0.number, $0) })
        do {
            let changes = try database.read { connection in
                try ChangeLog(connection: connection).rows(after: looked).compactMap { row -> DocumentChange? in
                    looked = row.sequence
                    guard let collection = names[row.collection], groups.values.contains(where: { $0.request.collection == collection.name }) else {
                        return nil
                    }
                    let reader = DocumentReader(connection: connection, collection: collection, limits: limits)
                    let after = try row.after ?? (row.kind == .remove ? nil : reader.one(row.id) { try $0.document(2) })
                    return DocumentChange(
                        sequence: row.sequence, at: row.at, collection: collection.name, id: row.id, kind: row.kind, before: row.before, after: after)
                }
            }
            if !changes.isEmpty { take(changes) }
        } catch {
            // Away for a moment: the next look goes on from the same place.
            let told = SampanError(reporting: DocumentStore.told(error))
            guard told.status < 500 || told.code == "INTERNAL_ERROR" else { return }
            for group in groups.values {
                for member in group.members.values.joined() { member.fail(told, group.request.language) }
            }
            groups = [:]
            stop()
        }
    }

    private func take(_ changes: [DocumentChange]) {
        let byCollection = Dictionary(grouping: changes, by: \.collection)
        for (key, group) in groups {
            guard let here = byCollection[group.request.collection]?.filter({ $0.sequence == 0 || $0.sequence > group.sequence }), let last = here.last else {
                continue
            }
            do {
                let events = try events(here, group)
                group.sequence = max(group.sequence, last.sequence)
                guard !events.isEmpty else { continue }
                let tail = WatchMessage.tail(events, group.request.sort == nil ? nil : group.watched.order, group.place)
                for member in group.members.values.joined() { member.peer.send(WatchMessage.next(member.watch, tail)) }
            } catch {
                for member in group.members.values.joined() { member.fail(error, group.request.language) }
                groups[key] = nil
            }
        }
    }

    private func events(_ changes: [DocumentChange], _ group: Group) throws -> [WatchedQuery.Event] {
        let collection = try collection(group.request.collection)
        let access = group.access(collection)
        let filter = try access.restricted(group.request.filter)
        switch group.watched.apply(changes, filter) {
        case .nothing: return []
        case .told(let events):
            try access.check()
            guard group.watched.documents.count <= limits.watchedDocumentsMax else { throw SampanError.tooManyWatched(limits.watchedDocumentsMax) }
            return events
        case .needsReading:
            let (documents, sequence) = try read(group.request, group.access(collection), collection)
            group.sequence = max(group.sequence, sequence)
            return group.watched.replace(with: documents)
        }
    }
}

extension SampanError {
    static let environmentGone = SampanError.notFound(
        "ENVIRONMENT_NOT_FOUND", Localized("The environment is gone.", zh: "环境已不存在。"),
        remedy: Localized("Nothing more will come.", zh: "不会再有更新。"))

    static func tooManyWatched(_ limit: Int) -> SampanError {
        limitExceeded(Localized("A watched query may have at most \(limit) documents.", zh: "监听的查询结果至多 \(limit) 个文档。"))
    }

    static let collectionReplaced = SampanError(
        "WATCH_ENDED", status: 409, Localized("The collection has been replaced, as by a backup.", zh: "集合已被替换（例如从备份恢复）。"),
        remedy: Localized("Watch again.", zh: "请重新监听。"))

    static let accessChanged = SampanError(
        "WATCH_ENDED", status: 409, Localized("What clients may do in the collection has changed.", zh: "集合的访问权限已变更。"),
        remedy: Localized("Watch again.", zh: "请重新监听。"))
}
