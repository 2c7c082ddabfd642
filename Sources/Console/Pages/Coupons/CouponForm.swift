internal import Coupons
internal import Foundation
internal import HTTPSupport
internal import Kernel

/// The form of a batch: what was typed, and what is wrong with it.
///
/// What was typed is kept as it was typed; reading it gives a definition, or a problem for each field that cannot be read.
struct CouponForm: Sendable {
    static let kinds = ["amount", "discount", "specialPrice", "exchange", "gift", "storedValue"]
    static let lists = ["goods", "categories", "excludedGoods", "excludedCategories", "shops", "channels", "levels"]
    /// How many parts of a day there is room for at first.
    static let hoursRows = 3
    private static let hoursMax = 24
    private static let minutesOfDay = 1440
    /// So many codes the server can tell apart.
    private static let codesMax: Int64 = 10_000_000

    private(set) var fields: [String: String]
    private(set) var problems: [String: Localized] = [:]

    init(fields: [String: String]) { self.fields = fields }

    /// A field without the blanks around it.
    subscript(name: String) -> String { (fields[name] ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }

    func isOn(_ name: String) -> Bool { self[name] == "true" }

    /// Sets fields that nobody has filled.
    mutating func fill(_ usual: [String: String]) { for (name, value) in usual where self[name].isEmpty { fields[name] = value } }

    mutating func note(_ field: String, _ problem: Localized) { if problems[field] == nil { problems[field] = problem } }

    // MARK: Reading

    /// What was typed as a definition; `nil` where a field has a problem.
    mutating func definition() -> BatchDefinition? {
        let json = request()
        guard problems.isEmpty else { return nil }
        do {
            return try BatchDefinition(json)
        } catch {
            note(error)
            return nil
        }
    }

    /// Puts a refusal beside the field that it is about, or above the form.
    mutating func note(_ error: any Error) {
        let known = SampanError(reporting: error)
        let member = known.members["member"]?.stringValue ?? ""
        note(Self.fieldOfMember[member] ?? "", known.detail)
    }

    private static let fieldOfMember = [
        "name": "name", "description": "description", "value.amount": "amount", "value.percentOff": "percentOff", "ceiling": "ceiling",
        "claim.until": "until", "validity.until": "validUntil", "budget": "budget", "stock": "stock", "with": "with", "group": "group",
        "useTimes.hours": "hours", "excludedDates": "excludedDates", "useTimes.excludedDates": "excludedDates", "goods": "goods",
        "categories": "categories", "excludedGoods": "excludedGoods", "excludedCategories": "excludedCategories", "shops": "shops",
        "channels": "channels", "levels": "levels", "count": "codesCount", "claim.needs": "needs", "reward": "reward",
    ]

    /// What was typed as the management API takes it; notes each problem on the way.
    private mutating func request() -> JSONObject {
        var json: JSONObject = words()
        json["value"] = value()
        if let minimum = money("minimumSpend") { json["minimumSpend"] = .int(minimum) }
        json["scope"] = scope()
        json["stacking"] = stacking()
        json["stock"] = number("stock", 0...BatchDefinition.stockMax, isNeeded: true)
        if let budget = money("budget") { json["budget"] = .int(budget) }
        json["claim"] = window()
        json["codes"] = codes()
        if self["needs"] == "invitation", !self["reward"].isEmpty { json["invitation"] = ["reward": .string(self["reward"])] }
        json["limits"] = limits()
        json["validity"] = validity()
        json["useTimes"] = useTimes()
        json["returnsOnRefund"] = .bool(isOn("returnsOnRefund"))
        json["timeZone"] = .string(zone.text)
        checkTogether(json)
        return json
    }

    /// What may change after a batch was published: words, stock, budget and the hours of claims.
    mutating func laterChange() -> JSONObject? {
        var json = words()
        json["stock"] = number("stock", 0...BatchDefinition.stockMax, isNeeded: true)
        if fields["budget"] != nil { json["budget"] = money("budget").map { .int($0) } ?? .null }
        json["claim"] = window()
        return problems.isEmpty ? json : nil
    }

    private mutating func words() -> JSONObject {
        if self["name"].isEmpty { note("name", Phrases.needed) }
        if self["name"].utf8.count > 128 { note("name", Phrases.tooLong) }
        if self["description"].utf8.count > 2000 { note("description", Phrases.tooLong) }
        return ["name": .string(self["name"]), "description": .string(self["description"])]
    }

    private mutating func value() -> JSON {
        switch self["kind"] {
        case "amount": return ["type": "amount", "amount": .int(neededMoney("amount"))]
        case "discount":
            var value: JSONObject = ["type": "discount", "percentOff": percent("percentOff", 1...9999, isNeeded: true) ?? 0]
            if let ceiling = money("ceiling") { value["ceiling"] = .int(ceiling) }
            return .object(value)
        case "specialPrice":
            return [
                "type": "specialPrice", "price": .int(money("price", isNeeded: true) ?? 0), "quantity": number("quantity", 1...1000, isNeeded: true) ?? 1,
            ]
        case "exchange": return ["type": "exchange", "quantity": number("quantity", 1...1000, isNeeded: true) ?? 1]
        case "gift":
            for field in ["giftGoods", "giftName"] where self[field].isEmpty { note(field, Phrases.needed) }
            return [
                "type": "gift", "goods": .string(self["giftGoods"]), "name": .string(self["giftName"]),
                "worth": .int(money("giftWorth", isNeeded: true) ?? 0),
            ]
        case "storedValue": return ["type": "storedValue", "amount": .int(neededMoney("storedAmount"))]
        default:
            note("kind", Phrases.chooseOne)
            return .null
        }
    }

    private mutating func scope() -> JSON {
        var scope: JSONObject = [:]
        for list in Self.lists {
            let names = names(list)
            if !names.isEmpty { scope[list] = .array(names.map { .string($0) }) }
        }
        return .object(scope)
    }

    private mutating func stacking() -> JSON {
        let with: JSON
        switch self["stacking"] {
        case "any": with = "any"
        case "some":
            let groups = names("with")
            if groups.isEmpty { note("with", Phrases.needed) }
            with = .array(groups.map { .string($0) })
        default: with = []
        }
        return [
            "group": .string(self["group"].isEmpty ? Stacking().group : self["group"]), "with": with,
            "perOrder": number("perOrder", 1...20, isNeeded: true) ?? 1,
        ]
    }

    private mutating func window() -> JSON {
        let (from, until) = (moment("from"), moment("until"))
        if let from, let until, until <= from { note("until", Phrases.endsBeforeItBegins) }
        var window: JSONObject = ["from": .int(from ?? 0), "until": .int(until ?? 0), "public": .bool(isOn("public"))]
        if !self["needs"].isEmpty { window["needs"] = .string(self["needs"]) }
        return .object(window)
    }

    /// Where codes come from: those that users bring, or the merchant's own by which coupons go.
    private mutating func codes() -> JSON? {
        guard self["needs"] == "code" else { return isOn("ownCodes") ? ["source": "uploaded"] : nil }
        if self["codesSource"] == "uploaded" { return ["source": "uploaded"] }
        return ["source": "generated", "count": number("codesCount", 1...Self.codesMax, isNeeded: true) ?? 1]
    }

    private mutating func limits() -> JSON {
        let range: ClosedRange<Int64> = 1...Int64(ClaimLimits.most)
        var limits: JSONObject = ["perUser": number("perUser", range) ?? .null]
        for name in ["perDay", "perWeek", "perDevice"] { if let limit = number(name, range) { limits[name] = limit } }
        return .object(limits)
    }

    private mutating func validity() -> JSON {
        if self["validity"] == "absolute" {
            let (from, until) = (moment("validFrom"), moment("validUntil"))
            if let from, let until, until <= from { note("validUntil", Phrases.endsBeforeItBegins) }
            return ["from": .int(from ?? 0), "until": .int(until ?? 0)]
        }
        let after = number("afterDays", 0...366) ?? 0
        // The rest of the day of the claim is no day yet.
        let least: Int64 = isOn("wholeDays") && after == 0 ? 0 : 1
        return ["days": number("days", least...3660, isNeeded: true) ?? 1, "afterDays": after, "wholeDays": .bool(isOn("wholeDays"))]
    }

    private mutating func useTimes() -> JSON {
        var times: JSONObject = [:]
        let weekdays = (1...7).filter { isOn("weekday\($0)") }
        if !weekdays.isEmpty, weekdays.count < 7 { times["weekdays"] = .array(weekdays.map { .int(Int64($0)) }) }
        var hours: [JSON] = []
        for row in 0..<Self.hoursMax {
            // The end of a day is written as its midnight.
            let (from, until) = (self["hoursFrom\(row)"], self["hoursUntil\(row)"] == "00:00" ? "24:00" : self["hoursUntil\(row)"])
            if from.isEmpty, until.isEmpty { continue }
            guard Self.minute(from) != nil, Self.minute(until) != nil, from != until else {
                note("hours", Phrases.wrongHours)
                continue
            }
            hours.append(["from": .string(from), "until": .string(until)])
        }
        if !hours.isEmpty { times["hours"] = .array(hours) }
        let dates = names("excludedDates").flatMap { $0.split { $0 == "、" || $0.isWhitespace }.map(String.init) }
        if dates.contains(where: { $0.utf8.count != 10 || DateText.milliseconds(fromISO8601: $0) == nil }) { note("excludedDates", Phrases.wrongDates) }
        if !dates.isEmpty { times["excludedDates"] = .array(dates.map { .string($0) }) }
        return .object(times)
    }

    /// What only several fields together show.
    private mutating func checkTogether(_ json: JSONObject) {
        if json["budget"] != nil, !Self.hasBound(json["value"]) { note("budget", Phrases.budgetNeedsBound) }
        if json["value"]?["type"] == "amount", let amount = json["value"]?["amount"]?.intValue, let minimum = json["minimumSpend"]?.intValue, minimum > 0,
            amount > minimum
        {
            note("amount", Phrases.moreThanMinimum)
        }
        if let until = json["validity"]?["until"]?.intValue, let from = json["claim"]?["from"]?.intValue, until > 0, until <= from {
            note("validUntil", Phrases.validBeforeClaims)
        }
    }

    /// Whether the most that one coupon costs is known before it is used.
    private static func hasBound(_ value: JSON?) -> Bool {
        switch value?["type"]?.stringValue {
        case "discount": value?["ceiling"] != nil
        case "specialPrice", "exchange": false
        default: true
        }
    }

    // MARK: One field

    /// The batch's clock.
    var zone: FixedZone { (try? FixedZone(self["zone"])) ?? .china }

    mutating func money(_ field: String, isNeeded: Bool = false) -> Int64? {
        if self[field].isEmpty {
            if isNeeded { note(field, Phrases.needed) }
            return nil
        }
        guard let fen = Yuan.fen(self[field]) else {
            note(field, Phrases.wrongMoney)
            return nil
        }
        return fen
    }

    /// More than nothing.
    private mutating func neededMoney(_ field: String) -> Int64 {
        let fen = money(field, isNeeded: true)
        if fen == 0 { note(field, Phrases.moreThanNothing) }
        return fen ?? 0
    }

    mutating func number(_ field: String, _ range: ClosedRange<Int64>, isNeeded: Bool = false) -> JSON? {
        let typed = self[field].filter { $0 != "," && $0 != "，" }
        if typed.isEmpty {
            if isNeeded { note(field, Phrases.needed) }
            return nil
        }
        guard let number = Int64(typed), range.contains(number) else {
            note(field, Phrases.wrongNumber(range))
            return nil
        }
        return .int(number)
    }

    /// Percent as the API has it.
    mutating func percent(_ field: String, _ range: ClosedRange<Int64>, isNeeded: Bool = false) -> JSON? {
        points(field, range, isNeeded: isNeeded).map { $0 % 100 == 0 ? .int($0 / 100) : .double(Double($0) / 100) }
    }

    /// Hundredths of a percent.
    mutating func points(_ field: String, _ range: ClosedRange<Int64>, isNeeded: Bool = false) -> Int64? {
        let typed = self[field].filter { $0 != "%" && $0 != "％" && !$0.isWhitespace }
        if typed.isEmpty {
            if isNeeded { note(field, Phrases.needed) }
            return nil
        }
        guard let points = Yuan.hundredths(typed), range.contains(points) else {
            note(field, Phrases.wrongPercent(range))
            return nil
        }
        return points
    }

    /// A browser's field for a moment has no zone: it is the batch's.
    private mutating func moment(_ field: String) -> Int64? {
        if self[field].isEmpty {
            note(field, Phrases.needed)
            return nil
        }
        guard let plain = DateText.milliseconds(fromISO8601: self[field]), plain >= 0 else {
            note(field, Phrases.wrongMoment)
            return nil
        }
        return plain - zone.minutes * 60_000
    }

    /// Names between commas or lines; there may be blanks in them.
    private func names(_ field: String) -> [String] {
        let parts = self[field].split { $0 == "," || $0 == "，" || $0.isNewline }.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        return parts.enumerated().filter { parts.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }

    private static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":")
        guard text.utf8.count == 5, parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= minutesOfDay
        else { return nil }
        return hour * 60 + minute
    }
}
