internal import Coupons
internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// `/console/env/{env}/coupons/of` and `…/coupon/{coupon}`: the coupons of a user, and one coupon with its steps.
struct CouponPage: Sendable {
    private static let shownMax = 200
    private static let rowsOnAPage = 50

    let tenancy: Tenancy
    let coupons: Coupons

    var pages: [ConsolePage] {
        [
            .show("of", needs: .couponsRead, showUser), .show("batches/:batch/coupons", needs: .couponsRead, showBatch),
            .show("coupon/:coupon", needs: .couponsRead, showCoupon),
            .act("coupon/:coupon/void", needs: .couponsManage, asks: "confirmVoid", back: path) { visit, _ in
                try await move(visit, Phrases.couponVoided, coupons.void)
            },
            .act("coupon/:coupon/freeze", needs: .couponsManage, asks: "confirmFreeze", back: path) { visit, _ in
                try await move(visit, Phrases.couponFrozen, coupons.freeze)
            },
            .act("coupon/:coupon/unfreeze", needs: .couponsManage, back: path) { visit, _ in
                try await move(visit, Phrases.couponUnfrozen, coupons.unfreeze)
            },
        ]
    }

    @Sendable private func path(_ visit: Visit) throws -> String { Address.environment(try visit.environment(), "coupons", "coupon", try visit.name("coupon")) }

    // MARK: What can be done

    private func move(
        _ visit: Visit, _ done: Localized, _ step: (JSONObject, CallContext) async throws -> JSON
    ) async throws -> Outcome {
        _ = try await step(["coupons": [.string(visit.name("coupon"))]], visit.context.keyCall(visit.environment()))
        AuditNote.changed("coupon \(try visit.name("coupon"))")
        return .go(try path(visit), Flash(done))
    }

    // MARK: What is shown

    private func showUser(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let wanted = visit.query("q") ?? ""
        var model = environment.shown(visit.language)
        let home = Address.environment(environment.id, "coupons")
        model["path"] = .string("\(home)/of")
        model["couponsPath"] = .string(home)
        model["search"] = .string(wanted)
        model["isAsked"] = .bool(!wanted.isEmpty)
        let found = try await find(wanted, environment.id)
        model["hasRows"] = .bool(!found.isEmpty)
        model["isCut"] = .bool(found.count >= Self.shownMax)
        model["rows"] = .array(found.map { .object(CouponRow.shown($0, home, visit.language)) })
        return Page(template: "coupon-user", title: Catalogue.phrase("couponsOfUser", visit.language), model: model)
    }

    /// What is no coupon's id is a user's.
    private func find(_ wanted: String, _ environment: EnvironmentID) async throws -> [JSON] {
        if wanted.isEmpty { return [] }
        if wanted.hasPrefix("cpn-") {
            do {
                return [try await coupons.coupon(wanted, of: nil, environment)]
            } catch let error where SampanError(reporting: error).status == 404 {
                return []
            }
        }
        return try await coupons.coupons(of: wanted, status: nil, limit: Self.shownMax, environment)["coupons"]?.arrayValue ?? []
    }

    /// The coupons of a batch, in the order of their claims.
    private func showBatch(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let (home, id) = (Address.environment(environment.id, "coupons"), try visit.name("batch"))
        let batch = try await coupons.batch(id, environment.id)
        let status = visit.query("status").flatMap { word in CouponAccount.allCases.first { $0.word == word && $0 != .stock } }
        let found = try await coupons.coupons(ofBatch: id, after: visit.query("after") ?? "", status: status, limit: Self.rowsOnAPage, environment.id)
        let rows = found["coupons"]?.arrayValue ?? []
        let path = "\(home)/batches/\(id)/coupons"
        var model = environment.shown(visit.language)
        model["path"] = .string(path)
        model["hasRows"] = .bool(!rows.isEmpty)
        model["isFiltered"] = .bool(status != nil || visit.query("after") != nil)
        model["rows"] = .array(rows.map { .object(CouponRow.shown($0, home, visit.language)) })
        model["statuses"] = .array(
            CouponAccount.allCases.filter { $0 != .stock }.map { account in
                [
                    "value": .string(account.word), "label": .string(Catalogue.phrase("account-\(account.word)", visit.language)),
                    "isChosen": .bool(account == status),
                ]
            })
        if visit.query("after") != nil { model["firstPath"] = .string(Address.with(path, [("status", status?.word)])) }
        if let next = found["next"]?.stringValue { model["nextPath"] = .string(Address.with(path, [("status", status?.word), ("after", next)])) }
        let crumb = (path: "\(home)/batches/\(id)", text: batch["name"]?.stringValue ?? "")
        return Page(template: "coupon-list", title: Catalogue.phrase("couponsOfBatch", visit.language), model: model, crumbs: [crumb])
    }

