internal import HTTPSupport
internal import Kernel

extension LedgerRefusal {
    /// What is answered.
    /// - Parameter id: the id of a coupon's number.
    func sampanError(_ id: (Int64) -> String) -> SampanError {
        switch self {
        case .noBatch: .noCouponBatch
        case .notPublic:
            Self.refused("COUPON_NOT_PUBLIC", 403, "Users cannot claim this coupon themselves.", "该优惠券不支持用户自行领取。", "A cloud function can give it.", "可由云函数发放。")
        case .notYetOpen(let at):
            Self.refused(
                "COUPON_NOT_OPEN", 409, "It can be claimed from \(DateText.iso8601(fromMilliseconds: at)) on.",
                "领取尚未开始，开始时间为 \(DateText.iso8601(fromMilliseconds: at))。",
                "Come back then.", "请届时再来。", ["opensAt": .int(at)])
        case .closed(let at):
            Self.refused(
                "COUPON_CLOSED", 409, "It could be claimed until \(DateText.iso8601(fromMilliseconds: at)).",
                "领取已于 \(DateText.iso8601(fromMilliseconds: at)) 结束。",
                "Look at the shop's other coupons.", "请看看店铺的其他优惠券。", ["closesAt": .int(at)])
        case .paused: Self.refused("COUPON_PAUSED", 409, "The coupon is paused.", "该优惠券已暂停领取。", "Try again later.", "请稍后再试。")
        case .stopped: Self.refused("COUPON_STOPPED", 409, "The coupon was ended.", "该优惠券已终止。", "Look at the shop's other coupons.", "请看看店铺的其他优惠券。")
        case .notPublished: .noCouponBatch
        case .soldOut: Self.refused("COUPON_SOLD_OUT", 409, "All of these coupons are taken.", "优惠券已领完。", "Look at the shop's other coupons.", "请看看店铺的其他优惠券。")
        case .budgetExhausted:
            Self.refused(
                "COUPON_BUDGET_EXHAUSTED", 409, "What the shop meant to give is given.", "活动预算已用完。", "Look at the shop's other coupons.", "请看看店铺的其他优惠券。")
        case .notForChannel:
            Self.refused("COUPON_NOT_FOR_CHANNEL", 409, "It cannot be claimed in this channel.", "当前渠道不可领取。", "Claim it where it was offered.", "请在活动指定渠道领取。")
        case .notForLevel: Self.refused("COUPON_NOT_FOR_LEVEL", 409, "It is for other members.", "当前会员等级不可领取。", "The shop says who gets it.", "请查看活动对象。")
        case .deviceNeeded:
            Self.refused(
                "COUPON_DEVICE_NEEDED", 400, "This coupon is limited per device, so \"device\" must be sent.", "该优惠券按设备限领，需携带 device。", "Send the device's id.",
                "请携带设备标识。")
        case .proofNeeded(let proof): Self.needs(proof)
        case .codeUsed:
            Self.refused("COUPON_CODE_USED", 409, "This code was used already.", "该兑换码已被使用。", "Each code gives one coupon.", "每个兑换码仅可使用一次。")
        case .ownInvitation:
            Self.refused("COUPON_OWN_INVITATION", 409, "Nobody can invite themselves.", "不能使用自己的邀请。", "Give it to a friend.", "请分享给好友。")
        case .limitReached(let kind, let coupon): Self.limit(kind, id(coupon))
        case .keyReused:
            Self.refused(
                "OUT_BIZ_NO_REUSED", 422, "This outBizNo came before with another request.", "该 outBizNo 已用于其他请求。", "Use a new one for a new request.",
                "新的请求请使用新的 outBizNo。")
        case .changedMeanwhile: .couponBatchChanged
        case .unchangeable(let what):
            Self.refused(
                "COUPON_BATCH_FIXED", 409, "\"\(what)\" cannot be changed any more.", "“\(what)” 已不可修改。",
                "What was published stays as it is; make another batch.", "已发布的内容不可变更，请新建批次。")
        case .wrongStatus(let status):
            Self.refused(
                "COUPON_BATCH_STATUS", 409, "The batch is \(status.rawValue).", "批次当前状态为 \(status.rawValue)。", "See docs/coupons.md for what follows what.",
                "状态流转见 docs/coupons.md。",
                ["state": .string(status.rawValue)])
        case .stockBelowClaimed(let claimed):
            Self.refused(
                "COUPON_STOCK_TOO_LOW", 409, "\(claimed) were claimed already.", "已领取 \(claimed) 张。", "Set the stock to at least that.", "库存不得低于已领取数量。",
                ["claimed": .int(claimed)])
        case .beyondQuota(let most): .quotaExceeded(.coupons, most)
        case .needsSecondPerson:
            Self.refused(
                "COUPON_SECOND_PERSON", 403, "Whoever submitted a batch cannot approve it.", "提交人不能审批自己的批次。", "Ask a colleague who may approve.",
                "请由其他有权限的成员审批。")
        default: step(id)
        }
    }

