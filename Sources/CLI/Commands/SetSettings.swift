import ArgumentParser
import Foundation
import Kernel

/// `sampan env set`.
struct SetSettings: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: said("Show or change an environment's settings.", zh: "查看或修改环境设置。"),
        discussion: said(
            """
            Settings: wechat.appId wechat.appSecret wechat.gateway alipay.appId alipay.privateKey alipay.publicKey alipay.gateway \
            developmentLogin anonymousLogin internet (true or false) and variables.NAME. A value @file is read from the file and - from \
            standard input, so that a secret does not stay in the shell's history; an empty variable is removed.

            Example: sampan env set wechat.appId=wx123 wechat.appSecret=- variables.CITY=Hangzhou
            """,
            zh: """
                设置项：wechat.appId wechat.appSecret wechat.gateway alipay.appId alipay.privateKey alipay.publicKey alipay.gateway \
                developmentLogin anonymousLogin internet（true 或 false）以及 variables.名称。值写 @文件 表示从文件读取，写 - 表示从标准输入读取，\
                这样机密不会留在命令历史中；变量值为空表示删除。

                示例：sampan env set wechat.appId=wx123 wechat.appSecret=- variables.CITY=杭州
                """))

    @Argument(help: ArgumentHelp(said("name=value; none shows the settings.", zh: "名称=值；不写则显示当前设置。")))
    var assignments: [String] = []

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "settings"]
        let client = try connection.client(in: context)
        let settings: JSON
        if assignments.isEmpty {
            settings = try await client.send(.get, path).json()
        } else {
            let change = try SettingsChange(assignments, in: context)
            settings = try await client.send(.patch, path, body: .json(.object(change.body))).json()
        }
        context.console.line(wantsJSON ? settings.text : settings.indentedText)
    }
}

/// The change that `name=value` words describe.
struct SettingsChange {
    private static let texts: Set<String> = [
        "wechat.appId", "wechat.appSecret", "wechat.gateway", "alipay.appId", "alipay.privateKey", "alipay.publicKey", "alipay.gateway",
    ]
    private static let flags: Set<String> = ["developmentLogin", "anonymousLogin", "internet"]

    private(set) var body = JSONObject()

    /// Only what is named is sent: values of variables are never read back, so the server must keep the others as they are.
    init(_ assignments: [String], in context: CommandContext) throws {
        var variables = JSONObject()
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "=") else { throw Self.unknown(assignment) }
            let name = String(assignment[..<equals])
            let value = try Self.value(String(assignment[assignment.index(after: equals)...]), in: context)
            if name.hasPrefix("variables."), name.count > "variables.".count {
                variables[String(name.dropFirst("variables.".count))] = value.isEmpty ? .null : .string(value)
                body["variables"] = .object(variables)
            } else {
                try set(name, to: value)
            }
        }
    }

    private mutating func set(_ name: String, to value: String) throws {
        if Self.texts.contains(name) {
            let parts = name.split(separator: ".").map(String.init)
            var group = body[parts[0]]?.objectValue ?? [:]
            group[parts[1]] = .string(value)
            body[parts[0]] = .object(group)
        } else if Self.flags.contains(name), let flag = Bool(value) {
            body[name] = .bool(flag)
        } else {
            throw Self.unknown(name)
        }
    }

    private static func value(_ typed: String, in context: CommandContext) throws -> String {
        let bytes: [UInt8]
        switch typed.first {
        case "@": bytes = [UInt8](try Data(contentsOf: context.resolve(String(typed.dropFirst()))))
        case "-" where typed == "-": bytes = try context.console.readInput()
        default: return typed
        }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func unknown(_ word: String) -> CLIError {
        CLIError(
            Localized("\"\(word)\" is not a setting.", zh: "“\(word)” 不是设置项。"),
            remedy: Localized("`sampan env set --help` lists them; write name=value.", zh: "`sampan env set --help` 列出了全部设置项；写法为 名称=值。"))
    }
}
