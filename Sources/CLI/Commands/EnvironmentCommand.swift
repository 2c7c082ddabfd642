import ArgumentParser
import Foundation
import Kernel

/// `sampan env`.
struct EnvironmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: said("Manage environments.", zh: "管理环境。"),
        discussion: said(
            "Example: sampan env create shop && sampan env use env-3k9…", zh: "示例：sampan env create shop && sampan env use env-3k9…"),
        subcommands: [
            ListEnvironments.self, CreateEnvironment.self, ShowEnvironment.self, DeleteEnvironment.self, SuspendEnvironment.self,
            ResumeEnvironment.self, RestoreEnvironment.self, CopyEnvironment.self, ExportEnvironment.self, EnvironmentQuotasCommand.self,
            UseEnvironment.self, KeysCommand.self, SetSettings.self,
        ])
}

/// An environment given as an argument, or the one that the project uses.
struct EnvironmentChoice: ParsableArguments {
    @Argument(help: ArgumentHelp(said("The environment; the project's when absent.", zh: "环境；默认为项目所用环境。"), valueName: "id"))
    var id: String?

    @OptionGroup var connection: ConnectionOptions

    /// The client and the environment's id.
    func resolve(in context: CommandContext) async throws -> (ManagementClient, String) {
        let connection = try Connection.resolve(connection, in: context)
        let client = try connection.client(in: context)
        if let id { return (client, id) }
        return (client, try await connection.requiredEnvironment(in: context))
    }
}

extension CommandContext {
    /// Prints an environment as JSON, or as lines for people.
    func print(environment: JSON, asJSON: Bool) {
        guard !asJSON else { return console.line(environment.text) }
        var table = TextTable()
        for (name, value) in environment.objectValue ?? [:] where !value.isNull { table.add(name, value.stringValue ?? value.text) }
        for line in table.lines { console.line(line) }
    }
}

