internal import Kernel

/// The body of WeChat's `POST /v3/marketing/busifavor/stocks` as a batch.
struct WeChatStock {
    let definition: BatchDefinition
    let outRequestNo: String

    /// - Parameter now: a stock that is valid between two moments can be claimed at once.
    init(_ body: JSONObject, now: Int64) throws {
        let fields = FacadeFields(body)
        outRequestNo = try fields.need("out_request_no", max: 64)
        let name = try fields.need("stock_name")
        // Whose it is is known, a comment is for WeChat's own pages, and which goods are meant is said in words only.
        fields.ignore("belong_merchant", "comment", "goods_name", "custom_entrance")
        try fields.refuse("notify_config", "subsidy")
        let isUpload = try fields.word("coupon_code_mode", ["WECHATPAY_MODE": false, "MERCHANT_UPLOAD": true])
        guard let rule = try fields.object("coupon_use_rule") else { throw fields.wrong("coupon_use_rule", "an object", "对象") }
        let terms = try WeChatTerms.read(fields, rule)
        guard let time = try rule.object("coupon_available_time") else { throw rule.wrong("coupon_available_time", "an object", "对象") }
        let available = try WeChatAvailableTime(time)
        _ = try rule.word("use_method", ["OFF_LINE": true, "MINI_PROGRAMS": true, "SELF_CONSUME": true], absent: true)
        rule.ignore("mini_programs_appid", "mini_programs_path")
        guard let sending = try fields.object("stock_send_rule") else { throw fields.wrong("stock_send_rule", "an object", "对象") }
        guard let stock = try sending.int("max_coupons", in: 1...BatchDefinition.stockMax) else { throw sending.wrong("max_coupons", "an integer", "整数") }
        var definition = BatchDefinition(
            name: name, terms: terms, stock: stock, opensAt: available.claims(now).from, closesAt: available.claims(now).until, validity: available.validity)
        definition.useTimes = available.times
        definition.limits.perUser = try sending.int("max_coupons_per_user", in: 1...Int64(ClaimLimits.most)).map(Int.init)
        definition.budget = try sending.int("max_amount", in: 1...BatchDefinition.moneyMax)
        if definition.budget != nil, terms.value.exposure == nil { throw SampanError.couponField(sending.name("max_amount")) }
        try sending.refuse(
            "max_amount_by_day", "max_coupons_by_day", "natural_person_limit", "prevent_api_abuse", "transferable", "shareable")
        definition.codes = isUpload ? .uploaded : nil
        if let pattern = try fields.object("display_pattern_info") {
            definition.description = try Self.description(pattern)
        }
        try fields.finish()
        self.definition = try BatchDefinition(definition.json.objectValue ?? [:])
    }

    private static func description(_ pattern: FacadeFields) throws -> String {
        pattern.ignore("merchant_logo_url", "merchant_name", "background_color", "coupon_image_url", "finder_info")
        guard let said = pattern.take("description") else { return "" }
        guard let text = said.stringValue, text.utf8.count <= 2000 else { throw pattern.wrong("description", "at most 2000 bytes", "不超过 2000 字节的文本") }
        return text
    }
}

/// What a WeChat coupon is worth.
enum WeChatTerms {
    static func read(_ fields: FacadeFields, _ rule: FacadeFields) throws -> CouponTerms {
        let kind = try fields.word("stock_type", ["NORMAL": "fixed_normal_coupon", "DISCOUNT": "discount_coupon", "EXCHANGE": "exchange_coupon"])
        guard let coupon = try rule.object(kind) else { throw rule.wrong(kind, "an object", "对象") }
        let minimum = try coupon.int("transaction_minimum", in: 0...BatchDefinition.moneyMax) ?? 0
        func need(_ name: String, _ range: ClosedRange<Int64>) throws -> Int64 {
            guard let number = try coupon.int(name, in: range) else {
                throw coupon.wrong(name, "an integer from \(range.lowerBound) on", "不小于 \(range.lowerBound) 的整数")
            }
            return number
        }
        var terms: CouponTerms
        switch kind {
        case "fixed_normal_coupon":
            let amount = try need("discount_amount", 1...BatchDefinition.moneyMax)
            guard minimum == 0 || amount <= minimum else {
                throw coupon.wrong("discount_amount", "no more than transaction_minimum", "不超过 transaction_minimum")
            }
            terms = CouponTerms(.amount(amount))
        case "discount_coupon":
            // 88 is what is paid of a hundred.
            terms = CouponTerms(.discount(basisPoints: (100 - (try need("discount_percent", 1...99))) * 100, ceiling: nil))
        default: terms = CouponTerms(.specialPrice(try need("exchange_price", 0...BatchDefinition.moneyMax), quantity: 1))
        }
        terms.minimumSpend = minimum
        return terms
    }

