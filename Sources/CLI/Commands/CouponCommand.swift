import ArgumentParser
import Foundation
import Kernel

/// `sampan coupon`.
struct CouponCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coupon", abstract: said("Make batches of coupons, and look after the coupons.", zh: "管理优惠券批次与优惠券。"),
        discussion: said(
            "Example: sampan coupon create --file batch.json\n         sampan coupon submit cpb-3k9abcdefg",
            zh: "示例：sampan coupon create --file batch.json\n      sampan coupon submit cpb-3k9abcdefg"),
        subcommands: [
            ListBatches.self, ShowBatch.self, EstimateBatch.self, CreateBatch.self, ChangeBatch.self, SubmitBatch.self, ApproveBatch.self, RejectBatch.self,
            PauseBatch.self, ResumeBatch.self, StopBatch.self, GiveCoupon.self, ListCouponsOfUser.self, GetCoupon.self, RedeemCoupons.self,
            RefundCoupons.self, VoidCoupons.self, CouponCodes.self, GrantCoupons.self, LinkToBatch.self, CouponReport.self, CouponEntries.self,
            ExportCoupons.self,
        ])
}

/// The coupons of one environment.
struct CouponsClient {
    private let client: ManagementClient
    private let environment: String

    init(_ options: ConnectionOptions, in context: CommandContext) async throws {
        let connection = try Connection.resolve(options, in: context)
        environment = try await connection.requiredEnvironment(in: context)
        client = try connection.client(in: context)
    }

    func read(_ parts: String..., query: [(String, String?)] = []) async throws -> JSON {
        try await client.send(.get, path(parts), query: query).json()
    }

    /// Changes something; the key lets a repeat be recognised.
    func change(_ method: ManagementClient.Method = .post, _ parts: String..., body: JSON? = nil) async throws -> JSON {
        try await client.send(method, path(parts), body: body.map { .json($0) } ?? .none, headers: [("idempotency-key", UUID().uuidString)]).json()
    }

    /// A file that takes as long as it takes.
    func post(_ parts: [String], query: [(String, String?)], body: ManagementClient.Body) async throws -> JSON {
        try await client.send(.post, path(parts), query: query, body: body, headers: [("content-type", "text/plain")], timeout: Self.fileTimeout).json()
    }

    func stream(_ parts: [String], query: [(String, String?)]) async throws -> ByteStream {
        try await client.stream(path(parts), query: query, timeout: Self.fileTimeout)
    }

    private static let fileTimeout = Duration.seconds(3600)

    private func path(_ parts: [String]) -> [String] { ["environments", environment, "coupons"] + parts }
}

/// What names a batch.
struct BatchOptions: ParsableArguments {
    @Argument(help: ArgumentHelp(said("The batch's id, as `sampan coupon list` shows it.", zh: "批次编号，见 `sampan coupon list`。"))) var batch: String
    @OptionGroup var connection: ConnectionOptions
}

/// How coupons are told to people.
enum CouponText {
    /// Sums of money with two places: the API counts in the smallest unit.
    static func money(_ amount: JSON?) -> String { ScaledDecimal.hundredths(amount?.intValue ?? 0) }

    /// What one is worth, in a few characters.
    static func value(_ value: JSON?) -> String {
        switch value?["type"]?.stringValue {
        case "amount", "storedValue": "-\(money(value?["amount"]))"
        case "discount": "-\(value?["percentOff"]?.text ?? "") %"
        case "specialPrice": "=\(money(value?["price"]))"
        case "gift": "+\(value?["name"]?.stringValue ?? "")"
        default: value?["type"]?.stringValue ?? ""
        }
    }

    static func moment(_ moment: JSON?) -> String { DateText.iso8601(fromMilliseconds: moment?.intValue ?? 0) }

    /// A batch as lines of a name and a value.
    static func lines(ofBatch batch: JSON) -> [String] {
        var table = TextTable()
        for name in ["id", "name", "status", "submittedBy", "approvedBy"] {
            if let text = batch[name]?.stringValue { table.add(name, text) }
        }
        table.add("value", value(batch["value"]))
        if let minimum = batch["minimumSpend"] { table.add("minimumSpend", money(minimum)) }
        table.add("claim", "\(moment(batch["claim"]?["from"])) – \(moment(batch["claim"]?["until"]))")
        table.add("stock", batch["stock"]?.text ?? "")
        if let budget = batch["budget"] { table.add("budget", money(budget)) }
        for name in ["left", "claimed", "held", "locked", "redeemed", "expired", "voided"] { table.add(name, batch["accounts"]?[name]?.text ?? "") }
        for name in ["reserved", "spent"] { table.add(name, money(batch["accounts"]?[name])) }
        table.add("revision", batch["revision"]?.text ?? "")
        return table.lines
    }

    /// A coupon as lines of a name and a value.
    static func lines(ofCoupon coupon: JSON) -> [String] {
        var table = TextTable()
        for name in ["id", "status", "batch", "name", "order"] {
            if let text = coupon[name]?.stringValue { table.add(name, text) }
        }
        if let worth = coupon["value"] { table.add("value", value(worth)) }
        if let balance = coupon["balance"] { table.add("balance", money(balance)) }
        for name in ["claimedAt", "from", "until", "lockedUntil"] {
            if let at = coupon[name] { table.add(name, moment(at)) }
        }
        if coupon["frozen"] == true { table.add("frozen", "yes") }
        for use in coupon["uses"]?.arrayValue ?? [] {
            let words = [use["order"]?.stringValue ?? "", money(use["amount"]), use["refunded"] == true ? "refunded" : ""]
            table.add("use", words.filter { !$0.isEmpty }.joined(separator: " "))
        }
        return table.lines
    }
}
