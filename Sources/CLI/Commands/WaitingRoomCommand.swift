import ArgumentParser
import Foundation
import Kernel

/// `sampan waiting-room`.
struct WaitingRoomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waiting-room", abstract: said("The fair line in front of an environment that is full.", zh: "环境满载时的公平排队（候场）。"),
        discussion: said("Example: sampan waiting-room set mode=auto ratePerMinute=600", zh: "示例：sampan waiting-room set mode=auto ratePerMinute=600"),
        subcommands: [ShowWaitingRoom.self, SetWaitingRoom.self, OpenWaitingRoom.self, CloseWaitingRoom.self])
}

extension CommandContext {
    /// Sends something to the waiting room and prints what has become of it.
    fileprivate func waitingRoom(
        _ options: ConnectionOptions, _ method: ManagementClient.Method, _ action: String? = nil, _ body: JSONObject? = nil
    ) async throws {
        let connection = try Connection.resolve(options, in: self)
        let path = ["environments", try await connection.requiredEnvironment(in: self), "waiting-room"] + (action.map { [$0] } ?? [])
        let client = try connection.client(in: self)
        let answer = try await client.send(method, path, body: body.map { .json(.object($0)) } ?? .none).json()
        console.line(options.server.output.json ? answer.text : answer.indentedText)
    }
}

/// `sampan waiting-room show`.
struct ShowWaitingRoom: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: said("Show the settings and how the line stands.", zh: "查看设置与排队情况。"),
        discussion: said("Example: sampan waiting-room show", zh: "示例：sampan waiting-room show"))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws { try await context.waitingRoom(connection, .get) }
}

/// `sampan waiting-room open`.
struct OpenWaitingRoom: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: said("Open the line now, until it is closed by hand.", zh: "立即开启排队，直至手动关闭。"),
        discussion: said("Example: sampan waiting-room open", zh: "示例：sampan waiting-room open"))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws { try await context.waitingRoom(connection, .post, "open") }
}

/// `sampan waiting-room close`.
struct CloseWaitingRoom: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: said("Close the line now; everybody may come in.", zh: "立即关闭排队，所有人均可进入。"),
        discussion: said("Example: sampan waiting-room close", zh: "示例：sampan waiting-room close"))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws { try await context.waitingRoom(connection, .post, "close") }
}

/// `sampan waiting-room set`.
struct SetWaitingRoom: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: said("Change the settings.", zh: "修改设置。"),
        discussion: said(
            """
            Settings: mode (off, auto, on), ratePerMinute, opensAt (ISO 8601 or milliseconds), lobbyMinutes, memberShare (0 to 0.9), passMinutes, \
            paths and freePaths (separated by commas), message.en, message.zh. An empty value takes one back to what it is when nobody sets it.

            Example: sampan waiting-room set mode=on opensAt=2026-11-11T12:00:00Z ratePerMinute=600 message.en="Tea for all."
            """,
            zh: """
                设置项：mode（off、auto、on）、ratePerMinute、opensAt（ISO 8601 或毫秒数）、lobbyMinutes、memberShare（0 至 0.9）、passMinutes、\
                paths 与 freePaths（逗号分隔）、message.en、message.zh。值为空表示恢复默认。

                示例：sampan waiting-room set mode=on opensAt=2026-11-11T12:00:00Z ratePerMinute=600 message.zh="人人有茶。"
                """))

    @Argument(help: ArgumentHelp(said("name=value", zh: "名称=值"))) var assignments: [String]
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws { try await context.waitingRoom(connection, .patch, nil, WaitingRoomChange(assignments).body) }
}

/// The change that `name=value` words describe.
struct WaitingRoomChange {
    private static let numbers: Set<String> = ["ratePerMinute", "lobbyMinutes", "passMinutes"]

    private(set) var body = JSONObject()

    init(_ assignments: [String]) throws {
        var message = JSONObject()
        for assignment in assignments {
            let sides = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2 else { throw Self.unknown(assignment) }
            switch sides[0] {
            case "message.en", "message.zh": message[String(sides[0].suffix(2))] = .string(sides[1])
            default: body[sides[0]] = sides[1].isEmpty ? .null : try Self.value(sides[0], sides[1])
            }
        }
        if !message.isEmpty { body["message"] = .object(message) }
    }

    private static func value(_ name: String, _ text: String) throws -> JSON {
        switch name {
        case "mode": return .string(text)
        case "paths", "freePaths": return .array(text.split(separator: ",").map { .string(String($0)) })
        case "memberShare":
            guard let number = Double(text) else { throw unknown("\(name)=\(text)") }
            return .double(number)
        case "opensAt":
            let date = Int64(text) ?? (try? Date(text, strategy: .iso8601)).map { Int64($0.timeIntervalSince1970 * 1000) }
            guard let date else { throw unknown("\(name)=\(text)") }
            return .int(date)
        case _ where numbers.contains(name):
            guard let number = Int64(text) else { throw unknown("\(name)=\(text)") }
            return .int(number)
        default: throw unknown(name)
        }
    }

    private static func unknown(_ word: String) -> CLIError {
        CLIError(
            Localized("\"\(word)\" is not a setting.", zh: "“\(word)” 不是设置项。"),
            remedy: Localized(
                "`sampan waiting-room set --help` lists them; write name=value.", zh: "`sampan waiting-room set --help` 列出了全部设置项；写法为 名称=值。"))
    }
}
