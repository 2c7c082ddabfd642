internal import HTTPSupport
internal import Kernel

extension CouponFacade {
    private static let methodStart = "alipay.marketing.activity.ordervoucher."
    private static let depositMax = 1000
    private static let receiveMax = 20

    /// Does what one of Alipay's methods means.
    /// - Returns: the fields of the method's response, without `code` and `msg`.
    func alipay(_ method: String, _ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        var voice = voice
        voice.platform = "alipay"
        guard method.hasPrefix(Self.methodStart) else { throw SampanError.couponMethod(method) }
        switch method.dropFirst(Self.methodStart.count) {
        case "create": return try await create(body, voice)
        case "query": return try await query(body, voice)
        case "modify": return try await modify(body, voice)
        case "append": return try await append(body, voice)
        case "stop": return try await stop(body, voice)
        case "codedeposit": return try await codeDeposit(body, voice)
        case "codecount": return try await codeCount(body, voice)
        case "send": return try await send(body, voice)
        case "receive": return try await receive(body, voice)
        case "use": return try await use(body, voice)
        case "refund": return try await refund(body, voice)
        case "invalid": return try await invalid(body, voice)
        default: throw SampanError.couponMethod(method)
        }
    }

    // MARK: Activities

    private func create(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let activity = try AlipayActivity(body)
        let batch = try await make(activity.definition, number: activity.outBizNo, body: body, voice)
        var answer: JSONObject = ["activity_id": .string(batch.id)]
        for (name, value) in AlipayActivity.status(batch.status) { answer[name] = value }
        return answer
    }

    private func query(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let id = try fields.need("activity_id")
        try fields.finish()
        return AlipayActivity.shown(try await batch(id, voice))
    }

    private func modify(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let (id, number) = (try fields.need("activity_id"), try fields.need("out_biz_no", max: 64))
        let base = try fields.object("activity_base_info")
        let name = try AlipayActivity.once(fields, base, "activity_name") { try $0.text("activity_name") }
        let window = try AlipaySending.window(fields, fields.object("voucher_send_mode_info")?.object("voucher_send_rule_info"))
        let description = try AlipayDisplay.description(fields)
        try fields.finish()
        _ = try await change(id, "modify", number: number, body: body, voice) { batch throws(LedgerRefusal) in
            var definition = batch.definition
            if let name { definition.name = name }
            if let description { definition.description = description }
            if let from = window.from { definition.opensAt = from }
            if let through = window.through { definition.closesAt = through + 1000 }
            guard definition.opensAt < definition.closesAt else { throw .unchangeable("publish_end_time") }
            return try batch.changed(to: definition)
        }
        return [:]
    }

    private func append(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let (id, number) = (try fields.need("activity_id"), try fields.need("out_biz_no", max: 64))
        guard let more = try fields.int("voucher_quantity", in: 1...BatchDefinition.stockMax) else {
            throw fields.wrong("voucher_quantity", "an integer", "整数")
        }
        try fields.finish()
        _ = try await change(id, "append", number: number, body: body, voice) { batch throws(LedgerRefusal) in
            var definition = batch.definition
            guard definition.stock + more <= BatchDefinition.stockMax else { throw .unchangeable("voucher_quantity") }
            definition.stock += more
            return try batch.changed(to: definition)
        }
        return [:]
    }

    private func stop(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let (id, number) = (try fields.need("activity_id"), try fields.need("out_biz_no", max: 64))
        try fields.finish()
        let person = voice.principal.person
        _ = try await change(id, "stop", number: number, body: body, voice) { batch throws(LedgerRefusal) in
            try batch.stepped(.stop, by: person, needsSecond: false)
        }
        return [:]
    }

    // MARK: Codes

