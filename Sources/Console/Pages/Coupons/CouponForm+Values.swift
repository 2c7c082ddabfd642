internal import Coupons
internal import HTTPSupport
internal import Kernel

extension CouponForm {
    private static let day: Int64 = 86_400_000

    /// A new batch: ten off from fifty, a thousand of them, to be claimed in a week from now.
    static func new(now: Int64) -> CouponForm {
        let zone = FixedZone.china
        var terms = CouponTerms(.amount(1000))
        terms.minimumSpend = 5000
        let definition = BatchDefinition(
            name: "", terms: terms, stock: 1000, opensAt: now - now % 60_000, closesAt: zone.startOfDay(now) + 8 * day,
            validity: .relative(afterDays: 0, days: 7, wholeDays: true))
        return CouponForm(definition)
    }

    /// The form of a batch that is there, as somebody would have typed it.
    init(_ definition: BatchDefinition) {
        let zone = definition.zone
        var fields: [String: String] = [
            "name": definition.name, "description": definition.description, "stock": "\(definition.stock)", "zone": zone.text, "quantity": "1", "days": "7",
            "afterDays": "0", "wholeDays": "true",
        ]
        func set(_ name: String, _ value: String?) { fields[name] = value ?? "" }
        set("minimumSpend", definition.terms.minimumSpend > 0 ? Yuan.field(definition.terms.minimumSpend) : nil)
        set("budget", definition.budget.map(Yuan.field))
        set("public", definition.isPublic ? "true" : nil)
        set("returnsOnRefund", definition.returnsOnRefund ? "true" : nil)
        set("from", Self.field(definition.opensAt, zone))
        set("until", Self.field(definition.closesAt, zone))
        set("perUser", definition.limits.perUser.map { "\($0)" })
        set("perDay", definition.limits.perDay.map { "\($0)" })
        set("perWeek", definition.limits.perWeek.map { "\($0)" })
        set("perDevice", definition.limits.perDevice.map { "\($0)" })
        set("needs", definition.proof?.rawValue)
        set("reward", definition.inviterReward)
        fields.merge(Self.fields(of: definition.codes, isBrought: definition.proof == .code)) { $1 }
        fields.merge(Self.fields(of: definition.terms.value)) { $1 }
        fields.merge(Self.fields(of: definition.terms)) { $1 }
        fields.merge(Self.fields(of: definition.validity, zone)) { $1 }
        fields.merge(Self.fields(of: definition.useTimes)) { $1 }
        self.init(fields: fields)
    }

    private static func fields(of value: CouponValue) -> [String: String] {
        switch value {
        case .amount(let amount): ["kind": "amount", "amount": Yuan.field(amount)]
        case .discount(let points, let ceiling):
            ["kind": "discount", "percentOff": Yuan.decimal(points), "ceiling": ceiling.map(Yuan.field) ?? ""]
        case .specialPrice(let price, let quantity): ["kind": "specialPrice", "price": Yuan.field(price), "quantity": "\(quantity)"]
        case .exchange(let quantity): ["kind": "exchange", "quantity": "\(quantity)"]
        case .gift(let gift): ["kind": "gift", "giftGoods": gift.goods, "giftName": gift.name, "giftWorth": Yuan.field(gift.worth)]
        case .storedValue(let amount): ["kind": "storedValue", "storedAmount": Yuan.field(amount)]
        }
    }

    private static func fields(of codes: CodeSource?, isBrought: Bool) -> [String: String] {
        switch codes {
        case nil: ["codesSource": "generated", "codesCount": "1000"]
        case .generated(let count): ["codesSource": "generated", "codesCount": "\(count)"]
        case .uploaded: ["codesSource": "uploaded", "ownCodes": isBrought ? "" : "true", "codesCount": "1000"]
        }
    }

    private static func fields(of terms: CouponTerms) -> [String: String] {
        let scope = terms.scope
        let lists = [
            scope.goods, scope.categories, scope.excludedGoods, scope.excludedCategories, scope.shops, scope.channels, scope.levels,
        ]
        var fields = Dictionary(uniqueKeysWithValues: zip(Self.lists, lists.map { $0.sorted().joined(separator: ", ") }))
        fields["group"] = terms.stacking.group
        fields["perOrder"] = "\(terms.stacking.perOrder)"
        fields["stacking"] = terms.stacking.with.map { $0.isEmpty ? "none" : "some" } ?? "any"
        fields["with"] = (terms.stacking.with ?? []).sorted().joined(separator: ", ")
        return fields
    }

    private static func fields(of validity: Validity, _ zone: FixedZone) -> [String: String] {
        switch validity {
        case .absolute(let from, let until): ["validity": "absolute", "validFrom": field(from, zone), "validUntil": field(until, zone)]
        case .relative(let after, let days, let wholeDays):
            ["validity": "relative", "days": "\(days)", "afterDays": "\(after)", "wholeDays": wholeDays ? "true" : ""]
        }
    }

    private static func fields(of times: UseTimes) -> [String: String] {
        var fields: [String: String] = ["excludedDates": times.excludedDates.sorted().joined(separator: ", ")]
        for day in times.weekdays { fields["weekday\(day)"] = "true" }
        for (row, hours) in times.hours.enumerated() {
            fields["hoursFrom\(row)"] = UseTimes.Hours.text(hours.from)
            fields["hoursUntil\(row)"] = hours.until == 1440 ? "00:00" : UseTimes.Hours.text(hours.until)
        }
        return fields
    }

    /// A moment as a browser's field has it, by the batch's clock: to the minute, or exactly.
    static func field(_ moment: Int64, _ zone: FixedZone) -> String {
        let text = DateText.iso8601(fromMilliseconds: moment + zone.minutes * 60_000)
        return String(text.prefix(moment % 60_000 == 0 ? 16 : 23))
    }

    /// A moment as people read it by the batch's clock, to the minute.
    static func clock(_ moment: Int64, _ zone: FixedZone) -> String { field(moment - moment % 60_000, zone).replacing("T", with: " ") }

    // MARK: What is assumed

    static let orderRows = 3

    /// Sets what is assumed where nothing was said.
    mutating func assumeTheUsual() { fill(["assumeClaimed": "80", "assumeRedeemed": "40", "share0": "100"]) }

    /// What was assumed; `nil` where a field has a problem.
    mutating func assumptions(for definition: BatchDefinition) -> CostAssumptions? {
        var assumptions = CostAssumptions(for: definition)
        let whole: ClosedRange<Int64> = 0...10_000
        if let claimed = points("assumeClaimed", whole) { assumptions.claimed = claimed }
        if let redeemed = points("assumeRedeemed", whole) { assumptions.redeemed = redeemed }
        assumptions.margin = points("assumeMargin", whole)
        assumptions.piecePrice = money("assumePiece")
        var orders: [CostAssumptions.Order] = []
        for row in 0..<Self.orderRows {
            guard let value = money("order\(row)") else { continue }
            let share = self["share\(row)"].isEmpty ? 10_000 : points("share\(row)", 1...10_000)
            if let share { orders.append(.init(value: value, weight: share)) }
        }
        if !orders.isEmpty { assumptions.orders = orders }
        return problems.isEmpty ? assumptions : nil
    }
}
