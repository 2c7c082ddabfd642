import ArgumentParser
import Foundation
import Kernel

/// `sampan db restore`.
struct RestoreDatabase: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: said("Go back to a moment of the history (14 days, unless set otherwise).", zh: "恢复到历史保留期内（默认 14 天）的某一时刻。"),
        discussion: said(
            """
            With a collection, also one that was dropped, a new collection is made. Without one the whole database goes back in place, all or nothing; \
            --preview only tells what would change.

            Example: sampan db restore goods --at 2026-11-27T12:00:00Z --as goods-before
            Example: sampan db restore --at 2026-11-27T12:00:00Z --preview
            """,
            zh: """
                指定集合（含已删除的集合）时恢复为新集合；不指定时整个数据库原地恢复，要么全部完成，要么完全不变；--preview 仅查看将发生的变化。

                示例：sampan db restore goods --at 2026-11-27T12:00:00Z --as goods-before
                示例：sampan db restore --at 2026-11-27T12:00:00Z --preview
                """))

    @Argument(help: ArgumentHelp(said("The collection; none for the whole database.", zh: "集合名；不写则为整个数据库。")))
    var collection: String?

    @Option(help: ArgumentHelp(said("The moment: ISO 8601, or milliseconds since 1970.", zh: "时刻：ISO 8601 或自 1970 年起的毫秒数。")))
    var at: String

    @Option(name: .customLong("as"), help: ArgumentHelp(said("The new collection's name (default: its own).", zh: "新集合名（默认沿用原名）。"), valueName: "name"))
    var target: String?

    @Flag(help: ArgumentHelp(said("Only tell what would change.", zh: "仅查看将发生的变化。")))
    var preview = false

    @Flag(help: ArgumentHelp(said("Do not ask.", zh: "不再询问。")))
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        let moment: JSON = Int64(at).map { .int($0) } ?? .string(at)
        guard let collection else { return try await restoreAll(database, moment, in: context) }
        var body: JSONObject = ["at": moment]
        body["as"] = target.map { .string($0) }
        let answer = try await database.client.send(
            .post, database.path("collections", collection, "restore"), body: .json(.object(body)), timeout: .seconds(12 * 3600)
        ).json()
        let (name, documents) = (answer["collection"]?.stringValue ?? "", answer["documents"]?.intValue ?? 0)
        context.console.line(wantsJSON ? answer.text : context.say("\(name): \(documents) documents", zh: "\(name)：\(documents) 个文档"))
    }

    private func restoreAll(_ database: DatabaseClient, _ moment: JSON, in context: CommandContext) async throws {
        let path = database.path("database", "restore")
        if !preview, !yes {
            let question = context.say(
                "Make the whole database of \(database.environment) what it was then? (yes/no) ", zh: "将 \(database.environment) 的整个数据库恢复到该时刻？(yes/no) ")
            guard context.console.ask(question, hidden: false) == "yes" else {
                throw CLIError(
                    Localized("Nothing was changed.", zh: "未做任何更改。"),
                    remedy: Localized("Answer yes, or add --yes; --preview tells what would change.", zh: "请回答 yes，或加上 --yes；--preview 可查看将发生的变化。"))
            }
        }
        let answer = try await database.client.send(
            .post, path, body: .json(["at": moment, "preview": .bool(preview)]), timeout: .seconds(12 * 3600)
        ).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["NAME", "OUTCOME", "CHANGED"])
        for entry in answer["collections"]?.arrayValue ?? [] {
            table.add(entry["name"]?.stringValue ?? "", entry["outcome"]?.stringValue ?? "", entry["changed"]?.text ?? "")
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan db dropped`.
struct ListDropped: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "dropped", abstract: said("List dropped collections that can be restored.", zh: "列出可恢复的已删除集合。"),
        discussion: said("Example: sampan db dropped", zh: "示例：sampan db dropped"))

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        let answer = try await database.client.send(.get, database.path("database", "dropped")).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["NAME", "DOCUMENTS", "DROPPED", "KEPT UNTIL"])
        for entry in answer["collections"]?.arrayValue ?? [] {
            func moment(_ name: String) -> String { DateText.iso8601(fromMilliseconds: entry[name]?.intValue ?? 0) }
            table.add(entry["name"]?.stringValue ?? "", entry["documents"]?.text ?? "", moment("droppedAt"), moment("restorableUntil"))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan db schema`.
struct ShowSchema: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: said("Show what the documents of a collection look like.", zh: "查看集合的文档结构。"),
        discussion: said("Inferred from up to 1000 documents.\n\nExample: sampan db schema goods", zh: "根据至多 1000 个文档推断。\n\n示例：sampan db schema goods"))

    @OptionGroup var collection: CollectionOptions

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        let answer = try await database.client.send(.get, database.path("collections", collection.collection, "schema")).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["FIELD", "TYPES", "MISSING", "EXAMPLE", "VALUES"])
        for field in answer["fields"]?.arrayValue ?? [] {
            let types = (field["types"]?.arrayValue ?? []).map { "\($0["type"]?.stringValue ?? "") \(Self.percent($0["share"]))" }.joined(separator: ", ")
            let ends = field["min"].map { "\($0.text) … \((field["max"] ?? $0).text)" }
            let values = field["values"]?.arrayValue.map { $0.map(\.text).joined(separator: " ") }
            table.add(
                field["path"]?.stringValue ?? "", types, Self.percent(field["missing"]), Self.short(field["example"]?.text ?? "-"),
                Self.short(values ?? ends ?? "-"))
        }
        for line in table.lines { context.console.line(line) }
    }

    private static func percent(_ share: JSON?) -> String { "\(Int(((share?.doubleValue ?? 0) * 100).rounded()))%" }

    private static func short(_ text: String) -> String { text.count <= 60 ? text : String(text.prefix(59)) + "…" }
}

/// `sampan db slow`.
struct ListSlowQueries: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "slow", abstract: said("List slow queries, with the index that would help.", zh: "列出慢查询及建议的索引。"),
        discussion: said("Those since the server's start.\n\nExample: sampan db slow", zh: "自服务启动以来的慢查询。\n\n示例：sampan db slow"))

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(connection, in: context)
        let answer = try await database.client.send(.get, database.path("database", "slow")).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["COLLECTION", "OPERATION", "MS", "EXAMINED", "MATCHED", "COUNT", "PLAN", "INDEX THAT WOULD HELP", "WHERE"])
        for query in answer["queries"]?.arrayValue ?? [] {
            table.add(
                query["collection"]?.stringValue ?? "", query["operation"]?.stringValue ?? "", String(Int(query["milliseconds"]?.doubleValue ?? 0)),
                query["examined"]?.text ?? "", query["matched"]?.text ?? "", query["count"]?.text ?? "", query["plan"]?.stringValue ?? "",
                query["advice"]?.text ?? "-", query["where"]?.text ?? "")
        }
        for line in table.lines { context.console.line(line) }
    }
}
