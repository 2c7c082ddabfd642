import Foundation
import Kernel

/// CloudBase's project file: `cloudbaserc.json`, or the same in YAML.
struct CloudbaseConfiguration {
    /// An entry of its `functions`.
    struct Entry {
        var name: String
        /// The function's folder, where it does not lie under the root by its name.
        var folder: URL?
        var settings: FunctionSettings
        var warnings: [Localized]
    }

    /// The names that CloudBase's tool looks for, in its order.
    static let fileNames = ["cloudbaserc", "cloudbaserc.json", "cloudbaserc.yaml", "cloudbaserc.yml"]

    var file: URL
    /// The folder that paths in the file start from.
    var project: URL { file.deletingLastPathComponent() }
    var functionRoot: String?
    var functions: [Entry]

    /// The file in `folder`, if there is one.
    static func find(in folder: URL, variables: [String: String]) throws -> CloudbaseConfiguration? {
        let files = FileManager.default
        if let file = fileNames.lazy.map(folder.appendingPathComponent).first(where: { files.fileExists(atPath: $0.path) }) {
            return try CloudbaseConfiguration(reading: file, variables: variables)
        }
        let program = folder.appendingPathComponent("cloudbaserc.js")
        guard files.fileExists(atPath: program.path) else { return nil }
        throw CLIError(
            Localized(
                "\(program.path) is a program, which is not run to read a configuration.", zh: "\(program.path) 是程序；Sampan 不会为读取配置而执行它。"),
            remedy: Localized("Write the same as cloudbaserc.json.", zh: "请改写为 cloudbaserc.json。"))
    }

    /// The nearest file in `folder` or up to three folders above, for a function or a root that is deployed by its path.
    static func nearest(to folder: URL, variables: [String: String]) throws -> CloudbaseConfiguration? {
        for candidate in folder.selfAndParents.prefix(4) {
            if let found = try find(in: candidate, variables: variables) { return found }
        }
        return nil
    }

    init(reading file: URL, variables: [String: String]) throws {
        let isYAML = ["yaml", "yml"].contains(file.pathExtension)
        let raw = isYAML ? try ConfigurationFile.yaml(at: file) : try ConfigurationFile.json(at: file)
        let folder = file.deletingLastPathComponent()
        let name = file.lastPathComponent
        let placeholders = try ConfigurationPlaceholders(folder: folder, environmentID: raw["envId"]?.stringValue, variables: variables)
        // Only what is read here is filled: the rest of the file is for other tools and may need values that nobody set for this one.
        let root = try raw["functionRoot"].map { try placeholders.resolve($0, in: name) }
        let entries = try raw["functions"].map { try placeholders.resolve($0, in: name) }
        self.file = file
        functionRoot = root?.stringValue
        functions = try (entries?.arrayValue ?? []).map { try Self.entry($0, in: file) }
    }

    /// What the file says of a function.
    func entry(named name: String) -> Entry? { functions.first { $0.name == name } }

    private static func entry(_ json: JSON, in file: URL) throws -> Entry {
        guard let members = json.objectValue, let name = members["name"]?.stringValue, !name.isEmpty else {
            throw CLIError(
                Localized("\(file.path): an entry of \"functions\" has no \"name\".", zh: "\(file.path)：“functions” 中有一项缺少 “name”。"),
                remedy: Localized("Give it the name of its function.", zh: "请填写函数名。"))
        }
        var reader = FunctionSettingsReader(source: "\(file.lastPathComponent) (\(name))")
        reader.read(members)
        let folder = members["dir"]?.stringValue.map {
            URL(fileURLWithPath: $0, relativeTo: file.deletingLastPathComponent()).standardizedFileURL
        }
        return Entry(name: name, folder: folder, settings: reader.settings, warnings: reader.warnings)
    }
}
