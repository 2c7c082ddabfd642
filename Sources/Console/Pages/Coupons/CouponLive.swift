internal import Coupons
internal import Kernel

/// The numbers of a batch as they are now, and the proof that they add up.
enum CouponLive {
    private static let accounts = ["held", "locked", "redeemed", "expired", "voided"]

    /// Whether anything of it can still change by itself.
    static func isLive(_ batch: JSON) -> Bool {
        switch batch["status"]?.stringValue {
        case "published", "paused": true
        case "stopped": number(batch, "held") + number(batch, "locked") > 0
        default: false
        }
    }

    static func model(_ batch: JSON, _ language: Language) -> JSONObject {
        let (claimed, left, stock) = (number(batch, "claimed"), number(batch, "left"), batch["stock"]?.intValue ?? 0)
        let sum = accounts.reduce(0) { $0 + number(batch, $1) }
        let isTrue = sum == claimed && claimed + left == stock
        var model: JSONObject = [
            "isLive": .bool(isLive(batch)), "isTrue": .bool(isTrue), "claimedCount": .int(claimed), "stockCount": .int(max(1, stock)),
            "claimed": .string(Yuan.grouped(claimed)), "left": .string(Yuan.grouped(left)), "stock": .string(Yuan.grouped(stock)),
            "reserved": .string(Yuan.sign(number(batch, "reserved"))), "spent": .string(Yuan.sign(number(batch, "spent"))),
            "sum": .string(accounts.map { Yuan.grouped(number(batch, $0)) }.joined(separator: " + ")),
        ]
        model["accounts"] = .array(
            accounts.map { ["label": .string(Catalogue.phrase("account-\($0)", language)), "count": .string(Yuan.grouped(number(batch, $0)))] })
        if let budget = batch["budget"]?.intValue {
            model["budget"] = ["total": .string(Yuan.sign(budget)), "count": .int(max(1, budget)), "used": .int(number(batch, "reserved"))]
        }
        return model
    }

    private static func number(_ batch: JSON, _ account: String) -> Int64 { batch["accounts"]?[account]?.intValue ?? 0 }
}
