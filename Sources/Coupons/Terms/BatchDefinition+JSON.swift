internal import HTTPSupport
public import Kernel

extension BatchDefinition {
    /// The most of any sum of money: 10 billion yuan.
    ///
    /// Far from overflow, so sums of a basket need no second look.
    public static let moneyMax: Int64 = 1_000_000_000_000
    /// The most coupons of one batch.
    public static let stockMax: Int64 = 1_000_000_000

    /// Reads a definition as the management API has it (docs/coupons.md).
    /// - Throws: `BAD_MEMBER` for a member that is absent, of the wrong type, or out of its range.
    public init(_ object: JSONObject) throws {
        try object.refuseUnknown(Self.members, in: "coupon batch")
        let window = try object.requiredObject("claim")
        try window.refuseUnknown(["from", "until", "public", "needs"], in: "claim")
        var terms = CouponTerms(try CouponValue(try object.requiredObject("value")))
        terms.minimumSpend = try object.money("minimumSpend") ?? 0
        if let scope = try object.optionalObject("scope") { terms.scope = try CouponScope(scope) }
        if let stacking = try object.optionalObject("stacking") { terms.stacking = try Stacking(stacking) }
        self.init(
            name: try object.shortText("name"), terms: terms, stock: try object.requiredInt("stock", in: 0...Self.stockMax),
            opensAt: try window.moment("from"), closesAt: try window.moment("until"), validity: try Validity(try object.requiredObject("validity")))
        description = try object.optionalText("description") ?? ""
        budget = try object.money("budget")
        isPublic = try window.optionalBool("public") ?? true
        proof = try ClaimProof(asked: window.optionalText("needs"))
        codes = try object.optionalObject("codes").map { try CodeSource($0) }
        if let invitation = try object.optionalObject("invitation") {
            try invitation.refuseUnknown(["reward"], in: "invitation")
            inviterReward = try invitation.shortText("reward")
        }
        returnsOnRefund = try object.optionalBool("returnsOnRefund") ?? true
        if let limits = try object.optionalObject("limits") { self.limits = try ClaimLimits(limits) }
        if let times = try object.optionalObject("useTimes") { useTimes = try UseTimes(times) }
        if let text = try object.optionalText("timeZone") { zone = try FixedZone(text) }
        try check()
    }

    /// Reads the definition out of what ``Coupons`` shows of a batch, which has other members as well.
    public init(ofShown batch: JSON) throws {
        try self.init(JSONObject((batch.objectValue ?? [:]).filter { Self.members.contains($0.key) }.map { ($0.key, $0.value) }))
    }

    private static let members: Set<String> = [
        "name", "description", "value", "minimumSpend", "scope", "stacking", "stock", "budget", "claim", "limits", "validity", "useTimes", "returnsOnRefund",
        "timeZone", "codes", "invitation",
    ]

    /// What only several members together show.
    private func check() throws {
        guard opensAt < closesAt else { throw SampanError.badMember("claim.until", Localized("a time after claim.from", zh: "晚于 claim.from 的时间")) }
        if case .absolute(_, let until) = validity, until <= opensAt {
            throw SampanError.badMember("validity.until", Localized("a time after claim.from", zh: "晚于 claim.from 的时间"))
        }
        guard description.utf8.count <= 2000 else { throw SampanError.badMember("description", Localized("at most 2000 bytes", zh: "不超过 2000 字节")) }
        if budget != nil, terms.value.exposure == nil {
            throw SampanError.badMember(
                "budget",
                Localized("nothing, or a value whose cost has a bound (a discount with a ceiling)", zh: "不填，或金额有上限的优惠（折扣需设 ceiling）"))
        }
        if proof == .code, codes == nil {
            throw SampanError.badMember("codes", Localized("where the codes come from, since claim.needs is code", zh: "兑换码来源（claim.needs 为 code 时必填）"))
        }
        if case .generated = codes, proof != .code {
            throw SampanError.badMember("codes.source", Localized("uploaded, unless claim.needs is code", zh: " uploaded；仅 claim.needs 为 code 时可用 generated"))
        }
        if case .amount(let amount) = terms.value, terms.minimumSpend > 0, amount > terms.minimumSpend {
            throw SampanError.badMember("value.amount", Localized("no more than minimumSpend", zh: "不超过 minimumSpend 的金额"))
        }
    }