    /// `stock_type`, and the object that belongs to it with its name; `nil` for values that WeChat has none for.
    static func shown(_ terms: CouponTerms) -> (type: String, kind: String, fields: JSONObject)? {
        let minimum: JSON = .int(terms.minimumSpend)
        switch terms.value {
        case .amount(let amount): return ("NORMAL", "fixed_normal_coupon", ["discount_amount": .int(amount), "transaction_minimum": minimum])
        case .discount(let points, nil) where points % 100 == 0:
            return ("DISCOUNT", "discount_coupon", ["discount_percent": .int(100 - points / 100), "transaction_minimum": minimum])
        case .specialPrice(let price, quantity: 1): return ("EXCHANGE", "exchange_coupon", ["exchange_price": .int(price), "transaction_minimum": minimum])
        case .exchange(quantity: 1): return ("EXCHANGE", "exchange_coupon", ["exchange_price": 0, "transaction_minimum": minimum])
        case .discount, .specialPrice, .exchange, .gift, .storedValue: return nil
        }
    }
}

/// `coupon_available_time`: a window, perhaps days after the claim within it, weekdays and hours.
struct WeChatAvailableTime {
    private static let day: Int64 = 86_400_000

    let validity: Validity
    let times: UseTimes
    private let begin: Int64
    private let end: Int64

    init(_ fields: FacadeFields) throws {
        guard let begin = try fields.wechatMoment("available_begin_time") else { throw fields.wrong("available_begin_time", "a time", "时间") }
        guard let last = try fields.wechatMoment("available_end_time"), last >= begin else {
            throw fields.wrong("available_end_time", "a time after available_begin_time", "晚于 available_begin_time 的时间")
        }
        (self.begin, end) = (begin, last + 1000)
        let days = try fields.int("available_day_after_receive", in: 1...3660)
        let after = try fields.int("wait_days_after_receive", in: 0...366) ?? 0
        if let days {
            validity = FacadeValidity.relative(after: after, days: days, .claimDayCounts)
            // No coupon outlives the window: the last one is claimed while it can still have all its days.
            guard Self.lastClaim(end, after + days) > begin else {
                throw fields.wrong("available_day_after_receive", "fewer days than the window has", "少于可用时间段的天数")
            }
        } else {
            guard after == 0 else {
                throw fields.wrong("wait_days_after_receive", "nothing without available_day_after_receive", "须与 available_day_after_receive 一同填写")
            }
            validity = .absolute(from: begin, until: end)
        }
        times = try fields.object("available_week").map(Self.week) ?? UseTimes()
        try fields.refuse("irregulary_avaliable_time")
    }

    /// From when until before when coupons can be claimed.
    func claims(_ now: Int64) -> (from: Int64, until: Int64) {
        switch validity {
        case .absolute: (min(now, begin), end)
        // WeChat counts from the beginning of the window for who claims before it; here nobody does.
        case .relative(let after, let days, _): (begin, Self.lastClaim(end, after + (after == 0 ? days + 1 : days)))
        }
    }

    /// The end of the last day in China on which a coupon of so many days can be claimed.
    private static func lastClaim(_ end: Int64, _ days: Int64) -> Int64 { FixedZone.china.startOfDay(end) - (days - 1) * day }

    private static func week(_ fields: FacadeFields) throws -> UseTimes {
        var times = UseTimes()
        times.weekdays = Set(
            try fields.list("week_day", max: 7).map {
                guard let day = $0.intValue ?? $0.stringValue.flatMap({ Int64($0) }), (0...6).contains(day) else {
                    throw fields.wrong("week_day", "0 (Sunday) to 6 (Saturday)", " 0（周日）到 6（周六）")
                }
                return day == 0 ? 7 : Int(day)
            })
        if times.weekdays.count == 7 { times.weekdays = [] }
        times.hours = try fields.objects("available_day_time", max: 24).map { part in
            let (from, through) = (try part.int("begin_time", in: 0...86_399) ?? 0, try part.int("end_time", in: 1...86_400) ?? 86_399)
            guard let hours = FacadeTime.hours(from: from, through: through) else {
                throw part.wrong("begin_time", "whole minutes in seconds of the day, the end perhaps a second earlier", "整分钟的秒数，结束时间可早一秒")
            }
            return hours
        }
        return times
    }

