internal import Coupons
internal import Documents
internal import Functions
internal import Kernel

/// Lets functions follow what happens to documents and coupons.
struct EnvironmentChangeFeed: ChangeFeed {
    let documents: Documents
    let coupons: Coupons

    func changes(
        of source: ChangeSource, after place: Int64, limit: Int, in environment: EnvironmentID
    ) throws -> (changes: [TriggeringChange], upTo: Int64) {
        switch source {
        case .documents(let collection):
            let found = try documents.changes(of: collection, after: place, limit: limit, environment)
            return (found.changes.map(Self.triggering), found.upTo)
        case .coupons(let batch):
            let entries = try coupons.settledEntries(of: batch, after: place, limit: limit, environment)
            return (entries.map(Self.triggering), entries.last?["number"]?.intValue ?? place)
        }
    }

    func lastPlace(of source: ChangeSource, in environment: EnvironmentID) throws -> Int64 {
        switch source {
        case .documents: try documents.lastChange(environment)
        case .coupons: try coupons.lastEntry(environment)
        }
    }

    func keepImages(of collections: Set<String>, in environment: EnvironmentID) { documents.observe(collections, environment) }

    func listen(in environment: EnvironmentID, _ body: @escaping @Sendable () -> Void) throws -> @Sendable () -> Void {
        try documents.listen(environment, body)
    }

    /// A step as the ledger has it.
    private static func triggering(_ entry: JSON) -> TriggeringChange {
        let step = entry["step"]?.stringValue ?? ""
        var event: JSONObject = ["type": "coupon", "_id": .string(entry["number"]?.text ?? ""), "wallTime": .date(entry["at"]?.intValue ?? 0)]
        for (name, value) in entry.objectValue ?? [:] where name != "number" && name != "at" { event[name] = value }
        return TriggeringChange(
            sequence: entry["number"]?.intValue ?? 0, operation: step, subject: entry["coupon"]?.stringValue ?? entry["batch"]?.stringValue ?? "", event: event)
    }

    /// The form of MongoDB's change streams.
    private static func triggering(_ change: DocumentChange) -> TriggeringChange {
        let operation =
            switch change.kind {
            case .insert: "insert"
            case .update: "update"
            case .replace: "replace"
            case .remove: "delete"
            }
        let id = (change.after ?? change.before)?["_id"] ?? .string(change.id)
        var event: JSONObject = [
            "type": "database", "operationType": .string(operation), "ns": ["coll": .string(change.collection)], "documentKey": ["_id": id],
            "wallTime": .date(change.at), "_id": .string(String(change.sequence)),
        ]
        if let after = change.after { event["fullDocument"] = .object(after) }
        if let before = change.before { event["fullDocumentBeforeChange"] = .object(before) }
        if change.kind == .update, let before = change.before, let after = change.after {
            event["updateDescription"] = change.updateDescription(from: before, to: after)
        }
        return TriggeringChange(
            sequence: change.sequence, operation: operation == "replace" ? "update" : operation, subject: change.id, event: event)
    }
}

extension DocumentChange {
    /// The fields that an update has changed.
    fileprivate func updateDescription(from before: JSONObject, to after: JSONObject) -> JSON {
        var updated = JSONObject()
        for (key, value) in after where before[key] != value { updated[key] = value }
        let removed = before.map(\.key).filter { after[$0] == nil }
        return ["updatedFields": .object(updated), "removedFields": .array(removed.map { .string($0) })]
    }
}
