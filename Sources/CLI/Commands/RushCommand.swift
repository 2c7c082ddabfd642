import ArgumentParser
import Kernel

/// `sampan rush`.
struct RushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rush", abstract: said("Announce rushes, say what matters most in them, and see how they are met.", zh: "预告大促、设定优先级并查看应对情况。"),
        discussion: said("Example: sampan rush show", zh: "示例：sampan rush show"),
        subcommands: [ShowRush.self, SetRushPlan.self, ListRushes.self, AddRush.self, RemoveRush.self])
}

/// `sampan rush show`.
struct ShowRush: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: said("What the last minute brought: let in, kept waiting, turned away.", zh: "最近一分钟的放行、等待与拒绝情况。"),
        discussion: said("Example: sampan rush show --follow", zh: "示例：sampan rush show --follow"))

    @Flag(help: ArgumentHelp(said("Go on, a line each second.", zh: "持续输出，每秒一行。"))) var follow = false
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "rush"]
        let client = try connection.client(in: context)
        var last: Int64 = 0
        repeat {
            let board = try await client.send(.get, path).json()
            if wantsJSON { context.console.line(board.text) } else { show(board, after: &last, in: context) }
            if follow { try await Task.sleep(for: .seconds(1)) }
        } while follow
    }

    private func show(_ board: JSON, after last: inout Int64, in context: CommandContext) {
        let seconds = board["seconds"]?.arrayValue ?? []
        if board["admission"] == false { context.console.line(context.say("Admission is switched off.", zh: "准入控制已关闭。")) }
        if seconds.isEmpty, last == 0 { context.console.line(context.say("Nothing came in the last minute.", zh: "最近一分钟没有请求。")) }
        for second in seconds {
            guard let at = second["at"]?.intValue, at > last else { continue }
            last = at
            context.console.line(Self.line(second, board))
        }
    }

    /// One second in one line.
    static func line(_ second: JSON, _ board: JSON) -> String {
        func sum(_ name: String) -> Int64 { second[name]?.objectValue?.reduce(0) { $0 + ($1.value.intValue ?? 0) } ?? 0 }
        let time = DateText.iso8601(fromMilliseconds: second["at"]?.intValue ?? 0).dropFirst(11).prefix(8)
        var line = "\(time)  in \(sum("admitted"))  waited \(second["waited"]?.intValue ?? 0)  away \(sum("shed"))"
        if let wait = second["longestWaitMilliseconds"]?.doubleValue, wait > 0 { line += "  longest wait \(Int(wait.rounded())) ms" }
        let off = board["switchedOff"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return off.isEmpty ? line : line + "  off: " + off.joined(separator: ", ")
    }
}

/// `sampan rush set`.
struct SetRushPlan: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: said("Say which functions and paths matter most, and what can be done without.", zh: "设定哪些函数与路径优先，哪些可以降级。"),
        discussion: said(
            """
            The plan is JSON: classes of functions and paths (pay, claim, signIn, browse, analytics, batch), and in standIns what is answered instead of \
            calling a function when there is not room for everything, the first one first. What it does not name stays as it is.

            Example: sampan rush set '{"classes":{"order":"pay","/notify":"pay","track":"analytics"},"standIns":[{"name":"recommend","body":[]}]}'
            Example: sampan rush set @rush.json
            """,
            zh: """
                计划为 JSON：classes 指定函数与路径的类别（pay、claim、signIn、browse、analytics、batch），standIns 按顺序列出资源不足时不再调用的函数及其替代返回值。\
                未提及的内容保持不变。

                示例：sampan rush set '{"classes":{"order":"pay","/notify":"pay","track":"analytics"},"standIns":[{"name":"recommend","body":[]}]}'
                示例：sampan rush set @rush.json
                """))

    @Argument(help: ArgumentHelp(said("The plan, @file or -.", zh: "计划，或 @文件，或 -。"))) var plan: String
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "settings"]
        let plan = try JSONArgument(plan, named: "plan", in: context).json
        let settings = try await connection.client(in: context).send(.patch, path, body: .json(["rush": plan])).json()
        let shown = settings["rush"] ?? .null
        context.console.line(wantsJSON ? shown.text : shown.indentedText)
    }
}