/// `sampan env list`.
struct ListEnvironments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the environments.", zh: "列出环境。"),
        discussion: said("Example: sampan env list", zh: "示例：sampan env list"))

    @OptionGroup var server: ServerOptions

    var wantsJSON: Bool { server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(server, in: context)
        let environments = try await connection.client(in: context).list("environments", ["environments"])
        guard !wantsJSON else { return context.console.line((["environments": .array(environments)] as JSON).text) }
        var table = TextTable(heading: ["", "ID", "NAME", "STATUS", "CREATED"])
        for entry in environments {
            let id = entry["id"]?.stringValue ?? ""
            let created = LogLine(json: ["at": entry["createdAt"] ?? .null]).at.map(Timestamp.local) ?? ""
            table.add(
                id == connection.environment ? "*" : "", id, entry["name"]?.stringValue ?? "", entry["status"]?.stringValue ?? "", created)
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan env create`.
struct CreateEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: said("Create an environment.", zh: "创建环境。"),
        discussion: said("Example: sampan env create shop --use", zh: "示例：sampan env create shop --use"))

    @Argument(help: ArgumentHelp(said("Its name.", zh: "名称。")))
    var name: String

    @Flag(help: ArgumentHelp(said("Also use it in this project.", zh: "同时设为本项目所用环境。")))
    var use = false

    @OptionGroup var server: ServerOptions

    var wantsJSON: Bool { server.output.json }

    func execute(in context: CommandContext) async throws {
        let client = try Connection.resolve(server, in: context).client(in: context)
        let created = try await client.send(.post, ["environments"], body: .json(["name": .string(name)])).json()
        if use, let id = created["id"]?.stringValue { _ = try UseEnvironment.choose(id, in: context) }
        context.print(environment: created, asJSON: wantsJSON)
    }
}

/// `sampan env show`.
struct ShowEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: said("Show an environment.", zh: "查看环境。"),
        discussion: said("Example: sampan env show env-3k9…", zh: "示例：sampan env show env-3k9…"))

    @OptionGroup var choice: EnvironmentChoice

    var wantsJSON: Bool { choice.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let (client, id) = try await choice.resolve(in: context)
        context.print(environment: try await client.send(.get, ["environments", id]).json(), asJSON: wantsJSON)
    }
}

/// `sampan env delete`.
struct DeleteEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: said("Delete an environment, after a grace period.", zh: "删除环境（有宽限期）。"),
        discussion: said(
            "It stops at once; until the grace period ends `sampan env restore` brings it back.\n\nExample: sampan env delete env-3k9…",
            zh: "环境立即停用；宽限期内可用 `sampan env restore` 恢复。\n\n示例：sampan env delete env-3k9…"))

    @Argument(help: ArgumentHelp(said("The environment.", zh: "环境。")))
    var id: String

    @Flag(help: ArgumentHelp(said("Do not ask.", zh: "不再询问。")))
    var yes = false

    @OptionGroup var server: ServerOptions

    var wantsJSON: Bool { server.output.json }

    func execute(in context: CommandContext) async throws {
        let client = try Connection.resolve(server, in: context).client(in: context)
        if !yes {
            let question = context.say("Type \(id) to delete it: ", zh: "输入 \(id) 以确认删除：")
            guard context.console.ask(question, hidden: false) == id else {
                throw CLIError(
                    Localized("Nothing was deleted.", zh: "没有删除任何内容。"),
                    remedy: Localized("Type the id when asked, or add --yes.", zh: "请按提示输入环境编号，或加上 --yes。"))
            }
        }
        context.print(environment: try await client.send(.delete, ["environments", id]).json(), asJSON: wantsJSON)
    }
}

/// `sampan env suspend`.
struct SuspendEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend", abstract: said("Stop serving an environment.", zh: "暂停环境。"),
        discussion: said("Example: sampan env suspend env-3k9…", zh: "示例：sampan env suspend env-3k9…"))

    @OptionGroup var choice: EnvironmentChoice

    var wantsJSON: Bool { choice.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let (client, id) = try await choice.resolve(in: context)
        context.print(environment: try await client.send(.post, ["environments", id, "suspend"]).json(), asJSON: wantsJSON)
    }
}

/// `sampan env resume`.
struct ResumeEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: said("Serve a suspended environment again.", zh: "恢复已暂停的环境。"),
        discussion: said("Example: sampan env resume env-3k9…", zh: "示例：sampan env resume env-3k9…"))

    @OptionGroup var choice: EnvironmentChoice

    var wantsJSON: Bool { choice.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let (client, id) = try await choice.resolve(in: context)
        context.print(environment: try await client.send(.post, ["environments", id, "resume"]).json(), asJSON: wantsJSON)
    }
}

/// `sampan env restore`.
struct RestoreEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: said("Bring back an environment within its grace period.", zh: "在宽限期内恢复已删除的环境。"),
        discussion: said("Example: sampan env restore env-3k9…", zh: "示例：sampan env restore env-3k9…"))

    @OptionGroup var choice: EnvironmentChoice

    var wantsJSON: Bool { choice.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let (client, id) = try await choice.resolve(in: context)
        context.print(environment: try await client.send(.post, ["environments", id, "restore"]).json(), asJSON: wantsJSON)
    }
}

/// `sampan env use`.
struct UseEnvironment: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: said("Choose the environment of this project.", zh: "选择本项目所用的环境。"),
        discussion: said(
            "Written to .sampan.json, which is committed with the project and never holds a key.\n\nExample: sampan env use env-3k9…",
            zh: "写入 .sampan.json；该文件随项目提交，不含密钥。\n\n示例：sampan env use env-3k9…"))

    @Argument(help: ArgumentHelp(said("The environment.", zh: "环境。")))
    var id: String

    @OptionGroup var server: ServerOptions

    var wantsJSON: Bool { server.output.json }

    func execute(in context: CommandContext) async throws {
        let client = try Connection.resolve(server, in: context).client(in: context)
        let environment = try await client.send(.get, ["environments", id]).json()
        let file = try Self.choose(id, in: context)
        guard !wantsJSON else { return context.console.line((["env": .string(id), "file": .string(file.path)] as JSON).text) }
        let name = environment["name"]?.stringValue ?? ""
        context.console.line(context.say("This project uses \(id) \(name) (\(file.path)).", zh: "本项目使用环境 \(id) \(name)（\(file.path)）。"))
    }

    /// Writes the project's file: the nearest one, or a new one here.
    static func choose(_ id: String, in context: CommandContext) throws -> URL {
        let nearest = try ProjectFile.nearest(to: context.folder)
        let file = nearest?.file ?? context.folder.appendingPathComponent(ProjectFile.name)
        var content = nearest?.content ?? ProjectFile()
        content.environment = id
        try content.save(to: file)
        return file
    }
}