    /// Why a step of a coupon was refused.
    private func step(_ id: (Int64) -> String) -> SampanError {
        switch self {
        case .noCoupon(let coupon): .noCoupon(id(coupon))
        case .frozen(let coupon):
            Self.refused(
                "COUPON_FROZEN", 409, "The coupon is frozen.", "优惠券已被冻结。", "The shop's customer service can tell why.", "请联系商家客服。", Self.member(id(coupon)))
        case .notYetValid(let coupon, let from):
            Self.refused(
                "COUPON_NOT_YET_VALID", 409, "The coupon can be used from \(DateText.iso8601(fromMilliseconds: from)) on.",
                "优惠券自 \(DateText.iso8601(fromMilliseconds: from)) 起可用。", "Use it then.", "请届时使用。", Self.member(id(coupon)))
        case .expired(let coupon):
            Self.refused("COUPON_EXPIRED", 409, "The coupon has expired.", "优惠券已过期。", "Use another one.", "请使用其他优惠券。", Self.member(id(coupon)))
        case .wrongTime(let coupon):
            Self.refused(
                "COUPON_WRONG_TIME", 409, "The coupon cannot be used at this hour or on this day.", "当前日期或时段不可使用该优惠券。", "See its hours.", "请查看可用时段。",
                Self.member(id(coupon)))
        case .lockedByOther(let coupon):
            Self.refused(
                "COUPON_LOCKED", 409, "Another order holds the coupon.", "优惠券已被其他订单占用。", "Pay or cancel that order first.", "请先支付或取消该订单。",
                Self.member(id(coupon)))
        case .notLocked(let coupon):
            Self.refused(
                "COUPON_NOT_LOCKED", 409, "This order does not hold the coupon.", "该订单未占用此优惠券。", "Nothing needs to be released.", "无需释放。",
                Self.member(id(coupon)))
        case .wrongState(let coupon, let account):
            Self.refused(
                "COUPON_STATE", 409, "The coupon is \(account.word).", "优惠券当前状态为 \(account.word)。", "See docs/coupons.md for what follows what.",
                "状态流转见 docs/coupons.md。",
                ["coupon": .string(id(coupon)), "state": .string(account.word)])
        case .alreadyRefunded(let coupon):
            Self.refused("COUPON_REFUNDED", 409, "This use was refunded already.", "该次使用已退回。", "Nothing needs to be done.", "无需重复操作。", Self.member(id(coupon)))
        case .noSuchUse(let coupon):
            Self.refused(
                "COUPON_USE_NOT_FOUND", 404, "The coupon was not used in this order.", "该订单未使用此优惠券。", "Check the order.", "请检查订单号。", Self.member(id(coupon)))
        case .tooMuch(let coupon, let most):
            Self.refused(
                "COUPON_AMOUNT", 422, "The coupon can take off at most \(most) here.", "该优惠券此处最多抵扣 \(most) 分。", "Send an amount up to that.", "请在该金额以内核销。",
                ["coupon": .string(id(coupon)), "most": .int(most)])
        case .tooManyUses(let coupon):
            Self.refused("COUPON_USES", 409, "The coupon was used too often.", "该优惠券使用次数已达上限。", "Use another one.", "请使用其他优惠券。", Self.member(id(coupon)))
        default: .internalError
        }
    }

    private static func needs(_ proof: ClaimProof) -> SampanError {
        let (en, zh, remedy, remedyZh) =
            switch proof {
            case .code: ("This coupon is given for a code.", "该优惠券需凭兑换码领取。", "Enter the code.", "请输入兑换码。")
            case .link: ("This coupon is claimed by a link of the shop.", "该优惠券需通过商家链接领取。", "Open the link or scan the code.", "请打开链接或扫码。")
            case .invitation: ("This coupon is for those who were invited.", "该优惠券需受邀领取。", "Ask a friend who has it.", "请向已领取的好友获取邀请。")
            }
        return refused("COUPON_PROOF_NEEDED", 403, en, zh, remedy, remedyZh, ["needs": .string(proof.rawValue)])
    }

