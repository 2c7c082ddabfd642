import Foundation
import Kernel

/// The projects that `sampan init` starts from.
struct ProjectTemplates {
    /// The folder `templates`, if it was found.
    let folder: URL?

    /// Looks in `SAMPAN_HOME`, then in the folders above the program.
    init(in context: CommandContext) {
        let home = context.variable("SAMPAN_HOME").map { context.resolve($0).appendingPathComponent("templates") }
        let above = context.executable.deletingLastPathComponent().selfAndParents.flatMap {
            [$0.appendingPathComponent("templates"), $0.appendingPathComponent("share/sampan/templates")]
        }
        folder = ([home].compactMap(\.self) + above).first { candidate in
            // Many folders are called templates; Sampan's has the sample shop in it.
            FileManager.default.isFolder(candidate.appendingPathComponent("retail"))
        }
    }

    /// The names to choose from.
    var names: [String] {
        let found = folder.flatMap { try? FileManager.default.projectFolders(in: $0).map(\.lastPathComponent) } ?? []
        return Set(found + ["empty"]).sorted()
    }

    /// Copies a template to `target` and answers how many files it has.
    func make(_ name: String, at target: URL) throws -> Int {
        guard names.contains(name) else { throw unknown(name) }
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        guard let source = folder?.appendingPathComponent(name), FileManager.default.isFolder(source) else {
            return try writeEmpty(at: target)
        }
        return try copy(source, to: target)
    }

    private func copy(_ source: URL, to target: URL) throws -> Int {
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: source.path).sorted() where !Self.leftovers.contains(name) {
            let (from, to) = (source.appendingPathComponent(name), target.appendingPathComponent(name))
            if FileManager.default.isFolder(from) {
                try FileManager.default.createDirectory(at: to, withIntermediateDirectories: true)
                count += try copy(from, to: to)
            } else {
                try FileManager.default.copyItem(at: from, to: to)
                count += 1
            }
        }
        return count
    }

    private static let leftovers: Set<String> = ["node_modules", ".git", ".DS_Store"]

    /// The smallest project that deploys: one function, in WeChat's arrangement.
    private func writeEmpty(at target: URL) throws -> Int {
        for (path, text) in Self.empty {
            let file = target.appendingPathComponent(path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return Self.empty.count
    }

    private static let empty = [
        (
            "project.config.json",
            """
            {
              "cloudfunctionRoot": "cloudfunctions/",
              "miniprogramRoot": "miniprogram/"
            }

            """
        ),
        (
            "cloudfunctions/hello/index.js",
            """
            const cloud = require('wx-server-sdk')

            cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })

            exports.main = async (event) => {
              const { OPENID } = cloud.getWXContext()
              return { hello: event.name || 'world', openid: OPENID }
            }

            """
        ),
        (
            "cloudfunctions/hello/package.json",
            """
            {
              "name": "hello",
              "version": "1.0.0",
              "main": "index.js",
              "dependencies": { "wx-server-sdk": "latest" }
            }

            """
        ),
    ]

    private func unknown(_ name: String) -> CLIError {
        if folder == nil {
            return CLIError(
                Localized("The folder with the templates was not found.", zh: "没有找到模板文件夹。"),
                remedy: Localized(
                    "Set SAMPAN_HOME to where Sampan lies (the folder that holds templates/).",
                    zh: "请把 SAMPAN_HOME 设为 Sampan 所在文件夹（其中有 templates/）。"))
        }
        return CLIError(
            Localized("There is no template \"\(name)\".", zh: "没有模板 “\(name)”。"),
            remedy: Localized("There are: \(names.joined(separator: ", ")).", zh: "现有：\(names.joined(separator: "、"))。"))
    }
}