    /// The definition as the management API has it.
    public var json: JSON {
        var json: JSONObject = ["name": .string(name)]
        if !description.isEmpty { json["description"] = .string(description) }
        json["value"] = terms.value.json
        if terms.minimumSpend > 0 { json["minimumSpend"] = .int(terms.minimumSpend) }
        if terms.scope != CouponScope() { json["scope"] = terms.scope.json }
        json["stacking"] = terms.stacking.json
        json["stock"] = .int(stock)
        if let budget { json["budget"] = .int(budget) }
        var claim: JSONObject = ["from": .int(opensAt), "until": .int(closesAt), "public": .bool(isPublic)]
        if let proof { claim["needs"] = .string(proof.rawValue) }
        json["claim"] = .object(claim)
        if let codes { json["codes"] = codes.json }
        if let inviterReward { json["invitation"] = ["reward": .string(inviterReward)] }
        json["limits"] = limits.json
        json["validity"] = validity.json
        if useTimes != UseTimes() { json["useTimes"] = useTimes.json }
        json["returnsOnRefund"] = .bool(returnsOnRefund)
        json["timeZone"] = .string(zone.text)
        return .object(json)
    }
}

extension ClaimProof {
    init?(asked word: String?) throws {
        guard let word else { return nil }
        guard let proof = Self(rawValue: word) else {
            throw SampanError.badMember("claim.needs", Localized("code, link or invitation", zh: " code、link 或 invitation"))
        }
        self = proof
    }
}

extension CodeSource {
    /// So many codes the server can tell apart.
    static let generatedMax: Int64 = 10_000_000

    init(_ object: JSONObject) throws {
        try object.refuseUnknown(["source", "count"], in: "codes")
        switch try object.text("source") {
        case "generated": self = .generated(try object.requiredInt("count", in: 1...Self.generatedMax))
        case "uploaded":
            try object.refuseUnknown(["source"], in: "codes that are uploaded")
            self = .uploaded
        default: throw SampanError.badMember("codes.source", Localized("generated or uploaded", zh: " generated 或 uploaded"))
        }
    }

    var json: JSON {
        switch self {
        case .generated(let count): ["source": "generated", "count": .int(count)]
        case .uploaded: ["source": "uploaded"]
        }
    }
}

extension CouponValue {
    /// Reads `{"type":"amount","amount":500}` and its like.
    public init(_ object: JSONObject) throws {
        let money = 1...BatchDefinition.moneyMax
        let quantity: ClosedRange<Int64> = 1...1000
        switch try object.text("type") {
        case "amount":
            try object.refuseUnknown(["type", "amount"], in: "value")
            self = .amount(try object.requiredInt("amount", in: money))
        case "discount":
            try object.refuseUnknown(["type", "percentOff", "ceiling"], in: "value")
            // Exact to a hundredth of a percent: whatever is finer is refused instead of rounded.
            guard let percent = object["percentOff"]?.doubleValue, percent > 0, percent < 100,
                let points = Int64(exactly: (percent * 100).rounded()), abs(Double(points) / 100 - percent) < 1e-9, points > 0
            else { throw SampanError.badMember("value.percentOff", Localized("0.01 to 99.99", zh: " 0.01 到 99.99")) }
            self = .discount(basisPoints: points, ceiling: try object.money("ceiling"))
        case "specialPrice":
            try object.refuseUnknown(["type", "price", "quantity"], in: "value")
            self = .specialPrice(
                try object.requiredInt("price", in: 0...BatchDefinition.moneyMax),
                quantity: try object["quantity"].map { _ in try object.requiredInt("quantity", in: quantity) } ?? 1)
        case "exchange":
            try object.refuseUnknown(["type", "quantity"], in: "value")
            self = .exchange(quantity: try object["quantity"].map { _ in try object.requiredInt("quantity", in: quantity) } ?? 1)
        case "gift":
            try object.refuseUnknown(["type", "goods", "name", "worth"], in: "value")
            self = .gift(Gift(goods: try object.shortText("goods"), name: try object.shortText("name"), worth: try object.money("worth") ?? 0))
        case "storedValue":
            try object.refuseUnknown(["type", "amount"], in: "value")
            self = .storedValue(try object.requiredInt("amount", in: money))
        default:
            throw SampanError.badMember(
                "value.type",
                Localized("amount, discount, specialPrice, exchange, gift or storedValue", zh: " amount、discount、specialPrice、exchange、gift 或 storedValue"))
        }
    }

