public import Kernel

extension Coupons {
    /// What a batch came to in a time: by day, by the channels that brought claims, by the shops in which coupons were used.
    ///
    /// Money is what coupons took off, in fen: `net` is what was used less what was refunded, the merchant's cost of that time.
    /// - Parameters:
    ///   - from: in milliseconds since 1970; `nil` is since ever.
    ///   - until: before this moment; `nil` is now.
    public func report(of id: String, from: Int64?, until: Int64?, _ environment: EnvironmentID) async throws -> JSON {
        let store = try store(environment)
        let batch = try await found(id, store)
        try await store.settleNow()
        let zone = batch.definition.zone
        let (first, end) = (from ?? 0, until ?? Int64.max)
        let (days, places) = try await readingAside(store) { tables in
            (
                try tables.sums(ofBatch: batch.number, from: first, until: end, zoneMilliseconds: zone.minutes * 60_000),
                try tables.sumsByPlace(ofBatch: batch.number, from: first, until: end)
            )
        }
        let current = try await found(id, store)
        return [
            "batch": .string(batch.id), "name": .string(batch.definition.name), "timeZone": .string(zone.text),
            "days": .array(
                Self.grouped(days, by: \.day).map { day, sums in
                    var json = ReportLine(sums).json
                    json["day"] = .string(DateText.iso8601(fromMilliseconds: day * 86_400_000).prefix(10).description)
                    return .object(json)
                }),
            "total": .object(ReportLine(days).json), "channels": .array(Self.channels(places)), "shops": .array(Self.shops(places)),
            "accounts": shown(current)["accounts"] ?? .null,
        ]
    }

    private static func grouped<Key: Hashable & Comparable>(_ sums: [EntrySum], by key: (EntrySum) -> Key) -> [(Key, [EntrySum])] {
        Dictionary(grouping: sums, by: key).sorted { $0.key < $1.key }
    }

    private static func channels(_ sums: [EntrySum]) -> [JSON] {
        sums.filter { $0.kind == .claim }.map { ["channel": .string($0.place), "claimed": .int($0.count)] }
    }

    private static func shops(_ sums: [EntrySum]) -> [JSON] {
        grouped(sums.filter { $0.kind == .redeem || $0.kind == .refund }, by: \.place).map { shop, sums in
            var json: JSONObject = ["shop": .string(shop)]
            for (name, value) in ReportLine(sums).json where ["redeemed", "redeemedAmount", "refunded", "refundedAmount", "net"].contains(name) {
                json[name] = value
            }
            return .object(json)
        }
    }
}

/// What steps come to.
private struct ReportLine {
    var counts: [LedgerEntry.Kind: Int64] = [:]
    var amounts: [LedgerEntry.Kind: Int64] = [:]

    init(_ sums: [EntrySum]) {
        for sum in sums {
            counts[sum.kind, default: 0] += sum.count
            amounts[sum.kind, default: 0] += sum.amount
        }
    }

    var json: JSONObject {
        func count(_ kind: LedgerEntry.Kind) -> JSON { .int(counts[kind] ?? 0) }
        let (used, back) = (amounts[.redeem] ?? 0, amounts[.refund] ?? 0)
        return [
            "claimed": count(.claim), "redeemed": count(.redeem), "redeemedAmount": .int(used), "refunded": count(.refund), "refundedAmount": .int(back),
            "expired": count(.expire), "voided": count(.void), "net": .int(used - back),
        ]
    }
}
