import ArgumentParser
import Foundation
import Kernel

/// `sampan deploy`.
struct DeployCommand: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: said("Upload the project's functions.", zh: "上传项目中的云函数。"),
        discussion: said(
            """
            Reads the folder as it is: WeChat's project.config.json, CloudBase's cloudbaserc.json, Alipay's mini.project.json, \
            or a folder cloudfunctions/, functions/ or cloud/functions. Only what the server does not have yet is uploaded.

            Example: sampan deploy pay goods --message "half price on Monday"
            """,
            zh: """
                按原样读取项目：微信的 project.config.json、CloudBase 的 cloudbaserc.json、支付宝的 mini.project.json，\
                或 cloudfunctions/、functions/、cloud/functions 文件夹。只上传服务器上还没有的内容。

                示例：sampan deploy pay goods --message "周一半价"
                """))

    @Argument(help: ArgumentHelp(said("The functions; all of the project when none is named.", zh: "函数名；不写则部署全部函数。")))
    var names: [String] = []

    @Option(help: ArgumentHelp(said("The project, a folder of functions or one function.", zh: "项目、云函数文件夹或单个函数的路径。"), valueName: "folder"))
    var path = "."

    @Flag(help: ArgumentHelp(said("Show what would be deployed and stop.", zh: "只显示将要部署的内容。")))
    var dryRun = false

    @Option(help: ArgumentHelp(said("A note that stays with the versions.", zh: "版本说明。"), valueName: "text"))
    var message: String?

    @Flag(help: ArgumentHelp(said("Make the versions without sending them traffic.", zh: "只创建版本，不切换流量。")))
    var noActivate = false

    @Flag(help: ArgumentHelp(said("Ask for a new version even if nothing changed.", zh: "即使没有变化也要求创建新版本。")))
    var force = false

    @Flag(help: ArgumentHelp(said("Also bring seed/ into the database.", zh: "同时把 seed/ 导入数据库。")))
    var seed = false

    @OptionGroup var freeze: FreezeOptions

    @OptionGroup var connection: ConnectionOptions

    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let folder = context.resolve(path)
        let layout = try ProjectLayout.read(at: folder, variables: context.variables)
        let choices = Deployment.Choices(names: names, description: message, activate: !noActivate, force: force, query: freeze.query)
        let deployment = Deployment(layout: layout, choices: choices, context: context)
        for note in layout.notes { deployment.warn(note) }
        // A seed that cannot be read should be known before anything is changed.
        let seedFolder = seed ? try SeedFolder(in: layout.folder.appendingPathComponent("seed")) : nil
        let manifests = try await deployment.prepare()
        let report = DeploymentReport(context: context, wantsJSON: wantsJSON)
        if dryRun { return report.plan(layout: layout, manifests: manifests) }
        try await deploy(deployment, manifests: manifests, seed: seedFolder, report: report, in: contextOfProject(context, folder))
    }

    private func deploy(
        _ deployment: Deployment, manifests: [FunctionManifest], seed: SeedFolder?, report: DeploymentReport, in context: CommandContext
    ) async throws {
        let connection = try Connection.resolve(connection, in: context)
        let environment = try await connection.requiredEnvironment(in: context)
        let client = try connection.client(in: context)
        let outcomes = try await deployment.run(manifests, client: client, environment: environment) { report.tell($0) }
        let seeded = try await seed.asyncMap { try await SeedImport(client: client, environment: environment).run($0) } ?? []
        report.finish(environment: environment, outcomes: outcomes, seeded: seeded)
    }

    /// `.sampan.json` is looked for in the project that is deployed, not where the command was typed.
    private func contextOfProject(_ context: CommandContext, _ folder: URL) -> CommandContext {
        var project = context
        project.folder = folder
        return project
    }
}

extension Optional {
    /// `map` for work that waits.
    func asyncMap<Answer>(_ work: (Wrapped) async throws -> Answer) async rethrows -> Answer? {
        switch self {
        case .some(let value): try await work(value)
        case .none: nil
        }
    }
}