    var json: JSON {
        switch self {
        case .amount(let amount): ["type": "amount", "amount": .int(amount)]
        case .discount(let points, let ceiling):
            JSON.object(
                JSONObject(
                    [("type", "discount"), ("percentOff", points % 100 == 0 ? .int(points / 100) : .double(Double(points) / 100))]
                        + (ceiling.map { [("ceiling", JSON.int($0))] } ?? [])))
        case .specialPrice(let price, let quantity): ["type": "specialPrice", "price": .int(price), "quantity": .int(quantity)]
        case .exchange(let quantity): ["type": "exchange", "quantity": .int(quantity)]
        case .gift(let gift): ["type": "gift", "goods": .string(gift.goods), "name": .string(gift.name), "worth": .int(gift.worth)]
        case .storedValue(let amount): ["type": "storedValue", "amount": .int(amount)]
        }
    }
}

extension CouponScope {
    private static let lists: [(String, any WritableKeyPath<CouponScope, Set<String>> & Sendable)] = [
        ("goods", \.goods), ("categories", \.categories), ("excludedGoods", \.excludedGoods), ("excludedCategories", \.excludedCategories),
        ("shops", \.shops), ("channels", \.channels), ("levels", \.levels),
    ]

    init(_ object: JSONObject) throws {
        self.init()
        try object.refuseUnknown(Set(Self.lists.map(\.0)), in: "scope")
        for (name, path) in Self.lists { self[keyPath: path] = try object.names(name) }
    }

    var json: JSON {
        var json: JSONObject = [:]
        for (name, path) in Self.lists where !self[keyPath: path].isEmpty { json[name] = .array(self[keyPath: path].sorted().map { .string($0) }) }
        return .object(json)
    }
}

extension Stacking {
    init(_ object: JSONObject) throws {
        try object.refuseUnknown(["group", "with", "perOrder"], in: "stacking")
        self.init()
        if object["group"] != nil { group = try object.shortText("group") }
        with = object["with"]?.stringValue == "any" ? nil : try object.names("with")
        perOrder = try object.optionalInt("perOrder", in: 1...20) ?? 1
    }

    var json: JSON {
        [
            "group": .string(group), "with": with.map { .array($0.sorted().map { .string($0) }) } ?? "any", "perOrder": .int(Int64(perOrder)),
        ]
    }
}

extension ClaimLimits {
    init(_ object: JSONObject) throws {
        try object.refuseUnknown(["perUser", "perDay", "perWeek", "perDevice"], in: "limits")
        self.init()
        let range = 1...ClaimLimits.most
        // Said as null: no bound. Not said at all: one for each user.
        perUser = object["perUser"] == nil ? 1 : try object.optionalInt("perUser", in: range)
        perDay = try object.optionalInt("perDay", in: range)
        perWeek = try object.optionalInt("perWeek", in: range)
        perDevice = try object.optionalInt("perDevice", in: range)
    }

    var json: JSON {
        var json: JSONObject = ["perUser": perUser.map { .int(Int64($0)) } ?? .null]
        if let perDay { json["perDay"] = .int(Int64(perDay)) }
        if let perWeek { json["perWeek"] = .int(Int64(perWeek)) }
        if let perDevice { json["perDevice"] = .int(Int64(perDevice)) }
        return .object(json)
    }
}

extension Validity {
    init(_ object: JSONObject) throws {
        if object["days"] != nil {
            try object.refuseUnknown(["days", "afterDays", "wholeDays"], in: "validity")
            let after = Int64(try object.optionalInt("afterDays", in: 0...366) ?? 0)
            let wholeDays = try object.optionalBool("wholeDays") ?? true
            // No day is the rest of the day of the claim, where that counts.
            self = .relative(
                afterDays: after, days: try object.requiredInt("days", in: (wholeDays && after == 0 ? 0 : 1)...3660), wholeDays: wholeDays)
            return
        }
        try object.refuseUnknown(["from", "until"], in: "validity")
        let (from, until) = (try object.moment("from"), try object.moment("until"))
        guard from < until else { throw SampanError.badMember("validity.until", Localized("a time after validity.from", zh: "晚于 validity.from 的时间")) }
        self = .absolute(from: from, until: until)
    }

