internal import Kernel

/// The result of a query that is kept up to date: a pure value that takes what was committed and says what its watchers are told.
///
/// With a limit, the documents are the first so many in order; one that leaves them may let another in that only the database
/// knows, so the value then asks for its documents to be read again.
struct WatchedQuery {
    /// What is watched.
    struct Query: Sendable {
        let filter: Filter
        let sort: SortOrder?
        let limit: Int?
    }

    /// What a watcher is told of one document, with WeChat's words.
    struct Event: Sendable, Equatable {
        enum Queue: String, Sendable { case enqueue, dequeue, update }
        enum Data: String, Sendable { case add, update, replace, remove, limit }

        let queue: Queue
        let data: Data
        let id: String
        /// The document, as it is now, or as it was last in the result.
        let document: JSONObject
        var updatedFields: JSONObject?
        var removedFields: [String]?
    }

    enum Outcome {
        case nothing
        case told([Event])
        /// The documents have to be read again, then ``replace(with:)``.
        case needsReading
    }

    let query: Query
    /// Those that are in the result, by what they are found by.
    private(set) var documents: [String: JSONObject] = [:]

    init(_ query: Query, _ documents: [JSONObject]) {
        self.query = query
        for document in documents { self.documents[document.storedID] = document }
    }

    /// The ids in the order of the result.
    var order: [String] {
        guard let sort = query.sort else { return documents.keys.sorted { $0.bytePrecedence(to: $1) == .ascending } }
        return sort.sorted(Array(documents.values)).map(\.storedID)
    }

    /// Takes what was committed in the collection.
    /// - Parameter filter: the query's with what the watcher may see now; the query's own where nothing is hidden.
    mutating func apply(_ changes: [DocumentChange], _ filter: Filter) -> Outcome {
        var events: [Event] = []
        for change in changes {
            let fits = change.after.map { filter.matches($0) } ?? false
            let was = documents[change.id]
            if query.limit != nil, fits || was != nil {
                // In the window or about to be: what else that moves is the database's to say.
                guard fits, let was, let after = change.after, staysInPlace(was, after) else { return .needsReading }
            }
            if let event = take(change, fits: fits, was: was) { events.append(event) }
        }
        return events.isEmpty ? .nothing : .told(events)
    }

    /// Whether a change leaves the document where it is in the order.
    private func staysInPlace(_ old: JSONObject, _ new: JSONObject) -> Bool {
        guard let sort = query.sort else { return true }
        return sort.keys.allSatisfy { $0.path.sortValues(in: old) == $0.path.sortValues(in: new) }
    }

    private mutating func take(_ change: DocumentChange, fits: Bool, was: JSONObject?) -> Event? {
        switch (was, fits ? change.after : nil) {
        case (nil, nil): return nil
        case (nil, let now?):
            documents[change.id] = now
            return Event(queue: .enqueue, data: change.kind == .insert ? .add : change.kind == .replace ? .replace : .update, id: change.id, document: now)
        case (let was?, nil):
            documents[change.id] = nil
            let data: Event.Data = change.kind == .remove ? .remove : change.kind == .replace ? .replace : .update
            // As it was last: what has become of it may be nothing that the watcher may read.
            return Event(queue: .dequeue, data: data, id: change.id, document: was)
        case (let was?, let now?):
            if was == now { return nil }
            documents[change.id] = now
            var event = Event(queue: .update, data: change.kind == .replace ? .replace : .update, id: change.id, document: now)
            if change.kind == .update { (event.updatedFields, event.removedFields) = Self.difference(was, now) }
            return event
        }
    }

    /// Puts what was read anew in place of the documents.
    mutating func replace(with found: [JSONObject]) -> [Event] {
        var events: [Event] = []
        var now: [String: JSONObject] = [:]
        for document in found { now[document.storedID] = document }
        for (id, document) in documents where now[id] == nil { events.append(Event(queue: .dequeue, data: .limit, id: id, document: document)) }
        for document in found {
            let id = document.storedID
            guard let was = documents[id] else {
                events.append(Event(queue: .enqueue, data: .limit, id: id, document: document))
                continue
            }
            if was == document { continue }
            var event = Event(queue: .update, data: .update, id: id, document: document)
            (event.updatedFields, event.removedFields) = Self.difference(was, document)
            events.append(event)
        }
        documents = now
        return events
    }

    private static func difference(_ old: JSONObject, _ new: JSONObject) -> (updated: JSONObject, removed: [String]) {
        var updated = JSONObject()
        for (key, value) in new where old[key] != value { updated[key] = value }
        return (updated, old.map(\.key).filter { new[$0] == nil })
    }
}

extension WatchedQuery.Event {
    /// What became of a document between two moments; `nil` when nothing did.
    init?(id: String, was: JSONObject?, now: JSONObject?) {
        switch (was, now) {
        case (nil, nil): return nil
        case (nil, let now?): self.init(queue: .enqueue, data: .add, id: id, document: now)
        case (let was?, nil): self.init(queue: .dequeue, data: .remove, id: id, document: was)
        case (let was?, let now?):
            if was == now { return nil }
            self.init(queue: .update, data: .update, id: id, document: now)
        }
    }

    /// As it travels.
    var json: JSON {
        var json: JSONObject = [
            "queueType": .string(queue.rawValue), "dataType": .string(data.rawValue), "docId": document["_id"] ?? .string(id), "doc": .object(document),
        ]
        if let updatedFields { json["updatedFields"] = .object(updatedFields) }
        if let removedFields { json["removedFields"] = .array(removedFields.map { .string($0) }) }
        return .object(json)
    }
}
