internal import Documents
internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import NIOCore
internal import Tenancy

/// `/console/env/{env}/collections/{name}`: its documents and who may reach them.
struct CollectionPage: Sendable {
    private static let documentsShown: Int64 = 50
    private static let permissions = ["READONLY", "PRIVATE", "ADMINWRITE", "ADMINONLY"]

    let tenancy: Tenancy
    let documents: Documents

    @Sendable func path(_ visit: Visit) throws -> String { "/console/env/\(try visit.environment())/collections/\(try visit.name())" }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let name = try visit.name()
        let collection = try documents.collection(name, environment.id)
        let language = visit.language
        var model = environment.shown(language)
        model["collectionName"] = .string(name)
        model["path"] = .string(try path(visit))
        describe(collection, language, in: &model)
        try await describeDocuments(of: name, environment.id, visit, in: &model)
        return Page(
            template: "collection", title: name, model: model,
            crumbs: [
                ("/console", Catalogue.phrase("environments", language)), ("/console/env/\(environment.id)", environment.name),
            ])
    }

    func setPermission(_ visit: Visit, _ form: Form) async throws -> (path: String, flash: Flash?) {
        try await documents.setPermission(form["permission"], of: visit.name(), visit.environment())
        return (try path(visit), Flash(Phrases.permissionChanged))
    }

    private func describe(_ collection: JSON, _ language: Language, in model: inout JSONObject) {
        let now = collection["permission"]?.stringValue
        model["permissions"] = .array(
            Self.permissions.map {
                ["value": .string($0), "label": .string(Catalogue.phrase("permission-\($0)", language)), "isChosen": .bool($0 == now)]
            })
        let indexes = collection["indexes"]?.arrayValue ?? []
        model["hasIndexes"] = .bool(!indexes.isEmpty)
        model["indexes"] = .array(
            indexes.map { index in
                ["indexName": index["name"] ?? "", "fields": .string((index["keys"] ?? []).text), "unique": index["unique"] ?? false]
            })
    }

    private func describeDocuments(of name: String, _ environment: EnvironmentID, _ visit: Visit, in model: inout JSONObject) async throws {
        let filter = visit.request.queryText("where")
        let asked = (try? visit.request.queryInt("page", in: 1...1_000_000)) ?? 1
        model["filter"] = .string(filter ?? "")
        model["isFiltered"] = .bool(filter != nil)
        do {
            let condition = try filter.map { try Self.condition($0) }
            let total = try await ask(["op": "count"], condition, of: name, environment, visit)["total"]?.intValue ?? 0
            let pages = max(1, (total + Self.documentsShown - 1) / Self.documentsShown)
            let page = min(asked, pages)
            let wanted: JSONObject = ["op": "get", "skip": .int((page - 1) * Self.documentsShown), "limit": .int(Self.documentsShown)]
            let found = try await ask(wanted, condition, of: name, environment, visit)["data"]?.arrayValue ?? []
            model["documents"] = .array(found.map { ["id": $0["_id"] ?? "", "body": .string($0.indented())] })
            model["hasDocuments"] = .bool(!found.isEmpty)
            model["total"] = .string(Phrases.documents(total)[visit.language])
            describePaging(page, of: pages, visit, in: &model)
        } catch let error where SampanError(reporting: error).status < 500 {
            // A condition that cannot be used is the reader's to mend: it stays in its box, with the reason beside it.
            let known = SampanError(reporting: error)
            model["problem"] = ["text": .string(known.detail[visit.language]), "remedy": .string(known.remedy[visit.language])]
        }
    }

    private func ask(
        _ operation: JSONObject, _ condition: JSON?, of name: String, _ environment: EnvironmentID, _ visit: Visit
    ) async throws -> JSON {
        var operation = operation
        operation["collection"] = .string(name)
        operation["where"] = condition
        let request = ByteBuffer(bytes: JSON.object(operation).serialized())
        return try JSON(try await documents.perform(request, visit.context.keyCall(environment)))
    }

    private func describePaging(_ page: Int64, of pages: Int64, _ visit: Visit, in model: inout JSONObject) {
        model["hasPages"] = .bool(pages > 1)
        model["pageText"] = .string(Phrases.page(page, of: pages)[visit.language])
        if page > 1 { model["previousPage"] = .int(page - 1) }
        if page < pages { model["nextPage"] = .int(page + 1) }
    }

    private static func condition(_ text: String) throws -> JSON {
        do {
            let condition = try JSON(parsing: Array(text.utf8))
            guard condition.objectValue != nil else { throw SampanError.badMember("where", Localized("a JSON object", zh: " JSON 对象")) }
            return condition
        } catch let error as JSONError {
            throw SampanError.badRequest(
                "MALFORMED_JSON",
                Localized("The condition is not valid JSON: \(error.message.en).", zh: "条件不是合法的 JSON：\(error.message.zh)。"),
                remedy: Localized("Write names and texts in double quotes.", zh: "字段名与文本请用英文双引号。"))
        }
    }
}
