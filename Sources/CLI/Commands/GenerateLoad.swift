import ArgumentParser
import Foundation
import Kernel
import LoadGenerator
import NIOCore

/// `sampan rehearse generate`: how a server makes load in a process of its own.
///
/// One line of JSON on standard input says what to do; each second and the report are lines on standard output. It ends as soon as standard input does, so
/// that it cannot outlive who started it.
struct GenerateLoad: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: said("Send load for a server that rehearses; not for people.", zh: "供进行压测演练的服务器使用的发生器，不供人使用。"),
        discussion: said("Example: sampan rehearse generate < assignment.json", zh: "示例：sampan rehearse generate < assignment.json"),
        shouldDisplay: false)

    @OptionGroup var output: OutputOptions

    var wantsJSON: Bool { true }

    func execute(in context: CommandContext) async throws {
        guard let line = readLine(), let assignment = try? JSON(parsing: line), let url = assignment["url"]?.stringValue, let plan = assignment["plan"] else {
            throw CLIError(Localized("There is no assignment on standard input.", zh: "标准输入中没有任务。"))
        }
        let load = try LoadPlan(plan)
        // What the server listens on is what load may go to: the line comes from the server itself.
        let listeners = (assignment["listeners"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(Self.address) }
        let target = try RehearsalTarget(url, listeners: listeners)
        guard case .table(let columns, let rows) = load.users else {
            throw CLIError(Localized("The assignment names no users.", zh: "任务中没有用户。"))
        }
        var settings = load.settings
        settings.runID = assignment["run"]?.stringValue ?? settings.runID
        let surroundings = LoadPlan.Surroundings(environment: assignment["env"]?.stringValue ?? "", key: nil)
        let generator = try LoadGenerator(
            load.scenario(UserTable(columns: columns, rows: rows), surroundings), load.arrivals, target: target, settings: settings,
            onSecond: { context.console.line((["second": .object($0.json)] as JSON).text) })
        let watching = Thread {
            while readLine() != nil {}
            generator.stop(Localized("The server ended the run.", zh: "服务器结束了该次压测。"))
        }
        watching.start()
        let report = try await generator.run()
        context.console.line((["report": .object(report.json(.en))] as JSON).text)
    }

    private static func address(_ text: String) -> SocketAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return try? SocketAddress(ipAddress: host, port: port)
    }
}
