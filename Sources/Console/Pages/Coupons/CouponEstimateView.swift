internal import Coupons
internal import Kernel

/// What a batch may cost, in numbers and in the sentences that explain them.
enum CouponEstimateView {
    static func model(_ definition: BatchDefinition, _ assumptions: CostAssumptions, _ language: Language) -> JSONObject {
        let found = CostEstimate(definition, assumptions)
        var model: JSONObject = [
            "worst": .string(found.worst.map(Yuan.sign) ?? Catalogue.phrase("noBound", language)), "isUnbounded": .bool(found.worst == nil),
            "expected": .string(Yuan.sign(found.expected)), "perOrder": .string(Yuan.sign(found.costPerOrder)),
            "ordersNeeded": .string(Yuan.grouped(found.orders)),
        ]
        model["sentences"] = .array(sentences(found, definition, assumptions).map { .string($0[language]) })
        let warnings = warnings(found, definition)
        model["hasWarnings"] = .bool(!warnings.isEmpty)
        model["warnings"] = .array(warnings.map { .string($0[language]) })
        return model
    }

    private static func sentences(_ found: CostEstimate, _ definition: BatchDefinition, _ assumptions: CostAssumptions) -> [Localized] {
        var sentences = [
            Phrases.worstCase(found, definition), Phrases.expectedCase(found, definition, assumptions), Phrases.perOrderCase(found),
        ]
        if found.reaching < 10_000 { sentences.append(Phrases.raisedOrders(found.reaching)) }
        if let count = found.budgetCoupons, !found.budgetEndsFirst(definition.stock) { sentences.append(Phrases.budgetLasts(count)) }
        if let left = found.leftPerOrder, left >= 0 { sentences.append(Phrases.leftPerOrder(left)) }
        if let orders = found.ordersToEarn, found.expected > 0 { sentences.append(Phrases.ordersToEarn(orders, found.expected)) }
        return sentences
    }

    private static func warnings(_ found: CostEstimate, _ definition: BatchDefinition) -> [Localized] {
        var warnings: [Localized] = []
        if found.worst == nil { warnings.append(Phrases.setABound) }
        if let count = found.budgetCoupons, found.budgetEndsFirst(definition.stock) { warnings.append(Phrases.budgetEndsFirst(count, definition.stock)) }
        if let left = found.leftPerOrder, left < 0 { warnings.append(Phrases.losesPerOrder(-left)) }
        return warnings
    }
}
