internal import Foundation
internal import HTTPSupport
internal import Kernel

/// The ways into WeChat's merchant coupons.
enum WeChatCall {
    case makeStock
    case showStock(String)
    case changeBudget(String)
    case uploadCodes(String)
    case countCodes(String)
    case use, giveBack, deactivate
    case listCoupons(user: String)
    case showCoupon(user: String, code: String)

    private static let start = "/v3/marketing/busifavor/"

    /// Reads what a cloud function names: `POST` and `/v3/marketing/busifavor/stocks`.
    /// - Returns: also what stands behind the `?`.
    static func read(_ method: String, _ path: String) throws -> (WeChatCall, query: JSONObject) {
        guard let address = URLComponents(string: path), address.path.hasPrefix(start) else { throw SampanError.couponMethod("\(method) \(path)") }
        let parts = address.path.dropFirst(start.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let query = JSONObject((address.queryItems ?? []).map { ($0.name, .string($0.value ?? "")) })
        let call: WeChatCall? =
            switch (method.uppercased(), parts.count, parts.first, parts.count > 1 ? parts[1] : "", parts.last) {
            case ("POST", 1, "stocks", _, _): .makeStock
            case ("GET", 2, "stocks", let stock, _): .showStock(stock)
            case ("PATCH", 3, "stocks", let stock, "budget"): .changeBudget(stock)
            case ("POST", 3, "stocks", let stock, "couponcodes"): .uploadCodes(stock)
            case ("GET", 3, "stocks", let stock, "couponcodes"): .countCodes(stock)
            case ("POST", 2, "coupons", "use", _): .use
            case ("POST", 2, "coupons", "return", _): .giveBack
            case ("POST", 2, "coupons", "deactivate", _): .deactivate
            case ("GET", 3, "users", let user, "coupons"): .listCoupons(user: user)
            case ("GET", 6, "users", let user, _) where parts[2] == "coupons" && parts[4] == "appids": .showCoupon(user: user, code: parts[3])
            default: nil
            }
        guard let call else { throw SampanError.couponMethod("\(method) \(path)") }
        return (call, query)
    }
}

extension CouponFacade {
    private static let codesMax = 200
    private static let pageMax = 200
    /// So many of a user's coupons are looked at.
    private static let couponsMax = 10_000

    /// Does what one of WeChat's calls means.
    /// - Parameter body: the body, or what the address says behind its `?`.
    func wechat(_ call: WeChatCall, _ body: JSONObject, _ voice: Voice) async throws -> JSON {
        var voice = voice
        voice.platform = "wechat"
        let now = coupons.clock.now()
        switch call {
        case .makeStock:
            let stock = try WeChatStock(body, now: now)
            let batch = try await make(stock.definition, number: stock.outRequestNo, body: body, voice)
            return ["stock_id": .string(batch.id), "create_time": .string(FacadeTime.wechat(batch.createdAt))]
        case .showStock(let id): return .object(WeChatStock.shown(try await batch(id, voice)))
        case .changeBudget(let id): return try await changeBudget(id, body, voice)
        case .uploadCodes(let id): return try await uploadCodes(id, body, voice)
        case .countCodes(let id):
            let batch = try await batch(id, voice)
            guard batch.definition.codes == .uploaded else { throw SampanError.noCodes }
            return [
                "stock_id": .string(id), "total_count": .int(batch.codes), "available_count": .int(max(0, batch.codes - batch.claimed)), "offset": 0,
                "limit": 0,
            ]
        case .use: return try await use(body, voice)
        case .giveBack: return try await giveBack(body, voice)
        case .deactivate: return try await deactivate(body, voice)
        case .listCoupons(let user): return try await list(user, body, voice)
        case .showCoupon(let user, let code):
            let coupon = try await coupon(code, of: nil, user: user, voice)
            return WeChatStock.shown(coupon, try await batch(coupon["batch"]?.stringValue ?? "", voice))
        }
    }

    // MARK: Stocks

    private func changeBudget(_ id: String, _ body: JSONObject, _ voice: Voice) async throws -> JSON {
        let fields = FacadeFields(body)
        let number = try fields.need("modify_budget_request_no", max: 64)
        let range = 1...BatchDefinition.stockMax
        guard let target = try fields.int("target_max_coupons", in: range) else { throw fields.wrong("target_max_coupons", "an integer", "整数") }
        guard let current = try fields.int("current_max_coupons", in: 0...BatchDefinition.stockMax) else {
            throw fields.wrong("current_max_coupons", "an integer", "整数")
        }
        try fields.refuse("target_max_coupons_by_day", "current_max_coupons_by_day")
        try fields.finish()
        let batch = try await change(id, "budget", number: number, body: body, voice) { batch throws(LedgerRefusal) in
            guard batch.definition.stock == current else { throw .changedMeanwhile }
            var definition = batch.definition
            definition.stock = target
            return try batch.changed(to: definition)
        }
        return ["max_coupons": .int(batch.definition.stock)]
    }

