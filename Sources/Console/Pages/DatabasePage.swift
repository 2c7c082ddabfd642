internal import Documents
internal import Foundation
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/database`: all collections.
struct DatabasePage: Sendable {
    let tenancy: Tenancy
    let documents: Documents

    var section: ConsoleSection {
        let collection = CollectionPage(tenancy: tenancy, documents: documents)
        let imports = ImportsPage(tenancy: tenancy, documents: documents)
        let backups = BackupsPage(tenancy: tenancy, documents: documents)
        let document = DocumentPage(tenancy: tenancy, documents: documents)
        return ConsoleSection(
            path: "database", title: "database", icon: "database", permission: .documentsRead,
            pages: [
                .show(needs: .documentsRead, show), .act("", needs: .documentsManage, back: path, create),
                // A plus is in no collection's name.
                .act("+restore", needs: .documentsManage, asks: "confirmRestoreAll", back: path, restoreAll),
                .act("+dropped/restore", needs: .documentsManage, back: path, restoreDropped),
                .act("+dropped/remove", needs: .documentsManage, asks: "confirmRemoveDropped", back: path, removeDropped),
            ] + backups.pages + collection.pages + imports.pages + document.pages)
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "database") }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let list = ListView<JSON>(
            columns: [
                .init(title: "name", name: "name", ascends: { Self.text($0, "name") < Self.text($1, "name") }),
                .init(title: "documents", name: "documents", ascends: { ($0["documents"]?.intValue ?? 0) < ($1["documents"]?.intValue ?? 0) }),
                .init(title: "permission", name: "permission", ascends: { Self.text($0, "permission") < Self.text($1, "permission") }),
                .init(title: "indexes"),
            ], text: { Self.text($0, "name") })
        let (rows, listModel) = list.shown(try documents.collections(environment.id), visit)
        var model = environment.shown(visit.language)
        for (key, value) in listModel { model[key] = value }
        model["collections"] = .array(rows.map { Self.row($0, environment.id, visit.language) })
        model["permissions"] = .array(CollectionPermission.choices(chosen: "PRIVATE", visit.language))
        model["mayManage"] = .bool(visit.may(.documentsManage))
        let dropped = try documents.droppedCollections(environment.id)
        model["hasDropped"] = .bool(!dropped.isEmpty)
        model["dropped"] = .array(dropped.map(Self.dropped))
        return Page(template: "database", title: Catalogue.phrase("database", visit.language), model: model)
    }

    private func create(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let environment = try visit.environment()
        let isNew = try await documents.createCollection(form["name"], permission: form.text("permission"), environment)
        if isNew { AuditNote.changed("collection \(form["name"])") }
        let flash = Flash(isNew ? Phrases.collectionCreated(form["name"]) : Phrases.collectionExists(form["name"]))
        return .go(Address.environment(environment, "database", form["name"]), flash)
    }

    private func restoreAll(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let moment = try CollectionPage.moment(in: form)
        let restored = try await documents.restoreAll(at: moment, preview: false, visit.environment())
        let touched = (restored["collections"]?.arrayValue ?? []).count { $0["outcome"] != "unchanged" }
        return .go(try path(visit), Flash(Phrases.restoredAll(touched)))
    }

    private func restoreDropped(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let (environment, target) = (try visit.environment(), form["as"].trimmingCharacters(in: .whitespaces))
        guard let moment = Int64(form["at"]) else { throw SampanError.badMember("at", Localized("a moment", zh: "时刻")) }
        let restored = try await documents.restore(form["collection"], at: moment, as: target, environment)
        return .go(Address.environment(environment, "database", target), Flash(Phrases.restored(restored["documents"]?.intValue ?? 0)))
    }

    private func removeDropped(_ visit: Visit, _ form: Form) async throws -> Outcome {
        guard let number = Int64(form["number"]) else { throw SampanError.badMember("number", Localized("a number", zh: "编号")) }
        try await documents.removeDropped(number, visit.environment())
        return .go("\(try path(visit))#dropped", Flash(Phrases.droppedRemoved))
    }

    private static func dropped(_ collection: JSON) -> JSON {
        [
            "droppedName": collection["name"] ?? "", "droppedNumber": collection["number"] ?? 0, "droppedDocuments": collection["documents"] ?? 0,
            // The last moment at which it was there.
            "lastMoment": .int((collection["droppedAt"]?.intValue ?? 1) - 1), "droppedAt": Showing.time(collection["droppedAt"]?.intValue ?? 0),
            "until": Showing.time(collection["restorableUntil"]?.intValue ?? 0),
        ]
    }

    private static func text(_ collection: JSON, _ member: String) -> String { collection[member]?.stringValue ?? "" }

    private static func row(_ collection: JSON, _ environment: EnvironmentID, _ language: Language) -> JSON {
        let name = text(collection, "name")
        let permission = text(collection, "permission")
        return [
            "collectionName": .string(name), "collectionPath": .string(Address.environment(environment, "database", name)),
            "permission": .string(permission), "permissionMeaning": .string(Catalogue.phrase("permission-\(permission)", language)),
            "documents": collection["documents"] ?? 0, "indexCount": .int(Int64(collection["indexes"]?.arrayValue?.count ?? 0)),
        ]
    }
}

/// The permissions that a collection can have.
enum CollectionPermission {
    /// As a choice shows them.
    /// - Parameter custom: whether own rules can be chosen.
    static func choices(chosen: String?, custom: Bool = false, _ language: Language) -> [JSON] {
        (custom ? Permission.allCases : Permission.presets).map(\.rawValue).map {
            ["value": .string($0), "label": .string(Catalogue.phrase("permission-\($0)", language)), "isChosen": .bool($0 == chosen)]
        }
    }
}
