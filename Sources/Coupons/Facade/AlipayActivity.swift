internal import Kernel

/// `alipay.marketing.activity.ordervoucher.create`'s body as a batch.
///
/// Alipay has two generations of fields for the same things; each thing is said in one of them.
struct AlipayActivity {
    let definition: BatchDefinition
    let outBizNo: String

    init(_ body: JSONObject) throws {
        let fields = FacadeFields(body)
        outBizNo = try fields.need("out_biz_no", max: 64)
        try AlipayCommon.read(fields)
        let base = try fields.object("activity_base_info")
        let name = try Self.once(fields, base, "activity_name") { try $0.text("activity_name") }
        // Where no codes are brought, each coupon's own id is its code.
        let isUpload = try Self.once(fields, base, "code_mode") { try $0.word("code_mode", ["MERCHANT_UPLOAD": true, "MERCHANT_API": false]) }
        base?.ignore("belong_merchant_info")
        guard let name else { throw fields.wrong("activity_name", "a text", "文本") }
        let sending = try AlipaySending(fields)
        let useRule = try fields.object("voucher_use_rule")
        let (terms, validity, times) = try Self.use(fields, useRule)
        var definition = BatchDefinition(
            name: name, terms: terms, stock: sending.quantity, opensAt: sending.from, closesAt: sending.through + 1000, validity: validity)
        definition.terms.scope = try AlipayScope.read(fields, useRule)
        definition.useTimes = times
        definition.limits = sending.limits
        definition.codes = isUpload == true ? .uploaded : nil
        definition.description = try AlipayDisplay.description(fields) ?? ""
        if case .absolute(_, let until) = validity, until <= definition.opensAt {
            throw fields.wrong("valid_end_time", "a time after publish_start_time", "晚于 publish_start_time 的时间")
        }
        try fields.finish()
        // As strict as for whoever makes a batch in our own words.
        self.definition = try BatchDefinition(definition.json.objectValue ?? [:])
    }

    /// What may stand in two places, in one of them.
    static func once<Value>(_ old: FacadeFields, _ new: FacadeFields?, _ field: String, _ read: (FacadeFields) throws -> Value?) throws -> Value? {
        guard let new, new.has(field) else { return old.has(field) ? try read(old) : nil }
        guard !old.has(field) else { throw SampanError.couponField(new.name(field)) }
        return try read(new)
    }

    private static func use(_ fields: FacadeFields, _ useRule: FacadeFields?) throws -> (CouponTerms, Validity, UseTimes) {
        let terms: CouponTerms
        if let deduct = try fields.object("voucher_deduct_info") {
            guard !fields.has("voucher_type") else { throw SampanError.couponField("voucher_type") }
            terms = try AlipayTerms.read(deduct, deduct, suffix: "_info")
        } else {
            guard let useRule else { throw fields.wrong("voucher_use_rule", "an object", "对象") }
            terms = try AlipayTerms.read(fields, useRule, suffix: "")
        }
        if let rule = try fields.object("voucher_use_rule_info") {
            guard useRule?.has("voucher_valid_period") != true else { throw SampanError.couponField("voucher_use_rule.voucher_valid_period") }
            guard let time = try rule.object("voucher_use_time_info") else { throw rule.wrong("voucher_use_time_info", "an object", "对象") }
            try rule.refuse("payment_restriction_list", "quantity_limit_per_user", "voucher_use_ext_info")
            rule.ignore("quantity_limit_per_user_period_type")
            guard try rule.int("voucher_max_use_times", in: 0...Int64.max) ?? 1 <= 1 else { throw SampanError.couponField(rule.name("voucher_max_use_times")) }
            let (validity, times) = try AlipayValidity.read(useTime: time)
            return (terms, validity, times)
        }
        guard let period = try useRule?.object("voucher_valid_period") else {
            throw fields.wrong("voucher_use_rule.voucher_valid_period", "an object", "对象")
        }
        return (terms, try AlipayValidity.read(period: period), UseTimes())
    }
}

/// What all of Alipay's methods take.
enum AlipayCommon {
    /// An environment is one merchant, who calls for itself.
    static func read(_ fields: FacadeFields) throws {
        _ = try fields.word("merchant_access_mode", ["SELF_MODE": true], absent: true)
        // How it looks and where buttons lead.
        fields.ignore("biz_tag", "customer_guide", "voucher_customer_guide_info", "belong_merchant_info")
    }
}

/// The texts and pictures of an activity, of which a description is kept.
enum AlipayDisplay {
    static func description(_ fields: FacadeFields) throws -> String? {
        var description: String?
        for name in ["voucher_display_info", "voucher_display_pattern_info"] {
            guard let display = try fields.object(name) else { continue }
            if let said = display.take("voucher_description") {
                guard let text = said.stringValue else { throw display.wrong("voucher_description", "a text", "文本") }
                description = text
            }
            display.ignore(
                "brand_logo", "brand_name", "customer_service_mobile", "customer_service_url", "voucher_comment", "voucher_detail_images", "voucher_image",
                "voucher_name", "voucher_detail_rich_description")
        }
        guard let description else { return nil }
        guard description.utf8.count <= 2000 else { throw fields.wrong("voucher_description", "at most 2000 bytes", "不超过 2000 字节") }
        return description
    }
}

/// How many vouchers there are, for whom, and when they are given.
struct AlipaySending {
    let quantity: Int64
    /// From when on, and the last second in which.
    let from: Int64
    let through: Int64
    let limits: ClaimLimits