    var json: JSON {
        switch self {
        case .absolute(let from, let until): ["from": .int(from), "until": .int(until)]
        case .relative(let after, let days, let wholeDays): ["days": .int(days), "afterDays": .int(after), "wholeDays": .bool(wholeDays)]
        }
    }
}

extension UseTimes {
    init(_ object: JSONObject) throws {
        self.init()
        try object.refuseUnknown(["weekdays", "hours", "excludedDates"], in: "useTimes")
        weekdays = Set(
            try object.optionalList("weekdays")?.map {
                guard let day = $0.intValue, (1...7).contains(day) else {
                    throw SampanError.badMember("useTimes.weekdays", Localized("1 (Monday) to 7 (Sunday)", zh: " 1（周一）到 7（周日）"))
                }
                return Int(day)
            } ?? [])
        hours = try object.optionalList("hours")?.map { try Hours($0) } ?? []
        excludedDates = Set(
            try object.names("excludedDates").map {
                guard $0.utf8.count == 10, DateText.milliseconds(fromISO8601: $0) != nil else {
                    throw SampanError.badMember("useTimes.excludedDates", Localized("dates such as 2026-10-01", zh: "日期，例如 2026-10-01"))
                }
                return $0
            })
        guard hours.count <= 24 else { throw SampanError.badMember("useTimes.hours", Localized("at most 24", zh: "不超过 24 段")) }
    }

    var json: JSON {
        var json: JSONObject = [:]
        if !weekdays.isEmpty { json["weekdays"] = .array(weekdays.sorted().map { .int(Int64($0)) }) }
        if !hours.isEmpty { json["hours"] = .array(hours.map { ["from": .string(Hours.text($0.from)), "until": .string(Hours.text($0.until))] }) }
        if !excludedDates.isEmpty { json["excludedDates"] = .array(excludedDates.sorted().map { .string($0) }) }
        return .object(json)
    }
}

extension UseTimes.Hours {
    init(_ json: JSON) throws {
        guard let from = json["from"]?.stringValue.flatMap(Self.minute), let until = json["until"]?.stringValue.flatMap(Self.minute), from != until else {
            throw SampanError.badMember(
                "useTimes.hours", Localized("{\"from\":\"10:00\",\"until\":\"14:00\"}", zh: " {\"from\":\"10:00\",\"until\":\"14:00\"}"))
        }
        self.init(from: from, until: until)
    }

    private static func minute(_ text: String) -> Int? {
        let parts = text.utf8.split(separator: 58, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(String(decoding: parts[0], as: UTF8.self)), let minute = Int(String(decoding: parts[1], as: UTF8.self)),
            minute < 60, hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
    }

    /// Minutes since midnight as `14:30`.
    public static func text(_ minute: Int) -> String { "\(DateText.padded(minute / 60, 2)):\(DateText.padded(minute % 60, 2))" }
}

extension FixedZone {
    /// Reads `+08:00` or `Z`.
    public init(_ text: String) throws {
        let bytes = Array(text.utf8)
        if text == "Z" {
            self.init(minutes: 0)
            return
        }
        guard bytes.count == 6, bytes[0] == 43 || bytes[0] == 45, bytes[3] == 58, let hours = Int64(text.dropFirst().prefix(2)),
            let minutes = Int64(text.suffix(2)), hours <= 14, minutes < 60
        else { throw SampanError.badMember("timeZone", Localized("an offset such as +08:00", zh: "时区偏移，例如 +08:00")) }
        self.init(minutes: (hours * 60 + minutes) * (bytes[0] == 45 ? -1 : 1))
    }

    /// As `+08:00`.
    public var text: String {
        let absolute = Int(abs(minutes))
        return "\(minutes < 0 ? "-" : "+")\(DateText.padded(absolute / 60, 2)):\(DateText.padded(absolute % 60, 2))"
    }
}
