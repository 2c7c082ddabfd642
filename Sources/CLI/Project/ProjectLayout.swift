import Foundation
import Kernel

/// Where a project keeps its functions, read as the platforms' own tools would read it; nothing is sent anywhere.
struct ProjectLayout: Sendable {
    /// Which platform's arrangement it is.
    enum Kind: String, Sendable {
        case wechat
        case cloudbase
        case alipay
        /// A folder of functions with no platform's file.
        case folder
        /// A folder that is itself one function.
        case function
    }

    var kind: Kind
    /// The project's folder.
    var folder: URL
    var functionRoot: URL
    var functions: [FunctionSource]
    /// What was passed over, and why.
    var notes: [Localized] = []

    /// How deep below a folder a project is looked for.
    static let searchDepthMax = 4

    /// Reads the project at `folder`, or the only one below it.
    static func read(at folder: URL, variables: [String: String]) throws -> ProjectLayout {
        guard FileManager.default.isFolder(folder) else {
            throw CLIError(
                Localized("There is no folder \(folder.path).", zh: "文件夹 \(folder.path) 不存在。"),
                remedy: Localized("Check --path.", zh: "请检查 --path。"))
        }
        if let layout = try direct(at: folder, variables: variables) { return layout }
        let below = try FunctionRoot.search(below: folder, depth: searchDepthMax, variables: variables)
        switch below.count {
        case 0: throw noFunctions(in: folder)
        case 1: return try layout(of: below[0], variables: variables)
        default: throw several(below, from: folder)
        }
    }

    /// The project that `folder` itself is.
    private static func direct(at folder: URL, variables: [String: String]) throws -> ProjectLayout? {
        let roots = try FunctionRoot.named(in: folder, variables: variables)
        if roots.count > 1 { throw several(roots, from: folder) }
        if let root = roots.first { return try layout(of: root, variables: variables) }
        let cloudbase = try CloudbaseConfiguration.nearest(to: folder, variables: variables)
        if let function = try FunctionSource(in: folder, cloudbase: cloudbase) {
            return ProjectLayout(kind: .function, folder: folder, functionRoot: folder.deletingLastPathComponent(), functions: [function])
        }
        let children = try FileManager.default.projectFolders(in: folder).contains { try FunctionSource.entry(in: $0) != nil }
        // A folder whose children have an index.js may be anything; only one that says so by name or by a file beside it is meant.
        guard children, FunctionRoot.isConventional(folder) || cloudbase != nil else { return nil }
        return try layout(of: FunctionRoot(kind: .folder, project: folder, folder: folder), variables: variables)
    }

    private static func layout(of root: FunctionRoot, variables: [String: String]) throws -> ProjectLayout {
        let cloudbase = try CloudbaseConfiguration.nearest(to: root.folder, variables: variables)
        var layout = ProjectLayout(kind: root.kind, folder: root.project, functionRoot: root.folder, functions: [])
        try layout.addFolders(of: root.folder, cloudbase: cloudbase)
        if root.kind == .cloudbase, let cloudbase, !cloudbase.functions.isEmpty { try layout.followList(of: cloudbase) }
        if layout.functions.isEmpty { throw noFunctions(in: root.folder, notes: layout.notes) }
        return layout
    }

    /// Every folder of the root is a function, as in WeChat's tool.
    private mutating func addFolders(of root: URL, cloudbase: CloudbaseConfiguration?) throws {
        guard FileManager.default.isFolder(root) else { return }
        for folder in try FileManager.default.projectFolders(in: root) {
            if let function = try FunctionSource(in: folder, cloudbase: cloudbase) {
                functions.append(function)
            } else {
                notes.append(Self.passedOver(folder))
            }
        }
    }

    /// Where `cloudbaserc.json` lists functions, only these are deployed unless others are named, as in CloudBase's tool.
    private mutating func followList(of cloudbase: CloudbaseConfiguration) throws {
        for place in functions.indices { functions[place].isListed = cloudbase.entry(named: functions[place].name) != nil }
        for entry in cloudbase.functions {
            let folder = entry.folder ?? functionRoot.appendingPathComponent(entry.name)
            guard entry.folder != nil || !functions.contains(where: { $0.name == entry.name }) else { continue }
            functions.removeAll { $0.name == entry.name }
            guard let function = try FunctionSource(named: entry.name, in: folder, cloudbase: cloudbase) else {
                throw CLIError(
                    Localized(
                        "\(cloudbase.file.lastPathComponent) lists the function \"\(entry.name)\", but \(folder.path) holds no index.js.",
                        zh: "\(cloudbase.file.lastPathComponent) 列出了函数 “\(entry.name)”，但 \(folder.path) 中没有 index.js。"),
                    remedy: Localized("Correct the list, or add the function.", zh: "请改正列表，或补上该函数。"))
            }
            functions.append(function)
        }
    }

    private static func passedOver(_ folder: URL) -> Localized {
        let name = folder.lastPathComponent
        if FileManager.default.isFile(folder.appendingPathComponent("index.ts")) {
            return Localized(
                "\(name) has index.ts but no index.js: compile it first. It is passed over.",
                zh: "\(name) 只有 index.ts 没有 index.js：请先编译。已略过。")
        }
        return Localized("\(name) has no index.js: passed over.", zh: "\(name) 中没有 index.js，已略过。")
    }

    private static func noFunctions(in folder: URL, notes: [Localized] = []) -> CLIError {
        CLIError(
            Localized("No functions were found in \(folder.path).", zh: "在 \(folder.path) 中没有找到云函数。"),
            remedy: Localized(
                "Run this in the project's folder (project.config.json, cloudbaserc.json, mini.project.json or cloudfunctions/), or add --path.",
                zh: "请在项目文件夹（含 project.config.json、cloudbaserc.json、mini.project.json 或 cloudfunctions/）中运行，或加上 --path。"),
            details: notes.map { $0[.ofProcess] })
    }

    private static func several(_ roots: [FunctionRoot], from folder: URL) -> CLIError {
        CLIError(
            Localized(
                "There are \(roots.count) folders of functions here. Which one shall be deployed?",
                zh: "这里有 \(roots.count) 个云函数文件夹。要部署哪一个？"),
            remedy: Localized("Name it:", zh: "请指定："),
            details: roots.map { "sampan deploy --path \($0.folder.path(relativeTo: folder))" })
    }
}

extension URL {
    /// This path as one would type it in `base`.
    func path(relativeTo base: URL) -> String {
        let own = standardizedFileURL.path
        let start = base.standardizedFileURL.path
        if own == start { return "." }
        let prefix = start.hasSuffix("/") ? start : start + "/"
        return own.hasPrefix(prefix) ? String(own.dropFirst(prefix.count)) : own
    }
}
