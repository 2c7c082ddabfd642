import ArgumentParser
import Foundation
import Kernel

/// `sampan doctor`.
struct DoctorCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: said("Check the server, the key and this machine.", zh: "检查服务器、密钥与本机环境。"),
        discussion: said(
            """
            The machine is checked where the server's address is this machine, or with --machine.

            Example: sampan doctor --data /var/lib/sampan
            """,
            zh: """
                当服务器地址是本机，或加上 --machine 时，检查本机环境。

                示例：sampan doctor --data /var/lib/sampan
                """))

    @Option(
        help: ArgumentHelp(
            said("The server's data folder (SAMPAN_DATA; default data).", zh: "服务器的数据文件夹（SAMPAN_DATA；默认 data）。"), valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp(said("The server's port; that of the address when absent.", zh: "服务器端口；默认取地址中的端口。")))
    var port: Int?

    @Flag(help: ArgumentHelp(said("Check this machine even if the server is another one.", zh: "即使服务器不在本机也检查本机。")))
    var machine = false

    @OptionGroup var server: ServerOptions

    var wantsJSON: Bool { server.output.json }

    func execute(in context: CommandContext) async throws {
        try await execute(in: context, probe: ThisMachine(searchPath: context.variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"))
    }

    /// The same with another machine to ask.
    func execute(in context: CommandContext, probe: any MachineProbe) async throws {
        let connection = try Connection.resolve(server, in: context)
        var (findings, isRunning) = await ServerChecks(connection: connection, context: context).run()
        if machine || connection.isLocal {
            let folder = context.resolve(data ?? context.variable("SAMPAN_DATA") ?? "data")
            let listens = connection.isLocal && isRunning && (port == nil || port == connection.port)
            findings += MachineChecks(probe: probe, data: folder, port: port ?? connection.port, serverIsRunning: listens).run()
        }
        print(findings, in: context)
        if findings.contains(where: { $0.status == .fail }) { throw SilentFailure() }
    }

    private func print(_ findings: [DoctorFinding], in context: CommandContext) {
        guard !wantsJSON else {
            let list = findings.map { finding -> JSON in
                var entry: JSONObject = [
                    "check": .string(finding.name), "status": .string(finding.status.rawValue),
                    "detail": .string(finding.detail[context.language]),
                ]
                entry["remedy"] = finding.remedy.map { .string($0[context.language]) }
                return .object(entry)
            }
            return context.console.line((["checks": .array(list)] as JSON).text)
        }
        var table = TextTable()
        for finding in findings {
            let remedy = finding.remedy.map { " → " + $0[context.language] } ?? ""
            table.add(finding.status.rawValue, finding.name, finding.detail[context.language] + remedy)
        }
        for line in table.lines { context.console.line(line) }
    }
}

extension Connection {
    /// The port of the server's address.
    var port: Int {
        let parts = URLComponents(string: endpoint)
        return parts?.port ?? (parts?.scheme == "https" ? 443 : 80)
    }
}
