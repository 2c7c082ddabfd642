internal import Coupons
internal import Kernel

/// One field with a label, as the template `coupon-field` draws it.
private struct CouponField {
    let name: String
    /// The phrase that names it.
    let label: String
    var hint: String?
    /// The phrase behind the number.
    var unit: String?
    var mode = "text"
    var type = "text"

    static func text(_ name: String, _ label: String, hint: String? = nil) -> CouponField { CouponField(name: name, label: label, hint: hint) }
    static func money(_ name: String, _ label: String, hint: String? = nil) -> CouponField {
        CouponField(name: name, label: label, hint: hint, unit: "unitYuan", mode: "decimal")
    }
    static func number(_ name: String, _ label: String, hint: String? = nil, unit: String? = nil) -> CouponField {
        CouponField(name: name, label: label, hint: hint, unit: unit, mode: "numeric")
    }
    static func percent(_ name: String, _ label: String, hint: String? = nil) -> CouponField {
        CouponField(name: name, label: label, hint: hint, unit: "unitPercent", mode: "decimal")
    }
    static func moment(_ name: String, _ label: String, hint: String? = nil) -> CouponField {
        CouponField(name: name, label: label, hint: hint, type: "datetime-local")
    }
}

extension CouponForm {
    private static let all: [CouponField] = [
        .text("name", "couponName", hint: "couponNameHint"), .money("amount", "couponAmount"),
        .percent("percentOff", "couponPercentOff", hint: "couponPercentOffHint"), .money("ceiling", "couponCeiling", hint: "couponCeilingHint"),
        .money("price", "couponPrice"), .number("quantity", "couponQuantity", unit: "unitPieces"), .text("giftGoods", "couponGiftGoods"),
        .text("giftName", "couponGiftName"), .money("giftWorth", "couponGiftWorth", hint: "couponGiftWorthHint"), .money("storedAmount", "couponStored"),
        .money("minimumSpend", "couponMinimum", hint: "couponMinimumHint"), .text("goods", "scopeGoods"), .text("categories", "scopeCategories"),
        .text("excludedGoods", "scopeExcludedGoods"), .text("excludedCategories", "scopeExcludedCategories"), .text("shops", "scopeShops"),
        .text("channels", "scopeChannels"), .text("levels", "scopeLevels"), .text("with", "stackingWith", hint: "stackingWithHint"),
        .text("group", "stackingGroup", hint: "stackingGroupHint"), .number("perOrder", "stackingPerOrder", unit: "unitCoupons"),
        .number("stock", "couponStock", unit: "unitCoupons"), .money("budget", "couponBudget", hint: "couponBudgetHint"),
        .number("perUser", "limitPerUser", hint: "limitHint", unit: "unitCoupons"), .number("perDay", "limitPerDay", unit: "unitCoupons"),
        .number("perWeek", "limitPerWeek", unit: "unitCoupons"), .number("perDevice", "limitPerDevice", unit: "unitCoupons"),
        .number("codesCount", "codesCount", unit: "unitPieces"), .moment("from", "claimFrom"), .moment("until", "claimUntil"),
        .number("days", "validDays", unit: "unitDays"),
        .number("afterDays", "validAfterDays", hint: "validAfterDaysHint", unit: "unitDays"), .moment("validFrom", "validFrom"),
        .moment("validUntil", "validTo"), .text("excludedDates", "excludedDates", hint: "excludedDatesHint"),
        .percent("assumeClaimed", "assumeClaimed"), .percent("assumeRedeemed", "assumeRedeemed"),
        .percent("assumeMargin", "assumeMargin", hint: "assumeMarginHint"), .money("assumePiece", "assumePiece", hint: "assumePieceHint"),
        .money("order0", "assumeOrder", hint: "assumeOrderHint"), .percent("share0", "assumeShare"), .money("order1", "assumeOrder"),
        .percent("share1", "assumeShare"), .money("order2", "assumeOrder"), .percent("share2", "assumeShare"),
    ]

    /// Offsets that are offered; a batch with another one keeps it.
    private static let zones = [
        "-08:00", "-05:00", "+00:00", "+01:00", "+03:00", "+04:00", "+05:30", "+06:00", "+07:00", "+08:00", "+09:00", "+10:00",
    ]

