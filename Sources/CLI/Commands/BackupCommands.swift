import ArgumentParser
import Foundation
import Kernel

/// `sampan db backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: said("Back up the database and put it back.", zh: "备份与恢复数据库。"),
        discussion: said("Example: sampan db backup make", zh: "示例：sampan db backup make"),
        subcommands: [MakeBackup.self, ListBackups.self, ShowBackup.self, DownloadBackup.self, RestoreBackup.self, RemoveBackup.self, PlanBackups.self])
}

/// `sampan db backup make`.
struct MakeBackup: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: said("Make a backup now.", zh: "立即备份。"),
        discussion: said("Example: sampan db backup make", zh: "示例：sampan db backup make"))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        let made = try await database.client.send(.post, database.path("backups"), timeout: .seconds(12 * 3600)).json()
        let (id, bytes) = (made["id"]?.stringValue ?? "", made["bytes"]?.intValue ?? 0)
        context.console.line(wantsJSON ? made.text : context.say("\(id): \(bytes) bytes", zh: "\(id)：\(bytes) 字节"))
    }
}

/// `sampan db backup list`.
struct ListBackups: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List backups.", zh: "列出备份。"), discussion: said("Example: sampan db backup list", zh: "示例：sampan db backup list"))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        let answer = try await database.client.send(.get, database.path("backups")).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["ID", "MADE", "BYTES"])
        for backup in answer["backups"]?.arrayValue ?? [] {
            table.add(
                backup["id"]?.stringValue ?? "", DateText.iso8601(fromMilliseconds: backup["at"]?.intValue ?? 0), backup["bytes"]?.text ?? "")
        }
        for line in table.lines { context.console.line(line) }
        if let failure = answer["failure"]?["error"] {
            let detail = failure["detail"]?.stringValue ?? ""
            context.console.line(context.say("The last planned backup could not be made: \(detail)", zh: "上次定时备份失败：\(detail)"))
        }
    }
}

/// What names a backup.
struct BackupOptions: ParsableArguments {
    @Argument(help: ArgumentHelp(said("The backup's id, as `sampan db backup list` shows it.", zh: "备份 ID，见 `sampan db backup list`。"))) var backup: String
    @OptionGroup var connection: ConnectionOptions
}

