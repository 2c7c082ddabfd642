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

/// `sampan db export`.
struct ExportDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: said("Write a collection to a file.", zh: "把集合导出为文件。"),
        discussion: said(
            "Example: sampan db export goods --output goods.csv --where '{\"price\":{\"$lt\":100}}'",
            zh: "示例：sampan db export goods --output goods.csv --where '{\"price\":{\"$lt\":100}}'"))

    @OptionGroup var collection: CollectionOptions

    @Option(name: .shortAndLong, help: ArgumentHelp(said("The file; standard output when absent.", zh: "文件；默认输出到标准输出。"), valueName: "file"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            said(
                "jsonl, ejson, ejson-canonical, csv or bson; from the file's name (.csv, .bson) or jsonl when absent.",
                zh: "jsonl、ejson、ejson-canonical、csv 或 bson；默认按文件名（.csv、.bson），否则为 jsonl。")))
    var format: String?

    @Option(
        name: .customLong("where"), help: ArgumentHelp(said("The documents that match (JSON, @file or -).", zh: "符合条件的文档（JSON、@文件或 -）。"), valueName: "query"))
    var query: String?

    @Option(help: ArgumentHelp(said("The columns of a table: a,b.", zh: "表格的列：a,b。")))
    var fields: String?

    @Option(
        help: ArgumentHelp(
            said(
                "In MongoDB's formats: text, identifiers (24 hex digits of _id become ObjectIds) or everywhere.",
                zh: "MongoDB 格式中：text、identifiers（24 位十六进制 _id 转为 ObjectId）或 everywhere。")))
    var objectIds: String?

    var wantsJSON: Bool { collection.connection.server.output.json }

    /// What was asked for, or what the file's name says.
    private var chosenFormat: String? {
        let named = output.map { URL(fileURLWithPath: $0).pathExtension }
        return format ?? (named == "csv" || named == "bson" ? named : nil)
    }

    private func parameters(in context: CommandContext) throws -> [(String, String?)] {
        let condition = try query.map { try JSONArgument($0, named: "where", in: context).json.text }
        return [
            ("collection", collection.collection), ("format", chosenFormat), ("where", condition), ("fields", fields), ("objectIds", objectIds),
        ]
    }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        let body = try await database.client.stream(database.path("export"), query: try parameters(in: context), timeout: .seconds(12 * 3600))
        guard let output else {
            for try await piece in body { context.console.write(bytes: piece) }
            return
        }
        let file = context.resolve(output)
        let progress = ProgressLine(context.say("receiving", zh: "下载"), on: context.console)
        defer { progress.finish() }
        var (bytes, lines) = (0, 0)
        try await FileDownload.save(body, to: file) { piece in
            bytes += piece.count
            lines += piece.count { $0 == UInt8(ascii: "\n") }
            progress.advance(by: piece.count)
        }
        progress.finish()
        var answer: JSONObject = ["file": .string(file.path), "bytes": .int(Int64(bytes))]
        // A line is a document but in tables and BSON.
        let isLines = !["csv", "bson"].contains(chosenFormat)
        if isLines { answer["documents"] = .int(Int64(lines)) }
        guard !wantsJSON else { return context.console.line(JSON.object(answer).text) }
        context.console.line(
            isLines
                ? context.say("\(lines) documents in \(file.path)", zh: "\(lines) 个文档已写入 \(file.path)")
                : context.say("\(bytes) bytes in \(file.path)", zh: "\(bytes) 字节已写入 \(file.path)"))
    }
}