    private func codeDeposit(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let id = try fields.need("activity_id")
        // A code that is there already is a repeat, whatever number comes with it.
        _ = try fields.need("out_biz_no", max: 64)
        let codes = try fields.texts("voucher_codes", max: Self.depositMax, bytes: 256)
        guard !codes.isEmpty else { throw fields.wrong("voucher_codes", "1 to \(Self.depositMax) codes", " 1 到 \(Self.depositMax) 个券码") }
        try fields.finish()
        let deposit = try await deposit(codes, to: id, voice)
        let good = deposit.present + deposit.added
        return [
            "success_count": .int(Int64(good.count)), "success_voucher_code_list": .array(good.map { .string($0) }),
            "fail_count": .int(Int64(deposit.faults.count + deposit.doubled.count)),
            "fail_voucher_code_detail_list": .array(
                (deposit.faults + deposit.doubled.map { ($0, "duplicate") }).map { code, fault in
                    ["voucher_code": .string(code), "error_code": .string(fault), "error_msg": .string(Self.fault(fault))]
                }),
        ]
    }

    static func fault(_ fault: String) -> String {
        switch fault {
        case "form": "券码须为 1 到 64 个可见 ASCII 字符，且不含空格"
        case "taken": "券码已属于其他活动"
        default: "券码在本次请求中重复"
        }
    }

    private func codeCount(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let id = try fields.need("activity_id")
        try fields.finish()
        let found = try await batch(id, voice)
        guard found.definition.codes == .uploaded else { throw SampanError.noCodes }
        return ["success_count": .int(found.codes)]
    }

    // MARK: Vouchers

    private func send(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let (id, number) = (try fields.need("activity_id"), try fields.need("out_biz_no", max: 64))
        let user = try Self.user(fields, "open_id")
        let channel = try fields.text("ch_info")
        _ = try fields.alipayMoment("biz_dt")
        // The trade after which it is sent is Alipay's own business.
        fields.ignore("merchant_order_url", "trade_channel", "trade_no")
        try fields.finish()
        return ["voucher_code": .string(try await give(id, user, number, channel, voice).code)]
    }

    private static func user(_ fields: FacadeFields, _ open: String) throws -> String {
        let (openID, userID) = (try fields.text(open), try fields.text("user_id"))
        guard openID == nil || userID == nil else { throw SampanError.couponField(fields.name("user_id")) }
        guard let user = openID ?? userID else { throw fields.wrong(open, "the openid of a user", "用户的 openid") }
        return user
    }

    /// Gives a user a coupon; the same number again, for the same user and batch, is the same coupon.
    func give(_ batch: String, _ user: String, _ number: String, _ channel: String?, _ voice: Voice) async throws -> (id: String, code: String) {
        var request: JSONObject = ["user": .string(user), "outBizNo": .string(number)]
        if let channel { request["channel"] = .string(channel) }
        let coupon = try await coupons.claim(batch, request, voice.context)["coupon"]
        guard let id = coupon?["id"]?.stringValue else { throw SampanError.internalError }
        return (id, coupon?["code"]?.stringValue ?? id)
    }

    private func receive(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        let user = try Self.user(fields, "user_open_id")
        fields.ignore("send_merchant_id", "send_merchant_open_id")
        let wishes = try fields.objects("receive_info_list", max: Self.receiveMax).map { wish in
            let wanted = (id: try wish.need("activity_id"), number: try wish.need("out_biz_no", max: 64))
            // Codes are given in their order, now.
            try wish.refuse("voucher_code", "customize_send_time")
            return wanted
        }
        guard !wishes.isEmpty else { throw fields.wrong("receive_info_list", "1 to \(Self.receiveMax) objects", " 1 到 \(Self.receiveMax) 个对象") }
        try fields.finish()
        var results: [JSON] = []
        for wish in wishes {
            var result: JSONObject = ["activity_id": .string(wish.id), "out_biz_no": .string(wish.number)]
            do {
                let given = try await give(wish.id, user, wish.number, nil, voice)
                result["result"] = true
                result["voucher_id"] = .string(given.id)
                result["voucher_code"] = .string(given.code)
            } catch let error as SampanError {
                result["result"] = false
                result["error_code"] = .string(error.code)
                result["retry"] = .bool(error.status >= 500)
            }
            results.append(.object(result))
        }
        return ["receive_result_list": .array(results)]
    }

