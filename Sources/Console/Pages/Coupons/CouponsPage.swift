internal import Coupons
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/coupons`: all batches; the pages behind them are in the files beside this one.
struct CouponsPage: Sendable {
    let tenancy: Tenancy
    let coupons: Coupons
    let approval: BatchApproval

    var section: ConsoleSection {
        let design = CouponDesignPage(tenancy: tenancy, coupons: coupons)
        let batch = CouponBatchPage(tenancy: tenancy, coupons: coupons, approval: approval)
        let coupon = CouponPage(tenancy: tenancy, coupons: coupons)
        return ConsoleSection(
            path: "coupons", title: "coupons", icon: "ticket", permission: .couponsRead,
            pages: [.show(needs: .couponsRead, show)] + design.pages + batch.pages + coupon.pages)
    }

    private func show(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        func text(_ batch: JSON, _ member: String) -> String { batch[member]?.stringValue ?? "" }
        func number(_ batch: JSON, _ member: String) -> Int64 { batch["accounts"]?[member]?.intValue ?? 0 }
        let list = ListView<JSON>(
            columns: [
                .init(title: "name", name: "name", ascends: { text($0, "name") < text($1, "name") }),
                .init(title: "batchStatus", name: "status", ascends: { text($0, "status") < text($1, "status") }),
                .init(title: "claimedOfStock", name: "claimed", ascends: { number($0, "claimed") < number($1, "claimed") }),
                .init(
                    title: "claimWindow", name: "from", ascends: { ($0["claim"]?["from"]?.intValue ?? 0) < ($1["claim"]?["from"]?.intValue ?? 0) }),
                .init(title: "redeemedWord", name: "redeemed", ascends: { number($0, "redeemed") < number($1, "redeemed") }),
                .init(title: "costSoFar", name: "spent", ascends: { number($0, "spent") < number($1, "spent") }),
            ], text: { "\(text($0, "name")) \(text($0, "id"))" })
        let batches = try await coupons.batches(environment.id)["batches"]?.arrayValue ?? []
        let (rows, listModel) = list.shown(batches, visit)
        let now = WallClock.system.now()
        var model = environment.shown(visit.language)
        model.merge(listModel)
        model["path"] = .string(Address.environment(environment.id, "coupons"))
        model["mayManage"] = .bool(visit.may(.couponsManage))
        model["batches"] = .array(rows.map { .object(CouponWords.shown($0, now: now, visit.language)) })
        return Page(template: "coupons", title: Catalogue.phrase("coupons", visit.language), model: model)
    }
}
