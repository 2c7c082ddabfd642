import ArgumentParser
import Foundation
import Kernel

/// `sampan db`.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: said("Read and change the database.", zh: "读写数据库。"),
        discussion: said(
            "Example: sampan db get goods --where '{\"price\":{\"$lt\":100}}' --order price:asc --limit 5",
            zh: "示例：sampan db get goods --where '{\"price\":{\"$lt\":100}}' --order price:asc --limit 5"),
        subcommands: [
            GetDocuments.self, AddDocuments.self, UpdateDocuments.self, RemoveDocuments.self, CountDocuments.self, AggregateDocuments.self,
            ListCollections.self, CreateCollection.self, ImportDocuments.self, ImportsCommand.self, ExportDocuments.self, IndexCommand.self,
            RulesCommand.self, ShowSchema.self, ListSlowQueries.self, RestoreDatabase.self, ListDropped.self, BackupCommand.self,
        ])
}

/// Which collection, on which server.
struct CollectionOptions: ParsableArguments {
    @Argument(help: ArgumentHelp(said("The collection.", zh: "集合名。")))
    var collection: String

    @OptionGroup var connection: ConnectionOptions
}

/// Which documents.
struct DocumentChoice: ParsableArguments {
    @Option(help: ArgumentHelp(said("The document with this _id.", zh: "指定 _id 的文档。")))
    var id: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(said("The documents that match (JSON, @file or -).", zh: "符合条件的文档（JSON、@文件或 -）。"), valueName: "query"))
    var query: String?

    /// The members of an operation that say it.
    func members(in context: CommandContext) throws -> JSONObject {
        var members = JSONObject()
        members["id"] = id.map { .string($0) }
        members["where"] = try query.map { try JSONArgument($0, named: "query", in: context).json }
        return members
    }
}

/// The database of one environment.
struct DatabaseClient {
    let client: ManagementClient
    let environment: String

    init(_ options: ConnectionOptions, in context: CommandContext) async throws {
        let connection = try Connection.resolve(options, in: context)
        environment = try await connection.requiredEnvironment(in: context)
        client = try connection.client(in: context)
    }

    /// Runs an operation; a write carries a key so that a repeat is recognised.
    func run(_ operation: String, on collection: String, _ members: JSONObject, isWrite: Bool = false) async throws -> JSON {
        var body: JSONObject = ["op": .string(operation), "collection": .string(collection)]
        for (name, value) in members { body[name] = value }
        let headers = isWrite ? [("idempotency-key", UUID().uuidString)] : []
        return try await client.send(.post, path("database"), body: .json(.object(body)), headers: headers).json()
    }

    func path(_ parts: String...) -> [String] { ["environments", environment] + parts }
}

/// `sampan db get`.
struct GetDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: said("Print documents, one a line.", zh: "输出文档，每行一个。"),
        discussion: said("Example: sampan db get goods --id g-1", zh: "示例：sampan db get goods --id g-1"))

    @OptionGroup var collection: CollectionOptions
    @OptionGroup var choice: DocumentChoice

    @Option(help: ArgumentHelp(said("field or field:desc; may be given again.", zh: "字段 或 字段:desc；可多次给出。"), valueName: "field"))
    var order: [String] = []

    @Option(help: ArgumentHelp(said("The most documents (at most 1000).", zh: "最多文档数（不超过 1000）。")))
    var limit: Int?

    @Option(help: ArgumentHelp(said("How many to pass over.", zh: "跳过的文档数。")))
    var skip: Int?

    @Option(help: ArgumentHelp(said("Only these fields: a,b.", zh: "只输出这些字段：a,b。")))
    var fields: String?

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        var members = try choice.members(in: context)
        if !order.isEmpty { members["orderBy"] = .array(try order.map(Self.order)) }
        members["limit"] = limit.map { .int(Int64($0)) }
        members["skip"] = skip.map { .int(Int64($0)) }
        if let fields {
            members["projection"] = .object(JSONObject(fields.split(separator: ",").map { (String($0), JSON.int(1)) }))
        }
        let answer = try await DatabaseClient(collection.connection, in: context).run("get", on: collection.collection, members)
        printDocuments(answer, asJSON: wantsJSON, in: context)
    }

    private static func order(_ typed: String) throws -> JSON {
        let parts = typed.split(separator: ":", maxSplits: 1).map(String.init)
        guard let field = parts.first, ["asc", "desc"].contains(parts.count > 1 ? parts[1] : "asc") else {
            throw CLIError(
                Localized("\"\(typed)\" is not an order.", zh: "“\(typed)” 不是排序方式。"),
                remedy: Localized("Write price, price:asc or price:desc.", zh: "请写成 price、price:asc 或 price:desc。"))
        }
        return [.string(field), .string(parts.count > 1 ? parts[1] : "asc")]
    }
}

/// Prints the documents of an answer: all in one for programs that ask for JSON, else one a line.
private func printDocuments(_ answer: JSON, asJSON: Bool, in context: CommandContext) {
    guard !asJSON, let documents = answer["data"]?.arrayValue else {
        let isForPerson = !asJSON && context.console.isTerminal
        let content = asJSON ? answer : answer["data"] ?? answer
        return context.console.line(isForPerson ? content.indentedText : content.text)
    }
    for document in documents { context.console.line(document.text) }
}

