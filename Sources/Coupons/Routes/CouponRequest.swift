internal import HTTPSupport
internal import Kernel

/// Reading what is asked of the ledger.
enum CouponRequest {
    static let couponsMax = 20

    /// A text that the ledger keeps: no control characters, at most `max` bytes.
    static func text(_ object: JSONObject, _ name: String, max: Int = 64) throws -> String {
        guard let text = try object.optionalText(name) else { return "" }
        guard text.utf8.count <= max, text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw SampanError.badMember(name, Localized("at most \(max) bytes without control characters", zh: "不超过 \(max) 字节且不含控制字符"))
        }
        return text
    }

    /// Whose coupons it is about: a client speaks for its own user and for nobody else.
    static func user(_ object: JSONObject, _ context: CallContext) throws -> String {
        let own = context.caller.user?.openid ?? ""
        if context.caller.isClient {
            guard object["user"] == nil else { throw SampanError.onlyFunctionsSay("user") }
            return own
        }
        let named = try text(object, "user", max: 128)
        let user = named.isEmpty ? own : named
        guard !user.isEmpty else { throw SampanError.badMember("user", Localized("the openid of a user", zh: "用户的 openid")) }
        return user
    }

    static func claim(_ object: JSONObject, batch: Int64, _ context: CallContext) throws -> LedgerCommand.Claim {
        let isClient = context.caller.isClient
        guard !isClient || object["level"] == nil else { throw SampanError.onlyFunctionsSay("level") }
        var claim = LedgerCommand.Claim(batch: batch, user: try user(object, context))
        claim.key = try text(object, "outBizNo")
        claim.device = try text(object, "device", max: 128)
        claim.channel = try text(object, "channel", max: 128)
        claim.level = try text(object, "level", max: 128)
        claim.isClient = isClient
        return claim
    }

    /// `{"coupons":["cpn-…"],"order":"…","outBizNo":"…"}` and what else the step needs.
    static func move(
        _ kind: LedgerEntry.Kind, _ object: JSONObject, _ numbers: CouponNumbers, _ limits: Limits, _ context: CallContext
    ) throws -> LedgerCommand.Move {
        let coupons = try self.numbers(object, numbers)
        var move = LedgerCommand.Move(kind: kind, coupons: coupons)
        move.order = try text(object, "order", max: 128)
        if [.lock, .release, .redeem, .refund].contains(kind), move.order.isEmpty {
            throw SampanError.badMember("order", Localized("the order's number", zh: "订单号"))
        }
        if kind == .redeem { move.amounts = try amounts(object, count: coupons.count) }
        if kind == .lock {
            let seconds = try object.optionalInt("seconds", in: 1...limits.couponLockSecondsMax) ?? limits.couponLockSecondsDefault
            move.milliseconds = Int64(seconds) * 1000
        }
        move.user = context.caller.isClient ? context.caller.user?.openid ?? "" : nil
        if move.user == nil {
            // A function or key may say whose they must be.
            let user = try text(object, "user", max: 128)
            if !user.isEmpty { move.user = user }
        }
        if kind == .redeem { move.shop = try text(object, "shop", max: 128) }
        move.key = try text(object, "outBizNo")
        if !move.key.isEmpty {
            move.hash = hash(move)
            // Users number their steps as they like; a function's or key's numbers are the shop's. No text that is sent has U+0001.
            if context.caller.isClient { move.key = "\(move.user ?? "")\u{1}\(move.key)" }
        }
        return move
    }

    /// The coupons that are named.
    static func numbers(_ object: JSONObject, _ numbers: CouponNumbers) throws -> [Int64] {
        let ids = try object.optionalList("coupons") ?? object["coupon"].map { [$0] } ?? []
        guard (1...couponsMax).contains(ids.count) else {
            throw SampanError.badMember("coupons", Localized("1 to \(couponsMax) ids", zh: " 1 到 \(couponsMax) 个编号"))
        }
        let coupons = try ids.map { id in
            guard let text = id.stringValue else { throw SampanError.badMember("coupons", Localized("ids of coupons", zh: "优惠券编号")) }
            guard let number = numbers.number(text) else { throw SampanError.noCoupon(text) }
            return number
        }
        guard Set(coupons).count == coupons.count else { throw SampanError.badMember("coupons", Localized("each once", zh: "不可重复")) }
        return coupons
    }

    private static func amounts(_ object: JSONObject, count: Int) throws -> [Int64] {
        if object["amount"] != nil, count == 1 { return [try object.requiredInt("amount", in: 0...BatchDefinition.moneyMax)] }
        guard let list = try object.optionalList("amounts") else { return [] }
        guard list.count == count else { throw SampanError.badMember("amounts", Localized("one for each coupon", zh: "与优惠券一一对应")) }
        return try list.map {
            guard let amount = $0.intValue, (0...BatchDefinition.moneyMax).contains(amount) else {
                throw SampanError.badMember("amounts", Localized("whole numbers from 0 on", zh: "非负整数"))
            }
            return amount
        }
    }

    /// What must be the same when the key comes again.
    private static func hash(_ move: LedgerCommand.Move) -> UInt64 {
        let parts =
            move.coupons.map(String.init) + ["a"] + move.amounts.map(String.init) + [move.order, move.user ?? "\u{1}"]
            + (move.shop.isEmpty ? [] : [move.shop])
        return JournalPage.hash(Array(parts.joined(separator: "\u{0}").utf8))
    }
}
