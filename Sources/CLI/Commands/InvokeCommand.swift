import ArgumentParser
import Foundation
import Kernel

/// `sampan invoke`.
struct InvokeCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: said("Call a function and print what it returns.", zh: "调用云函数并输出其返回值。"),
        discussion: said(
            """
            Example: sampan invoke pay '{"order":"o-1"}' --logs
                     sampan invoke pay @event.json --openid alice
            """,
            zh: """
                示例：sampan invoke pay '{"order":"o-1"}' --logs
                      sampan invoke pay @event.json --openid alice
                """))

    @Argument(help: ArgumentHelp(said("The function.", zh: "函数名。")))
    var name: String

    @Argument(
        help: ArgumentHelp(said("The event: JSON, @file or - for standard input.", zh: "事件：JSON、@文件，或 - 表示标准输入。"), valueName: "event"))
    var event = "{}"

    @Flag(name: .customLong("async"), help: ArgumentHelp(said("Queue the call and print its id.", zh: "异步调用，输出调用编号。")))
    var isAsync = false

    @Option(help: ArgumentHelp(said("Call as this user.", zh: "以该用户身份调用。")))
    var openid: String?

    @Flag(help: ArgumentHelp(said("Also print what the function logged.", zh: "同时输出函数的日志。")))
    var logs = false

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let event = try JSONArgument(event, named: "event", in: context).json
        let connection = try Connection.resolve(connection, in: context)
        let environment = try await connection.requiredEnvironment(in: context)
        let client = try connection.client(in: context)
        do {
            let answer = try await client.send(
                .post, ["environments", environment, "functions", name, "invoke"],
                query: [("async", isAsync ? "1" : nil), ("openid", openid)],
                body: .json(event), timeout: .seconds(3600))
            try await tellLogs(of: answer.requestID, client: client, environment: environment, in: context)
            try print(answer, in: context)
        } catch let error as CLIError {
            try await tellLogs(of: error.requestID, client: client, environment: environment, in: context)
            throw error
        }
    }

    /// A program gets the bytes as they came; a person gets lines.
    private func print(_ answer: ManagementClient.Answer, in context: CommandContext) throws {
        let isForPerson = context.console.isTerminal && !wantsJSON
        context.console.line(isForPerson ? try answer.json().indentedText : String(decoding: answer.bytes, as: UTF8.self))
    }

    private func tellLogs(of requestID: String?, client: ManagementClient, environment: String, in context: CommandContext) async throws {
        guard logs, !isAsync, let requestID else { return }
        let lines = try await LogQuery(client: client, environment: environment).settledLines(ofRequest: requestID)
        for line in lines { context.console.notice(line.text(withRequestID: false)) }
    }
}
