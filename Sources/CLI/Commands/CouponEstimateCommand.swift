import ArgumentParser
import Kernel

/// `sampan coupon estimate`.
struct EstimateBatch: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "estimate", abstract: said("Tell what a batch may cost.", zh: "预估批次的成本。"),
        discussion: said(
            """
            Nothing is changed. What is not said is assumed: 80 % are claimed, 40 % of these are used, orders just reach the minimum spend.

            Example: sampan coupon estimate cpb-3k9abcdefg --redeemed 30 --order 6800 --margin 35
            """,
            zh: """
                不会更改任何内容。未指定时假设：80% 被领取，其中 40% 被使用，订单刚好达到使用门槛。

                示例：sampan coupon estimate cpb-3k9abcdefg --redeemed 30 --order 6800 --margin 35
                """))

    @Argument(help: ArgumentHelp(said("The batch's id.", zh: "批次编号。"))) var batch: String?
    @Option(help: ArgumentHelp(said("A file with a batch that is not made yet, or -.", zh: "尚未创建的批次文件，- 表示标准输入。"))) var file: String?
    @Option(help: ArgumentHelp(said("The percentage of the stock that is claimed.", zh: "预计领取比例（%）。"))) var claimed: Double?
    @Option(help: ArgumentHelp(said("The percentage of the claimed ones that are used.", zh: "预计核销比例（%）。"))) var redeemed: Double?
    @Option(help: ArgumentHelp(said("What a typical order comes to, in fen; several count alike.", zh: "典型订单金额（分），可多次给出。"))) var order: [Int64] = []
    @Option(help: ArgumentHelp(said("The percentage of an order that is left after the goods are paid.", zh: "毛利率（%）。"))) var margin: Double?
    @Option(help: ArgumentHelp(said("What one piece costs otherwise, in fen.", zh: "单件商品原价（分）。"))) var piecePrice: Int64?
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        var assume: JSONObject = [:]
        for (name, share) in [("claimed", claimed), ("redeemed", redeemed), ("margin", margin)] { if let share { assume[name] = .double(share) } }
        if !order.isEmpty { assume["orders"] = .array(order.map { ["value": .int($0)] }) }
        if let piecePrice { assume["piecePrice"] = .int(piecePrice) }
        let body: JSON = ["batch": try definition(in: context), "assume": .object(assume)]
        let estimate = try await CouponsClient(connection, in: context).change(.post, "estimate", body: body)
        guard !wantsJSON else { return context.console.line(estimate.text) }
        for line in Self.lines(estimate) { context.console.line(line) }
    }

    private func definition(in context: CommandContext) throws -> JSON {
        switch (batch, file) {
        case (let batch?, nil): return .string(batch)
        case (nil, let file?): return try JSONArgument(file == "-" ? "-" : "@\(file)", named: "batch", in: context).json
        default:
            throw CLIError(
                Localized("Name a batch, or give --file.", zh: "请给出批次编号或 --file。"),
                remedy: Localized("sampan coupon estimate cpb-… , or --file batch.json", zh: "sampan coupon estimate cpb-… 或 --file batch.json"))
        }
    }

    static func lines(_ estimate: JSON) -> [String] {
        var table = TextTable()
        for name in ["worst", "expected", "perCoupon", "costPerOrder", "orderValue", "leftPerOrder"] {
            if let money = estimate[name] { table.add(name, CouponText.money(money)) } else if name == "worst" { table.add(name, "no bound") }
        }
        for name in ["claimed", "redeemed", "orders", "budgetCoupons", "ordersToEarn"] {
            if let number = estimate[name] { table.add(name, number.text) }
        }
        table.add("budgetEndsFirst", estimate["budgetEndsFirst"] == true ? "yes" : "no")
        table.add("reaching", "\(estimate["reaching"]?.text ?? "") %")
        return table.lines
    }
}
