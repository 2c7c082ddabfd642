import ArgumentParser
import Foundation
import Kernel

/// `sampan init`.
struct InitCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: said("Make a project from a template.", zh: "用模板创建项目。"),
        discussion: said(
            """
            Templates: retail (a complete small shop), empty (one function). They lie in $SAMPAN_HOME/templates or beside the program.

            Example: sampan init --template retail my-shop
            """,
            zh: """
                模板：retail（完整的小店示例）、empty（只有一个函数）。模板位于 $SAMPAN_HOME/templates 或程序所在目录。

                示例：sampan init --template retail my-shop
                """))

    @Argument(help: ArgumentHelp(said("Where the project is made; an empty or new folder.", zh: "项目位置；必须是空文件夹或新文件夹。")))
    var folder = "."

    @Option(help: ArgumentHelp(said("retail or empty.", zh: "retail 或 empty。"), valueName: "name"))
    var template = "empty"

    @OptionGroup var output: OutputOptions

    var wantsJSON: Bool { output.json }

    func execute(in context: CommandContext) async throws {
        let target = context.resolve(folder)
        try requireEmpty(target)
        let files = try ProjectTemplates(in: context).make(template, at: target)
        guard !wantsJSON else {
            let answer: JSON = ["folder": .string(target.path), "template": .string(template), "files": .int(Int64(files))]
            return context.console.line(answer.text)
        }
        context.console.line(
            context.say("Made \(target.path) from \(template): \(files) files.", zh: "已用 \(template) 创建 \(target.path)：\(files) 个文件。"))
        let place = target.path(relativeTo: context.folder)
        let seed = FileManager.default.isFolder(target.appendingPathComponent("seed")) ? " --seed" : ""
        context.console.notice(context.say("Next: cd \(place) && sampan deploy\(seed)", zh: "下一步：cd \(place) && sampan deploy\(seed)"))
    }

    private func requireEmpty(_ target: URL) throws {
        guard FileManager.default.fileExists(atPath: target.path) else { return }
        let content = FileManager.default.isFolder(target) ? try FileManager.default.contentsOfDirectory(atPath: target.path) : ["-"]
        // A folder that git has just made is still empty to a person.
        guard content.allSatisfy({ [".git", ".DS_Store"].contains($0) }) else {
            throw CLIError(
                Localized("\(target.path) is not empty.", zh: "\(target.path) 不是空文件夹。"),
                remedy: Localized("Name a new folder: sampan init my-shop.", zh: "请指定新文件夹：sampan init my-shop。"))
        }
    }
}