    init(_ fields: FacadeFields) throws {
        let mode = try fields.object("voucher_send_mode_info")
        if let mode {
            _ = try mode.word("voucher_send_mode", ["DIRECT_SEND_MODE": true], absent: true)
            try mode.refuse("delivery_channel_list", "voucher_package_mode_info", "voucher_sale_mode_info")
        }
        let new = try mode?.object("voucher_send_rule_info")
        let old = try fields.object("voucher_send_rule")
        guard let rule = new ?? old else { throw fields.wrong("voucher_send_rule", "an object", "对象") }
        guard new == nil || old == nil else { throw SampanError.couponField("voucher_send_rule") }
        let count = new == nil ? "voucher_quantity" : "quantity"
        guard let quantity = try rule.int(count, in: 0...BatchDefinition.stockMax) else { throw rule.wrong(count, "an integer", "整数") }
        self.quantity = quantity
        limits = try Self.limits(rule, isNew: new != nil)
        let window = try Self.window(fields, new)
        guard let from = window.from else { throw fields.wrong("publish_start_time", "a time", "时间") }
        guard let through = window.through, through >= from else {
            throw fields.wrong("publish_end_time", "a time after publish_start_time", "晚于 publish_start_time 的时间")
        }
        (self.from, self.through) = (from, through)
    }

    /// `publish_start_time` and `publish_end_time`, which the generations have in different places.
    static func window(_ fields: FacadeFields, _ new: FacadeFields?) throws -> (from: Int64?, through: Int64?) {
        (
            try AlipayActivity.once(fields, new, "publish_start_time") { try $0.alipayMoment("publish_start_time") },
            try AlipayActivity.once(fields, new, "publish_end_time") { try $0.alipayMoment("publish_end_time") }
        )
    }

    private static func limits(_ rule: FacadeFields, isNew: Bool) throws -> ClaimLimits {
        let most = Int64(ClaimLimits.most)
        func limit(_ name: String) throws -> Int? { try rule.int(name, in: 0...most).flatMap { $0 == 0 ? nil : Int($0) } }
        var limits = ClaimLimits()
        limits.perUser = nil
        try rule.refuse("natural_person_limit", "phone_number_limit")
        guard isNew else {
            limits.perUser = try limit("voucher_quantity_limit_per_user")
            return limits
        }
        let path = try rule.word(
            "quantity_limit_per_user_period_type", ["LIFE_CYCLE": \ClaimLimits.perUser, "DAY": \ClaimLimits.perDay, "WEEK": \ClaimLimits.perWeek],
            absent: \ClaimLimits.perUser)
        limits[keyPath: path] = try limit("quantity_limit_per_user")
        limits.perDay = try limit("quantity_day_limit_per_user") ?? limits.perDay
        limits.perWeek = try limit("quantity_week_limit_per_user") ?? limits.perWeek
        try rule.refuse("quantity_month_limit_per_user", "max_quantity_by_day", "real_name_limit", "phone_number_need_input_limit")
        return limits
    }
}

/// Shops and goods.
enum AlipayScope {
    static func read(_ fields: FacadeFields, _ useRule: FacadeFields?) throws -> CouponScope {
        var scope = CouponScope()
        if let old = try useRule?.object("voucher_available_scope") {
            _ = try old.word("voucher_available_type", ["CITY_CODE": true, "SHOP": true], absent: true)
            try readCities(old.object("order_voucher_available_city_code"), "city_codes")
            if let shops = try old.object("order_voucher_available_shop") {
                scope.shops.formUnion(try shops.texts("shop_ids") + shops.texts("real_shop_ids"))
                try shops.refuse("order_voucher_merchant_all_shop")
            }
        }
        guard let new = try fields.object("voucher_available_scope_info") else { return scope }
        guard scope == CouponScope() else { throw SampanError.couponField("voucher_available_scope_info") }
        if let place = try new.object("voucher_available_geography_scope_info") { try readPlaces(place, &scope) }
        if let goods = try new.object("voucher_available_goods_info") {
            scope.goods.formUnion(try goods.texts("available_goods_sku_ids"))
            scope.excludedGoods = Set(try goods.texts("exclude_goods_sku_ids"))
            goods.ignore("goods_name", "goods_description", "goods_detail", "goods_detail_images", "goods_detail_rich_description", "origin_amount")
        }
        if let items = try new.object("voucher_available_item_info") {
            if let item = try items.text("item_id") { scope.goods.insert(item) }
            for item in try items.objects("out_item_info", max: 1000) {
                scope.goods.insert(try item.need("out_item_id"))
                item.ignore("item_app_id")
            }
        }
        try new.refuse("voucher_available_account_info", "voucher_available_app_info")
        return scope
    }

    private static func readPlaces(_ place: FacadeFields, _ scope: inout CouponScope) throws {
        _ = try place.word("available_geography_scope_type", ["CITY_CODE": true, "SHOP": true, "SHOP_CODE": true, "ALL": true], absent: true)
        try readCities(place.object("available_geography_city_info"), "available_city_codes")
        if let shops = try place.object("available_geography_shop_info") {
            scope.shops.formUnion(try shops.texts("available_shop_ids") + shops.texts("available_real_shop_ids"))
            try shops.refuse("available_geography_all_shop")
        }
    }

    /// Shops here are in no cities: only all of them can be meant.
    private static func readCities(_ cities: FacadeFields?, _ list: String) throws {
        guard let cities else { return }
        _ = try cities.flag("all_city")
        try cities.refuse(list)
    }
}
