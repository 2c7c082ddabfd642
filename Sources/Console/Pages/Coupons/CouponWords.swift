internal import Coupons
internal import Kernel

/// A batch in words that need no explanation.
enum CouponWords {
    /// What one is worth and from when: 满 50 减 10.
    static func terms(_ terms: CouponTerms, _ language: Language) -> String { Phrases.couponTerms(terms.value, terms.minimumSpend)[language] }

    /// Where a batch stands at a moment: its status, and for a published one what that comes to.
    static func standing(_ batch: JSON, now: Int64) -> String {
        let status = batch["status"]?.stringValue ?? ""
        guard status == "published" else { return status }
        let (from, until) = (batch["claim"]?["from"]?.intValue ?? 0, batch["claim"]?["until"]?.intValue ?? 0)
        if now < from { return "scheduled" }
        if now >= until { return "over" }
        if (batch["accounts"]?["left"]?.intValue ?? 0) <= 0 { return "soldOut" }
        if let budget = batch["budget"]?.intValue, let definition = try? BatchDefinition(ofShown: batch),
            (batch["accounts"]?["reserved"]?.intValue ?? 0) + (definition.terms.value.exposure ?? 0) > budget
        {
            return "budgetGone"
        }
        return status
    }

    static func badge(_ standing: String) -> String {
        switch standing {
        case "published": "active"
        case "submitted", "scheduled", "paused": "warn"
        case "soldOut", "budgetGone": "bad"
        default: ""
        }
    }

    /// Name, words, window and numbers of a batch, as lists and its own page show them.
    static func shown(_ batch: JSON, now: Int64, _ language: Language) -> JSONObject {
        let standing = standing(batch, now: now)
        let accounts = batch["accounts"]
        func number(_ name: String) -> JSON { .string(Yuan.grouped(accounts?[name]?.intValue ?? 0)) }
        let (claimed, stock) = (accounts?["claimed"]?.intValue ?? 0, batch["stock"]?.intValue ?? 0)
        var shown: JSONObject = [
            "batchID": batch["id"] ?? "", "batchName": batch["name"] ?? "", "standing": .string(Catalogue.phrase("batch-\(standing)", language)),
            "badge": .string(badge(standing)), "claimed": number("claimed"), "stock": .string(Yuan.grouped(stock)), "redeemed": number("redeemed"),
            "left": number("left"), "claimedCount": .int(claimed), "stockCount": .int(max(1, stock)),
            "spent": .string(Yuan.sign(accounts?["spent"]?.intValue ?? 0)), "opens": Showing.time(batch["claim"]?["from"]?.intValue ?? 0),
            "closes": Showing.time(batch["claim"]?["until"]?.intValue ?? 0),
        ]
        if let definition = try? BatchDefinition(ofShown: batch) { shown["words"] = .string(terms(definition.terms, language)) }
        return shown
    }

    /// Everything that was promised, a line for each thing.
    static func facts(_ definition: BatchDefinition, _ language: Language) -> [JSON] {
        func fact(_ title: String, _ text: Localized?) -> JSON? {
            text.map { ["factTitle": .string(Catalogue.phrase(title, language)), "factText": .string($0[language])] }
        }
        let terms = definition.terms
        return [
            fact("couponWorth", Phrases.couponTerms(terms.value, terms.minimumSpend)), fact("couponScope", Phrases.couponScope(terms.scope)),
            fact("couponStacking", Phrases.couponStacking(terms.stacking)), fact("couponLimits", Phrases.couponLimits(definition.limits)),
            fact("claimWindow", Phrases.couponWindow(definition)), fact("couponValidity", Phrases.couponValidity(definition)),
            fact("useTimes", Phrases.couponUseTimes(definition.useTimes)),
            fact("returnsOnRefund", definition.returnsOnRefund ? Phrases.comesBack : Phrases.doesNotComeBack),
            fact("whoClaims", definition.isPublic ? Phrases.usersClaim : Phrases.shopGives),
            fact("claimNeeds", Phrases.claimNeeds(definition)), fact("couponBudget", definition.budget.map { Localized(Yuan.sign($0), zh: Yuan.sign($0)) }),
            fact("couponDescription", definition.description.isEmpty ? nil : Localized(definition.description, zh: definition.description)),
        ].compactMap(\.self)
    }
}