/// `sampan db add`.
struct AddDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: said("Add a document, or a list of them.", zh: "新增一个或一组文档。"),
        discussion: said(
            "Example: sampan db add goods '{\"name\":\"bun\",\"price\":300}'",
            zh: "示例：sampan db add goods '{\"name\":\"包子\",\"price\":300}'"))

    @OptionGroup var collection: CollectionOptions

    @Argument(help: ArgumentHelp(said("JSON, @file or -.", zh: "JSON、@文件或 -。")))
    var document: String

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let data = try JSONArgument(document, named: "document", in: context).json
        let database = try await DatabaseClient(collection.connection, in: context)
        let answer = try await database.run("add", on: collection.collection, ["data": data], isWrite: true)
        guard !wantsJSON else { return context.console.line(answer.text) }
        for id in answer["ids"]?.arrayValue ?? [answer["id"] ?? .null] { context.console.line(id.stringValue ?? id.text) }
    }
}

/// `sampan db update`.
struct UpdateDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: said("Change documents with an update of operators.", zh: "用更新操作符修改文档。"),
        discussion: said(
            "Example: sampan db update goods --id g-1 '{\"$set\":{\"price\":350}}'",
            zh: "示例：sampan db update goods --id g-1 '{\"$set\":{\"price\":350}}'"))

    @OptionGroup var collection: CollectionOptions
    @OptionGroup var choice: DocumentChoice

    @Argument(help: ArgumentHelp(said("The update: JSON, @file or -.", zh: "更新内容：JSON、@文件或 -。")))
    var update: String

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        var members = try choice.members(in: context)
        guard !members.isEmpty else { throw chooseDocuments }
        members["update"] = try JSONArgument(update, named: "update", in: context).json
        let answer = try await DatabaseClient(collection.connection, in: context).run(
            "update", on: collection.collection, members, isWrite: true)
        let (matched, updated) = (answer["matched"]?.intValue ?? 0, answer["updated"]?.intValue ?? 0)
        context.console.line(
            wantsJSON ? answer.text : context.say("\(matched) matched, \(updated) updated", zh: "匹配 \(matched) 条，更新 \(updated) 条"))
    }
}

/// `sampan db remove`.
struct RemoveDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: said("Remove documents.", zh: "删除文档。"),
        discussion: said(
            "Example: sampan db remove orders --where '{\"test\":true}'", zh: "示例：sampan db remove orders --where '{\"test\":true}'"))

    @OptionGroup var collection: CollectionOptions
    @OptionGroup var choice: DocumentChoice

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let members = try choice.members(in: context)
        guard !members.isEmpty else { throw chooseDocuments }
        let answer = try await DatabaseClient(collection.connection, in: context).run(
            "remove", on: collection.collection, members, isWrite: true)
        let removed = answer["removed"]?.intValue ?? 0
        context.console.line(wantsJSON ? answer.text : context.say("\(removed) removed", zh: "删除 \(removed) 条"))
    }
}

/// A change without a choice would change everything; that is only done when it is written out.
private let chooseDocuments = CLIError(
    Localized("Which documents?", zh: "要操作哪些文档？"),
    remedy: Localized("Add --id or --where; --where '{}' means all.", zh: "请加上 --id 或 --where；--where '{}' 表示全部。"))

/// `sampan db count`.
struct CountDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "count", abstract: said("Count documents.", zh: "统计文档数。"),
        discussion: said(
            "Example: sampan db count orders --where '{\"paid\":true}'", zh: "示例：sampan db count orders --where '{\"paid\":true}'"))

    @OptionGroup var collection: CollectionOptions

    @Option(name: .customLong("where"), help: ArgumentHelp(said("The documents that match.", zh: "符合条件的文档。"), valueName: "query"))
    var query: String?

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        var members = JSONObject()
        members["where"] = try query.map { try JSONArgument($0, named: "query", in: context).json }
        let answer = try await DatabaseClient(collection.connection, in: context).run("count", on: collection.collection, members)
        context.console.line(wantsJSON ? answer.text : (answer["total"] ?? .null).text)
    }
}

/// `sampan db aggregate`.
struct AggregateDocuments: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "aggregate", abstract: said("Run an aggregation.", zh: "执行聚合。"),
        discussion: said(
            "Example: sampan db aggregate orders '[{\"$group\":{\"_id\":\"$goods\",\"n\":{\"$sum\":1}}}]'",
            zh: "示例：sampan db aggregate orders '[{\"$group\":{\"_id\":\"$goods\",\"n\":{\"$sum\":1}}}]'"))

    @OptionGroup var collection: CollectionOptions

    @Argument(help: ArgumentHelp(said("The list of stages: JSON, @file or -.", zh: "聚合阶段列表：JSON、@文件或 -。")))
    var pipeline: String

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let stages = try JSONArgument(pipeline, named: "pipeline", in: context).json
        let answer = try await DatabaseClient(collection.connection, in: context).run(
            "aggregate", on: collection.collection, ["pipeline": stages])
        printDocuments(answer, asJSON: wantsJSON, in: context)
    }
}