    private func use(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let (code, number) = (try fields.need("voucher_code"), try fields.need("out_biz_no", max: 64))
        let (activity, trade) = (try fields.text("activity_id"), try fields.text("trade_no"))
        let shop = try fields.text("store_id") ?? fields.text("real_shop_id")
        let total = try fields.yuan("total_fee")
        let said = try fields.object("voucher_use_detail_info").flatMap { try Self.once($0, "voucher_use_amount", "voucher_use_times") }
        _ = try fields.alipayMoment("biz_dt")
        // What was bought is in the order, and not needed for the use.
        fields.ignore("goods_detail", "trade_channel")
        try fields.finish()
        let coupon = try await coupon(code, of: activity, voice)
        let value = try CouponValue(coupon["value"]?.objectValue ?? [:])
        var request: JSONObject = ["coupons": [coupon["id"] ?? .null], "order": .string(trade ?? number), "outBizNo": .string(number)]
        if let amount = FacadeAmount.used(value, said: said, total: total) { request["amounts"] = [.int(amount)] }
        if let shop { request["shop"] = .string(shop) }
        _ = try await coupons.redeem(request, voice.context)
        return ["activity_id": coupon["batch"] ?? .null]
    }

    /// An amount, and a count of uses of which each request makes one.
    private static func once(_ detail: FacadeFields, _ amount: String, _ times: String) throws -> Int64? {
        guard try detail.int(times, in: 0...Int64.max) ?? 1 == 1 else { throw SampanError.couponField(detail.name(times)) }
        return try detail.yuan(amount)
    }

    private func refund(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let (code, number) = (try fields.need("voucher_code"), try fields.need("out_biz_no", max: 64))
        let activity = try fields.text("activity_id")
        _ = (try fields.yuan("total_fee"), try fields.alipayMoment("biz_dt"))
        let detail = try fields.object("voucher_refund_detail_info")
        let said = try detail.flatMap { try Self.once($0, "voucher_refund_amount", "voucher_refund_use_times") }
        try fields.finish()
        let coupon = try await coupon(code, of: activity, voice)
        let order = try await orderToRefund(coupon, number: number, voice)
        // A use goes back whole.
        let use = coupon["uses"]?.arrayValue?.last { $0["order"]?.stringValue == order }
        if let said, said != use?["amount"]?.intValue { throw SampanError.couponField("voucher_refund_detail_info.voucher_refund_amount") }
        _ = try await coupons.refund(
            ["coupons": [coupon["id"] ?? .null], "order": .string(order), "outBizNo": .string(number)], voice.context)
        return ["activity_id": coupon["batch"] ?? .null]
    }

    private func invalid(_ body: JSONObject, _ voice: Voice) async throws -> JSONObject {
        let fields = FacadeFields(body)
        try AlipayCommon.read(fields)
        let (code, number) = (try fields.need("voucher_code"), try fields.need("out_biz_no", max: 64))
        let activity = try fields.text("activity_id")
        _ = try fields.alipayMoment("biz_dt")
        try fields.finish()
        let coupon = try await coupon(code, of: activity, voice)
        _ = try await coupons.void(["coupons": [coupon["id"] ?? .null], "outBizNo": .string(number)], voice.context)
        return [:]
    }
}

extension SampanError {
    /// 404 for a method or path of a platform that there is nothing for.
    static func couponMethod(_ name: String) -> SampanError {
        notFound(
            "COUPON_METHOD_UNKNOWN", Localized("There is no \(name.prefix(120)) here.", zh: "此处没有接口 \(name.prefix(120))。"),
            remedy: Localized("docs/coupons.md lists the platforms' methods that are taken.", zh: "支持的平台接口见 docs/coupons.md。"))
    }
}
