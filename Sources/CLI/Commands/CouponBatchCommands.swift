import ArgumentParser
import Kernel

/// `sampan coupon list`.
struct ListBatches: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: said("List the batches.", zh: "列出批次。"), discussion: said("Example: sampan coupon list", zh: "示例：sampan coupon list"))

    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let answer = try await CouponsClient(connection, in: context).read("batches")
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["ID", "NAME", "STATUS", "VALUE", "LEFT", "CLAIMED", "REDEEMED", "UNTIL"])
        for batch in answer["batches"]?.arrayValue ?? [] {
            let accounts = batch["accounts"]
            table.add(
                batch["id"]?.stringValue ?? "", batch["name"]?.stringValue ?? "", batch["status"]?.stringValue ?? "", CouponText.value(batch["value"]),
                accounts?["left"]?.text ?? "", accounts?["claimed"]?.text ?? "", accounts?["redeemed"]?.text ?? "",
                CouponText.moment(batch["claim"]?["until"]))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan coupon show`.
struct ShowBatch: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: said("Show a batch with its accounts.", zh: "查看批次及其账目。"),
        discussion: said("Example: sampan coupon show cpb-3k9abcdefg", zh: "示例：sampan coupon show cpb-3k9abcdefg"))

    @OptionGroup var options: BatchOptions
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let batch = try await CouponsClient(options.connection, in: context).read("batches", options.batch)
        guard !wantsJSON else { return context.console.line(batch.text) }
        for line in CouponText.lines(ofBatch: batch) { context.console.line(line) }
    }
}

/// `sampan coupon create`.
struct CreateBatch: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: said("Make a batch, as a draft.", zh: "创建批次（草稿）。"),
        discussion: said(
            """
            The file has what the management API takes: {"name":"5 off from 50","value":{"type":"amount","amount":500},"minimumSpend":5000,"stock":1000,\
            "claim":{"from":"2026-12-01T00:00:00+08:00","until":"2026-12-12T00:00:00+08:00"},"validity":{"days":7}}. Money is in fen.

            Example: sampan coupon create --file batch.json
            """,
            zh: """
                文件内容与管理接口一致：{"name":"满50减5","value":{"type":"amount","amount":500},"minimumSpend":5000,"stock":1000,\
                "claim":{"from":"2026-12-01T00:00:00+08:00","until":"2026-12-12T00:00:00+08:00"},"validity":{"days":7}}。金额单位为分。

                示例：sampan coupon create --file batch.json
                """))

    @Option(help: ArgumentHelp(said("The file with the batch, or - for standard input.", zh: "批次文件，- 表示标准输入。"))) var file: String
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let definition = try JSONArgument(file == "-" ? "-" : "@\(file)", named: "batch", in: context).json
        let batch = try await CouponsClient(connection, in: context).change(.post, "batches", body: definition)
        let id = batch["id"]?.stringValue ?? ""
        context.console.line(
            wantsJSON ? batch.text : context.say("\(id) is a draft; next: sampan coupon submit \(id)", zh: "\(id) 已存为草稿；下一步：sampan coupon submit \(id)"))
    }
}

/// `sampan coupon change`.
struct ChangeBatch: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "change", abstract: said("Change a batch.", zh: "修改批次。"),
        discussion: said(
            "A draft in everything; what is published only in name, description, stock, budget and window.\n\nExample: sampan coupon change cpb-3k9abcdefg '{\"stock\":2000}'",
            zh: "草稿可改全部内容；已发布的只能改名称、说明、库存、预算与领取时间。\n\n示例：sampan coupon change cpb-3k9abcdefg '{\"stock\":2000}'"))

    @Argument(help: ArgumentHelp(said("The batch's id, as `sampan coupon list` shows it.", zh: "批次编号，见 `sampan coupon list`。"))) var batch: String
    @Argument(help: ArgumentHelp(said("The members that change: JSON, @file or -.", zh: "要修改的字段：JSON、@文件或 -。"))) var change: String
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let members = try JSONArgument(change, named: "change", in: context).json
        let changed = try await CouponsClient(connection, in: context).change(.patch, "batches", batch, body: members)
        guard !wantsJSON else { return context.console.line(changed.text) }
        for line in CouponText.lines(ofBatch: changed) { context.console.line(line) }
    }
}

/// A step of a batch towards its users, or away from them.
protocol BatchStepCommand: SampanCommand {
    /// As the API calls it.
    static var step: String { get }
    var options: BatchOptions { get }
    /// What is asked before it is done; `nil` for what can be undone.
    func question(in context: CommandContext) -> String?
}

extension BatchStepCommand {
    var wantsJSON: Bool { options.connection.server.output.json }

    func question(in context: CommandContext) -> String? { nil }

    func execute(in context: CommandContext) async throws {
        if let question = question(in: context) { try context.confirm(question) }
        let batch = try await CouponsClient(options.connection, in: context).change(.post, "batches", options.batch, Self.step)
        let (id, status) = (batch["id"]?.stringValue ?? "", batch["status"]?.stringValue ?? "")
        context.console.line(wantsJSON ? batch.text : "\(id): \(status)")
    }

    static func describing(_ abstract: String) -> CommandConfiguration {
        CommandConfiguration(
            commandName: step, abstract: abstract,
            discussion: said("Example: sampan coupon \(step) cpb-3k9abcdefg", zh: "示例：sampan coupon \(step) cpb-3k9abcdefg"))
    }
}

extension CommandContext {
    /// Goes on only after a yes.
    func confirm(_ question: String) throws {
        guard console.ask(question, hidden: false) == "yes" else {
            throw CLIError(
                Localized("Nothing was changed.", zh: "未做任何更改。"), remedy: Localized("Answer yes, or add --yes.", zh: "请回答 yes，或加上 --yes。"))
        }
    }
}

/// `sampan coupon submit`.
struct SubmitBatch: BatchStepCommand {
    static let step = "submit"
    static let configuration: CommandConfiguration = describing(said("Ask for a draft to be approved.", zh: "提交草稿待审批。"))
    @OptionGroup var options: BatchOptions
}

/// `sampan coupon approve`.
struct ApproveBatch: BatchStepCommand {
    static let step = "approve"
    static let configuration: CommandConfiguration = describing(said("Publish what somebody else has submitted.", zh: "审批并发布他人提交的批次。"))
    @OptionGroup var options: BatchOptions
}

/// `sampan coupon reject`.
struct RejectBatch: BatchStepCommand {
    static let step = "reject"
    static let configuration: CommandConfiguration = describing(said("Make a submitted batch a draft again.", zh: "驳回批次，退回草稿。"))
    @OptionGroup var options: BatchOptions
}

/// `sampan coupon pause`.
struct PauseBatch: BatchStepCommand {
    static let step = "pause"
    static let configuration: CommandConfiguration = describing(said("Let nobody claim for the moment.", zh: "暂停领取。"))
    @OptionGroup var options: BatchOptions
}

/// `sampan coupon resume`.
struct ResumeBatch: BatchStepCommand {
    static let step = "resume"
    static let configuration: CommandConfiguration = describing(said("Let users claim again.", zh: "恢复领取。"))
    @OptionGroup var options: BatchOptions
}

/// `sampan coupon stop`.
struct StopBatch: BatchStepCommand {
    static let step = "stop"
    static let configuration: CommandConfiguration = describing(said("End a batch for good; what was claimed can be used.", zh: "终止批次；已领取的仍可使用。"))
    @OptionGroup var options: BatchOptions
    @Flag(help: ArgumentHelp(said("Do not ask.", zh: "不再询问。"))) var yes = false

    func question(in context: CommandContext) -> String? {
        yes ? nil : context.say("End \(options.batch) for good? (yes/no) ", zh: "终止 \(options.batch)，且不可恢复？(yes/no) ")
    }
}
