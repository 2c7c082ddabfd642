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

    @Option(help: ArgumentHelp(said("This level and above: debug, info, warn or error.", zh: "该级别及以上：debug、info、warn 或 error。")))
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
            client: try connection.client(in: context), environment: try await connection.requiredEnvironment(in: context), function: name,
            requestID: requestId, text: text, level: level, since: try since.map { try Timestamp.start($0) })
        if !follow || since != nil {
            for line in try await query.latest(limit: limit) { print(line, in: context) }
        }
        guard follow else { return }
        while !Task.isCancelled {
            query.since = Date()
            var told = FollowedLines()
            try await followUntilLost(query, told: &told, in: context)
            context.console.notice(context.say("The stream ended; connecting again.", zh: "日志流已断开，正在重新连接。"))
            try await Task.sleep(for: Self.reconnectDelay)
            try await catchUp(query, told: told, in: context)
        }
    }

    private func followUntilLost(_ query: LogQuery, told: inout FollowedLines, in context: CommandContext) async throws {
        do {
            try await query.follow { line in
                told.add(line)
                print(line, in: context)
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

    /// Prints what was logged between the end of a stream and now.
    private func catchUp(_ query: LogQuery, told: FollowedLines, in context: CommandContext) async throws {
        var query = query
        var told = told
        // The server's own time of the last line is better than this machine's clock.
        if let last = told.lastMoment { query.since = Date(timeIntervalSince1970: Double(last) / 1000) }
        for line in try await query.latest(limit: limit) where !told.remove(line) { print(line, in: context) }
    }

    private func print(_ line: LogLine, in context: CommandContext) {
        context.console.line(wantsJSON ? line.json.text : line.text(withRequestID: true))
    }
}

/// The lines that a stream brought last, so that none is told twice when the log is read behind it.
///
/// A streamed line has no id yet, so lines are known by what they say; equal lines are counted.
struct FollowedLines {
    static let kept = 2000

    private(set) var lastMoment: Int64?
    private var counts: [String: Int] = [:]
    private var order: [String] = []

    mutating func add(_ line: LogLine) {
        lastMoment = line.at ?? lastMoment
        let content = Self.content(of: line)
        counts[content, default: 0] += 1
        order.append(content)
        guard order.count > Self.kept * 2 else { return }
        for old in order.prefix(Self.kept) { _ = take(old) }
        order.removeFirst(Self.kept)
    }

    /// Whether `line` was streamed; each streamed line answers once.
    mutating func remove(_ line: LogLine) -> Bool { take(Self.content(of: line)) }

    private mutating func take(_ content: String) -> Bool {
        guard let count = counts[content] else { return false }
        counts[content] = count > 1 ? count - 1 : nil
        return true
    }

    private static func content(of line: LogLine) -> String {
        var members = line.json.objectValue ?? [:]
        members["id"] = nil
        return JSON.object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })).text
    }
}