    static func shown(_ definition: BatchDefinition) -> JSON {
        var shown: JSONObject = [:]
        switch definition.validity {
        case .absolute(let from, let until):
            shown["available_begin_time"] = .string(FacadeTime.wechat(from))
            shown["available_end_time"] = .string(FacadeTime.wechat(until - 1000))
        case .relative(let after, let days, _):
            shown["available_begin_time"] = .string(FacadeTime.wechat(definition.opensAt))
            let end = definition.validity.window(claimedAt: definition.closesAt - 1, zone: definition.zone).until
            shown["available_end_time"] = .string(FacadeTime.wechat(end - 1000))
            shown["available_day_after_receive"] = .int(FacadeValidity.countedDays(after: after, days: days))
            if after > 0 { shown["wait_days_after_receive"] = .int(after) }
        }
        let times = definition.useTimes
        guard !times.weekdays.isEmpty || !times.hours.isEmpty else { return .object(shown) }
        let days = (times.weekdays.isEmpty ? Set(1...7) : times.weekdays).map { Int64($0 % 7) }.sorted()
        var week: JSONObject = ["week_day": .array(days.map { .int($0) })]
        if !times.hours.isEmpty {
            week["available_day_time"] = .array(
                times.hours.map { ["begin_time": .int(Int64($0.from) * 60), "end_time": .int(Int64($0.until == 0 ? 1440 : $0.until) * 60 - 1)] })
        }
        shown["available_week"] = .object(week)
        return .object(shown)
    }
}

extension WeChatStock {
    private static func state(_ status: BatchStatus) -> JSON {
        switch status {
        case .draft, .submitted: "UNAUDIT"
        case .published: "RUNNING"
        case .paused: "PAUSED"
        // As WeChat spells it.
        case .stopped: "STOPED"
        }
    }

    /// What `GET stocks/{stock_id}` answers.
    static func shown(_ batch: Batch) -> JSONObject {
        let definition = batch.definition
        var shown: JSONObject = [
            "stock_id": .string(batch.id), "stock_name": .string(definition.name), "stock_state": state(batch.status),
            "coupon_code_mode": definition.codes == .uploaded ? "MERCHANT_UPLOAD" : "WECHATPAY_MODE", "coupon_use_rule": useRule(definition),
        ]
        if let terms = WeChatTerms.shown(definition.terms) { shown["stock_type"] = .string(terms.type) }
        var sending: JSONObject = ["max_coupons": .int(definition.stock)]
        if let perUser = definition.limits.perUser { sending["max_coupons_per_user"] = .int(Int64(perUser)) }
        if let budget = definition.budget { sending["max_amount"] = .int(budget) }
        shown["stock_send_rule"] = .object(sending)
        if !definition.description.isEmpty { shown["display_pattern_info"] = ["description": .string(definition.description)] }
        if definition.codes == .uploaded {
            shown["coupon_code_count"] = ["total_count": .int(batch.codes), "available_count": .int(max(0, batch.codes - batch.claimed))]
        }
        shown["send_count_information"] = ["total_send_num": .int(batch.claimed)]
        return shown
    }

    private static func useRule(_ definition: BatchDefinition) -> JSON {
        var rule: JSONObject = ["coupon_available_time": WeChatAvailableTime.shown(definition)]
        if let terms = WeChatTerms.shown(definition.terms) { rule[terms.kind] = .object(terms.fields) }
        return .object(rule)
    }

    /// A user's coupon, of what the engine shows of it and its batch.
    static func shown(_ coupon: JSON, _ batch: Batch) -> JSON {
        func moment(_ name: String) -> JSON { .string(FacadeTime.wechat(coupon[name]?.intValue ?? 0)) }
        var shown: JSONObject = [
            "stock_id": .string(batch.id), "stock_name": .string(batch.definition.name), "coupon_code": coupon["code"] ?? coupon["id"] ?? .null,
            "coupon_state": .string(states.first { $0.value == coupon["status"]?.stringValue }?.key ?? "SENDED"), "available_start_time": moment("from"),
            "expire_time": .string(FacadeTime.wechat((coupon["until"]?.intValue ?? 0) - 1000)), "receive_time": moment("claimedAt"),
            "coupon_use_rule": useRule(batch.definition),
        ]
        if let terms = WeChatTerms.shown(batch.definition.terms) { shown["stock_type"] = .string(terms.type) }
        // Uses of this interface go by their request's number.
        if let use = coupon["uses"]?.arrayValue?.last(where: { $0["refunded"]?.boolValue == false }) { shown["use_request_no"] = use["order"] }
        return .object(shown)
    }

    /// What a coupon's states are called; one that an order holds has been sent and not used.
    static let states: KeyValuePairs<String, String> = ["SENDED": "held", "USED": "redeemed", "EXPIRED": "expired", "DEACTIVATED": "voided"]
}