/// `sampan db backup show`.
struct ShowBackup: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: said("Show what a backup holds.", zh: "查看备份内容。"),
        discussion: said("Example: sampan db backup show 1764212345678-manual", zh: "示例：sampan db backup show 1764212345678-manual"))

    @OptionGroup var options: BackupOptions
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(options.connection, in: context)
        let answer = try await database.client.send(.get, database.path("backups", options.backup)).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["NAME", "DOCUMENTS"])
        for one in answer["collections"]?.arrayValue ?? [] { table.add(one["name"]?.stringValue ?? "", one["documents"]?.text ?? "") }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan db backup download`.
struct DownloadBackup: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: said("Save the file of a backup, to keep it elsewhere.", zh: "下载备份文件，另行保存。"),
        discussion: said(
            "A SQLite file. In the server's folder of backups, under its old name, it can be restored.\n\nExample: sampan db backup download 1764212345678-manual -o shop.sqlite",
            zh: "SQLite 文件。放回服务器的备份目录并保留原文件名即可恢复。\n\n示例：sampan db backup download 1764212345678-manual -o shop.sqlite"))

    @OptionGroup var options: BackupOptions
    @Option(name: .shortAndLong, help: ArgumentHelp(said("The file (default: the backup's id).", zh: "文件名（默认为备份 ID）。"))) var output: String?
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(options.connection, in: context)
        let file = context.resolve(output ?? "\(options.backup).sqlite")
        let progress = ProgressLine(context.say("receiving", zh: "下载"), on: context.console)
        defer { progress.finish() }
        let body = try await database.client.stream(database.path("backups", options.backup, "file"), timeout: .seconds(12 * 3600))
        try await FileDownload.save(body, to: file) { progress.advance(by: $0.count) }
        progress.finish()
        context.console.line(wantsJSON ? (["file": .string(file.path)] as JSON).text : file.path)
    }
}

/// `sampan db backup restore`.
struct RestoreBackup: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: said("Put back what a backup holds.", zh: "恢复备份。"),
        discussion: said(
            """
            All in one step; what is there now can be brought back as long as the history is kept. Without collections the whole database is restored, and collections that \
            the backup does not have are dropped.

            Example: sampan db backup restore 1764212345678-manual goods orders
            """,
            zh: """
                一次性完成；现有内容在历史保留期内可找回。不指定集合时恢复整个数据库，备份中没有的集合会被删除。

                示例：sampan db backup restore 1764212345678-manual goods orders
                """))

    @Argument(help: ArgumentHelp(said("The backup's id, as `sampan db backup list` shows it.", zh: "备份 ID，见 `sampan db backup list`。"))) var backup: String
    @Argument(help: ArgumentHelp(said("The collections (default: all).", zh: "集合名（默认全部）。"))) var collections: [String] = []
    @Flag(help: ArgumentHelp(said("Do not ask.", zh: "不再询问。"))) var yes = false
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        try confirm(database, in: context)
        let names: JSON = collections.isEmpty ? "all" : .array(collections.map { .string($0) })
        var restore = try await database.client.send(.post, database.path("backups", backup, "restore"), body: .json(["collections": names])).json()
        let id = restore["id"]?.stringValue ?? ""
        while restore["state"] == "running" {
            try await Task.sleep(for: .milliseconds(500))
            restore = try await database.client.send(.get, database.path("restores", id)).json()
        }
        guard restore["state"] == "done" else {
            let (detail, remedy) = (restore["error"]?["detail"]?.stringValue ?? "", restore["error"]?["remedy"]?.stringValue ?? "")
            throw CLIError(Localized(detail, zh: detail), remedy: Localized(remedy, zh: remedy))
        }
        let documents = restore["documents"]?.intValue ?? 0
        context.console.line(wantsJSON ? restore.text : context.say("\(documents) documents are back", zh: "已恢复 \(documents) 个文档"))
    }

    private func confirm(_ database: DatabaseClient, in context: CommandContext) throws {
        guard !yes else { return }
        let what = collections.isEmpty ? context.say("the whole database", zh: "整个数据库") : collections.joined(separator: ", ")
        let question = context.say(
            "Replace \(what) of \(database.environment) by what the backup holds? (yes/no) ", zh: "用备份替换 \(database.environment) 的\(what)？(yes/no) ")
        guard context.console.ask(question, hidden: false) == "yes" else {
            throw CLIError(
                Localized("Nothing was changed.", zh: "未做任何更改。"), remedy: Localized("Answer yes, or add --yes.", zh: "请回答 yes，或加上 --yes。"))
        }
    }
}

/// `sampan db backup remove`.
struct RemoveBackup: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: said("Remove a backup for good.", zh: "彻底删除备份。"),
        discussion: said("Example: sampan db backup remove 1764212345678-manual", zh: "示例：sampan db backup remove 1764212345678-manual"))

    @OptionGroup var options: BackupOptions
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(options.connection, in: context)
        _ = try await database.client.send(.delete, database.path("backups", options.backup))
        context.console.line(
            wantsJSON ? (["removed": .string(options.backup)] as JSON).text : context.say("\(options.backup) is removed", zh: "\(options.backup) 已删除"))
    }
}

/// `sampan db backup plan`.
struct PlanBackups: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: said("Have a backup made every day, or never.", zh: "设定或关闭每日备份。"),
        discussion: said(
            "Example: sampan db backup plan --hour 19 --keep 30\nExample: sampan db backup plan --off",
            zh: "示例：sampan db backup plan --hour 19 --keep 30\n示例：sampan db backup plan --off"))

    @Option(help: ArgumentHelp(said("The hour in UTC, 0 to 23; 19 is 3 in the morning in Beijing.", zh: "UTC 小时 0–23；19 即北京时间凌晨 3 点。"))) var hour: Int64?
    @Option(help: ArgumentHelp(said("How many are kept (default: 14).", zh: "保留份数（默认 14）。"))) var keep: Int64?
    @Flag(help: ArgumentHelp(said("Make no more by plan.", zh: "关闭定时备份。"))) var off = false
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func validate() throws {
        guard off != (hour != nil || keep != nil) else {
            throw ValidationError(said("Give --hour, --keep or both, or --off.", zh: "请给出 --hour、--keep，或 --off。"))
        }
    }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        var plan: JSONObject = [:]
        plan["hour"] = hour.map { .int($0) }
        plan["keep"] = keep.map { .int($0) }
        let settings = try await database.client.send(.patch, database.path("settings"), body: .json(["backups": off ? .null : .object(plan)])).json()
        guard !wantsJSON else { return context.console.line((settings["backups"] ?? .null).text) }
        guard let now = settings["backups"], !now.isNull else { return context.console.line(context.say("no backups are planned", zh: "已关闭定时备份")) }
        let (hour, keep) = (now["hour"]?.intValue ?? 0, now["keep"]?.intValue ?? 0)
        context.console.line(context.say("every day at \(hour):00 UTC, \(keep) are kept", zh: "每天 UTC \(hour):00，保留 \(keep) 份"))
    }
}
