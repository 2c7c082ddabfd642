import Foundation
import Kernel

/// A function as it lies in a project.
struct FunctionSource: Sendable {
    var name: String
    var folder: URL
    /// Settings with the handler filled in.
    var settings: FunctionSettings
    /// Whether it is deployed when no names are given.
    var isListed = true
    var warnings: [Localized] = []

    /// The names under which a function's first file is found, as the platforms look for it.
    static let entryNames = ["index.js", "index.mjs", "index.cjs"]

    /// The first file of the function in `folder`; nil when the folder holds none.
    ///
    /// `index.js` comes before `main` of `package.json`, since WeChat's and CloudBase's functions are called as `index.main`.
    static func entry(in folder: URL) throws -> String? {
        let files = FileManager.default
        if let name = entryNames.first(where: { files.isFile(folder.appendingPathComponent($0)) }) { return name }
        guard let main = try PackageFile(in: folder)?.main else { return nil }
        let path = main.hasPrefix("./") ? String(main.dropFirst(2)) : main
        return ["", ".js", "/index.js"].map { path + $0 }.first { files.isFile(folder.appendingPathComponent($0)) }
    }

    /// Reads the function in `folder`; nil when there is none.
    init?(named name: String? = nil, in folder: URL, cloudbase: CloudbaseConfiguration?) throws {
        guard let entry = try Self.entry(in: folder) else { return nil }
        self.folder = folder.standardizedFileURL
        self.name = name ?? self.folder.lastPathComponent
        settings = FunctionSettings()
        try readOwnConfiguration()
        if let listed = cloudbase?.entry(named: self.name) {
            settings = settings.overridden(by: listed.settings)
            warnings += listed.warnings
        }
        if settings.handler == nil { settings.handler = Self.handler(for: entry) }
    }

    /// Whether the function is one for Node.js; the others are not run.
    var isForNode: Bool { settings.runtime.map { $0.lowercased().hasPrefix("node") } ?? true }

    /// `config.json` beside the code is WeChat's place for triggers.
    private mutating func readOwnConfiguration() throws {
        let file = folder.appendingPathComponent("config.json")
        guard FileManager.default.isFile(file) else { return }
        // A function may use the name for data of its own; only an object can be WeChat's.
        guard let members = try ConfigurationFile.json(at: file).objectValue else { return }
        var reader = FunctionSettingsReader(source: "\(name)/config.json")
        reader.read(members)
        settings = reader.settings
        warnings += reader.warnings
    }

    private static func handler(for entry: String) -> String {
        let stem = entry.hasSuffix(".js") || entry.hasSuffix(".mjs") || entry.hasSuffix(".cjs")
        return (stem ? entry[..<(entry.lastIndex(of: ".") ?? entry.endIndex)] : entry[...]) + ".main"
    }
}

extension FileManager {
    /// Whether there is a file (not a folder) at `url`.
    func isFile(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return fileExists(atPath: url.path, isDirectory: &isFolder) && !isFolder.boolValue
    }

    /// Whether there is a folder at `url`.
    func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The folders in `url` that can be part of a project, by name.
    func projectFolders(in url: URL) throws -> [URL] {
        try contentsOfDirectory(atPath: url.path).sorted()
            .filter { !$0.hasPrefix(".") && $0 != "node_modules" }
            .map { url.appendingPathComponent($0) }.filter(isFolder)
    }
}
