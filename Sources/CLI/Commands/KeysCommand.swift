import ArgumentParser
import Kernel

/// `sampan env keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: said("List, create and delete an environment's keys.", zh: "管理环境的密钥。"),
        discussion: said(
            "Example: sampan env keys create ci\n         sampan env keys create mini --kind access",
            zh: "示例：sampan env keys create ci\n      sampan env keys create mini --kind access"),
        subcommands: [ListKeys.self, CreateKey.self, DeleteKey.self], defaultSubcommand: ListKeys.self)
}

/// `sampan env keys list`.
struct ListKeys: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the keys, without their secrets.", zh: "列出密钥（不含内容）。"),
        discussion: said("Example: sampan env keys list", zh: "示例：sampan env keys list"))

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "keys"]
        let keys = try await connection.client(in: context).list("keys", path)
        guard !wantsJSON else { return context.console.line((["keys": .array(keys)] as JSON).text) }
        var table = TextTable(heading: ["ID", "NAME", "KIND"])
        for key in keys {
            table.add(key["id"]?.stringValue ?? "", key["name"]?.stringValue ?? "", key["kind"]?.stringValue ?? "")
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan env keys create`.
struct CreateKey: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: said("Create a key; its secret is shown once.", zh: "创建密钥；内容只显示一次。"),
        discussion: said("Example: sampan env keys create ci", zh: "示例：sampan env keys create ci"))

    @Argument(help: ArgumentHelp(said("Its name.", zh: "名称。")))
    var name: String

    @Option(
        help: ArgumentHelp(
            said("management (for this CLI) or access (signs calls to the Alipay gateway).", zh: "management（供本工具使用）或 access（用于支付宝网关签名）。")))
    var kind = "management"

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "keys"]
        let body: JSON = ["name": .string(name), "kind": .string(kind)]
        let answer = try await connection.client(in: context).send(.post, path, body: .json(body)).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        context.console.line("id      \(answer["id"]?.stringValue ?? "")")
        context.console.line("secret  \(answer["secret"]?.stringValue ?? "")")
        context.console.notice(context.say("The secret is not shown again.", zh: "密钥内容不会再次显示。"))
    }
}

/// `sampan env keys delete`.
struct DeleteKey: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: said("Delete a key; it stops working at once.", zh: "删除密钥，立即失效。"),
        discussion: said("Example: sampan env keys delete k-12", zh: "示例：sampan env keys delete k-12"))

    @Argument(help: ArgumentHelp(said("Its id.", zh: "密钥编号。")))
    var id: String

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "keys", id]
        _ = try await connection.client(in: context).send(.delete, path)
        context.console.line(wantsJSON ? (["deleted": .string(id)] as JSON).text : context.say("Deleted \(id).", zh: "已删除 \(id)。"))
    }
}