    private func showCoupon(_ visit: Visit) async throws -> Page {
        let environment = try tenancy.environment(visit.environment())
        let home = Address.environment(environment.id, "coupons")
        let coupon = try await coupons.coupon(visit.name("coupon"), of: nil, environment.id)
        var model = environment.shown(visit.language)
        model.merge(CouponRow.shown(coupon, home, visit.language))
        model["path"] = .string(try path(visit))
        let isOpen = ["held", "locked"].contains(coupon["status"]?.stringValue ?? "")
        let (mayMove, isFrozen) = (visit.may(.couponsManage) && isOpen, coupon["frozen"] == true)
        model["mayVoid"] = .bool(mayMove)
        model["mayFreeze"] = .bool(mayMove && !isFrozen)
        model["mayUnfreeze"] = .bool(mayMove && isFrozen)
        var wanted = Coupons.EntriesWanted()
        wanted.coupon = coupon["id"]?.stringValue
        let steps = try await coupons.entries(wanted, environment.id)["entries"]?.arrayValue ?? []
        model["user"] = steps.first { $0["step"] == "claim" }?["user"]
        model["hasSteps"] = .bool(!steps.isEmpty)
        model["steps"] = .array(steps.map { Self.step($0, visit.language) })
        let uses = coupon["uses"]?.arrayValue ?? []
        model["hasUses"] = .bool(!uses.isEmpty)
        model["uses"] = .array(
            uses.map { ["order": $0["order"] ?? "", "amount": .string(Yuan.sign($0["amount"]?.intValue ?? 0)), "isRefunded": $0["refunded"] ?? false] })
        let crumb = (path: model["batchPath"]?.stringValue ?? home, text: coupon["name"]?.stringValue ?? "")
        return Page(template: "coupon", title: coupon["id"]?.stringValue ?? "", model: model, crumbs: [crumb])
    }

    private static func step(_ entry: JSON, _ language: Language) -> JSON {
        let amount = entry["amount"]?.intValue ?? 0
        var shown: JSONObject = [
            "stepName": .string(Catalogue.phrase("step-\(entry["step"]?.stringValue ?? "")", language)), "at": Showing.time(entry["at"]?.intValue ?? 0),
        ]
        if let order = entry["order"]?.stringValue { shown["order"] = .string(order) }
        // A claim's amount is what it may cost, which is no money that has moved.
        if amount > 0, entry["step"] != "claim" { shown["amount"] = .string(Yuan.sign(amount)) }
        return .object(shown)
    }
}

/// One coupon as a row of a list.
enum CouponRow {
    static func shown(_ coupon: JSON, _ home: String, _ language: Language) -> JSONObject {
        let (id, status, batch) = (coupon["id"]?.stringValue ?? "", coupon["status"]?.stringValue ?? "", coupon["batch"]?.stringValue ?? "")
        var row: JSONObject = [
            "couponID": .string(id), "couponPath": .string("\(home)/coupon/\(id)"), "batchName": coupon["name"] ?? "",
            "batchPath": .string("\(home)/batches/\(batch)"),
            "accountName": .string(Catalogue.phrase("account-\(status)", language)), "badge": .string(badge(status)), "isFrozen": coupon["frozen"] ?? false,
            "claimedAt": Showing.time(coupon["claimedAt"]?.intValue ?? 0), "validFrom": Showing.time(coupon["from"]?.intValue ?? 0),
            "validUntil": Showing.time(coupon["until"]?.intValue ?? 0),
        ]
        if let user = coupon["user"]?.stringValue { row["user"] = .string(user) }
        if let order = coupon["order"]?.stringValue { row["lockedBy"] = .string(order) }
        if let until = coupon["lockedUntil"]?.intValue { row["lockedUntil"] = Showing.time(until) }
        if let balance = coupon["balance"]?.intValue { row["balance"] = .string(Yuan.sign(balance)) }
        if let value = coupon["value"]?.objectValue, let worth = try? CouponValue(value) {
            row["words"] = .string(Phrases.couponTerms(worth, coupon["minimumSpend"]?.intValue ?? 0)[language])
        }
        return row
    }

    private static func badge(_ status: String) -> String {
        switch status {
        case "held": "active"
        case "locked": "warn"
        case "redeemed": "cold"
        case "voided": "bad"
        default: ""
        }
    }
}
