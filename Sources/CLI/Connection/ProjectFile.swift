import Foundation
import Kernel

/// `.sampan.json` of a project: which environment it is deployed to.
///
/// It is committed with the project, so it never holds a key.
struct ProjectFile {
    static let name = ".sampan.json"

    /// The environment that `sampan env use` chose.
    var environment: String?

    /// The nearest file in `folder` or above it, and where it lies.
    static func nearest(to folder: URL) throws -> (file: URL, content: ProjectFile)? {
        for candidate in folder.selfAndParents.map({ $0.appendingPathComponent(name) })
        where FileManager.default.fileExists(atPath: candidate.path) {
            let json = try ConfigurationFile.json(at: candidate)
            if json["key"] != nil {
                throw CLIError(
                    Localized(
                        "\(candidate.path) holds a key; a project file is shared and must not.",
                        zh: "\(candidate.path) 中含有密钥；项目文件会被共享，不能存放密钥。"),
                    remedy: Localized(
                        "Remove it, delete that key with `sampan env keys delete`, and use `sampan login`.",
                        zh: "请移除它，用 `sampan env keys delete` 作废该密钥，并改用 `sampan login`。"))
            }
            return (candidate, ProjectFile(environment: json["env"]?.stringValue))
        }
        return nil
    }

    func save(to file: URL) throws {
        let json: JSON = ["env": environment.map { .string($0) } ?? .null]
        try Data((json.indentedText + "\n").utf8).write(to: file, options: .atomic)
    }
}

extension URL {
    /// This folder, then the one that holds it, up to the root.
    var selfAndParents: [URL] {
        var folders = [standardizedFileURL]
        while let last = folders.last, last.path != "/" { folders.append(last.deletingLastPathComponent()) }
        return folders
    }
}
