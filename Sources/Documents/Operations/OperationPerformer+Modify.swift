internal import HTTPSupport
internal import Kernel
internal import NIOCore
internal import Storage

/// Changes of what a condition finds, with everything that can be asked of them.
extension OperationPerformer {
    /// The work of one modification, in the writer's turn.
    func modify(_ modification: DocumentModification, of name: String) -> Work {
        { connection in
            let current = try store.collection(name)
            let access = access(to: current, for: modification.action, connection)
            try access.requireAny()
            var filter = try access.restricted(modification.filter)
            let reading = self.access(to: current, for: .read, connection)
            if modification.tellsDocument { filter = try reading.restricted(filter) }
            let found = try store.reader(connection, current).modified(filter, modification)
            try access.check()
            try reading.check()
            var count = 0
            var last: JSONObject?
            for (seq, old) in found {
                try store.requireFree(current, old.storedID)
                let new = try changed(old, modification.change, filter)
                if try apply(new, to: seq, old, access, connection, as: modification.kind) { count += 1 }
                last = new
            }
            guard found.isEmpty, modification.upsert else {
                // A change can take a document out of its writer's sight.
                if case .after = modification.answer, let new = last, try !reading.reaches(owner: new["_openid"]?.stringValue ?? "", { new }) { last = nil }
                return try modification.answered(matched: found.count, changed: count, before: found.last?.document, after: last)
            }
            return try insert(modification, filter, current, connection)
        }
    }

    private func changed(_ old: JSONObject, _ change: DocumentModification.Change, _ filter: Filter) throws -> JSONObject? {
        switch change {
        case .update(let update): return try changed(old, by: update, matching: filter)
        case .replace(let document):
            var new = try stamped(document, id: old.storedID).document
            new["_id"] = old["_id"]
            return new
        case .remove: return nil
        }
    }

    /// Nothing was found: the document that the condition and the change make.
    private func insert(
        _ modification: DocumentModification, _ filter: Filter, _ collection: Collection, _ connection: Connection
    ) throws -> [UInt8] {
        var document: JSONObject
        switch modification.change {
        case .update(let update): document = try update.inserted(for: modification.filter, now: clock.now())
        case .replace(let replacement):
            document = replacement
            if let id = try modification.filter.seed()["_id"] { document["_id"] = id }
        case .remove: preconditionFailure("a removal inserts nothing")
        }
        if let id = modification.id { document["_id"] = id }
        let id = try DocumentOperation.id(of: document, now: clock.now())
        try store.requireFree(collection, id)
        let stamped = try stamped(document, id: id).document
        let access = access(to: collection, for: .create, connection)
        try access.requireAny()
        try access.requireWrite(nil, stamped)
        try store.mutator(connection, collection).insert(DocumentMutator.Prepared(stamped, id: id, collection, bytesMax: documentBytesMax), stamped)
        return try modification.answered(matched: 0, changed: 0, before: nil, after: stamped, upserted: stamped["_id"])
    }

    // MARK: Many at once

    /// Performs operations one after the other until one fails, or all of them beside each other.
    func bulk(_ operations: [BulkItem], ordered: Bool) async throws -> ByteBuffer {
        var results: [JSON?] = Array(repeating: nil, count: operations.count)
        if ordered {
            for (place, item) in operations.enumerated() {
                let result = await perform(item)
                results[place] = result
                if result["error"] != nil { break }
            }
        } else {
            try await withThrowingTaskGroup(of: (Int, JSON).self) { group in
                for (place, item) in operations.enumerated() { group.addTask { (place, await perform(item)) } }
                for try await (place, result) in group { results[place] = result }
            }
        }
        return answer(BulkItem.summary(results.compactMap(\.self)))
    }

    private func perform(_ item: BulkItem) async -> JSON {
        do {
            return try JSON(try await write(item.operation.get(), scope: nil, once: nil))
        } catch {
            return ["error": .object(SampanError(reporting: error).problem(requestID: context.requestID, language: context.language))]
        }
    }

    /// The different values of a field, in order.
    func distinct(_ path: FieldPath, _ filter: Filter, _ collection: Collection) throws -> ByteBuffer {
        var values: Set<JSON> = []
        try readable(collection, filter) { connection, filter in
            let reader = observing(connection, collection)
            let plan = plan(filter: filter, sort: nil, indexes: collection.readable)
            try reader.visit(filter, plan, fields: [path.root]) { document in
                for case .value(let value) in path.sortValues(in: document) where path.isThere(in: document) { values.insert(value) }
                guard values.count <= limits.distinctValuesMax else {
                    throw SampanError.limitExceeded(
                        Localized("There are more than \(limits.distinctValuesMax) different values.", zh: "不同的值超过 \(limits.distinctValuesMax) 个。"))
                }
                return true
            }
        }
        return answer(["values": .array(values.sorted { ValueOrder.compare($0, $1) == .ascending })])
    }
}

/// One operation of a bulk write, or why it cannot be read.
struct BulkItem: Sendable {
    let operation: Result<DocumentOperation, any Error>

    /// The answer: `{"results":[…],"inserted","matched","updated","removed","upserted"}`.
    fileprivate static func summary(_ results: [JSON]) -> JSON {
        var sums: [String: Int64] = ["inserted": 0, "matched": 0, "updated": 0, "removed": 0, "upserted": 0]
        for result in results {
            sums["inserted", default: 0] += result["id"] != nil && result["created"] == nil ? 1 : Int64(result["ids"]?.arrayValue?.count ?? 0)
            sums["inserted", default: 0] += result["created"]?.intValue ?? 0
            for name in ["matched", "updated", "removed"] { sums[name, default: 0] += result[name]?.intValue ?? 0 }
            if result["upsertedId"] != nil { sums["upserted", default: 0] += 1 }
        }
        var json: JSONObject = ["results": .array(results)]
        for name in ["inserted", "matched", "updated", "removed", "upserted"] { json[name] = .int(sums[name] ?? 0) }
        return .object(json)
    }
}

extension FieldPath {
    /// Whether the field is there at all, on whichever way.
    fileprivate func isThere(in document: JSONObject) -> Bool { anyValue(in: document, expandsLastArray: false) { $0 != nil } }
}

extension DocumentReader {
    /// The rows that a modification works on.
    fileprivate func modified(_ filter: Filter, _ modification: DocumentModification) throws -> [(seq: Int64, document: JSONObject)] {
        guard let sort = modification.sort, !modification.multi else { return try rows(filter, max: modification.multi ? nil : 1) }
        guard let first = try found(filter, sort: sort, limit: 1).first else { return [] }
        return try one(first.storedID) { [(seq: $0.int(0), document: try $0.document(2))] } ?? []
    }
}

extension DocumentModification {
    fileprivate var kind: DocumentChange.Kind { if case .replace = change { .replace } else { .update } }

    fileprivate func answered(matched: Int, changed: Int, before: JSONObject?, after: JSONObject?, upserted: JSON? = nil) throws -> [UInt8] {
        switch answer {
        case .removed: return (["removed": .int(Int64(changed))] as JSON).serialized()
        case .counts:
            var counts: JSONObject = ["matched": .int(Int64(matched)), "updated": .int(Int64(changed))]
            counts["upsertedId"] = upserted
            return JSON.object(counts).serialized()
        case .before(let projection): return try Self.data(before, projection)
        case .after(let projection): return try Self.data(after, projection)
        }
    }

    private static func data(_ document: JSONObject?, _ projection: Projection?) throws -> [UInt8] {
        let shown = try document.map { document in JSON.object(try projection?.apply(document) ?? document) }
        return (["data": shown ?? .null] as JSON).serialized()
    }
}
