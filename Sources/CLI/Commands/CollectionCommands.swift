import ArgumentParser
import Foundation
import Kernel

/// `sampan db collections`.
struct ListCollections: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "collections", abstract: said("List the collections.", zh: "列出集合。"),
        discussion: said("Example: sampan db collections", zh: "示例：sampan db collections"))

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        let collections = try await database.client.list("collections", database.path("collections"))
        guard !wantsJSON else { return context.console.line((["collections": .array(collections)] as JSON).text) }
        var table = TextTable(heading: ["NAME", "PERMISSION", "DOCUMENTS", "INDEXES"])
        for entry in collections {
            let indexes = (entry["indexes"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            table.add(
                entry["name"]?.stringValue ?? "", entry["permission"]?.stringValue ?? "", entry["documents"]?.text ?? "",
                indexes.joined(separator: ","))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan db create`.
struct CreateCollection: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: said("Create a collection.", zh: "创建集合。"),
        discussion: said(
            """
            Permissions: READONLY (all read, creator writes), PRIVATE (creator reads and writes), ADMINWRITE (all read), ADMINONLY.

            Example: sampan db create goods --permission ADMINWRITE
            """,
            zh: """
                权限：READONLY（所有人可读，创建者可写）、PRIVATE（仅创建者可读写）、ADMINWRITE（所有人可读）、ADMINONLY。

                示例：sampan db create goods --permission ADMINWRITE
                """))

    @OptionGroup var collection: CollectionOptions

    @Option(help: ArgumentHelp(said("Who may read and write; PRIVATE when absent.", zh: "读写权限；默认 PRIVATE。")))
    var permission: String?

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        var body: JSONObject = ["name": .string(collection.collection)]
        body["permission"] = permission.map { .string($0) }
        let answer = try await database.client.send(.post, database.path("collections"), body: .json(.object(body))).json()
        let name = collection.collection
        context.console.line(wantsJSON ? answer.text : context.say("Created \(name).", zh: "已创建 \(name)。"))
    }
}

/// `sampan db import`.
struct ImportDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: said("Bring a file of JSON lines into a collection.", zh: "把 JSON Lines 文件导入集合。"),
        discussion: said(
            "WeChat's database export is such a file.\n\nExample: sampan db import goods.jsonl --collection goods",
            zh: "微信云开发导出的 JSON 就是这种格式。\n\n示例：sampan db import goods.jsonl --collection goods"))

    @Argument(help: ArgumentHelp(said("The file.", zh: "文件。")))
    var file: String

    @Option(help: ArgumentHelp(said("The collection; the file's name when absent.", zh: "集合名；默认取文件名。")))
    var collection: String?

    @Option(help: ArgumentHelp(said("insert (a known _id is an error) or upsert.", zh: "insert（_id 已存在则报错）或 upsert。")))
    var mode = "insert"

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let source = context.resolve(file)
        let collection = collection ?? source.deletingPathExtension().lastPathComponent
        let database = try await DatabaseClient(connection, in: context)
        let counts = try await CollectionImport(client: database.client, environment: database.environment)
            .run(source, into: collection, mode: mode)
        let answer: JSON = ["inserted": .int(counts.inserted), "updated": .int(counts.updated)]
        context.console.line(
            wantsJSON
                ? answer.text
                : context.say(
                    "\(collection): \(counts.inserted) inserted, \(counts.updated) updated",
                    zh: "\(collection)：新增 \(counts.inserted) 条，更新 \(counts.updated) 条"))
    }
}

/// `sampan db export`.
struct ExportDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: said("Write a collection as JSON lines.", zh: "把集合导出为 JSON Lines。"),
        discussion: said("Example: sampan db export goods --output goods.jsonl", zh: "示例：sampan db export goods --output goods.jsonl"))

    @OptionGroup var collection: CollectionOptions

    @Option(name: .shortAndLong, help: ArgumentHelp(said("The file; standard output when absent.", zh: "文件；默认输出到标准输出。"), valueName: "file"))
    var output: String?

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        let body = try await database.client.stream(
            database.path("export"), query: [("collection", collection.collection)], timeout: .seconds(12 * 3600))
        guard let output else {
            // A character may be cut between two pieces, so whole lines are written.
            var rest: [UInt8] = []
            for try await piece in body {
                rest += piece
                guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
                context.console.write(String(decoding: rest[...end], as: UTF8.self))
                rest.removeSubrange(...end)
            }
            if !rest.isEmpty { context.console.line(String(decoding: rest, as: UTF8.self)) }
            return
        }
        let file = context.resolve(output)
        var documents = 0
        try await FileDownload.save(body, to: file) { piece in documents += piece.count { $0 == UInt8(ascii: "\n") } }
        let answer: JSON = ["file": .string(file.path), "documents": .int(Int64(documents))]
        context.console.line(
            wantsJSON ? answer.text : context.say("\(documents) documents in \(file.path)", zh: "\(documents) 个文档已写入 \(file.path)"))
    }
}
