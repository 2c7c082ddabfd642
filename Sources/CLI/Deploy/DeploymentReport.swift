import Foundation
import Kernel

/// What a deployment tells: lines for people while it goes on, or one JSON object at the end.
struct DeploymentReport {
    let context: CommandContext
    let wantsJSON: Bool

    /// What a dry run found.
    func plan(layout: ProjectLayout, manifests: [FunctionManifest]) {
        if wantsJSON {
            let functions = manifests.map { manifest in
                var entry = Self.entry(manifest)
                entry["handler"] = manifest.function.settings.handler.map { .string($0) }
                entry["bytes"] = .int(Int64(manifest.files.reduce(0) { $0 + $1.bytes }))
                return JSON.object(entry)
            }
            let plan: JSON = [
                "layout": .string(layout.kind.rawValue), "root": .string(layout.functionRoot.path), "functions": .array(functions),
            ]
            return context.console.line(plan.text)
        }
        context.console.line("\(layout.kind.rawValue): \(layout.functionRoot.path)")
        var table = TextTable()
        for manifest in manifests {
            let size = ByteCount.text(manifest.files.reduce(0) { $0 + $1.bytes })
            table.add(manifest.function.name, files(manifest.files.count), size, Self.triggers(manifest.function))
        }
        for line in table.lines { context.console.line(line) }
    }

    /// One function is done.
    func tell(_ outcome: Deployment.Outcome) {
        guard !wantsJSON else { return }
        let state = outcome.isReused ? context.say("unchanged", zh: "未变化") : context.say("new", zh: "新版本")
        let uploaded = context.say("\(outcome.uploaded) uploaded", zh: "上传 \(outcome.uploaded) 个")
        let parts = [
            outcome.manifest.function.name, "v\(outcome.version)", state, files(outcome.manifest.files.count) + " (\(uploaded))",
            Self.triggers(outcome.manifest.function),
        ]
        context.console.line(parts.filter { !$0.isEmpty }.joined(separator: "  "))
    }

    /// All is done.
    func finish(environment: String, outcomes: [Deployment.Outcome], seeded: [SeedImport.Outcome]) {
        if wantsJSON { return context.console.line(json(environment: environment, outcomes: outcomes, seeded: seeded).text) }
        for outcome in seeded {
            let (inserted, updated) = (outcome.counts.inserted, outcome.counts.updated)
            context.console.line(
                context.say(
                    "\(outcome.collection)  \(inserted) inserted, \(updated) updated",
                    zh: "\(outcome.collection)  新增 \(inserted) 条，更新 \(updated) 条"))
        }
        let new = outcomes.count { !$0.isReused }
        context.console.notice(
            context.say(
                "\(environment): \(new) of \(outcomes.count) functions are new.", zh: "\(environment)：\(outcomes.count) 个函数中有 \(new) 个更新。"))
    }

    private func json(environment: String, outcomes: [Deployment.Outcome], seeded: [SeedImport.Outcome]) -> JSON {
        let functions = outcomes.map { outcome in
            var entry = Self.entry(outcome.manifest)
            entry["version"] = .int(outcome.version)
            entry["reused"] = .bool(outcome.isReused)
            entry["uploaded"] = .int(Int64(outcome.uploaded))
            return JSON.object(entry)
        }
        let collections = seeded.map { outcome -> JSON in
            ["collection": .string(outcome.collection), "inserted": .int(outcome.counts.inserted), "updated": .int(outcome.counts.updated)]
        }
        return ["environment": .string(environment), "functions": .array(functions), "seeded": .array(collections)]
    }

    private static func entry(_ manifest: FunctionManifest) -> JSONObject {
        [
            "name": .string(manifest.function.name), "files": .int(Int64(manifest.files.count)),
            "triggers": .array((manifest.function.settings.triggers ?? []).map(\.json)),
        ]
    }

    private func files(_ count: Int) -> String { context.say("\(count) files", zh: "\(count) 个文件") }

    private static func triggers(_ function: FunctionSource) -> String {
        (function.settings.triggers ?? []).map { "\($0.follows ?? "timer") \($0.name) [\($0.collection ?? $0.batch ?? $0.config ?? "")]" }.joined(
            separator: ", ")
    }
}
