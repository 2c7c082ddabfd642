import ArgumentParser
import Foundation
import Kernel

/// A time of which something is wanted.
struct PeriodOptions: ParsableArguments {
    @Option(help: ArgumentHelp(said("From this moment on: 2026-12-01T00:00:00+08:00.", zh: "起始时间，例如 2026-12-01T00:00:00+08:00。"))) var from: String?
    @Option(help: ArgumentHelp(said("Before this moment.", zh: "结束时间（不含）。"))) var until: String?

    var query: [(String, String?)] { [("from", from), ("until", until)] }
}

/// `sampan coupon report`.
struct CouponReport: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: said("What a batch came to, by day.", zh: "批次结算报告（按日）。"),
        discussion: said(
            "Money is what coupons took off; net is what was used less what was refunded.\n\nExample: sampan coupon report cpb-3k9abcdefg --csv report.csv",
            zh: "金额为优惠金额；net 为核销减退回。\n\n示例：sampan coupon report cpb-3k9abcdefg --csv report.csv"))

    @OptionGroup var options: BatchOptions
    @OptionGroup var period: PeriodOptions
    @Option(help: ArgumentHelp(said("Save it in a file for spreadsheets.", zh: "保存为 CSV 文件。"))) var csv: String?
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let coupons = try await CouponsClient(options.connection, in: context)
        let path = ["batches", options.batch, "report"]
        if let csv { return try await coupons.save(path, query: period.query + [("format", "csv")], to: csv, wantsJSON: wantsJSON, in: context) }
        let report = try await coupons.read("batches", options.batch, "report", query: period.query)
        guard !wantsJSON else { return context.console.line(report.text) }
        var table = TextTable(heading: ["DAY", "CLAIMED", "REDEEMED", "REFUNDED", "EXPIRED", "VOIDED", "NET"])
        for (day, line) in (report["days"]?.arrayValue ?? []).map({ ($0["day"]?.stringValue ?? "", $0) }) + [("total", report["total"] ?? .null)] {
            table.add(
                day, line["claimed"]?.text ?? "", line["redeemed"]?.text ?? "", line["refunded"]?.text ?? "", line["expired"]?.text ?? "",
                line["voided"]?.text ?? "", CouponText.money(line["net"]))
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan coupon entries`.
struct CouponEntries: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "entries", abstract: said("Steps of the ledger, in their order.", zh: "账本流水。"),
        discussion: said(
            "With --csv all that match are saved, for reconciliation.\n\nExample: sampan coupon entries --batch cpb-3k9abcdefg --csv entries.csv",
            zh: "使用 --csv 保存全部匹配流水，用于对账。\n\n示例：sampan coupon entries --batch cpb-3k9abcdefg --csv entries.csv"))

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var period: PeriodOptions
    @Option(help: ArgumentHelp(said("Of this batch only.", zh: "仅该批次。"))) var batch: String?
    @Option(help: ArgumentHelp(said("Of this coupon only.", zh: "仅该优惠券。"))) var coupon: String?
    @Option(help: ArgumentHelp(said("Behind the step with this number.", zh: "从该序号之后开始。"))) var after: Int?
    @Option(help: ArgumentHelp(said("How many (default 100).", zh: "条数（默认 100）。"))) var limit: Int?
    @Option(help: ArgumentHelp(said("Save all in a file for spreadsheets.", zh: "全部保存为 CSV 文件。"))) var csv: String?
    var wantsJSON: Bool { connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        let coupons = try await CouponsClient(connection, in: context)
        let query = period.query + [("batch", batch), ("coupon", coupon), ("after", after.map(String.init)), ("limit", limit.map(String.init))]
        if let csv { return try await coupons.save(["entries"], query: query + [("format", "csv")], to: csv, wantsJSON: wantsJSON, in: context) }
        let answer = try await coupons.read("entries", query: query)
        guard !wantsJSON else { return context.console.line(answer.text) }
        var table = TextTable(heading: ["NUMBER", "AT", "STEP", "COUPON", "USER", "STATUS", "AMOUNT", "ORDER"])
        for entry in answer["entries"]?.arrayValue ?? [] {
            table.add(
                entry["number"]?.text ?? "", CouponText.moment(entry["at"]), entry["step"]?.stringValue ?? "", entry["coupon"]?.stringValue ?? "",
                entry["user"]?.stringValue ?? "", entry["status"]?.stringValue ?? "", entry["amount"] == nil ? "" : CouponText.money(entry["amount"]),
                entry["order"]?.stringValue ?? "")
        }
        for line in table.lines { context.console.line(line) }
    }
}

/// `sampan coupon export`.
struct ExportCoupons: SampanCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: said("Save all coupons of a batch in a file for spreadsheets.", zh: "导出批次的全部优惠券（CSV）。"),
        discussion: said("Example: sampan coupon export cpb-3k9abcdefg -o coupons.csv", zh: "示例：sampan coupon export cpb-3k9abcdefg -o coupons.csv"))

    @OptionGroup var options: BatchOptions
    @Option(name: .shortAndLong, help: ArgumentHelp(said("The file (default: the batch's id).", zh: "文件名（默认为批次编号）。"))) var output: String?
    @Option(help: ArgumentHelp(said("held, locked, redeemed, expired or voided.", zh: "held、locked、redeemed、expired 或 voided。"))) var status: String?
    var wantsJSON: Bool { options.connection.server.output.json }

    func execute(in context: CommandContext) async throws {
        try await CouponsClient(options.connection, in: context).save(
            ["batches", options.batch, "coupons"], query: [("status", status), ("format", "csv")], to: output ?? "\(options.batch).csv", wantsJSON: wantsJSON,
            in: context)
    }
}

extension CouponsClient {
    /// Saves what an address answers in a file.
    func save(
        _ parts: [String], query: [(String, String?)] = [], to name: String, wantsJSON: Bool, in context: CommandContext
    ) async throws {
        let file = context.resolve(name)
        let progress = ProgressLine(context.say("receiving", zh: "下载"), on: context.console)
        defer { progress.finish() }
        try await FileDownload.save(try await stream(parts, query: query), to: file) { progress.advance(by: $0.count) }
        progress.finish()
        context.console.line(wantsJSON ? (["file": .string(file.path)] as JSON).text : file.path)
    }

    /// Sends a file as it is on disk.
    func send(_ name: String, to parts: [String], query: [(String, String?)], in context: CommandContext) async throws -> JSON {
        let file = context.resolve(name)
        guard let length = try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int else {
            throw CLIError(
                Localized("There is no file \(file.path).", zh: "文件 \(file.path) 不存在。"), remedy: Localized("Check the name.", zh: "请检查文件名。"))
        }
        let progress = ProgressLine(context.say("sending", zh: "上传"), total: length, on: context.console)
        defer { progress.finish() }
        return try await post(parts, query: query, body: .rest(file, from: 0, length: length, progress))
    }
}
