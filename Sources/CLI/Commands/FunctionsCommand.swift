import ArgumentParser
import Foundation
import Kernel

/// `sampan functions`.
struct FunctionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "functions",
        abstract: said("Look at what is deployed, roll back, divide traffic, delete.", zh: "查看已部署的云函数，回滚、分配流量、删除。"),
        discussion: said(
            """
            Example: sampan functions versions pay
                     sampan functions rollback pay
            """,
            zh: """
                示例：sampan functions versions pay
                      sampan functions rollback pay
                """),
        subcommands: [ListFunctions.self, ListVersions.self, RollBackFunction.self, DivideTraffic.self, DeleteFunction.self],
        defaultSubcommand: ListFunctions.self)
}

/// Which function, on which server.
struct FunctionOptions: ParsableArguments {
    @Argument(help: ArgumentHelp(said("The function.", zh: "函数名。")))
    var name: String

    @OptionGroup var connection: ConnectionOptions
}

/// Speaks of the functions of one environment.
struct FunctionsClient {
    let client: ManagementClient
    let environment: String

    init(_ options: ConnectionOptions, in context: CommandContext) async throws {
        let connection = try Connection.resolve(options, in: context)
        environment = try await connection.requiredEnvironment(in: context)
        client = try connection.client(in: context)
    }

    func path(_ parts: String...) -> [String] { ["environments", environment, "functions"] + parts }

    func show(_ name: String) async throws -> DeployedFunction {
        DeployedFunction(json: try await client.send(.get, path(name)).json())
    }

    func setTraffic(_ shares: [TrafficShare], of name: String, despite freeze: FreezeOptions) async throws -> DeployedFunction {
        let body: JSON = ["traffic": .array(shares.map(\.json))]
        return DeployedFunction(json: try await client.send(.put, path(name, "traffic"), query: freeze.query, body: .json(body)).json())
    }
}

/// Whether something is deployed although an announced rush makes deployments rest.
struct FreezeOptions: ParsableArguments {
    @Flag(help: ArgumentHelp(said("Do it although an announced rush makes deployments rest.", zh: "大促期间暂停部署时仍然执行。")))
    var despiteFreeze = false

    var query: [(String, String?)] { despiteFreeze ? [("despiteFreeze", "1")] : [] }
}

/// A share of a function's calls, as typed: `v3=90`.
struct TrafficShare: Equatable {
    var version: Int64
    var weight: Int64

    var json: JSON { ["version": .int(version), "weight": .int(weight)] }

    /// A version as typed: `v3` or `3`.
    static func version(_ typed: some StringProtocol) throws -> Int64 {
        let digits = typed.first == "v" || typed.first == "V" ? typed.dropFirst() : typed[...]
        guard let number = Int64(digits), number > 0 else {
            throw CLIError(
                Localized("\"\(typed)\" is not a version.", zh: "“\(typed)” 不是版本号。"),
                remedy: Localized("Write it like v3; `sampan functions versions` lists them.", zh: "请写成 v3；`sampan functions versions` 可列出版本。"))
        }
        return number
    }

    static func parse(_ word: String) throws -> TrafficShare {
        let parts = word.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let weight = Int64(parts[1]), weight >= 0 else {
            throw CLIError(
                Localized("\"\(word)\" is not a share of the traffic.", zh: "“\(word)” 不是流量分配。"),
                remedy: Localized("Write version=weight, like v3=90 v4=10.", zh: "请写成 版本=权重，如 v3=90 v4=10。"))
        }
        return TrafficShare(version: try version(parts[0]), weight: weight)
    }
}

/// A function as the management API describes it.
struct DeployedFunction {
    let json: JSON

    /// The version that most calls reach.
    var version: Int64? { json["version"]?.intValue }

    /// Newest first.
    var versions: [JSON] { json["versions"]?.arrayValue ?? [] }

    /// The newest version before the one that most calls reach.
    var previousVersion: Int64? {
        guard let version else { return nil }
        return versions.compactMap { $0["version"]?.intValue }.filter { $0 < version }.max()
    }

    private var weights: [(version: Int64, weight: Int64)] {
        (json["traffic"]?.arrayValue ?? []).compactMap { share in
            guard let version = share["version"]?.intValue, let weight = share["weight"]?.intValue else { return nil }
            return (version, weight)
        }
    }

    /// How many of 100 calls a version gets; empty for one that gets none.
    func share(of version: Int64) -> String {
        let total = weights.reduce(0) { $0 + $1.weight }
        guard let weight = weights.first(where: { $0.version == version })?.weight, weight > 0 else { return "" }
        let tenths = (Double(weight) / Double(total) * 1000).rounded() / 10
        return (tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)) + "%"
    }

    /// `v3 90%, v4 10%`.
    var traffic: String {
        weights.filter { $0.weight > 0 }.map { "v\($0.version) \(share(of: $0.version))" }.joined(separator: ", ")
    }
}

