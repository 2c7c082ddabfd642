import ArgumentParser
import Foundation
import Kernel

/// `sampan coupon codes`.
struct CouponCodes: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "codes", abstract: said("Show, bring or save a batch's codes.", zh: "查看、上传或下载批次的券码。"),
        discussion: said(
            """
            A file has a code on each line. An upload that broke off goes on when the same command is given again; --abandon gives it up.

            Example: sampan coupon codes cpb-3k9abcdefg --upload codes.txt
                     sampan coupon codes cpb-3k9abcdefg --save codes.txt
            """,
            zh: """
                文件每行一个券码。上传中断后重新执行同一命令即可继续；--abandon 放弃上传。

                示例：sampan coupon codes cpb-3k9abcdefg --upload codes.txt
                      sampan coupon codes cpb-3k9abcdefg --save codes.txt
                """))

    @OptionGroup var options: BatchOptions
    @Option(help: ArgumentHelp(said("A file of codes to bring.", zh: "要上传的券码文件。"))) var upload: String?
    @Flag(help: ArgumentHelp(said("Leave out lines that are no good instead of refusing the file.", zh: "跳过有误的行，而不是拒绝整个文件。"))) var skipFaults = false
    @Option(help: ArgumentHelp(said("Save the server's codes in a file.", zh: "将系统生成的券码保存到文件。"))) var save: String?
    @Flag(help: ArgumentHelp(said("Give up an upload that broke off.", zh: "放弃中断的上传。"))) var abandon = false
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let coupons = try await CouponsClient(options.connection, in: context)
        if let save { return try await coupons.save(["batches", options.batch, "codes", "file"], to: save, wantsJSON: wantsJSON, in: context) }
        if abandon { _ = try await coupons.change(.delete, "batches", options.batch, "codes", "upload") }
        let codes =
            if let upload {
                try await coupons.send(upload, to: ["batches", options.batch, "codes"], query: [("faults", skipFaults ? "skip" : nil)], in: context)
            } else { try await coupons.read("batches", options.batch, "codes") }
        guard !wantsJSON else { return context.console.line(codes.text) }
        var table = TextTable()
        for name in ["source", "for", "count", "used"] { table.add(name, codes[name]?.stringValue ?? codes[name]?.text ?? "") }
        if let upload = codes["upload"] { table.add("upload", "\(upload["lines"]?.text ?? "") lines, \(upload["faults"]?.text ?? "") faults") }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan coupon grant`.
struct GrantCoupons: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: said("Give each user of a list one coupon.", zh: "向名单中的每位用户发放一张优惠券。"),
        discussion: said(
            "The file has an openid on each line. The same name again gives nobody a second one, so what broke off is sent again.\n\nExample: sampan coupon grant cpb-3k9abcdefg --file regulars.txt --name june",
            zh: "文件每行一个 openid。相同名称不会重复发放，中断后重新执行即可。\n\n示例：sampan coupon grant cpb-3k9abcdefg --file regulars.txt --name june"))

    @OptionGroup var options: BatchOptions
    @Option(help: ArgumentHelp(said("The list of users.", zh: "用户名单文件。"))) var file: String
    @Option(help: ArgumentHelp(said("By which a repeat is known.", zh: "发放名称，用于识别重复发放。"))) var name: String
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let coupons = try await CouponsClient(options.connection, in: context)
        let result = try await coupons.send(file, to: ["batches", options.batch, "grants"], query: [("name", name)], in: context)
        guard !wantsJSON else { return context.console.line(result.text) }
        var table = TextTable()
        for name in ["given", "repeated", "refused"] { table.add(name, result[name]?.text ?? "") }
        for (code, count) in result["refusals"]?.objectValue ?? [:] { table.add(code, count.text) }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan coupon link`.
struct LinkToBatch: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: said("Make what a link or QR code to a batch carries.", zh: "生成领取链接或二维码的参数。"),
        discussion: said(
            "Append it to the page of the mini program that shows the coupon.\n\nExample: sampan coupon link cpb-3k9abcdefg --channel poster",
            zh: "附加在展示该券的小程序页面路径之后。\n\n示例：sampan coupon link cpb-3k9abcdefg --channel poster"))

    @OptionGroup var options: BatchOptions
    @Option(help: ArgumentHelp(said("Where the link will be shown.", zh: "投放渠道。"))) var channel: String?
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let link = try await CouponsClient(options.connection, in: context).read("batches", options.batch, "link", query: [("channel", channel)])
        context.console.line(wantsJSON ? link.text : link["query"]?.stringValue ?? "")
    }
}
