internal import HTTPSupport
internal import Kernel

/// A change of the documents that a condition finds: `update` with its options, `replace`, and the `findOneAnd…` operations.
struct DocumentModification: Sendable {
    /// What becomes of a document that was found.
    enum Change: Sendable {
        case update(Update)
        case replace(JSONObject)
        case remove
    }

    /// What is answered.
    enum Answer: Sendable {
        /// How many were found and changed.
        case counts
        /// How many were removed.
        case removed
        /// The document before the change.
        case before(Projection?)
        /// The document after it.
        case after(Projection?)
    }

    let filter: Filter
    let sort: SortOrder?
    let multi: Bool
    let change: Change
    let upsert: Bool
    let answer: Answer
    /// The number or text that an upsert by id takes; it keeps the kind that was given.
    let id: JSON?

    /// Whether a document is answered, which the caller then has to be allowed to read.
    var tellsDocument: Bool {
        switch answer {
        case .counts, .removed: false
        case .before, .after: true
        }
    }

    /// What it does to documents, as rules name it.
    var action: RuleSet.Action { if case .remove = change { .delete } else { .update } }
}

extension DocumentOperation.Reader {
    /// The operations of this kind; `nil` for others.
    func modification(_ op: String) throws -> DocumentModification? {
        switch op {
        case "update":
            guard request["upsert"] != nil || request["arrayFilters"] != nil || request["update"]?.arrayValue != nil else { return nil }
            return try modification(.update(update()), multi: try request.optionalBool("multi") ?? true, answer: .counts)
        case "replace": return try modification(.replace(document(request["data"])), answer: .counts)
        case "findOneAndUpdate": return try modification(.update(update()), answer: answer())
        case "findOneAndReplace": return try modification(.replace(document(request["data"])), answer: answer())
        case "findOneAndDelete": return try modification(.remove, answer: .before(projection()))
        default: return nil
        }
    }

    func update() throws -> Update {
        try Update(request["update"] ?? .null, arrayFilters: request["arrayFilters"].flatMap { $0.isNull ? nil : resolvingServerDates($0, now: now) })
    }

    private func modification(_ change: DocumentModification.Change, multi: Bool = false, answer: DocumentModification.Answer) throws -> DocumentModification {
        let id = request["id"].flatMap { $0.isNull ? nil : $0 }
        if let id { _ = try Self.checkedID(id) }
        guard id != nil || request["where"] != nil else {
            throw SampanError.badMember("where", Localized("an id or a condition", zh: " id 或查询条件"))
        }
        return DocumentModification(
            filter: try id.map { try Filter(["_id": $0]) } ?? filter(), sort: try order(), multi: multi && id == nil, change: change,
            upsert: try request.optionalBool("upsert") ?? false, answer: answer, id: id)
    }

    private func answer() throws -> DocumentModification.Answer {
        switch try request.optionalText("return") ?? "before" {
        case "before": return .before(try projection())
        case "after": return .after(try projection())
        default: throw SampanError.badMember("return", Localized("before or after", zh: " before 或 after"))
        }
    }
}
