import ArgumentParser
import Foundation
import Kernel

/// Copying, exporting and large databases take their time.
private let longestWait = Duration.seconds(12 * 3600)

/// `sampan env copy`.
struct CopyEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: said("Copy an environment with everything in it.", zh: "复制整个环境。"),
        discussion: said(
            """
            Settings, functions, documents, files and users come along, as they are at one moment; keys and sessions do not. Timers run in the \
            copy only with --triggers.

            Example: sampan env copy env-3k9… --name "shop, to try things" --no-files
            """,
            zh: """
                设置、云函数、文档、文件与用户按同一时刻的内容复制；密钥与会话不复制。定时触发器仅在指定 --triggers 时在副本中运行。

                示例：sampan env copy env-3k9… --name "小店测试" --no-files
                """))

    @OptionGroup var choice: EnvironmentChoice

    @Option(help: ArgumentHelp(said("The copy's name.", zh: "副本的名称。")))
    var name: String

    @Option(help: ArgumentHelp(said("development or production.", zh: "development 或 production。")))
    var stage: String?

    @Flag(inversion: .prefixedNo, help: ArgumentHelp(said("With documents; otherwise only collections and indexes.", zh: "包含文档；否则仅复制集合与索引。")))
    var documents = true

    @Flag(inversion: .prefixedNo, help: ArgumentHelp(said("With files.", zh: "包含文件。")))
    var files = true

    @Flag(help: ArgumentHelp(said("Timers run in the copy, too.", zh: "副本中的定时触发器也会运行。")))
    var triggers = false

    @Flag(help: ArgumentHelp(said("Also use it in this project.", zh: "同时设为本项目所用环境。")))
    var use = false

    var wantsJSON: Bool { choice.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let (client, id) = try await choice.resolve(in: context)
        var body: JSONObject = ["name": .string(name), "documents": .bool(documents), "files": .bool(files), "triggers": .bool(triggers)]
        if let stage { body["stage"] = .string(stage) }
        let made = try await client.send(.post, ["environments", id, "copies"], body: .json(.object(body)), timeout: longestWait).json()
        if use, let id = made["id"]?.stringValue { _ = try UseEnvironment.choose(id, in: context) }
        context.print(environment: made, asJSON: wantsJSON)
    }
}

/// `sampan env export`.
struct ExportEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: said("Write everything of an environment to a tar file.", zh: "将环境的全部内容导出为 tar 文件。"),
        discussion: said(
            """
            Documents and users as JSON lines, files and functions as they are, settings without secrets. Works for suspended environments, and for \
            deleted ones within their grace period.

            Example: sampan env export env-3k9… --output shop.tar
            """,
            zh: """
                文档与用户为 JSON Lines，文件与云函数保持原样，设置不含机密。已暂停的环境以及宽限期内已删除的环境同样可以导出。

                示例：sampan env export env-3k9… --output shop.tar
                """))

    @OptionGroup var choice: EnvironmentChoice

    @Option(name: .shortAndLong, help: ArgumentHelp(said("The file (default: the environment's id with .tar).", zh: "文件（默认为环境编号加 .tar）。"), valueName: "file"))
    var output: String?

    var wantsJSON: Bool { choice.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let (client, id) = try await choice.resolve(in: context)
        let file = context.resolve(output ?? "\(id).tar")
        let progress = ProgressLine(context.say("Exported, in MB:", zh: "已导出（MB）："), on: context.console)
        var bytes = 0
        do {
            let body = try await client.stream(["environments", id, "archive"], timeout: longestWait)
            try await FileDownload.save(body, to: file) { piece in
                let before = bytes >> 20
                bytes += piece.count
                if bytes >> 20 > before { progress.advance(by: bytes >> 20 - before) }
            }
            progress.finish()
        } catch {
            progress.finish()
            throw error
        }
        guard !wantsJSON else { return context.console.line((["file": .string(file.path), "bytes": .int(Int64(bytes))] as JSON).text) }
        context.console.line(context.say("\(bytes) bytes → \(file.path)", zh: "\(bytes) 字节 → \(file.path)"))
    }
}

/// `sampan env quotas`.
struct EnvironmentQuotasCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "quotas", abstract: said("Show or set what an environment may hold.", zh: "查看或设置环境配额。"),
        discussion: said(
            """
            Quotas: documentBytes fileBytes files functions collections coupons. Setting them needs the operator's key; none takes one away.

            Example: sampan env quotas env-3k9… --set functions=20 --set fileBytes=1073741824 --set files=none
            """,
            zh: """
                配额项：documentBytes fileBytes files functions collections coupons。设置需要平台管理员密钥；none 表示取消限制。

                示例：sampan env quotas env-3k9… --set functions=20 --set fileBytes=1073741824 --set files=none
                """))

    @OptionGroup var choice: EnvironmentChoice

    @Option(help: ArgumentHelp(said("A quota to set; can be given several times.", zh: "要设置的配额，可多次指定。"), valueName: "name=number"))
    var set: [String] = []

    var wantsJSON: Bool { choice.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let (client, id) = try await choice.resolve(in: context)
        let path = ["environments", id, "quotas"]
        let answer: JSON
        if set.isEmpty {
            answer = try await client.send(.get, path).json()
        } else {
            var change = JSONObject()
            for word in set { try Self.read(word, into: &change) }
            answer = try await client.send(.patch, path, body: .json(.object(change))).json()
        }
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["", "USED", "QUOTA"])
        for (name, used) in answer["usage"]?.objectValue ?? [:] { table.add(name, used.text, answer["quotas"]?[name]?.text ?? "-") }
        for line in table.lines { context.console.line(line) }
    }

    private static func read(_ word: String, into change: inout JSONObject) throws {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let value = parts[1] == "none" ? .null : Int64(parts[1]).map({ JSON.int($0) }) else {
            throw CLIError(
                Localized("\"\(word)\" is not a quota.", zh: "“\(word)” 不是配额。"),
                remedy: Localized("Write name=number, or name=none.", zh: "请写成 名称=数字，或 名称=none。"))
        }
        change[parts[0]] = value
    }
}
