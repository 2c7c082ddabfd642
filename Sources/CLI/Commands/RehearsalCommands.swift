import ArgumentParser
import Foundation
import Kernel

/// `sampan rehearse start`.
struct StartRehearsal: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: said("Rehearse a promised peak on a copy of the environment.", zh: "在环境的副本上演练所承诺的峰值。"),
        discussion: said(
            """
            The server makes a masked copy, sends the plan's journeys to it, and tells whether the promise is kept, how much the environment can take and \
            what gives way first. With --wait the command fails when the answer is no.

            Example: sampan rehearse start --plan plan.json --peak 300 --p99 500 --wait
            """,
            zh: """
                服务器会制作脱敏副本，向其发送计划中的旅程，并说明承诺能否兑现、环境的容量以及最先出现的瓶颈。指定 --wait 时，若答案为否则命令以失败结束。

                示例：sampan rehearse start --plan plan.json --peak 300 --p99 500 --wait
                """))

    @Option(help: ArgumentHelp(said("The plan: a JSON file, or - for standard input.", zh: "计划：JSON 文件，或 - 表示标准输入。"), valueName: "file"))
    var plan: String

    @Option(help: ArgumentHelp(said("Users who arrive in a second at the peak.", zh: "峰值时每秒到达的用户数。")))
    var peak: Double

    @Option(help: ArgumentHelp(said("What 99 of 100 requests may take at most, in milliseconds.", zh: "99% 的请求所允许的最长时间（毫秒）。")))
    var p99: Double

    @Option(help: ArgumentHelp(said("The share of requests that have to be served, in percent.", zh: "须成功的请求比例（百分比）。")))
    var success = 99.9

    @Option(help: ArgumentHelp(said("Where the load goes; only an address of the server itself.", zh: "负载的目标；只能是服务器自身的地址。")))
    var url: String?

    @Flag(inversion: .prefixedNo, help: ArgumentHelp(said("Also find out how much the environment can take.", zh: "同时找出环境的容量。")))
    var capacity = true

    @Flag(help: ArgumentHelp(said("Wait for the end and print what was found.", zh: "等待结束并输出结果。")))
    var wait = false

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let json = try JSONArgument(plan == "-" ? plan : "@" + plan, named: "plan", in: context).json
        let remote = try await RehearsalClient(connection, in: context)
        var body: JSONObject = [
            "promise": ["peak": .double(peak), "p99Milliseconds": .double(p99), "successShare": .double(success / 100)], "capacity": .bool(capacity),
        ]
        var plan = json.objectValue ?? [:]
        // What belongs to a rehearsal may stand in the same file as the journeys.
        for name in ["mask", "prepare"] {
            body[name] = plan[name]
            plan[name] = nil
        }
        body["plan"] = .object(plan)
        if let url { body["url"] = .string(url) }
        var rehearsal = try await remote.client.send(.post, remote.path, body: .json(.object(body))).json()
        if wait { rehearsal = try await remote.untilOver(rehearsal, in: context) }
        RehearsalText(rehearsal).print(asJSON: wantsJSON, in: context)
        if wait, rehearsal["kept"] != true { throw SilentFailure() }
    }
}

/// `sampan rehearse show`.
struct ShowRehearsal: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: said("Show what a rehearsal found.", zh: "查看一次演练的结果。"),
        discussion: said("Example: sampan rehearse show rh-3k9…", zh: "示例：sampan rehearse show rh-3k9…"))

    @Argument(help: ArgumentHelp(said("The rehearsal.", zh: "演练编号。")))
    var id: String

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let remote = try await RehearsalClient(connection, in: context)
        RehearsalText(try await remote.client.send(.get, remote.path + [id]).json()).print(asJSON: wantsJSON, in: context)
    }
}

/// `sampan rehearse list`.
struct ListRehearsals: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the rehearsals of the environment.", zh: "列出环境的演练。"),
        discussion: said("Example: sampan rehearse list", zh: "示例：sampan rehearse list"))

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let remote = try await RehearsalClient(connection, in: context)
        let answer = try await remote.client.send(.get, remote.path).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["ID", "STARTED", "STATUS", "PEAK/S", "KEPT", "BOTTLENECK"])
        for row in answer["rehearsals"]?.arrayValue ?? [] {
            table.add(
                row["id"]?.stringValue ?? "", row["startedAt"]?.intValue.map(Timestamp.local) ?? "", row["status"]?.stringValue ?? "",
                row["promise"]?["peak"]?.text ?? "", row["kept"]?.boolValue.map { $0 ? "yes" : "no" } ?? "", row["bottleneck"]?["kind"]?.stringValue ?? "")
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan rehearse stop`.
struct StopRehearsal: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: said("Stop a rehearsal.", zh: "停止一次演练。"),
        discussion: said("Example: sampan rehearse stop rh-3k9…", zh: "示例：sampan rehearse stop rh-3k9…"))

    @Argument(help: ArgumentHelp(said("The rehearsal.", zh: "演练编号。")))
    var id: String

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let remote = try await RehearsalClient(connection, in: context)
        RehearsalText(try await remote.client.send(.post, remote.path + [id, "stop"]).json()).print(asJSON: wantsJSON, in: context)
    }
}
