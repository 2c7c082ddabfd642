import ArgumentParser
import Foundation
import Kernel

/// How rushes are told to people.
private enum RushText {
    static func size(_ rush: JSON) -> String {
        if let count = rush["expectedArrivals"] { return count.text }
        return rush["ratePerSecond"].map { "\($0.text)/s" } ?? ""
    }

    static func moment(_ json: JSON?) -> String { DateText.iso8601(fromMilliseconds: json?.intValue ?? 0) }
}

/// `sampan rush list`.
struct ListRushes: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the rushes that were announced.", zh: "列出已预告的大促。"),
        discussion: said("Example: sampan rush list", zh: "示例：sampan rush list"))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "rushes"]
        let answer = try await connection.client(in: context).send(.get, path).json()
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["ID", "NAME", "STATUS", "FROM", "UNTIL", "SIZE", "FREEZE"])
        for rush in answer["rushes"]?.arrayValue ?? [] {
            table.add(
                rush["id"]?.stringValue ?? "", rush["name"]?.stringValue ?? "", rush["status"]?.stringValue ?? "", RushText.moment(rush["startsAt"]),
                RushText.moment(rush["endsAt"]), RushText.size(rush), rush["freezeDeployments"] == true ? "yes" : "no")
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan rush add`.
struct AddRush: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: said("Announce a rush.", zh: "预告一次大促。"),
        discussion: said(
            """
            Workers for it are there two minutes before. From ten minutes before its start to its end deployments rest, unless --no-freeze is given.

            Example: sampan rush add "coupons at noon" --from 2026-12-12T12:00+08:00 --until 2026-12-12T13:00+08:00 --rate 200
            """,
            zh: """
                开始前两分钟备好工作进程；除非指定 --no-freeze，开始前十分钟至结束期间暂停部署。

                示例：sampan rush add "午间领券" --from 2026-12-12T12:00+08:00 --until 2026-12-12T13:00+08:00 --rate 200
                """))

    @Argument(help: ArgumentHelp(said("What people call it.", zh: "名称。"))) var name: String
    @Option(help: ArgumentHelp(said("When it begins: ISO 8601, or milliseconds since 1970.", zh: "开始时间：ISO 8601 或 1970 年以来的毫秒数。"))) var from: String
    @Option(help: ArgumentHelp(said("When it is over.", zh: "结束时间。"))) var until: String
    @Option(help: ArgumentHelp(said("Invocations a second beside the ordinary ones, all the time.", zh: "全程每秒额外调用次数。"))) var rate: Double?
    @Option(help: ArgumentHelp(said("Invocations in all, most of them soon after the start.", zh: "额外调用总次数，多数集中在开始后。"))) var arrivals: Int64?
    @Flag(help: ArgumentHelp(said("Let deployments go on.", zh: "不暂停部署。"))) var noFreeze = false
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func validate() throws {
        guard (rate == nil) != (arrivals == nil) else {
            throw ValidationError(said("Give either --rate or --arrivals.", zh: "请给出 --rate 或 --arrivals 之一。"))
        }
    }

    func execute(in context: CommandContext) async throws {
        var body: JSONObject = [
            "name": .string(name), "startsAt": Self.moment(from), "endsAt": Self.moment(until), "freezeDeployments": .bool(!noFreeze),
        ]
        body["ratePerSecond"] = rate.map { .double($0) }
        body["expectedArrivals"] = arrivals.map { .int($0) }
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "rushes"]
        let rush = try await connection.client(in: context).send(
            .post, path, body: .json(.object(body)), headers: [("idempotency-key", UUID().uuidString)]
        ).json()
        let id = rush["id"]?.stringValue ?? ""
        context.console.line(wantsJSON ? rush.text : context.say("\(id) is announced.", zh: "已预告 \(id)。"))
    }

    private static func moment(_ text: String) -> JSON { Int64(text).map { .int($0) } ?? .string(text) }
}

/// `sampan rush remove`.
struct RemoveRush: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: said("Take an announcement back.", zh: "撤回大促预告。"),
        discussion: said("Example: sampan rush remove rush-3k9abcdefg", zh: "示例：sampan rush remove rush-3k9abcdefg"))

    @Argument(help: ArgumentHelp(said("The rush's id, as `sampan rush list` shows it.", zh: "大促编号，见 `sampan rush list`。"))) var rush: String
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let path = ["environments", try await connection.requiredEnvironment(in: context), "rushes", rush]
        _ = try await connection.client(in: context).send(.delete, path)
        context.console.line(wantsJSON ? (["removed": .string(rush)] as JSON).text : context.say("\(rush) is removed.", zh: "已撤回 \(rush)。"))
    }
}
