public import Kernel

/// Why a coupon is not used for a basket.
public enum CouponObstacle: Sendable, Hashable {
    /// Not for this shop.
    case shop
    /// Not for this channel.
    case channel
    /// Not for members of this level.
    case level
    /// The basket has nothing that it is for.
    case scope
    /// So much more of what it is for is needed.
    case spend(missing: Int64)
    /// So much more would be needed, since other coupons were applied before.
    case spendAfterOthers(missing: Int64)
    /// There is nothing that it could lower: goods that cost no more than its price, or nothing, or an empty balance.
    case nothingToReduce
    /// The other coupons left nothing of what it is for.
    case nothingLeft
    /// Cannot be used together with these (names of batches).
    case others([String])
    /// An order takes only so many of its batch.
    case batchLimit(Int)
    /// An order takes only so many coupons.
    case orderLimit(Int)
    /// Could be used, and nothing would be gained.
    case betterWithout
    /// The same coupon is listed twice.
    case repeated

    /// The reason as people read it.
    public var text: Localized {
        switch self {
        case .shop: Localized("not for this shop", zh: "不适用于该门店")
        case .channel: Localized("not for this channel", zh: "不适用于该渠道")
        case .level: Localized("not for this member level", zh: "不适用于该会员等级")
        case .scope: Localized("nothing in the basket that it is for", zh: "没有适用的商品")
        case .spend(let missing): Localized("\(Self.money(missing)) more needed", zh: "还差 \(Self.money(missing))")
        case .spendAfterOthers(let missing):
            Localized("\(Self.money(missing)) more needed after the other coupons", zh: "使用其他优惠券后还差 \(Self.money(missing))")
        case .nothingToReduce: Localized("nothing in the basket that it would make cheaper", zh: "没有可优惠的金额")
        case .nothingLeft: Localized("the other coupons leave nothing for it to reduce", zh: "使用其他优惠券后已无可优惠的金额")
        case .others(let names):
            Localized(
                "cannot be used together with \(names.map { "“\($0)”" }.joined(separator: ", "))",
                zh: "不能与\(names.map { "“\($0)”" }.joined(separator: "、"))同时使用")
        case .batchLimit(let count):
            Localized(count == 1 ? "one order takes only one of this coupon" : "one order takes at most \(count) of this coupon", zh: "每单最多使用 \(count) 张该券")
        case .orderLimit(let count):
            Localized(count == 1 ? "one order takes only one coupon" : "one order takes at most \(count) coupons", zh: "每单最多使用 \(count) 张优惠券")
        case .betterWithout: Localized("the combination without it is better", zh: "不使用该券的组合更优惠")
        case .repeated: Localized("it is listed twice", zh: "同一张券重复列出")
        }
    }

    /// The reason as programs read it: a shop says it in its own words.
    var code: String {
        switch self {
        case .shop: "shop"
        case .channel: "channel"
        case .level: "level"
        case .scope: "scope"
        case .spend: "spend"
        case .spendAfterOthers: "spendAfterOthers"
        case .nothingToReduce: "nothingToReduce"
        case .nothingLeft: "nothingLeft"
        case .others: "others"
        case .batchLimit: "batchLimit"
        case .orderLimit: "orderLimit"
        case .betterWithout: "betterWithout"
        case .repeated: "repeated"
        }
    }

    /// `object` with what belongs to the code: how much is missing, how many an order takes, which others.
    func members(_ object: JSONObject) -> JSONObject {
        var object = object
        switch self {
        case .spend(let missing), .spendAfterOthers(let missing): object["missing"] = .int(missing)
        case .batchLimit(let count), .orderLimit(let count): object["most"] = .int(Int64(count))
        case .others(let names): object["with"] = .array(names.map { .string($0) })
        default: break
        }
        return object
    }

    /// Fen as ¥12.30.
    private static func money(_ fen: Int64) -> String { "¥\(ScaledDecimal.hundredths(fen))" }
}

extension SampanError {
    /// 422: a coupon of the chosen cannot be used for the basket, or not with the others.
    static func couponNotApplicable(_ coupon: HeldCoupon, _ obstacle: CouponObstacle) -> SampanError {
        SampanError(
            "COUPON_NOT_APPLICABLE", status: 422,
            Localized("The coupon “\(coupon.name)” cannot be used here: \(obstacle.text.en).", zh: "优惠券“\(coupon.name)”无法使用：\(obstacle.text.zh)。"),
            remedy: Localized("Leave it out, or ask for the best combination.", zh: "请去掉该券，或重新获取最优组合。"),
            members: obstacle.members(["coupon": .int(coupon.number), "obstacle": .string(obstacle.code)]))
    }
}
