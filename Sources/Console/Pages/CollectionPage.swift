internal import Documents
internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/database/{name}`: its documents, indexes, and who may reach them.
struct CollectionPage: Sendable {
    /// How many fields a table of documents shows beside the id.
    private static let columnsMax = 5
    /// How many slow queries are shown.
    private static let slowMax = 5

    let tenancy: Tenancy
    let documents: Documents

    var pages: [ConsolePage] {
        [
            .show(":name", needs: .documentsRead, show),
            .show(":name/schema", needs: .documentsRead, showSchema),
            .act(":name/permission", needs: .documentsManage, back: path, setPermission),
            .act(":name/validator", needs: .documentsManage, back: path, setValidator),
            .act(":name/indexes", needs: .documentsManage, back: path, createIndex),
            .act(":name/indexes/remove", needs: .documentsManage, asks: "confirmDropIndex", back: path, dropIndex),
            .act(":name/restore", needs: .documentsManage, back: path, restore),
            .act(":name/drop", needs: .documentsManage, asks: "confirmDropCollection", back: path, drop),
        ]
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "database", try visit.name()) }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let name = try visit.name()
        // Read before what it stands for: a change between the two is then refused rather than overwritten.
        let tag = try documents.collectionTag(name, environment.id).text
        let collection = try documents.collection(name, environment.id)
        var model = environment.shown(visit.language)
        model["collectionName"] = .string(name)
        model["path"] = .string(try path(visit))
        model["mayWrite"] = .bool(visit.may(.documentsWrite))
        model["mayManage"] = .bool(visit.may(.documentsManage))
        model["tag"] = .string(tag)
        describe(collection, visit.language, in: &model)
        model["slowQueries"] = .array(try slow(name, environment.id))
        RuleForm(documents).describe(collection, visit, environment.id, in: &model)
        ValidatorForm().describe(collection, visit.language, in: &model)
        let query = DocumentQuery(visit)
        describe(query, visit.language, in: &model)
        do {
            try await find(query, total: collection["documents"]?.intValue ?? 0, of: name, environment.id, visit, in: &model)
        } catch let error where SampanError(reporting: error).status < 500 {
            // A condition that cannot be used is the reader's to mend: it stays in its box, with the reason beside it.
            let known = SampanError(reporting: error)
            model["problem"] = ["text": .string(known.detail[visit.language]), "remedy": .string(known.remedy[visit.language])]
        }
        return Page(template: "collection", title: name, model: model, scripts: ["transfer.js"])
    }

    private func showSchema(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let name = try visit.name()
        var model = environment.shown(visit.language)
        model["collectionName"] = .string(name)
        model["path"] = .string(try path(visit))
        for (key, value) in try await SchemaView(documents: documents).model(of: name, environment.id, visit.language) { model[key] = value }
        let title = Catalogue.phrase("schema", visit.language)
        return Page(template: "collection-schema", title: title, model: model, crumbs: [(path: try path(visit), text: name)])
    }

    // MARK: What can be done

    private func setPermission(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let rules = form["permission"] == Documents.ownRules ? try RuleForm.rules(form["rules"]) : nil
        try await documents.setAccess(permission: form["permission"], rules: rules, of: visit.name(), if: form.precondition, visit.environment())
        return .go("\(try path(visit))#reach", Flash(Phrases.permissionChanged))
    }

    private func setValidator(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await documents.setAccess(validation: ValidatorForm.change(form), of: visit.name(), if: form.precondition, visit.environment())
        return .go("\(try path(visit))#validator", Flash(Phrases.validatorChanged))
    }

    private func createIndex(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let fields = form["fields"].split(whereSeparator: { $0 == "," || $0 == "，" || $0.isWhitespace })
        let kind = form.text("kind") ?? "asc"
        let keys = fields.map { field -> JSON in
            field.hasPrefix("-") ? [.string(String(field.dropFirst())), "desc"] : [.string(String(field)), .string(kind)]
        }
        var request: JSONObject = ["keys": .array(keys), "unique": .bool(form["unique"] == "true")]
        if let seconds = form.text("expires") {
            guard let number = Int64(seconds) else { throw SampanError.badMember("expires", Localized("a number of seconds", zh: "秒数")) }
            request["expireAfterSeconds"] = .int(number)
        }
        try await documents.createIndex(request, of: visit.name(), visit.environment())
        AuditNote.changed("index of \(try visit.name())", to: .array(keys))
        return .go("\(try path(visit))#indexes", Flash(Phrases.indexCreated))
    }

    private func dropIndex(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await documents.dropIndex(form["index"], of: visit.name(), visit.environment())
        return .go("\(try path(visit))#indexes", Flash(Phrases.indexDropped(form["index"])))
    }

    private func restore(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let moment = try Self.moment(in: form)
        let (environment, target) = (try visit.environment(), form["as"].trimmingCharacters(in: .whitespaces))
        let restored = try await documents.restore(visit.name(), at: moment, as: target, environment)
        return .go(Address.environment(environment, "database", target), Flash(Phrases.restored(restored["documents"]?.intValue ?? 0)))
    }

    /// The field of a browser has no zone; the page says that it is UTC.
    static func moment(in form: Form) throws -> Int64 {
        guard let moment = DateText.milliseconds(fromISO8601: form["at"]) else {
            throw SampanError.badMember("at", Localized("a moment such as 2026-11-27T12:00", zh: "形如 2026-11-27T12:00 的时刻"))
        }
        return moment
    }

    private func drop(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let name = try visit.name()
        try await documents.dropCollection(name, visit.environment())
        return .go(Address.environment(try visit.environment(), "database"), Flash(Phrases.collectionDropped(name)))
    }

    // MARK: What is shown

    private func describe(_ collection: JSON, _ language: Language, in model: inout JSONObject) {
        model["permissions"] = .array(CollectionPermission.choices(chosen: collection["permission"]?.stringValue, custom: true, language))
        let indexes = collection["indexes"]?.arrayValue ?? []
        model["hasIndexes"] = .bool(!indexes.isEmpty)
        model["indexes"] = .array(
            indexes.map { index in
                [
                    "indexName": index["name"] ?? "", "unique": index["unique"] ?? false, "isBuilding": index["building"] ?? false,
                    "expires": index["expireAfterSeconds"] ?? false, "isPartial": .bool(index["partial"] != nil || index["sparse"]?.boolValue == true),
                    "fields": .array((index["keys"]?.arrayValue ?? []).map(Self.indexField)),
                ]
            })
    }

    /// What of this collection was slow for want of an index, with the index that would help.
    private func slow(_ name: String, _ environment: EnvironmentID) throws -> [JSON] {
        let queries = try documents.slowQueries(environment).arrayValue ?? []
        return queries.filter { $0["collection"]?.stringValue == name && $0["advice"] != nil }.prefix(Self.slowMax).map { query in
            let keys = query["advice"]?.arrayValue ?? []
            return [
                "shape": .string((query["where"] ?? .null).text), "duration": .string("\(Int(query["milliseconds"]?.doubleValue ?? 0)) ms"),
                "examined": query["examined"] ?? 0, "matched": query["matched"] ?? 0, "count": query["count"] ?? 0,
                "fields": .string(
                    keys.map { ($0.arrayValue?.last?.stringValue == "desc" ? "-" : "") + ($0.arrayValue?.first?.stringValue ?? "") }.joined(separator: ", ")),
                "shownFields": .array(keys.map(Self.indexField)),
            ]
        }
    }

    /// One field of an index with its direction.
    private static func indexField(_ key: JSON) -> JSON {
        let pair = key.arrayValue ?? []
        let name = pair.first?.stringValue ?? ""
        switch pair.last?.stringValue {
        case "asc": return .string("\(name) ↑")
        case "desc": return .string("\(name) ↓")
        case let kind: return .string("\(name) \(kind ?? "")")
        }
    }

    private func describe(_ query: DocumentQuery, _ language: Language, in model: inout JSONObject) {
        model["filter"] = .string(query.conditionText ?? "")
        model["field"] = .string(query.field ?? "")
        model["value"] = .string(query.value)
        model["sort"] = .string(query.sort ?? "")
        model["isDescending"] = .bool(query.isDescending)
        model["isFiltered"] = .bool(query.isFiltered)
        model["isShaped"] = .bool(query.isFiltered || query.sort != nil)
        model["hasCondition"] = .bool(query.conditionText != nil)
        model["comparisons"] = .array(
            DocumentQuery.comparisons.map { name in
                [
                    "value": .string(name), "label": .string(Catalogue.phrase("is-\(name.drop { $0 == "$" })", language)),
                    "isChosen": .bool(name == query.comparison),
                ]
            })
    }

    private func find(
        _ query: DocumentQuery, total: Int64, of name: String, _ environment: EnvironmentID, _ visit: Visit, in model: inout JSONObject
    ) async throws {
        let condition = try query.condition()
        var total = total
        if let condition {
            let counted = try await documents.perform(["op": "count", "collection": .string(name), "where": condition], in: environment, visit)
            total = counted["total"]?.intValue ?? 0
        }
        let size = DocumentQuery.documentsOnAPage
        let pages = min(DocumentQuery.pagesMax, max(1, (Int(total) + size - 1) / size))
        let page = min(query.page, pages)
        var wanted: JSONObject = ["op": "get", "collection": .string(name), "skip": .int(Int64((page - 1) * size)), "limit": .int(Int64(size))]
        wanted["where"] = condition
        if let sort = query.sort { wanted["orderBy"] = [[.string(sort), .string(query.isDescending ? "desc" : "asc")]] }
        let found = try await documents.perform(wanted, in: environment, visit)["data"]?.arrayValue ?? []
        let path = try path(visit)
        model["hasDocuments"] = .bool(!found.isEmpty)
        model["total"] = .string(Phrases.documents(total)[visit.language])
        model["pager"] = .object(Pager(page: page, of: pages) { query.path(path, page: $0) }.model(visit.language))
        describe(found, path, in: &model)
    }

    /// Documents as rows: the id and the fields that most of them have.
    private func describe(_ found: [JSON], _ path: String, in model: inout JSONObject) {
        var uses: [String: (count: Int, first: Int)] = [:]
        for document in found {
            for (position, member) in (document.objectValue ?? [:]).enumerated() where member.key != "_id" {
                uses[member.key, default: (0, position)].count += 1
            }
        }
        let columns = uses.sorted { ($1.value.count, $0.value.first, $0.key) < ($0.value.count, $1.value.first, $1.key) }.prefix(Self.columnsMax).map(\.key)
        model["columns"] = .array(columns.map { .string($0) })
        model["documents"] = .array(
            found.map { document in
                let id = document["_id"] ?? .null
                return [
                    "documentID": .string(id.stringValue ?? id.text), "documentPath": .string(DocumentPage.path(path, id: id)),
                    "cells": .array(columns.map { ["column": .string($0), "text": .string(document[$0].map(Showing.excerpt) ?? "–")] }),
                ]
            })
    }
}
