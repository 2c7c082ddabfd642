import Foundation
import Kernel

/// One `sampan deploy`: reads the project, uploads what is new, makes the versions.
struct Deployment {
    /// What the command line asks for.
    struct Choices: Sendable {
        var names: [String] = []
        var description: String?
        var activate = true
        var force = false
        /// What is said beside the versions.
        var query: [(String, String?)] = []
    }

    let layout: ProjectLayout
    let choices: Choices
    let context: CommandContext

    /// What became of a function.
    struct Outcome: Sendable {
        var manifest: FunctionManifest
        var version: Int64
        var isReused: Bool
        var uploaded: Int
    }

    /// The chosen functions with their files; tells what a reader should know of them.
    func prepare() async throws -> [FunctionManifest] {
        let functions = try chosen()
        let collected = try functions.map { ($0, try FunctionFiles.collect($0)) }
        for (function, files) in collected {
            for note in try function.warnings + files.notes + missingPackages(of: function) { warn(note) }
        }
        let total = collected.reduce(0) { $0 + $1.1.files.count }
        let progress = ProgressLine(context.say("reading", zh: "读取"), total: total, on: context.console)
        defer { progress.finish() }
        var manifests: [FunctionManifest] = []
        for (function, files) in collected {
            manifests.append(try await FunctionManifest.make(function, files: files, progress: progress))
        }
        return manifests
    }

    /// Uploads and makes the versions, function by function, telling each as it is done.
    func run(_ manifests: [FunctionManifest], client: ManagementClient, environment: String, told: (Outcome) -> Void) async throws
        -> [Outcome]
    {
        let upload = BlobUpload(client: client, environment: environment, console: context.console, language: context.language)
        let missing = try await upload.run(manifests)
        var outcomes: [Outcome] = []
        for manifest in manifests {
            let outcome = try await makeVersion(manifest, client: client, environment: environment, uploaded: missing)
            told(outcome)
            outcomes.append(outcome)
        }
        return outcomes
    }

    private func makeVersion(
        _ manifest: FunctionManifest, client: ManagementClient, environment: String, uploaded: Set<String>
    ) async throws -> Outcome {
        let body = manifest.version(description: choices.description, activate: choices.activate, force: choices.force)
        do {
            let answer = try await client.send(
                .post, ["environments", environment, "functions", manifest.function.name, "versions"], query: choices.query, body: .json(body)
            ).json()
            return Outcome(
                manifest: manifest, version: answer["version"]?.intValue ?? 0, isReused: answer["reused"]?.boolValue ?? false,
                uploaded: Set(manifest.hashes).intersection(uploaded).count)
        } catch var error as CLIError where error.status != nil {
            // The server's sentence need not name the function, and several were sent.
            error.what = Localized("\(manifest.function.name): \(error.what.en)", zh: "\(manifest.function.name)：\(error.what.zh)")
            throw error
        }
    }

    /// The named functions, or all that are listed and run on Node.js.
    private func chosen() throws -> [FunctionSource] {
        guard !choices.names.isEmpty else {
            let listed = layout.functions.filter(\.isListed)
            for function in listed where !function.isForNode { warn(Self.otherRuntime(function)) }
            for function in layout.functions where !function.isListed { warn(Self.unlisted(function)) }
            return listed.filter(\.isForNode)
        }
        return try choices.names.map { name in
            guard let function = layout.functions.first(where: { $0.name == name }) else { throw unknown(name) }
            guard function.isForNode else { throw CLIError(Self.otherRuntime(function)) }
            return function
        }
    }

    private func missingPackages(of function: FunctionSource) throws -> [Localized] {
        let missing = try ProvidedPackages.missing(in: function.folder)
        guard !missing.isEmpty else { return [] }
        let place = function.folder.path(relativeTo: context.folder)
        return [
            Localized(
                "\(function.name): \(missing.joined(separator: ", ")) in package.json but not in node_modules; run `npm install` in \(place) and deploy again.",
                zh:
                    "\(function.name)：package.json 中的 \(missing.joined(separator: "、")) 不在 node_modules 中；请在 \(place) 运行 `npm install` 后重新部署。"
            )
        ]
    }

    func warn(_ note: Localized) {
        context.console.notice(Localized("warning: ", zh: "警告：")[context.language] + note[context.language])
    }

    private func unknown(_ name: String) -> CLIError {
        let names = layout.functions.map(\.name).sorted().joined(separator: ", ")
        return CLIError(
            Localized(
                "There is no function \"\(name)\" in \(layout.functionRoot.path).", zh: "\(layout.functionRoot.path) 中没有函数 “\(name)”。"),
            remedy: Localized("There are: \(names).", zh: "现有：\(names)。"))
    }

    private static func otherRuntime(_ function: FunctionSource) -> Localized {
        let runtime = function.settings.runtime ?? ""
        return Localized(
            "\(function.name) is written for \(runtime); Sampan runs Node.js functions. It is passed over.",
            zh: "\(function.name) 的运行环境是 \(runtime)；Sampan 运行 Node.js 函数，已略过。")
    }

    private static func unlisted(_ function: FunctionSource) -> Localized {
        Localized(
            "\(function.name) is not listed in cloudbaserc.json: passed over. Name it to deploy it.",
            zh: "\(function.name) 未列入 cloudbaserc.json，已略过；如需部署请指定其名称。")
    }
}
