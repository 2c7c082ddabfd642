import Foundation
import Kernel

/// A folder that holds functions, and the project that says so.
struct FunctionRoot {
    var kind: ProjectLayout.Kind
    var project: URL
    var folder: URL

    /// The folders in which projects without a platform's file keep functions.
    static let conventional = ["cloudfunctions", "cloud/functions", "server/functions", "functions"]

    /// Whether a folder is by its name one that holds functions.
    static func isConventional(_ folder: URL) -> Bool {
        ["cloudfunctions", "functions"].contains(folder.standardizedFileURL.lastPathComponent)
    }

    /// The roots that the files in `folder` name; where none does, the conventional ones that are there.
    static func named(in folder: URL, variables: [String: String]) throws -> [FunctionRoot] {
        let declared = try [wechat(in: folder), alipay(in: folder), cloudbase(in: folder, variables: variables)].compactMap(\.self)
        var roots = distinct(declared)
        if roots.isEmpty {
            roots = try conventional.map { FunctionRoot(kind: .folder, project: folder, folder: folder.appendingPathComponent($0)) }
                .filter { try $0.holdsFunctions }
        }
        return roots
    }

    /// The roots in the folders below `folder`; a project's own folders are not searched further.
    static func search(below folder: URL, depth: Int, variables: [String: String]) throws -> [FunctionRoot] {
        guard depth > 0 else { return [] }
        let found = try FileManager.default.projectFolders(in: folder).flatMap { child in
            let roots = try named(in: child, variables: variables)
            return roots.isEmpty ? try search(below: child, depth: depth - 1, variables: variables) : roots
        }
        return distinct(found)
    }

    /// WeChat: `cloudfunctionRoot` of `project.config.json`.
    private static func wechat(in folder: URL) throws -> FunctionRoot? {
        let file = folder.appendingPathComponent("project.config.json")
        guard FileManager.default.isFile(file),
            let root = try ConfigurationFile.json(at: file)["cloudfunctionRoot"]?.stringValue, !root.isEmpty
        else { return nil }
        return try declared(root, as: .wechat, by: "cloudfunctionRoot", of: file)
    }

    /// Alipay: `functions` in `cloudbaseRoot` of `mini.project.json`; in older projects in `serverlessRoot`.
    private static func alipay(in folder: URL) throws -> FunctionRoot? {
        let file = folder.appendingPathComponent("mini.project.json")
        guard FileManager.default.isFile(file) else { return nil }
        let json = try ConfigurationFile.json(at: file)
        let named = [json["cloudbaseRoot"]?.stringValue, json["serverlessRoot"]?.stringValue].compactMap(\.self)
        let candidates = (named + ["cloud", "server"]).flatMap { ["\($0)/functions", $0] } + ["cloudfunctions", "functions"]
        return try candidates.lazy
            .map { FunctionRoot(kind: .alipay, project: folder, folder: folder.appendingPathComponent($0).standardizedFileURL) }
            .first { try $0.holdsFunctions }
    }

    /// CloudBase: `functionRoot`, else the two names that its templates use.
    private static func cloudbase(in folder: URL, variables: [String: String]) throws -> FunctionRoot? {
        guard let configuration = try CloudbaseConfiguration.find(in: folder, variables: variables) else { return nil }
        if let root = configuration.functionRoot, !root.isEmpty {
            return try declared(root, as: .cloudbase, by: "functionRoot", of: configuration.file)
        }
        let names = ["functions", "cloudfunctions"]
        let existing = names.first { FileManager.default.isFolder(folder.appendingPathComponent($0)) }
        guard existing != nil || configuration.functions.contains(where: { $0.folder != nil }) else { return nil }
        return FunctionRoot(kind: .cloudbase, project: folder, folder: folder.appendingPathComponent(existing ?? names[0]))
    }

    private static func declared(_ path: String, as kind: ProjectLayout.Kind, by member: String, of file: URL) throws -> FunctionRoot {
        let project = file.deletingLastPathComponent()
        // "/cloudfunctions" in a project's file means the project's folder, not the machine's root.
        let relative = path.drop { $0 == "/" }
        let folder = project.appendingPathComponent(String(relative)).standardizedFileURL
        guard FileManager.default.isFolder(folder) else {
            throw CLIError(
                Localized(
                    "\(file.path) names \"\(path)\" as \(member), but there is no such folder.",
                    zh: "\(file.path) 的 \(member) 指向 “\(path)”，但该文件夹不存在。"),
                remedy: Localized("Correct \(member), or create the folder.", zh: "请改正 \(member)，或创建该文件夹。"))
        }
        return FunctionRoot(kind: kind, project: project, folder: folder)
    }

    private var holdsFunctions: Bool {
        get throws {
            guard FileManager.default.isFolder(folder) else { return false }
            return try FileManager.default.projectFolders(in: folder).contains { try FunctionSource.entry(in: $0) != nil }
        }
    }

    /// The first of those that mean the same folder.
    private static func distinct(_ roots: [FunctionRoot]) -> [FunctionRoot] {
        var seen: Set<String> = []
        return roots.filter { seen.insert($0.folder.resolvingSymlinksInPath().path).inserted }
    }
}
