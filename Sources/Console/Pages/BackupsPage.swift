internal import Documents
internal import Foundation
internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/database/+backups`: backups, the plan that makes them, and putting them back.
struct BackupsPage: Sendable {
    private static let keepChoices = [3, 7, 14, 30, 90]

    let tenancy: Tenancy
    let documents: Documents

    var pages: [ConsolePage] {
        [
            .show("+backups", needs: .documentsRead, show),
            .act("+backups", needs: .documentsManage, back: path, make),
            .act("+backups/plan", needs: .settingsChange, back: path, plan),
            .show("+backups/:backup", needs: .documentsRead, showOne),
            .act("+backups/:backup/remove", needs: .documentsManage, asks: "confirmRemoveBackup", back: path, remove),
            .act("+backups/:backup/restore", needs: .documentsManage, asks: "confirmRestoreBackup", back: path, restore),
            .act("+restores/:restore/cancel", needs: .documentsManage, asks: "confirmCancelRestore", back: path, cancel),
        ]
    }

    @Sendable private func path(_ visit: Visit) throws -> String { "\(Address.environment(try visit.environment(), "database"))/+backups" }

    // MARK: Pages

    func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let found = try await documents.backups(of: environment.id, visit.language)
        let backups = found["backups"]?.arrayValue ?? []
        let restores = (found["restores"]?.arrayValue ?? []).prefix(5)
        let plan = try tenancy.settings(environment.id).backups
        var model = environment.shown(visit.language)
        model["path"] = .string(try path(visit))
        model["restoresPath"] = .string("\(Address.environment(environment.id, "database"))/+restores")
        model["mayManage"] = .bool(visit.may(.documentsManage))
        model["mayPlan"] = .bool(visit.may(.settingsChange))
        model["hasBackups"] = .bool(!backups.isEmpty)
        model["backups"] = .array(backups.map { Self.shown($0, visit.language) })
        model["isUnderWay"] = .bool(restores.contains { $0["state"] == "running" })
        model["restores"] = .array(restores.map { Self.shown(restore: $0, visit.language) })
        if let failure = found["failure"] {
            model["failure"] = [
                "at": Showing.time(failure["at"]?.intValue ?? 0), "text": failure["error"]?["detail"] ?? "", "remedy": failure["error"]?["remedy"] ?? "",
            ]
        }
        model["isPlanned"] = .bool(plan != nil)
        model["hours"] = .array(Self.hours(plan, visit.language))
        model["keeps"] = .array(Self.keeps(plan))
        return Page(template: "backups", title: Catalogue.phrase("backups", visit.language), model: model)
    }

    private func showOne(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let backup = try await documents.backup(Self.backup(visit), environment.id)
        let collections = backup["collections"]?.arrayValue ?? []
        var model = environment.shown(visit.language)
        model["path"] = .string(try path(visit))
        model["mayManage"] = .bool(visit.may(.documentsManage))
        model["backup"] = Self.shown(backup, visit.language)
        model["file"] = .string("/admin/v1/environments/\(environment.id)/backups/\(try Self.backup(visit))")
        model["hasCollections"] = .bool(!collections.isEmpty)
        model["collections"] = .array(collections.map { ["collectionName": $0["name"] ?? "", "documents": $0["documents"] ?? 0] })
        return Page(template: "backup", title: Catalogue.phrase("backup", visit.language), model: model)
    }

    // MARK: Acts

    private static func backup(_ visit: Visit) throws -> String { try visit.context.parameters.require("backup") }

    private func make(_ visit: Visit, _ form: Form) async throws -> Outcome {
        _ = try await documents.makeBackup(visit.environment())
        return .go(try path(visit), Flash(Phrases.backupMade))
    }

    private func plan(_ visit: Visit, _ form: Form) async throws -> Outcome {
        var plan: JSON = .null
        if !form["hour"].isEmpty { plan = ["hour": Int64(form["hour"]).map { .int($0) } ?? .null, "keep": Int64(form["keep"]).map { .int($0) } ?? .null] }
        try await tenancy.changeSettings(visit.environment(), ["backups": plan])
        return .go(try path(visit), Flash(Phrases.backupsPlanned(!plan.isNull)))
    }

    private func remove(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await documents.removeBackup(Self.backup(visit), visit.environment())
        return .go(try path(visit), Flash(Phrases.backupRemoved))
    }

    private func restore(_ visit: Visit, _ form: Form) async throws -> Outcome {
        let environment = try visit.environment()
        let names = form["collection"].isEmpty ? nil : [form["collection"]]
        let begun = try await documents.restoreBackup(Self.backup(visit), collections: names, environment, visit.language)
        let id = begun["id"]?.stringValue ?? ""
        let shown = try await ShortWait.forEnd(of: { try await documents.restore(id, environment, visit.language) }) { $0["state"] != "running" }
        return .go(try path(visit), shown["state"] == "done" ? Flash(Phrases.restored(shown["documents"]?.intValue ?? 0)) : nil)
    }

    private func cancel(_ visit: Visit, _ form: Form) async throws -> Outcome {
        try await documents.cancelRestore(visit.context.parameters.require("restore"), visit.environment())
        return .go(try path(visit), nil)
    }

    // MARK: What is shown

    private static func shown(_ backup: JSON, _ language: Language) -> JSON {
        let kind = backup["kind"]?.stringValue ?? ""
        return [
            "backupID": backup["id"] ?? "", "madeAt": Showing.time(backup["at"]?.intValue ?? 0),
            "kind": .string(Catalogue.phrase("backup-\(kind)", language)), "size": .string(Showing.bytes(backup["bytes"]?.intValue ?? 0)),
        ]
    }

    private static func shown(restore: JSON, _ language: Language) -> JSON {
        let (state, done, total) = (restore["state"]?.stringValue ?? "", restore["documents"]?.intValue ?? 0, restore["total"]?.intValue ?? 0)
        let names = restore["collections"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ", ")
        let madeAt = restore["backup"]?.stringValue.flatMap { $0.split(separator: "-").first }.flatMap { Int64($0) } ?? 0
        var row: JSONObject = [
            "restoreID": restore["id"] ?? "", "what": .string(names ?? Catalogue.phrase("wholeDatabase", language)), "madeAt": Showing.time(madeAt),
            "began": Showing.time(restore["createdAt"]?.intValue ?? 0), "state": .string(Catalogue.phrase("restore-\(state)", language)),
            "badge": .string(state == "done" ? "active" : state == "failed" ? "bad" : "cold"), "isRunning": .bool(state == "running"),
            "part": .string(String(format: "%.4f", Double(done) / Double(max(1, total)))), "progress": .string("\(done) / \(total)"),
        ]
        if let error = restore["error"] { row["problem"] = ["text": error["detail"] ?? "", "remedy": error["remedy"] ?? ""] }
        return .object(row)
    }

    /// Each hour of the day, as the readers of a language know it: UTC, or Beijing's.
    private static func hours(_ plan: BackupPlan?, _ language: Language) -> [JSON] {
        let shift = language == .zh ? 8 : 0
        return (0..<24).map { shown in
            let hour = (shown + 24 - shift) % 24
            let label = String(format: language == .zh ? "每天 %02d:00（北京时间）" : "every day at %02d:00 UTC", shown)
            return ["value": .string(String(hour)), "label": .string(label), "isChosen": .bool(plan?.hour == hour)]
        }
    }

    private static func keeps(_ plan: BackupPlan?) -> [JSON] {
        let chosen = plan?.keep ?? 14
        return Set(keepChoices + [chosen]).sorted().map { ["value": .int(Int64($0)), "isChosen": .bool($0 == chosen)] }
    }
}
