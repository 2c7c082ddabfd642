internal import Documents
internal import Foundation
internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/database/{name}/imports`: the files that come, or came, into a collection.
struct ImportsPage: Sendable {
    let tenancy: Tenancy
    let documents: Documents

    var pages: [ConsolePage] {
        [
            .show(":name/imports", needs: .documentsRead, show),
            .receive(":name/import", needs: .documentsWrite, back: collection, receive),
            .act(":name/imports/:import/resume", needs: .documentsWrite, back: path, resume),
            .act(":name/imports/:import/cancel", needs: .documentsWrite, asks: "confirmEndImport", back: path, cancel),
        ]
    }

    @Sendable private func collection(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "database", try visit.name()) }

    @Sendable private func path(_ visit: Visit) throws -> String { try collection(visit) + "/imports" }

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let name = try visit.name()
        _ = try documents.collection(name, environment.id)
        let imports = try documents.imports(of: environment.id, visit.language).filter { $0["collection"]?.stringValue == name }
        var model = environment.shown(visit.language)
        model["collectionName"] = .string(name)
        model["collectionPath"] = .string(try collection(visit))
        model["path"] = .string(try path(visit))
        model["mayWrite"] = .bool(visit.may(.documentsWrite))
        model["hasImports"] = .bool(!imports.isEmpty)
        model["isUnderWay"] = .bool(imports.contains { Self.isUnderWay($0) })
        model["imports"] = .array(imports.map { Self.shown($0, visit.language) })
        return Page(template: "imports", title: name, model: model)
    }

    private func receive(_ visit: Visit, _ form: FileForm) async throws -> Outcome {
        let (environment, name) = (try visit.environment(), try visit.name())
        _ = try documents.collection(name, environment)
        let call = visit.context.keyCall(environment)
        var id = ""
        do {
            let upload = try await form.receive { fields in
                let fileName = fields.text("file")
                let plan = try ImportPlan(fileName: fileName) { $0 == "collection" ? name : fields.text($0) }
                id = try await documents.beginImport(plan, fileName: fileName, call)["id"]?.stringValue ?? ""
                return try documents.receiveImport(id, from: 0, environment)
            }
            _ = try await documents.received(upload, isWhole: true, call)
        } catch {
            // Nobody could send the rest of it.
            if !id.isEmpty { try await documents.cancelImport(id, environment) }
            throw error
        }
        let now = try await awaited(id, environment, visit.language)
        guard now["state"]?.stringValue == "done", now["refused"] == 0 else { return .go(try path(visit), nil) }
        return .go(try collection(visit), Flash(Phrases.imported(inserted: now["inserted"]?.intValue ?? 0, updated: now["updated"]?.intValue ?? 0)))
    }

    private func awaited(_ id: String, _ environment: EnvironmentID, _ language: Language) async throws -> JSON {
        try await ShortWait.forEnd(of: { try documents.importShown(id, environment, language) }) { !Self.isUnderWay($0) }
    }

    private func resume(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let (id, environment) = (try visit.context.parameters.require("import"), try visit.environment())
        try await documents.resumeImport(id, skips: form["onError"] == "skip" ? true : nil, environment)
        _ = try await awaited(id, environment, visit.language)
        return .go(try path(visit), nil)
    }

    private func cancel(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await documents.cancelImport(visit.context.parameters.require("import"), visit.environment())
        return .go(try path(visit), nil)
    }

    // MARK: What is shown

    private static func isUnderWay(_ shown: JSON) -> Bool { ["receiving", "running"].contains(shown["state"]?.stringValue) }

    private static func shown(_ shown: JSON, _ language: Language) -> JSON {
        let number = { (name: String) in shown[name]?.intValue ?? 0 }
        let state = shown["state"]?.stringValue ?? ""
        let whole = max(1, number("bytes"))
        let part = min(whole, state == "receiving" ? number("received") : number("bytesRead"))
        var row: JSONObject = [
            "importID": shown["id"] ?? "", "fileName": .string(shown["fileName"]?.stringValue ?? "–"), "began": Showing.time(number("createdAt")),
            "state": .string(Catalogue.phrase("import-\(state)", language)), "badge": .string(badge(state)), "isUnderWay": .bool(isUnderWay(shown)),
            "part": .string(String(format: "%.4f", Double(part) / Double(whole))),
            "progress": .string("\(Showing.bytes(part)) / \(Showing.bytes(number("bytes")))"),
            "counts": .string(
                Phrases.importCounts(inserted: number("inserted"), updated: number("updated"), refused: number("refused"))[language]),
            "mayResume": shown["mayResume"] ?? false,
            // Behind a document that was refused, going on would stop at the same one again.
            "mayOnlySkip": .bool(shown["error"]?["line"] != nil || shown["error"]?["document"] != nil),
        ]
        if let error = shown["error"] { row["problem"] = ["text": error["detail"] ?? "", "remedy": error["remedy"] ?? ""] }
        let refusals = shown["refusals"]?.arrayValue ?? []
        row["hasRefusals"] = .bool(!refusals.isEmpty)
        row["refusals"] = .array(refusals.map { $0["detail"] ?? "" })
        return .object(row)
    }

    private static func badge(_ state: String) -> String {
        switch state {
        case "done": "active"
        case "failed": "bad"
        case "cancelled": ""
        default: "cold"
        }
    }
}
