import ArgumentParser
import Foundation
import Kernel
import LoadGenerator

/// `sampan rehearse`.
struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: said("Rehearse a peak: send load as the public does.", zh: "压测演练：按真实用户的到达方式发送负载。"),
        discussion: said(
            "Example: sampan rehearse start --plan plan.json --peak 300 --p99 500 --wait",
            zh: "示例：sampan rehearse start --plan plan.json --peak 300 --p99 500 --wait"),
        subcommands: [
            RunRehearsal.self, StartRehearsal.self, ShowRehearsal.self, ListRehearsals.self, StopRehearsal.self, GenerateLoad.self,
        ])
}

/// `sampan rehearse run`.
struct RunRehearsal: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: said("Send the load of a plan to a server on this machine.", zh: "按计划向本机的服务器发送负载。"),
        discussion: said(
            """
            Users arrive when the plan says, however slow the server is, and their wait counts from then. The figures of a run in which the generator \
            itself could not keep up are void, and the command fails. docs/rehearsal.md describes plans.

            Example: sampan rehearse run --plan plan.json --seconds 10 --times 2
            """,
            zh: """
                用户按计划到达，与服务器快慢无关，等待时间自此刻起算。若发生器自身未能按计划发送，结果无效，命令以失败结束。计划的格式见 docs/rehearsal.md。

                示例：sampan rehearse run --plan plan.json --seconds 10 --times 2
                """))

    @Option(help: ArgumentHelp(said("The plan: a JSON file, or - for standard input.", zh: "计划：JSON 文件，或 - 表示标准输入。"), valueName: "file"))
    var plan: String

    @Option(help: ArgumentHelp(said("Where the load goes; the server when absent.", zh: "负载的目标；默认为该服务器。")))
    var url: String?

    @Option(help: ArgumentHelp(said("How long users arrive, in seconds.", zh: "用户到达持续的秒数。")))
    var seconds: Double?

    @Option(help: ArgumentHelp(said("How many times the plan's rates.", zh: "计划速率的倍数。")))
    var times = 1.0

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let json = try JSONArgument(plan == "-" ? plan : "@" + plan, named: "plan", in: context).json
        let plan = try LoadPlan(json, seconds: seconds, times: times)
        var options = connection
        // A key that was saved for one server is not said to another.
        options.server.endpoint = connection.server.endpoint ?? url
        let connection = try Connection.resolve(options, in: context)
        let environment = try await connection.requiredEnvironment(in: context)
        let run = try LocalRun(plan, url: url ?? connection.endpoint, environment: environment, key: connection.key)
        let report = try await run.report(in: context)
        if wantsJSON {
            context.console.line(report.json(context.language).serializedText)
        } else {
            for line in ReportText(report, plan.arrivals).lines(context.language) { context.console.line(line) }
        }
        guard !report.isVoid else { throw SilentFailure() }
    }
}

extension JSONObject {
    fileprivate var serializedText: String { JSON.object(self).text }
}
