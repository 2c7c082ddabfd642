import ArgumentParser
import Foundation
import Kernel

/// `sampan db rules`.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: said("Show, set and try a collection's security rules.", zh: "查看、设置与测试集合的安全规则。"),
        discussion: said(
            "Example: sampan db rules set shops '{\"read\":true,\"write\":\"doc._openid == auth.openid\"}'",
            zh: "示例：sampan db rules set shops '{\"read\":true,\"write\":\"doc._openid == auth.openid\"}'"),
        subcommands: [ShowRules.self, SetRules.self, TestRules.self])
}

/// `sampan db rules get`.
struct ShowRules: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: said("Print the rules, or the permission that stands for them.", zh: "输出安全规则，或等价的基础权限。"),
        discussion: said("Example: sampan db rules get shops", zh: "示例：sampan db rules get shops"))

    @OptionGroup var collection: CollectionOptions

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let database = try await DatabaseClient(collection.connection, in: context)
        let answer = try await database.client.send(.get, database.path("collections", collection.collection)).json()
        guard wantsJSON else {
            return context.console.line(answer["rules"]?.indentedText ?? answer["permission"]?.stringValue ?? "")
        }
        var shown: JSONObject = ["permission": answer["permission"] ?? .null]
        shown["rules"] = answer["rules"]
        context.console.line(JSON.object(shown).text)
    }
}

/// `sampan db rules set`.
struct SetRules: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: said("Set the rules, or a permission.", zh: "设置安全规则或基础权限。"),
        discussion: said(
            "JSON sets rules; READONLY, PRIVATE, ADMINWRITE or ADMINONLY a permission.\n\nExample: sampan db rules set shops @rules.json",
            zh: "JSON 表示安全规则；READONLY、PRIVATE、ADMINWRITE、ADMINONLY 表示基础权限。\n\n示例：sampan db rules set shops @rules.json"))

    private static let permissions: Set<String> = ["READONLY", "PRIVATE", "ADMINWRITE", "ADMINONLY"]

    @OptionGroup var collection: CollectionOptions

    @Argument(help: ArgumentHelp(said("Rules as JSON, @file or -; or a permission.", zh: "规则：JSON、@文件或 -；或权限名。")))
    var rules: String

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let change: JSONObject =
            Self.permissions.contains(rules) ? ["permission": .string(rules)] : ["rules": try JSONArgument(rules, named: "rules", in: context).json]
        let database = try await DatabaseClient(collection.connection, in: context)
        let answer = try await database.client.send(.patch, database.path("collections", collection.collection), body: .json(.object(change))).json()
        let permission = answer["permission"]?.stringValue ?? ""
        context.console.line(wantsJSON ? answer.text : context.say("\(collection.collection): \(permission)", zh: "\(collection.collection)：\(permission)"))
    }
}

/// `sampan db rules test`.
struct TestRules: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: said("Try what a user may do; ends with 1 where it is refused.", zh: "测试用户的权限；被拒绝时退出码为 1。"),
        discussion: said(
            "Example: sampan db rules test shops update --openid alice --id s-1 --data '{\"price\":1}'",
            zh: "示例：sampan db rules test shops update --openid alice --id s-1 --data '{\"price\":1}'"))

    @OptionGroup var collection: CollectionOptions

    @Argument(help: ArgumentHelp(said("read, create, update or delete.", zh: "read、create、update 或 delete。")))
    var action: String

    @Option(help: ArgumentHelp(said("The user; nobody when absent.", zh: "用户；不写表示未登录。")))
    var openid: String?

    @Option(help: ArgumentHelp(said("The stored document.", zh: "已存储的文档。")))
    var id: String?

    @Option(help: ArgumentHelp(said("The document itself: JSON, @file or -.", zh: "文档内容：JSON、@文件或 -。")))
    var document: String?

    @Option(help: ArgumentHelp(said("What would be written.", zh: "将写入的内容。")))
    var data: String?

    @Option(help: ArgumentHelp(said("Rules to try in place of the collection's.", zh: "代替现有规则进行测试的规则。")))
    var rules: String?

    var wantsJSON: Bool { collection.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        var body: JSONObject = ["action": .string(action)]
        body["user"] = openid.map { ["openid": .string($0)] }
        body["id"] = id.map { .string($0) }
        for (name, value) in [("document", document), ("data", data), ("rules", rules)] {
            body[name] = try value.map { try JSONArgument($0, named: name, in: context).json }
        }
        let database = try await DatabaseClient(collection.connection, in: context)
        let answer = try await database.client.send(
            .post, database.path("collections", collection.collection, "rules", "test"), body: .json(.object(body))
        ).json()
        let isAllowed = answer["allowed"]?.boolValue == true
        if wantsJSON {
            context.console.line(answer.text)
        } else {
            context.console.line(isAllowed ? context.say("allowed", zh: "允许") : context.say("refused", zh: "拒绝"))
            for part in answer["parts"]?.arrayValue ?? [] {
                context.console.line("  \(part["holds"]?.text ?? "") \(part["text"]?.stringValue ?? "")  \((part["values"] ?? []).text)")
            }
            if let field = answer["protectedField"]?.stringValue { context.console.line(context.say("protected: \(field)", zh: "受保护字段：\(field)")) }
        }
        guard isAllowed else { throw ExitCode(1) }
    }
}