    /// Everything that the templates of the form ask for.
    func model(_ language: Language) -> JSONObject {
        var shown: JSONObject = [:]
        for field in Self.all { shown[field.name] = self.shown(field, language) }
        var model: JSONObject = ["f": .object(shown)]
        model["kinds"] = .array(
            Self.kinds.map { kind in
                [
                    "value": .string(kind), "label": .string(Catalogue.phrase("couponKind-\(kind)", language)),
                    "text": .string(Catalogue.phrase("couponKindText-\(kind)", language)), "isChosen": .bool(self["kind"] == kind),
                ]
            })
        model["stackings"] = .array(
            ["none", "any", "some"].map { choice in
                [
                    "value": .string(choice), "label": .string(Catalogue.phrase("stacking-\(choice)", language)),
                    "isChosen": .bool((self["stacking"].isEmpty ? "none" : self["stacking"]) == choice),
                ]
            })
        model["validities"] = .array(
            ["relative", "absolute"].map { choice in
                [
                    "value": .string(choice), "label": .string(Catalogue.phrase("validity-\(choice)", language)),
                    "isChosen": .bool((self["validity"].isEmpty ? "relative" : self["validity"]) == choice),
                ]
            })
        model["proofs"] = .array(
            ([""] + ClaimProof.allCases.map(\.rawValue)).map { choice in
                let name = choice.isEmpty ? "none" : choice
                return ["value": .string(choice), "label": .string(Catalogue.phrase("needs-\(name)", language)), "isChosen": .bool(self["needs"] == choice)]
            })
        model["codeSources"] = .array(
            ["generated", "uploaded"].map { choice in
                [
                    "value": .string(choice), "label": .string(Catalogue.phrase("codes-\(choice)", language)),
                    "isChosen": .bool((self["codesSource"].isEmpty ? "generated" : self["codesSource"]) == choice),
                ]
            })
        model["weekdays"] = .array(
            (1...7).map { ["day": .string("\($0)"), "label": .string(Catalogue.phrase("weekday-\($0)", language)), "isOn": .bool(isOn("weekday\($0)"))] })
        model["hoursRows"] = .array(
            (0..<rowsOfHours).map { row in
                ["row": .string("\(row)"), "hoursFrom": .string(self["hoursFrom\(row)"]), "hoursUntil": .string(self["hoursUntil\(row)"])]
            })
        let offered = Self.zones.contains(zone.text) ? Self.zones : [zone.text] + Self.zones
        model["zones"] = .array(offered.map { ["value": .string($0), "label": .string("UTC\($0)"), "isChosen": .bool($0 == zone.text)] })
        for name in ["public", "wholeDays", "returnsOnRefund", "ownCodes"] { model["\(name)IsOn"] = .bool(isOn(name)) }
        model["description"] = .string(fields["description"] ?? "")
        model["hoursProblem"] = problems["hours"].map { .string($0[language]) }
        model["kindProblem"] = problems["kind"].map { .string($0[language]) }
        model["descriptionProblem"] = problems["description"].map { .string($0[language]) }
        // What is folded away is opened where something was said in it, or is wrong.
        model["hasScope"] = .bool(Self.lists.contains { !self[$0].isEmpty || problems[$0] != nil })
        let times = fields.contains { ($0.key.hasPrefix("weekday") || $0.key.hasPrefix("hours")) && !$0.value.isEmpty }
        model["hasUseTimes"] = .bool(times || !self["excludedDates"].isEmpty || problems["hours"] != nil)
        let more = ["order1", "share1", "order2", "share2", "assumePiece"]
        model["hasOrders"] = .bool(more.contains { !self[$0].isEmpty } || problems["share0"] != nil)
        model["needs"] = .string(self["needs"])
        model["revision"] = .string(self["revision"])
        return model
    }

    /// What is wrong, in the order of the form, for the list above it.
    func problemList(_ language: Language) -> [JSON] {
        let labels = Dictionary(uniqueKeysWithValues: Self.all.map { ($0.name, $0.label) })
        let own = ["kind": "couponKind", "description": "couponDescription", "hours": "useHours"]
        let order = ["", "name", "description", "kind"] + Self.all.map(\.name) + ["hours"]
        return problems.sorted { (order.firstIndex(of: $0.key) ?? 99) < (order.firstIndex(of: $1.key) ?? 99) }.map { field, problem in
            let label = labels[field] ?? own[field]
            return [
                "problemField": .string(field), "problemLabel": label.map { .string(Catalogue.phrase($0, language)) } ?? .null,
                "problemText": .string(problem[language]),
            ]
        }
    }

    private var rowsOfHours: Int {
        let last = (0..<24).last { !self["hoursFrom\($0)"].isEmpty || !self["hoursUntil\($0)"].isEmpty } ?? -1
        return min(24, max(Self.hoursRows, last + 2))
    }

    private func shown(_ field: CouponField, _ language: Language) -> JSON {
        var shown: JSONObject = [
            "id": .string(field.name), "label": .string(Catalogue.phrase(field.label, language)), "value": .string(fields[field.name] ?? ""),
            "mode": .string(field.mode), "type": .string(field.type), "isMoment": .bool(field.type != "text"),
        ]
        if let hint = field.hint { shown["hint"] = .string(Catalogue.phrase(hint, language)) }
        if let unit = field.unit { shown["unit"] = .string(Catalogue.phrase(unit, language)) }
        if let wrong = problems[field.name] { shown["wrong"] = .string(wrong[language]) }
        return .object(shown)
    }
}