/// `sampan functions list`.
struct ListFunctions: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the functions.", zh: "列出云函数。"),
        discussion: said("Example: sampan functions list", zh: "示例：sampan functions list"))

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let functions = try await FunctionsClient(connection, in: context)
        let listed = try await functions.client.list("functions", functions.path())
        guard !wantsJSON else { return context.console.line((["functions": .array(listed)] as JSON).text) }
        var table = TextTable(heading: ["NAME", "VERSION", "TIMEOUT", "MEMORY", "HTTP", "UPDATED", "TIMERS"])
        for entry in listed {
            let timers = (entry["triggers"]?.arrayValue ?? []).map { "\($0["name"]?.stringValue ?? "") [\($0["config"]?.stringValue ?? "")]" }
            table.add(
                entry["name"]?.stringValue ?? "", "v\(entry["version"]?.text ?? "")", "\(entry["timeoutSeconds"]?.text ?? "") s",
                "\(entry["memoryMB"]?.text ?? "") MB", entry["httpPath"]?.stringValue ?? "", entry["updatedAt"]?.intValue.map(Timestamp.local) ?? "",
                timers.joined(separator: ", "))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan functions versions`.
struct ListVersions: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions", abstract: said("List the versions of a function and their traffic.", zh: "列出云函数的版本及其流量。"),
        discussion: said("Example: sampan functions versions pay", zh: "示例：sampan functions versions pay"))

    @OptionGroup var function: FunctionOptions

    var wantsJSON: Bool { function.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let shown = try await FunctionsClient(function.connection, in: context).show(function.name)
        guard !wantsJSON else {
            return context.console.line((["versions": shown.json["versions"] ?? [], "traffic": shown.json["traffic"] ?? []] as JSON).text)
        }
        var table = TextTable(heading: ["VERSION", "TRAFFIC", "CREATED", "FILES", "SIZE", "NOTE"])
        for entry in shown.versions {
            let number = entry["version"]?.intValue ?? 0
            table.add(
                "v\(number)", shown.share(of: number), entry["createdAt"]?.intValue.map(Timestamp.local) ?? "", entry["files"]?.text ?? "",
                ByteCount.text(Int(entry["size"]?.intValue ?? 0)), entry["description"]?.stringValue ?? "")
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan functions rollback`.
struct RollBackFunction: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: said("Give all calls to an earlier version.", zh: "回滚：把全部流量切到较早的版本。"),
        discussion: said(
            "It is immediate; calls under way finish on their version.\n\nExample: sampan functions rollback pay v3",
            zh: "立即生效；正在执行的调用在原版本上完成。\n\n示例：sampan functions rollback pay v3"))

    @OptionGroup var function: FunctionOptions

    @Argument(help: ArgumentHelp(said("The version; the one before the present one when absent.", zh: "版本；默认为当前版本的前一个。")))
    var version: String?

    @OptionGroup var freeze: FreezeOptions

    var wantsJSON: Bool { function.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let wanted = try version.map { try TrafficShare.version($0) }
        let functions = try await FunctionsClient(function.connection, in: context)
        let number = if let wanted { wanted } else { try await previousVersion(functions) }
        let changed = try await functions.setTraffic([TrafficShare(version: number, weight: 100)], of: function.name, despite: freeze)
        context.console.line(
            wantsJSON ? changed.json.text : context.say("\(function.name) is at v\(number).", zh: "\(function.name) 现为 v\(number)。"))
    }

    private func previousVersion(_ functions: FunctionsClient) async throws -> Int64 {
        let shown = try await functions.show(function.name)
        guard let previous = shown.previousVersion else {
            let present = shown.version.map { "v\($0)" } ?? ""
            throw CLIError(
                Localized("\(function.name) has no version before \(present).", zh: "\(function.name) 没有早于 \(present) 的版本。"),
                remedy: Localized("`sampan functions versions \(function.name)` lists them.", zh: "`sampan functions versions \(function.name)` 可列出版本。"))
        }
        return previous
    }
}

/// `sampan functions traffic`.
struct DivideTraffic: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "traffic", abstract: said("Show or divide the calls among versions.", zh: "查看或分配各版本的流量。"),
        discussion: said(
            "Each version gets its weight's part of the sum of all weights.\n\nExample: sampan functions traffic pay v3=90 v4=10",
            zh: "各版本按权重占总权重的比例分得调用。\n\n示例：sampan functions traffic pay v3=90 v4=10"))

    @OptionGroup var function: FunctionOptions

    @Argument(help: ArgumentHelp(said("version=weight; none shows the traffic.", zh: "版本=权重；不写则显示当前流量。")))
    var shares: [String] = []

    @OptionGroup var freeze: FreezeOptions

    var wantsJSON: Bool { function.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let wanted = try shares.map { try TrafficShare.parse($0) }
        let functions = try await FunctionsClient(function.connection, in: context)
        let shown = wanted.isEmpty ? try await functions.show(function.name) : try await functions.setTraffic(wanted, of: function.name, despite: freeze)
        context.console.line(wantsJSON ? (["traffic": shown.json["traffic"] ?? []] as JSON).text : "\(function.name): \(shown.traffic)")
    }
}

/// `sampan functions delete`.
struct DeleteFunction: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: said("Delete a function with all its versions.", zh: "删除云函数及其全部版本。"),
        discussion: said(
            "Its timers and what waits for it in the queue go too; its logs stay.\n\nExample: sampan functions delete pay",
            zh: "其定时器与排队中的异步调用一并删除；日志保留。\n\n示例：sampan functions delete pay"))

    @OptionGroup var function: FunctionOptions

    @Flag(help: ArgumentHelp(said("Do not ask.", zh: "不再询问。")))
    var yes = false

    @OptionGroup var freeze: FreezeOptions

    var wantsJSON: Bool { function.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let name = function.name
        let functions = try await FunctionsClient(function.connection, in: context)
        if !yes {
            let question = context.say("Type \(name) to delete it: ", zh: "输入 \(name) 以确认删除：")
            guard context.console.ask(question, hidden: false) == name else {
                throw CLIError(
                    Localized("Nothing was deleted.", zh: "没有删除任何内容。"),
                    remedy: Localized("Type the name when asked, or add --yes.", zh: "请按提示输入函数名，或加上 --yes。"))
            }
        }
        _ = try await functions.client.send(.delete, functions.path(name), query: freeze.query)
        context.console.line(wantsJSON ? (["deleted": .string(name)] as JSON).text : context.say("Deleted \(name).", zh: "已删除 \(name)。"))
    }
}
