internal import Documents
internal import HTTPSupport
internal import HTTPTypes
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/database/{name}/document`: one document, or a new one, as JSON.
struct DocumentPage: Sendable {
    let tenancy: Tenancy
    let documents: Documents

    var pages: [ConsolePage] {
        [
            .show(":name/document", needs: .documentsRead, show),
            .act(":name/document", needs: .documentsWrite, back: collectionPath, save),
            .act(":name/document/delete", needs: .documentsWrite, asks: "confirmDeleteDocument", back: collectionPath, delete),
        ]
    }

    /// The address of one document: its id as JSON, because the number 1 and the text "1" are two ids.
    static func path(_ collection: String, id: JSON) -> String { Address.with("\(collection)/document", [("id", id.text)]) }

    @Sendable private func collectionPath(_ visit: Visit) throws -> String {
        Address.environment(try visit.environment(), "database", try visit.name())
    }

    /// What the editor is drawn with.
    private struct Draft {
        /// Of the stored document, as JSON; `nil` for a new one.
        var id: String?
        /// As it was stored when the text was read; empty where nothing was.
        var tag = ""
        var text: String
        var problem: SampanError?
        /// What somebody else has stored meanwhile.
        var stored: JSON?
    }

    func show(_ visit: Visit) async throws -> Page {
        guard let id = visit.query("id") else { return try page(visit, Draft(text: "{\n  \n}")) }
        guard let found = try await find(Self.id(id), visit) else { throw SampanError.nothingHere }
        return try page(visit, Draft(id: id, tag: EntityTag(of: found).text, text: found.indented()))
    }

    // MARK: What can be done

    private func save(_ visit: Visit, _ form: Form) async throws -> Outcome {
        do {
            let written = try Self.document(form["body"])
            let isNew = form.text("id") == nil
            let id = try await isNew ? insert(written, visit) : replace(try Self.id(form["id"]), by: written, if: form.precondition, visit)
            return .go(Self.path(try collectionPath(visit), id: id), Flash(isNew ? Phrases.documentInserted : Phrases.documentSaved))
        } catch let error where SampanError(reporting: error).status < 500 {
            // The text stays as it was written, with the reason beside it.
            let draft = Draft(id: form.text("id"), tag: form["tag"], text: form["body"], problem: SampanError(reporting: error))
            return .draw(try page(visit, try await compared(draft, visit)))
        }
    }

    /// A draft that met another's change gets what is stored now beside it, and from then on replaces that.
    private func compared(_ draft: Draft, _ visit: Visit) async throws -> Draft {
        guard draft.problem?.status == 412, let id = draft.id else { return draft }
        var draft = draft
        draft.stored = try await find(Self.id(id), visit)
        draft.tag = draft.stored.map { EntityTag(of: $0).text } ?? ""
        // Who saves what was deleted meanwhile makes it anew.
        if draft.stored == nil { draft.id = nil }
        return draft
    }

    private func delete(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let id = try Self.id(form["id"])
        _ = try await documents.perform(["op": "remove", "collection": .string(visit.name()), "id": id], in: visit.environment(), visit)
        return .go(try collectionPath(visit), Flash(Phrases.documentDeleted))
    }

    private func insert(_ document: JSONObject, _ visit: Visit) async throws -> JSON {
        let added = try await documents.perform(
            ["op": "add", "collection": .string(visit.name()), "data": .object(document)], in: visit.environment(), visit)
        return added["id"] ?? document["_id"] ?? .null
    }

    private func replace(_ id: JSON, by document: JSONObject, if precondition: Precondition, _ visit: Visit) async throws -> JSON {
        guard document["_id"] == nil || document["_id"] == id else {
            throw SampanError.badMember("_id", Localized("\(id.text), which stays", zh: " \(id.text)，不可更改"))
        }
        try await documents.replace(id, of: visit.name(), by: document, if: precondition, visit.context.keyCall(visit.environment()))
        return id
    }

    // MARK: What is shown

    /// The document as it is stored now; `nil` where there is none.
    private func find(_ id: JSON, _ visit: Visit) async throws -> JSON? {
        let wanted: JSONObject = ["op": "get", "collection": .string(try visit.name()), "id": id]
        do {
            let found = try await documents.perform(wanted, in: visit.environment(), visit)["data"]
            return found?.objectValue == nil ? nil : found
        } catch let error where SampanError(reporting: error).code == "DOCUMENT_NOT_FOUND" {
            return nil
        }
    }

    private func page(_ visit: Visit, _ draft: Draft) throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let path = try collectionPath(visit)
        var model = environment.shown(visit.language)
        model["path"] = .string(path)
        model["body"] = .string(draft.text)
        model["isNew"] = .bool(draft.id == nil)
        model["id"] = .string(draft.id ?? "")
        model["tag"] = .string(draft.tag)
        model["mayWrite"] = .bool(visit.may(.documentsWrite))
        if let problem = draft.problem {
            model["problem"] = ["text": .string(problem.detail[visit.language]), "remedy": .string(problem.remedy[visit.language])]
            model["isConflict"] = .bool(problem.status == 412)
            model["isGone"] = .bool(problem.status == 412 && draft.stored == nil)
        }
        if let stored = draft.stored, let id = draft.id {
            model["stored"] = .string(stored.indented())
            model["storedPath"] = .string(Self.path(path, id: try Self.id(id)))
        }
        let known = try draft.id.map { try Self.id($0) }
        let title = known.map { $0.stringValue ?? $0.text } ?? Catalogue.phrase("newDocument", visit.language)
        return Page(
            template: "document", title: title, model: model, crumbs: [(path, try visit.name())], scripts: ["document.js"],
            status: draft.problem.map { .init(code: $0.status) } ?? .ok)
    }

    private static func id(_ text: String) throws -> JSON {
        guard let id = try? JSON(parsing: Array(text.utf8)) else { throw SampanError.nothingHere }
        return id
    }

    private static func document(_ text: String) throws -> JSONObject {
        do {
            guard let document = try JSON(parsing: Array(text.utf8)).objectValue else {
                throw SampanError.badMember("document", Localized("a JSON object", zh: " JSON 对象"))
            }
            return document
        } catch let error as JSONError {
            let before = Array(text.utf8.prefix(error.offset))
            let line = before.count { $0 == 10 } + 1
            throw SampanError.badRequest(
                "MALFORMED_JSON",
                Localized("Line \(line) is not valid JSON: \(error.message.en).", zh: "第 \(line) 行不是合法的 JSON：\(error.message.zh)。"),
                remedy: Localized("Correct it and save again; nothing was changed.", zh: "请改正后重新保存，数据尚未更改。"))
        }
    }
}
