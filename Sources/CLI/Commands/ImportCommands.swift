import ArgumentParser
import Foundation
import Kernel

/// How a file of documents is read, and what becomes of them.
struct ImportOptions: ParsableArguments {
    @Option(help: ArgumentHelp(said("insert (a known _id is an error) or upsert.", zh: "insert（_id 已存在则报错）或 upsert。")))
    var mode = "insert"

    @Option(help: ArgumentHelp(said("json, csv or bson; found out when absent.", zh: "json、csv 或 bson；默认自动识别。")))
    var format: String?

    @Option(help: ArgumentHelp(said("At a document that is refused: stop or skip.", zh: "文档被拒绝时：stop（停止）或 skip（跳过）。"), valueName: "what"))
    var onError = "stop"

    @Option(help: ArgumentHelp(said("Cells of a table: detect (numbers, true, JSON) or text.", zh: "表格单元格：detect（识别数字、布尔与 JSON）或 text。")))
    var types: String?

    @Flag(help: ArgumentHelp(said("Cells that are ISO 8601 dates become dates.", zh: "把 ISO 8601 单元格识别为日期。")))
    var dates = false

    @Option(help: ArgumentHelp(said("Of a table: comma, semicolon or tab; found out when absent.", zh: "表格分隔符：comma、semicolon 或 tab；默认自动识别。")))
    var separator: String?

    func query(_ collection: String, _ file: URL) -> [(String, String?)] {
        [
            ("collection", collection), ("mode", mode), ("format", format), ("onError", onError), ("types", types), ("dates", dates ? "yes" : nil),
            ("separator", separator), ("fileName", file.lastPathComponent),
        ]
    }
}

/// `sampan db import`.
struct ImportDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: said("Bring a file of documents into a collection.", zh: "把文件中的文档导入集合。"),
        discussion: said(
            """
            JSON lines (WeChat's database export is such a file), a JSON array, CSV with a header, or BSON from mongodump. A broken
            connection is taken up again; the import goes on in the server when this command is stopped: sampan db imports.

            Example: sampan db import goods.jsonl --collection goods
            """,
            zh: """
                支持 JSON Lines（微信云开发导出的 JSON 就是这种格式）、JSON 数组、带表头的 CSV、mongodump 的 BSON。
                连接中断会自动续传；命令退出后，导入仍在服务器上继续，见 sampan db imports。

                示例：sampan db import goods.jsonl --collection goods
                """))

    @Argument(help: ArgumentHelp(said("The file.", zh: "文件。")))
    var file: String

    @Option(help: ArgumentHelp(said("The collection; the file's name when absent.", zh: "集合名；默认取文件名。")))
    var collection: String?

    @OptionGroup var options: ImportOptions
    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let source = context.resolve(file)
        let collection = collection ?? source.deletingPathExtension().lastPathComponent
        let database = try await DatabaseClient(connection, in: context)
        let sent = try await ImportUpload(database: database, file: source, console: context.console)
            .send(query: options.query(collection, source))
        try await ImportWatch(database: database, console: context.console).finish(sent, collection, asJSON: wantsJSON, in: context)
    }
}

/// `sampan db imports`.
struct ImportsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "imports", abstract: said("Imports of this environment: list, resume, cancel.", zh: "查看、继续或取消该环境的导入。"),
        discussion: said("Example: sampan db imports list", zh: "示例：sampan db imports list"),
        subcommands: [ListImports.self, ResumeImport.self, CancelImport.self], defaultSubcommand: ListImports.self)
}

/// `sampan db imports list`.
struct ListImports: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the imports, the newest first.", zh: "列出导入，最新的在前。"),
        discussion: said("Example: sampan db imports list", zh: "示例：sampan db imports list"))

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        let answer = try await database.client.send(.get, database.path("imports")).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["ID", "COLLECTION", "STATE", "NEW", "REPLACED", "LEFT OUT", "FILE"])
        for entry in answer["imports"]?.arrayValue ?? [] {
            let text = { (name: String) in entry[name].map { $0.stringValue ?? $0.text } ?? "" }
            table.add(text("id"), text("collection"), text("state"), text("inserted"), text("updated"), text("refused"), text("fileName"))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan db imports resume`.
struct ResumeImport: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: said("Let an import that stopped go on behind what it has stored.", zh: "让已停止的导入从断点继续。"),
        discussion: said("Example: sampan db imports resume imp-… --on-error skip", zh: "示例：sampan db imports resume imp-… --on-error skip"))

    @Argument(help: ArgumentHelp(said("The import's id.", zh: "导入的 id。")))
    var id: String

    @Option(help: ArgumentHelp(said("From now on: stop or skip.", zh: "此后遇到错误：stop 或 skip。"), valueName: "what"))
    var onError: String?

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        var body: JSONObject = [:]
        body["onError"] = onError.map { .string($0) }
        let resumed = try await database.client.send(.post, database.path("imports", id, "resume"), body: .json(.object(body))).json()
        try await ImportWatch(database: database, console: context.console)
            .finish(resumed, resumed["collection"]?.stringValue ?? "", asJSON: wantsJSON, in: context)
    }
}

/// `sampan db imports cancel`.
struct CancelImport: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: said("Cancel an import; what it has stored stays.", zh: "取消导入；已写入的文档会保留。"),
        discussion: said("Example: sampan db imports cancel imp-…", zh: "示例：sampan db imports cancel imp-…"))

    @Argument(help: ArgumentHelp(said("The import's id.", zh: "导入的 id。")))
    var id: String

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        _ = try await database.client.send(.delete, database.path("imports", id))
        if !wantsJSON { context.console.line(context.say("Cancelled \(id).", zh: "已取消 \(id)。")) }
    }
}
