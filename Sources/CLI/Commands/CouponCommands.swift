import ArgumentParser
import Kernel

/// `sampan coupon give`.
struct GiveCoupon: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "give", abstract: said("Give a user a coupon of a batch.", zh: "向用户发放一张优惠券。"),
        discussion: said(
            "Example: sampan coupon give cpb-3k9abcdefg --user o-alice --number campaign-7-alice",
            zh: "示例：sampan coupon give cpb-3k9abcdefg --user o-alice --number campaign-7-alice"))

    @OptionGroup var options: BatchOptions
    @Option(help: ArgumentHelp(said("The user's openid.", zh: "用户的 openid。"))) var user: String
    @Option(help: ArgumentHelp(said("The user's level as a member.", zh: "会员等级。"))) var level: String?
    @Option(help: ArgumentHelp(said("The channel.", zh: "渠道。"))) var channel: String?
    @Option(help: ArgumentHelp(said("The outBizNo: the same one again gives no second coupon.", zh: "outBizNo：相同编号不会重复发放。"))) var number: String?
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        var body: JSONObject = ["user": .string(user)]
        body["level"] = level.map { .string($0) }
        body["channel"] = channel.map { .string($0) }
        body["outBizNo"] = number.map { .string($0) }
        let answer = try await CouponsClient(options.connection, in: context).change(.post, "batches", options.batch, "claims", body: .object(body))
        context.console.line(wantsJSON ? answer.text : answer["coupon"]?["id"]?.stringValue ?? "")
    }
}

/// `sampan coupon of`.
struct ListCouponsOfUser: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "of", abstract: said("List a user's coupons.", zh: "列出用户的优惠券。"),
        discussion: said("Example: sampan coupon of --user o-alice --status held", zh: "示例：sampan coupon of --user o-alice --status held"))

    @Option(help: ArgumentHelp(said("The user's openid.", zh: "用户的 openid。"))) var user: String
    @Option(help: ArgumentHelp(said("held, locked, redeemed, expired or voided.", zh: "held、locked、redeemed、expired 或 voided。"))) var status: String?
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let answer = try await CouponsClient(connection, in: context).read(query: [("user", user), ("status", status), ("limit", "1000")])
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["ID", "NAME", "STATUS", "VALUE", "UNTIL"])
        for coupon in answer["coupons"]?.arrayValue ?? [] {
            table.add(
                coupon["id"]?.stringValue ?? "", coupon["name"]?.stringValue ?? "", coupon["status"]?.stringValue ?? "", CouponText.value(coupon["value"]),
                CouponText.moment(coupon["until"]))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan coupon get`.
struct GetCoupon: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: said("Show a coupon with its uses.", zh: "查看优惠券及其使用记录。"),
        discussion: said("Example: sampan coupon get cpn-0123456789abc", zh: "示例：sampan coupon get cpn-0123456789abc"))

    @Argument(help: ArgumentHelp(said("The coupon's id.", zh: "优惠券编号。"))) var coupon: String
    @OptionGroup var connection: ConnectionOptions
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let answer = try await CouponsClient(connection, in: context).read(coupon)
        guard !wantsJSON else { return context.console.line(answer.text) }
        for line in CouponText.lines(ofCoupon: answer) { context.console.line(line) }
    }
}

/// What names coupons, and the step that they take.
struct CouponStepOptions: ParsableArguments {
    @Argument(help: ArgumentHelp(said("The coupons' ids, 1 to 20; all take the step, or none.", zh: "优惠券编号，1–20 个；全部成功或全部不变。"))) var coupons: [String]
    @Option(help: ArgumentHelp(said("The outBizNo: the same one again does nothing more.", zh: "outBizNo：相同编号不会重复操作。"))) var number: String?
    @OptionGroup var connection: ConnectionOptions

    /// Takes the step and tells what became of each.
    func take(_ step: String, _ members: JSONObject, in context: CommandContext) async throws {
        var body: JSONObject = ["coupons": .array(coupons.map { .string($0) })]
        body["outBizNo"] = number.map { .string($0) }
        for (name, value) in members { body[name] = value }
        let answer = try await CouponsClient(connection, in: context).change(.post, step, body: .object(body))
        guard !connection.server.output.json else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["ID", "STATUS", "AMOUNT", "BALANCE"])
        for receipt in answer["coupons"]?.arrayValue ?? [] {
            table.add(
                receipt["id"]?.stringValue ?? "", receipt["status"]?.stringValue ?? "", CouponText.money(receipt["amount"]),
                CouponText.money(receipt["balance"]))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan coupon redeem`.
struct RedeemCoupons: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "redeem", abstract: said("Use coupons up in an order.", zh: "在订单中核销优惠券。"),
        discussion: said(
            "Example: sampan coupon redeem cpn-0123456789abc --order o-17 --amount 500",
            zh: "示例：sampan coupon redeem cpn-0123456789abc --order o-17 --amount 500"))

    @OptionGroup var options: CouponStepOptions
    @Option(help: ArgumentHelp(said("The order's number.", zh: "订单号。"))) var order: String
    @Option(help: ArgumentHelp(said("What each takes off, in fen; may be given again.", zh: "每张抵扣的金额（分），可多次给出。"))) var amount: [Int64] = []
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        var members: JSONObject = ["order": .string(order)]
        if !amount.isEmpty { members["amounts"] = .array(amount.map { .int($0) }) }
        try await options.take("redeem", members, in: context)
    }
}

/// `sampan coupon refund`.
struct RefundCoupons: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "refund", abstract: said("Take the uses in an order back.", zh: "退回订单中使用的优惠券。"),
        discussion: said("Example: sampan coupon refund cpn-0123456789abc --order o-17", zh: "示例：sampan coupon refund cpn-0123456789abc --order o-17"))

    @OptionGroup var options: CouponStepOptions
    @Option(help: ArgumentHelp(said("The order's number.", zh: "订单号。"))) var order: String
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws { try await options.take("refund", ["order": .string(order)], in: context) }
}

/// `sampan coupon void`.
struct VoidCoupons: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "void", abstract: said("Make coupons worthless.", zh: "作废优惠券。"),
        discussion: said("Example: sampan coupon void cpn-0123456789abc --yes", zh: "示例：sampan coupon void cpn-0123456789abc --yes"))

    @OptionGroup var options: CouponStepOptions
    @Flag(help: ArgumentHelp(said("Do not ask.", zh: "不再询问。"))) var yes = false
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let which = options.coupons.joined(separator: ", ")
        if !yes { try context.confirm(context.say("Make \(which) worthless for good? (yes/no) ", zh: "作废 \(which)，且不可恢复？(yes/no) ")) }
        try await options.take("void", [:], in: context)
    }
}