    private func uploadCodes(_ id: String, _ body: JSONObject, _ voice: Voice) async throws -> JSON {
        let fields = FacadeFields(body)
        _ = try fields.need("upload_request_no", max: 64)
        let codes = try fields.texts("coupon_code_list", max: Self.codesMax, bytes: 256)
        guard !codes.isEmpty else { throw fields.wrong("coupon_code_list", "1 to \(Self.codesMax) codes", " 1 到 \(Self.codesMax) 个券码") }
        try fields.finish()
        let deposit = try await deposit(codes, to: id, voice)
        func list(_ codes: [String]) -> JSON { .array(codes.map { .string($0) }) }
        return [
            "stock_id": .string(id), "total_count": .int(Int64(Set(codes).count)), "success_count": .int(Int64(deposit.added.count)),
            "success_codes": list(deposit.added), "success_time": .string(FacadeTime.wechat(coupons.clock.now())),
            "fail_count": .int(Int64(deposit.faults.count)),
            "fail_codes": .array(
                deposit.faults.map { ["coupon_code": .string($0.code), "code": .string($0.fault), "message": .string(Self.fault($0.fault))] }),
            "exist_codes": list(deposit.present), "duplicate_codes": list(deposit.doubled),
        ]
    }

    // MARK: Coupons

    private func use(_ body: JSONObject, _ voice: Voice) async throws -> JSON {
        let fields = FacadeFields(body)
        let (code, number) = (try fields.need("coupon_code"), try fields.need("use_request_no", max: 64))
        let (stock, user) = (try fields.text("stock_id"), try fields.text("openid"))
        _ = try fields.wechatMoment("use_time")
        fields.ignore("appid")
        try fields.finish()
        let coupon = try await coupon(code, of: stock, user: user, voice)
        let done = try await coupons.redeem(
            ["coupons": [coupon["id"] ?? .null], "order": .string(number), "outBizNo": .string(number)], voice.context)
        return [
            "stock_id": coupon["batch"] ?? .null, "openid": .string(try await owner(coupon, voice)), "wechatpay_use_time": Self.time(done),
        ]
    }

    private func owner(_ coupon: JSON, _ voice: Voice) async throws -> String {
        let store = try coupons.store(voice.context.environment)
        guard let number = store.numbers.number(coupon["id"]?.stringValue ?? "") else { return "" }
        return try await coupons.newest(number, store)?.user ?? ""
    }

    private static func time(_ done: JSON) -> JSON { .string(FacadeTime.wechat(done["coupons"]?.arrayValue?.first?["at"]?.intValue ?? 0)) }

    private func giveBack(_ body: JSONObject, _ voice: Voice) async throws -> JSON {
        let fields = FacadeFields(body)
        let (code, number, stock) = (try fields.need("coupon_code"), try fields.need("return_request_no", max: 64), try fields.text("stock_id"))
        try fields.finish()
        let coupon = try await coupon(code, of: stock, voice)
        let order = try await orderToRefund(coupon, number: number, voice)
        let done = try await coupons.refund(
            ["coupons": [coupon["id"] ?? .null], "order": .string(order), "outBizNo": .string(number)], voice.context)
        return ["wechatpay_return_time": Self.time(done)]
    }

    private func deactivate(_ body: JSONObject, _ voice: Voice) async throws -> JSON {
        let fields = FacadeFields(body)
        let (code, number, stock) = (try fields.need("coupon_code"), try fields.need("deactivate_request_no", max: 64), try fields.text("stock_id"))
        let reason = try fields.text("deactivate_reason", max: 256)
        try fields.finish()
        let coupon = try await coupon(code, of: stock, voice)
        if let reason, let id = coupon["id"]?.stringValue { AuditNote.changed("coupon \(id)", to: ["reason": .string(reason)]) }
        let done = try await coupons.void(["coupons": [coupon["id"] ?? .null], "outBizNo": .string(number)], voice.context)
        return ["wechatpay_deactivate_time": Self.time(done)]
    }

    private func list(_ user: String, _ body: JSONObject, _ voice: Voice) async throws -> JSON {
        let fields = FacadeFields(body)
        // Who made, has or gave it is one merchant here.
        fields.ignore("appid", "creator_merchant", "belong_merchant", "sender_merchant")
        let stock = try fields.text("stock_id")
        let status = try fields.has("coupon_state") ? fields.word("coupon_state", WeChatStock.states) : nil
        let (offset, limit) = (try fields.int("offset", in: 0...Int64.max) ?? 0, try fields.int("limit", in: 1...Int64(Self.pageMax)) ?? 20)
        try fields.finish()
        let all = try await coupons.coupons(of: user, status: nil, limit: Self.couponsMax, voice.context.environment)["coupons"]?.arrayValue ?? []
        let found = all.filter {
            (stock == nil || $0["batch"]?.stringValue == stock) && (status == nil || Self.state($0) == status)
        }
        var shown: [JSON] = []
        for coupon in found.dropFirst(Int(min(offset, Int64(found.count)))).prefix(Int(limit)) {
            shown.append(WeChatStock.shown(coupon, try await batch(coupon["batch"]?.stringValue ?? "", voice)))
        }
        return ["data": .array(shown), "total_count": .int(Int64(found.count)), "offset": .int(offset), "limit": .int(limit)]
    }

    private static func state(_ coupon: JSON) -> String? {
        let status = coupon["status"]?.stringValue
        return status == "locked" ? "held" : status
    }
}
