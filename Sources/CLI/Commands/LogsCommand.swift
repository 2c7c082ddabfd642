import ArgumentParser
import Foundation
import Kernel

/// `sampan logs`.
struct LogsCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: said("Show what functions logged.", zh: "查看云函数日志。"),
        discussion: said(
            """
            Example: sampan logs pay --since 10m --level error
                     sampan logs --follow
            """,
            zh: """
                示例：sampan logs pay --since 10m --level error
                      sampan logs --follow
                """))

    @Argument(help: ArgumentHelp(said("The function; all when none is named.", zh: "函数名；不写则查看全部。")))
    var name: String?

    @Flag(name: .shortAndLong, help: ArgumentHelp(said("Go on with new lines as they come.", zh: "持续输出新日志。")))
    var follow = false

    @Option(help: ArgumentHelp(said("From when: 30s, 10m, 2h, 3d or a date.", zh: "起始时间：30s、10m、2h、3d 或日期。"), valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp(said("Only lines that contain this.", zh: "只看包含该文字的日志。")))
    var text: String?

    @Option(help: ArgumentHelp(said("Only lines of this request.", zh: "只看该请求的日志。"), valueName: "id"))
    var requestId: String?

    @Option(help: ArgumentHelp(said("Only debug, info, warn or error.", zh: "只看 debug、info、warn 或 error 级别。")))
    var level: String?

    @Option(help: ArgumentHelp(said("The most lines.", zh: "最多行数。"), valueName: "lines"))
    var limit = 200

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    /// After a lost stream, how long to wait before it is opened again.
    static let reconnectDelay = Duration.seconds(1)

    func execute(in context: CommandContext) async throws {
        let connection = try Connection.resolve(connection, in: context)
        var query = LogQuery(
            client: try connection.client(in: context), environment: try connection.requiredEnvironment(), function: name,
            requestID: requestId, text: text, level: level, since: try since.map { try Timestamp.start($0) })
        var told = RecentIDs()
        if !follow || since != nil {
            for line in try await query.latest(limit: limit) where told.isNew(line.id) { print(line, in: context) }
        }
        guard follow else { return }
        while !Task.isCancelled {
            query.since = Date()
            try await followUntilLost(query, told: &told, in: context)
            context.console.notice(context.say("The stream ended; connecting again.", zh: "日志流已断开，正在重新连接。"))
            try await Task.sleep(for: Self.reconnectDelay)
            // What was logged in between is asked for once the server is there again.
            for line in try await query.latest(limit: limit) where told.isNew(line.id) { print(line, in: context) }
        }
    }

    private func followUntilLost(_ query: LogQuery, told: inout RecentIDs, in context: CommandContext) async throws {
        do {
            try await query.follow { line in
                if told.isNew(line.id) { print(line, in: context) }
            }
        } catch let error as CLIError {
            throw error
        } catch let error as JSONError {
            throw error
        } catch {
            // A connection that broke is no failure: the caller opens it again.
            context.console.notice(String(describing: error))
        }
    }

    private func print(_ line: LogLine, in context: CommandContext) {
        context.console.line(wantsJSON ? line.json.text : line.text(withRequestID: true))
    }
}

/// The ids of the lines told last, so that none is told twice where two answers overlap.
struct RecentIDs {
    static let kept = 2000

    private var known: Set<String> = []
    private var order: [String] = []

    /// Whether `id` was not told yet; remembers it.
    ///
    /// Lines without an id are always new.
    mutating func isNew(_ id: String) -> Bool {
        guard !id.isEmpty else { return true }
        guard known.insert(id).inserted else { return false }
        order.append(id)
        if order.count > Self.kept * 2 {
            known.subtract(order.prefix(Self.kept))
            order.removeFirst(Self.kept)
        }
        return true
    }
}