    private static func limit(_ kind: LimitKind, _ coupon: String) -> SampanError {
        let (en, zh) =
            switch kind {
            case .user: ("You have as many of this coupon as one may have.", "您已达到该优惠券的领取上限。")
            case .day: ("You have as many of this coupon as one may have in a day.", "您今日领取已达上限。")
            case .week: ("You have as many of this coupon as one may have in a week.", "您本周领取已达上限。")
            case .device: ("This device has as many of this coupon as one may have.", "该设备领取已达上限。")
            }
        // A device's newest coupon may be somebody else's.
        return refused(
            "COUPON_LIMIT", 409, en, zh, "Use the one that you have.", "请使用已领取的优惠券。", kind == .device ? [:] : member(coupon))
    }

    private static func member(_ id: String) -> JSONObject { ["coupon": .string(id)] }

    private static func refused(
        _ code: String, _ status: Int, _ en: String, _ zh: String, _ remedy: String, _ remedyZh: String, _ members: JSONObject = [:]
    ) -> SampanError {
        SampanError(code, status: status, Localized(en, zh: zh), remedy: Localized(remedy, zh: remedyZh), members: members)
    }
}

extension SampanError {
    static func onlyFunctionsSay(_ member: String) -> SampanError {
        badMember(member, Localized("nothing: only a cloud function may say that", zh: "客户端不可指定，请在云函数中传入"))
    }

    static let noCouponBatch = notFound(
        "COUPON_BATCH_NOT_FOUND", Localized("There is no such coupon batch.", zh: "券批次不存在。"),
        remedy: Localized("Check the id; `sampan coupon list` lists them.", zh: "请检查批次编号；可用 `sampan coupon list` 查看。"))

    static func noCoupon(_ id: String) -> SampanError {
        notFound(
            "COUPON_NOT_FOUND", Localized("There is no coupon \(id.prefix(60)) of this user.", zh: "该用户没有优惠券 \(id.prefix(60))。"),
            remedy: Localized("Check the id.", zh: "请检查优惠券编号。"))
    }

    static let couponCodeUnknown = notFound(
        "COUPON_CODE_UNKNOWN", Localized("There is no such code.", zh: "兑换码不存在。"),
        remedy: Localized("Check each letter and digit.", zh: "请逐个核对字母与数字。"))

    static let couponLinkInvalid = forbidden(
        "COUPON_LINK_INVALID", Localized("The link is not of this shop, or not for this coupon and channel.", zh: "链接不属于该店铺，或与优惠券、渠道不符。"),
        remedy: Localized("Open the shop's link again.", zh: "请重新打开商家链接。"))

    static let couponInvitationInvalid = notFound(
        "COUPON_INVITATION_INVALID", Localized("There is no such invitation.", zh: "邀请不存在。"),
        remedy: Localized("Ask for it again.", zh: "请重新获取邀请。"))

    static let couponNeededToInvite = SampanError(
        "COUPON_NEEDED_TO_INVITE", status: 409, Localized("Only who has a coupon of the batch can invite others.", zh: "领取该券后才能邀请他人。"),
        remedy: Localized("Claim one first.", zh: "请先领取。"))

    static func couponGuesses(seconds: Int) -> SampanError {
        SampanError(
            "COUPON_GUESSES", status: 429, Localized("Too many wrong codes.", zh: "兑换码输错次数过多。"),
            remedy: Localized("Try again in \(seconds) seconds.", zh: "请 \(seconds) 秒后再试。"), retryAfter: seconds)
    }

    static let couponBatchChanged = SampanError(
        "COUPON_BATCH_CHANGED", status: 412, Localized("Somebody has changed the batch meanwhile.", zh: "批次已被他人修改。"),
        remedy: Localized("Read it again, then change it.", zh: "请重新读取后再修改。"))

    static let couponsWaiting = SampanError(
        "COUPONS_BUSY", status: 503, Localized("Too many steps of coupons are waiting.", zh: "等待处理的优惠券请求过多。"),
        remedy: Localized("Try again after a moment with the same outBizNo.", zh: "请稍后使用相同的 outBizNo 重试。"), retryAfter: 1)

    static let couponsAway = SampanError(
        "COUPONS_AWAY", status: 503,
        Localized("The database did not answer; whether the step was taken is not known.", zh: "数据库没有响应；操作是否完成无法确定。"),
        remedy: Localized("Try again after a moment with the same outBizNo.", zh: "请稍后使用相同的 outBizNo 重试。"), retryAfter: 1)

    static let couponRiskRefused = forbidden(
        "COUPON_REFUSED", Localized("This is not possible at the moment.", zh: "当前无法完成此操作。"),
        remedy: Localized("Try again later, or ask the shop.", zh: "请稍后再试或联系商家。"))
}
