import ArgumentParser
import Kernel

/// `sampan db index`.
struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: said("List, create and delete indexes.", zh: "管理索引。"),
        discussion: said(
            "Example: sampan db index create orders byUser --field user --field createdAt:desc",
            zh: "示例：sampan db index create orders byUser --field user --field createdAt:desc"),
        subcommands: [ListIndexes.self, CreateIndex.self, DeleteIndex.self])
}

/// `sampan db index list`.
struct ListIndexes: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the indexes of a collection.", zh: "列出集合的索引。"),
        discussion: said("Example: sampan db index list orders", zh: "示例：sampan db index list orders"))

    @OptionGroup var collection: CollectionOptions

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        let entry = try await database.client.send(.get, database.path("collections", collection.collection)).json()
        let indexes = entry["indexes"]?.arrayValue ?? []
        guard !wantsJSON else { return context.console.line((["indexes": .array(indexes)] as JSON).text) }
        var table = TextTable(heading: ["NAME", "KEYS", "UNIQUE"])
        for index in indexes {
            table.add(index["name"]?.stringValue ?? "", index["keys"]?.text ?? "", (index["unique"] ?? false).text)
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan db index create`.
struct CreateIndex: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: said("Create an index.", zh: "创建索引。"),
        discussion: said(
            "Example: sampan db index create orders byUser --field user --field createdAt:desc",
            zh: "示例：sampan db index create orders byUser --field user --field createdAt:desc"))

    @OptionGroup var collection: CollectionOptions

    @Argument(help: ArgumentHelp(said("The index.", zh: "索引名。")))
    var name: String

    @Option(
        name: .customLong("field"),
        help: ArgumentHelp(said("field or field:desc; may be given again.", zh: "字段 或 字段:desc；可多次给出。"), valueName: "field"))
    var fields: [String] = []

    @Flag(help: ArgumentHelp(said("No two documents may have the same values.", zh: "值不允许重复。")))
    var unique = false

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        let keys = fields.map { field -> JSON in
            let parts = field.split(separator: ":", maxSplits: 1).map(String.init)
            return [.string(parts.first ?? ""), .string(parts.count > 1 ? parts[1] : "asc")]
        }
        guard !keys.isEmpty else {
            throw CLIError(
                Localized("An index needs a field.", zh: "索引至少需要一个字段。"),
                remedy: Localized("Add --field price or --field price:desc.", zh: "请加上 --field price 或 --field price:desc。"))
        }
        let body: JSON = ["name": .string(name), "keys": .array(keys), "unique": .bool(unique)]
        let answer = try await database.client.send(
            .post, database.path("collections", collection.collection, "indexes"), body: .json(body)
        ).json()
        context.console.line(wantsJSON ? answer.text : context.say("Created \(name).", zh: "已创建 \(name)。"))
    }
}

/// `sampan db index delete`.
struct DeleteIndex: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: said("Delete an index.", zh: "删除索引。"),
        discussion: said("Example: sampan db index delete orders byUser", zh: "示例：sampan db index delete orders byUser"))

    @OptionGroup var collection: CollectionOptions

    @Argument(help: ArgumentHelp(said("The index.", zh: "索引名。")))
    var name: String

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        _ = try await database.client.send(.delete, database.path("collections", collection.collection, "indexes", name))
        context.console.line(wantsJSON ? (["deleted": .string(name)] as JSON).text : context.say("Deleted \(name).", zh: "已删除 \(name)。"))
    }
}
